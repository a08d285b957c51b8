/// The answer to `status.get`, which every service's socket gives.
public struct ServiceStatus: Hashable, Sendable, Codable {
    /// collector, detector, throttle or reporter.
    public var service: String
    /// The release.
    public var version: String
    /// Since the process started.
    public var uptimeMs: Int64
    /// `ok`, or one word for what keeps it from its work, such as `database_unavailable`.
    public var state: String
    /// Counters and gauges by name; the same names as in the metrics text, without the `weir_<service>_` prefix.
    public var counters: [String: Double]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case service, version
        case uptimeMs = "uptime_ms"
        case state, counters
    }

    /// A service's account of itself.
    public init(service: String, version: String, uptimeMs: Int64, state: String, counters: [String: Double]) {
        self.service = service
        self.version = version
        self.uptimeMs = uptimeMs
        self.state = state
        self.counters = counters
    }
}

/// `hello`: the optional first line each way. The highest version that both sides list is spoken.
public struct Hello: Hashable, Sendable, Codable {
    /// Who speaks: a service's name or a client's own.
    public var service: String
    /// Protocol versions understood.
    public var versions: [Int]

    /// An introduction.
    public init(service: String, versions: [Int] = [Envelope.version]) {
        self.service = service
        self.versions = versions
    }
}
