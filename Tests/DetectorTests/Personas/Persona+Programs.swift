import WeirProtocol

extension Persona {
    /// One session of a program of this kind.
    func visitOfProgram(_ kind: PersonaFile.Kind, _ random: inout SeededRandom) -> PersonaVisit {
        let site = PersonaSite.any(&random, pages: 30...3000)
        var visit = PersonaVisit(site, &random)
        visit.sessionsOfKind = random.whole(kind["sessions_24h"])
        visit.agentsOfNetwork = random.whole(kind.ranges["network_agents"] ?? 1...3)
        let count = random.whole(kind["requests"])
        let pause = random.even(kind["pause_s"])
        let jitter = random.even(kind["jitter"])
        // What a program calls a random pause: even around a mean.
        func wait(_ visit: inout PersonaVisit, _ random: inout SeededRandom) {
            visit.wait(pause * random.even((1 - jitter)...(1 + jitter)))
        }
        func anyPage(_ random: inout SeededRandom) -> String { site.page(random.whole(0...2999)) }
        switch self {
        case .feedReader:
            for _ in 0..<count {
                visit.call("/feed.xml", status: random.chance(0.7) ? 304 : 200)
                wait(&visit, &random)
            }
        case .monitor:
            for _ in 0..<count {
                visit.document("/", status: random.chance(0.01) ? 503 : 200)
                wait(&visit, &random)
            }
        case .apiClient:
            for _ in 0..<count {
                visit.call("/api/v1/items?page=\(random.whole(1...400))", status: random.chance(0.02) ? 429 : 200)
                wait(&visit, &random)
            }
        case .headlessWithTracker:
            if random.chance(0.5) {
                visit.headers["sec-ch-ua"] = "\"HeadlessChrome\";v=\"138\", \"Chromium\";v=\"138\""
            }
            for index in 0..<count {
                visit.document(anyPage(&random), referrer: index == 0 || random.chance(0.5) ? nil : site.host)
                visit.assets(index == 0 ? random.whole(4...20) : random.whole(0...5), &random)
                if site.hasTracker { visit.engagementEvents += 1 }
                wait(&visit, &random)
            }
        case .distributedScraper, .agentRotator:
            for _ in 0..<count {
                visit.document(anyPage(&random))
                wait(&visit, &random)
            }
        case .fastScraper:
            for index in 0..<count {
                visit.document(
                    anyPage(&random), status: random.chance(0.04) ? 404 : 200, referrer: index == 0 ? nil : site.host)
                wait(&visit, &random)
            }
        case .impatientClient:
            // Asks for the same few things until it gets them.
            let targets = (0..<3).map { _ in anyPage(&random) }
            for index in 0..<count {
                visit.document(targets[index % 3], status: random.chance(0.6) ? 429 : 200)
                wait(&visit, &random)
            }
        case .scanner:
            let probes = [
                "/.env", "/.git/config", "/wp-login.php", "/admin/config.php", "/backup.sql", "/phpmyadmin/index.php",
                "/cgi-bin/test.cgi", "/.aws/credentials", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
                "/server-status", "/config.json.bak", "/shell.php", "/.svn/entries", "/actuator/env",
            ]
            let first = random.whole(0...13)
            for index in 0..<count {
                visit.document(probes[(first + index) % probes.count], status: random.chance(0.9) ? 404 : 403)
                wait(&visit, &random)
            }
        case .priceBot:
            // Comes for the same products every time and poses as somebody who came from a search.
            for index in 0..<count {
                visit.document(
                    "/product/\(random.whole(1000...9999))", referrer: index == 0 ? "www.google.com" : site.host)
                wait(&visit, &random)
            }
        case .formSpammer:
            for _ in 0..<count {
                let form = ["/contact", "/comment", "/register", "/guestbook"][random.whole(0...3)]
                if random.chance(0.8) {
                    visit.document(form, referrer: site.host)
                    wait(&visit, &random)
                }
                visit.document(form, method: "POST", status: 302, referrer: site.host)
                visit.wait(random.even(0.5...6))
            }
        case .sequentialCopier:
            let first = random.whole(1...50)
            for index in 0..<count {
                visit.document("/archive/\(first + index)", referrer: index == 0 ? nil : site.host)
                wait(&visit, &random)
            }
        case .linkChecker:
            for _ in 0..<count {
                visit.document(
                    anyPage(&random), method: random.chance(0.8) ? "HEAD" : "GET",
                    status: random.chance(0.08) ? 404 : 200)
                wait(&visit, &random)
            }
        case .credentialStuffer:
            for _ in 0..<count {
                visit.document("/login", method: "POST", status: random.chance(0.97) ? 401 : 302)
                wait(&visit, &random)
            }
        default: preconditionFailure("\(rawValue) is a person")
        }
        return visit
    }
}
