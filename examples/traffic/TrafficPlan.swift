/// A minute of made-up traffic. The same seed and the same number of people give the same plan, request for request.
struct TrafficPlan: Sendable {
    /// What a plan covers, in milliseconds.
    static let length = 60_000

    /// Every client, people first.
    var visits: [PlannedVisit]

    /// Plans for `people` (1...2,000) people and the usual machines among them.
    init(seed: UInt64, people: Int) {
        precondition((1...2000).contains(people), "people: 1...2000")
        var streams = 0
        func generator() -> SeededGenerator {
            streams += 1
            return SeededGenerator(seed: seed, stream: UInt64(streams))
        }
        visits = (1...people).map { number in
            var random = generator()
            return .person(number, &random)
        }
        for number in Crawler.all.indices {
            var random = generator()
            visits.append(.crawler(number, &random))
        }
        var random = generator()
        visits += [.feedReader(&random), .scanner(&random), .scraper(&random), .impatient(&random)]
    }

    /// Requests of all visits together.
    var requestCount: Int { visits.reduce(0) { $0 + $1.requests.count } }
}
