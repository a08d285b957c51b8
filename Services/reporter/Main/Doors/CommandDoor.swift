import ReporterCore
import Runtime
import WeirProtocol

/// What sockets and HTTP have in common: a command or a URL comes in, the report's JSON goes out. Never writes a file.
struct CommandDoor: Sendable {
    let answers: Answers

    /// An answer in the form that was asked for, or why there is none.
    enum Answer: Sendable {
        case json(JSONValue, fingerprintable: Bool)
        case csv(String)
        case failed(ReportError)

        /// As JSON whatever was asked for.
        var json: JSONValue {
            switch self {
            case .json(let value, _): value
            case .csv(let text): ["csv": .string(text)]
            case .failed(let error): error.json
            }
        }
    }

    /// Answers `{"command":"analytics overview --since 24h"}`. CSV comes back inside the JSON.
    func answer(_ message: JSONValue) async -> Answer {
        guard let command = message["command"]?.stringValue else {
            return .failed(
                ReportError(
                    .badCommand, "The message has no \"command\".",
                    hint: #"Send {"command":"analytics overview --since 24h"}."#))
        }
        do {
            return try await answer(try reader.read(command: command), isEmbedded: true)
        } catch {
            return .failed(error)
        }
    }

    /// Answers the path and query of a report's URL.
    func answer(path: [String], query: [(name: String, value: String)]) async -> Answer {
        do {
            return try await answer(try reader.read(path: path, query: query), isEmbedded: false)
        } catch {
            return .failed(error)
        }
    }

    private var reader: CommandReader {
        CommandReader(now: Timestamp(milliseconds: WallClock.milliseconds), zones: Zones.named)
    }

    private func answer(_ command: Command, isEmbedded: Bool) async throws(ReportError) -> Answer {
        switch command {
        case .help(let words):
            return .json(["help": .string(Catalogue.all.help(for: words))], fingerprintable: true)
        case .completions, .manual:
            throw ReportError(.badCommand, "That is for a command line.", hint: "See: analytics --help")
        case .report(let request, let options):
            guard !request.report.isStreamed else {
                throw ReportError(
                    .forbidden, "An export has no bounds, and an answer has.",
                    hint: "Run analytics \(request.report.words.joined(separator: " ")) on a command line.")
            }
            guard options.htmlPath == nil else {
                throw ReportError(
                    .forbidden, "--html writes a file, which no socket does.", hint: "The page itself is served at /.")
            }
            let report = try await answers.answer(request)
            let wantsCSV = options.format == .csv || options.exportPath != nil
            if wantsCSV, isEmbedded { return .json(report.jsonWithCSV, fingerprintable: false) }
            return wantsCSV ? .csv(report.csv) : .json(report.json, fingerprintable: true)
        }
    }
}
