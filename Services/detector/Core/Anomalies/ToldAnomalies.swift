/// Which anomalies somebody has been told of, so that each is told once: a line of a small file for each, its id and
/// what was last said of it.
public struct ToldAnomalies: Sendable, Equatable {
    /// What there is to say.
    public enum Event: String, Sendable {
        /// It is there, and was not told before.
        case opened
        /// It was told as a warning and is critical now.
        case worse
        /// It was told and is over.
        case closed
    }

    /// What is to be remembered of an anomaly.
    private enum State: String {
        case warning, critical, closed
    }

    /// A line that is no record of an anomaly.
    public struct Malformed: Error, Hashable, Sendable {
        /// 1-based.
        public var line: Int

        /// A wrong line.
        public init(line: Int) { self.line = line }
    }

    /// More lines than a file of ours ever has.
    public static let limit = 10_000

    private var states: [String: State] = [:]

    /// Nobody was told of anything.
    public init() {}

    /// Reads what `text` wrote.
    public init(parsing text: some StringProtocol) throws(Malformed) {
        for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty { continue }
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, !words[0].isEmpty, words[0].utf8.count <= 64, place < Self.limit,
                let state = State(rawValue: String(words[1]))
            else { throw Malformed(line: place + 1) }
            states[String(words[0])] = state
        }
    }

    /// The file, in order of the ids.
    public var text: String {
        states.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.rawValue)\n" }.joined()
    }

    /// What is to be said of an anomaly; nil when it was said, or is not worth saying: an anomaly's end is only where
    /// `tellingEnds`.
    public func event(of id: String, isCritical: Bool, isClosed: Bool, tellingEnds: Bool) -> Event? {
        switch states[id] {
        case nil: .opened
        case .closed?: nil
        case .warning? where isCritical: .worse
        case .warning?, .critical?: isClosed && tellingEnds ? .closed : nil
        }
    }

    /// Remembers that the state of an anomaly was told.
    public mutating func remember(_ id: String, isCritical: Bool, isClosed: Bool) {
        states[id] = isClosed ? .closed : isCritical ? .critical : .warning
    }

    /// Forgets all but these, which are the ones that can still be asked for.
    public mutating func keep(_ ids: Set<String>) { states = states.filter { ids.contains($0.key) } }
}
