import ArgumentParser
import CollectorCore
import Runtime
import WeirProtocol

/// `collector classify …`: one fact about each line of a file, without database or daemon.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Classify referrers, user agents, addresses or log lines, one JSON object a line.",
        subcommands: [Referrers.self, Agents.self, Addresses.self, LogLines.self])
}

/// The file that every verb reads.
struct InputOption: ParsableArguments {
    @Argument(help: ArgumentHelp("A file with one item a line (.gz too), or - for standard input.", valueName: "file"))
    var file: String

    /// Answers each line with an object that starts with its number; a line that cannot be used with an error. Ends the
    /// process with the documented code when the file cannot be read or no line of it used.
    func answer(_ body: (UnsafeRawBufferPointer, inout JSONWriter) throws(Unusable) -> Void) {
        var writer = JSONWriter(capacity: 1024)
        do throws(Failure) {
            try LineAnswers.write(file) { number, line, output in
                let problem = Self.answer(number, line, &writer, body)
                if let problem {
                    writer.removeAll()
                    writer.object { fields in
                        fields.field("line", number)
                        fields.field("error", problem.reason)
                    }
                }
                writer.newline()
                output.append(contentsOf: writer.bytes)
                return problem == nil
            }
        } catch { error.exit(program: "collector classify") }
    }

    private static func answer(
        _ number: Int, _ line: LineSource.Line, _ writer: inout JSONWriter,
        _ body: (UnsafeRawBufferPointer, inout JSONWriter) throws(Unusable) -> Void
    ) -> Unusable? {
        writer.removeAll()
        switch line {
        case .tooLong(_, let length):
            return Unusable("the line has \(length) bytes, more than \(LogLineParser.lineLimit)")
        case .bytes(var bytes, _):
            if bytes.last == UInt8(ascii: "\r") { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
            var problem: Unusable?
            writer.object { fields in
                fields.field("line", number)
                do throws(Unusable) { try body(bytes, &fields) } catch { problem = error }
            }
            return problem
        }
    }
}

/// Why a line cannot be used.
struct Unusable: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    /// The line as text, or the field of its JSON object when it starts with a brace.
    static func text(
        _ bytes: UnsafeRawBufferPointer, field: String
    ) throws(Unusable) -> (text: String, object: JSONValue?) {
        guard bytes.first == UInt8(ascii: "{") else { return (String(decoding: bytes, as: UTF8.self), nil) }
        let object: JSONValue
        do { object = try JSONValue(parsing: bytes) } catch { throw Unusable("not JSON: \(error.description)") }
        switch object[field] {
        case .string(let text)?: return (text, object)
        case nil, .null?: return ("", object)
        default: throw Unusable("\(field) is not a text")
        }
    }
}

extension JSONWriter {
    /// A field with a text, or null.
    mutating func field(_ name: String, optional value: String?) { field(name, value.map { .string($0) } ?? .null) }
}
