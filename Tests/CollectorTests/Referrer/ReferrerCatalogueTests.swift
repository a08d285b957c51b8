import Testing

@testable import CollectorCore

private func classify(_ referrer: String?, site: String? = "example.org", _ query: String? = nil) -> ReferrerClass {
    ReferrerCatalogue.builtIn.classify(referrer: referrer, site: site, campaign: CampaignTags(query: query))
}

@Suite struct ReferrerCatalogueTests {
    private static let cases: [(String?, ReferrerSource, String?)] = [
        (nil, .direct, nil), ("", .direct, nil), ("-", .direct, nil), ("about:blank", .direct, nil),
        ("https://example.org/a", .direct, nil), ("http://WWW.example.org:8080/", .direct, nil),
        ("https://www.google.com/", .organicSearch, "Google"),
        ("https://www.google.co.uk/url?q=", .organicSearch, "Google"),
        ("https://google.com.br", .organicSearch, "Google"),
        ("http://images.google.fr/imgres", .organicSearch, "Google Images"),
        ("https://www.google.de/imgres?x", .organicSearch, "Google Images"),
        ("https://mail.google.com/", .email, "Gmail"), ("https://docs.google.com/x", .referral, nil),
        ("https://gemini.google.com/app", .aiAssistant, "Gemini"), ("https://google.evil.test/", .referral, nil),
        ("https://google.com.evil.test/", .referral, nil), ("https://notgoogle.com/", .referral, nil),
        ("https://de.search.yahoo.com/x", .organicSearch, "Yahoo!"),
        ("https://images.fr.ask.com/", .organicSearch, "Ask"),
        ("https://m.yandex.com.tr/", .organicSearch, "Yandex"), ("https://groups.yahoo.com/", .referral, nil),
        ("https://l.facebook.com/l.php?u=x", .social, "Facebook"), ("https://de-de.facebook.com/", .social, "Facebook"),
        ("https://t.co/abc", .social, "Twitter"), ("https://x.com/someone", .social, "Twitter"),
        ("https://x.com/i/grok/share", .aiAssistant, "Grok"), ("https://www.pinterest.co.kr/", .social, "Pinterest"),
        ("https://chatgpt.com/", .aiAssistant, "ChatGPT"),
        ("https://www.perplexity.ai/search", .aiAssistant, "Perplexity"),
        ("android-app://com.google.android.gm/", .email, "Gmail"),
        (
            "android-app://com.google.android.googlequicksearchbox/https/www.google.com", .organicSearch, "Google"
        ),
        ("android-app://com.reddit.frontpage/", .social, "reddit"), ("android-app://org.example.app/", .referral, nil),
        ("http://192.0.2.44/x", .referral, nil), ("http://[2001:db8::7]:81/", .referral, nil),
        ("mountain.example", .referral, nil), ("javascript:alert(1)", .direct, nil),
        ("file:///C:/x.html", .direct, nil),
        ("http://localhost:3000/", .referral, nil), ("https://user@www.bing.com/search?q=x", .organicSearch, "Bing"),
        ("https://bing.com/chat?q=x", .aiAssistant, "Copilot"),
        ("https://google.com\\@evil.test/", .organicSearch, "Google"),
    ]

    @Test(arguments: cases)
    func whereVisitsComeFrom(referrer: String?, source: ReferrerSource, name: String?) {
        let found = classify(referrer)
        #expect(found.source == source)
        #expect(found.name == name)
        #expect(!found.isSpam)
    }

    private static let campaigns: [(String?, String, ReferrerSource)] = [
        ("https://www.google.com/", "utm_medium=cpc", .paid), (nil, "utm_medium=PPC", .paid),
        (nil, "utm_medium=Paid+Social", .paid), (nil, "utm_medium=email", .email),
        ("https://www.google.com/", "utm_medium=e-mail", .email), (nil, "utm_medium=social", .social),
        (nil, "utm_medium=organic", .organicSearch), ("https://t.co/x", "utm_medium=referral", .referral),
        (nil, "utm_medium=affiliate", .referral), ("https://t.co/x", "utm_medium=banner", .social),
        (nil, "utm_medium=banner", .direct), ("https://example.org/", "utm_medium=cpc", .paid),
        (nil, "utm_source=chatgpt.com", .aiAssistant), (nil, "utm_source=Facebook", .social),
        (nil, "utm_source=google", .direct), (nil, "utm_source=letter", .direct),
        ("https://www.bing.com/", "utm_source=chatgpt.com", .organicSearch),
    ]

