import Database
import Foundation
import Logging
import NIOPosix
import PostgresSupport
import Synchronization
import Testing
import Transport
import WeirProtocol

/// A gateway that goes on recording at its pace whatever happens to the services, and keeps books of its own: what it
/// offered, what the collector acknowledged, what it heard instead. What was not acknowledged it offers again under the
/// same event id.
final class LedgerGateway: Sendable {
    private struct Books: Sendable {
        var offered = 0
        var acknowledged: Set<String> = []
        var refused: [String: Int] = [:]
        var hasEnded = false
    }

    private let client: LineClient
    private let books = Mutex(Books())
    private let load = Mutex<Task<Void, Never>?>(nil)

    private static let lanes = 8
    /// A test that has failed ends nothing.
    private static let longest = Duration.seconds(120)
    /// Refusals that are about the moment and not about the record.
    private static let passing: Set<WireError.Code> = [.unavailable, .overloaded]

    /// Begins at once.
    init(_ stack: Stack, rate: Int = 300) {
        client = LineClient(
            path: stack.directory.appendingPathComponent("collector.sock").path,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
        load.withLock { load in
            load = Task {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<Self.lanes { group.addTask { await self.work(rate) } }
                }
            }
        }
    }

    /// How many records are acknowledged so far.
    var acknowledged: Int { books.withLock { $0.acknowledged.count } }

    /// Returns once so many more records are acknowledged.
    func acknowledges(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        let goal = acknowledged + count
        _ = try await eventually("\(goal) records are acknowledged", within: limit) {
            acknowledged >= goal ? true : nil
        }
    }

    /// Ends the load, waits until what was acknowledged is stored, and expects the books to balance: nothing that was
    /// acknowledged is missing, and nothing is stored or counted twice.
    /// - Parameters:
    ///   - failure: what happened meanwhile, for the line that is printed.
    ///   - fewest: acknowledgements without which the run says nothing.
    func balance(_ failure: String, fewest: Int, in database: TestDatabase) async throws {
        books.withLock { $0.hasEnded = true }
        await load.withLock { $0 }?.value
        await client.close()
        let books = books.withLock { $0 }
        let reader = try database.connection(as: "postgres")
        let count = "select count(*) from analytics_events"
        // What does not come is counted as lost below.
        _ = try? await eventually("every row", within: .seconds(60)) {
            try? await reader.query(count).single(Int.self) >= books.acknowledged.count ? true : nil
        }
        let stored = try await reader.query("select event_id::text from analytics_events").map { row in
            try row.get(0, as: String.self)
        }
        let sums = try await reader.query(
            """
            select (select coalesce(sum(request_count + asset_count), 0)::int from user_sessions),
                (select coalesce(sum(accepted - stored - duplicates - dead), 0)::int from ingest_ledger),
                (select coalesce(sum(dead), 0)::int from ingest_ledger)
            """)
        await reader.close()
        let figures = try (0..<3).map { try sums[0].get($0, as: Int.self) }
        let lost = books.acknowledged.subtracting(stored).count
        let doubled = stored.count - Set(stored).count
        let refused = books.refused.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let line: Comment = """
            \(failure): offered \(books.offered), acknowledged \(books.acknowledged.count), \
            refused \(refused.isEmpty ? "none" : refused), stored \(stored.count), doubled \(doubled), lost \(lost)
            """
        print("ledger | \(line)")
        #expect(books.acknowledged.count >= fewest, line)
        #expect(books.acknowledged.count == books.offered, line)
        #expect(lost == 0 && doubled == 0, line)
        #expect(figures == [stored.count, 0, 0], "counted in sessions, missing in the books, dead letters; \(line)")
    }

    private func work(_ rate: Int) async {
        let pause = Duration.seconds(1) * Self.lanes / rate
        let end = ContinuousClock.now + Self.longest
        var next = ContinuousClock.now
        while .now < end {
            let number: Int? = books.withLock { books in
                guard !books.hasEnded else { return nil }
                books.offered += 1
                return books.offered
            }
            guard let number else { return }
            await offer(RecordingGateway.request(number))
            // Who was kept waiting does not hurry afterwards.
            next = max(next + pause, .now)
            try? await Task.sleep(until: next)
        }
    }

    /// Offers a record until it is acknowledged, refused for good, or a minute has passed.
    private func offer(_ record: RequestRecord) async {
        let patience = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < patience {
            do throws(WireError) {
                _ = try await client.request(.requestRecord, record, deadline: .seconds(10))
                books.withLock { _ = $0.acknowledged.insert(record.eventID.description) }
                return
            } catch {
                books.withLock { $0.refused[error.code.rawValue, default: 0] += 1 }
                guard Self.passing.contains(error.code) else { return }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
