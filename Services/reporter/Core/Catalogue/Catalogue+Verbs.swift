/// A command that is no report: most change something. They are known here by name, so that help lists them and a
/// read-only socket can say `forbidden`; what they take, each says itself.
public struct Verb: Sendable {
    /// The words of the command: `links`, `create`.
    public let words: [String]
    /// One line of help.
    public let summary: String
    /// Whether something is different afterwards.
    public let changes: Bool

    init(_ words: String, _ summary: String, changes: Bool = true) {
        self.words = words.split(separator: " ").map(String.init)
        (self.summary, self.changes) = (summary, changes)
    }
}

extension Catalogue {
    static let everyVerb = [
        Verb("bots reclassify", "judge stored sessions by other rules; changes them with --apply"),
        Verb("bots flag", "flag stored sessions as bots by hand"),
        Verb("bots unflag", "give sessions that were flagged by hand back to the rules"),
        Verb("rules show", "the rules in force", changes: false),
        Verb("rules diff", "what a rule file changes", changes: false),
        Verb("anomalies set", "set a metric's limits"),
        Verb("anomalies notify", "tell a command or a webhook of every anomaly once"),
        Verb("throttle block", "always refuse a client"),
        Verb("throttle allow", "never limit a client"),
        Verb("throttle clear", "take back an earlier word on a client"),
        Verb("throttle replay", "try a policy file on the requests that were recorded", changes: false),
        Verb("links create", "make a short link"),
        Verb("links disable", "switch a link off; its clicks stay"),
        Verb("links enable", "switch a link on again"),
        Verb("funnels create", "make a funnel"),
        Verb("funnels disable", "stop counting; what was counted stays"),
        Verb("funnels enable", "count again"),
        Verb("funnels delete", "remove a funnel and all that it has counted"),
        Verb("content load", "take the pages of a sitemap.xml into the catalogue of content"),
        Verb("prices load", "load what tokens of language models cost"),
        Verb("privacy export", "print all that is stored of one visitor or user"),
        Verb("privacy erase", "remove all that is stored of one visitor or user"),
        Verb("maintenance retention", "remove what is older than the settings retention.*_days say"),
    ]
}
