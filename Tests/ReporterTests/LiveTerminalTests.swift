import Database
import Foundation
import Glibc
import PostgresSupport
import ReporterCore
import Testing

/// The live views on a real terminal: a pseudo-terminal whose other end is this test.
@Suite struct LiveTerminalTests {
    private struct Missing: Error {
        let text: String
        let seen: String
    }

    /// The program on the one end of a pseudo-terminal.
    private final class Screen {
        let master: Int32
        private let slavePath: String
        /// In bytes, since a character may come in two pieces.
        private var bytes: [UInt8] = []
        var seen: String { String(decoding: bytes, as: UTF8.self) }
        private var process = pid_t()
        let before: [UInt8]

        init(_ arguments: [String], environment: [String: String]) throws {
            master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
            // What posix_openpt's companions do; Glibc's module lacks them. The numbers are TIOCSPTLCK and TIOCGPTN.
            var (lock, number): (Int32, Int32) = (0, -1)
            try #require(ioctl(master, 0x4004_5431, &lock) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
            slavePath = "/dev/pts/\(number)"
            var size = winsize(ws_row: 24, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
            _ = ioctl(master, UInt(TIOCSWINSZ), &size)
            // Held open, so that the modes outlive the program.
            let slave = open(slavePath, O_RDWR | O_NOCTTY)
            try #require(slave >= 0)
            held = slave
            before = Self.modes(of: slave)

            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            var attributes = posix_spawnattr_t()
            posix_spawnattr_init(&attributes)
            defer {
                posix_spawn_file_actions_destroy(&actions)
                posix_spawnattr_destroy(&attributes)
            }
            // POSIX_SPAWN_SETSID: the leader of a session gets the first terminal that it opens.
            posix_spawnattr_setflags(&attributes, 0x80)
            posix_spawn_file_actions_addopen(&actions, 0, slavePath, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
            Program.keepDescriptors(below: 3, &actions)
            let words = ([ServedPage.program.path] + arguments).map { strdup($0) } + [nil]
            // Where a sanitizer, if there is one, is to say what it finds.
            let ofSanitizers = ProcessInfo.processInfo.environment.filter { $0.key.hasSuffix("SAN_OPTIONS") }
            let variables =
                environment.merging(["TERM": "xterm", "WEIR_CONFIG": "/dev/null"]) { $1 }.merging(ofSanitizers) { $1 }
                .map { strdup("\($0.key)=\($0.value)") } + [nil]
            defer { (words + variables).forEach { free($0) } }
            try #require(posix_spawn(&process, ServedPage.program.path, &actions, &attributes, words, variables) == 0)
        }

        private let held: Int32

        deinit {
            if process > 0 {
                kill(process, SIGKILL)
                waitpid(process, nil, 0)
            }
            close(held)
            close(master)
        }

        static func modes(of descriptor: Int32) -> [UInt8] {
            var modes = termios()
            tcgetattr(descriptor, &modes)
            return withUnsafeBytes(of: (modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag)) { Array($0) }
        }

        var modes: [UInt8] { Self.modes(of: held) }

        func type(_ text: String) { _ = text.withCString { write(master, $0, strlen($0)) } }
        func send(_ number: Int32) { kill(process, number) }

        func resize(_ width: UInt16, _ height: UInt16) {
            var size = winsize(ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0)
            _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        }

        /// Reads until what came since the last call contains the text.
        func expect(_ text: String) throws {
            let start = bytes.count
            func fresh() -> String { String(decoding: bytes[start...], as: UTF8.self) }
            while !fresh().contains(text) {
                guard read(within: 20_000) else { throw Missing(text: text, seen: fresh()) }
            }
        }

        /// Whether anything came.
        private func read(within milliseconds: Int32) -> Bool {
            var file = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&file, 1, milliseconds) > 0 else { return false }
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = Glibc.read(master, &piece, piece.count)
            guard count > 0 else { return false }
            bytes += piece.prefix(count)
            return true
        }

        /// The exit status, or 128 and the signal's number; all output has been seen then.
        func end() -> Int32 {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            process = 0
            // The kernel hands a terminal's output on when it finds the time: all of it is here when what was written
            // after it is.
            let last = Array("\u{4}all of it\u{4}".utf8)
            _ = write(held, last, last.count)
            while !bytes.suffix(last.count).elementsEqual(last) {
                guard read(within: 20_000) else { return -1 }
            }
            bytes.removeLast(last.count)
            return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        }
    }

