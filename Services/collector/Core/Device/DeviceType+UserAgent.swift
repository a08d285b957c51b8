extension DeviceType {
    /// The kind of device: what the words say, then what the system implies, then what the model's name gives away.
    init(_ words: UserAgentWords, _ system: SystemFamily, _ browser: BrowserFamily) {
        let marks = words.marks
        if marks.contains(.watch), !marks.contains(.windows) {
            self = .watch
        } else if !marks.intersection([.playStation, .nintendo, .xbox]).isEmpty {
            self = .console
        } else if !marks.intersection([.speaker, .car]).isEmpty
            || words.first("tesla").map({ !words.words[$0].value.isEmpty }) == true
        {
            self = .other
        } else if marks.contains(.iPad) || marks.contains(.iPhone) && words.contains("ipad") {
            self = .tablet
        } else if marks.contains(.tv), !(marks.contains(.mobile) && system.name == "webOS") {
            self = .tv
        } else {
            self = Self.bySystem(words, system)
        }
    }

    private static func bySystem(_ words: UserAgentWords, _ system: SystemFamily) -> DeviceType {
        let marks = words.marks
        switch system.name {
        case "iOS": return .mobile
        case "tvOS", "Roku OS", "Fire OS", "Google TV": return .tv
        case "watchOS": return .watch
        case "Android", "HarmonyOS", "Tizen":
            let model = AndroidModel(words)
            if model.isWatch { return .watch }
            if model.isFixture { return .other }
            if model.isTelevision || words.words.contains(where: { !$0.isComment && words.isNamed($0, "tv") }) {
                return .tv
            }
            if model.isComputer { return .desktop }
            // Yandex's apps say which of their two builds for Android they are.
            if words.contains("/apad") { return .tablet }
            if model.isTablet || marks.contains(.tablet) || words.first("silk") != nil { return .tablet }
            if model.isPhone { return .mobile }
            if marks.contains(.mobile) || marks.contains(.adr) { return .mobile }
            if system.name == "HarmonyOS" { return words.first("pc") != nil ? .desktop : .mobile }
            // A browser of a phone says Mobile; an app's library says nothing.
            let isBrowser = marks.contains(.webKit) && !marks.isDisjoint(with: [.safari, .webView, .version])
            guard isBrowser || marks.contains(.firefox) else { return .mobile }
            return model.isLikelyTelevision ? .tv : .tablet
        case "Windows Phone", "Windows Mobile", "KaiOS", "Symbian", "Bada", "Java ME", "Brew": return .mobile
        case "BlackBerry": return words.contains("playbook") || words.contains("tablet") ? .tablet : .mobile
        case "Firefox OS": return marks.contains(.tablet) ? .tablet : .mobile
        case "webOS":
            return marks.contains(.mobile) || words.contains("pre/") || words.contains("pixi") ? .mobile : .tablet
        case "Windows", "macOS", "Linux", "Chrome OS", "FreeBSD", "OpenBSD", "NetBSD", "BSD", "Solaris", "Haiku":
            if marks.contains(.mobile), system.name == "Linux" || words.contains("opera mini") { return .mobile }
            if words.contains("lumia") || words.contains("midp") || words.contains("palmsource") { return .mobile }
            if words.contains("touch"),
                words.first("arm") != nil || words.contains("tablet pc") && words.contains("; touch")
            {
                return .tablet
            }
            // Opera's old engine on a Linux without a window system ran in televisions only.
            return system.name == "Linux" && words.first("presto") != nil && words.first("x11") == nil ? .tv : .desktop
        // UC's compressed form names an iPhone's hardware and nothing else.
        default: return marks.contains(.mobile) || words.contains("dv(iph") ? .mobile : .other
        }
    }
}
