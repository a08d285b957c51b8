import Database
import Foundation
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

@testable import reporter

/// The HTTP door as curl-like clients see it: statuses, conditional requests, tokens, and a description that is true.
@Suite(.serialized) struct HTTPTests {
    struct Answer {
        var status: Int
        var headers: [String: String]
        var body: String
    }

    private let served: ServedPage

    init() async throws { served = try ServedPage(try await TrafficReportTests.stored.value, withToken: true) }

    /// One request over a connection of its own.
    private func ask(
        _ path: String, method: String = "GET", token: String? = ServedPage.token, host: String? = nil,
        headers: [String] = [], body: String? = nil
    ) async throws -> Answer {
        let address = served.address
        let authority = String(address.dropFirst("http://".count).dropLast())
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host ?? authority)", "Connection: close"] + headers
        if let token { lines.append("Authorization: Bearer \(token)") }
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
        let port = try #require(UInt16(authority.split(separator: ":").last ?? ""))
        let raw = try exchange(text, port: port)
        let parts = raw.components(separatedBy: "\r\n\r\n")
        let head = parts[0].components(separatedBy: "\r\n")
        var found: [String: String] = [:]
        for line in head.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if pair.count == 2 { found[pair[0].lowercased()] = pair[1] }
        }
        let status = Int(head[0].split(separator: " ")[1]) ?? 0
        return Answer(status: status, headers: found, body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    private func exchange(_ text: String, port: UInt16) throws -> String {
        let descriptor = try Loopback.connect(port: port)
        defer { close(descriptor) }
        _ = text.withCString { write(descriptor, $0, strlen($0)) }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    @Test func aTokenOpensTheData() async throws {
        for token in [nil, "wrong-token-of-some-length", String(ServedPage.token.dropLast())] {
            for path in ["/api/v1/reports/overview", "/metrics", "/api/v1/openapi.json", "/nothing"] {
                let answer = try await ask(path, token: token)
                #expect(answer.status == 401, "\(path)")
                #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
                #expect(
                    try JSONValue(parsing: answer.body.utf8)["error"]?["hint"]?.stringValue?.contains("Bearer") == true)
            }
            #expect(try await ask("/api/v1/command", method: "POST", token: token, body: "{}").status == 401)
            #expect(try await ask("/", token: token).status == 200)
        }
        #expect(try await ask("/api/v1/reports/overview").status == 200)
    }

    /// A body after HEAD would be taken for the beginning of the next answer.
    @Test(arguments: ["/nope", "/api/v1/command", "/api/v1/reports/nope", "/api/v1/reports/overview", "/metrics"])
    func headHasNoBody(_ path: String) async throws {
        let answer = try await ask(path, method: "HEAD")
        #expect(answer.body.isEmpty, "\(answer.status): \(answer.body.prefix(80))")
    }

    /// A form writes a space as +, a script as %20; a name in the path may have one, too.
    @Test(arguments: [
        "/api/v1/reports/agents/show/no%20such%20agent", "/api/v1/reports/agents/show?name=no+such+agent",
        "/api/v1/reports/agents/show?name=no%20such%20agent",
    ]) func namesMayHaveSpaces(_ path: String) async throws {
        let answer = try await ask(path)
        #expect(answer.status == 404)
        let message = try JSONValue(parsing: answer.body.utf8)["error"]?["message"]?.stringValue
        #expect(message?.contains("\"no such agent\"") == true, "\(answer.body)")
    }

    @Test func itAnswersToItsOwnNameOnly() async throws {
        for name in ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1"]
        {
            #expect(try await ask("/", host: name).status == 421, "\(name)")
        }
        for name in ["localhost", "LOCALHOST:8017", "Localhost.:8017", "127.0.0.1", "127.0.0.1:1", "[::1]:8017"] {
            #expect(try await ask("/", host: name).status == 200, "\(name)")
        }
    }

    @Test func thePageHasAStrictPolicy() async throws {
        let page = try await ask("/")
        let policy = page.headers["content-security-policy"] ?? ""
        #expect(policy.hasPrefix("default-src 'none'"))
        #expect(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains("*"))
        #expect(policy.contains("frame-ancestors 'none'"))
        #expect(page.headers["x-content-type-options"] == "nosniff")
        #expect(page.headers["referrer-policy"] == "no-referrer")
        for path in ["/", "/page.js", "/page.css", "/icon.svg"] {
            let first = try await ask(path)
            let tag = try #require(first.headers["etag"])
            let second = try await ask(path, headers: ["If-None-Match: \(tag)"])
            #expect(second.status == 304 && second.body.isEmpty, "\(path)")
            let head = try await ask(path, method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty && head.headers["etag"] == tag, "\(path)")
        }
        // Nothing in the sources leads elsewhere, but for the name of the SVG namespace.
        for path in ["/", "/page.js", "/page.css"] {
            let text = try await ask(path).body.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
            #expect(!text.contains("http:") && !text.contains("https:") && !text.contains("innerHTML ="), "\(path)")
        }
    }

    @Test func anAnswerThatIsKnownIsNotSentAgain() async throws {
        let path = "/api/v1/reports/traffic/sources?since=2026-11-10&until=2026-11-20"
        let first = try await ask(path)
        let tag = try #require(first.headers["etag"])
        #expect(tag.hasPrefix("W/"))
        let again = try await ask(path, headers: ["If-None-Match: \"other\", \(tag)"])
        #expect(again.status == 304)
        #expect(again.body.isEmpty)
        #expect(again.headers["etag"] == tag)
        #expect(try await ask(path + "&limit=1", headers: ["If-None-Match: \(tag)"]).status == 200)
        #expect(try await ask(path + "&class=bot", headers: ["If-None-Match: \(tag)"]).status == 200)
        #expect(try await ask("/api/v1/reports/overvew", headers: ["If-None-Match: *"]).status == 404)
    }

    @Test(arguments: [
        ("/api/v1/reports/overview?since=yesterday", 200), ("/api/v1/reports/overview?since=never", 400),
        ("/api/v1/reports/overview?colour=red", 400), ("/api/v1/reports/nonsense", 404),
        ("/api/v1/reports/agents/show/nobody", 404), ("/api/v1/reports", 404), ("/api/v1/reports/report?html=x", 403),
        ("/api/v1/reports/throttle/block", 403), ("/api/v1/reports/export/events", 403), ("/nothing", 404),
        // What is not UTF-8 is a value like any that nothing has.
        ("/api/v1/reports/overview?country=%FF", 200), ("/api/v1/reports/overview?country=%C3", 200),
        ("/api/v1/reports/agents/show/%FF", 404), ("/api/v1/", 404), ("/api/v1", 404), ("/api", 404),
        ("/api/v1/command", 404),
    ]) func statuses(_ path: String, _ status: Int) async throws {
        let answer = try await ask(path)
        #expect(answer.status == status)
        let isError = try JSONValue(parsing: answer.body.utf8)["error"] != nil
        #expect(isError == (status != 200))
    }

    @Test func theWholePageIsOneReport() async throws {
        let answer = try await ask("/api/v1/reports/report?since=2026-11-10&until=2026-11-20&country=DE")
        let parts = try JSONValue(parsing: answer.body.utf8)["data"]?["parts"]?.arrayValue ?? []
        #expect(parts.map { $0["question"]?.stringValue } == PageFiles.parts.map(\.question))
        let sources = try #require(parts.first { $0["report"] == "traffic.sources" })
        let alone = try await ask(
            "/api/v1/reports/traffic/sources?limit=8&since=2026-11-10&until=2026-11-20&country=DE")
        #expect(try JSONValue(parsing: alone.body.utf8) == sources["answer"])
    }

    /// Everything that is stored begins and ends somewhere, for the page as for each of its parts.
    @Test func theWholePageOfAllTimeHasItsWindow() async throws {
        let answer = try await ask("/api/v1/reports/report?since=all")
        let page = try JSONValue(parsing: answer.body.utf8)
        let sources = page["data"]?["parts"]?.arrayValue?.first { $0["report"] == "traffic.sources" }?["answer"]
        #expect(page["from"] == sources?["from"] && page["to"] == sources?["to"])
        #expect(try #require(page["from"]?.stringValue) < #require(page["to"]?.stringValue))
    }

    /// Every path of the description answers, with exactly the fields and types that it promises.
    @Test func theDescriptionIsTrue() async throws {
        let text = try await ask("/api/v1/openapi.json").body
        let document = try JSONValue(parsing: text.utf8)
        #expect(document["openapi"] == "3.1.0")
        guard case .object(let paths)? = document["paths"],
            case .object(let schemas)? = document["components"]?["schemas"]
        else {
            Issue.record("no paths")
            return
        }
        #expect(paths.fields.count == Catalogue.all.reports.count { !$0.isStreamed } + 3)
        for (path, item) in paths.fields {
            let responses = item[path == "/api/v1/command" ? "post" : "get"]?["responses"]
            for status in ["400", "408", "431", "501"] {
                #expect(responses?[status]?["$ref"]?.stringValue == "#/components/responses/\(status)", "\(path)")
                let answer = document["components"]?["responses"]?[status]
                #expect(answer?["content"]?["application/problem+json"] != nil, "\(status)")
            }
        }
        for (path, item) in paths.fields where path.hasPrefix("/api/v1/reports/") && !path.contains("{") {
            let parameters = item["get"]?["parameters"]?.arrayValue ?? []
            let names = parameters.compactMap { $0["in"] == "query" ? $0["name"]?.stringValue : nil }
            // Each parameter is accepted with a value that its schema allows.
            var query: [String] = []
            for parameter in parameters where parameter["in"] == "query" {
                let name = try #require(parameter["name"]?.stringValue)
                guard !["since", "until", "from", "to", "days", "format", "tz", "include_all"].contains(name) else {
                    continue
                }
                let schema = parameter["schema"]
                if let word = schema?["enum"]?.arrayValue?.first?.stringValue {
                    query.append("\(name)=\(word)")
                } else if schema?["type"] == "integer" {
                    query.append("\(name)=5")
                } else if schema?["type"] == "string" {
                    query.append("\(name)=")
                }
            }
            if names.contains("since") { query += ["since=2026-11-20", "until=2026-11-21"] }
            let accepted = try await ask(path + "?" + query.joined(separator: "&"))
            if ["throttle.status", "throttle.policies"].contains(item["get"]?["operationId"]?.stringValue) {
                // Only the throttle itself can answer these, and none runs here.
                #expect(accepted.status == 503, "\(path): \(accepted.body.prefix(300))")
                continue
            }
            #expect(accepted.status == 200, "\(path): \(accepted.body.prefix(300))")
            // And an answer with rows has the promised fields.
            let answer = try await ask(path + (names.contains("since") ? "?since=2026-11-10&until=2026-11-22" : ""))
            let data = try JSONValue(parsing: answer.body.utf8)["data"]
            let id = try #require(item["get"]?["operationId"]?.stringValue)
            for fault in faults(of: data, against: schemas[id] ?? .null, at: id) { Issue.record("\(fault)") }
        }
    }

    /// Where a value departs from a schema.
    private func faults(of value: JSONValue?, against schema: JSONValue, at place: String) -> [String] {
        guard let value else { return ["\(place) is missing"] }
        let types: [String] =
            schema["type"]?.stringValue.map { [$0] } ?? schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let actual =
            switch value {
            case .null: "null"
            case .bool: "boolean"
            case .integer: "integer"
            case .number: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        if !types.isEmpty, !types.contains(actual), !(actual == "integer" && types.contains("number")) {
            return ["\(place) is \(actual), not \(types)"]
        }
        var found: [String] = []
        if case .object(let properties)? = schema["properties"] {
            for (name, inner) in properties.fields {
                found += faults(of: value[name], against: inner, at: "\(place).\(name)")
            }
        }
        if let items = schema["items"] {
            for element in (value.arrayValue ?? []).prefix(3) {
                found += faults(of: element, against: items, at: "\(place)[]")
            }
        }
        return found
    }
}
