import Glibc
import WeirProtocol

/// Addresses, prefixes, identifiers and kinds out of any text. The C library judges what is an address.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let address = IPAddress(text)
    if !text.utf8.contains(0) {
        var buffer = (UInt64(0), UInt64(0))
        let isAddress =
            text.withCString { inet_pton(AF_INET, $0, &buffer) == 1 || inet_pton(AF_INET6, $0, &buffer) == 1 }
        expect(isAddress == (address != nil))
    }
    if let address {
        expect(IPAddress(address.description) == address)
        expect(address.neighbourhood.contains(address))
        _ = address.isPrivate
    }
    if let prefix = NetworkPrefix(text) {
        expect(NetworkPrefix(prefix.description) == prefix && prefix.contains(prefix.address))
    }
    if let id = EventID(text) { expect(EventID(id.description) == id && id.description == text.lowercased()) }
    if let id = SessionID(text) { expect(id.text == text) }
    let facts = RequestFacts(method: "GET", path: text, contentType: text, hasSameSiteReferrer: true)
    expect(RequestKind(facts) != .background)
    if let found = RequestKind.pathExtension(text) { expect(found.utf8.count <= 24) }
    return 0
}
