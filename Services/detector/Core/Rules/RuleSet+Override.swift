import WeirProtocol

extension RuleSet {
    /// Why a rule file cannot be used: every mistake in it, not only the first.
    public struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        /// `path: what is wrong and what would be right`.
        public var problems: [String]
        /// All of them, one a line.
        public var description: String { problems.joined(separator: "\n") }
    }

    /// The rules of this release with the changes of a rule file, already parsed.
    ///
    /// ```yaml
    /// version: "2026.11-ours"
    /// limit: 50
    /// undecided: {page_requests: 2, score: 30}
    /// signals: {regular_timing: {points: 15, threshold: 0.1, min_gaps: 5}}
    /// scanner: {velocity_per_minute: 30}
    /// outdated_browsers: [{browser: chrome, from: "2023-04-01", below: 90}]
    /// agents: [{token: "acmebot", name: "AcmeBot", operator: "Acme", category: seo}]
    /// spam_hosts: {add: [spam.example], remove: [honest.example]}
    /// ```
    /// - Throws: `Invalid` with every problem.
    public init(overriding file: JSONValue) throws(Invalid) {
        guard case .object(let fields) = file else {
            throw Invalid(problems: ["the rule file is not a mapping; start it with a version"])
        }
        var problems: [String] = []
        self.init(catalogue: Self.catalogue(fields["agents"], &problems))
        for (key, value) in fields.fields {
            switch key {
            case "version":
                if let text = value.stringValue, (1...32).contains(text.utf8.count),
                    text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
                {
                    version = text
                } else {
                    problems.append("version: must be 1 to 32 printable ASCII characters without spaces")
                }
            case "limit": limit = Int(Self.number(value, "limit", 1...1000, &problems) ?? Double(limit))
            case "undecided": readUndecided(value, &problems)
            case "signals": readSignals(value, &problems)
            case "scanner": readScanner(value, &problems)
            case "outdated_browsers": readAges(value, &problems)
            case "spam_hosts": readSpamHosts(value, &problems)
            case "agents": break
            default:
                problems.append(
                    "\(key): no such rule; there are version, limit, undecided, signals, scanner, outdated_browsers, "
                        + "agents, spam_hosts")
            }
        }
        if !problems.isEmpty { throw Invalid(problems: problems) }
        rename()
    }

    private static func number(
        _ value: JSONValue, _ path: String, _ range: ClosedRange<Double>, _ problems: inout [String]
    ) -> Double? {
        guard let number = value.doubleValue, range.contains(number) else {
            problems.append("\(path): must be a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    private mutating func readUndecided(_ value: JSONValue, _ problems: inout [String]) {
        guard case .object(let fields) = value else {
            problems.append("undecided: must be a mapping with page_requests and score")
            return
        }
        for (key, value) in fields.fields {
            switch key {
            case "page_requests":
                if let number = Self.number(value, "undecided.page_requests", 0...1000, &problems) {
                    undecidedPageRequests = Int(number)
                }
            case "score":
                if let number = Self.number(value, "undecided.score", 0...1000, &problems) {
                    undecidedScore = Int(number)
                }
            default: problems.append("undecided.\(key): no such rule; there are page_requests, score")
            }
        }
    }

    private mutating func readSignals(_ value: JSONValue, _ problems: inout [String]) {
        guard case .object(let fields) = value else {
            problems.append("signals: must be a mapping from signal names")
            return
        }
        for (key, value) in fields.fields {
            guard let signal = SignalName(rawValue: key) else {
                let names = SignalName.allCases.map(\.rawValue).joined(separator: ", ")
                problems.append("signals.\(key): no such signal; there are \(names)")
                continue
            }
            guard case .object(let parts) = value else {
                problems.append("signals.\(key): must be a mapping with points and threshold")
                continue
            }
            var rule = self[signal]
            let guards = signal.guardNames
            for (part, value) in parts.fields {
                let path = "signals.\(key).\(part)"
                switch part {
                case "points":
                    if let number = Self.number(value, path, 0...100, &problems) { rule.points = Int(number) }
                case "threshold":
                    if let number = Self.number(value, path, 0...1_000_000, &problems) { rule.threshold = number }
                case guards.minimum:
                    if let number = Self.number(value, path, 0...1_000_000, &problems) { rule.minimum = number }
                case guards.guardValue:
                    if let number = Self.number(value, path, 0...1_000_000, &problems) { rule.guardValue = number }
                default:
                    let known = ["points", "threshold", guards.minimum, guards.guardValue].compactMap(\.self)
                    problems.append("\(path): no such part; there are \(known.joined(separator: ", "))")
                }
            }
            self[signal] = rule
        }
    }

    private mutating func readScanner(_ value: JSONValue, _ problems: inout [String]) {
        guard case .object(let fields) = value else {
            problems.append("scanner: must be a mapping")
            return
        }
        for (key, value) in fields.fields {
            guard let field = Self.scannerFields.first(where: { $0.0 == key }) else {
                let names = Self.scannerFields.map(\.0).joined(separator: ", ")
                problems.append("scanner.\(key): no such rule; there are \(names)")
                continue
            }
            let isShare = key.hasSuffix("share")
            if let number = Self.number(value, "scanner.\(key)", 0...(isShare ? 1 : 1_000_000), &problems) {
                scanner[keyPath: field.1] = number
            }
        }
    }

    private mutating func readAges(_ value: JSONValue, _ problems: inout [String]) {
        guard let rows = value.arrayValue else {
            problems.append("outdated_browsers: must be a list of {browser, from, below}")
            return
        }
        browserAges = []
        for (index, row) in rows.enumerated() {
            let path = "outdated_browsers[\(index)]"
            let browser = row["browser"]?.stringValue
            if browser != "chrome", browser != "firefox" {
                problems.append("\(path).browser: must be chrome or firefox")
            }
            let day = row["from"]?.stringValue.flatMap(Self.day)
            if day == nil { problems.append("\(path).from: must be a date, YYYY-MM-DD") }
            let below = row["below"]?.integerValue
            if below == nil || !(0...10_000).contains(below!) { problems.append("\(path).below: must be 0 to 10000") }
            if let browser, let day, let below {
                browserAges.append(BrowserAge(browser: browser, from: day, below: Int(clamping: below)))
            }
        }
    }

    private mutating func readSpamHosts(_ value: JSONValue, _ problems: inout [String]) {
        guard case .object(let fields) = value else {
            problems.append("spam_hosts: must be a mapping with add and remove")
            return
        }
        for (key, value) in fields.fields {
            guard key == "add" || key == "remove", let hosts = value.arrayValue else {
                problems.append("spam_hosts.\(key): must be add or remove with a list of hosts")
                continue
            }
            for (index, host) in hosts.enumerated() {
                guard let host = host.stringValue, SpamHosts.isHost(host) else {
                    problems.append("spam_hosts.\(key)[\(index)]: must be a host name")
                    continue
                }
                if key == "add" { spamHosts.insert(host) } else { spamHosts.remove(host) }
            }
        }
    }

    private static func catalogue(_ value: JSONValue?, _ problems: inout [String]) -> BotCatalogue? {
        guard let value else { return nil }
        guard let rows = value.arrayValue else {
            problems.append("agents: must be a list of {token, name, operator, category, since}")
            return nil
        }
        var catalogue = BotCatalogue.builtIn
        for (index, row) in rows.enumerated() {
            let columns = ["token", "name", "operator", "category", "since"].map { row[$0]?.stringValue ?? "" }
            guard BotCatalogue.Category(rawValue: columns[3]) != nil else {
                let known = BotCatalogue.Category.allCases.map(\.rawValue).joined(separator: ", ")
                problems.append("agents[\(index)].category: must be one of \(known)")
                continue
            }
            do {
                catalogue.entries += try BotCatalogue(parsing: columns.joined(separator: "\t")).entries
            } catch {
                problems.append("agents[\(index)]: \(error.reason)")
            }
        }
        return catalogue
    }

    private static func day(_ text: String) -> Timestamp.Day? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, let year = Int64(parts[0]), let month = Int64(parts[1]),
            let day = Int64(parts[2]), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        return Timestamp.Day(year: year, month: month, day: day)
    }
}
