/// How a page was read, from the time on it and how far it was scrolled. The server decides; what a client says of it
/// is not looked at.
public enum ReadingPattern: String, Sendable, CaseIterable {
    case bounce, engaged, reader, scanner, skimmer

    /// The first that fits, in this order, all limits exclusive.
    /// - Parameters:
    ///   - timeOnPageMs: milliseconds on the page.
    ///   - depth: percent of the page that was in view, 0...100.
    public init(timeOnPageMs: Int32, depth: Int32) {
        self =
            if timeOnPageMs < 10_000, depth < 25 {
                .bounce
            } else if depth > 75, timeOnPageMs > 30_000 {
                .engaged
            } else if depth > 50, timeOnPageMs > 15_000 {
                .reader
            } else if depth > 30, timeOnPageMs < 20_000 {
                .scanner
            } else {
                .skimmer
            }
    }
}
