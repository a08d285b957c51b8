import WeirProtocol

/// What became of one visit: a line of the ledger, so that a test can ask whether each visitor was taken for what it is.
struct VisitOutcome: Codable, Hashable, Sendable {
    var name: String
    var persona: String
    var ip: String
    var userAgent: String
    /// The sessions that the collector put its requests in, in the order of their first request.
    var sessions: [SessionID] = []
    /// Requests that the collector acknowledged.
    var recorded = 0
    /// Requests that were not acknowledged.
    var unrecorded = 0
    /// Requests that the throttle refused; they are recorded too, as 429.
    var denied = 0
    /// The highest level that the throttle answered with.
    var level = ThrottleLevel.normal

    enum CodingKeys: String, CodingKey {
        case name, persona, ip
        case userAgent = "user_agent"
        case sessions, recorded, unrecorded, denied, level
    }

    /// A visit that has not begun.
    init(_ visit: PlannedVisit) {
        (name, persona, ip, userAgent) = (visit.name, visit.persona.rawValue, visit.ip, visit.userAgent)
    }

    /// Counts one request.
    mutating func count(_ decision: ThrottleDecision, _ acknowledgement: RequestRecorded?) {
        if !decision.allow { denied += 1 }
        level = max(level, decision.level)
        guard let acknowledgement else {
            unrecorded += 1
            return
        }
        recorded += 1
        if !sessions.contains(acknowledgement.sessionID) { sessions.append(acknowledgement.sessionID) }
    }
}

/// What was sent, by persona, as a table for people.
struct TrafficSummary: CustomStringConvertible {
    var outcomes: [VisitOutcome]

    var description: String {
        let heading = ["PERSONA", "VISITORS", "REQUESTS", "DENIED", "SESSIONS", "HIGHEST LEVEL"]
        var rows = Persona.allCases.compactMap { persona -> [String]? in
            let visits = outcomes.filter { $0.persona == persona.rawValue }
            return visits.isEmpty ? nil : row(persona.rawValue, visits)
        }
        rows.append(row("total", outcomes))
        let widths = heading.indices.map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
        return ([heading] + rows).map { cells in
            zip(cells, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + padding : padding + cell.0
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private func row(_ name: String, _ visits: [VisitOutcome]) -> [String] {
        func sum(_ count: (VisitOutcome) -> Int) -> String { String(visits.reduce(0) { $0 + count($1) }) }
        return [
            name, String(visits.count), sum { $0.recorded + $0.unrecorded }, sum(\.denied), sum { $0.sessions.count },
            (visits.map(\.level).max() ?? .normal).name,
        ]
    }
}
