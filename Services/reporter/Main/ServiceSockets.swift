import Glibc
import Logging
import NIOPosix
import Transport
import WeirProtocol

/// Asks the services' sockets how they are.
struct ServiceSockets: Sendable {
    private let directory: String

    init(directory: String) { self.directory = directory }

    /// One object a service, in the order of the data's way; one that does not answer is `away`.
    func status() async -> [JSONValue] {
        var names = ["throttle", "collector"]
        names += detectors.isEmpty ? ["detector-1"] : detectors
        names.append("reporter")
        var rows: [JSONValue] = []
        for name in names { rows.append(await status(of: name)) }
        return rows
    }

    /// Bytes that the collector has accepted and not yet stored; nil when it does not say.
    func spoolBytes() async -> Int64? {
        guard let status = try? await ask("collector") else { return nil }
        return status.counters["spool_bytes"].map { Int64($0) }
    }

    private func status(of name: String) async -> JSONValue {
        var row = JSONObject()
        row["service"] = .string(name)
        let answer: Result<ServiceStatus, WireError>
        do { answer = .success(try await ask(name)) } catch { answer = .failure(error) }
        let status = try? answer.get()
        row["state"] = .string(status?.state ?? "away")
        row["version"] = status.map { .string($0.version) } ?? .null
        row["uptime_ms"] = status.map { .integer($0.uptimeMs) } ?? .null
        row["socket"] = .string("\(directory)/\(name).sock")
        if case .failure(let error) = answer { row["note"] = .string(error.message) } else { row["note"] = .null }
        var counters = JSONObject()
        for (name, value) in (status?.counters ?? [:]).sorted(by: { $0.key < $1.key }) {
            counters[name] = .number(value)
        }
        row["counters"] = .object(counters)
        return .object(row)
    }

    private func ask(_ name: String) async throws(WireError) -> ServiceStatus {
        let client = LineClient(
            path: "\(directory)/\(name).sock", group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "status") { _ in SwiftLogNoOpLogHandler() })
        do {
            let reply = try await client.request(.statusGet, JSONValue.object(JSONObject()), deadline: .seconds(1))
            await client.close()
            return try reply.decode(ServiceStatus.self)
        } catch {
            await client.close()
            throw error
        }
    }

    /// `detector-1`, `detector-2`, … by the socket files that are there.
    private var detectors: [String] {
        guard let folder = opendir(directory) else { return [] }
        defer { closedir(folder) }
        var found: [Int] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix("detector-"), name.hasSuffix(".sock") else { continue }
            if let number = Int(name.dropFirst("detector-".count).dropLast(".sock".count)) { found.append(number) }
        }
        return found.sorted().prefix(64).map { "detector-\($0)" }
    }
}
