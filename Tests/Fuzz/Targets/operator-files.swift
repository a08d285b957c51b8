import ReporterCore
import WeirProtocol

/// Files that operators name: whatever is in them is refused or read within bounds.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    if let map = try? Sitemap(text) {
        expect(map.pages.allSatisfy { !$0.host.isEmpty && $0.path.utf8.first == UInt8(ascii: "/") })
    }
    if let list = try? PriceList(text, validFrom: "2026-01-01") {
        expect(!list.prices.isEmpty && list.prices.allSatisfy { PriceList.isDay($0.validFrom) && !$0.input.isEmpty })
    }
    return 0
}
