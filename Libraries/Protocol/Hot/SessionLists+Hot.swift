extension EvidenceList: HotMessage {
    /// `sessions.evaluate`.
    public static var hotType: HotType { .sessionsEvaluate }

    private static let fields = FieldTable<CodingKeys>()

    /// Reads the body.
    public init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var sessions: [SessionEvidence]?
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .sessions:
                var list: [SessionEvidence] = []
                var more = try scanner.enterArray()
                while more {
                    list.append(try SessionEvidence(scanning: &scanner))
                    more = try scanner.nextElement()
                }
                sessions = list
            }
        }
        guard let sessions else { throw .unsupported }
        self.init(sessions: sessions)
    }

    /// Writes the body.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("sessions")
            writer.array { writer in for session in sessions { session.write(into: &writer) } }
        }
    }
}

extension VerdictList: HotMessage {
    /// `sessions.verdicts`.
    public static var hotType: HotType { .sessionsVerdicts }

    private static let fields = FieldTable<CodingKeys>()

    /// Reads the body.
    public init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var verdicts: [SessionVerdict]?
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .verdicts:
                var list: [SessionVerdict] = []
                var more = try scanner.enterArray()
                while more {
                    list.append(try SessionVerdict(scanning: &scanner))
                    more = try scanner.nextElement()
                }
                verdicts = list
            }
        }
        guard let verdicts else { throw .unsupported }
        self.init(verdicts: verdicts)
    }

    /// Writes the body.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("verdicts")
            writer.array { writer in for verdict in verdicts { verdict.write(into: &writer) } }
        }
    }
}
