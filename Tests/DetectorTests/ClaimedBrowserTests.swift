import Testing
import WeirProtocol

@testable import DetectorCore

@Suite("Claimed browsers") struct ClaimedBrowserTests {
    @Test(
        "the browser and its major version",
        arguments: [
            ("Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0 Safari/537.36", "chrome", 126),
            ("Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox", 140),
            ("mozilla/5.0 chrome/99", "chrome", 99), ("Chrome/1234567", "chrome", 123_456),
            ("Firefox/10 Chrome/90", "chrome", 90),
        ] as [(String, String, Int)])
    func named(agent: String, name: String, major: Int) {
        let claimed = ClaimedBrowser(agent)
        #expect(claimed?.name == name && claimed?.major == major)
    }

    @Test(
        "no browser, or none with a number",
        arguments: ["", "Chrome/", "Chrome/x", "curl/8.5.0", "Firefox", "Safari/605"])
    func unnamed(agent: String) { #expect(ClaimedBrowser(agent) == nil) }

    private static let chrome = "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0 Safari/537.36"
    private static let firefox = "Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0"

    @Test(
        "what a browser's own headers would not say",
        arguments: [
            (chrome, ["sec-ch-ua": #""Chromium";v="126", "Not A Brand";v="24""#], "", nil),
            (
                chrome, ["sec-ch-ua": #""Not A Brand";v="24", "Chromium";v="119""#], "",
                "sec-ch-ua says 119, the agent 126"
            ),
            (chrome, ["sec-ch-ua": #""HeadlessChrome";v="126""#], "", "sec-ch-ua names a headless browser"),
            (firefox, ["sec-ch-ua": #""Chromium";v="126""#], "", "sec-ch-ua from a browser that has none"),
            ("curl/8.5.0", ["sec-ch-ua": #""Chromium";v="126""#], "", "sec-ch-ua from a browser that has none"),
            // Other engines' brands, and brands without a number, say nothing of the agent.
            (chrome, ["sec-ch-ua": #""Opera";v="90""#], "", nil),
            (chrome, ["sec-ch-ua": #""Chromium";v="""#], "", nil),
            (chrome, ["accept": "*/*"], "", "no accept-language from a browser that always sends one"),
            (firefox, ["accept-encoding": "gzip"], "", "no accept-language from a browser that always sends one"),
            (firefox, ["accept-encoding": "gzip"], "de", nil), ("curl/8.5.0", ["accept": "*/*"], "", nil),
            (chrome, ["sec-ch-ua": "", "referer": "/"], "", nil), (chrome, [:], "", nil),
        ] as [(String, [String: String], String, String?)])
    func mismatch(agent: String, headers: [String: String], language: String, expected: String?) {
        var evidence = JudgeTests.session(at: [0])
        (evidence.userAgent, evidence.headers, evidence.acceptLanguage) = (agent, headers, language)
        #expect(ClaimedBrowser.mismatch(evidence) == expected)
    }
}
