/// `usage.record`: one use of an agent, a tool or a model, or what is known of it so far.
///
/// The same thing may be told more than once, and piece by piece: a task first as working, then as completed. Its own id
/// (`id`, `task_id`, `message_id`, `context_id`) says what is meant; what is told twice counts once.
public struct UsageRecord: Hashable, Sendable, Codable {
    /// What was used.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A conversation: a context that tasks belong to.
        case conversation
        /// A task of an agent.
        case task
        /// A message to or from an agent.
        case message
        /// A request to a model.
        case aiRequest = "ai_request"
        /// A tool's execution.
        case tool
    }

    /// Who wrote a message.
    public enum Role: String, Sendable, Codable, CaseIterable {
        case user, agent
    }

    /// The record's identity; its time must lie within 24 hours of the receipt.
    public var eventID: EventID
    /// When it happened: the beginning of a task, request or execution.
    public var at: Timestamp
    /// What was used.
    public var kind: Kind
    /// The request's or execution's own id, 1...255 bytes; `event_id` when absent.
    public var id: String?
    /// The site's host name; the collector's first configured host when absent.
    public var site: String?
    /// The session whose totals rise by it.
    public var sessionID: SessionID?
    /// The registered user.
    public var userID: String?
    /// The conversation, 1...255 bytes.
    public var contextID: String?
    /// The task, 1...255 bytes.
    public var taskID: String?
    /// The message, 1...255 bytes.
    public var messageID: String?
    /// W3C trace id.
    public var traceID: String?
    /// The conversation's name.
    public var name: String?
    /// The agent.
    public var agentName: String?
    /// The tool.
    public var toolName: String?
    /// What serves the tool.
    public var serverName: String?
    /// Who serves the model, as in `openai`.
    public var provider: String?
    /// The model.
    public var model: String?
    /// Who wrote the message.
    public var role: Role?
    /// The message's place in its task, 0...10⁹.
    public var sequenceNumber: Int64?
    /// How it stands; the words depend on the kind.
    public var status: String?
    /// What went wrong.
    public var errorMessage: String?
    /// Tokens read, those of the cache included, 0...10⁹.
    public var inputTokens: Int64?
    /// Tokens written, 0...10⁹.
    public var outputTokens: Int64?
    /// Tokens read from the provider's cache, part of `input_tokens`, 0...10⁹.
    public var cacheReadTokens: Int64?
    /// Tokens put into the provider's cache, part of `input_tokens`, 0...10⁹.
    public var cacheCreationTokens: Int64?
    /// What it cost, in USD × 1,000,000, 0...10¹⁵; from the price table when absent.
    public var costMicrodollars: Int64?
    /// How long a request to a model took, 0...10⁹ ms.
    public var latencyMs: Int64?
    /// How long a task or a tool took, 0...10⁹ ms.
    public var executionTimeMs: Int64?
    /// When it ended.
    public var completedAt: Timestamp?
    /// Whether the answer came from a cache of the application; by `cache_read_tokens` when absent.
    public var cacheHit: Bool?
    /// Whether the answer was streamed.
    public var isStreaming: Bool?
    /// Whatever else is worth keeping, at most 8 KiB as JSON; stored as given.
    public var metadata: JSONValue?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case eventID = "event_id"
        case at, kind, id, site
        case sessionID = "session_id"
        case userID = "user_id"
        case contextID = "context_id"
        case taskID = "task_id"
        case messageID = "message_id"
        case traceID = "trace_id"
        case name
        case agentName = "agent_name"
        case toolName = "tool_name"
        case serverName = "server_name"
        case provider, model, role
        case sequenceNumber = "sequence_number"
        case status
        case errorMessage = "error_message"
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case cacheReadTokens = "cache_read_tokens"
        case cacheCreationTokens = "cache_creation_tokens"
        case costMicrodollars = "cost_microdollars"
        case latencyMs = "latency_ms"
        case executionTimeMs = "execution_time_ms"
        case completedAt = "completed_at"
        case cacheHit = "cache_hit"
        case isStreaming = "is_streaming"
        case metadata
    }

    /// A record of which nothing more is known.
    public init(eventID: EventID, at: Timestamp, kind: Kind) {
        (self.eventID, self.at, self.kind) = (eventID, at, kind)
    }

    /// The longest id, in bytes.
    public static let idLimit = 255
    /// The longest `metadata`, in bytes of JSON.
    public static let metadataLimit = 8192

    /// The words that `status` may be, by kind; the first is meant when it is absent.
    public static func statuses(of kind: Kind) -> [String] {
        switch kind {
        case .task:
            [
                "completed", "submitted", "working", "input-required", "canceled", "failed", "rejected",
                "auth-required", "unknown",
            ]
        case .aiRequest: ["completed", "pending", "failed"]
        case .tool: ["success", "pending", "failed", "timeout"]
        case .conversation, .message: []
        }
    }
}

