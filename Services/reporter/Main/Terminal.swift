import Glibc
import ReporterCore
import Runtime

/// The process's own standard streams.
enum Terminal {
    /// Where a table goes: as wide as the terminal, coloured unless NO_COLOR, TERM=dumb or a flag say otherwise.
    static func shape(isColorless: Bool) -> TerminalShape {
        guard isatty(STDOUT_FILENO) == 1 else { return TerminalShape(width: nil, hasColors: false) }
        var size = winsize()
        let known = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let declined = isColorless || variable("NO_COLOR") != nil || variable("TERM") == "dumb"
        return TerminalShape(width: known ? Int(size.ws_col) : 80, hasColors: !declined)
    }

    static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1 }

    /// Writes a text through the pager when it is longer than the terminal.
    static func page(_ text: String) {
        var size = winsize()
        let pager = getenv("PAGER").map { String(cString: $0) } ?? "less -FRX"
        guard isInteractive, !pager.isEmpty, variable("TERM") != "dumb",
            ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0,
            text.utf8.count(where: { $0 == UInt8(ascii: "\n") }) >= Int(size.ws_row), let pipe = popen(pager, "w")
        else { return write(text) }
        signal(SIGPIPE, SIG_IGN)
        fputs(text, pipe)
        // 127 is the shell's word for a program that is not there.
        if pclose(pipe) >> 8 & 0xFF == 127 { write(text) }
    }

    /// A variable of the environment; nil when it is not set or empty.
    static func variable(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cString: text)
    }

    /// Writes CSV or JSON: to a terminal without what would move its cursor or reverse its text, which visitors may
    /// have sent.
    static func writeData(_ text: String) {
        write(isatty(STDOUT_FILENO) == 1 ? TerminalText.shown(text) : text)
    }

    /// Writes all of the text to a descriptor, or as much as its reader takes. A standard output that cannot take it, as
    /// on a full disk, ends the process.
    static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if descriptor == STDOUT_FILENO, errno != EPIPE { FileHandleText.cannotWriteStandardOutput(errno) }
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}
