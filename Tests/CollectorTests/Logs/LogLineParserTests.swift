import Testing
import WeirProtocol

@testable import CollectorCore

private func parse(_ line: String, _ format: LogFormat = .auto) -> Result<LogEntry, LogRefusal> {
    parse(Array(line.utf8), format)
}

private func parse(_ line: [UInt8], _ format: LogFormat = .auto) -> Result<LogEntry, LogRefusal> {
    var parser = LogLineParser(format: format)
    return line.withUnsafeBytes { parser.parse($0) }
}

private let head = #"192.0.2.7 - - [17/May/2015:10:05:03 +0200] "#

@Suite struct LogLineParserTests {
    @Test func everyFieldOfCombined() throws {
        let entry = try parse(
            head + #""GET /a%20b/?q=1&r HTTP/1.1" 304 1234 "https://example.org/x?y" "Mozilla/5.0 (X11)""#
        ).get()
        // date -u -d '2015-05-17 08:05:03' +%s
        #expect(entry.at == Timestamp(milliseconds: 1_431_849_903_000))
        #expect(entry.ip == "192.0.2.7")
        #expect(entry.method == "GET")
        #expect(entry.path == "/a%20b/")
        #expect(entry.query == "q=1&r")
        #expect(entry.status == 304)
        #expect(entry.bytes == 1234)
        #expect(entry.referrer == "https://example.org/x?y")
        #expect(entry.userAgent == "Mozilla/5.0 (X11)")
        #expect(entry.forwardedFor == nil)
        #expect(!entry.isTorn)
    }

    /// Found by fuzzing: the wire refuses such a record, though it is the line's other fields that say something.
    @Test(arguments: [
        ("1000000000000000", Int64(1_000_000_000_000_000)), ("1000000000000001", nil), ("2534023007999990", nil),
    ])
    func aCountThatNobodyCanHaveSentIsNone(_ written: String, _ bytes: Int64?) throws {
        let entry = try parse(head + "\"GET / HTTP/1.0\" 200 \(written) \"-\" \"-\"").get()
        let id = EventID(at: entry.at, entropy: (0, 1))
        let record = entry.record(id: id, site: "shop.example")
        #expect(record.bytes == bytes)
        #expect(try JSONValue(encoding: record).decoded(as: RequestRecord.self) == record)
    }

