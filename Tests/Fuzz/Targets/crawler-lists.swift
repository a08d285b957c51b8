import DetectorCore
import WeirProtocol

/// Crawler lists that operators name, and the files of `anomalies notify`: refused with a reason, or usable.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    // Without line breaks in the seeds, a semicolon stands for one.
    let lines = String(text.map { $0 == ";" ? "\n" : $0 })
    do throws(CrawlerList.Malformed) {
        let list = try CrawlerList(parsing: lines)
        for crawler in list.crawlers {
            expect(!crawler.claims.isEmpty && (crawler.ranges.count > 0 || !crawler.domains.isEmpty))
        }
        let claim = CrawlerClaim(name: "Googlebot", address: .v4(0x42F9_4201))
        let check = list.check(claim, at: list.date.start)
        expect(list.crawler(called: "Googlebot") != nil || check == .unchecked)
    } catch { expect(!error.reason.isEmpty) }
    // What says which anomalies were told reads back what it wrote.
    if let told = try? ToldAnomalies(parsing: lines) { expect((try? ToldAnomalies(parsing: told.text)) == told) }
    return 0
}
