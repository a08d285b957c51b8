public import WeirProtocol

/// Something that a page reports of its visitor, checked. The visitor and the session are never taken from it.
public struct PageEvent: Hashable, Sendable {
    /// The event's identity; nil lets the collector make one, and a repeat counts again then.
    public var id: EventID?
    /// `page_exit`, `page_view`, or any other word.
    public var type: String
    /// As sent, secrets redacted.
    public var pageURL: String
    /// The path of `pageURL`; nil when it has none.
    public var path: String?
    public var contentID: String?
    public var referrer: String?
    public var metrics: EngagementMetrics
    /// Whatever else the page said, under a field of its own.
    public var data: JSONObject?

    /// Whether it says how a page was read.
    public var isReading: Bool { type == "page_exit" || type == "engagement" }

    /// How the page was read; nil for events that do not say.
    public var readingPattern: ReadingPattern? {
        guard isReading else { return nil }
        return ReadingPattern(timeOnPageMs: metrics.timeOnPageMs ?? 0, depth: metrics.maxScrollDepth ?? 0)
    }

    /// The category that the event's type belongs to.
    public var category: String {
        switch type {
        case "page_view", "page_exit": "navigation"
        case "link_click": "interaction"
        case "scroll", "engagement": "engagement"
        case "conversion": "conversion"
        default: "custom"
        }
    }
}

/// Why an event is refused; the field that is at fault and what it must be.
public struct PageEventRefusal: Error, Hashable, Sendable {
    /// The field; nil when the whole is no event.
    public var field: String?
    /// What it must be, in a sentence.
    public var sentence: String
    /// A stable word for programs.
    public var code = "bad_event"
}

/// The two forms in which pages report: engagement with its measures beside the page's name, and events with everything
/// particular under `data`.
public enum PageEventForm: Sendable, CaseIterable {
    /// POST /api/v1/engagement: everything is optional, the type is `page_exit`.
    case engagement
    /// POST /api/v1/events: `event_type` and `page_url` are required.
    case event

    /// Where one is posted; a batch goes to `/batch` below it.
    public var route: String {
        switch self {
        case .engagement: "/api/v1/engagement"
        case .event: "/api/v1/events"
        }
    }

    /// Events of one batch.
    public static let batchLimit = 100
    /// Bytes of one body.
    public static let bodyLimit = 256 * 1024
    /// Bytes of `event_data` or `data`, as JSON.
    public static let dataLimit = 16 * 1024
    static let typeLimit = 50
    static let contentLimit = 255

    /// Reads one event that came at `now`.
    public func event(_ value: JSONValue, now: Timestamp) throws(PageEventRefusal) -> PageEvent {
        guard case .object(let object) = value else {
            throw PageEventRefusal(field: nil, sentence: "an event must be an object")
        }
        // Other unknown fields are passed over, but this one would lose what it holds.
        guard object["events"] ?? .null == .null else {
            throw PageEventRefusal(field: "events", sentence: "events is a batch; post it to \(route)/batch")
        }
        let type = try text(object, "event_type", Self.typeLimit)
        let page = try text(object, "page_url", FieldLimits.path)
        if self == .event {
            guard type != nil else { throw PageEventRefusal(field: "event_type", sentence: "event_type is required") }
            guard page != nil else { throw PageEventRefusal(field: "page_url", sentence: "page_url is required") }
        }
        let dataName = self == .engagement ? "event_data" : "data"
        let data = try data(object, dataName)
        let url = SecretRedaction.redact(url: page ?? "")
        var event = PageEvent(
            id: try identity(object, now), type: type ?? "page_exit", pageURL: url, path: Self.path(of: url),
            contentID: try text(object, "content_id", Self.contentLimit),
            referrer: try text(object, "referrer", FieldLimits.referrer).map { SecretRedaction.redact(url: $0) },
            metrics: EngagementMetrics(), data: data)
        _ = try text(object, "reading_pattern", Self.typeLimit)
        if self == .engagement {
            try read(object, "", into: &event.metrics)
        } else {
            if let slug = try text(object, "slug", Self.contentLimit) {
                event.data = event.data ?? JSONObject()
                event.data?["slug"] = .string(slug)
            }
            // Other types may use the same words for what they like.
            if event.isReading, let data { try read(data, "data.", into: &event.metrics) }
        }
        return event
    }

