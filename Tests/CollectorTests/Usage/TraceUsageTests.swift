import CollectorCore
import Foundation
import Testing
import WeirProtocol

/// What becomes of OpenTelemetry spans.
@Suite struct TraceUsageTests {
    private static let now = Timestamp(year: 2026, month: 3, day: 1, hour: 12)
    private static let trace = "0af7651916cd43dd8448eb211c80319c"

    /// A span with attributes, beginning `after` milliseconds after noon and lasting 1.5 s unless it says otherwise.
    private static func span(
        _ id: String, parent: String? = nil, after: Int64 = 0, lasting: Int64? = 1500, trace: String = trace,
        status: JSONValue = ["code": 1], _ attributes: [String: JSONValue]
    ) -> JSONValue {
        let start = (now.milliseconds + after) * 1_000_000
        var object = JSONObject([
            "traceId": .string(trace), "spanId": .string(id), "startTimeUnixNano": .string(String(start)),
            "status": status,
            "attributes": .array(
                attributes.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": wrapped($0.value)] }),
        ])
        if let parent { object["parentSpanId"] = .string(parent) }
        if let lasting { object["endTimeUnixNano"] = .string(String(start + lasting * 1_000_000)) }
        return .object(object)
    }

    private static func wrapped(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string: ["stringValue": value]
        case .integer(let number): ["intValue": .string(String(number))]
        case .bool: ["boolValue": value]
        default: ["doubleValue": value]
        }
    }

    private static func export(_ spans: [JSONValue], resource: [String: JSONValue] = [:]) -> JSONValue {
        [
            "resourceSpans": [
                [
                    "resource": [
                        "attributes": .array(
                            resource.map { ["key": .string($0.key), "value": wrapped($0.value)] })
                    ], "scopeSpans": [["scope": ["name": "x"], "spans": .array(spans)]],
                ]
            ]
        ]
    }

    private static func usage(_ body: JSONValue) throws -> TraceUsage { TraceUsage(try TraceExport(body), now: now) }

    private static let chat: [String: JSONValue] = [
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 340,
        "gen_ai.usage.cache_read.input_tokens": 1000, "gen_ai.conversation.id": "c1", "session.id": "sess_a",
        "user.id": "u1",
    ]

    @Test func aModelsAnswer() throws {
        let usage = try Self.usage(Self.export([Self.span("b7ad6b7169203331", Self.chat)]))
        let record = try #require(usage.records.first)
        #expect(usage.records.count == 1 && usage.ignored == 0 && usage.rejected.isEmpty)
        #expect(record.kind == .aiRequest && record.id == "\(Self.trace):chatcmpl-1")
        #expect(record.provider == "openai" && record.model == "gpt-4o-2024-08-06")
        #expect(record.inputTokens == 1200 && record.outputTokens == 340 && record.cacheReadTokens == 1000)
        #expect(record.contextID == "c1" && record.sessionID?.text == "sess_a" && record.userID == "u1")
        #expect(record.latencyMs == 1500 && record.status == "completed" && record.costMicrodollars == nil)
        #expect(record.at == Self.now && record.completedAt == Self.now + 1500)
    }

    @Test func oldNamesAndTheSendersCost() throws {
        let usage = try Self.usage(
            Self.export(
                [
                    Self.span(
                        "b7ad6b7169203331",
                        [
                            "gen_ai.system": "anthropic", "gen_ai.request.model": "m",
                            "gen_ai.usage.prompt_tokens": 7, "gen_ai.usage.completion_tokens": 9,
                            "gen_ai.usage.cost": 0.0123455, "llm.is_streaming": true,
                        ])
                ], resource: ["weir.site": "shop.example"]))
        let record = try #require(usage.records.first)
        #expect(record.provider == "anthropic" && record.inputTokens == 7 && record.outputTokens == 9)
        // 0.0123455 USD is 12,345.5 microdollars.
        #expect(record.costMicrodollars == 12_346 && record.isStreaming == true && record.site == "shop.example")
        #expect(record.id == "\(Self.trace):b7ad6b7169203331")
    }