extension UsageRecord: RangeChecked {
    /// What is missing for the kind, or out of range.
    public var rangeProblem: String? {
        let needed: [(String, Bool)] =
            switch kind {
            case .conversation: [("context_id", contextID != nil)]
            case .task: [("task_id", taskID != nil)]
            case .message: [("task_id", taskID != nil), ("message_id", messageID != nil), ("role", role != nil)]
            case .aiRequest: []
            case .tool: [("tool_name", toolName?.withoutControls.isEmpty == false)]
            }
        if let missing = needed.first(where: { !$0.1 }) { return "\(missing.0) is missing for a \(kind.rawValue)" }
        for (name, id) in [("id", id), ("context_id", contextID), ("task_id", taskID), ("message_id", messageID)] {
            if let id, id.isEmpty || id.utf8.count > Self.idLimit || id.holdsControls {
                return "\(name) is empty, over \(Self.idLimit) bytes, or has a control character"
            }
        }
        let numbers: [(String, Int64?, Int64)] = [
            ("sequence_number", sequenceNumber, 1_000_000_000), ("input_tokens", inputTokens, 1_000_000_000),
            ("output_tokens", outputTokens, 1_000_000_000), ("cache_read_tokens", cacheReadTokens, 1_000_000_000),
            ("cache_creation_tokens", cacheCreationTokens, 1_000_000_000), ("latency_ms", latencyMs, 1_000_000_000),
            ("execution_time_ms", executionTimeMs, 1_000_000_000),
            ("cost_microdollars", costMicrodollars, 1_000_000_000_000_000),
        ]
        for (name, number, limit) in numbers {
            if let number, !(0...limit).contains(number) { return "\(name) is not within 0...\(limit)" }
        }
        if let inputTokens, (cacheReadTokens ?? 0) + (cacheCreationTokens ?? 0) > inputTokens {
            return "cache_read_tokens and cache_creation_tokens are parts of input_tokens, and are more"
        }
        let known = Self.statuses(of: kind)
        if let status, !known.contains(status) {
            return known.isEmpty
                ? "a \(kind.rawValue) has no status" : "status is none of \(known.joined(separator: ", "))"
        }
        if let completedAt, completedAt < at { return "completed_at is before at" }
        switch metadata {
        case nil, .object?: break
        default: return "metadata is not an object"
        }
        if let metadata, metadata.serialized().count > Self.metadataLimit {
            return "metadata is over \(Self.metadataLimit) bytes"
        }
        return nil
    }
}

/// `event.record`: something that the application itself saw happen.
public struct EventRecord: Hashable, Sendable, Codable {
    /// The event's identity and idempotency key; its time must lie within 24 hours of the receipt.
    public var eventID: EventID
    /// When it happened.
    public var at: Timestamp
    /// What happened, as in `signup` or `conversion`; 1...255 bytes.
    public var eventType: String
    /// The site's host name; the collector's first configured host when absent.
    public var site: String?
    /// The session that it happened in.
    public var sessionID: SessionID?
    /// The registered user.
    public var userID: String?
    /// The page, as a URL or a path with its query.
    public var pageURL: String?
    /// `info` when absent.
    public var severity: Severity?
    /// Whatever else is worth keeping, at most 8 KiB as JSON; stored as given.
    public var data: JSONValue?

    /// How bad it is.
    public enum Severity: String, Sendable, Codable, CaseIterable {
        case info, warning, error
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case eventID = "event_id"
        case at
        case eventType = "event_type"
        case site
        case sessionID = "session_id"
        case userID = "user_id"
        case pageURL = "page_url"
        case severity, data
    }

    /// An event of which nothing more is known.
    public init(eventID: EventID, at: Timestamp, eventType: String) {
        (self.eventID, self.at, self.eventType) = (eventID, at, eventType)
    }

    /// The category of a type, by the words of the tracker; `custom` for all others.
    public static func category(of eventType: String) -> String {
        switch eventType {
        case "page_view", "page_exit": "navigation"
        case "link_click": "interaction"
        case "scroll", "engagement": "engagement"
        case "conversion": "conversion"
        default: "custom"
        }
    }
}

extension EventRecord: RangeChecked {
    /// What is out of range.
    public var rangeProblem: String? {
        if eventType.withoutControls.isEmpty || eventType.utf8.count > 255 {
            return "event_type is empty or over 255 bytes"
        }
        switch data {
        case nil, .object?: break
        default: return "data is not an object"
        }
        if let data, data.serialized().count > UsageRecord.metadataLimit {
            return "data is over \(UsageRecord.metadataLimit) bytes"
        }
        return nil
    }
}

/// `recorded`: a usage record or an event is on disk.
public struct Recorded: Hashable, Sendable, Codable {
    /// The record's identity, as sent.
    public var eventID: EventID

    enum CodingKeys: String, CodingKey, CaseIterable {
        case eventID = "event_id"
    }

    /// An acknowledgement.
    public init(eventID: EventID) { self.eventID = eventID }
}
