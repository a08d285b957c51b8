import Testing
import WeirProtocol

@testable import CollectorCore

private func record(_ change: (inout RequestRecord) -> Void = { _ in }) -> RequestRecord {
    let at = Timestamp(milliseconds: 1_700_000_000_000)
    var record = RequestRecord(
        eventID: EventID(at: at, entropy: (1, 2)), at: at, method: "GET", path: "/", status: 200, ip: "192.0.2.7")
    change(&record)
    return record
}

@Suite struct FingerprintTests {
    @Test(
        arguments: [
            // printf 'UA\nlang' | sha256sum
            ("curl/8.0", nil, "fp_2b499d16fd48693fff2c52ddb7536e3c"), (nil, nil, "fp_01ba4719c80b6fe911b091a7c05124b6"),
            ("Mozilla/5.0", "De-AT,de;q=0.9,en;q=0.8", "fp_69d500c7ef72b1150b86083ef60a77df"),
            ("Mozilla/5.0", " de-at ;q=1", "fp_69d500c7ef72b1150b86083ef60a77df"),
        ] as [(String?, String?, String)])
    func isTheHashOfAgentAndFirstLanguage(agent: String?, language: String?, word: String) {
        #expect(Fingerprint.word(userAgent: agent, acceptLanguage: language) == word)
    }
}

@Suite struct ClientAddressTests {
    private let rule = ClientAddressRule(trusted: ["10.0.0.0/8", "2001:db8:1::/48"].compactMap { NetworkPrefix($0) })

    @Test(
        arguments: [
            ("192.0.2.7", nil, "192.0.2.7"), ("192.0.2.7", "203.0.113.1", "192.0.2.7"),
            ("10.0.0.1", "203.0.113.1", "203.0.113.1"), ("10.0.0.1", "6.6.6.6, 203.0.113.1", "203.0.113.1"),
            ("10.0.0.1", "6.6.6.6, 203.0.113.1, 10.9.9.9", "203.0.113.1"), ("10.0.0.1", nil, "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"), ("10.0.0.1", "unknown", "10.0.0.1"),
            ("10.0.0.1", "6.6.6.6, garbage, 10.2.2.2", "10.2.2.2"), ("10.0.0.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
            ("10.0.0.1", "203.0.113.1:5555", "203.0.113.1"), ("10.0.0.1", "[2001:db8::5]:443", "2001:db8::5"),
            ("2001:db8:1::9", "2001:db8::5", "2001:db8::5"), ("::ffff:10.0.0.1", "203.0.113.1", "203.0.113.1"),
            ("unix:", "203.0.113.1", "203.0.113.1"), ("", "203.0.113.1", "203.0.113.1"), ("unix:", nil, nil),
            ("nonsense", "203.0.113.1", nil),
        ] as [(String, String?, String?)])
    func whoTheClientIs(peer: String, forwardedFor: String?, client: String?) {
        #expect(rule.client(peer: peer, forwardedFor: forwardedFor)?.description == client)
    }

    @Test func aLongChainIsNotWalkedToItsEnd() {
        let chain = "6.6.6.6" + String(repeating: ", 10.1.1.1", count: 10_000)
        #expect(rule.client(peer: "10.0.0.1", forwardedFor: chain)?.description == "10.1.1.1")
    }

    @Test(arguments: [("192.0.2.77", "192.0.2.0"), ("2001:db8:aaaa:bbbb::1", "2001:db8:aaaa::")])
    func truncation(address: String, kept: String) {
        let rule = ClientAddressRule(anonymization: .truncate)
        #expect(rule.client(peer: address, forwardedFor: nil)?.description == kept)
    }
}

@Suite struct SiteNamesTests {
    @Test(
        arguments: [
            ("Example.ORG:8443", "example.org"), ("www.example.org", "example.org"),
            ("shop.example.org.", "shop.example.org"),
            ("evil.test", "example.org"), (nil, "example.org"), ("", "example.org"), ("a b", "example.org"),
        ] as [(String?, String)])
    func configuredHosts(host: String?, site: String) {
        #expect(SiteNames(hosts: ["example.org", "shop.example.org"]).site(host: host) == site)
    }

