import Foundation
import Glibc
import PostgresSupport
import Testing

/// A `reporter serve` of this build on a loopback port that the kernel chose, over a test's database.
final class ServedPage: Sendable {
    static let token = "a-token-of-some-length"
    static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("reporter")

    /// `http://127.0.0.1:PORT/`.
    let address: String
    let directory: URL
    private let process: pid_t

    init(_ database: TestDatabase, withToken: Bool) throws {
        directory = URL(fileURLWithPath: "/tmp/weir-page-\(UInt32.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let tokens = directory.appendingPathComponent("tokens")
        try Data("# for tests\n\(Self.token)\n".utf8).write(to: tokens)
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
        variables["WEIR_CONFIG"] = "/dev/null"
        variables["WEIR_DATABASE_URL"] = database.url()
        variables["WEIR_RUNTIME_DIRECTORY"] = directory.path
        variables["WEIR_REPORTER_HTTP"] = "127.0.0.1:0"
        if withToken { variables["WEIR_REPORTER_TOKENS_FILE"] = tokens.path }
        var log: [Int32] = [0, 0]
        guard pipe(&log) == 0 else { throw Browser.Failure(description: "no pipe") }
        for descriptor in log { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Whoever waits for the end of the tests' output must not wait for this process.
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, log[1], 2)
        Program.keepDescriptors(below: 3, &actions)
        let arguments = [strdup(Self.program.path), strdup("serve"), nil]
        let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + environment).forEach { free($0) } }
        var process = pid_t()
        let failure = posix_spawn(&process, Self.program.path, &actions, nil, arguments, environment)
        close(log[1])
        guard failure == 0 else { throw Browser.Failure(description: String(cString: strerror(failure))) }
        self.process = process

        // It says where it listens; whatever it says later is drained, so that it never waits for us.
        var said = ""
        var chunk = [UInt8](repeating: 0, count: 4096)
        while !said.contains("page is at http") || !said.hasSuffix("\n") {
            let count = read(log[0], &chunk, chunk.count)
            guard count > 0 else { throw Browser.Failure(description: "the reporter ended: \(said)") }
            said += String(decoding: chunk[..<count], as: UTF8.self)
        }
        let descriptor = log[0]
        Thread.detachNewThread {
            var rest = [UInt8](repeating: 0, count: 4096)
            while read(descriptor, &rest, rest.count) > 0 {}
            close(descriptor)
        }
        let start = try #require(said.range(of: "http://127"))
        address = String(said[start.lowerBound...].prefix { !$0.isWhitespace })
    }

    deinit {
        kill(process, SIGTERM)
        waitpid(process, nil, 0)
        try? FileManager.default.removeItem(at: directory)
    }
}
