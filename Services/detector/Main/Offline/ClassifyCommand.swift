import ArgumentParser
import DetectorCore
import Runtime
import WeirProtocol

/// `detector classify …`: one fact about each line, without a database.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify", abstract: "Classify user agents or requests, one JSON object a line.",
        subcommands: [Agents.self, Requests.self])

    /// `detector classify user-agents`.
    struct Agents: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "user-agents", abstract: "What each user agent says its sender is.",
            discussion: #"A line is an agent as it was sent, or an object: {"user_agent": "…"} or {"ua": "…"}."#)

        @Argument(help: "A file with one user agent a line (.gz too), or - for standard input.")
        var file: String

        @Flag(help: "One object for the whole file: how many lines, and how many of each class and category.")
        var summary = false

        func run() throws {
            try Outcome.reporting { if summary { try summarize() } else { try answerEach() } }
        }

        private func answerEach() throws(Failure) {
            var lines = AgentLines(classifier: .builtIn)
            let output = LineOutput()
            defer { output.flush() }
            try LineVerb.forEachLine(of: file) { number, line throws(LineVerb.Unusable) in
                do throws(LineVerb.Unusable) {
                    let bytes = try line.get()
                    if var agent = try Self.agent(of: bytes) {
                        agent.withUTF8 { lines.write(number, $0, to: output) }
                    } else {
                        lines.write(number, bytes.assumingMemoryBound(to: UInt8.self), to: output)
                    }
                } catch {
                    lines.write(number, problem: error.reason, to: output)
                    throw error
                }
            }
        }

        private func summarize() throws(Failure) {
            let classifier = UserAgentClassifier.builtIn
            var lines = 0
            var unusable = 0
            var (human, scanners, bots) = (0, 0, 0)
            var categories = [Int](repeating: 0, count: BotCatalogue.Category.allCases.count)
            try LineVerb.forEachLine(of: file) { _, line throws(LineVerb.Unusable) in
                lines += 1
                let found: AgentFinding
                do throws(LineVerb.Unusable) {
                    let bytes = try line.get()
                    if var agent = try Self.agent(of: bytes) {
                        found = agent.withUTF8 { classifier.finding(in: $0) }
                    } else {
                        found = classifier.finding(in: bytes.assumingMemoryBound(to: UInt8.self))
                    }
                } catch {
                    unusable += 1
                    throw error
                }
                switch found.verdictClass {
                case .scanner: scanners += 1
                case .human: human += 1
                default: bots += 1
                }
                if let category = found.category { categories[category.place] += 1 }
            }
            let classes = [
                (VerdictClass.declaredBot.rawValue, bots), (VerdictClass.human.rawValue, human),
                (VerdictClass.scanner.rawValue, scanners),
            ]
            let named = zip(BotCatalogue.Category.allCases.map(\.rawValue), categories).sorted { $0.0 < $1.0 }
            var writer = JSONWriter()
            writer.object { writer in
                writer.field("lines", lines)
                writer.field("unusable", unusable)
                for (name, counts) in [("classes", classes), ("categories", named)] {
                    writer.name(name)
                    writer.object { writer in
                        for (name, count) in counts where count > 0 { writer.field(name, count) }
                    }
                }
            }
            writer.newline()
            let output = LineOutput()
            output.write(writer.bytes)
            output.flush()
        }

        /// The agent of a line that is a JSON object; nil for raw text.
        private static func agent(of bytes: UnsafeRawBufferPointer) throws(LineVerb.Unusable) -> String? {
            guard let object = try LineVerb.object(bytes) else { return nil }
            guard let text = (object["user_agent"] ?? object["ua"])?.stringValue else {
                throw LineVerb.Unusable(reason: "user_agent is missing or not a text")
            }
            return text
        }
    }

    /// `detector classify requests`.
    struct Requests: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "requests", abstract: "Whether each request looks for weaknesses.",
            discussion: """
                A line is a path, with its query if it has one, or an object: \
                {"path": "/a?b=c", "method": "GET", "status": 404, "user_agent": "…"}. Without a status it is 404: what a site \
                answers is no probe, unless nobody asks for such a thing by mistake.
                """)

        @Argument(help: "A file with one path or JSON object a line (.gz too), or - for standard input.")
        var file: String

        func run() throws {
            try Outcome.reporting {
                let requests = RequestClassifier.builtIn
                let agents = UserAgentClassifier.builtIn
                try LineVerb.run(file) { bytes, writer throws(LineVerb.Unusable) in
                    var (method, path, agent, status) = ("GET", "", "", 404)
                    if let object = try LineVerb.object(bytes) {
                        guard let text = object["path"]?.stringValue else {
                            throw LineVerb.Unusable(reason: "path is missing or not a text")
                        }
                        path = text
                        method = try Self.text(object["method"], "method") ?? "GET"
                        agent = try Self.text(object["user_agent"], "user_agent") ?? ""
                        if let value = object["status"], value != .null {
                            guard let number = value.integerValue, (100...599).contains(number) else {
                                throw LineVerb.Unusable(reason: "status is not a number from 100 to 599")
                            }
                            status = Int(number)
                        }
                    } else {
                        path = String(decoding: bytes, as: UTF8.self)
                        if IPAddress(path.prefix { $0 != " " }) != nil {
                            throw LineVerb.Unusable(
                                reason: "begins with an address, as lines of access logs do: see collector import")
                        }
                    }
                    guard !path.isEmpty else { throw LineVerb.Unusable(reason: "the path is empty") }
                    var probe = requests.probe(method: method, target: path, status: status)
                    if probe == nil, !agent.isEmpty {
                        let sender = agents.classify(agent)
                        if sender.isScanner { probe = .init(family: .scannerAgent, evidence: sender.token) }
                    }
                    writer.field("is_scanner", probe != nil)
                    writer.field("reason", probe.map { .string($0.evidence) } ?? .null)
                    writer.field("family", probe.map { .string($0.family.rawValue) } ?? .null)
                }
            }
        }

        private static func text(_ value: JSONValue?, _ name: String) throws(LineVerb.Unusable) -> String? {
            switch value {
            case nil, .null?: return nil
            case .string(let text)?: return text
            default: throw LineVerb.Unusable(reason: "\(name) is not a text")
            }
        }
    }
}

/// The fields that say what an agent is, in the offline verb and on the wire.
enum AgentAnswer {
    private enum Field {
        case text(String?)
        case flag(Bool)
    }

    private static func forEachField(
        of found: AgentClass, _ agent: String, _ body: (StaticString, Field) -> Void
    ) {
        body("ua", .text(agent))
        body("class", .text(found.verdictClass.rawValue))
        body("is_bot", .flag(found.isBot))
        body("name", .text(found.name))
        body("operator", .text(found.operator))
        body("category", .text(found.category?.rawValue))
        body("token", .text(found.token.isEmpty ? nil : found.token))
        body("reason", .text(found.reason.rawValue))
    }

    static func write(_ found: AgentClass, _ agent: String, into writer: inout JSONWriter) {
        forEachField(of: found, agent) { name, field in
            writer.key(name)
            switch field {
            case .text(let text?): writer.string(text)
            case .text(nil): writer.null()
            case .flag(let flag): writer.bool(flag)
            }
        }
    }

    static func object(_ found: AgentClass, _ agent: String) -> JSONObject {
        var object = JSONObject()
        forEachField(of: found, agent) { name, field in
            object[name.description] =
                switch field {
                case .text(let text): text.map { .string($0) } ?? .null
                case .flag(let flag): .bool(flag)
                }
        }
        return object
    }
}
