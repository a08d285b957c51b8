@testable import CollectorCore
import WeirProtocol

/// The fields that a visitor controls: query, referrer, forwarding headers, host; and a spool that a crash tore.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    let text = String(decoding: bytes, as: UTF8.self)
    _ = CampaignTags(query: text)
    _ = ReferrerURL(text)
    _ = SiteNames.normalized(text)
    _ = Fingerprint.word(userAgent: text, acceptLanguage: text)
    let redacted = SecretRedaction.redact(query: text)
    expect(SecretRedaction.redact(query: redacted) == redacted, "redacting twice changes nothing more")
    let url = SecretRedaction.redact(url: text)
    expect(SecretRedaction.redact(url: url) == url, "of a URL, too")

    let networks = [NetworkPrefix("10.0.0.0/8")!, NetworkPrefix("fd00::/8")!]
    _ = ClientAddressRule(trusted: networks).client(peer: "10.0.0.1", forwardedFor: text)

    let scan = SpoolFraming.scan(bytes)
    expect(scan.length <= count && scan.payloads.allSatisfy { $0.upperBound <= scan.length })
    let whole = SpoolFraming.salvage(bytes, isEnd: true)
    expect(whole.length <= count && whole.payloads.starts(with: scan.payloads))
    guard count > 0 else { return 0 }
    var spool: [UInt8] = []
    SpoolFraming.append(Array(bytes), to: &spool)
    let again = spool.withUnsafeBytes { SpoolFraming.scan($0) }
    expect(again.payloads.count == 1 && again.length == spool.count && !again.isDamaged)
    // A record is found behind whatever comes before it.
    let next = (bytes + spool).withUnsafeBytes { SpoolFraming.nextRecord(in: $0, from: 0) }
    expect(next != nil && next! <= count)
    return 0
}
