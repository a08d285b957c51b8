public import WeirProtocol

/// What the spans of an export say of agents, tools and models, by OpenTelemetry's conventions for generative AI.
///
/// A span is known by trace and span id, a model's answer by trace and the provider's id of it, so that an export that
/// is sent again, a stream that is told twice and a client wrapped by two instrumentations count once. Spans about
/// other things are left alone.
public struct TraceUsage: Sendable {
    /// What was found, in the order of the spans.
    public private(set) var records: [UsageRecord] = []
    /// Spans about something else.
    public private(set) var ignored = 0
    /// Spans that could not be taken, by the word for why.
    public private(set) var rejected: [String: Int]

    /// How far up a span's agent is looked for.
    private static let ancestorLimit = 64

    private struct SpanKey: Hashable {
        let trace: String
        let span: String
    }

    /// Reads the spans; `now` is the receipt's time.
    public init(_ export: TraceExport, now: Timestamp) {
        rejected = export.rejected
        var known: [SpanKey: (kind: UsageRecord.Kind?, parent: String?)] = [:]
        for span in export.spans {
            known[SpanKey(trace: span.traceID, span: span.spanID)] = (Self.kind(of: span), span.parentID)
        }
        for span in export.spans {
            guard let kind = Self.kind(of: span) else {
                ignored += 1
                continue
            }
            guard max(span.start, span.end ?? span.start) - now <= UsageIntake.tolerance else {
                rejected["time_ahead", default: 0] += 1
                continue
            }
            var record = Self.record(of: span, kind: kind)
            if kind != .task { record.taskID = Self.task(around: span, known) }
            if record.rangeProblem == nil {
                records.append(record)
            } else {
                rejected["bad_value", default: 0] += 1
            }
        }
    }

    private static func kind(of span: TraceExport.Span) -> UsageRecord.Kind? {
        let attributes = span.attributes
        switch attributes["gen_ai.operation.name"]?.stringValue {
        case "execute_tool"?: return attributes["gen_ai.tool.name"]?.stringValue?.isEmpty == false ? .tool : nil
        case "invoke_agent"?: return .task
        case "create_agent"?: return nil
        default: break
        }
        if ["gen_ai.request.model", "gen_ai.response.model"].contains(where: { attributes[$0] ?? .null != .null }) {
            return .aiRequest
        }
        if attributes["gen_ai.tool.name"]?.stringValue?.isEmpty == false { return .tool }
        return nil
    }

    private static func record(of span: TraceExport.Span, kind: UsageRecord.Kind) -> UsageRecord {
        let attributes = span.attributes
        func text(_ names: String...) -> String? {
            names.lazy.compactMap { attributes[$0]?.stringValue }.first { !$0.isEmpty }
        }
        // A count that is there but is no whole number is out of range, not absent.
        func count(_ names: String...) -> Int64? {
            names.lazy.compactMap { attributes[$0] }.first.map { $0.integerValue ?? -1 }
        }
        let id = UInt64(span.spanID, radix: 16) ?? 0
        let trace = UInt64(span.traceID.suffix(16), radix: 16) ?? 0
        var record = UsageRecord(eventID: EventID(at: span.start, entropy: (trace, id)), at: span.start, kind: kind)
        record.site = text("weir.site")
        record.sessionID = text("session.id", "weir.session_id").flatMap { SessionID($0) }
        record.userID = text("user.id", "enduser.id")
        record.contextID = text("gen_ai.conversation.id").map { FieldLimits.clamp($0, to: UsageRecord.idLimit) }
        record.traceID = span.traceID
        record.agentName = text("gen_ai.agent.name", "gen_ai.agent.id")
        record.completedAt = span.end
        let took = span.end.map { min($0 - span.start, 1_000_000_000) }
        if span.isError { record.errorMessage = span.statusMessage ?? text("error.type") ?? "error" }

        switch kind {
        case .task:
            record.taskID = "\(span.traceID):\(span.spanID)"
            record.status = span.isError ? "failed" : span.end == nil ? "working" : "completed"
            record.executionTimeMs = took
        case .tool:
            record.id = "\(span.traceID):\(span.spanID)"
            record.toolName = text("gen_ai.tool.name")
            record.serverName = text("mcp.server.name", "server.address", "service.name")
            record.status = span.isError ? failure(text("error.type")) : span.end == nil ? "pending" : "success"
            record.executionTimeMs = took
        case .aiRequest, .message, .conversation:
            let answer = text("gen_ai.response.id").flatMap { $0.utf8.count <= 200 ? $0 : nil }
            record.id = "\(span.traceID):\(answer ?? span.spanID)"
            record.provider = text("gen_ai.provider.name", "gen_ai.system")
            record.model = text("gen_ai.response.model", "gen_ai.request.model")
            record.inputTokens = count("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
            record.outputTokens = count("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
            record.cacheReadTokens = count(
                "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens")
            record.cacheCreationTokens = count(
                "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens")
            record.costMicrodollars = attributes["gen_ai.usage.cost"].map { microdollars($0) }
            record.isStreaming =
                attributes["gen_ai.request.stream"]?.boolValue ?? attributes["gen_ai.request.is_stream"]?.boolValue
                ?? attributes["llm.is_streaming"]?.boolValue
            record.status = span.isError ? "failed" : span.end == nil ? "pending" : "completed"
            record.latencyMs = took
        }
        return record
    }

    /// USD to the nearest microdollar; -1, which no record may have, for what is no amount.
    private static func microdollars(_ dollars: JSONValue) -> Int64 {
        guard let amount = dollars.doubleValue, amount.isFinite, (0...1e9).contains(amount) else { return -1 }
        return Int64((amount * 1_000_000).rounded(.toNearestOrAwayFromZero))
    }

    private static func failure(_ type: String?) -> String {
        type?.lowercased().contains("timeout") == true ? "timeout" : "failed"
    }

    /// The nearest agent around a span. What is around the export's outermost span may come with another export, so
    /// that its name is kept on trust; where no task has that name, the record belongs to none.
    private static func task(
        around span: TraceExport.Span, _ known: [SpanKey: (kind: UsageRecord.Kind?, parent: String?)]
    ) -> String? {
        var parent = span.parentID
        for _ in 0..<ancestorLimit {
            guard let name = parent else { return nil }
            guard let next = known[SpanKey(trace: span.traceID, span: name)], next.kind != .task else {
                return "\(span.traceID):\(name)"
            }
            parent = next.parent
        }
        return nil
    }
}
