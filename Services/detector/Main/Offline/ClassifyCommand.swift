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
            commandName: "user-agents", abstract: "What each user agent says its sender is.")

        @Argument(help: "A file with one user agent a line (.gz too), or - for standard input.")
        var file: String

        func run() throws {
            try Outcome.reporting {
                let classifier = UserAgentClassifier.builtIn
                try LineVerb.run(file) { bytes, writer throws(LineVerb.Unusable) in
                    let agent: String
                    if let object = try LineVerb.object(bytes) {
                        guard let text = (object["user_agent"] ?? object["ua"])?.stringValue else {
                            throw LineVerb.Unusable(reason: "user_agent is missing or not a text")
                        }
                        agent = text
                    } else {
                        agent = String(decoding: bytes, as: UTF8.self)
                    }
                    AgentAnswer.write(classifier.classify(agent), agent, into: &writer)
                }
            }
        }
    }

    /// `detector classify requests`.
    struct Requests: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "requests", abstract: "Whether each request looks for weaknesses.")

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
    static func write(_ found: AgentClass, _ agent: String, into writer: inout JSONWriter) {
        for (name, value) in fields(found, agent) { writer.field(name, value) }
    }

    static func fields(_ found: AgentClass, _ agent: String) -> [(String, JSONValue)] {
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        return [
            ("ua", .string(agent)), ("class", .string(found.verdictClass.rawValue)), ("is_bot", .bool(found.isBot)),
            ("name", text(found.name)), ("operator", text(found.operator)),
            ("category", text(found.category?.rawValue)),
            ("token", text(found.token.isEmpty ? nil : found.token)), ("reason", .string(found.reason.rawValue)),
        ]
    }
}
