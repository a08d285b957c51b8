import CollectorCore
import Foundation
import Runtime

/// What user agents say of their senders: the built-in parser's word, and that of a file where one is configured.
struct AgentReader: Sendable {
    private let expressions: AgentExpressions?

    /// - Parameter path: a file of the uap-core kind, or empty for the built-in parser alone.
    /// - Throws: `Failure` when the file is not usable.
    init(path: String) throws(Failure) {
        expressions = path.isEmpty ? nil : try AgentExpressions(path: path)
    }

    /// Device, browser and system. A browser or a system that the file finds replaces the built-in's with its version;
    /// of devices only that something is a spider, which is then none of people's.
    func device(of agent: String) -> DeviceClass {
        var device = DeviceClass(userAgent: agent)
        guard let found = expressions?.find(agent) else { return device }
        if let browser = found.browser { (device.browser, device.browserVersion) = browser }
        if let system = found.system { (device.os, device.osVersion) = system }
        if found.isSpider { device.deviceType = .other }
        return device
    }
}

/// The expressions of a file, compiled; asked from any thread.
final class AgentExpressions: Sendable {
    /// What the file says of an agent.
    struct Finding {
        var browser: (name: String, version: String?)?
        var system: (name: String, version: String?)?
        var isSpider = false
    }

    private struct Compiled: Sendable {
        let entry: AgentExpression
        let regex: NSRegularExpression
    }

    /// Reports of progress that the expressions may make for one agent, each after some 10,000 steps or 0.3 ms.
    /// Ordinary agents cause one or two, with uap-core's expressions ten at most; a hostile one in front of a careless
    /// expression could hold the thread, and requests behind it, for years.
    private static let patience = 50

    private let browsers: [Compiled]
    private let systems: [Compiled]
    private let devices: [Compiled]
    /// Where among the devices the spiders are.
    private let spiders: [Int]

    /// Reads and compiles the file at `path`.
    /// - Throws: `Failure` with every problem in it, expressions by their number and text.
    init(path: String) throws(Failure) {
        let file = try AgentFile(path: path)
        var problems: [String] = []
        browsers = Self.compiled(file.browsers, "user_agent_parsers", &problems)
        systems = Self.compiled(file.systems, "os_parsers", &problems)
        devices = Self.compiled(file.devices, "device_parsers", &problems)
        spiders = devices.indices.filter { [devices] in devices[$0].entry.found([])?.name == "Spider" }
        if let failure = AgentFile.failure(path, problems) { throw failure }
    }

    /// What the file says of an agent, of whose text the first `FieldLimits.userAgent` bytes count. Nothing when its
    /// expressions take too long over it.
    func find(_ agent: String) -> Finding {
        var search = Search(FieldLimits.clamp(agent, to: FieldLimits.userAgent), patience: Self.patience)
        let browser = search.first(of: browsers)
        let system = search.first(of: systems)
        let isSpider = isSpider(&search)
        guard search.patience > 0 else { return Finding() }
        return Finding(browser: browser, system: system, isSpider: isSpider)
    }

    /// Whether the first device that matches is a spider. Spiders are few among the devices and among agents, so that
    /// they are asked first, and those before one of them only when it matches.
    private func isSpider(_ search: inout Search) -> Bool {
        for spider in spiders where search.match(devices[spider...spider]) != nil {
            return search.match(devices[..<spider]) == nil
        }
        return false
    }

    private static func compiled(
        _ entries: [AgentExpression], _ section: String, _ problems: inout [String]
    ) -> [Compiled] {
        entries.enumerated().compactMap { index, entry in
            let options: NSRegularExpression.Options = entry.ignoresCase ? .caseInsensitive : []
            // A search would report at every place where it begins, however few its steps. The lazy prefix searches
            // within one attempt; by itself the expression is compiled too, for the brackets that the group could lend.
            let anywhere = "(?s:.*?)(?:" + entry.pattern + ")"
            guard (try? NSRegularExpression(pattern: entry.pattern, options: options)) != nil,
                let regex = try? NSRegularExpression(pattern: anywhere, options: options)
            else {
                let label = AgentFile.label(section, index)
                problems.append("\(label) is not a regular expression: \(entry.pattern.prefix(200).debugDescription)")
                return nil
            }
            return Compiled(entry: entry, regex: regex)
        }
    }

    /// One agent in front of the expressions.
    private struct Search {
        let agent: String
        let pairs: AgentPairs
        let whole: NSRange
        /// Reports of progress still borne; 0 when the agent has been given up.
        var patience: Int

        init(_ agent: String, patience: Int) {
            self.agent = agent
            self.patience = patience
            pairs = AgentPairs(agent)
            whole = NSRange(location: 0, length: agent.utf16.count)
        }

        /// The name and version by the first that matches; nil when it gives none.
        mutating func first(of expressions: [Compiled]) -> (name: String, version: String?)? {
            match(expressions[...]).flatMap { $0.found($1) }
        }

        /// The first that matches, and what it captures.
        mutating func match(_ expressions: ArraySlice<Compiled>) -> (AgentExpression, [String?])? {
            for expression in expressions where patience > 0 && pairs.mayMatch(expression.entry.needed) {
                if let captures = captures(expression.regex) { return (expression.entry, captures) }
            }
            return nil
        }

        private mutating func captures(_ regex: NSRegularExpression) -> [String?]? {
            var match: NSTextCheckingResult?
            var left = patience
            regex.enumerateMatches(in: agent, options: [.anchored, .reportProgress], range: whole) { result, _, stop in
                if let result {
                    match = result
                } else {
                    left -= 1
                    guard left == 0 else { return }
                }
                stop.pointee = true
            }
            patience = left
            return match.map { match in
                (1..<max(match.numberOfRanges, 1)).map { group in
                    Range(match.range(at: group), in: agent).map { String(agent[$0]) }
                }
            }
        }
    }
}
