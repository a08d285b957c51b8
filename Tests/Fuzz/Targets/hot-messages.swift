import WeirProtocol

/// Both readers of the hot messages: what the direct one reads, the one over the tree reads too, and the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let line = UnsafeRawBufferPointer(start: start, count: count)
    compareInPlace(line)
    compare(line, ThrottleCheck.self)
    compare(line, ThrottleDecision.self)
    compare(line, VerdictReport.self)
    compare(line, RequestRecord.self)
    compare(line, RequestRecorded.self)
    compare(line, SessionEvidence.self)
    compare(line, SessionVerdict.self)
    compare(line, EvidenceList.self)
    compare(line, VerdictList.self)
    return 0
}

private func compare<Message: HotMessage & Equatable>(_ line: UnsafeRawBufferPointer, _ type: Message.Type) {
    guard let direct = HotEnvelope<Message>(line: line) else { return }
    guard let envelope = try? Envelope(line: line), let message = try? envelope.decode(type) else {
        fail("only the direct reader reads it")
    }
    expect(envelope.type == Message.hotType.messageType && message == direct.message)
    expect(envelope.id == direct.id && envelope.re == direct.re && envelope.trace == direct.trace)
    if let peeked = HotType(peeking: line) { expect(peeked == Message.hotType) }

    var written: [UInt8] = []
    direct.append(to: &written)
    expect(written.last == UInt8(ascii: "\n") && !written.dropLast().contains(UInt8(ascii: "\n")))
    guard let again = try? Envelope(line: written.dropLast()), (try? again.decode(type)) == message else {
        fail("what is written does not read the same")
    }
    expect(again.id == direct.id && again.re == direct.re && again.trace == direct.trace)
}

/// What is read where it lies is what the direct reader reads.
private func compareInPlace(_ line: UnsafeRawBufferPointer) {
    guard let found = CheckLine(line) else { return }
    guard let direct = HotEnvelope<ThrottleCheck>(line: line) else { fail("only the reader in place reads it") }
    let text = { (word: CheckLine.Word?) in word.map { String(decoding: $0, as: UTF8.self) } }
    var check = ThrottleCheck(
        ip: text(found.ip)!, session: text(found.session), fingerprint: text(found.fingerprint),
        userAgent: text(found.userAgent), acceptLanguage: text(found.acceptLanguage), method: text(found.method),
        path: text(found.path), user: text(found.user), cost: found.cost, policy: text(found.policy))
    if direct.message.cost == nil { check.cost = nil }
    expect(check == direct.message && (found.cost == direct.message.cost ?? 1))
    expect(text(found.id) == direct.id && text(found.trace) == direct.trace && direct.re == nil)
    guard let id = found.id else { return }
    let decision = ThrottleDecision(allow: true, level: .normal, limit: 9, remaining: 8, reset: 7, policy: "default")
    var (fast, slow): ([UInt8], [UInt8]) = ([], [])
    decision.appendLine(re: id, trace: found.trace, to: &fast)
    HotEnvelope(re: text(id), trace: text(found.trace), decision).append(to: &slow)
    expect(fast == slow)
}
