/// All per-minute series of an installation: what each value amounts to, given the values before it.
///
/// It is fed with every minute in order, also with those that were stored before a restart, and so needs no state of
/// its own.
public struct SeriesWatch: Sendable {
    /// Which series a value belongs to.
    public struct Key: Hashable, Sendable {
        /// Host, lower case.
        public var site: String
        /// `requests`, `page_requests`, `sessions`, `errors`, `response_time_ms`, `denials`.
        public var series: String
        /// `human`, `bot` or `all`.
        public var population: String

        /// A series.
        public init(site: String, series: String, population: String) {
            self.site = site
            self.series = series
            self.population = population
        }
    }

    /// One minute of one series.
    public struct Point: Hashable, Sendable {
        /// Which series.
        public var key: Key
        /// Milliseconds since 1970 of the minute's beginning.
        public var minute: Int64
        /// The value, in the unit of the series.
        public var value: Double
        /// Requests behind it.
        public var requests: Int

        /// One minute of one series.
        public init(key: Key, minute: Int64, value: Double, requests: Int) {
            self.key = key
            self.minute = minute
            self.value = value
            self.requests = requests
        }
    }

    /// Something out of the ordinary.
    public struct Finding: Hashable, Sendable {
        /// `series_requests`, `trend_requests`, `error_rate`, …
        public var metric: String
        /// Host, lower case; empty where the key is no site's.
        public var site: String
        /// `human`, `bot` or `all`.
        public var population: String
        /// What it is about beside the site: a fingerprint and network; else empty.
        public var key: String
        /// `warning` or `critical`.
        public var level: AnomalyLevel
        /// What was seen.
        public var value: Double
        /// What it was held against.
        public var threshold: Double
        /// What is usual; nil where nothing is.
        public var baseline: Double?
        /// One sentence.
        public var message: String

        /// Something out of the ordinary.
        public init(
            metric: String, site: String = "", population: String, key: String = "", level: AnomalyLevel,
            value: Double, threshold: Double, baseline: Double? = nil, message: String
        ) {
            self.metric = metric
            self.site = site
            self.population = population
            self.key = key
            self.level = level
            self.value = value
            self.threshold = threshold
            self.baseline = baseline
            self.message = message
        }
    }

    /// The most series watched at once; further ones are left out and counted.
    public static let limit = 512
    /// Minutes that a trend is measured against.
    private static let trendSpan = 15
    /// Minutes that the response time's mean and spread are over, and the fewest for a judgement.
    private static let spreadSpan = 120
    private static let spreadMinimum = 30
    /// Fewest requests for a rate or a mean of a minute.
    private static let fewest = 20

    private struct State: Sendable {
        var detector = SeriesDetector()
        var count = 0
        var recent: [Double] = []
    }

    private var states: [Key: State] = [:]
    /// The limits of the table, which an operator may change at any time.
    public var thresholds: [String: AnomalyThreshold]
    /// Series that found no room.
    public private(set) var leftOut = 0

    /// A watch that has seen nothing.
    public init(thresholds: [String: AnomalyThreshold] = AnomalyThreshold.standard) { self.thresholds = thresholds }

    /// Minutes seen of a series, of those that it needs: `learning: k of n`.
    public func learned(_ key: Key) -> (minutes: Int, of: Int) {
        (states[key]?.count ?? 0, SeriesDetector.learning)
    }

    /// Takes one minute. `isNews` is false for minutes of before a restart, which teach and raise nothing.
    public mutating func take(_ point: Point, isNews: Bool = true) -> [Finding] {
        var state = states[point.key] ?? State()
        if states[point.key] == nil, states.count >= Self.limit {
            leftOut += 1
            return []
        }
        // A mean over nothing is no value.
        if point.key.series == "response_time_ms", point.requests == 0 { return [] }
        let answer = state.detector.next(at: point.minute, point.value)
        let before = state.recent
        state.count += 1
        state.recent.append(point.value)
        if state.recent.count > Self.spreadSpan { state.recent.removeFirst(state.recent.count - Self.spreadSpan) }
        states[point.key] = state
        guard isNews else { return [] }
        var found: [Finding] = []
        if answer.level == .warning || answer.level == .critical {
            let usual = Self.mean(before.suffix(60))
            found.append(
                finding(
                    "series_\(point.key.series)", point, answer.level, threshold: answer.score, baseline: usual,
                    "\(Self.words(point.key)): \(Self.text(point.value)) where \(Self.text(usual)) is usual"))
        }
        found += trend(point, before)
        if point.key.series == "response_time_ms" { found += deviation(point, before) }
        return found
    }

