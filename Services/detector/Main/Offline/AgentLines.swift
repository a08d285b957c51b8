import DetectorCore
import WeirProtocol

/// The answers of `detector classify user-agents`, a line each. Most agents are people's or in the catalogue: for those
/// everything after the agent itself is written once and copied from then on.
struct AgentLines {
    private let classifier: UserAgentClassifier
    /// What follows the agent for a person: `,"class":…}` and the newline.
    private let person: [UInt8]
    /// The same for each entry of the catalogue; empty until it was needed.
    private var entries: [[UInt8]]

    init(classifier: UserAgentClassifier) {
        self.classifier = classifier
        person = Self.ending(classifier.classify("Mozilla/5.0 (X11) Gecko/1 Firefox/1"))
        entries = Array(repeating: [], count: classifier.catalogue.entries.count)
    }

    /// The answer to the agent in line `number`.
    mutating func write(_ number: Int, _ agent: UnsafeBufferPointer<UInt8>, to output: LineOutput) {
        let finding = classifier.finding(in: agent)
        guard Self.isPlain(agent) else { return write(number, worded: finding, agent, to: output) }
        if let entry = finding.entry {
            if entries[entry].isEmpty { entries[entry] = Self.ending(classifier.words(for: finding, in: agent)) }
            Self.write(number, agent, entries[entry], to: output)
        } else if finding.isBot {
            Self.write(number, agent, Self.ending(classifier.words(for: finding, in: agent)), to: output)
        } else {
            Self.write(number, agent, person, to: output)
        }
    }

    /// The answer to a line that cannot be used.
    func write(_ number: Int, problem: String, to output: LineOutput) {
        var line = JSONWriter()
        line.object { writer in
            writer.field("line", number)
            writer.field("error", problem)
        }
        line.newline()
        output.write(line.bytes)
    }

    /// For an agent that has to be escaped or mended.
    private func write(
        _ number: Int, worded finding: AgentFinding, _ agent: UnsafeBufferPointer<UInt8>, to output: LineOutput
    ) {
        var line = JSONWriter()
        line.object { writer in
            writer.key("line")
            writer.integer(number)
            AgentAnswer.write(
                classifier.words(for: finding, in: agent), String(decoding: agent, as: UTF8.self), into: &writer)
        }
        line.newline()
        output.write(line.bytes)
    }

    private static func write(
        _ number: Int, _ agent: UnsafeBufferPointer<UInt8>, _ ending: [UInt8], to output: LineOutput
    ) {
        output.append(upTo: 40 + agent.count + ending.count) { room in
            var count = 0
            func append(_ bytes: UnsafeRawBufferPointer) {
                UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: bytes)
                count += bytes.count
            }
            func append(_ text: StaticString) {
                append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
            }
            append("{\"line\":")
            count += digits(of: number, at: room, from: count)
            append(",\"ua\":\"")
            append(UnsafeRawBufferPointer(agent))
            append("\"")
            ending.withUnsafeBytes { append($0) }
            return count
        }
    }

    /// Writes a positive number and says in how many bytes.
    private static func digits(of number: Int, at room: UnsafeMutableRawBufferPointer, from start: Int) -> Int {
        var length = 1
        var power = 10
        while number >= power {
            length += 1
            power *= 10
        }
        var rest = number
        for place in stride(from: start + length - 1, through: start, by: -1) {
            room[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return length
    }

    /// Whether the bytes can stand between quotes as they are: ASCII without controls, quotes and backslashes.
    private static func isPlain(_ agent: UnsafeBufferPointer<UInt8>) -> Bool {
        var other: UInt8 = 0
        // Without an exit from the loop, many bytes are looked at in one step.
        for byte in agent {
            other |=
                (byte < 0x20 ? 1 : 0) | (byte >= 0x7F ? 1 : 0) | (byte == UInt8(ascii: "\"") ? 1 : 0)
                | (byte == UInt8(ascii: "\\") ? 1 : 0)
        }
        return other == 0
    }

    /// What follows the agent, up to the newline.
    private static func ending(_ found: AgentClass) -> [UInt8] {
        var writer = JSONWriter()
        AgentAnswer.write(found, "", into: &writer)
        let head = "\"ua\":\"\"".utf8.count
        return writer.bytes[head...] + Array("}\n".utf8)
    }
}
