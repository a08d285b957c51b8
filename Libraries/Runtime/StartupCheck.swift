public import ServiceLifecycle

/// Something that may show only while a service runs already, such as a database that comes up later, and that ends the
/// service when it is wrong.
public struct StartupCheck: Service {
    private let check: @Sendable () async throws -> Void

    /// - Parameter check: returns when all is well; what it throws ends the service.
    public init(_ check: @escaping @Sendable () async throws -> Void) { self.check = check }

    public func run() async throws {
        let problem = await cancelWhenGracefulShutdown { () -> (any Error)? in
            do { try await check() } catch { return error }
            return nil
        }
        if let problem, !(problem is CancellationError) { throw problem }
        try? await gracefulShutdown()
    }
}
