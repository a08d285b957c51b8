extension SessionEvidence {
    /// Leaves out the oldest requests until the message fits a line of the wire, and counts them in `requestsOmitted`.
    ///
    /// Four hundred requests with long queries would not fit, and a visitor chooses how long they are. Fields other than
    /// requests are never cut; the collector has clamped them.
    /// - Parameter limit: Bytes for the whole line, envelope included.
    public mutating func fit(in limit: Int = Envelope.lineLimit) {
        // The envelope's own fields: type, id, trace and what is between them.
        let room = limit - 2 * Envelope.idLimit - 128
        var writer = JSONWriter(capacity: room)
        var rest = self
        rest.requests = []
        rest.write(into: &writer)
        var left = room - writer.bytes.count
        var kept = 0
        for request in requests.reversed() {
            writer.removeAll()
            request.write(into: &writer)
            left -= writer.bytes.count + 1
            guard left >= 0 else { break }
            kept += 1
        }
        requestsOmitted += requests.count - kept
        requests.removeFirst(requests.count - kept)
    }
}
