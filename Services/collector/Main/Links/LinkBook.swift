import CollectorCore
import Database
import Runtime
import Synchronization
import WeirProtocol

/// Finds campaign links by code. What was found is remembered: a popular link costs one query every few seconds, and
/// those that are known work while the database is away.
final class LinkBook: Sendable {
    /// What is known of a code.
    enum Answer: Sendable {
        case link(CampaignLink)
        case none
        /// Nothing: the database is away, and the code has not been asked for before.
        case unavailable
    }

    private struct Entry: Sendable {
        var link: CampaignLink?
        var foundAt: Int64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var awayUntil: Int64 = 0
    }

    private let pool: Pool
    private let state = Mutex(State())

    /// For how long an answer is not asked for again, and a database that is away is left alone; in milliseconds.
    private static let freshFor: Int64 = 3000
    /// Codes remembered; when there are more, all but the used ones are asked for again.
    private static let memory = 20_000

    init(target: ConnectionTarget) {
        pool = Pool(target, size: 2, statementTimeout: .seconds(1), waitLimit: .seconds(1), waiterLimit: 64)
    }

    /// The link of a code.
    func link(_ code: String) async -> Answer {
        guard CampaignLink.isCode(code) else { return .none }
        let now = WallClock.monotonicMilliseconds
        let (known, isAway) = state.withLock { ($0.entries[code], $0.awayUntil > now) }
        if let known, isAway || now - known.foundAt < Self.freshFor { return known.link.map(Answer.link) ?? .none }
        guard !isAway else { return .unavailable }
        do {
            let link = try await find(code)
            state.withLock { state in
                if state.entries.count >= Self.memory { state.entries = [:] }
                state.entries[code] = Entry(link: link, foundAt: now)
            }
            return link.map(Answer.link) ?? .none
        } catch {
            state.withLock { $0.awayUntil = now + Self.freshFor }
            guard let known else { return .unavailable }
            return known.link.map(Answer.link) ?? .none
        }
    }

    private func find(_ code: String) async throws -> CampaignLink? {
        let rows = try await pool.query(
            """
            select id, target_url, utm_params::text as tags, is_active, expires_at from campaign_links
            where short_code = $1
            """, [.text(code)])
        guard let row = rows.first else { return nil }
        var tags: [(name: String, value: String)] = []
        if let text = try row.get("tags", as: String?.self), let value = try? JSONValue(parsing: text.utf8) {
            for name in ["source", "medium", "campaign", "content", "term"] {
                guard let tag = value[name]?.stringValue, !tag.isEmpty else { continue }
                tags.append(("utm_" + name, tag))
            }
        }
        return CampaignLink(
            id: try row.get("id"), code: code, target: try row.get("target_url"), tags: tags,
            isActive: try row.get("is_active"),
            expiresAt: try row.milliseconds("expires_at").map { Timestamp(milliseconds: $0) })
    }
}
