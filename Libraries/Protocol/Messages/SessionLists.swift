/// Several sessions to be judged in one question (`sessions.evaluate`), for who has thousands of them: an import, or a
/// collector that catches up.
public struct EvidenceList: Hashable, Sendable, Codable {
    /// The sessions in one message at most.
    public static let limit = 256

    /// What is known of each.
    public var sessions: [SessionEvidence]

    /// A list of at most `limit` sessions.
    public init(sessions: [SessionEvidence]) { self.sessions = sessions }

    enum CodingKeys: String, CodingKey, CaseIterable { case sessions }
}

/// The reply to `sessions.evaluate`: a verdict for each session that could be judged and stored, in the question's order.
public struct VerdictList: Hashable, Sendable, Codable {
    /// The verdicts. A session without one is to be asked for alone, which tells why.
    public var verdicts: [SessionVerdict]

    /// A list of verdicts.
    public init(verdicts: [SessionVerdict]) { self.verdicts = verdicts }

    enum CodingKeys: String, CodingKey, CaseIterable { case verdicts }
}

/// Packs evidence into `sessions.evaluate` lines, each as full as a line may be.
public struct EvidencePacker: Sendable {
    /// The body of one line, ready but for its `id`.
    public struct Parcel: Sendable {
        /// The sessions in it.
        public fileprivate(set) var count = 0
        fileprivate var elements = JSONWriter(capacity: 0)

        /// The line, newline included.
        public func line(id: String) -> [UInt8] {
            var line: [UInt8] = []
            line.reserveCapacity(elements.bytes.count + 256)
            JSONWriter.append(to: &line) { writer in
                writer.object { writer in
                    writer.key("v")
                    writer.integer(Envelope.version)
                    writer.key("type")
                    writer.string(HotType.sessionsEvaluate.rawValue)
                    writer.optional("id", id)
                    writer.key("body")
                    writer.object { writer in
                        writer.key("sessions")
                        writer.array { $0.raw(elements.bytes) }
                    }
                }
                writer.newline()
            }
            return line
        }
    }

    /// Bytes of a line that are not evidence: its labels and what is between them.
    private static let frame = 2 * Envelope.idLimit + 128

    /// The lines' worth so far, the last of which may have room.
    public private(set) var parcels: [Parcel] = []
    private var writer = JSONWriter(capacity: 4096)

    /// Nothing packed.
    public init() {}

    /// Adds a session; the oldest requests of one that alone would not fit a line are left out, and counted.
    public mutating func add(_ evidence: SessionEvidence) {
        writer.removeAll()
        evidence.write(into: &writer)
        if writer.bytes.count > Envelope.lineLimit - Self.frame {
            var shorter = evidence
            shorter.fit(in: Envelope.lineLimit - Self.frame)
            writer.removeAll()
            shorter.write(into: &writer)
        }
        let last = parcels.count - 1
        if last < 0 || parcels[last].count >= EvidenceList.limit
            || parcels[last].elements.bytes.count + writer.bytes.count + 1 > Envelope.lineLimit - Self.frame
        {
            parcels.append(Parcel())
        }
        parcels[parcels.count - 1].elements.raw(writer.bytes)
        parcels[parcels.count - 1].count += 1
    }
}
