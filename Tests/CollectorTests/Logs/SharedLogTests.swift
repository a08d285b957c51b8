import Testing
import WeirProtocol

@testable import CollectorCore

/// The real logs, counted by us and by the independent parser whose counts lie beside them.
@Suite(.needsSharedData) struct SharedLogTests {
    @Test(arguments: [("elastic-10k", 1), ("small-site-105k", 0), ("attackers-3k", 0)])
    func countsAgree(name: String, torn: Int) throws {
        let expected = try SharedData.json("logs/\(name).expected.json")
        var parser = LogLineParser()
        var identity = LineIdentity(site: name)
        var (lines, tornLines, bytes) = (0, 0, Int64(0))
        var statuses: [String: Int] = [:]
        var methods: [String: Int] = [:]
        var paths: [String: Int] = [:]
        var (ips, agents, visitors) = (Set<String>(), Set<String>(), Set<String>())
        var ids = Set<EventID>()
        try SharedData.forEachLine(of: "logs/\(name).log.gz") { line in
            lines += 1
            guard case .success(let entry) = parser.parse(line) else {
                Issue.record("line \(lines): \(parser.parse(line)) for \(String(decoding: line, as: UTF8.self))")
                return
            }
            bytes += entry.bytes ?? 0
            statuses[String(entry.status), default: 0] += 1
            methods[entry.method, default: 0] += 1
            paths[entry.path, default: 0] += 1
            ips.insert(entry.ip)
            // The other parser takes an agent without its closing quote for none.
            if entry.isTorn { tornLines += 1 } else { agents.insert(entry.userAgent ?? "-") }
            visitors.insert(entry.ip + "\n" + (entry.userAgent ?? "-"))
            ids.insert(identity.id(of: entry, line: line))
        }
        #expect(lines == expected["lines"]?.integerValue.map(Int.init))
        #expect(ids.count == lines)
        #expect(tornLines == torn)
        #expect(bytes == expected["bytes"]?.integerValue)
        #expect(counts(expected["status"]) == statuses)
        #expect(counts(expected["methods"]) == methods)
        #expect(ips.count == expected["unique_ips"]?.integerValue.map(Int.init))
        #expect(agents.count == expected["unique_uas"]?.integerValue.map(Int.init))
        #expect(visitors.count == expected["visitors_ip_ua"]?.integerValue.map(Int.init))
        for row in try #require(expected["top_paths_no_query"]?.arrayValue) {
            let path = try #require(row.arrayValue?[0].stringValue)
            #expect(paths[path] == row.arrayValue?[1].integerValue.map(Int.init), "\(path)")
        }
    }

    private func counts(_ value: JSONValue?) -> [String: Int] {
        guard case .object(let object)? = value else { return [:] }
        return Dictionary(uniqueKeysWithValues: object.fields.map { ($0.name, Int($0.value.integerValue ?? -1)) })
    }
}
