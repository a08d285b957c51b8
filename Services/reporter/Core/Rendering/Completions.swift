extension Catalogue {
    /// Shells that completions are written for.
    public static let shells = ["bash", "zsh", "fish"]

    /// A script that completes the command's words and flags; nil for a shell that is not known.
    public func completions(for shell: String) -> String? {
        switch shell {
        case "bash": bash
        // zsh runs bash's completions through its own layer for them.
        case "zsh": "#compdef analytics\nautoload -U +X bashcompinit && bashcompinit\n" + bash
        case "fish": fish
        default: nil
        }
    }

    /// What may follow each beginning of a command: words, then flags.
    private var continuations: [(words: String, next: [String])] {
        var found: [(words: String, next: [String])] = []
        func add(_ words: [String], _ next: [String]) {
            let key = words.joined(separator: " ")
            if let index = found.firstIndex(where: { $0.words == key }) {
                for word in next where !found[index].next.contains(word) { found[index].next.append(word) }
            } else {
                found.append((key, next))
            }
        }
        for report in reports {
            for count in report.words.indices { add(Array(report.words[..<count]), [report.words[count]]) }
            add(report.words, report.allFlags.map { "--\($0.name)" } + ["--config"])
        }
        for verb in verbs {
            for count in verb.words.indices { add(Array(verb.words[..<count]), [verb.words[count]]) }
        }
        add([], ["completions", "manual", "help"])
        add(["completions"], Self.shells)
        return found
    }

    private var choices: [(flag: String, words: [String])] {
        var found: [(flag: String, words: [String])] = []
        for flag in reports.flatMap(\.allFlags) {
            guard case .choice(let words) = flag.value else { continue }
            if let index = found.firstIndex(where: { $0.flag == flag.name }) {
                for word in words where !found[index].words.contains(word) { found[index].words.append(word) }
            } else {
                found.append((flag.name, words))
            }
        }
        return found
    }

    private var bash: String {
        var text = """
            # Completions for analytics; made by: analytics completions bash
            _analytics() {
                local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words= word next=
                case $before in

            """
        for (flag, words) in choices {
            text +=
                "        --\(flag)) COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\")); return ;;\n"
        }
        text += """
                    --export|--html|--config) COMPREPLY=($(compgen -f -- "$current")); return ;;
                esac
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    case $word in -*) ;; *) words="$words${words:+ }$word" ;; esac
                done
                case $words in

            """
        for (words, next) in continuations where words != "" {
            text += "        '\(words)'*) next='\(next.joined(separator: " "))' ;;\n"
        }
        // The longest beginning that fits comes first: bash takes the first branch.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let branches = lines.filter { $0.hasSuffix(" ;;") && $0.contains("'*) next=") }.sorted { $0.count > $1.count }
        let ordered = branches.sorted { key(of: $0).count > key(of: $1).count }
        text = lines.filter { !($0.hasSuffix(" ;;") && $0.contains("'*) next=")) }.joined(separator: "\n")
        let top = continuations.first { $0.words.isEmpty }?.next ?? []
        return text + ordered.joined(separator: "\n") + """

                    *) next='\(top.joined(separator: " "))' ;;
                esac
                COMPREPLY=($(compgen -W "$next" -- "$current"))
            }
            complete -F _analytics analytics

            """
    }

    private func key(of branch: Substring) -> Substring { branch.drop { $0 != "'" }.dropFirst().prefix { $0 != "'" } }

    private var fish: String {
        var text = "# Completions for analytics; made by: analytics completions fish\ncomplete -c analytics -f\n"
        for (words, next) in continuations {
            let names = words.split(separator: " ")
            let condition =
                names.isEmpty
                ? "__fish_use_subcommand"
                : names.map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
            for word in next where !word.hasPrefix("--") {
                text += "complete -c analytics -n '\(condition)' -a '\(word)'\n"
            }
        }
        for report in reports {
            let condition = report.words.map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
            for flag in report.allFlags {
                var line = "complete -c analytics -n '\(condition)' -l \(flag.name)"
                if let letter = flag.letter { line += " -s \(letter)" }
                switch flag.value {
                case .none: break
                case .choice(let words): line += " -x -a '\(words.joined(separator: " "))'"
                case .text, .count: line += " -r"
                }
                text += line + " -d '\(report.help(of: flag).filter { $0 != "'" })'\n"
            }
        }
        return text
    }

    /// The manual page of section 1, in man's macros.
    public func manual(version: String) -> String {
        func plain(_ text: String) -> String {
            let escaped = text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\e")
            return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
        }
        func dashed(_ text: String) -> String {
            plain(text).split(separator: "-", omittingEmptySubsequences: false).joined(separator: "\\-")
        }
        var text = """
            .TH ANALYTICS 1 "" "Weir \(version)" "Weir"
            .SH NAME
            analytics \\- reports on traffic, people, bots, content, agents and costs
            .SH SYNOPSIS
            .B analytics
            .I command
            .RI [ flags ]
            .SH DESCRIPTION
            Reads the database that the other services write, and works when they are stopped. Times are 90s, 15m, 24h, 7d,
            4w, a date, an ISO datetime, or all.
            .SH COMMANDS

            """
        for report in reports {
            let argument = report.argument.map { " <\($0.name)>" } ?? ""
            text += ".SS \"\(dashed(report.words.joined(separator: " ") + argument))\"\n"
            text += plain("\(report.summary.prefix(1).uppercased())\(report.summary.dropFirst()).") + "\n"
            for flag in report.allFlags where !Flag.output.contains(flag) {
                text += ".TP\n.B \(dashed(flag.usage.trimmingSpaces))\n\(plain(report.help(of: flag)))\n"
            }
        }
        text += ".SH \"COMMANDS FOR OPERATORS\"\nWith --help each says what it takes.\n"
        for verb in verbs {
            text += ".TP\n.B \(dashed(verb.words.joined(separator: " ")))\n\(plain(verb.summary))\n"
        }
        text += ".SH \"FLAGS OF EVERY REPORT\"\n"
        for flag in Flag.output { text += ".TP\n.B \(dashed(flag.usage.trimmingSpaces))\n\(plain(flag.help))\n" }
        return text + """
            .TP
            .B \\-\\-config FILE
            the configuration file, for any command
            .TP
            .B \\-\\-version
            say which release this is
            .SH ENVIRONMENT
            .TP
            .B WEIR_CONFIG
            the configuration file, by default /etc/weir/weir.yaml
            .TP
            .B NO_COLOR
            no colours
            .TP
            .B PAGER
            shows what is longer than the terminal, by default less; empty for none
            .SH "EXIT STATUS"
            0 done, 1 a finding or nothing of that name, 3 the database or a socket is away, 4 nothing usable in the input,
            5 no permission, 64 wrong usage, 70 a defect of this program, 78 wrong configuration, 130 interrupted.

            """
    }
}