    @Test func dashesAreMissing() throws {
        let entry = try parse(head + #""GET / HTTP/1.0" 200 - "-" "-""#).get()
        #expect(entry.bytes == nil)
        #expect(entry.referrer == nil)
        #expect(entry.userAgent == nil)
        #expect(entry.query == nil)
    }

    @Test(arguments: [
        ("01/Jan/2024:00:00:00 +0000", Int64(1_704_067_200)),
        ("29/Feb/2024:23:59:59 -0530", 1_709_270_999),
        ("31/Dec/2016:23:59:60 +0000", 1_483_228_800),
        ("10/oct/2000:13:55:36 -0700", 971_211_336),
    ])
    func timesWithZones(text: String, seconds: Int64) throws {
        let entry = try parse(#"192.0.2.7 - - [\#(text)] "GET / HTTP/1.0" 200 5"#).get()
        #expect(entry.at.milliseconds == seconds * 1000)
    }

    @Test(
        arguments: [
            ("GET / HTTP/1.1", "GET", "/", nil),
            ("GET /x", "GET", "/x", nil),
            ("GET http://example.com/a?b=c HTTP/1.1", "GET", "http://example.com/a", "b=c"),
            ("GET http://example.com", "GET", "http://example.com", nil),
            ("CONNECT example.com:443 HTTP/1.1", "CONNECT", "example.com:443", nil),
            ("OPTIONS * HTTP/1.0", "OPTIONS", "*", nil),
            ("GET /a b/c d?e f HTTP/1.1", "GET", "/a b/c d", "e f"),
            ("GET ?p=1 HTTP/1.1", "GET", "", "p=1"),
            ("M-SEARCH /x HTTP/1.1", "M-SEARCH", "/x", nil),
            (#"GET /\"quoted\"?\x41\x00=\xc3\xa9 HTTP/1.1"#, "GET", "/\"quoted\"", "A=é"),
            (#"GET /\\server\share HTTP/1.1"#, "GET", #"/\server\share"#, nil),
            (#"GET /he said "hi" there HTTP/1.1"#, "GET", #"/he said "hi" there"#, nil),
            ("GET /a? HTTP/1.1", "GET", "/a", ""),
        ] as [(String, String, String, String?)])
    func requestLines(text: String, method: String, path: String, query: String?) throws {
        let entry = try parse(head + "\"\(text)\" 200 5 \"-\" \"x\"").get()
        #expect(entry.method == method)
        #expect(entry.path == path)
        #expect(entry.query == query)
    }

    @Test(arguments: [
        (#"\x16\x03\x01\x02\x00\x01\x00"#, #"\x16\x03\x01\x02\x00\x01\x00"#), ("-", "-"), ("", "-"), ("GET", "GET"),
        ("{\\\"id\\\":1}", "{\\\"id\\\":1}"), ("\\n", "\\n"),
    ])
    func whatIsNotHTTPCountsWhenTheServerRefusedIt(sent: String, path: String) throws {
        let entry = try parse(head + "\"\(sent)\" 400 226 \"-\" \"-\"").get()
        #expect(entry.method == "-")
        #expect(entry.path == path)
        #expect(parse(head + "\"\(sent)\" 200 226 \"-\" \"-\"") == .failure(.badRequestLine))
    }

    @Test func escapedAndUnescapedQuotesStayInsideTheirField() throws {
        let apache = try parse(
            head + #""GET / HTTP/1.0" 200 5 "-" "a <b href=\"http://x\">y</b> \\ \x09 \q""#
        ).get()
        #expect(apache.userAgent == "a <b href=\"http://x\">y</b> \\ \t \\q")
        let careless = try parse(head + #""GET / HTTP/1.0" 200 5 "http://x/?q="a"b" "agent "x"y""#).get()
        #expect(careless.referrer == #"http://x/?q="a"b"#)
        #expect(careless.userAgent?.hasPrefix("agent") == true)
    }

    @Test func textIsValidAndWithoutNUL() throws {
        let line = Array((head + "\"GET /").utf8) + [0xFF, 0xC3] + Array(" HTTP/1.0\" 200 5 \"-\" \"".utf8)
        let entry = try parse(line + [0x61, 0x00, 0x62, 0xE2, 0x82, 0x22]).get()
        #expect(entry.path == "/\u{FFFD}\u{FFFD}")
        #expect(entry.userAgent == "ab\u{FFFD}")
        #expect(try parse(head + #""GET / HTTP/1.0" 200 5 "-" "\xd0\x9f\xff""#).get().userAgent == "П\u{FFFD}")
    }

    @Test func aMissingClosingQuoteIsAcceptedAndMarked() throws {
        let entry = try parse(head + #""GET / HTTP/1.1" 200 235 "-" "Mozilla/5.0 (compatible"#, .combined).get()
        #expect(entry.isTorn)
        #expect(entry.userAgent == "Mozilla/5.0 (compatible")
    }

    @Test(arguments: [
        ("2001:db8::1", "2001:db8::1"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("unix:", "unix:"),
    ])
    func otherPeers(address: String, ip: String) throws {
        let line = "\(address) - frank smith [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\""
        #expect(try parse(line).get().ip == ip)
    }

    @Test(arguments: ["\"\"", "frank \"x\" smith", "a [b", "-"])
    func remoteUsers(user: String) throws {
        let line = "192.0.2.7 - \(user) [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\""
        #expect(try parse(line).get().path == "/")
    }

    @Test(arguments: ["www.example.org:443", "www.example.org", "[2001:db8::1]:80", "192.0.2.1"])
    func virtualHosts(host: String) throws {
        let line = "\(host) 198.51.100.1 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\""
        for format in [LogFormat.auto, .vhostCombined] {
            let entry = try parse(line, format).get()
            #expect(entry.host == host)
            #expect(entry.ip == "198.51.100.1")
        }
    }

    @Test func aForwardedForMayFollow() throws {
        let line = head + #""GET / HTTP/1.1" 200 5 "-" "x" "203.0.113.9, 10.0.0.1" 0.005"#
        #expect(try parse(line).get().forwardedFor == "203.0.113.9, 10.0.0.1")
        #expect(try parse(head + #""GET / HTTP/1.1" 200 5 "-" "x" "-""#).get().forwardedFor == nil)
        #expect(try parse(head + #""GET / HTTP/1.1" 200 5 "-" "x" "1.50""#).get().forwardedFor == nil)
    }

    private static let refusals: [(String, LogRefusal)] = [
        ("", .empty), ("  \r", .empty), ("hello world", .notALogLine), ("192.0.2.7 - -", .truncated),
        ("host.example.org - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5", .badAddress),
        ("192.0.2.777 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5", .badAddress),
        ("192.0.2.7 - - [17/Mai/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5", .badTime),
        ("192.0.2.7 - - [31/Apr/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5", .badTime),
        ("192.0.2.7 - - [29/Feb/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5", .badTime),
        ("192.0.2.7 - - [17/May/2015:24:05:03 +0000] \"GET / HTTP/1.1\" 200 5", .badTime),
        ("192.0.2.7 - - [17/May/1889:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5", .badTime),
        ("192.0.2.7 - - [17/May/9999:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5", .badTime),
        ("192.0.2.7 - - [2015-05-17T10:05:03Z] \"GET / HTTP/1.1\" 200 5", .badTime),
        ("192.0.2.7 - - [17/May/2015:10:05:03] \"GET / HTTP/1.1\" 200 5", .badTime),
        ("\(head)\"GET / HTTP/1.1\" 2000 5", .badStatus), ("\(head)\"GET / HTTP/1.1\" 000 5", .badStatus),
        ("\(head)\"GET / HTTP/1.1\" 600 5", .badStatus), ("\(head)\"GET / HTTP/1.1\" 99 5", .badStatus),
        ("\(head)\"GET / HTT", .truncated), ("\(head)\"GET / HTTP/1.1\"", .truncated),
        ("\(head)\"GET / HTTP/1.1\" 200", .truncated), ("\(head)", .truncated),
        ("\(head)\"GET / HTTP/1.1\" 200 5 \"http://x", .truncated),
        ("\(head)\"GET / HTTP/1.1\" 200 5 \"http://x\"", .truncated),
        ("\(head)\"GET / HTTP/1.1\" 200 5.5", .notALogLine), ("\(head)GET / HTTP/1.1 200 5", .notALogLine),
        ("{\"a\":1", .badJSON), ("{\"a\":1}", .badJSON), ("[1]", .notALogLine),
    ]

    @Test(arguments: refusals)
    func refusalsHaveReasons(line: String, reason: LogRefusal) {
        #expect(parse(line) == .failure(reason))
    }

    @Test func bytesThatAreNotTextAreBinary() {
        #expect(parse([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0]) == .failure(.binary))
        #expect(parse([UInt8](repeating: 0x61, count: LogLineParser.lineLimit + 1)) == .failure(.tooLong))
    }

    @Test func aShortLineOfALogWithAgentsIsTruncated() throws {
        let short = head + "\"GET / HTTP/1.1\" 200 5"
        #expect(try parse(short).get().userAgent == nil)
        #expect(try parse(short, .common).get().status == 200)
        #expect(parse(short, .combined) == .failure(.truncated))
        var parser = LogLineParser()
        let whole = Array((short + " \"-\" \"x\"").utf8)
        #expect(try whole.withUnsafeBytes { parser.parse($0) }.get().userAgent == "x")
        #expect(Array(short.utf8).withUnsafeBytes { parser.parse($0) } == .failure(.truncated))
    }

    @Test func everyPrefixOfALineIsAnsweredAndNoneIsMisread() throws {
        let line = Array((head + #""GET /page HTTP/1.1" 200 5123 "http://x/" "agent \"y\"""#).utf8)
        let whole = try parse(line, .combined).get()
        for length in 0..<line.count {
            guard case .success(let entry) = parse(Array(line[..<length]), .combined) else { continue }
            #expect(entry.isTorn)
            #expect(entry.path == whole.path && entry.bytes == whole.bytes && entry.referrer == whole.referrer)
        }
    }
}

@Suite struct JSONLogLineTests {
    private let line = #"""
        {"msec":1700000000.250,"request_id":"0f8fad5bd9cb469fa165708674289e01","host":"Example.org",
        "remote_addr":"192.0.2.7","x_forwarded_for":"203.0.113.5","method":"GET","uri":"/a?b=1","status":"200",
        "bytes":512,"request_time":0.125,"referer":"","user_agent":"Mozilla/5.0 \"q\" \u00e9","accept_language":"de-AT",
        "cookie":"abc.def","content_type":"text/html","level":"warning","sec_fetch_dest":"document",
        "sec_fetch_mode":"navigate","sec_purpose":"","dnt":"1"}
        """#.split(separator: "\n").joined()

    @Test func everyFieldOfOurOwnFormat() throws {
        for format in [LogFormat.auto, .nginxJSON] {
            let entry = try parse(line, format).get()
            #expect(entry.loggedAt.milliseconds == 1_700_000_000_250)
            #expect(entry.at.milliseconds == 1_700_000_000_125)
            #expect(entry.host == "Example.org")
            #expect(entry.forwardedFor == "203.0.113.5")
            #expect(entry.path == "/a")
            #expect(entry.query == "b=1")
            #expect(entry.status == 200)
            #expect(entry.bytes == 512)
            #expect(entry.durationMs == 125)
            #expect(entry.referrer == nil)
            #expect(entry.userAgent == "Mozilla/5.0 \"q\" é")
            #expect(entry.acceptLanguage == "de-AT")
            #expect(entry.cookie == "abc.def")
            #expect(entry.contentType == "text/html")
            #expect(entry.level == .warning)
            #expect(entry.headers == ["sec-fetch-dest": "document", "sec-fetch-mode": "navigate", "dnt": "1"])
        }
    }

    @Test func bytesThatAreNotUTF8AreRepaired() throws {
        let bytes = Array(line.utf8).map { $0 == UInt8(ascii: "q") ? 0xFF : $0 }
        // The q of request_id is lost too, so the name of that field is another's.
        #expect(try parse(bytes).get().userAgent == "Mozilla/5.0 \"\u{FFFD}\" é")
    }

    @Test(arguments: [
        (#""msec":1700000000.250"#, #""msec":"soon""#, LogRefusal.badTime),
        (#""msec":1700000000.250"#, #""msec":-5"#, .badTime),
        (#""msec":1700000000.250"#, #""msec":1e300"#, .badTime),
        (#""msec":1700000000.250,"#, "", .badJSON),
        (#""remote_addr":"192.0.2.7""#, #""remote_addr":"localhost""#, .badAddress),
        (#""remote_addr":"192.0.2.7""#, #""remote_addr":"""#, .badJSON),
        (#""status":"200""#, #""status":"000""#, .badStatus),
        (#""status":"200""#, #""status":200.5"#, .badStatus),
        (#""uri":"/a?b=1""#, #""uri":"""#, .badRequestLine),
        (#""dnt":"1"}"#, #""dnt":"1""#, .badJSON),
    ])
    func refusals(part: String, replacement: String, reason: LogRefusal) {
        let parts = line.split(separator: part, maxSplits: 1, omittingEmptySubsequences: false)
        #expect(parts.count == 2)
        #expect(parse(parts.joined(separator: replacement)) == .failure(reason))
    }

    @Test func caddysOwnLog() throws {
        let caddy = #"""
            {"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled request","request":
            {"remote_ip":"192.0.2.1","remote_port":"41342","client_ip":"203.0.113.8","proto":"HTTP/2.0","method":"POST",
            "host":"localhost:8443","uri":"/x?y=z","headers":{"User-Agent":["curl/7.82.0"],"Sec-Fetch-Dest":["empty"],
            "Cookie":["a=b; weir_session=tok.en; c=d"],"Accept-Language":["fr"],"Referer":["https://localhost/"]},
            "tls":{"resumed":false,"version":772}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,
            "status":201,"resp_headers":{"Server":["Caddy"],"Content-Type":["application/json"]}}
            """#.split(separator: "\n").joined()
        let entry = try parse(caddy).get()
        #expect(entry.loggedAt.milliseconds == 1_646_861_401_524)
        #expect(entry.ip == "203.0.113.8")
        #expect(entry.host == "localhost:8443")
        #expect(entry.path == "/x")
        #expect(entry.query == "y=z")
        #expect(entry.status == 201)
        #expect(entry.bytes == 10900)
        #expect(entry.durationMs == 0.93)
        #expect(entry.userAgent == "curl/7.82.0")
        #expect(entry.referrer == "https://localhost/")
        #expect(entry.contentType == "application/json")
        #expect(entry.cookie == "tok.en")
        #expect(entry.headers == ["sec-fetch-dest": "empty"])
        let dated = caddy.replacing("1646861401.5241024", with: "\"2022-03-09T22:30:01.524+01:00\"")
        #expect(try parse(dated).get().loggedAt.milliseconds == 1_646_861_401_524)
    }
}

@Suite struct LineIdentityTests {
    private func ids(_ lines: [String], site: String = "example.org", capacity: Int = 1000) throws -> [EventID] {
        var identity = LineIdentity(site: site, capacity: capacity)
        return try lines.map { line in
            let entry = try parse(line).get()
            return Array(line.utf8).withUnsafeBytes { identity.id(of: entry, line: $0) }
        }
    }

    private let line = head + #""GET / HTTP/1.1" 200 5 "-" "x""#

    @Test func equalLinesDifferAndAReplayAgrees() throws {
        let first = try ids([line, line, line])
        #expect(Set(first).count == 3)
        #expect(try ids([line, line, line]) == first)
        #expect(try ids([line + "\r", line]) == Array(first[..<2]))
        #expect(first.allSatisfy { $0.timestamp.milliseconds == 1_431_849_903_000 })
        #expect(try ids([line], site: "example.com")[0] != first[0])
    }

    @Test func theBitsAreSHA256OfSiteAndLine() throws {
        // printf 'example.org\0192.0.2.7 …' | sha256sum
        let id = try ids([line])[0]
        #expect(id.description == "014d60e7-a398-7948-be3a-e7ec2324c7c7")
    }

    @Test func ordinalsOutliveOneGenerationAndNotTwo() throws {
        let others = (0..<3).map { line.replacing("GET /", with: "GET /\($0)") }
        let near = try ids([line] + others + [line], capacity: 4)
        #expect(near.last != near.first)
        let many = (0..<9).map { line.replacing("GET /", with: "GET /\($0)") }
        let far = try ids([line] + many + [line], capacity: 4)
        #expect(far.last == far.first)
    }

    @Test func aGatewaysRequestIDDecidesAlone() throws {
        let json = #"{"msec":1700000000.250,"request_id":"0f8fad5bd9cb469fa165708674289e01","remote_addr":"192.0.2.7","#
        let one = json + #""method":"GET","uri":"/","status":200}"#
        let other = json + #""method":"GET","uri":"/","status":200,"bytes":7}"#
        let both = try ids([one, other, one])
        #expect(Set(both).count == 1)
        #expect(both[0].description == "018bcfe5-68fa-769f-a165-708674289e01")
    }
}
