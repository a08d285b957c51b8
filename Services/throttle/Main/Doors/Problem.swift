import WeirProtocol

/// A refusal in words, as problem+json (RFC 9457) and as a page.
struct Problem: Sendable {
    /// The status that it is sent with.
    var status = 429
    var reference: String?
    var level: ThrottleLevel
    var policy: String?
    /// Whole seconds; nil when waiting does not help.
    var wait: Int?

    /// The types are the RateLimit draft's: suspicion is told apart from haste.
    private var type: String {
        "https://iana.org/assignments/http-problem-types#"
            + (level == .normal ? "quota-exceeded" : "abnormal-usage-detected")
    }

    private var detail: String {
        let pace =
            level == .normal
            ? "Requests came faster than this site serves them to one client."
            : "Requests from here looked automated, so they are slowed down."
        guard let wait else { return pace }
        return pace + " Please try again in \(wait) \(wait == 1 ? "second" : "seconds")."
    }

    var json: String {
        var writer = JSONWriter(capacity: 512)
        writer.object {
            $0.field("type", type)
            $0.field("title", "Too many requests")
            $0.field("status", status)
            $0.field("detail", detail)
            if let policy {
                $0.name("violated-policies")
                $0.array { $0.string(policy) }
            }
            $0.field("level", level.name)
            if let wait { $0.field("retry_after", wait) }
            if let reference { $0.field("reference", reference) }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Nothing in it comes from the visitor.
    var page: String {
        let quote = reference.map { "<p>If this is a mistake, quote the reference <code>\($0)</code>.</p>\n" } ?? ""
        return """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Too many requests</title>
            <h1>Too many requests</h1>
            <p>\(detail)</p>
            \(quote)</html>

            """
    }
}