    /// Made with the Python package opentelemetry-proto: the answer of a model with a cost, a resource, an event and
    /// a list, and a span whose trace id has two bytes.
    private static let protobuf = """
        CqsECh0KGwoJd2Vpci5zaXRlEg4KDHNob3AuZXhhbXBsZRKJBAopCiRvcGVudGVsZW1ldHJ5Lmluc3RydW1lbnRhdGlvbi5v
        cGVuYWkSATESwgMKEAr3ZRkWzUPdhEjrIRyAMZwSCLeta3FpIDMxIggAAAAAAAAA/yoLY2hhdCBncHQtNG8wAzkAgNaz2bWY
        GEEArz4N2rWYGEofChVnZW5fYWkub3BlcmF0aW9uLm5hbWUSBgoEY2hhdEogChRnZW5fYWkucHJvdmlkZXIubmFtZRIICgZv
        cGVuYWlKLAoVZ2VuX2FpLnJlc3BvbnNlLm1vZGVsEhMKEWdwdC00by0yMDI0LTA4LTA2SiIKEmdlbl9haS5yZXNwb25zZS5p
        ZBIMCgpjaGF0Y21wbC0xSiAKGWdlbl9haS51c2FnZS5pbnB1dF90b2tlbnMSAxiwCUohChpnZW5fYWkudXNhZ2Uub3V0cHV0
        X3Rva2VucxIDGNQCSh4KEWdlbl9haS51c2FnZS5jb3N0EgkhO6sF9phIiT9KGwoVZ2VuX2FpLnJlcXVlc3Quc3RyZWFtEgIQ
        AUosCh5nZW5fYWkucmVzcG9uc2UuZmluaXNoX3JlYXNvbnMSCioICgYKBHN0b3BKFgoKc2Vzc2lvbi5pZBIICgZzZXNzX2Fa
        DAkAgNaz2bWYGBIBeHoIEgRsYXRlGAKFAQEBAAASFwoCbm8SCDEyMzQ1Njc4OQCA1rPZtZgY
        """

    @Test func protobufSaysTheSame() throws {
        let data = try #require(Data(base64Encoded: Self.protobuf, options: .ignoreUnknownCharacters))
        let usage = TraceUsage(try TraceExport(protobuf: Array(data)), now: Self.now)
        #expect(usage.rejected == ["bad_id": 1])
        let record = try #require(usage.records.first)
        #expect(usage.records.count == 1 && record.kind == .aiRequest && record.id == "\(Self.trace):chatcmpl-1")
        #expect(record.taskID == "\(Self.trace):00000000000000ff" && record.site == "shop.example")
        #expect(record.provider == "openai" && record.model == "gpt-4o-2024-08-06")
        #expect(record.inputTokens == 1200 && record.outputTokens == 340 && record.costMicrodollars == 12_346)
        #expect(record.isStreaming == true && record.sessionID?.text == "sess_a")
        #expect(record.status == "failed" && record.errorMessage == "late" && record.latencyMs == 1500)
        #expect(record.at == Self.now && record.completedAt == Self.now + 1500)
        // Every cut is an export that ends between two fields, or none; never a crash.
        var exports = 0
        for end in 0..<data.count where (try? TraceExport(protobuf: Array(data.prefix(end)))) != nil { exports += 1 }
        #expect(exports == 1)
    }

