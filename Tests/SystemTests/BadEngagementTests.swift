import Foundation
import Testing
import WeirProtocol

/// What anybody may send to the engagement doors: each gets the documented refusal, and the collector goes on.
@Suite struct BadEngagementTests {
    struct Input: Sendable {
        var name: String
        var body: Data
        var status: Int
        var code: String
        var path = "/api/v1/engagement"
        var headers: [String: String] = [:]
    }

    private static func json(
        _ name: String, _ body: String, _ status: Int, _ code: String, path: String = "/api/v1/engagement",
        _ headers: [String: String] = [:]
    ) -> Input {
        Input(name: name, body: Data(body.utf8), status: status, code: code, path: path, headers: headers)
    }

    private static let batch = "/api/v1/engagement/batch"
    private static let events = "/api/v1/events"

    /// Not JSON, or JSON that is refused before it is looked at.
    static let broken: [Input] =
        [
            ("nothing", ""), ("blanks", " \n\t"), ("a word", "hello"), ("an open object", "{"),
            ("an open text", #"{"a":"b"#),
            ("an open array", #"{"events":[{}"#), ("a comma too many", #"{"click_count":1,}"#),
            ("no comma", #"{"a":1 "b":2}"#), ("single quotes", "{'a':1}"), ("a bare name", "{a:1}"),
            ("two values", "{} {}"), ("something behind", "{}x"), ("a comment", "{/* */}"),
            ("a field twice", #"{"click_count":1,"click_count":2}"#),
            ("a field twice below", #"{"event_data":{"a":1,"a":2}}"#), ("NaN", #"{"scroll_velocity_avg":NaN}"#),
            ("Infinity", #"{"scroll_velocity_avg":Infinity}"#),
            ("a number beyond doubles", #"{"scroll_velocity_avg":1e999}"#),
            ("an integer beyond 64 bits", #"{"time_on_page_ms":99999999999999999999}"#),
            ("a leading zero", #"{"click_count":01}"#),
            ("a plus sign", #"{"click_count":+1}"#), ("hexadecimal", #"{"click_count":0x10}"#),
            ("an escaped NUL", #"{"page_url":"/a\u0000b"}"#), ("half a surrogate pair", #"{"page_url":"\ud800"}"#),
            ("a bad escape", #"{"page_url":"\x"}"#), ("a tab inside a text", "{\"page_url\":\"a\tb\"}"),
            (
                "deep arrays",
                #"{"event_data":{"a":"# + String(repeating: "[", count: 200) + String(repeating: "]", count: 200) + "}}"
            ),
            ("deep objects", String(repeating: #"{"a":"#, count: 60) + "1" + String(repeating: "}", count: 60)),
            ("a very deep open array", String(repeating: "[", count: 100_000)),
        ].map { json($0.0, $0.1, 400, "bad_json") }
        + [
            ("a NUL byte", [0x7B, 0x00, 0x7D]),
            ("bad UTF-8", Array(#"{"page_url":"/"#.utf8) + [0xFF, 0xFE, 0x22, 0x7D]),
            ("overlong UTF-8", Array(#"{"page_url":""#.utf8) + [0xC0, 0xAF, 0x22, 0x7D]),
            ("UTF-16", [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00]), ("a byte order mark", [0xEF, 0xBB, 0xBF, 0x7B, 0x7D]),
            ("gzip under a false name", [0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00]),
        ].map { Input(name: $0.0, body: Data($0.1), status: 400, code: "bad_json") }

    /// JSON whose content is wrong.
    static let wrong: [Input] =
        [
            ("null", "null"), ("a number", "3"), ("a text", #""x""#), ("an array", "[]"), ("true", "true"),
            ("a negative time", #"{"time_on_page_ms":-1}"#),
            ("a time beyond 32 bits", #"{"time_on_page_ms":2147483648}"#),
            ("half a click", #"{"click_count":1.5}"#), ("a depth of 101", #"{"max_scroll_depth":101}"#),
            ("a depth of -1", #"{"max_scroll_depth":-1}"#), ("a depth as text", #"{"max_scroll_depth":"50"}"#),
            ("a count as array", #"{"click_count":[1]}"#), ("a count as object", #"{"click_count":{}}"#),
            ("a count as flag", #"{"click_count":true}"#), ("a flag as number", #"{"is_rage_click":1}"#),
            ("a flag as text", #"{"is_dead_click":"yes"}"#), ("a negative speed", #"{"scroll_velocity_avg":-0.5}"#),
            ("a speed beyond sense", #"{"scroll_velocity_avg":1e300}"#), ("a page as number", #"{"page_url":1}"#),
            ("a page as object", #"{"page_url":{}}"#),
            ("a page of 2049 bytes", #"{"page_url":"/\#(String(repeating: "a", count: 2048))"}"#),
            ("a type of a control character", #"{"event_type":"\u001b"}"#),
            ("a type of 51 bytes", #"{"event_type":"\#(String(repeating: "t", count: 51))"}"#),
            ("an empty type", #"{"event_type":""}"#), ("a type as number", #"{"event_type":7}"#),
            ("a content id of 256 bytes", #"{"content_id":"\#(String(repeating: "c", count: 256))"}"#),
            ("a pattern as number", #"{"reading_pattern":1}"#), ("data as array", #"{"event_data":[]}"#),
            ("data as text", #"{"event_data":"x"}"#),
            ("data over 16 KiB", #"{"event_data":{"a":"\#(String(repeating: "d", count: 17_000))"}}"#),
            ("an id that is no UUID", #"{"id":"1"}"#),
            ("an id of version 4", #"{"id":"3f0c1c5e-9d2b-4c1a-8b2e-0123456789ab"}"#),
            ("an id as number", #"{"id":1}"#),
        ].map { json($0.0, $0.1, 422, "bad_event") }
        + [
            json("a batch that is an array", "[{}]", 422, "bad_event", path: batch),
            json("a batch without events", "{}", 422, "bad_event", path: batch),
            json("events as object", #"{"events":{}}"#, 422, "bad_event", path: batch),
            json(
                "101 events", #"{"events":[\#(Array(repeating: "{}", count: 101).joined(separator: ","))]}"#, 422,
                "bad_event", path: batch),
            json("a batch at the door for one", #"{"events":[{}]}"#, 422, "bad_event"),
            json("a batch of events at the door for one", #"{"events":[]}"#, 422, "bad_event", path: events),
            json("a batch in a batch", #"{"events":[{"events":[{}]}]}"#, 422, "bad_event", path: batch),
            json("only bad events", #"{"events":[1,{"click_count":-1}]}"#, 422, "bad_event", path: batch),
            json("an event without type", #"{"page_url":"/"}"#, 422, "bad_event", path: events),
            json("an event without page", #"{"event_type":"x"}"#, 422, "bad_event", path: events),
            json(
                "an exit with a bad measure", #"{"event_type":"page_exit","page_url":"/","data":{"click_count":-1}}"#,
                422, "bad_event", path: events),
            json("an id of last year", #"{"id":"01890a5d-ac96-774b-bcce-b302099a8057"}"#, 422, "event_id_time"),
            json("an id of the year 3000", #"{"id":"1d8f1e0e-8c00-7000-8000-000000000000"}"#, 422, "event_id_time"),
        ]

    /// Wrong around the body.
    static let wrapped: [Input] =
        [
            ("a form", "application/x-www-form-urlencoded"), ("XML", "application/xml"), ("HTML", "text/html"),
            ("no type", ""), ("a type like JSON's", "application/jsonp"),
            ("Latin-1", "application/json; charset=iso-8859-1"),
            ("UTF-16 by name", "text/plain;charset=utf-16"), ("multipart", "multipart/form-data; boundary=x"),
            ("bytes", "application/octet-stream"),
        ].map { json($0.0, "{}", 415, "unsupported_type", ["Content-Type": $0.1]) }
        + [
            json("compressed", "{}", 415, "unsupported_type", ["Content-Encoding": "gzip"]),
            json("over 256 KiB", #"{"page_url":"\#(String(repeating: "x", count: 262_144))"}"#, 413, "too_large"),
            json("over 256 KiB of blanks", String(repeating: " ", count: 300_000), 413, "too_large", path: batch),
            json("a foreign origin", "{}", 403, "origin_not_allowed", ["Origin": "https://evil.example"]),
            json("an opaque origin", "{}", 403, "origin_not_allowed", ["Origin": "null"]),
            json("a proxy that names nobody", "{}", 400, "bad_address", ["X-Forwarded-For": "unknown"]),
            json("a path below", "{}", 404, "not_found", path: "/api/v1/engagement/batch/x"),
            json("a path beside", "{}", 404, "not_found", path: "/api/v1/engagements"),
        ]

    /// Requests that end before they are any.
    static let unreadable: [(head: String, status: Int, code: String)] = {
        let start = "POST /api/v1/engagement HTTP/1.1\r\n"
        func long(_ count: Int) -> String { String(repeating: "h", count: count) }
        return [
            ("GET /\(long(17_000)) HTTP/1.1\r\n\r\n", 431, "head_too_large"),
            ("\(start)X: \(long(70_000))\r\n\r\n", 431, "head_too_large"),
            ("\(start)\(String(repeating: "X: \(long(15_000))\r\n", count: 3))\r\n", 431, "head_too_large"),
            ("\(start)\(String(repeating: "X: y\r\n", count: 101))\r\n", 431, "head_too_large"),
            ("\(start)Content-Length: -5\r\n\r\n", 400, "not_http"),
            ("\(start)Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", 400, "not_http"),
            ("POST /api/v1/engagement HTTP/9.9\r\n\r\n", 400, "not_http"),
            ("GET /healthz HTTP/1.1\r\n\r\n", 400, "not_http"),
            ("GET /healthz HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n", 400, "not_http"),
            ("GET /healthz HTTP/1.0\r\nHost: a.example\r\nhost: a.example\r\n\r\n", 400, "not_http"),
            ("\(start)Host: a.example\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "transfer_encoding"),
            (
                "\(start)Host: a.example\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                501,
                "transfer_encoding"
            ),
            ("\u{0}\u{1}\u{2}\r\n\r\n", 400, "not_http"), ("GET\r\n\r\n", 400, "not_http"),
        ]
    }()

    @Test func eachIsRefusedAsDocumentedAndHarmsNothing() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_COLLECTOR_HTTP_BURST"] = "10000"
        try await stack.start([.collector])
        let process = stack.process(of: .collector)
        let http = stack.collectorHTTP
        let inputs = Self.broken + Self.wrong + Self.wrapped
        #expect(inputs.count >= 60)
        for input in inputs {
            var headers = ["Content-Type": "application/json", "X-Forwarded-For": "203.0.113.7"]
            headers.merge(input.headers) { $1 }
            if headers["Content-Type"] == "" { headers["Content-Type"] = nil }
            let answer = try http.send("POST", input.path, headers: headers, body: input.body)
            #expect(answer.status == input.status && answer.code == input.code, "\(input.name): \(answer)")
            #expect(answer.headers["content-type"] == "application/problem+json", "\(input.name)")
        }
        for method in ["GET", "PUT", "DELETE", "PATCH", "HEAD"] {
            let answer = try http.send(method, "/api/v1/engagement")
            #expect(answer.status == 405 && answer.headers["allow"] == "OPTIONS, POST", "\(method): \(answer)")
        }
        for name in ["before", "within"] {
            let length = name == "before" ? 100 : 20
            let sent = try http.exchange(
                Data(
                    """
                    POST /api/v1/engagement HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r
                    Content-Length: \(length)\r\n\r\n{"page_url":"/
                    """.utf8), endsEarly: true)
            #expect(sent.status == 400, "\(name): \(sent)")
        }
        for (head, status, code) in Self.unreadable {
            let answer = try http.exchange(Data(head.utf8), endsEarly: true)
            #expect(answer.status == status && answer.code == code, "\(head.prefix(60)): \(answer)")
            #expect(answer.headers["content-type"] == "application/problem+json", "\(head.prefix(60))")
            #expect(answer.headers["connection"] == "close", "\(head.prefix(60))")
            #expect(answer.headers["content-length"] == "\(answer.body.utf8.count)", "\(head.prefix(60))")
        }
        // The server ends these by itself, without waiting for more.
        for (request, status) in [
            ("GET /nothing HTTP/1.0\r\n\r\n", 404),
            ("GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", 404),
            (
                "GET /nothing HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /nothing HTTP/1.0\r\n\r\n", 404
            ),
            (
                """
                POST /api/v1/engagement HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r
                Content-Length: 9000000000\r\n\r\n{
                """, 413
            ),
        ] {
            let answer = try http.exchange(Data(request.utf8))
            let isKept = request.contains("keep-alive")
            #expect(answer.status == status, "\(request)")
            #expect(answer.headers["connection"] == (isKept ? "keep-alive" : "close"), "\(request)")
            #expect(answer.body.contains("HTTP/1.1 404") == isKept, "\(request)")
        }
        // What came before is answered first, and as ever.
        let pipelined = try http.exchange(
            Data("GET /nothing HTTP/1.1\r\nHost: shop.example\r\n\r\n\(Self.unreadable[0].head)".utf8))
        #expect(pipelined.status == 404)
        let second = try #require(pipelined.body.range(of: "HTTP/1.1"))
        let rest = try SocketHTTP.read(Data(pipelined.body[second.lowerBound...].utf8))
        #expect(rest.status == Self.unreadable[0].status && rest.code == Self.unreadable[0].code)
        #expect(stack.process(of: .collector) == process)
        #expect(try http.post("/api/v1/engagement", "{}").status == 201)
        _ = try await eventually("the one good row", within: .seconds(10)) {
            try await stack.count("select count(*) from engagement_events") == 1 ? true : nil
        }
        let status = try await stack.status(of: .collector)
        #expect(status.counters["accepted_total"] == 1)
        #expect(status.counters["dead_letters_total"] == 0)
        #expect(!stack.log(of: .collector).contains("error"), "\(stack.log(of: .collector))")
        await stack.stopAll()
    }

    /// Each route that the document lists is served, and answers only with what the document lists.
    @Test func theDocumentIsTrueToTheRoutes() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let http = stack.collectorHTTP
        let document = try #require(try http.send("GET", "/openapi.json").json)
        #expect(document["openapi"] == "3.1.0")
        guard case .object(let paths)? = document["paths"] else {
            Issue.record("no paths")
            return
        }
        for path in ["/api/v1/engagement", "/api/v1/engagement/batch", "/api/v1/events", "/api/v1/events/batch"] {
            #expect(paths[path]?["post"] != nil, "\(path)")
        }
        let known = Set(paths.fields.map(\.name))
        let ofTheDoor = ["400", "408", "431", "501"]
        for status in ofTheDoor {
            #expect(document["components"]?["responses"]?[status]?["content"]?["application/problem+json"] != nil)
        }
        for input in Self.broken + Self.wrong + Self.wrapped where known.contains(input.path) {
            #expect(
                paths[input.path]?["post"]?["responses"]?[String(input.status)] != nil,
                "\(input.name): \(input.status) is not documented for \(input.path)")
        }
        for (path, item) in paths.fields {
            guard case .object(let operations) = item else { continue }
            for (method, operation) in operations.fields {
                let target = path.replacingOccurrences(of: "{code}", with: "x")
                let answer = try http.send(
                    method.uppercased(), target, headers: ["Content-Type": "application/json"], body: Data("{}".utf8))
                #expect(
                    answer.status != 405 && (answer.code != "not_found" || path.contains("{")), "\(method) \(path)")
                #expect(operation["responses"]?[String(answer.status)] != nil, "\(method) \(path): \(answer.status)")
                #expect(operation["operationId"]?.stringValue?.isEmpty == false)
                for status in ofTheDoor { #expect(operation["responses"]?[status] != nil, "\(method) \(path)") }
            }
        }
        // Every reference leads somewhere.
        let text = document.text
        for reference in text.components(separatedBy: "\"$ref\":\"#/components/schemas/").dropFirst() {
            let name = String(reference.prefix { $0 != "\"" })
            #expect(document["components"]?["schemas"]?[name] != nil, "\(name)")
        }
        await stack.stopAll()
    }
}
