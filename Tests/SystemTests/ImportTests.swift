import Foundation
import PostgresSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct ImportTests {
    @Test(.needsSharedData) func aRealLogIsCountedOnceHoweverOftenItIsImported() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_COLLECTOR_SESSION_MAX_SECONDS"] = "off"
        try await stack.start([.throttle, .detector(1), .detector(2)])
        let log = SharedData.path("logs/elastic-10k.log.gz")
        let expected = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: SharedData.path("logs/elastic-10k.expected.json"))))
        let sessions = try #require(
            ((expected as? [String: Any])?["sessions_30min"] as? [String: Any])?["count"] as? Int)

        let first = try await stack.importing([log])
        #expect(first.status == 0, "\(first.errors.suffix(500))")
        let summary = try ImportSummary(first)
        #expect((summary.lines, summary.accepted, summary.duplicates, summary.refused) == (10_000, 10_000, 0, 0))
        #expect(summary.sessions == sessions)
        #expect(summary.verdictsPending == 0)
        #expect(try await stack.count("select count(*) from analytics_events") == 10_000)
        #expect(try await stack.count("select sum(request_count + asset_count) from user_sessions") == 10_000)
        #expect(try await stack.count("select count(*) from user_sessions") == sessions)
        #expect(try await stack.count("select count(*) from user_sessions where needs_evaluation") == 0)
        let before = try await stack.sessionDigest()

        let second = try ImportSummary(try await stack.importing([log]))
        #expect((second.accepted, second.duplicates) == (0, 10_000))
        #expect(try await stack.sessionDigest() == before)
        #expect(try await stack.count("select count(*) from analytics_events") == 10_000)
    }

    @Test func anImportKilledAndRepeatedCountsLikeOneLeftAlone() async throws {
        let log = AccessLog.people(2000, pages: 6)
        let undisturbed = try await Stack()
        try await undisturbed.start([.detector(1)])
        _ = try ImportSummary(try await undisturbed.importing([log.write(to: undisturbed.directory)]))

        let stack = try await Stack()
        try await stack.start([.detector(1)])
        let file = try log.write(to: stack.directory)
        var endings: [Int32] = []
        for _ in 1...3 {
            let before = try await stack.count("select count(*) from analytics_events")
            let program = try stack.program("collector").launch(["import", file, "--no-progress"])
            _ = try await eventually("the import stores something new", within: .seconds(30)) {
                if program.hasEnded { return true }
                return try await stack.count("select count(*) from analytics_events") > before ? true : nil
            }
            program.signal(SIGKILL)
            endings.append(await program.end)
        }
        #expect(endings.contains(128 + SIGKILL), "no import was caught in the middle: \(endings)")
        let summary = try ImportSummary(try await stack.importing([file]))
        #expect(summary.accepted + summary.duplicates == log.lines.count)
        #expect(try await stack.count("select count(*) from analytics_events") == log.lines.count)
        #expect(try await stack.sessionDigest() == undisturbed.sessionDigest())
    }

    @Test func postgreSQLStoppedAndStartedAgainLosesNothing() async throws {
        let log = AccessLog.people(2000, pages: 6)
        let undisturbed = try await Stack()
        try await undisturbed.start([.detector(1)])
        _ = try ImportSummary(try await undisturbed.importing([log.write(to: undisturbed.directory)]))

        let cluster = try await TestCluster.make()
        let stack = try await Stack(cluster: cluster)
        try await stack.start([.detector(1)])
        let file = try log.write(to: stack.directory)
        let program = try stack.program("collector").launch(
            ["import", file, "--json-summary", "--no-progress", "--wait-verdicts"])
        _ = try await eventually("the import stores something", within: .seconds(30)) {
            if program.hasEnded { return true }
            return try await stack.count("select count(*) from analytics_events") > 0 ? true : nil
        }
        #expect(!program.hasEnded, "the import was over before the server was stopped")
        try await cluster.stop()
        try await cluster.start()
        let status = await program.end
        #expect(status == 0, "\(program.errors.suffix(500))")
        #expect(try await stack.count("select count(*) from analytics_events") == log.lines.count)
        #expect(try await stack.sessionDigest() == undisturbed.sessionDigest())
        try await cluster.destroy()
    }

    @Test func whatACrashOfPostgreSQLUndoesIsStoredAgain() async throws {
        let log = AccessLog.people(2000, pages: 6)
        let undisturbed = try await Stack()
        _ = try ImportSummary(try await undisturbed.importing([log.write(to: undisturbed.directory)], []))

        let cluster = try await TestCluster.make()
        // Commits that do not wait for the disk are then lost for certain, not by chance.
        try await cluster.set("synchronous_commit = on", "wal_writer_delay = '10s'", "wal_writer_flush_after = '1GB'")
        let stack = try await Stack(cluster: cluster)
        let file = try log.write(to: stack.directory)
        let program = try stack.program("collector").launch(["import", file, "--json-summary", "--no-progress"])
        let stored = try await eventually("the import has committed some batches", within: .seconds(30)) {
            if program.hasEnded { return 0 }
            let count = try await stack.count("select count(*) from analytics_events")
            return count > 3000 ? count : nil
        }
        #expect(!program.hasEnded, "the import was over before the server crashed")
        // The import stands still meanwhile, so that what the crash undid can be seen.
        try await halt(program.process)
        kill(try await cluster.serverProcess(), SIGQUIT)
        try await cluster.start()
        #expect(try await stack.count("select count(*) from analytics_events") < stored)
        program.signal(SIGCONT)
        let status = await program.end
        #expect(status == 0, "\(program.errors.suffix(500))")
        let summary = try ImportSummary(Product.Outcome(status: status, output: program.output, errors: program.errors))
        #expect(summary.accepted == log.lines.count && summary.duplicates == 0)
        // The books tell the same, though most batches were offered twice.
        #expect(try await stack.count("select sum(stored) from ingest_ledger") == log.lines.count)
        #expect(try await stack.count("select sum(duplicates) from ingest_ledger") == 0)
        #expect(try await stack.count("select count(*) from analytics_events") == log.lines.count)
        #expect(try await stack.sessionDigest() == undisturbed.sessionDigest())
        try await cluster.destroy()
    }

    @Test func aDetectorKilledChangesNoVerdictInTheEnd() async throws {
        var log = AccessLog.people(2000, pages: 4)
        for probe in 0..<60 {
            log.lines.append(
                AccessLog.line(
                    "198.19.7.7", at: 4100 + probe, "/wp-admin/\(probe).php", status: 404, agent: "nikto/2.5")
            )
            log.lines.append(
                AccessLog.line("198.19.8.8", at: 4100 + probe, "/page-\(probe)", agent: "Googlebot/2.1"))
        }
        let undisturbed = try await Stack()
        try await undisturbed.start([.detector(1), .detector(2)])
        _ = try ImportSummary(try await undisturbed.importing([log.write(to: undisturbed.directory)]))

        let stack = try await Stack()
        try await stack.start([.detector(1), .detector(2)])
        let file = try log.write(to: stack.directory)
        let program = try stack.program("collector").launch(["import", file, "--no-progress", "--wait-verdicts"])
        _ = try await eventually("a verdict is stored", within: .seconds(30)) {
            if program.hasEnded { return true }
            return try await stack.count("select count(*) from session_verdicts") > 0 ? true : nil
        }
        #expect(!program.hasEnded, "the import was over before the detector was killed")
        await stack.kill(.detector(1))
        try await stack.start([.detector(1)])
        let status = await program.end
        #expect(status == 0, "\(program.errors.suffix(500))")
        #expect(try await stack.sessionDigest() == undisturbed.sessionDigest())
        #expect(try await stack.count("select count(*) from user_sessions where is_scanner or is_bot") == 2)
    }

    /// A log's clock has whole seconds: who asks for one page after the other within one is known by the order of its lines,
    /// whether it is judged while the log is read or from what is stored.
    @Test func theOrderOfLinesWithinASecondCountsInWhateverWayASessionIsJudged() async throws {
        var log = AccessLog.people(20, pages: 3)
        for visitor in 1...40 {
            for page in 1...12 {
                log.lines.append(
                    AccessLog.line(
                        "198.19.5.\(visitor)", at: 3000 + page / 6, "/list/\(page).html", agent: "Mozilla/5.0 (X11)"))
            }
        }
        let undisturbed = try await Stack()
        try await undisturbed.start([.detector(1), .detector(2)])
        _ = try ImportSummary(try await undisturbed.importing([log.write(to: undisturbed.directory)]))
        let sequential = "select count(*) from session_verdicts where signals::text like '%sequential_navigation%'"
        #expect(try await undisturbed.count(sequential) == 40)

        let stack = try await Stack()
        let file = try log.write(to: stack.directory)
        _ = try ImportSummary(try await stack.importing([file], []))
        #expect(try await stack.count("select count(*) from session_verdicts") == 0)
        try await stack.start([.detector(1), .detector(2)])
        _ = try ImportSummary(try await stack.importing([file]))
        #expect(try await stack.sessionDigest() == undisturbed.sessionDigest())
    }

    @Test func aLineOfAFutureThatNoClockKnowsIsRefused() async throws {
        let stack = try await Stack()
        var log = AccessLog.people(1, pages: 2)
        let coming = Calendar(identifier: .gregorian).component(.year, from: Date()) + 1
        log.lines.append(log.lines[0].replacing("/2026:", with: "/\(coming):"))
        let summary = try ImportSummary(try await stack.importing([log.write(to: stack.directory)], []))
        #expect(summary.accepted == 4 && summary.refusedByReason == ["bad_time": 1])
        #expect(try await stack.count("select count(*) from user_sessions") == 1)
    }

    @Test func withoutDetectorsTheImportGoesOnAndVerdictsFollow() async throws {
        let stack = try await Stack()
        let file = try AccessLog.people(20, pages: 3).write(to: stack.directory)
        let summary = try ImportSummary(try await stack.importing([file], []))
        #expect(summary.accepted == 120)
        #expect(try await stack.count("select count(*) from analytics_events") == 120)
        #expect(try await stack.count("select count(*) from user_sessions where needs_evaluation") == 20)
        try await stack.start([.detector(1), .collector])
        _ = try await eventually("every session is judged", within: .seconds(90)) {
            try await stack.count("select count(*) from user_sessions where needs_evaluation") == 0 ? true : nil
        }
    }
}
