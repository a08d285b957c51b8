/// What kind of device a visitor holds, in the words of `user_sessions.device_type`.
public enum DeviceType: String, Sendable, CaseIterable {
    case desktop, mobile, tablet, tv, console, watch
    /// Speakers, cars, libraries, bots, and whatever does not say.
    case other
}

/// What a user agent says of its sender. Families carry the plain name: Chrome on a phone is `Chrome`.
public struct DeviceClass: Hashable, Sendable {
    public var deviceType: DeviceType
    /// The browser or app, `Other` when unknown.
    public var browser: String
    /// As written, digits and dots first: `120.0.6099.71`.
    public var browserVersion: String?
    /// The operating system's family, `Other` when unknown.
    public var os: String
    /// For Windows the name it is sold under: `10`, `8.1`, `XP`.
    public var osVersion: String?

    /// Reads a user agent. Never fails; only the first 1024 bytes are looked at.
    public init(userAgent: String) {
        let words = UserAgentWords(userAgent)
        let system = SystemFamily(words)
        let browser = BrowserFamily(words, system)
        deviceType = DeviceType(words, system, browser)
        self.browser = browser.name
        browserVersion = browser.version
        os = system.name
        osVersion = system.version
    }
}
