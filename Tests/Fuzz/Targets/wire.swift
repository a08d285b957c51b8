import WeirProtocol

/// The stream as a connection sees it: framing, envelopes, messages. However it is cut into reads the lines are the
/// same, what reads is written back to the same message, and an error always fits a line.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let stream = UnsafeRawBufferPointer(start: start + 1, count: count - 1)
    let limit = 256
    var lines: [[UInt8]] = []
    var whole = LineFramer(limit: limit)
    let wholeFailed = feed(&whole, stream, &lines)

    var again: [[UInt8]] = []
    var pieces = LineFramer(limit: limit)
    var piecesFailed = false
    let step = Int(start[0]) + 1
    for offset in stride(from: 0, to: stream.count, by: step) {
        let piece = UnsafeRawBufferPointer(rebasing: stream[offset..<min(stream.count, offset + step)])
        piecesFailed = feed(&pieces, piece, &again)
    }
    expect(lines == again && wholeFailed == piecesFailed && whole.pendingCount == pieces.pendingCount)

    for line in lines { check(line) }
    check(Array(stream))
    return 0
}

private func feed(_ framer: inout LineFramer, _ bytes: UnsafeRawBufferPointer, _ lines: inout [[UInt8]]) -> Bool {
    do {
        try framer.feed(bytes) { lines.append(Array($0)) }
        return false
    } catch { return true }
}

private func check(_ line: [UInt8]) {
    let envelope: Envelope
    do throws(WireError) { envelope = try Envelope(line: line) } catch {
        expect(Envelope(.error, body: JSONValue(encoding: error)).line.count < Envelope.lineLimit)
        return
    }
    expect((try? Envelope(line: envelope.line.dropLast())) != nil)
    switch envelope.type {
    case .throttleCheck, .throttlePeek: check(envelope, ThrottleCheck.self)
    case .throttleDecision: check(envelope, ThrottleDecision.self)
    case .verdictReport: check(envelope, VerdictReport.self)
    case .requestRecord: check(envelope, RequestRecord.self)
    case .requestRecorded: check(envelope, RequestRecorded.self)
    case .sessionEvaluate: check(envelope, SessionEvidence.self)
    case .sessionVerdict: check(envelope, SessionVerdict.self)
    case .sessionsEvaluate: check(envelope, EvidenceList.self)
    case .sessionsVerdicts: check(envelope, VerdictList.self)
    case .status: check(envelope, ServiceStatus.self)
    case .error: check(envelope, WireError.self)
    default: check(envelope, Hello.self)
    }
}

private func check<Message: Codable & Equatable>(_ envelope: Envelope, _ type: Message.Type) {
    guard let message = try? envelope.decode(type) else { return }
    expect((try? JSONValue(encoding: message).decoded(as: type)) == message)
}
