public import WeirProtocol

/// Brings usage records and application events into the form that is kept: sites by the collector's own names, texts
/// clamped and without control characters, secrets out of URLs. Pure: the same record and settings give the same answer.
public struct UsageIntake: Sendable {
    private let sites: SiteNames

    /// How far the time of something may lie after its receipt, in milliseconds.
    public static let tolerance: Int64 = 86_400_000

    /// - Parameter sites: the collector's own sites.
    public init(sites: SiteNames = SiteNames()) { self.sites = sites }

    /// A usage record as it is kept; its ranges must have been checked.
    public func kept(_ record: UsageRecord) -> UsageRecord {
        var kept = record
        kept.site = sites.site(host: record.site)
        kept.userID = Self.text(record.userID, FieldLimits.userID)
        kept.traceID = Self.text(record.traceID, 64)
        kept.name = Self.text(record.name, 255)
        kept.agentName = Self.text(record.agentName, 255)
        kept.toolName = Self.text(record.toolName, 255)
        kept.serverName = Self.text(record.serverName, 255)
        kept.provider = Self.text(record.provider, 128)
        kept.model = Self.text(record.model, 255)
        kept.errorMessage = Self.text(record.errorMessage, 2048)
        kept.metadata = record.metadata.map(Self.withoutNUL)
        return kept
    }

    /// An event as it is kept; its ranges must have been checked.
    public func kept(_ record: EventRecord) -> EventRecord {
        var kept = record
        kept.site = sites.site(host: record.site)
        kept.userID = Self.text(record.userID, FieldLimits.userID)
        kept.eventType = record.eventType.withoutControls
        kept.pageURL = record.pageURL.map { FieldLimits.url($0, to: FieldLimits.path + FieldLimits.query) }
            .flatMap { $0.isEmpty ? nil : $0 }
        kept.data = record.data.map(Self.withoutNUL)
        return kept
    }

    /// Why a record of this identity and time is not taken, by the word that counters carry; nil when it is.
    public static func timeProblem(
        eventID: EventID, at: Timestamp, completedAt: Timestamp? = nil, now: Timestamp
    ) -> String? {
        if abs(eventID.timestamp - now) > LiveIntake.tolerance { return "event_id_time" }
        if max(at, completedAt ?? at) - now > tolerance { return "time_ahead" }
        return nil
    }

    /// Path and query of a page's URL, whether it is absolute or begins with its path.
    public static func target(of url: String) -> (path: String, query: String?) {
        var rest = url[...]
        if let scheme = rest.range(of: "://") {
            rest = rest[scheme.upperBound...].drop { $0 != "/" && $0 != "?" && $0 != "#" }
        }
        rest = rest.prefix { $0 != "#" }
        let path = rest.prefix { $0 != "?" }
        let query = rest.dropFirst(path.count + 1)
        return (
            FieldLimits.clamp(path.isEmpty ? "/" : String(path), to: FieldLimits.path),
            path.endIndex == rest.endIndex ? nil : FieldLimits.clamp(String(query), to: FieldLimits.query)
        )
    }

    private static func text(_ text: String?, _ limit: Int) -> String? {
        text.map { FieldLimits.clamp($0, to: limit) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// PostgreSQL's jsonb has no place for a NUL.
    private static func withoutNUL(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(withoutNUL(text))
        case .array(let elements): return .array(elements.map(withoutNUL))
        case .object(let object):
            var clean = JSONObject()
            for field in object.fields { clean[withoutNUL(field.name)] = withoutNUL(field.value) }
            return .object(clean)
        default: return value
        }
    }

    private static func withoutNUL(_ text: String) -> String {
        text.holdsNUL ? String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value != 0 })) : text
    }
}

extension Substring {
    /// Where a piece of text first stands.
    fileprivate func range(of piece: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(piece) { return start..<index(start, offsetBy: piece.count) }
            start = index(after: start)
        }
        return nil
    }
}