    /// The share of errors of one minute of a whole site.
    public func errorRate(site: String, errors: Int, requests: Int) -> [Finding] {
        guard requests >= Self.fewest, let threshold = thresholds["error_rate"] else { return [] }
        let rate = Double(errors) / Double(requests)
        let level = threshold.level(of: rate)
        guard level != .normal else { return [] }
        return [
            Finding(
                metric: "error_rate", site: site, population: "all", level: level, value: rate,
                threshold: level == .critical ? threshold.critical : threshold.warning,
                message: "\(errors) of \(requests) answers in a minute were errors")
        ]
    }

    /// People read, and the tracker that used to speak says nothing.
    ///
    /// - Parameters:
    ///   - documents: Documents that people loaded in the last half hour.
    ///   - events: Engagement events in the same time.
    ///   - usual: Events a document in the 24 hours before.
    public static func silentTracker(site: String, documents: Int, events: Int, usual: Double) -> [Finding] {
        let expected = usual * Double(documents)
        // With nothing heard where 15 are expected, chance is out of the question.
        guard documents >= 20, expected >= 15, Double(events) < expected * 0.1 else { return [] }
        return [
            Finding(
                metric: "silent_tracker", site: site, population: "human", level: .critical, value: Double(events),
                threshold: expected * 0.1, baseline: expected,
                message: "\(events) engagement events in half an hour where \(text(expected)) are usual")
        ]
    }

    private func trend(_ point: Point, _ before: [Double]) -> [Finding] {
        guard point.key.series == "requests" || point.key.series == "errors", point.value >= 30 else { return [] }
        let baseline = Array(before.suffix(Self.trendSpan))
        let level = TrendTest.level(latest: point.value, baseline: baseline)
        guard level == .warning || level == .critical else { return [] }
        let usual = Self.mean(baseline[...])
        let factor = level == .critical ? TrendTest.factors.critical : TrendTest.factors.warning
        return [
            finding(
                "trend_\(point.key.series)", point, level, threshold: usual * factor, baseline: usual,
                "\(Self.words(point.key)): \(Self.text(point.value)), more than \(Self.text(factor)) times the "
                    + "\(Self.text(usual)) of the minutes before")
        ]
    }

    private func deviation(_ point: Point, _ before: [Double]) -> [Finding] {
        guard before.count >= Self.spreadMinimum, point.requests >= Self.fewest,
            let threshold = thresholds["avg_response_time_deviation"]
        else { return [] }
        let mean = Self.mean(before[...])
        let squares = before.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        // A floor, so that a site whose answers are all alike does not alarm at a millisecond.
        let spread = max((squares / Double(before.count)).squareRoot(), mean * 0.05, 1)
        let distance = (point.value - mean) / spread
        let level = threshold.level(of: distance)
        guard level != .normal else { return [] }
        return [
            finding(
                "avg_response_time_deviation", point, level, threshold: threshold.warning, baseline: mean,
                "answers take \(Self.text(point.value)) ms where \(Self.text(mean)) ms are usual", value: distance)
        ]
    }

    private func finding(
        _ metric: String, _ point: Point, _ level: AnomalyLevel, threshold: Double, baseline: Double,
        _ message: String, value: Double? = nil
    ) -> Finding {
        Finding(
            metric: metric, site: point.key.site, population: point.key.population, level: level,
            value: value ?? point.value, threshold: threshold, baseline: baseline, message: message)
    }

    private static func words(_ key: Key) -> String {
        let what = key.series.map { $0 == "_" ? " " : String($0) }.joined()
        return key.population == "all" ? "\(what) a minute" : "\(what) a minute of \(key.population)s"
    }

    private static func mean(_ values: ArraySlice<Double>) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    private static func text(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int64(rounded)) : "\(rounded)"
    }
}
