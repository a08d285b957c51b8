import Database
import Foundation
import Logging
import PostgresSupport

@testable import collector

/// A database with a drain into it.
struct DrainBench {
    let drain: Drain
    let operatorConnection: Connection
    let deadDirectory: String

    static func make() async throws -> DrainBench {
        let database = try await TestCluster.shared().makeDatabase()
        let dead = NSTemporaryDirectory() + "weir-dead-" + UUID().uuidString
        return DrainBench(
            drain: Drain(
                connection: try database.connection(as: "weir_collector"), source: "live", idleSeconds: 1800,
                deadLetters: DeadLetters(directory: dead),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })),
            operatorConnection: try database.connection(as: "weir_operator"), deadDirectory: dead)
    }

    func value(_ sql: String) async throws -> String {
        try await operatorConnection.query("select (\(sql))::text").single()
    }
}
