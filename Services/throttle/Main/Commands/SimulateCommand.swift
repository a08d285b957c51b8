import ArgumentParser
import Glibc
import Runtime
import ThrottleCore

/// `throttle simulate`: what a policy file would have answered, request by request.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Try a policy file on requests with times of their own.",
        discussion: """
            Each line of input is a JSON object: at_ms and key, and where wanted cost (1), level (normal) and policy \
            (default). Each gives one JSON object on standard output: line, allowed, level, remaining, retry_after_ms \
            (null when allowed, or when waiting cannot help) and reset_after_ms; or line and error.
            """)

    @Option(help: "The policy file, YAML or JSON.")
    var policy: String

    @Argument(help: "The requests, plain or .gz; - is standard input.")
    var input = "-"

    func run() throws {
        do throws(Failure) { try simulate() } catch { throw Outcome.report(error) }
    }

    private func simulate() throws(Failure) {
        guard !policy.isEmpty else { throw Failure(.usage, "--policy needs a file") }
        var simulation = Simulation(try PolicyFile.load(policy))
        var output: [UInt8] = []
        output.reserveCapacity(1 << 17)
        let problem = answer(&simulation, &output)
        try flush(&output)
        if let problem { throw problem }
        guard simulation.usable > 0 else {
            throw Failure(
                .unusableInput, "no line of the input could be used",
                hint: #"a line looks like {"at_ms":0,"key":"client"}"#)
        }
    }

    /// Answers all lines; what keeps it from going on is returned, so that what came before is still written.
    private func answer(_ simulation: inout Simulation, _ output: inout [UInt8]) -> Failure? {
        do throws(LineSourceError) {
            let source = try LineSource(path: input)
            while let line = try source.next() {
                switch line {
                case .bytes(let bytes, _): output += simulation.answer(bytes)
                case .tooLong(_, let length):
                    output += simulation.refuse("the line has \(length) bytes; 65536 is the most")
                }
                output.append(UInt8(ascii: "\n"))
                if output.count >= 1 << 16 {
                    do throws(Failure) { try flush(&output) } catch { return error }
                }
            }
            return nil
        } catch { return Failure(ExitStatus(rawValue: error.exitCode) ?? .unusableInput, error.description) }
    }

    private func flush(_ output: inout [UInt8]) throws(Failure) {
        guard Outcome.write(output, to: STDOUT_FILENO) else {
            throw Failure(.unusableInput, "standard output is closed")
        }
        output.removeAll(keepingCapacity: true)
    }
}
