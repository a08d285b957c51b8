import Foundation
import PostgresSupport
import Testing

/// `collector import --follow` over a log that a test writes as a server would.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FollowTests {
    private let log = AccessLog.people(200, pages: 6)

    /// The log's lines, which a follower is to find one after the other.
    private final class Writer {
        let folder: URL
        private var rest: ArraySlice<String>

        init(_ log: AccessLog, in folder: URL) throws {
            self.folder = folder
            rest = log.lines[...]
            try write(0)
        }

        var path: String { folder.appendingPathComponent("access.log").path }

        /// Appends the next `count` lines.
        func write(_ count: Int, to name: String = "access.log") throws {
            let file = folder.appendingPathComponent(name)
            if !FileManager.default.fileExists(atPath: file.path) {
                try Data().write(to: URL(fileURLWithPath: file.path))
            }
            let handle = try FileHandle(forWritingTo: file)
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(rest.prefix(count).map { $0 + "\n" }.joined().utf8))
            try handle.close()
            rest = rest.dropFirst(count)
        }

        func rename() throws {
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        }

        func truncate() throws {
            let handle = try FileHandle(forWritingTo: folder.appendingPathComponent("access.log"))
            try handle.truncate(atOffset: 0)
            try handle.close()
        }
    }

    private func stack(_ cluster: TestCluster? = nil) async throws -> Stack {
        let stack = try await Stack(cluster: cluster)
        stack.environment["WEIR_COLLECTOR_FOLLOW_DIRECTORY"] = stack.directory.appendingPathComponent("follow").path
        try await stack.start([.detector(1)])
        return stack
    }

    private func follower(_ stack: Stack, _ path: String) throws -> RunningProduct {
        try stack.program("collector").launch(["import", path, "--follow", "--no-progress", "--json-summary"])
    }

    private func stored(_ count: Int, in stack: Stack, by program: RunningProduct) async throws {
        var seen = 0
        defer { if seen != count { print("stored \(seen) instead of \(count): \(program.errors.suffix(500))") } }
        _ = try await eventually("\(count) requests are stored", within: .seconds(30)) {
            if program.hasEnded { throw Stack.ServiceFailure(description: "it ended: \(program.errors.suffix(1000))") }
            seen = try await stack.count("select count(*) from analytics_events")
            return seen == count ? true : nil
        }
    }

    @Test("Killed, rotated by rename meanwhile and started again, then truncated: every line counts once")
    func everyLineCountsOnce() async throws {
        let undisturbed = try await stack()
        _ = try ImportSummary(try await undisturbed.importing([log.write(to: undisturbed.directory)]))

        let stack = try await stack()
        let writer = try Writer(log, in: stack.directory)
        var program = try follower(stack, writer.path)
        try writer.write(500)
        try await stored(500, in: stack, by: program)
        program.signal(SIGKILL)
        _ = await program.end

        try writer.write(300)
        try writer.rename()
        try writer.write(400)
        program = try follower(stack, writer.path)
        try await stored(1200, in: stack, by: program)

        // While it runs: the old file goes on for a moment after the rename.
        try FileManager.default.removeItem(atPath: writer.path + ".1")
        try writer.rename()
        try writer.write(200, to: "access.log.1")
        try writer.write(300)
        try await stored(1700, in: stack, by: program)

        try writer.truncate()
        try writer.write(log.lines.count - 1700)
        try await stored(log.lines.count, in: stack, by: program)
        program.signal(SIGTERM)
        #expect(await program.end == 0, "\(program.errors.suffix(1000))")

        #expect(try await stack.sessionDigest().count == undisturbed.sessionDigest().count)
        let counts = "select sum(request_count + asset_count) from user_sessions"
        #expect(try await stack.count(counts) == log.lines.count)
        #expect(try await stack.count("select count(*) from analytics_events where source <> 'follow'") == 0)
    }

    @Test("Told to end while database and detectors are away it ends, and started again it goes on there")
    func endsWithTheDatabase() async throws {
        let cluster = try await TestCluster.make()
        let stack = try await stack(cluster)
        let writer = try Writer(log, in: stack.directory)
        let program = try follower(stack, writer.path)
        try writer.write(300)
        try await stored(300, in: stack, by: program)
        await stack.stop(.detector(1))
        try await cluster.stop()
        try writer.write(200)
        program.signal(SIGTERM)
        // It waits for 10 s, and before for a commit that has begun.
        _ = try await eventually("it ends", within: .seconds(40)) { program.hasEnded ? true : nil }
        #expect(await program.end == 3)
        #expect(program.errors.contains("the database is away"), "\(program.errors.suffix(1000))")

        try await cluster.start()
        let next = try follower(stack, writer.path)
        try await stored(500, in: stack, by: next)
        next.signal(SIGTERM)
        #expect(await next.end == 0, "\(next.errors.suffix(1000))")
        try await cluster.destroy()
    }

    @Test("Its place is remembered before the first line, so that a rotation after a kill hides nothing")
    func remembersFromTheBeginning() async throws {
        let stack = try await stack()
        let writer = try Writer(log, in: stack.directory)
        let program = try follower(stack, writer.path)
        let memory = stack.directory.appendingPathComponent("follow").path
        _ = try await eventually("the place is remembered", within: .seconds(30)) {
            try? FileManager.default.contentsOfDirectory(atPath: memory).contains { $0.hasSuffix(".json") } ? true : nil
        }
        program.signal(SIGKILL)
        _ = await program.end
        try writer.write(300)
        try writer.rename()
        try writer.write(200)
        let next = try follower(stack, writer.path)
        try await stored(500, in: stack, by: next)
        next.signal(SIGTERM)
        #expect(await next.end == 0)
    }

    @Test("A scanner is known while it is there, not when its session ends")
    func judgesWhileFollowing() async throws {
        let stack = try await stack()
        let scan = AccessLog(
            lines: (0..<30).map {
                AccessLog.line("198.19.7.7", at: $0, "/wp-admin/\($0).php", status: 404, agent: "nikto/2.5")
            })
        let writer = try Writer(scan, in: stack.directory)
        let program = try follower(stack, writer.path)
        try writer.write(30)
        _ = try await eventually("the scanner is known", within: .seconds(30)) {
            try await stack.count("select count(*) from user_sessions where is_scanner") == 1 ? true : nil
        }
        program.signal(SIGTERM)
        #expect(await program.end == 0)
    }

    @Test("A second follower of the same log, standard input and a packed log are refused")
    func refusals() async throws {
        let stack = try await stack()
        let writer = try Writer(log, in: stack.directory)
        let program = try follower(stack, writer.path)
        try writer.write(10)
        try await stored(10, in: stack, by: program)
        let second = try await stack.program("collector").run(["import", writer.path, "--follow"], limit: .seconds(20))
        #expect(second.status == 3 && second.errors.contains("is being followed already"))
        program.signal(SIGTERM)
        _ = await program.end

        let standardInput = try await stack.program("collector").run(["import", "-", "--follow"], limit: .seconds(20))
        #expect(standardInput.status == 1 || standardInput.status == 64, "\(standardInput.status)")
        #expect(standardInput.errors.contains("cannot be followed"))
        let packed = stack.directory.appendingPathComponent("packed.gz")
        try Data([0x1F, 0x8B, 8, 0, 0]).write(to: packed)
        let third = try await stack.program("collector").run(["import", packed.path, "--follow"], limit: .seconds(20))
        #expect(third.status == 4 && third.errors.contains("only a plain log can be followed"))
    }
}
