import WeirProtocol

/// A refusal as the throttle itself remembers it, in the fields of `throttle.why`.
struct ThrottleSequel: Sendable {
    private let history: ThrottleHistory
    private let count: Int

    /// `count` is how many refusals it has counted.
    init(_ history: ThrottleHistory, count: Int) { (self.history, self.count) = (history, count) }

    /// How it went on: refusals under the reference so far, when to come again, and the client's levels since.
    var sequel: JSONObject {
        var data = JSONObject()
        data["count"] = .integer(Int64(count))
        data["retry_at"] = history.retryAt.map { .string($0.iso8601) } ?? .null
        data["changes"] = .array(
            history.changes.map { change in
                [
                    "at": .string(change.at.iso8601), "from": .string(change.from.name), "to": .string(change.to.name),
                    "cause": .string(change.cause), "verdict_id": change.verdictID.map(JSONValue.string) ?? .null,
                ]
            })
        return data
    }

    /// The same fields where the throttle is away or has forgotten.
    static let unknown = JSONObject(["count": .null, "retry_at": .null, "changes": .array([])])

    /// How it began, as the database will have it.
    var stored: JSONObject {
        var cause = JSONObject(["reason": .string(history.reason), "limit": .integer(history.limit)])
        cause["limit_key"] = history.limitKey.map(JSONValue.string)
        cause["cost"] = .integer(history.cost)
        cause["class"] = history.verdictClass.map { .string($0.rawValue) }
        cause["note"] = history.note.map(JSONValue.string)
        var data = JSONObject([
            "reference": .string(history.reference), "at": .string(history.at.iso8601), "key": .string(history.key),
            "ip_address": .null, "session_id": .null, "method": .null, "path": .string(history.path),
            "policy": .string(history.policy), "level": .string(history.level.name),
            "allowed": .bool(history.shadow), "shadow": .bool(history.shadow), "retry_after_seconds": .null,
        ])
        data["cause"] = .object(cause)
        return data
    }
}
