/// A command taken apart into words and flags, before it is known what they mean together.
struct CommandWords: Hashable, Sendable {
    var words: [String] = []
    var flags: [(flag: Flag, value: String)] = []

    static func == (left: CommandWords, right: CommandWords) -> Bool {
        left.words == right.words && left.flags.elementsEqual(right.flags) { $0 == $1 }
    }

    func hash(into hasher: inout Hasher) { hasher.combine(words) }

    /// The words of a command line, flags anywhere among them.
    init(arguments: [String], catalogue: Catalogue) throws(ReportError) {
        var rest = arguments[...]
        var unknown: String?
        while let word = rest.popFirst() {
            if word == "--" {
                words += rest
                break
            }
            guard word.hasPrefix("-"), word.count > 1 else {
                words.append(word)
                continue
            }
            let (name, attached) = Self.split(word)
            let found = word.hasPrefix("--") ? catalogue.flag(named: name) : catalogue.flag(letter: name)
            guard let flag = found else {
                unknown = unknown ?? (word.hasPrefix("--") ? "--\(name)" : "-\(name)")
                continue
            }
            if flag.value == .none {
                guard attached == nil else {
                    throw ReportError(.badValue, "--\(flag.name) takes no value.", hint: "Write --\(flag.name) alone.")
                }
                flags.append((flag, ""))
            } else if let value = attached {
                flags.append((flag, value))
            } else if let value = rest.first, !value.hasPrefix("--") {
                rest = rest.dropFirst()
                flags.append((flag, value))
            } else {
                throw ReportError(.missingValue, "--\(flag.name) needs a value.", hint: flag.usage.trimmingSpaces)
            }
        }
        if let unknown { throw catalogue.lacks(unknown, words: words) }
    }

    /// The path of a report's URL and its query items, names with `_` or `-`.
    init(path: [String], query: [(name: String, value: String)], catalogue: Catalogue) throws(ReportError) {
        words = path
        for item in query {
            let name = String(item.name.map { $0 == "_" ? "-" : $0 })
            if name == "format" {
                switch item.value {
                case "csv": flags.append((.csv, ""))
                case "json": flags.append((.json, ""))
                default: throw ReportError(.badValue, "format is json or csv.", hint: "Use ?format=csv.")
                }
                continue
            }
            if name == "name" || name == "id" {
                words.append(item.value)
                continue
            }
            guard let flag = catalogue.flag(named: name) else { throw catalogue.lacks("--\(name)", words: words) }
            if flag.value == .none {
                switch item.value.lowercased() {
                case "", "1", "true", "yes": flags.append((flag, ""))
                case "0", "false", "no": break
                default: throw ReportError(.badValue, "\(item.name.quotable) is true or false.")
                }
            } else {
                flags.append((flag, item.value))
            }
        }
    }

    private static func split(_ word: String) -> (name: String, attached: String?) {
        if word.hasPrefix("--") {
            let body = word.dropFirst(2)
            guard let equals = body.firstIndex(of: "=") else { return (String(body), nil) }
            return (String(body[..<equals]), String(body[body.index(after: equals)...]))
        }
        let body = word.dropFirst()
        var attached = body.dropFirst()
        if attached.first == "=" { attached = attached.dropFirst() }
        return (String(body.prefix(1)), attached.isEmpty ? nil : String(attached))
    }
}

/// Splits a command string into words as a shell does: quotes group, a backslash takes the next character as it is.
/// - Throws: `ReportError` with `bad_command` for an open quote or over 4,096 bytes.
func shellWords(_ text: String) throws(ReportError) -> [String] {
    guard text.utf8.count <= 4096 else {
        throw ReportError(.badCommand, "The command is over 4096 bytes.", hint: "Ask for one report at a time.")
    }
    var words: [String] = []
    var current: String?
    var quote: Character?
    var isEscaped = false
    for character in text {
        if isEscaped {
            current = (current ?? "") + String(character)
            isEscaped = false
        } else if character == "\\", quote != "'" {
            isEscaped = true
            current = current ?? ""
        } else if let open = quote {
            if character == open { quote = nil } else { current = (current ?? "") + String(character) }
        } else if character == "\"" || character == "'" {
            quote = character
            current = current ?? ""
        } else if character.isWhitespace {
            if let word = current { words.append(word) }
            current = nil
        } else {
            current = (current ?? "") + String(character)
        }
    }
    guard quote == nil, !isEscaped else {
        throw ReportError(
            .badCommand, "The command has an open quote.", hint: "Close it, or escape it with a backslash.")
    }
    if let word = current { words.append(word) }
    return words
}
