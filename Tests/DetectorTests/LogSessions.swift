import WeirProtocol

/// Cuts an access log in the combined format into sessions: same address and agent, gaps of at most 30 minutes. Small
/// on purpose and independent of the collector's importer, so that the two can be held against each other.
struct LogSessions {
    /// Evidence per session as it stands at the session's end, in order of the first request.
    var sessions: [SessionEvidence] = []
    /// Lines that are not in the format.
    var unreadable = 0

    private struct Line {
        var address: String
        var at: Int64
        var method: String
        var target: String
        var status: Int
        var referrer: String
        var agent: String
    }

    init(_ text: String, keepingAssets: Bool = true) {
        var lines: [Line] = []
        for row in text.split(separator: "\n") {
            if let line = Self.parse(row) { lines.append(line) } else { unreadable += 1 }
        }
        let order = lines.indices.sorted { (lines[$0].at, $0) < (lines[$1].at, $1) }
        var open: [String: Int] = [:]
        var pages: Set<String> = []
        for index in order {
            let line = lines[index]
            let key = line.address + " " + line.agent
            var place = open[key]
            if let known = place, line.at - sessions[known].lastActivityAt.milliseconds > 1_800_000 { place = nil }
            let facts = RequestFacts(
                method: line.method, path: String(line.target.prefix { $0 != "?" }),
                sessionHasDocument: place.map { sessions[$0].distinctPages > 0 } ?? false)
            let kind = RequestKind(facts)
            if kind == .asset, !keepingAssets { continue }
            if place == nil {
                place = sessions.count
                open[key] = place
                var fresh = SessionEvidence(
                    sessionID: SessionID("sess_\(sessions.count)")!, fingerprint: "fp_" + line.agent, ip: line.address,
                    ipPrefix: IPAddress(line.address)?.neighbourhood.description ?? "", userAgent: line.agent,
                    startedAt: Timestamp(milliseconds: line.at))
                fresh.distinctPages = 0
                sessions.append(fresh)
            }
            add(line, kind, to: place!, &pages)
        }
        countNeighbours()
    }

    private mutating func add(_ line: Line, _ kind: RequestKind, to place: Int, _ pages: inout Set<String>) {
        let at = Timestamp(milliseconds: line.at)
        sessions[place].lastActivityAt = at
        sessions[place].now = at
        if kind == .asset { sessions[place].assetCount += 1 } else { sessions[place].requestCount += 1 }
        if line.status >= 400 { sessions[place].errorCount += 1 }
        if kind == .document,
            !sessions[place].requests.contains(where: { $0.kind == .document && $0.path == line.target })
        {
            sessions[place].distinctPages += 1
        }
        if kind == .document, line.status < 400 { pages.insert(String(line.target.prefix { $0 != "?" })) }
        sessions[place].sitePages = pages.count
        sessions[place].requests.append(
            SessionEvidence.Request(
                at: at, method: line.method, path: line.target, status: line.status, kind: kind,
                referrerHost: Self.host(line.referrer)))
        if sessions[place].requests.count > SessionEvidence.requestLimit {
            sessions[place].requests.removeFirst()
            sessions[place].requestsOmitted += 1
        }
    }

    /// Sessions with the same agent in the same network that began in the 24 hours before each one's end.
    private mutating func countNeighbours() {
        var starts: [String: [Int64]] = [:]
        for session in sessions {
            starts[session.fingerprint + session.ipPrefix, default: []].append(session.startedAt.milliseconds)
        }
        for place in sessions.indices {
            let end = sessions[place].lastActivityAt.milliseconds
            let all = starts[sessions[place].fingerprint + sessions[place].ipPrefix]!
            sessions[place].fingerprintSessions24h = all.count { $0 <= end && $0 > end - 86_400_000 }
        }
    }

    private static func host(_ referrer: String) -> String? {
        guard let scheme = referrer.range(of: "://") else { return nil }
        let host = referrer[scheme.upperBound...].prefix { $0 != "/" && $0 != ":" && $0 != "?" }
        return host.isEmpty ? nil : host.lowercased()
    }

    private static func parse(_ row: Substring) -> Line? {
        guard let space = row.firstIndex(of: " "), let open = row.firstIndex(of: "["),
            let close = row[open...].firstIndex(of: "]")
        else { return nil }
        guard let at = time(row[row.index(after: open)..<close]) else { return nil }
        let parts = row[close...].split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count >= 6 else { return nil }
        let request = parts[1].split(separator: " ")
        let answer = parts[2].split(separator: " ")
        guard let status = answer.first.flatMap({ Int($0) }) else { return nil }
        let agent = String(parts[5])
        return Line(
            address: String(row[..<space]), at: at, method: request.first.map(String.init) ?? "",
            target: request.count > 1 ? String(request[1]) : "", status: status, referrer: String(parts[3]),
            agent: agent == "-" ? "" : agent)
    }

    /// `17/May/2015:10:05:03 +0000` in milliseconds.
    private static func time(_ text: Substring) -> Int64? {
        let parts = text.split { "/: ".contains($0) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 7, let day = Int64(parts[0]), let month = months.firstIndex(of: String(parts[1])),
            let year = Int64(parts[2]), let hour = Int64(parts[3]), let minute = Int64(parts[4]),
            let second = Int64(parts[5]), let zone = Int64(parts[6])
        else { return nil }
        let days = Timestamp.Day(year: year, month: Int64(month) + 1, day: day).number
        let offset = (zone / 100 * 60 + zone % 100) * 60
        return (days * 86_400 + hour * 3600 + minute * 60 + second - offset) * 1000
    }
}

extension String {
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
