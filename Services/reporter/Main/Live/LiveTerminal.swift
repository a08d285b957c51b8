import Glibc
import ReporterCore

/// The terminal while a live view has it: its own screen, keys without Enter, and everything as before afterwards,
/// whichever way the process ends that lets it act at all.
struct LiveTerminal {
    /// What may happen next.
    enum Event: Sendable {
        case keys([UInt8])
        /// A signal that asks the process to end or to stand aside.
        case signal(Int32)
        case resized
        /// `wake` was called, or the time is over.
        case woken
        /// Nobody is at the terminal any more.
        case closed
    }

    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]

    /// Takes the terminal.
    /// - Throws: `ReportError` when it is none.
    init() throws(ReportError) {
        var modes = termios()
        guard tcgetattr(STDIN_FILENO, &modes) == 0, pipe(&liveSignals) == 0 else {
            throw ReportError(.unavailable, "The terminal cannot be read: \(String(cString: strerror(errno))).")
        }
        for descriptor in liveSignals {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        liveModes = modes
        atexit { leaveLiveTerminal() }
        for number in Self.signals {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = Glibc.write(liveSignals[1], &byte, 1)
            }
        }
        enter()
    }

    /// Its columns and lines.
    var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Draws the lines, each over what was there.
    func draw(_ lines: [String]) {
        let text = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
        // The end of the picture takes away what a taller one left behind.
        Terminal.write("\u{1B}[H\(text)\u{1B}[J")
    }

    /// Waits for the next event, at most that long.
    func wait(milliseconds: Int64) -> Event {
        var files = [
            pollfd(fd: liveSignals[0], events: Int16(POLLIN), revents: 0),
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&files, 2, Int32(clamping: max(0, milliseconds))) > 0 else { return .woken }
        if files[0].revents != 0 {
            var number: UInt8 = 0
            guard read(liveSignals[0], &number, 1) == 1 else { return .woken }
            switch Int32(number) {
            case 0: return .woken
            case SIGWINCH: return .resized
            case let number: return .signal(number)
            }
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return .woken }
        return count > 0 ? .keys(Array(bytes.prefix(count))) : .closed
    }

    /// Ends a `wait` under way, from any thread.
    static func wake() {
        var byte: UInt8 = 0
        _ = Glibc.write(liveSignals[1], &byte, 1)
    }

    /// Gives the terminal back until the process is continued.
    func suspend() {
        leave()
        kill(0, SIGSTOP)
        enter()
    }

    /// Gives the terminal back.
    func leave() { leaveLiveTerminal() }

    private func enter() {
        guard var modes = liveModes else { return }
        cfmakeraw(&modes)
        // A picture's lines end as other programs' do.
        modes.c_oflag |= UInt32(OPOST | ONLCR)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &modes)
        isLive = true
        Terminal.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J")
    }
}

// What a signal's handler and the end of the process reach must be global. One thread enters and leaves.
private nonisolated(unsafe) var liveSignals: [Int32] = [-1, -1]
private nonisolated(unsafe) var liveModes: termios?
private nonisolated(unsafe) var isLive = false

private func leaveLiveTerminal() {
    guard isLive, var modes = liveModes else { return }
    isLive = false
    let text: StaticString = "\u{1B}[?25h\u{1B}[?1049l"
    _ = Glibc.write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    tcsetattr(STDIN_FILENO, TCSANOW, &modes)
}
