import CollectorCore
import Database
import WeirProtocol

/// Usage records and application events in COPY's text form, in the order of the columns of `UsageStaging`.
///
/// A record says what is known of a thing so far, and a batch may hold several about one thing. Each gets the number of
/// those about the same thing before it, so that a round of merging sees every thing once.
struct UsageRows {
    private struct Key: Hashable {
        let kind: UsageRecord.Kind
        let id: String
        let messageID: String
    }

    private(set) var usage = CopyWriter(capacity: 4096)
    private(set) var events = CopyWriter(capacity: 1024)
    /// The kinds that each round has something of.
    private(set) var rounds: [Set<UsageRecord.Kind>] = []
    private(set) var days: Set<Int64> = []
    private var seen: [Key: Int] = [:]
    private var exact: Set<UsageRecord> = []

    /// Adds a record; what is there already word for word is left out.
    mutating func append(_ record: SpooledUsage) {
        switch record {
        case .usage(let usage): append(usage)
        case .event(let event): append(event)
        }
    }

    private mutating func append(_ record: UsageRecord) {
        guard exact.insert(record).inserted else { return }
        let id = Self.id(of: record)
        let key = Key(kind: record.kind, id: id, messageID: record.messageID ?? "")
        let round = seen[key, default: 0]
        seen[key] = round + 1
        if rounds.count == round { rounds.append([]) }
        rounds[round].insert(record.kind)

        usage.append(round)
        usage.append(record.kind.rawValue)
        usage.append(id)
        usage.append(record.messageID ?? "")
        usage.append(record.site ?? "")
        usage.append(record.userID)
        usage.append(record.sessionID?.text)
        usage.append(record.contextID)
        usage.append(record.taskID)
        usage.append(record.traceID)
        usage.append(record.name)
        usage.append(record.agentName)
        usage.append(record.toolName)
        usage.append(record.serverName)
        usage.append(record.provider)
        usage.append(record.model)
        usage.append(record.role?.rawValue)
        usage.append(record.sequenceNumber)
        usage.append(record.status ?? UsageRecord.statuses(of: record.kind).first)
        usage.append(record.errorMessage)
        usage.append(record.inputTokens ?? 0)
        usage.append(record.outputTokens ?? 0)
        usage.append(record.cacheReadTokens ?? 0)
        usage.append(record.cacheCreationTokens ?? 0)
        usage.append(record.costMicrodollars)
        usage.append(record.latencyMs)
        usage.append(record.executionTimeMs)
        usage.append(record.cacheHit ?? ((record.cacheReadTokens ?? 0) > 0))
        usage.append(record.isStreaming ?? false)
        usage.append(record.metadata?.text ?? "{}")
        usage.append(timestampMilliseconds: record.at.milliseconds)
        usage.append(timestampMilliseconds: record.completedAt?.milliseconds)
        usage.endRow()
    }

    private mutating func append(_ record: EventRecord) {
        let moment = record.eventID.timestamp
        days.insert(moment.day.number)
        let target = record.pageURL.map { UsageIntake.target(of: $0) }
        events.append(dayOfMilliseconds: moment.milliseconds)
        events.append(uuid: record.eventID.high, record.eventID.low)
        events.append(timestampMilliseconds: record.at.milliseconds)
        events.append(record.site ?? "")
        events.append(record.sessionID?.text)
        events.append(record.userID)
        events.append(record.eventType)
        events.append(EventRecord.category(of: record.eventType))
        events.append((record.severity ?? .info).rawValue)
        events.append(target?.path)
        events.append(target?.query)
        events.append("event")
        events.append(record.data?.text)
        events.endRow()
    }

    /// What a record is about, by the id that its table knows it by.
    static func id(of record: UsageRecord) -> String {
        switch record.kind {
        case .conversation: record.contextID ?? ""
        case .task, .message: record.taskID ?? ""
        case .aiRequest, .tool: record.id ?? record.eventID.description
        }
    }
}
