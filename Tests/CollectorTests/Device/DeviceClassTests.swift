import Testing
import WeirProtocol

@testable import CollectorCore

@Suite struct DeviceClassTests {
    private struct Case: Sendable {
        var agent: String
        var device: DeviceType
        var browser: String
        var os: String
    }

    private static func webKit(_ system: String, _ rest: String) -> String {
        "Mozilla/5.0 (\(system)) AppleWebKit/537.36 (KHTML, like Gecko) \(rest)"
    }

    private static let windows = "Windows NT 10.0; Win64; x64"
    private static let phone = "Linux; Android 14; Pixel 8"
    private static let apple = "iPhone; CPU iPhone OS 17_6_1 like Mac OS X"

    private static let cases: [Case] = [
        Case(
            agent: webKit(windows, "Chrome/120.0.0.0 Safari/537.36"), device: .desktop, browser: "Chrome 120.0.0.0",
            os: "Windows 10"),
        Case(
            agent: webKit(windows, "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.1.2"), device: .desktop,
            browser: "Edge 120.0.1.2", os: "Windows 10"),
        Case(
            agent: webKit(windows, "Chrome/120.0.0.0 Safari/537.36 OPR/106.0"), device: .desktop,
            browser: "Opera 106.0", os: "Windows 10"),
        Case(
            agent: webKit(windows, "Chrome/120.0.0.0 Safari/537.36 Vivaldi/6.5"), device: .desktop,
            browser: "Vivaldi 6.5", os: "Windows 10"),
        Case(
            agent: webKit(windows, "Chrome/120.0.0.0 Safari/537.36 Brave/1.6"), device: .desktop, browser: "Brave 1.6",
            os: "Windows 10"),
        Case(
            agent: webKit(phone, "Chrome/120.0.0.0 Mobile Safari/537.36"), device: .mobile, browser: "Chrome 120.0.0.0",
            os: "Android 14"),
        Case(
            agent: webKit("Linux; Android 13; SM-T870", "Chrome/120.0.0.0 Safari/537.36"), device: .tablet,
            browser: "Chrome 120.0.0.0", os: "Android 13"),
        Case(
            agent: webKit(
                "Linux; Android 14; SAMSUNG SM-S911B", "SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36"),
            device: .mobile, browser: "Samsung Internet 23.0", os: "Android 14"),
        Case(
            agent: webKit("Linux; Android 10; Pixel; wv", "Version/4.0 Chrome/80.0.1 Mobile Safari/537.36"),
            device: .mobile, browser: "Chrome WebView 80.0.1", os: "Android 10"),
        Case(
            agent: webKit("Linux; Android 11; motorola edge 20", "Chrome/94.0 Mobile Safari/537.36"), device: .mobile,
            browser: "Chrome 94.0", os: "Android 11"),
        Case(
            agent: webKit(apple, "Version/17.6 Mobile/15E148 Safari/604.1"), device: .mobile, browser: "Safari 17.6",
            os: "iOS 17.6.1"),
        Case(
            agent: webKit(apple, "CriOS/120.0.6099.50 Mobile/15E148 Safari/604.1"), device: .mobile,
            browser: "Chrome 120.0.6099.50", os: "iOS 17.6.1"),
        Case(agent: webKit(apple, "Mobile/15E148"), device: .mobile, browser: "WKWebView", os: "iOS 17.6.1"),
        Case(
            agent: webKit(apple, "Mobile/15E148 [FBAN/FBIOS;FBAV/445.0.0.35;FBSV/17.6]"), device: .mobile,
            browser: "Facebook 445.0.0.35", os: "iOS 17.6.1"),
        Case(
            agent: webKit("iPad; CPU OS 16_3 like Mac OS X", "Version/16.3 Mobile/15E148 Safari/604.1"),
            device: .tablet, browser: "Safari 16.3", os: "iOS 16.3"),
        Case(
            agent: webKit("Macintosh; Intel Mac OS X 10_15_7", "Version/17.1 Safari/605.1.15"), device: .desktop,
            browser: "Safari 17.1", os: "macOS 10.15.7"),
        Case(
            agent: webKit("X11; CrOS x86_64 14541.0.0", "Chrome/120.0.0.0 Safari/537.36"), device: .desktop,
            browser: "Chrome 120.0.0.0", os: "Chrome OS 14541.0.0"),
        Case(
            agent: webKit("X11; Linux x86_64", "HeadlessChrome/120.0 Safari/537.36"), device: .desktop,
            browser: "HeadlessChrome 120.0", os: "Linux"),
        Case(
            agent: webKit("Web0S; Linux/SmartTV", "Chrome/79.0 Safari/537.36 WebAppManager"), device: .tv,
            browser: "Chrome 79.0", os: "webOS"),
        Case(
            agent: webKit("SMART-TV; Linux; Tizen 6.0", "SamsungBrowser/4.0 Chrome/76.0 TV Safari/537.36"), device: .tv,
            browser: "Samsung Internet 4.0", os: "Tizen 6.0"),
        Case(
            agent: webKit("Linux; Android 9; BRAVIA 4K UR2", "Chrome/95.0 Safari/537.36"), device: .tv,
            browser: "Chrome 95.0", os: "Android 9"),
        Case(
            agent: webKit("PlayStation; PlayStation 5/2.26", "Version/13.0 Safari/605.1.15"), device: .console,
            browser: "Safari 13.0", os: "PlayStation"),
        Case(
            agent: "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", device: .desktop,
            browser: "Firefox 121.0", os: "Linux"),
        Case(
            agent: "Mozilla/5.0 (Android 14; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0", device: .mobile,
            browser: "Firefox 121.0", os: "Android 14"),
        Case(
            agent: "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko", device: .desktop,
            browser: "IE 11.0", os: "Windows 7"),
        Case(
            agent: "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; Trident/4.0)", device: .desktop,
            browser: "IE 8.0", os: "Windows XP"),
        Case(
            agent:
                "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)",
            device: .mobile, browser: "IE Mobile 10.0", os: "Windows Phone 8.0"),
        Case(
            agent: "Opera/9.80 (Android; Opera Mini/36.2/119.132; U; id) Presto/2.12.423 Version/12.16",
            device: .mobile, browser: "Opera Mini 36.2", os: "Android"),
        Case(
            agent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", device: .other,
            browser: "Googlebot 2.1", os: "Other"),
        Case(agent: "curl/8.4.0", device: .other, browser: "curl 8.4.0", os: "Other"),
        Case(
            agent: "atc/1.0 watchOS/6.0 model/Watch3,2 hwp/t8004", device: .watch, browser: "atc 1.0", os: "watchOS 6.0"
        ),
        Case(agent: "", device: .other, browser: "Other", os: "Other"),
        Case(agent: "-", device: .other, browser: "Other", os: "Other"),
    ]