    @Test func whatIsNoProtobufIsRefused() throws {
        for bytes: [UInt8] in [
            [0x0A], [0x0A, 5, 1], [0x08, 1], [0x0A, 2, 0x0B, 0x0C], [0x00, 1], [0x09, 1, 2],
            [0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x0F, 1],
        ] {
            #expect(throws: WireError.self, "\(bytes)") { try TraceExport(protobuf: bytes) }
        }
        // Unknown fields of every type are passed over.
        let unknown: [UInt8] = [0x50, 0x96, 0x01, 0x59, 1, 2, 3, 4, 5, 6, 7, 8, 0x62, 1, 7, 0x6D, 1, 2, 3, 4]
        #expect(try TraceExport(protobuf: unknown).spans.isEmpty)
        // Made with opentelemetry-proto as well.
        #expect(
            Data(TraceExport.protobufAnswer(rejected: 300, message: "not taken: 300 bad_id")).base64EncodedString()
                == "ChoIrAISFW5vdCB0YWtlbjogMzAwIGJhZF9pZA==")
        #expect(TraceExport.protobufAnswer(rejected: 0, message: "").isEmpty)
    }

    @Test func agentsAndToolsFindEachOther() throws {
        let usage = try Self.usage(
            Self.export([
                Self.span("000000000000000a", parent: "00000000000000ff", Self.chat),
                Self.span(
                    "000000000000000b", parent: "000000000000000c", status: ["code": 2, "message": "gone"],
                    ["gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", "mcp.server.name": "web"]),
                Self.span("000000000000000c", parent: "000000000000000d", ["http.route": "/x"]),
                Self.span(
                    "000000000000000d",
                    ["gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "clerk"]),
                Self.span(
                    "000000000000000e", parent: "000000000000000d", status: ["code": "STATUS_CODE_ERROR"],
                    [
                        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "slow",
                        "error.type": "ReadTimeout",
                    ]),
            ]))
        #expect(usage.records.map(\.kind) == [.aiRequest, .tool, .task, .tool])
        #expect(usage.ignored == 1)
        let agent = "\(Self.trace):000000000000000d"
        // The first one's parent is in another export, so its name is taken on trust.
        #expect(
            usage.records.map(\.taskID) == ["\(Self.trace):00000000000000ff", agent, agent, agent])
        #expect(usage.records[1].status == "failed" && usage.records[1].errorMessage == "gone")
        #expect(usage.records[1].serverName == "web" && usage.records[1].executionTimeMs == 1500)
        #expect(usage.records[2].agentName == "clerk" && usage.records[2].status == "completed")
        #expect(usage.records[3].status == "timeout" && usage.records[3].errorMessage == "ReadTimeout")
    }

    @Test func unfinishedSpansAreNotFailures() throws {
        let usage = try Self.usage(
            Self.export([
                Self.span("000000000000000a", lasting: nil, Self.chat),
                Self.span(
                    "000000000000000b", lasting: nil,
                    ["gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "clerk"]),
            ]))
        #expect(usage.records.map(\.status) == ["pending", "working"])
        #expect(usage.records.allSatisfy { $0.completedAt == nil })
    }

    @Test func aRingOfParentsEnds() throws {
        let usage = try Self.usage(
            Self.export([
                Self.span("000000000000000a", parent: "000000000000000b", Self.chat),
                Self.span("000000000000000b", parent: "000000000000000a", ["a": "b"]),
            ]))
        #expect(usage.records.map(\.taskID) == [nil])
    }

    /// A whole body that is no export is refused.
    @Test(arguments: [
        (#"[]"#, "the body is not an object"), (#""x""#, "the body is not an object"),
        (#"{"resourceSpans":{}}"#, "resourceSpans is not an array"),
        (#"{"resourceSpans":"x"}"#, "resourceSpans is not an array"),
        (#"{"resourceSpans":[1]}"#, "resourceSpans has an element that is no object"),
        (#"{"resourceSpans":[{"scopeSpans":7}]}"#, "scopeSpans is not an array"),
        (#"{"resourceSpans":[{"scopeSpans":[null]}]}"#, "scopeSpans has an element that is no object"),
        (#"{"resourceSpans":[{"scopeSpans":[{"spans":"s"}]}]}"#, "spans is not an array"),
        (#"{"resourceSpans":[{"scopeSpans":[{"spans":[[]]}]}]}"#, "spans has an element that is no object"),
    ])
    func whatIsNoExport(body: String, message: String) throws {
        let value = try JSONValue(parsing: body.utf8)
        let error = #expect(throws: WireError.self) { try TraceExport(value) }
        #expect(error?.code == .badBody && error?.message == message)
    }

    /// What is empty or about something else is fine.
    @Test(arguments: [
        "{}", #"{"resourceSpans":[]}"#, #"{"resourceSpans":null}"#, #"{"resourceSpans":[{}]}"#,
        #"{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}],"extra":[[[{}]]]}"#,
        #"{"resourceSpans":[{"resource":7,"scopeSpans":[{}]}]}"#,
    ])
    func whatIsEmpty(body: String) throws {
        let usage = try Self.usage(try JSONValue(parsing: body.utf8))
        #expect(usage.records.isEmpty && usage.rejected.isEmpty && usage.ignored == 0)
    }

    /// A span that cannot be read is counted by its reason, and the one beside it is taken.
    @Test(
        arguments: [
            ("traceId", nil as JSONValue?, "bad_id"), ("traceId", "0af7", "bad_id"), ("traceId", 7, "bad_id"),
            ("traceId", "00000000000000000000000000000000", "bad_id"),
            ("traceId", "zaf7651916cd43dd8448eb211c80319c", "bad_id"), ("spanId", nil, "bad_id"),
            ("spanId", "0000000000000000", "bad_id"), ("spanId", "b7ad6b71692033310", "bad_id"),
            ("spanId", ["b7ad6b7169203331"], "bad_id"), ("startTimeUnixNano", nil, "bad_time"),
            ("startTimeUnixNano", "0", "bad_time"), ("startTimeUnixNano", "-5", "bad_time"),
            ("startTimeUnixNano", "soon", "bad_time"), ("startTimeUnixNano", "18446744073709551615", "bad_time"),
            ("startTimeUnixNano", true, "bad_time"), ("startTimeUnixNano", 1.5, "bad_time"),
            ("startTimeUnixNano", "9000000000000000000", "bad_time"), ("endTimeUnixNano", "1", "bad_time"),
        ] as [(String, JSONValue?, String)])
    func whatIsNoSpan(field: String, value: JSONValue?, reason: String) throws {
        guard case .object(var broken) = Self.span("b7ad6b7169203331", Self.chat) else { return }
        broken[field] = value
        let usage = try Self.usage(Self.export([.object(broken), Self.span("b7ad6b7169203332", Self.chat)]))
        #expect(usage.rejected == [reason: 1])
        #expect(usage.records.count == 1)
    }

    @Test(arguments: [
        ("gen_ai.usage.input_tokens", -1 as JSONValue), ("gen_ai.usage.input_tokens", 12.5),
        ("gen_ai.usage.input_tokens", "12"), ("gen_ai.usage.output_tokens", 9_000_000_000),
        ("gen_ai.usage.output_tokens", true), ("gen_ai.usage.cost", -0.5), ("gen_ai.usage.cost", "free"),
        ("gen_ai.usage.cost", 1e300), ("gen_ai.conversation.id", ""),
        // Cached tokens are a part of those read.
        ("gen_ai.usage.cache_read.input_tokens", 1201), ("gen_ai.usage.cache_creation.input_tokens", 201),
        ("gen_ai.usage.input_tokens", 999),
    ])
    func valuesOutOfRange(attribute: String, value: JSONValue) throws {
        var attributes = Self.chat
        attributes[attribute] = value
        let usage = try Self.usage(Self.export([Self.span("b7ad6b7169203331", attributes)]))
        // An empty conversation id is none.
        #expect(usage.records.count == (attribute == "gen_ai.conversation.id" ? 1 : 0))
        #expect(usage.rejected == (attribute == "gen_ai.conversation.id" ? [:] : ["bad_value": 1]))
    }

    /// What a count is written as where it is none; only what is not set is absent.
    @Test(
        arguments: [
            (["intValue": "9223372036854775808"], false), (["intValue": "-9223372036854775809"], false),
            (["intValue": "1606938044258990275541962092341162602522202993782792835301376"], false),
            (["intValue": "abc"], false), (["intValue": ""], false), (["intValue": 1.5], false),
            (["intValue": 1e300], false), (["intValue": true], false), (["doubleValue": "x"], false),
            (["arrayValue": ["values": []]], false), (["kvlistValue": [:]], false), (["bytesValue": "AA=="], false),
            ([:], true), (["intValue": nil], true), (nil, true), (["intValue": "1200"], true),
            (["intValue": 1200], true),
        ] as [(JSONValue, Bool)])
    func aCountThatIsNone(value: JSONValue, isTaken: Bool) throws {
        var chat = Self.chat
        chat["gen_ai.usage.input_tokens"] = nil
        guard case .object(var span) = Self.span("b7ad6b7169203331", chat) else { return }
        span["attributes"] = .array(
            (span["attributes"]?.arrayValue ?? []) + [["key": "gen_ai.usage.input_tokens", "value": value]])
        let usage = try Self.usage(Self.export([.object(span)]))
        #expect(usage.records.count == (isTaken ? 1 : 0) && usage.rejected == (isTaken ? [:] : ["bad_value": 1]))
    }

    @Test func aSpanOfTomorrowIsRejected() throws {
        let usage = try Self.usage(
            Self.export([
                Self.span("000000000000000a", after: 86_400_001, Self.chat),
                Self.span("000000000000000b", after: 86_400_000, lasting: 0, Self.chat),
                Self.span("000000000000000c", lasting: 86_400_001, Self.chat),
            ]))
        #expect(usage.rejected == ["time_ahead": 2] && usage.records.count == 1)
    }

    /// Neither the beginning nor the end of a thing lies more than a day ahead; how long ago it was does not matter.
    @Test(
        arguments: [
            (0, nil, nil), (86_400_000, nil, nil), (86_400_001, nil, "time_ahead"), (0, 86_400_000, nil),
            (0, 86_400_001, "time_ahead"), (-600_000_000_000, -500_000_000_000, nil),
            (0, 251_000_000_000_000, "time_ahead"),
        ] as [(Int64, Int64?, String?)])
    func nothingIsOfTheFuture(at: Int64, completedAt: Int64?, problem: String?) {
        let now = Timestamp(year: 2026, month: 5, day: 1)
        #expect(
            UsageIntake.timeProblem(
                eventID: EventID(at: now, entropy: (1, 2)), at: now + at, completedAt: completedAt.map { now + $0 },
                now: now) == problem)
    }

    @Test func theSpoolGivesBackWhatItWasGiven() throws {
        let record = try #require(try Self.usage(Self.export([Self.span("000000000000000a", Self.chat)])).records.first)
        var event = EventRecord(eventID: record.eventID, at: record.at, eventType: "signup")
        event.data = ["a": [1, 2.5, nil]]
        for spooled in [SpooledUsage.usage(record), .event(event)] {
            let payload = spooled.payload
            #expect(SpooledUsage(payload: payload) == spooled)
            for length in 0..<payload.count { #expect(SpooledUsage(payload: Array(payload[..<length])) == nil) }
        }
    }

    @Test(arguments: [
        ("https://shop.example/a/b?x=1#y", "/a/b", "x=1" as String?), ("/a", "/a", nil), ("/a?", "/a", ""),
        ("https://shop.example", "/", nil), ("https://shop.example?x", "/", "x"), ("", "/", nil), ("#top", "/", nil),
    ])
    func pathsOfPages(url: String, path: String, query: String?) {
        let target = UsageIntake.target(of: url)
        #expect(target.path == path && target.query == query)
    }
}