    /// The events of a batch that came at `now`, each with what is wrong with it.
    /// - Throws: when the whole is no batch.
    public func batch(
        _ value: JSONValue, now: Timestamp
    ) throws(PageEventRefusal) -> [Result<PageEvent, PageEventRefusal>] {
        guard let events = value["events"]?.arrayValue else {
            throw PageEventRefusal(field: "events", sentence: "events must be an array of events")
        }
        guard events.count <= Self.batchLimit else {
            throw PageEventRefusal(field: "events", sentence: "events holds more than \(Self.batchLimit); send fewer")
        }
        return events.map { value in Result { () throws(PageEventRefusal) in try event(value, now: now) } }
    }

    private func identity(_ object: JSONObject, _ now: Timestamp) throws(PageEventRefusal) -> EventID? {
        guard let value = object["id"], value != .null else { return nil }
        guard let text = value.stringValue, let id = EventID(text) else {
            throw PageEventRefusal(field: "id", sentence: "id must be a UUID of version 7")
        }
        guard abs(id.timestamp - now) <= LiveIntake.tolerance else {
            throw PageEventRefusal(
                field: "id", sentence: "the time in id is more than 24 hours from now", code: "event_id_time")
        }
        return id
    }

    private func text(_ object: JSONObject, _ name: String, _ limit: Int) throws(PageEventRefusal) -> String? {
        guard let value = object[name], value != .null else { return nil }
        guard let text = value.stringValue else {
            throw PageEventRefusal(field: name, sentence: "\(name) must be a text")
        }
        guard text.utf8.count <= limit else {
            throw PageEventRefusal(field: name, sentence: "\(name) must have at most \(limit) bytes")
        }
        let kept = text.withoutControls
        guard !kept.isEmpty || name == "page_url" else {
            if name == "event_type" {
                throw PageEventRefusal(field: name, sentence: "event_type must have 1 to \(limit) bytes")
            }
            return nil
        }
        return kept
    }

    private func data(_ object: JSONObject, _ name: String) throws(PageEventRefusal) -> JSONObject? {
        guard let value = object[name], value != .null else { return nil }
        guard case .object(let data) = value else {
            throw PageEventRefusal(field: name, sentence: "\(name) must be an object")
        }
        guard value.serialized().count <= Self.dataLimit else {
            throw PageEventRefusal(field: name, sentence: "\(name) must have at most \(Self.dataLimit) bytes")
        }
        return Self.redacted(data)
    }

    /// Without secrets in what looks like a URL; the depth is that of the wire, which the parser has checked.
    private static func redacted(_ data: JSONObject) -> JSONObject {
        var clean = data
        for (name, value) in data.fields { clean[name] = redacted(value) }
        return clean
    }

    private static func redacted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(SecretRedaction.redact(url: text))
        case .array(let elements): .array(elements.map(redacted))
        case .object(let object): .object(redacted(object))
        default: value
        }
    }

    private func read(
        _ object: JSONObject, _ prefix: String, into metrics: inout EngagementMetrics
    ) throws(PageEventRefusal) {
        for measure in EngagementMetrics.measures {
            guard let value = object[measure.name], value != .null else { continue }
            let name = prefix + measure.name
            switch measure.place {
            case .count(let place, let limit):
                guard let number = value.integerValue, (0...Int64(limit)).contains(number) else {
                    throw PageEventRefusal(field: name, sentence: "\(name) must be a whole number from 0 to \(limit)")
                }
                metrics[keyPath: place] = Int32(number)
            case .number(let place, let limit):
                guard let number = value.doubleValue, (0...limit).contains(number) else {
                    throw PageEventRefusal(
                        field: name, sentence: "\(name) must be a number from 0 to \(Int64(limit))")
                }
                metrics[keyPath: place] = FieldLimits.real(number)
            case .flag(let place):
                guard let flag = value.boolValue else {
                    throw PageEventRefusal(field: name, sentence: "\(name) must be true or false")
                }
                metrics[keyPath: place] = flag
            }
        }
    }

    /// The path of an absolute URL or of a target that begins with a slash.
    static func path(of url: String) -> String? {
        var rest = url[...]
        if !rest.hasPrefix("/") {
            guard let scheme = rest.firstIndex(of: ":"), rest[scheme...].hasPrefix("://") else { return nil }
            rest = rest[rest.index(scheme, offsetBy: 3)...].drop { $0 != "/" && $0 != "?" && $0 != "#" }
        }
        let path = rest.prefix { $0 != "?" && $0 != "#" }
        return path.isEmpty ? "/" : FieldLimits.clamp(String(path), to: FieldLimits.path)
    }
}