    @Test(arguments: campaigns)
    func campaignsDecideFirst(referrer: String?, query: String, source: ReferrerSource) {
        #expect(classify(referrer, query).source == source)
    }

    private static let searches: [(String, String?)] = [
        ("https://www.google.com/search?q=swift+%C3%BCber&x=1", "swift über"), ("https://www.google.com/", nil),
        ("https://www.google.com/url?q=https://example.org/&sa=D", nil),
        ("https://www.google.com/#q=late%20terms", "late terms"),
        ("https://search.yahoo.com/search?p=weir&q=other", "weir"), ("https://www.bing.com/search?q=%20%20", nil),
        ("https://yandex.ru/yandsearch?text=%CF%F0%E8", nil), ("https://www.baidu.com/s?wd=%E6%B0%B4", "水"),
        ("https://t.co/?q=x", nil), ("https://1.cz/s/word/", "word"),
    ]

    @Test(arguments: searches)
    func searchTerms(referrer: String, terms: String?) {
        #expect(classify(referrer).searchTerms == terms)
    }

    @Test func hostsAreKeptAndSpamIsMarked() {
        #expect(classify("https://News.Example.COM:8443/x?y").host == "news.example.com")
        #expect(classify("http://192.0.2.44/x").host == "192.0.2.44")
        let catalogue = ReferrerCatalogue(hosts: "", spam: "# list\nbad.test\n")
        #expect(catalogue.classify(referrer: "http://BAD.test/", site: nil).isSpam)
        #expect(catalogue.classify(referrer: "http://a.b.bad.test/", site: nil).isSpam)
        #expect(!catalogue.classify(referrer: "http://notbad.test/", site: nil).isSpam)
        #expect(!catalogue.classify(referrer: "http://test/", site: nil).isSpam)
        #expect(!catalogue.classify(referrer: "http://bad.test/", site: "bad.test").isSpam)
    }

    @Test(arguments: ["http://", "://x", "http://..", "//", "http://a:b:c:d", "\u{0}", "http://%", "?", "http://a@"])
    func hostileReferrersHaveAnAnswer(text: String) {
        #expect(classify(text).source == .direct || classify(text).host != nil)
        let long = text + String(repeating: "a.", count: 5000)
        #expect(classify(long).source == .direct || classify(long).host != nil)
    }
}

/// The published lists: what they name must come out as what they are.
@Suite(.needsSharedData) struct SharedReferrerTests {
    @Test(arguments: [
        ("SearchEngines.yml", ReferrerSource.organicSearch), ("Socials.yml", .social),
        ("AIAssistants.yml", .aiAssistant),
    ])
    func listedHosts(file: String, source: ReferrerSource) throws {
        var (right, total) = (0, 0)
        var wrong: [String] = []
        try SharedData.forEachLine(of: "referrers/\(file)") { bytes in
            let line = String(decoding: bytes, as: UTF8.self)
            let entry = line.drop { $0 == " " }
            guard entry.hasPrefix("- "), line.hasPrefix(file == "SearchEngines.yml" ? "      -" : "  -") else { return }
            var host = String(entry.dropFirst(2)).replacing("'", with: "")
            // Query parameters stand in the same column as hosts.
            guard host.contains("."), !host.hasPrefix("/"), host != "gsc.q" else { return }
            host = host.hasSuffix("{}") ? host.replacing("{}", with: "co.uk") : host.replacing(".{}/", with: ".fr/")
            host = host.replacing("{}", with: "de")
            total += 1
            let isApp = ["com.", "org.", "android-app//", "linkedin."].contains { host.hasPrefix($0) }
            let package = host.replacing("android-app//", with: "").replacing("linkedin.", with: "com.linkedin.")
            let found = classify(isApp ? "android-app://" + package : "https://" + host).source
            // Assistants are listed as engines too.
            if found == source || source == .organicSearch && found == .aiAssistant {
                right += 1
            } else {
                wrong.append(host)
            }
        }
        #expect(total > 20)
        #expect(Double(right) >= 0.99 * Double(total), "wrong: \(wrong)")
    }

    @Test func listedSpam() throws {
        var (right, total) = (0, 0)
        try SharedData.forEachLine(of: "referrers/spammers.txt") { bytes in
            total += 1
            if classify("http://" + String(decoding: bytes, as: UTF8.self) + "/x").isSpam { right += 1 }
        }
        #expect(total > 2000)
        #expect(right == total)
    }
}
