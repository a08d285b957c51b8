import Testing
import WeirProtocol

@testable import traffic

@Suite struct TrafficPlanTests {
    static let seeds: [UInt64] = [1, 7, 2026]

    @Test func theSameSeedPlansTheSameTraffic() {
        #expect(TrafficPlan(seed: 11, people: 40).visits == TrafficPlan(seed: 11, people: 40).visits)
        #expect(TrafficPlan(seed: 11, people: 40).visits != TrafficPlan(seed: 12, people: 40).visits)
    }

    @Test func morePeopleLeaveThoseBeforeThemAsTheyWere() {
        let (few, many) = (TrafficPlan(seed: 3, people: 10), TrafficPlan(seed: 3, people: 30))
        #expect(Array(many.visits.prefix(10)) == Array(few.visits.prefix(10)))
    }

    @Test(arguments: seeds) func requestsAreOrderedAndWithinTheMinute(_ seed: UInt64) {
        let plan = TrafficPlan(seed: seed, people: 40)
        for visit in plan.visits {
            #expect(!visit.requests.isEmpty, "\(visit.name)")
            #expect(visit.requests.map(\.at) == visit.requests.map(\.at).sorted(), "\(visit.name)")
            #expect(visit.requests.allSatisfy { (0..<TrafficPlan.length).contains($0.at) }, "\(visit.name)")
        }
    }

    @Test(arguments: seeds) func everyPersonaComesOnceAtLeastAndNobodySharesAnAddress(_ seed: UInt64) {
        let plan = TrafficPlan(seed: seed, people: 40)
        #expect(Set(plan.visits.map(\.persona)) == Set(Persona.allCases))
        #expect(Set(plan.visits.map(\.ip)).count == plan.visits.count)
        #expect(Set(plan.visits.map(\.name)).count == plan.visits.count)
        #expect(plan.visits.allSatisfy { IPAddress($0.ip) != nil })
    }

    @Test(arguments: seeds) func peopleFetchWhatTheirPagesNeedAndPauseBetweenPages(_ seed: UInt64) {
        let plan = TrafficPlan(seed: seed, people: 40)
        for visit in plan.visits where visit.persona == .person {
            let documents = visit.requests.filter { kind($0) == .document }
            #expect((1...6).contains(documents.count), "\(visit.name)")
            #expect(visit.requests.contains { kind($0) == .asset }, "\(visit.name)")
            let gaps = zip(documents, documents.dropFirst()).map { $1.at - $0.at }
            #expect(gaps.allSatisfy { $0 >= 3000 }, "\(visit.name)")
        }
    }

    @Test(arguments: seeds) func machinesShowWhatGivesThemAway(_ seed: UInt64) throws {
        let plan = TrafficPlan(seed: seed, people: 40)
        let scraper = try #require(plan.visits.first { $0.persona == .scraper })
        #expect(scraper.requests.map(\.path) == scraper.requests.map(\.path).sorted())
        #expect(scraper.requests.count > 60)
        #expect(scraper.requests.allSatisfy { kind($0) == .document })

        let scanner = try #require(plan.visits.first { $0.persona == .scanner })
        #expect(scanner.requests.count { $0.status >= 400 } * 2 > scanner.requests.count)

        let impatient = try #require(plan.visits.first { $0.persona == .impatient })
        #expect(Set(impatient.requests.map(\.path)).count == 1)
        let span = try #require(impatient.requests.last).at - impatient.requests[0].at
        let refilled = 5 * span / 1000
        #expect(impatient.requests.count > 100 + refilled, "more than the default policy's burst and refill allow")

        for crawler in plan.visits where crawler.persona == .crawler {
            #expect(crawler.requests.first?.path == "/robots.txt")
            #expect(!crawler.keepsCookies)
        }
    }

    private func kind(_ request: PlannedRequest) -> RequestKind {
        RequestKind(
            RequestFacts(
                method: request.method, path: request.path, contentType: request.contentType,
                fetchDestination: request.headers["sec-fetch-dest"], fetchMode: request.headers["sec-fetch-mode"],
                hasSameSiteReferrer: request.referrer?.contains(Site.host) == true))
    }
}
