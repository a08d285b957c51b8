import Glibc
import NIOPosix
import ReporterCore
import Runtime
import Synchronization
import WeirProtocol

/// Shows a report full-screen until somebody has seen enough: asks, draws, waits for keys. `LiveView` decides.
struct LiveLoop {
    let answers: Answers
    let options: OutputOptions

    /// An answer that has come in since the last look.
    private final class Inbox: Sendable {
        let latest = Mutex<Result<Report, ReportError>?>(nil)
    }

    /// Runs to its end and returns the process's exit status.
    /// - Throws: `ReportError` when the first answer is an error: nothing has been drawn then, and a script sees why.
    func run(_ request: ReportRequest) async throws(ReportError) -> Int32 {
        guard var view = LiveView(of: request) else { return 0 }
        view.show(try await answers.answer(view.request(now: Self.now)))

        let terminal = try LiveTerminal()
        defer { terminal.leave() }
        let inbox = Inbox()
        var keys = LiveKeyReader()
        var asking: Task<Void, Never>?
        var isAskedAgain = false
        var due = Self.elapsed + Int64(options.refreshSeconds) * 1000
        var isStale = true
        while true {
            if let answer = inbox.latest.withLock({ $0.take() }) {
                asking = nil
                switch answer {
                case .success(let report): view.show(report)
                case .failure(let error): view.show(error)
                }
                due = isAskedAgain ? Self.elapsed : Self.elapsed + Int64(options.refreshSeconds) * 1000
                (isAskedAgain, isStale) = (false, true)
            }
            if isStale {
                draw(&view, on: terminal)
                isStale = false
            }
            if asking == nil, !view.isPaused, Self.elapsed >= due { asking = ask(view, inbox) }
            let patience = asking != nil || view.isPaused ? 60_000 : due - Self.elapsed
            // Waiting blocks, so a thread outside of those that answer does it.
            let event =
                (try? await NIOThreadPool.singleton.runIfActive { terminal.wait(milliseconds: patience) }) ?? .woken
            var actions: [LiveView.Action] = []
            switch event {
            case .keys(let bytes): actions = keys.read(bytes).map { view.press($0) }
            case .resized, .signal(SIGCONT): actions = [.draw]
            case .signal(SIGTSTP): actions = [.suspend]
            case .signal(let number): actions = [.quit(128 + number)]
            case .closed: actions = [.quit(128 + SIGHUP)]
            case .woken: break
            }
            for action in actions {
                switch action {
                case .nothing: break
                case .draw: isStale = true
                case .ask:
                    (due, isStale) = (Self.elapsed, true)
                    isAskedAgain = asking != nil
                case .suspend:
                    terminal.suspend()
                    isStale = true
                case .quit(let status):
                    asking?.cancel()
                    return status
                }
            }
        }
    }

    private func ask(_ view: LiveView, _ inbox: Inbox) -> Task<Void, Never> {
        let request = view.request(now: Self.now)
        return Task {
            let answer: Result<Report, ReportError>
            do throws(ReportError) {
                answer = .success(try await answers.answer(request))
            } catch { answer = .failure(error) }
            inbox.latest.withLock { $0 = answer }
            LiveTerminal.wake()
        }
    }

    private func draw(_ view: inout LiveView, on terminal: LiveTerminal) {
        let (width, height) = terminal.size
        let shape = TerminalShape(
            width: width, hasColors: Terminal.shape(isColorless: options.isColorless).hasColors)
        terminal.draw(view.picture(on: shape, height: height, refreshSeconds: options.refreshSeconds))
    }

    private static var now: Timestamp { Timestamp(milliseconds: WallClock.milliseconds) }

    /// Milliseconds since the program began to look, by a clock that nobody sets.
    private static var elapsed: Int64 {
        let span = beginning.duration(to: .now).components
        return span.seconds * 1000 + span.attoseconds / 1_000_000_000_000_000
    }

    private static let beginning = ContinuousClock.now
}