    @Test(arguments: cases.indices)
    func families(index: Int) {
        let expected = Self.cases[index]
        let found = DeviceClass(userAgent: expected.agent)
        #expect(found.deviceType == expected.device, "\(expected.agent)")
        #expect([found.browser, found.browserVersion].compactMap { $0 }.joined(separator: " ") == expected.browser)
        #expect([found.os, found.osVersion].compactMap { $0 }.joined(separator: " ") == expected.os)
    }

    /// Whatever a client sends has an answer of bounded size: every prefix, every byte knocked out.
    @Test(arguments: cases.indices)
    func hostileAgents(index: Int) {
        let bytes = Array(Self.cases[index].agent.utf8)
        for position in bytes.indices {
            var broken = bytes
            broken[position] = [0, 0x2F, 0x28, 0x3B, 0xFF][position % 5]
            for agent in [broken, Array(bytes[..<position]), Array(bytes[position...])] {
                let found = DeviceClass(userAgent: String(decoding: agent, as: UTF8.self))
                #expect(found.browser.utf8.count <= 48 && !found.browser.isEmpty)
                #expect(found.browserVersion?.utf8.count ?? 0 <= 32)
            }
        }
        let long = String(repeating: Self.cases[index].agent + ";/ (", count: 200)
        #expect(DeviceClass(userAgent: long).browser.utf8.count <= 48)
    }
}

