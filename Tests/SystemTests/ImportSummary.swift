import Foundation
import WeirProtocol

/// What `collector import --json-summary` prints on its last line.
struct ImportSummary: Decodable {
    var lines: Int
    var accepted: Int
    var duplicates: Int
    var refused: Int
    var refusedByReason: [String: Int]
    var sessions: Int
    var verdictsPending: Int

    enum CodingKeys: String, CodingKey {
        case lines, accepted, duplicates, refused, sessions
        case refusedByReason = "refused_by_reason"
        case verdictsPending = "verdicts_pending"
    }

    /// Reads the last line of an import's output.
    init(_ outcome: Product.Outcome) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(outcome.lastLine.utf8))
        } catch {
            throw NoSummary(
                description: "status \(outcome.status), \(outcome.lastLine), \(outcome.errors.suffix(1500))")
        }
    }

    struct NoSummary: Error, CustomStringConvertible {
        var description: String
    }
}

extension Stack {
    /// Imports a log and waits for the verdicts.
    func importing(
        _ paths: [String], _ options: [String] = ["--wait-verdicts"], limit: Duration = .seconds(120)
    ) async throws -> Product.Outcome {
        try await program("collector").run(
            ["import"] + paths + ["--json-summary", "--no-progress"] + options, limit: limit)
    }

    /// Everything that an import decides about sessions, in an order of its own: equal for equal outcomes.
    func sessionDigest() async throws -> [String] {
        try await column(
            """
            select concat_ws('|', session_id, request_count, asset_count, error_count, is_bot, is_scanner,
                is_behavioral_bot, behavioral_bot_score, started_at, last_activity_at, landing_page)
            from user_sessions order by session_id
            """)
    }
}