    @Test(
        arguments: [
            ("Example.ORG:8443", "example.org"), ("[2001:DB8::1]:80", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"),
            ("bad host", "localhost"), (String(repeating: "a", count: 254), "localhost"), ("x\"y", "localhost"),
            ("..", "localhost"), (nil, "localhost"),
        ] as [(String?, String)])
    func withoutConfiguration(host: String?, site: String) {
        #expect(SiteNames().site(host: host) == site)
    }
}

@Suite struct SecretRedactionTests {
    @Test(arguments: [
        ("a=1&token=abc&b=2", "a=1&token=REDACTED&b=2"), ("password=p%26q", "password=REDACTED"),
        ("user[password]=x&user[name]=y", "user[password]=REDACTED&user[name]=y"),
        ("API_KEY=x;secret=y", "API_KEY=REDACTED;secret=REDACTED"),
        ("api-key=x&apikey=y", "api-key=REDACTED&apikey=REDACTED"),
        ("code=x&state=y", "code=REDACTED&state=y"), ("X-Amz-Signature=x", "X-Amz-Signature=REDACTED"),
        ("access_token=x&client_secret=y", "access_token=REDACTED&client_secret=REDACTED"),
        ("t%6Fken=x", "t%6Fken=REDACTED"), ("authorization=Bearer+x", "authorization=REDACTED"),
        ("token=", "token="), ("token", "token"),
        ("country_code=at&keyword=x&monkey=1&author=me", "country_code=at&keyword=x&monkey=1&author=me"),
        // Escaped once or twice: the name, or a whole URL with its query.
        ("%2574oken=x", "%2574oken=REDACTED"), ("next=%2Fcb%3Ftoken%3Dabc&b=2", "next=%2Fcb%3Ftoken%3DREDACTED&b=2"),
        ("next=%252Fcb%253Fa%253D1%2526token%253Dabc", "next=%252Fcb%253Fa%253D1%2526token%253DREDACTED"),
        ("next=/cb?a=1%26token=abc%26b=2", "next=/cb?a=1%26token=REDACTED%26b=2"),
        ("next=https%3A%2F%2Fanna%3Ahunter2%40x.org%2F", "next=https%3A%2F%2FREDACTED%40x.org%2F"),
        ("a=://b:c@d&token=x%@y/", "a=://REDACTED@d&token=REDACTED"),
        ("://user=p@credential=x", "://REDACTED@credential=REDACTED"), ("a=://b&token=x@y%", "a=://b&token=REDACTED"),
        ("next=https://anna:hunter2@x.org/", "next=https://REDACTED@x.org/"), ("mail=anna@x.org", "mail=anna@x.org"),
        (String(repeating: "x", count: 200) + "_token=x", String(repeating: "x", count: 200) + "_token=REDACTED"),
        ("q=token=abc", "q=token=abc"), ("=x&&&=", "=x&&&="), ("", ""), ("a=%zz&b=é", "a=%zz&b=é"),
    ])
    func onlyTheValueOfASecretChanges(query: String, clean: String) {
        #expect(SecretRedaction.redact(query: query) == clean)
        #expect(SecretRedaction.redact(url: "https://x.org/token=1?" + query) == "https://x.org/token=1?" + clean)
        #expect(SecretRedaction.redact(url: "https://x.org/#" + query) == "https://x.org/#" + clean)
    }
}

extension SecretRedactionTests {
    @Test(arguments: [
        ("https://anna:hunter2@x.org/a?b=1", "https://REDACTED@x.org/a?b=1"),
        ("https://a:p&q;r=@x.org?b=://c&d@e", "https://REDACTED@x.org?b=://c&d@e"),
        ("https://ghp_key@x.org", "https://REDACTED@x.org"), ("//anna:p@x.org/", "//REDACTED@x.org/"),
        ("https://a:p@ss@x.org#token=x", "https://REDACTED@x.org#token=REDACTED"),
        ("https://@x.org/", "https://@x.org/"),
        ("https://x.org/@anna/a@b?c=d@e", "https://x.org/@anna/a@b?c=d@e"), ("/a//b@c", "/a//b@c"),
        ("/to/https%3A%2F%2Fa%3Ap%40x.org%3Ftoken%3Dx", "/to/https%3A%2F%2FREDACTED%40x.org%3Ftoken%3DREDACTED"),
        // The escaped control character ends the inner host, until it is taken out with the user of the outer one.
        ("x://u%10@h%40y", "x://REDACTED%40y"),
        ("mailto:anna@x.org", "mailto:anna@x.org"), ("/a;b=1&token=x", "/a;b=1&token=x"), ("", ""), ("%", "%"),
    ])
    func userInformationIsSecret(url: String, clean: String) {
        #expect(SecretRedaction.redact(url: url) == clean)
        #expect(SecretRedaction.redact(url: clean) == clean)
    }
}

@Suite struct CampaignTagsTests {
    @Test(
        arguments: [
            ("utm_source=news%20letter&utm_medium=e+mail", "news letter", "e mail"),
            ("UTM_Source=a&utm_source=b", "a", nil), ("utm_source=&utm_source=b", "b", nil),
            ("utm_source=%20%20x%20", "x", nil), ("utm_source=%00%0aa", "a", nil), ("utm_source=%ff", "\u{FFFD}", nil),
            ("utm_source=%C3%A9&x=y", "é", nil), ("a=b&utm_medium=%zz", nil, "%zz"), ("utm_source", nil, nil),
            ("xutm_source=1", nil, nil), (nil, nil, nil), ("utm%5Fsource=a", "a", nil),
        ] as [(String?, String?, String?)])
    func decodedAndTrimmed(query: String?, source: String?, medium: String?) {
        let tags = CampaignTags(query: query)
        #expect(tags.source == source)
        #expect(tags.medium == medium)
    }

