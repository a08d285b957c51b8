public import WeirProtocol

/// A request as the spool holds it: its row and its session's row in the database's COPY text, with what the drain needs
/// to know without reading them.
public struct SpooledRequest: Sendable, Equatable {
    /// The session it belongs to.
    public var session: SessionID
    /// The day of its identity, which is the day of its partition.
    public var day: Int64
    /// The event's row.
    public var eventRow: [UInt8]
    /// The session's row as it stood.
    public var sessionRow: [UInt8]

    /// A request with both rows.
    public init(session: SessionID, day: Int64, eventRow: [UInt8], sessionRow: [UInt8]) {
        self.session = session
        self.day = day
        self.eventRow = eventRow
        self.sessionRow = sessionRow
    }

    /// The form that rows of this release have; a spool of another release is not misread.
    private static let form: UInt8 = 1

    /// The payload of a spool record.
    public var payload: [UInt8] {
        var bytes: [UInt8] = [Self.form]
        bytes.reserveCapacity(32 + session.text.utf8.count + eventRow.count + sessionRow.count)
        withUnsafeBytes(of: day.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(session.text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(eventRow.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: session.text.utf8)
        bytes.append(contentsOf: eventRow)
        bytes.append(contentsOf: sessionRow)
        return bytes
    }

    /// Reads a payload; nil when it is not of this form.
    public init?(payload: [UInt8]) {
        let header = 17
        guard payload.count >= header, payload[0] == Self.form else { return nil }
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
            session: session, day: day, eventRow: Array(payload[(header + sessionSize)...].prefix(eventSize)),
            sessionRow: Array(payload[(header + sessionSize + eventSize)...]))
    }
}
