import CPlatform
import Glibc
import Runtime
import WeirProtocol

/// Hands a message to a program: an operator's command, or curl for a webhook. Each gets its time and no more, in a
/// process group of its own, so that nothing of it is left when it takes too long.
struct Messenger {
    /// What to do with a message.
    enum Receiver: Equatable {
        /// A command for /bin/sh, with the message on its standard input and its main fields in the environment.
        case command(String)
        /// An http or https address, to which the message is posted as JSON.
        case webhook(String)
    }

    /// Why a message was not delivered.
    struct Undelivered: Error, Equatable {
        let reason: String
    }

    let receiver: Receiver
    /// Seconds.
    let timeout: Int

    /// Delivers one message: a JSON object, and names and values for the environment.
    func deliver(_ message: String, _ environment: [String: String]) throws(Undelivered) {
        switch receiver {
        case .command(let text):
            let status = try run(["/bin/sh", "-c", text], environment, input: message + "\n", until: timeout)
            guard status == 0 else { throw Undelivered(reason: "the command ended with \(status)") }
        case .webhook(let address):
            // The address is a secret of many services: on standard input nobody sees it in a list of processes.
            let fields = [
                ("url", address), ("data-raw", message), ("header", "Content-Type: application/json"),
                ("user-agent", "weir/\(Release.version)"), ("max-time", "\(timeout)"), ("proto", "=http,https"),
                ("output", "/dev/null"),
            ]
            let settings = fields.map { "\($0.0) = \"\(Self.quoted($0.1))\"\n" }.joined()
            let status = try run(
                ["curl", "-q", "--fail", "--silent", "--show-error", "--config", "-"], [:], input: settings,
                until: timeout + 2)
            guard status == 0 else { throw Undelivered(reason: "curl ended with \(status)") }
        }
    }

    /// An http or https address without anything that could be taken for something else; nil for other text.
    static func address(_ text: String) -> String? {
        guard text.hasPrefix("https://") || text.hasPrefix("http://"), text.utf8.count <= 2048,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }),
            let host = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last, !host.isEmpty,
            host.first != "/"
        else { return nil }
        return text
    }

    private static func quoted(_ text: String) -> String {
        String(text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] })
    }

    /// The status that the program ended with, or 128 and the signal's number.
    private func run(
        _ words: [String], _ more: [String: String], input: String, until seconds: Int
    ) throws(Undelivered) -> Int32 {
        var ends: [Int32] = [0, 0]
        guard weir_pipe(&ends) == 0 else { throw Self.problem("no pipe", errno) }
        defer { close(ends[0]) }
        var child = pid_t()
        let failure = Self.spawn(words, more, input: ends[0], &child)
        guard failure == 0 else {
            close(ends[1])
            throw failure == ENOENT
                ? Undelivered(reason: "\(words[0]) is not installed (Debian: apt-get install \(words[0]))")
                : Self.problem("\(words[0]) cannot be started", failure)
        }
        // A message is shorter than a pipe is deep, so that a program that reads nothing holds nobody up.
        _ = signal(SIGPIPE, SIG_IGN)
        let bytes = Array(input.utf8.prefix(60_000))
        _ = bytes.withUnsafeBytes { write(ends[1], $0.baseAddress!, $0.count) }
        close(ends[1])
        return try Self.wait(for: child, seconds: seconds)
    }

    private static func spawn(_ words: [String], _ more: [String: String], input: Int32, _ child: inout pid_t) -> Int32
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        // What it says is no data of ours.
        posix_spawn_file_actions_adddup2(&actions, 2, 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
        let all = Outcome.environment.merging(more) { $1 }
        let arguments = words.map { strdup($0) } + [nil]
        let environment = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        return posix_spawnp(&child, words[0], &actions, &attributes, arguments, environment)
    }

    private static func wait(for child: pid_t, seconds: Int) throws(Undelivered) -> Int32 {
        let end = WallClock.milliseconds + Int64(seconds) * 1000
        var status: Int32 = 0
        while true {
            let ended = waitpid(child, &status, WNOHANG)
            if ended == child { return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F }
            if ended < 0, errno != EINTR { throw problem("nobody to wait for", errno) }
            if WallClock.milliseconds >= end {
                kill(-child, SIGKILL)
                while waitpid(child, &status, 0) < 0, errno == EINTR {}
                throw Undelivered(reason: "it took longer than \(seconds) s and was ended")
            }
            usleep(10_000)
        }
    }

    private static func problem(_ what: String, _ number: Int32) -> Undelivered {
        Undelivered(reason: "\(what): \(String(cString: strerror(number)))")
    }
}