    /// A site with somebody on it now.
    private static let stored = Task {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "postgres")
        try await connection.script(
            """
            insert into user_sessions (session_id, started_at, last_activity_at, request_count, verdict_class, exit_page,
                country, is_scanner)
            values ('sess_person', now() - interval '2 minutes', now(), 7, 'human', '/reading', 'DE', false),
                ('sess_probe', now() - interval '1 minute', now(), 90, 'scanner', E'/\\x1b[2Jprobe', 'US', true)
            """)
        await connection.close()
        return database
    }

    private func screen(_ arguments: [String] = ["top"]) async throws -> Screen {
        try Screen(arguments, environment: ["WEIR_DATABASE_URL": try await Self.stored.value.url()])
    }

    private func expectPeace(_ screen: Screen, _ status: Int32) {
        #expect(screen.end() == status)
        #expect(screen.modes == screen.before)
        #expect(screen.seen.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
        #expect(screen.seen.contains("\u{1B}[?1049h\u{1B}[?25l"))
    }

    @Test(.timeLimit(.minutes(2))) func keysDoWhatTheySay() async throws {
        let screen = try await screen()
        try screen.expect("q quit")
        #expect(screen.seen.contains("/reading") && screen.seen.contains("/[2Jprobe"))
        #expect(screen.seen.contains("everybody"))
        #expect(screen.modes != screen.before)
        screen.type("s")
        try screen.expect("req/min ↓")
        screen.type("f")
        try screen.expect("sessions of people and undecided")
        screen.type("p")
        try screen.expect("PAUSED")
        screen.type("/nobody\r")
        try screen.expect("Nothing contains this.")
        screen.resize(60, 10)
        screen.type("q")
        expectPeace(screen, 0)
    }

    @Test(
        .timeLimit(.minutes(2)),
        arguments: [
            (SIGTERM, 128 + SIGTERM), (SIGINT, 128 + SIGINT), (SIGHUP, 128 + SIGHUP), (SIGQUIT, 128 + SIGQUIT),
        ]) func aSignalGivesTheTerminalBack(_ number: Int32, _ status: Int32) async throws
    {
        let screen = try await screen()
        try screen.expect("q quit")
        screen.send(number)
        expectPeace(screen, status)
    }

    @Test(.timeLimit(.minutes(2))) func controlCIsAnEndLikeAnyOther() async throws {
        let screen = try await screen(["sessions", "live"])
        try screen.expect("Live Sessions")
        screen.type("\u{3}")
        expectPeace(screen, 130)
    }

    @Test(.timeLimit(.minutes(2))) func refreshesByItself() async throws {
        let screen = try await screen(["top", "--refresh", "1"])
        try screen.expect("q quit")
        try screen.expect("q quit")
        screen.type("\u{1B}")
        expectPeace(screen, 0)
    }

    /// An answer that takes its time shows that it is being worked on, and nothing of that once it has come.
    @Test(.timeLimit(.minutes(2))) func whatTakesLongCountsTheSeconds() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let holder = try database.connection(as: "postgres")
        try await holder.script("begin; lock table user_sessions in access exclusive mode")
        let screen = try Screen(["overview"], environment: ["WEIR_DATABASE_URL": database.url(), "PAGER": ""])
        try screen.expect("2 s, Ctrl-C ends it")
        try await holder.script("rollback")
        #expect(screen.end() == 0)
        let parts = screen.seen.components(separatedBy: "\r\u{1B}[K")
        #expect(parts.count == 2 && parts.first?.hasPrefix("\r1 s, Ctrl-C ends it") == true)
        #expect(parts.last?.contains("Overview") == true && parts.last?.contains("Ctrl-C") == false)
        await holder.close()
    }

    /// What goes wrong before there is anything to show is said as ever, without a screen of its own.
    @Test(.timeLimit(.minutes(2))) func withoutADatabaseNothingIsDrawn() async throws {
        let screen = try Screen(["top"], environment: ["WEIR_DATABASE_URL": "postgresql:///weir?host=/nonexistent"])
        #expect(screen.end() == 3)
        #expect(screen.seen.contains("PostgreSQL is away"))
        #expect(!screen.seen.contains("\u{1B}[?1049h"))
        #expect(screen.modes == screen.before)
    }

    @Test(.timeLimit(.minutes(2))) func onceWhenToldSo() async throws {
        let screen = try await screen(["top", "--no-refresh"])
        #expect(screen.end() == 0)
        #expect(screen.seen.contains("sess_person"))
        #expect(!screen.seen.contains("\u{1B}[?1049h"))
    }
}
