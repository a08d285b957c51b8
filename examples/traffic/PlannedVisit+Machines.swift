/// Robots that say so, by the names they are known by.
enum Crawler {
    static let all = [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "CCBot/2.0 (https://commoncrawl.org/faq/)",
    ]
}

extension PlannedVisit {
    /// Reads robots.txt, then pages in no particular order, without cookies and without the files of the pages.
    static func crawler(_ number: Int, _ random: inout SeededGenerator) -> PlannedVisit {
        var clock = random.number(0...5000)
        var requests = [
            PlannedRequest(at: clock, path: "/robots.txt", duration: 1, bytes: 120, contentType: "text/plain")
        ]
        for page in Site.pages.shuffled(using: &random).prefix(random.number(12...25)) {
            clock += random.number(700...2200)
            guard clock < TrafficPlan.length else { break }
            requests.append(document(page, at: clock, &random))
        }
        return PlannedVisit(
            name: "crawler-" + padded(number + 1), persona: .crawler, ip: "198.19.\(200 + number).10",
            userAgent: Crawler.all[number], acceptLanguage: nil, keepsCookies: false, requests: requests)
    }

    /// Asks for the feed three times.
    static func feedReader(_ random: inout SeededGenerator) -> PlannedVisit {
        let requests = [2000, 22_000, 42_000].enumerated().map { position, start in
            PlannedRequest(
                at: start + random.number(0...3000), path: Site.feed, status: position == 0 ? 200 : 304, duration: 5,
                bytes: position == 0 ? 18_000 : 0, contentType: "application/rss+xml",
                headers: ["accept": "application/rss+xml, application/atom+xml"])
        }
        return PlannedVisit(
            name: "feed_reader-01", persona: .feedReader, ip: "198.19.210.20",
            userAgent: "Tiny Tiny RSS/24.10 (https://tt-rss.org/)", acceptLanguage: nil, keepsCookies: false,
            requests: requests)
    }

    /// Tries what careless installations leave open, under a browser's name; almost nothing of it exists.
    static func scanner(_ random: inout SeededGenerator) -> PlannedVisit {
        let probes = [
            "/.env", "/.git/config", "/wp-login.php", "/wp-admin/", "/phpmyadmin/index.php", "/.aws/credentials",
            "/config.php.bak", "/backup.sql", "/server-status", "/cgi-bin/test.cgi", "/.svn/entries", "/vendor/phpunit",
            "/admin.php", "/xmlrpc.php", "/.DS_Store", "/actuator/env", "/shell.php", "/old/wp-config.php",
            "/.htpasswd", "/etc/passwd", "/console/", "/db.sqlite", "/id_rsa", "/debug/default/view",
            "/.vscode/sftp.json",
        ]
        var clock = random.number(3000...6000)
        let requests = (["/"] + probes.shuffled(using: &random)).map { path in
            defer { clock += random.number(400...1400) }
            return PlannedRequest(
                at: clock, path: path, status: path == "/" ? 200 : path == "/server-status" ? 403 : 404, duration: 2,
                bytes: 150, contentType: Self.html)
        }
        return PlannedVisit(
            name: "scanner-01", persona: .scanner, ip: "198.19.220.30",
            userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                + " Chrome/120.0.0.0 Safari/537.36",
            acceptLanguage: nil, keepsCookies: false, requests: requests)
    }

    /// Takes every page of the catalogue and the journal in order, at an even pace, and none of their files.
    static func scraper(_ random: inout SeededGenerator) -> PlannedVisit {
        var clock = random.number(2000...5000)
        let requests = (Site.products + Site.articles.sorted()).map { page in
            defer { clock += 590 + random.number(0...20) }
            return document(page, at: clock, &random)
        }
        return PlannedVisit(
            name: "scraper-01", persona: .scraper, ip: "198.19.230.40",
            userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
                + " Chrome/151.0.0.0 Safari/537.36",
            acceptLanguage: "en-US,en;q=0.9", keepsCookies: false, requests: requests)
    }

    /// Asks for one page fifteen times a second: three times what the default policy refills.
    static func impatient(_ random: inout SeededGenerator) -> PlannedVisit {
        let requests = (0..<600).map { number in
            document("/catalogue/item-07", at: 10_000 + number * 66 + random.number(0...20), &random)
        }
        return PlannedVisit(
            name: "impatient-01", persona: .impatient, ip: "198.19.240.50",
            userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:151.0) Gecko/20100101 Firefox/151.0",
            acceptLanguage: "en-US,en;q=0.5", keepsCookies: false, requests: requests)
    }

    private static func document(_ page: String, at moment: Int, _ random: inout SeededGenerator) -> PlannedRequest {
        PlannedRequest(
            at: moment, path: page, duration: Double(random.number(12...180)),
            bytes: Int64(random.number(6000...40_000)), contentType: Self.html)
    }
}
