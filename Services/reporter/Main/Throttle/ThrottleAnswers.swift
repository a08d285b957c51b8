import Logging
import NIOPosix
import ReporterCore
import Transport
import WeirProtocol

/// What only the throttle itself knows, asked at its socket; and the only change that this program asks for.
struct ThrottleAnswers: Sendable {
    private let path: String

    /// The throttle whose socket lies in `directory`.
    init(directory: String) { path = directory + "/throttle.sock" }

    /// The data of `throttle.status`: the service's counters beside its state, without the `_total` of metrics' names.
    func status() async throws(ReportError) -> JSONObject {
        let status: ServiceStatus = try await ask(.statusGet, JSONValue.object(JSONObject()))
        var data = JSONObject()
        data["state"] = .string(status.state)
        data["version"] = .string(status.version)
        data["uptime_ms"] = .integer(status.uptimeMs)
        for (name, value) in status.counters.sorted(by: { $0.key < $1.key }) {
            let field = name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
            data[field] = Int64(exactly: value).map(JSONValue.integer) ?? .number(value)
        }
        return data
    }

    /// The data of `throttle.policies`.
    func policies() async throws(ReportError) -> JSONObject {
        let found: ThrottlePolicies = try await ask(.policiesGet, JSONValue.object(JSONObject()))
        var data = JSONObject()
        data["shadow"] = .bool(found.shadow)
        data["policies"] = .array(
            found.policies.map { policy in
                var row = JSONObject()
                row["name"] = .string(policy.name)
                row["conditions"] = .string(
                    policy.conditions.isEmpty ? "any" : policy.conditions.joined(separator: " "))
                row["limits"] = .string(policy.limits.map(Self.text).joined(separator: ", "))
                row["shadow"] = .bool(policy.shadow)
                row["checks"] = .integer(policy.checks)
                row["denied"] = .integer(policy.denied)
                row["shadow_denied"] = .integer(policy.shadowDenied)
                return .object(row)
            })
        return data
    }

    /// What it remembers of a refusal; nil when it is away or has forgotten it.
    func history(of reference: String) async -> ThrottleSequel? {
        let found: ThrottleHistory? = try? await ask(.throttleWhy, ThrottleWhy(reference: reference))
        // After a restart it knows no more than the database.
        return found.flatMap { found in found.count.map { ThrottleSequel(found, count: $0) } }
    }

    /// Has the throttle follow a person's word.
    func override(_ word: ThrottleOverride) async throws(ReportError) {
        let _: JSONValue = try await ask(.throttleOverride, word)
    }

    private static func text(_ limit: ThrottlePolicies.Limit) -> String {
        "\(JSONValue.number(limit.tokensPerSecond).text)/s up to \(limit.capacity) by \(limit.key)"
    }

    private func ask<Answer: Decodable>(
        _ type: MessageType, _ message: some Encodable
    ) async throws(ReportError) -> Answer {
        let client = LineClient(
            path: path, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "throttle") { _ in SwiftLogNoOpLogHandler() })
        let answer: Result<Answer, WireError>
        do throws(WireError) {
            answer = .success(
                try await client.request(type, message, deadline: .seconds(2)).decode(Answer.self))
        } catch { answer = .failure(error) }
        await client.close()
        do { return try answer.get() } catch { throw Self.failure(error, path) }
    }

    private static func failure(_ error: WireError, _ path: String) -> ReportError {
        let sentence = error.message.prefix(1).uppercased() + error.message.dropFirst() + "."
        switch error.code {
        case .forbidden:
            return ReportError(
                .noPermission, sentence, hint: "Run it as root or as the user that the throttle runs as.")
        case .notFound: return ReportError(.notFound, sentence, hint: "See: analytics throttle list")
        case .unavailable:
            return ReportError(
                .unavailable, "The throttle does not answer at \(path).",
                hint: "Start it, or set runtime.directory to where its socket is.")
        case .overloaded: return ReportError(.unavailable, sentence)
        default: return ReportError(.badValue, sentence)
        }
    }
}
