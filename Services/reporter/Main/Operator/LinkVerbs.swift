import ArgumentParser
import Database
import ReporterCore
import Runtime
import WeirProtocol

/// `analytics links create TARGET`.
struct LinkCreate: OperatorVerb {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a short link; the collector leads /r/CODE to its target.")

    @Argument(help: "Where it leads: an http(s) URL, or a path of the site.")
    var target: String
    @Option(help: "The code in /r/CODE (default: eight random letters and digits).")
    var code: String?
    @Option(help: "The campaign that it belongs to.")
    var campaign: String?
    @Option(help: "The campaign's name (default: as --campaign).")
    var campaignName: String?
    @Option(help: "The site that it belongs to (default: the first configured).")
    var site: String?
    @Option(help: "The path of the page that carries it.")
    var sourcePage: String?
    @Option(help: "The link's text.")
    var text: String?
    @Option(help: "Where on the page it stands.")
    var position: String?
    @Option(help: "utm_source that the target gets.")
    var utmSource: String?
    @Option(help: "utm_medium that the target gets.")
    var utmMedium: String?
    @Option(help: "utm_campaign that the target gets.")
    var utmCampaign: String?
    @Option(help: "utm_content that the target gets.")
    var utmContent: String?
    @Option(help: "utm_term that the target gets.")
    var utmTerm: String?
    @Option(help: "When it ends: in 30d, or on a date or ISO datetime (UTC).")
    var expires: String?
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        guard Self.isTarget(target) else {
            throw ReportError(
                .badValue,
                "A link leads to an http or https URL with a valid host and port, or to a path that begins with one /.",
                hint: "As in https://shop.example/spring or /spring.")
        }
        if let code, !Self.isCode(code) {
            throw ReportError(.badValue, "A code is 1 to 64 letters, digits, - and _.")
        }
        if let site, !WebAuthority.isHost(site) {
            throw ReportError(.badValue, "--site is a host name such as shop.example.")
        }
        let tags = tags
        let end = try Self.end(expires)
        let home = site?.lowercased() ?? store.settings[.siteHosts].first?.lowercased() ?? "localhost"
        let (host, path) = Self.place(of: target)
        let isInternal = host == nil || host == home || host == "www.\(home)"
        let values: [Value] = [
            .text(home), .text(target), .text(tags.fields.isEmpty ? "redirect" : "both"), .text(campaign),
            .text(campaignName ?? campaign), .text(sourcePage),
            tags.fields.isEmpty ? .null : .text(JSONValue.object(tags).text), .text(text), .text(position),
            .text(isInternal ? "internal" : "external"), .timestamp(milliseconds: end?.milliseconds),
            isInternal ? .text(path) : .null,
        ]
        let wanted = code
        let made = try await store.change { connection in
            // A random code that is taken already is drawn again; 62^8 codes are never used up.
            for _ in 0..<8 {
                let code = wanted ?? Self.randomCode()
                let rows = try connection.query(
                    Self.insert, [.text("link_" + Self.randomCode(16)), .text(code)] + values)
                if let row = rows.first { return (try row.get("id", as: String.self), code) }
                guard wanted == nil else {
                    throw ReportError(
                        .badValue, "The code \(code) is taken.", hint: "Choose another, or leave --code out.")
                }
            }
            throw ReportError(.internal, "no free code was found")
        }
        return OperatorOutcome(
            data: [
                "link_id": .string(made.0), "short_code": .string(made.1), "path": .string("/r/" + made.1),
                "target_url": .string(target), "expires_at": end.map { .string($0.iso8601) } ?? .null,
            ], sentence: "/r/\(made.1) leads to \(target)")
    }

    private var tags: JSONObject {
        var tags = JSONObject()
        for (name, value) in [
            ("source", utmSource), ("medium", utmMedium), ("campaign", utmCampaign), ("content", utmContent),
            ("term", utmTerm),
        ] {
            if let value { tags[name] = .string(value) }
        }
        return tags
    }

    private static let insert = """
        insert into campaign_links (id, short_code, site, target_url, link_type, campaign_id, campaign_name,
            source_page, utm_params, link_text, link_position, destination_type, expires_at,
            source_content_id, target_content_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12, $13,
            (select content_id from content where site = $3 and path = $8),
            (select content_id from content where site = $3 and path = $14))
        on conflict (short_code) do nothing
        returning id
        """

    /// The rules of the collector, which leads nowhere else, and a host that a browser can ask for.
    static func isTarget(_ text: String) -> Bool {
        guard (1...2048).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != 0x5C })
        else { return false }
        if text.hasPrefix("/") { return !text.hasPrefix("//") }
        return ["http://", "https://"].contains { scheme in
            text.lowercased().hasPrefix(scheme)
                && WebAuthority.isValid(
                    text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" })
        }
    }

    private static func isCode(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == "_")
            }
    }

    /// The host of an absolute target, lower case, and its path without query.
    private static func place(of target: String) -> (host: String?, path: String) {
        var rest = target[...]
        var host: String?
        if !target.hasPrefix("/") {
            rest = rest.drop { $0 != ":" }.dropFirst(3)
            let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            host = authority.prefix { $0 != ":" }.lowercased()
            rest = rest[authority.endIndex...]
        }
        let path = rest.prefix { $0 != "?" && $0 != "#" }
        return (host, path.isEmpty ? "/" : String(path))
    }

    private static func end(_ text: String?) throws(ReportError) -> Timestamp? {
        guard let text else { return nil }
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        let end: Timestamp? =
            switch try? TimeExpression(text) {
            case .ago(let span): now + span
            case .period(let start, _): start
            case .wall(let moment), .instant(let moment): moment
            case .daysBack, .all, nil: nil
            }
        guard let end, end > now else {
            throw ReportError(
                .badTime, "\"\(text.prefix(60))\" is not a time to come within 200 years.",
                hint: "As in 30d or 2027-01-01.")
        }
        return end
    }

    static func randomCode(_ length: Int = 8) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<length).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }
}

/// `analytics links disable CODE`.
struct LinkDisable: OperatorVerb {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Switch a link off; its clicks stay.")
    @Argument(help: "The link's code.")
    var code: String
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        try await LinkSwitch.turn(code, on: false, store)
    }
}

/// `analytics links enable CODE`.
struct LinkEnable: OperatorVerb {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Switch a link on again.")
    @Argument(help: "The link's code.")
    var code: String
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        try await LinkSwitch.turn(code, on: true, store)
    }
}

private enum LinkSwitch {
    static func turn(_ code: String, on isActive: Bool, _ store: OperatorStore) async throws(ReportError)
        -> OperatorOutcome
    {
        let changed = try await store.change { connection in
            try connection.execute(
                "update campaign_links set is_active = $2, updated_at = now() where short_code = $1",
                [.text(code), .bool(isActive)])
        }
        guard changed > 0 else {
            throw ReportError(.notFound, "There is no link \(code.prefix(80)).", hint: "analytics links lists them.")
        }
        return OperatorOutcome(
            data: ["short_code": .string(code), "is_active": .bool(isActive)],
            sentence: "\(code) is switched \(isActive ? "on" : "off"); collectors follow within seconds.")
    }
}
