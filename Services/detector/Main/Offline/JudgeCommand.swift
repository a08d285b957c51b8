import ArgumentParser
import DetectorCore
import Runtime
import WeirProtocol

/// `detector judge`: a verdict for each line of evidence.
struct JudgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge", abstract: "Judge sessions from their evidence, one JSON object a line.",
        discussion: "A line is the body of a sessions.evaluate entry, as PROTOCOL.md describes SessionEvidence.")

    @Option(help: "A rule file over the built-in rules.")
    var rules: String?

    @Option(help: "A crawler list instead of the built-in one.")
    var crawlers: String?

    @Argument(help: "A file with one SessionEvidence a line (.gz too), or - for standard input.")
    var file: String

    func run() throws {
        try Outcome.reporting {
            let judge = Judge(rules: try RuleFile.load(rules ?? ""), crawlers: try CrawlerFile.load(crawlers ?? ""))
            try LineVerb.run(file, lineLimit: 1 << 20) { bytes, writer throws(LineVerb.Unusable) in
                let verdict = judge.verdict(on: try Self.evidence(bytes))
                writer.field("session_id", verdict.sessionID.text)
                writer.field("class", verdict.verdictClass.rawValue)
                writer.field("score", verdict.score)
                writer.field("is_bot", verdict.isBot)
                writer.field("is_scanner", verdict.isScanner)
                writer.field("is_behavioral_bot", verdict.isBehavioralBot)
                writer.name("signals")
                VerdictText.write(verdict.signals, into: &writer)
                writer.field("rule_set", verdict.ruleSet)
                writer.field("judged_count", verdict.judgedCount)
                writer.field("bot_name", verdict.botName.map { .string($0) } ?? .null)
                writer.field("bot_category", verdict.botCategory.map { .string($0) } ?? .null)
            }
        }
    }

    /// The fast reader first; what it does not take is read again by the one that says what is wrong.
    private static func evidence(_ bytes: UnsafeRawBufferPointer) throws(LineVerb.Unusable) -> SessionEvidence {
        var scanner = JSONScanner(bytes)
        do throws(JSONScanner.Failure) {
            let evidence = try SessionEvidence(scanning: &scanner)
            try scanner.finish()
            return evidence
        } catch {
            let value: JSONValue
            do { value = try JSONValue(parsing: bytes) } catch {
                throw LineVerb.Unusable(reason: "not JSON: \(error.description)")
            }
            do { return try value.decoded(as: SessionEvidence.self) } catch {
                throw LineVerb.Unusable(reason: error.message)
            }
        }
    }
}

/// Signals as JSON text, for standard output and for the database.
enum VerdictText {
    static func write(_ signals: [Signal], into writer: inout JSONWriter) {
        writer.array { writer in
            for signal in signals {
                writer.object { writer in
                    writer.field("name", signal.name)
                    writer.field("points", signal.points)
                    writer.name("observed")
                    write(signal.observed, into: &writer)
                    writer.name("threshold")
                    write(signal.threshold, into: &writer)
                }
            }
        }
    }

    /// As PostgreSQL takes it: it has no NUL in a text.
    static func storable(_ signal: Signal) -> Signal {
        guard case .text(let text) = signal.observed, let clean = storable(text) else { return signal }
        var signal = signal
        signal.observed = .text(clean)
        return signal
    }

    /// The same of any text.
    static func storable(_ text: String?) -> String? {
        guard let text, text.holdsNUL else { return text }
        return String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 })
    }

    private static func write(_ value: SignalValue, into writer: inout JSONWriter) {
        switch value {
        case .number(let number): writer.number(number)
        case .text(let text): writer.string(text)
        }
    }
}
