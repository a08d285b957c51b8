import Glibc
import Logging
import NIOPosix
import Runtime
import Transport
import WeirProtocol

/// Asks the services' sockets how they are.
struct ServiceSockets: Sendable {
    private let directory: String

    init(directory: String) { self.directory = directory }

    /// One object a service, in the order of the data's way; one that does not answer is `away`, one that does not serve
    /// this user `refused`, a detector that has ended `stopped`.
    func status() async -> [JSONValue] {
        await accounts().map { name, answer in
            var row = JSONObject()
            let status = try? answer.get()
            row["service"] = .string(name)
            var state = status?.state ?? "away"
            var note: String?
            if case .failure(let error) = answer {
                note = error.message
                if error.code == .forbidden { state = "refused" }
                if hasEnded(name) { (state, note) = ("stopped", "if it is not to run any more: rm \(claim(of: name))") }
            }
            row["state"] = .string(state)
            row["version"] = status.map { .string($0.version) } ?? .null
            row["uptime_ms"] = status.map { .integer($0.uptimeMs) } ?? .null
            row["socket"] = .string(path(of: name))
            row["note"] = note.map { .string($0) } ?? .null
            var counters = JSONObject()
            for (name, value) in (status?.counters ?? [:]).sorted(by: { $0.key < $1.key }) {
                counters[name] = .number(value)
            }
            row["counters"] = .object(counters)
            return .object(row)
        }
    }

    /// Every service's own numbers. Nothing is said of one whose socket does not serve this user: it may be well.
    func metrics() async -> [MetricsText.Source] {
        await accounts().compactMap { name, answer in
            if case .failure(let error) = answer, error.code == .forbidden { return nil }
            let parts = name.split(separator: "-")
            return MetricsText.Source(
                service: String(parts[0]), instance: parts.count > 1 ? String(parts[1]) : nil,
                status: try? answer.get())
        }
    }

    /// The sockets' files, in the order of the data's way.
    var paths: [String] { names.map(path(of:)) }

    private var names: [String] {
        ["throttle", "collector"] + (detectors.isEmpty ? ["detector-1"] : detectors) + ["reporter"]
    }

    private func path(of name: String) -> String { "\(directory)/\(name).sock" }

    /// The file that a detector locks while it runs, and leaves when it ends.
    private func claim(of name: String) -> String { "\(directory)/\(name).lock" }

    /// Whether a detector has taken its socket away, as one does that was told to end; a crash leaves the socket.
    private func hasEnded(_ name: String) -> Bool {
        access(claim(of: name), F_OK) == 0 && access(path(of: name), F_OK) != 0
    }

    /// All are asked at once, so that silent ones cost a second together.
    private func accounts() async -> [(name: String, answer: Result<ServiceStatus, WireError>)] {
        // Tasks and not a group: the optimiser of Swift 6.3 damages tuples that come out of one.
        let asked = names.map { name in (name, Task { await answer(of: name) }) }
        var answers: [(name: String, answer: Result<ServiceStatus, WireError>)] = []
        for (name, task) in asked { answers.append((name, await task.value)) }
        return answers
    }

    private func answer(of name: String) async -> Result<ServiceStatus, WireError> {
        do { return .success(try await ask(name)) } catch { return .failure(error) }
    }

    /// Bytes that the collector has accepted and not yet stored; nil when it does not say.
    func spoolBytes() async -> Int64? {
        guard let status = try? await ask("collector") else { return nil }
        return status.counters["spool_bytes"].map { Int64($0) }
    }

    private func ask(_ name: String) async throws(WireError) -> ServiceStatus {
        let client = LineClient(
            path: path(of: name), group: MultiThreadedEventLoopGroup.singleton,
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

    /// `detector-1`, `detector-2`, … by their files: whoever has run here is missed until somebody says otherwise.
    private var detectors: [String] {
        var found: Set<Int> = []
        for name in Folder.names(in: directory) {
            guard name.hasPrefix("detector-"), name.hasSuffix(".sock") || name.hasSuffix(".lock") else { continue }
            if let number = Int(name.dropFirst("detector-".count).dropLast(".sock".count)) { found.insert(number) }
        }
        return found.sorted().prefix(64).map { "detector-\($0)" }
    }
}
