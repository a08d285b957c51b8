public import WeirProtocol

/// A record as the spool holds it: its row and its session's row in the database's COPY text, with what the drain needs
/// to know without reading them.
public struct SpooledRecord: Sendable, Equatable {
    /// The table that the row is for. The raw value is what stands on disk: a spool of another release is not misread,
    /// so a row whose columns change gets a new number.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// A request, for analytics_events.
        case request = 1
        /// An engagement event, for engagement_events.
        case engagement = 2
        /// An event that a page reports, for analytics_events.
        case clientEvent = 3
    }

    /// The table that the row is for.
    public var kind: Kind
    /// The session it belongs to.
    public var session: SessionID
    /// The day of its identity, which is the day of its partition.
    public var day: Int64
    /// The record's row.
    public var row: [UInt8]
    /// The session's row as it stood.
    public var sessionRow: [UInt8]

    /// A record with both rows.
    public init(kind: Kind = .request, session: SessionID, day: Int64, row: [UInt8], sessionRow: [UInt8]) {
        self.kind = kind
        self.session = session
        self.day = day
        self.row = row
        self.sessionRow = sessionRow
    }

    /// The payload of a spool record.
    public var payload: [UInt8] {
        var bytes: [UInt8] = [kind.rawValue]
        bytes.reserveCapacity(32 + session.text.utf8.count + row.count + sessionRow.count)
        withUnsafeBytes(of: day.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(session.text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(row.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: session.text.utf8)
        bytes.append(contentsOf: row)
        bytes.append(contentsOf: sessionRow)
        return bytes
    }

    /// Reads a payload; nil when it is not of this form.
    public init?(payload: [UInt8]) {
        let header = 17
        guard payload.count >= header, let kind = Kind(rawValue: payload[0]) else { return nil }
        let (day, sessionSize, eventSize) = payload.withUnsafeBytes { bytes in
            (
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: Int64.self)),
                Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 9, as: UInt32.self))),
                Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 13, as: UInt32.self)))
            )
        }
        guard header + sessionSize + eventSize <= payload.count,
            let session = SessionID(String(decoding: payload[header..<header + sessionSize], as: UTF8.self))
        else { return nil }
        self.init(
            kind: kind, session: session, day: day, row: Array(payload[(header + sessionSize)...].prefix(eventSize)),
            sessionRow: Array(payload[(header + sessionSize + eventSize)...]))
    }
}
