extension Catalogue {
    /// Help for the command or group that the words name; for everything without words or with unknown ones.
    public func help(for words: [String]) -> String {
        let words = Array(words.drop { $0 == "systemprompt" || $0 == "analytics" })
        if let report = reports.filter({ words.starts(with: $0.words) }).max(by: { $0.words.count < $1.words.count }) {
            return help(for: report)
        }
        let members = reports.filter { $0.words[0] == words.first }
        let ownVerbs = verbs.filter { $0.words[0] == words.first }
        let isGroup = !members.isEmpty || !ownVerbs.isEmpty
        let text =
            "Reports on traffic, people, bots, content, agents and costs.\n\nUsage: analytics <command> [flags]\n\n"
            + Self.list((isGroup ? members : reports).map { (Self.usage($0), $0.summary) })
            + Self.list(isGroup ? ownVerbs : verbs, under: "For operators")
        return text + """

            Every report takes --json, --csv, --export FILE.csv, --help; most take --since, --until, --limit, --class.
            Times: 90s, 15m, 24h, 7d, 4w, 2026-11-21, 2026-11-21T08:00:00Z, all. See: analytics <command> --help
            Visitors are browsers, told apart by user agent and first language, whatever network they come from.
            A session's requests are of pages, of an API, and of pages in the background; static files are its files. Only
            the overview's requests hold both, so that they agree with the logs.
            People (--class human, the default of reports on sessions) are everybody that is not called a bot, the
            undecided among them. Reports on agents, costs and events count everybody unless told otherwise.
            Exit codes: 0 ok, 1 a finding or not found, 3 database or socket away, 4 nothing usable in the input,
            5 no permission, 64 usage, 78 configuration, 130 interrupted.

            """
    }

    private static func list(_ verbs: [Verb], under title: String) -> String {
        verbs.isEmpty ? "" : "\n\(title):\n" + list(verbs.map { ($0.words.joined(separator: " "), $0.summary) })
    }

    private static func list(_ lines: [(name: String, summary: String)]) -> String {
        let width = lines.map(\.name.count).max() ?? 0
        return lines.map { "  \(TerminalText.padded($0, to: width, right: false))  \($1)\n" }.joined()
    }

    private func help(for report: ReportDefinition) -> String {
        var text = "\(report.title): \(report.summary).\n\nUsage: analytics \(Self.usage(report)) [flags]\n"
        if let argument = report.argument { text += "\n  <\(argument.name)>  \(argument.help)\n" }
        let flags = report.allFlags
        let width = min(44, flags.map { $0.usage.count }.max() ?? 0)
        text += "\n"
        for flag in flags {
            let help =
                flag == .since
                ? "\(flag.help) (default \(Self.span(report.defaultSpan)))" : report.help(of: flag)
            if flag.usage.count > width {
                text += "  \(flag.usage)\n  \(String(repeating: " ", count: width))  \(help)\n"
            } else {
                text += "  \(TerminalText.padded(flag.usage, to: width, right: false))  \(help)\n"
            }
        }
        return text + Self.list(verbs.filter { [$0.words[0]] == report.words }, under: "For operators")
    }

    private static func span(_ milliseconds: Int64) -> String {
        milliseconds % 86_400_000 == 0 ? "\(milliseconds / 86_400_000)d" : "\(milliseconds / 60_000)m"
    }

    private static func usage(_ report: ReportDefinition) -> String {
        (report.words + (report.argument.map { ["<\($0.name)>"] } ?? [])).joined(separator: " ")
    }
}
