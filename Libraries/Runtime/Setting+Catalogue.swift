import WeirProtocol

// Every setting there is. A key that is not here is refused, so a misspelt one cannot be ignored in silence.

extension Setting where Value == String {
    public static var runtimeDirectory: Setting {
        .text("runtime.directory", "/run/weir", form: "a directory", "Where the sockets are.")
    }
    public static var runtimeManager: Setting {
        .choice(
            "runtime.manager", ["systemd", "stack", "compose"],
            "What starts and stops the services, whose commands `analytics doctor` names: systemd, scripts/stack, or compose."
        )
    }
    public static var databaseURL: Setting {
        Setting(
            "database.url", "postgresql:///weir", form: "a PostgreSQL URL or key=value string",
            "The database. Without a user in it, each service connects as its own role.", read: databaseAddress)
    }
    public static var databaseReadURL: Setting {
        Setting(
            "database.read_url", "", form: "a PostgreSQL URL, or empty for database.url",
            "Where the reporter reads, for a hot standby.", read: { $0.isEmpty ? $0 : databaseAddress($0) })
    }
    public static var spoolDirectory: Setting {
        .text(
            "collector.spool.directory", "/var/lib/weir/spool", form: "a directory",
            "Where accepted records wait for the database.")
    }
    public static var spoolSync: Setting {
        .choice(
            "collector.spool.sync", ["interval", "always", "never"],
            "When the spool is flushed to the disk: every 200 ms, before each acknowledgement, or when the kernel likes."
        )
    }
    public static var deadDirectory: Setting {
        .text(
            "collector.dead.directory", "/var/lib/weir/dead", form: "a directory",
            "Where records go that the database refuses.")
    }
    public static var followDirectory: Setting {
        .text(
            "collector.follow.directory", "/var/lib/weir/follow", form: "a directory",
            "Where `collector import --follow` remembers its place in each log.")
    }
    public static var geoDatabase: Setting {
        .text(
            "collector.geoip", "", form: "a MaxMind-format file, or empty",
            "Where countries and cities come from. Held in memory and read again on SIGHUP, so the file may be overwritten."
        )
    }
    public static var agentsFile: Setting {
        .text(
            "collector.agents_file", "", form: "a file in uap-core's format, or empty for the built-in parser",
            "Regular expressions that name browsers and systems before the built-in parser does.")
    }
    public static var addressAnonymization: Setting {
        .choice(
            "collector.ip_anonymize", ["none", "truncate"],
            "Whether addresses are cut to /24 or /48 before anything is stored.")
    }
    public static var cookieKeyFile: Setting {
        .text(
            "collector.cookie.key_file", "", form: "a file of one or two lines, or empty for a key made at start",
            "The secrets that sign session cookies; the first signs, both are accepted.")
    }
    public static var detectorRules: Setting {
        .text("detector.rules", "", form: "a rule-set file, or empty for the built-in rules", "The detector's rules.")
    }
    public static var detectorCrawlers: Setting {
        .text(
            "detector.crawlers", "", form: "a crawler list, or empty for the built-in list",
            "Whose crawlers come from which addresses and host names.")
    }
    public static var detectorResolver: Setting {
        Setting(
            "detector.resolver", "", form: "an address such as 127.0.0.1, 192.0.2.53:5353 or [::1]:53, or empty",
            "The DNS resolver that is asked whether crawlers are who they say; empty asks nobody.",
            read: { $0.isEmpty || ResolverAddress($0) != nil ? $0 : nil })
    }
    public static var throttlePolicy: Setting {
        .text(
            "throttle.policy", "", form: "a policy file, or empty for the built-in policies", "The throttle's policies."
        )
    }
    public static var throttleStore: Setting {
        .text(
            "throttle.store", "memory", form: "memory, unix:/path or redis://[user:password@]host[:port][/database]",
            "Where buckets and levels live: here, or in a Redis or Valkey server that several throttles share.")
    }
    public static var reporterHTTP: Setting {
        Setting(
            "reporter.http", "", form: "a loopback address and port such as 127.0.0.1:8017, or empty for none",
            "Where the reports' page is served beside reporter.http.sock, to this machine only.",
            read: { $0.isEmpty || LoopbackAddress($0) != nil ? $0 : nil })
    }
    public static var reporterTokensFile: Setting {
        .text(
            "reporter.tokens_file", "", form: "a file of one token a line, or empty",
            "Who may read over reporter.http: holders of a token of 16 characters or more, or anybody on this machine.")
    }
    public static var logLevel: Setting {
        Setting(
            "log.level", "info", form: "one of trace, debug, info, notice, warning, error, critical",
            "The least severe message that is logged.",
            read: { ["trace", "debug", "info", "notice", "warning", "error", "critical"].contains($0) ? $0 : nil })
    }
}

extension Setting where Value == [String] {
    public static var siteHosts: Setting {
        .list(
            "collector.site.hosts", form: "host names, separated by commas in the environment",
            "The sites that are counted; the first is meant where a record names none. Empty accepts any.")
    }
    public static var trustedProxies: Setting {
        .list(
            "collector.trusted_proxies", form: "addresses or ranges such as 10.0.0.0/8",
            "Peers whose X-Forwarded-For is believed.", accepts: { NetworkPrefix($0) != nil })
    }
}

