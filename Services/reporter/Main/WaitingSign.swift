import Glibc
import ReporterCore

/// What somebody at a terminal sees of a question that takes over a second, and nothing of it afterwards.
enum WaitingSign {
    /// Does the work, and counts its seconds on standard error meanwhile, where that is a terminal.
    static func during<Answer: Sendable>(
        _ work: @Sendable () async throws(ReportError) -> Answer
    ) async throws(ReportError) -> Answer {
        guard isatty(STDERR_FILENO) == 1, Terminal.variable("TERM") != "dumb" else { return try await work() }
        let sign = Task {
            var seconds = 0
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                seconds += 1
                Terminal.write("\r\(seconds) s, Ctrl-C ends it ", to: STDERR_FILENO)
            }
            if seconds > 0 { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
        }
        do {
            let answer = try await work()
            await clear(sign)
            return answer
        } catch {
            await clear(sign)
            throw error
        }
    }

    /// Returns once the line is free again for what is to be said.
    private static func clear(_ sign: Task<Void, Never>) async {
        sign.cancel()
        await sign.value
    }
}
