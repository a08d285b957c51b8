import CollectorCore
import WeirProtocol

/// What anybody on the internet may post: JSON that pages report, in both forms, alone and in batches. What is taken
/// keeps its limits; reading it twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    _ = PageOrigins(origins: ["https://a.example"]).standing(
        origin: String(decoding: bytes, as: UTF8.self), host: "a.example")
    guard let value = try? JSONValue(parsing: bytes) else { return 0 }
    let now = Timestamp(year: 2023, month: 7, day: 15)
    for form in PageEventForm.allCases {
        if let event = try? form.event(value, now: now) { check(event, again: try? form.event(value, now: now)) }
        guard let items = try? form.batch(value, now: now) else { continue }
        expect(items.count <= PageEventForm.batchLimit)
        for item in items { if case .success(let event) = item { check(event, again: event) } }
    }
    return 0
}

private func check(_ event: PageEvent, again: PageEvent?) {
    expect(event == again, "reading twice gives the same")
    expect(!event.type.isEmpty && event.type.utf8.count <= 50 && !event.category.isEmpty)
    expect((0...100).contains(event.metrics.maxScrollDepth ?? 0))
    expect((event.metrics.timeOnPageMs ?? 0) >= 0 && (event.metrics.scrollVelocityAvg ?? 0) >= 0)
    expect(event.path?.hasPrefix("/") != false)
    expect(event.isReading == (event.readingPattern != nil))
}