/// The published collection of user agents. Its sources name the same thing differently; names are compared without
/// case, blanks and the words Mobile and Browser, and a family's other name in the line counts.
@Suite(.needsSharedData) struct SharedUserAgentTests {
    @Test func peoplesAgents() throws {
        var browsers = Tally(), systems = Tally(), devices = Tally(), realDevices = Tally()
        try SharedData.forEachLine(of: "user-agents/dev.jsonl.gz") { bytes in
            let line = try JSONValue(parsing: bytes)
            // woothee names libraries, carriers and consoles where the others name browsers and systems.
            guard line["label"]?.stringValue == "human", line["source"]?.stringValue != "woothee" else { return }
            let found = DeviceClass(userAgent: try #require(line["ua"]?.stringValue))
            if let family = line["family"]?.stringValue {
                let names = [family, line["browser_family"]?.stringValue].compactMap { $0 }.map(browser)
                browsers.count(names.contains(browser(found.browser)))
            }
            if let family = line["os"]?.stringValue {
                let names = [family, line["os_family"]?.stringValue].compactMap { $0 }.map(system)
                systems.count(names.contains(system(found.os)))
            }
            if let type = line["device_type"]?.stringValue, let expected = Self.types[type] {
                devices.count(expected == found.deviceType)
                if line["source"]?.stringValue == "fakeua-real" { realDevices.count(expected == found.deviceType) }
            }
        }
        #expect(browsers.total > 3000 && browsers.share >= 0.97, "browsers: \(browsers)")
        #expect(systems.total > 3000 && systems.share >= 0.97, "systems: \(systems)")
        // A third of the fixtures are rare televisions and tablets that only a list of models could tell.
        #expect(devices.total > 3000 && devices.share >= 0.97, "devices: \(devices)")
        #expect(realDevices.total > 200 && realDevices.share >= 0.97, "devices in use: \(realDevices)")
    }

    private struct Tally: CustomStringConvertible {
        var right = 0
        var total = 0
        var share: Double { Double(right) / Double(total) }
        var description: String { "\(right) of \(total)" }
        mutating func count(_ isRight: Bool) { (right, total) = (right + (isRight ? 1 : 0), total + 1) }
    }

    private static let types: [String: DeviceType] = [
        "smartphone": .mobile, "phablet": .mobile, "feature phone": .mobile, "mobile": .mobile,
        "portable media player": .mobile, "tablet": .tablet, "desktop": .desktop, "tv": .tv, "peripheral": .tv,
        "console": .console, "wearable": .watch, "smart speaker": .other, "car browser": .other,
        "smart display": .other, "camera": .other,
    ]

    private func browser(_ name: String) -> String {
        var words = name.lowercased().split(separator: " ").map(String.init)
        words.removeAll { ["mobile", "browser", "amazon", "microsoft", "lite", "ios"].contains($0) }
        switch words.joined() {
        case "internetexplorer": return "ie"
        case "samsunginternet": return "samsung"
        case "webview": return "chromewebview"
        case "safariui/wkwebview": return "wkwebview"
        case "googlesearchapp": return "google"
        case let other: return other
        }
    }

    private func system(_ name: String) -> String {
        switch name.lowercased() {
        case let name where name.hasPrefix("windows phone") || name == "windows mobile" || name == "windows ce":
            "windows mobile"
        case let name where name.hasPrefix("windows"): "windows"
        case "mac", "mac os x", "mac osx", "macos": "macos"
        case "gnu/linux", "linux", "ubuntu", "debian": "linux"
        case "ios", "iphone", "ipod", "ipad", "ipados": "ios"
        case let other: other
        }
    }
}
