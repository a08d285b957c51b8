import Database
import WeirProtocol

/// What follows from a batch once its rows are stored: progress through funnels, conversions, credit for clicks.
///
/// Part of the batch's transaction, so that a batch offered again finds it done. Everything here is worked out from what
/// is stored and changes nothing the second time.
enum Followups {
    /// Days before and after those of a batch in which the same session may have events.
    private static let reach: Int64 = 1

    /// Whether there are funnels, which what is staged may advance.
    static func advanceFunnels(_ connection: isolated Connection) throws -> Bool {
        try connection.query(FunnelSteps.areThere).single(Bool.self)
    }

    /// - Parameters:
    ///   - tables: the staging tables that have events of the batch.
    ///   - days: the days of those events.
    static func run(
        over tables: [String], days: some Collection<Int64>, _ connection: isolated Connection
    ) throws {
        // What gateways and logs record holds no conversion of its own, and most sites have no funnel.
        let said = tables.filter { $0 != "stage_event" }
        let hasFunnels = try advanceFunnels(connection)
        guard let first = days.min(), let last = days.max(), hasFunnels || !said.isEmpty else { return }
        let reached = [first - reach, last + reach].map { Value.text(Timestamp.Day(number: $0).description) }
        try connection.script(LinkClicks.prepare)
        if said.contains("stage_client_event") { _ = try connection.execute(LinkClicks.clicks, reached) }
        if hasFunnels {
            for table in tables { _ = try connection.query(FunnelSteps.advance(from: table), reached) }
        }
        for table in said { _ = try connection.execute(LinkClicks.note(from: table)) }
        _ = try connection.execute(LinkClicks.credit, [.int(LinkClicks.window)])
    }
}