extension Setting where Value == [String] {
    public static var pageOrigins: Setting {
        .list(
            "collector.http.origins", form: "origins such as https://app.example.org",
            "Other origins whose pages may post engagement and events.",
            accepts: { $0.hasPrefix("https://") || $0.hasPrefix("http://") })
    }
}

extension Setting where Value == [String] {
    public static var reporterUsers: Setting {
        .list(
            "reporter.users", form: "user names or numbers, separated by commas in the environment",
            "Who may ask reporter.sock and reporter.http.sock, by the kernel's word; empty for all that the file's permissions let in."
        )
    }
}

extension Setting where Value == Bool {
    public static var respectsDoNotTrack: Setting {
        .flag(
            "collector.respect_dnt", false,
            "Whether DNT and Sec-GPC are honoured: no cookie, a shortened address, no engagement.")
    }
    public static var cookieSecure: Setting {
        .flag("collector.cookie.secure", true, "Whether browsers send the session cookie over TLS only.")
    }
    public static var throttleShadow: Setting {
        .flag("throttle.shadow", false, "Whether every policy decides and counts but allows.")
    }
}

extension Setting where Value == Int64 {
    public static var spoolLimit: Setting {
        .number(
            "collector.spool.limit_bytes", 1 << 30, 1 << 20...1 << 40,
            "Bytes of undelivered records at which new ones are refused.")
    }
    public static var pagePostsPerSecond: Setting {
        .number(
            "collector.http.rate_per_second", 50, 1...1_000_000, "Posts a second that one client may make over HTTP.")
    }
    public static var pagePostBurst: Setting {
        .number("collector.http.burst", 150, 1...1_000_000, "Posts that one client may make over HTTP at once.")
    }
    public static var sessionIdleSeconds: Setting {
        .number("collector.session.idle_seconds", 1800, 1...86_400, "Silence that ends a session.")
    }
}

// How long things are kept, for `analytics maintenance retention`. Off unless set.
extension Setting where Value == Int64 {
    public static var retainRequestsDays: Setting {
        days("requests", "requests and events; whole partitions go when their last day is older")
    }
    public static var retainEngagementDays: Setting { days("engagement", "engagement events") }
    public static var retainSessionsDays: Setting { days("sessions", "sessions, their verdicts and funnel progress") }
    public static var retainClicksDays: Setting { days("clicks", "clicks on campaign links") }
    public static var retainUsageDays: Setting { days("usage", "the use of agents, tools and models") }
    public static var retainDecisionsDays: Setting { days("decisions", "denials of the throttle and closed anomalies") }

    private static func days(_ name: String, _ what: String) -> Setting {
        .number(
            "retention.\(name)_days", 0, 0...36_500,
            "Days that `analytics maintenance retention` keeps \(what); 0 keeps them.")
    }
}

extension Setting where Value == Int64? {
    public static var sessionMaxSeconds: Setting {
        .optionalNumber(
            "collector.session.max_seconds", 86_400, 60...31_536_000,
            "The longest a session may last; off for no limit.")
    }
}

extension Settings {
    /// Every setting, in the order of the documentation.
    public static let catalogue: [any AnySetting] = [
        Setting<String>.runtimeDirectory, Setting<String>.runtimeManager, Setting<String>.databaseURL,
        Setting<String>.databaseReadURL,
        Setting<String>.spoolDirectory, Setting<Int64>.spoolLimit, Setting<String>.spoolSync,
        Setting<String>.deadDirectory, Setting<String>.followDirectory, Setting<Int64>.sessionIdleSeconds,
        Setting<Int64?>.sessionMaxSeconds,
        Setting<[String]>.siteHosts, Setting<[String]>.trustedProxies, Setting<String>.geoDatabase,
        Setting<String>.agentsFile,
        Setting<String>.addressAnonymization, Setting<String>.cookieKeyFile,
        Setting<Bool>.cookieSecure, Setting<Bool>.respectsDoNotTrack,
        Setting<[String]>.pageOrigins, Setting<Int64>.pagePostsPerSecond, Setting<Int64>.pagePostBurst,
        Setting<String>.detectorRules, Setting<String>.detectorCrawlers, Setting<String>.detectorResolver,
        Setting<String>.throttlePolicy, Setting<String>.throttleStore,
        Setting<Bool>.throttleShadow, Setting<String>.reporterHTTP, Setting<String>.reporterTokensFile,
        Setting<Int64>.retainRequestsDays, Setting<Int64>.retainEngagementDays, Setting<Int64>.retainSessionsDays,
        Setting<Int64>.retainClicksDays, Setting<Int64>.retainUsageDays, Setting<Int64>.retainDecisionsDays,
        Setting<[String]>.reporterUsers,
        Setting<String>.logLevel,
    ]
}

/// A URL of PostgreSQL's scheme, or `key=value` pairs.
@Sendable private func databaseAddress(_ text: String) -> String? {
    if text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") { return text }
    return text.contains("=") && !text.contains("://") ? text : nil
}