    @Test func longValuesAreCut() {
        let tags = CampaignTags(query: "utm_campaign=" + String(repeating: "%C3%A9", count: 300))
        #expect(tags.campaign == String(repeating: "é", count: 255))
    }
}

@Suite struct RequestIntakeTests {
    private let intake = RequestIntake(sites: SiteNames(hosts: ["example.org"]))

    @Test(arguments: [
        ("/a", "/a"), ("", "/"), ("http://example.org/x", "/x"), ("HTTPS://www.Example.org:443/x/y", "/x/y"),
        ("http://example.org", "/"), ("http://elsewhere.test/x", "http://elsewhere.test/x"), ("*", "*"),
    ])
    func paths(sent: String, kept: String) throws {
        #expect(try intake.request(record { $0.path = sent }).path == kept)
    }

    @Test(
        arguments: [
            ("/a?b=1", nil, "/a", "b=1"), ("/a?", nil, "/a", ""), ("?b", nil, "/", "b"),
            ("/a?b=1?c", "d=2", "/a", "d=2"),
            ("/a?token=x", nil, "/a", "token=REDACTED"), ("/a?token=x", "", "/a", ""),
            ("http://example.org?b=1", nil, "/", "b=1"),
            ("http://u:p@elsewhere.test/x?token=y", nil, "http://REDACTED@elsewhere.test/x", "token=REDACTED"),
            ("/a#token=x", nil, "/a#token=REDACTED", nil),
        ] as [(String, String?, String, String?)])
    func aQueryInThePathIsTheQuery(sent: String, given: String?, path: String, query: String?) throws {
        let request = try intake.request(
            record {
                $0.path = sent
                $0.query = given
            })
        #expect(request.path == path)
        #expect(request.query == query)
    }

    @Test func hostileLengthsAreCutAtCharacters() throws {
        let long = String(repeating: "é", count: 100_000)
        let request = try intake.request(
            record {
                $0.path = "/" + long
                $0.query = long
                $0.userAgent = long
                $0.referrer = "https://x.org/" + long
                $0.acceptLanguage = long
                $0.contentType = long
                $0.userID = long
                $0.headers = ["dnt": "1", "accept": long, "x-other": "y"]
            })
        #expect(request.path.utf8.count == FieldLimits.path - 1)
        #expect(request.query?.utf8.count == FieldLimits.query)
        #expect(request.userAgent.utf8.count == FieldLimits.userAgent)
        #expect(request.referrer?.utf8.count == FieldLimits.referrer)
        #expect(request.userID?.utf8.count == FieldLimits.userID - 1)
        #expect(Set(request.headers.keys) == ["dnt", "accept"])
        #expect(request.asksForPrivacy)
        #expect(!request.path.unicodeScalars.contains("\u{FFFD}"))
    }

    @Test func refusals() {
        #expect(throws: RecordRefusal.badStatus) { try intake.request(record { $0.status = 0 }) }
        #expect(throws: RecordRefusal.badMethod) { try intake.request(record { $0.method = "" }) }
        #expect(throws: RecordRefusal.badAddress) { try intake.request(record { $0.ip = "localhost" }) }
    }

    @Test(
        arguments: [
            ("https://www.example.org/a", true, "www.example.org"), ("http://EXAMPLE.org:80", true, "example.org"),
            ("https://example.org.evil.test/", false, "example.org.evil.test"), (nil, false, nil), ("-", false, nil),
            ("https://user:pass@example.org/", true, "example.org"), ("about:blank", false, nil),
        ] as [(String?, Bool, String?)])
    func referrers(sent: String?, same: Bool, host: String?) throws {
        let request = try intake.request(record { $0.referrer = sent })
        #expect(request.hasSameSiteReferrer == same)
        #expect(request.referrerHost == host)
    }

    @Test func secretsNeverPass() throws {
        let request = try intake.request(
            record {
                $0.query = "token=hunter2&utm_source=x&utm_term=/?token=hunter2"
                $0.referrer = "https://anna:hunter2@example.org/?password=hunter2"
            })
        #expect(request.url == "/?token=REDACTED&utm_source=x&utm_term=/?token=REDACTED")
        #expect(request.referrer == "https://REDACTED@example.org/?password=REDACTED")
        #expect(request.referrerHost == "example.org")
        #expect(request.campaign.source == "x")
        #expect(request.campaign.term == "/?token=REDACTED")
    }
}
