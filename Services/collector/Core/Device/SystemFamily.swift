/// The operating system that a user agent names.
struct SystemFamily {
    var name: String
    var version: String?

    init(_ words: UserAgentWords) {
        let marks = words.marks
        (name, version) = ("Other", nil)
        func take(_ name: String, _ version: String? = nil) { (self.name, self.version) = (name, version) }
        func after(_ word: StaticString) -> String? { words.first(word).flatMap { words.version(of: $0) } }

        if marks.contains(.windowsPhone) {
            take("Windows Phone", after("phone") ?? after("os") ?? after("wds"))
        } else if marks.contains(.watchOS) {
            take("watchOS", after("watchos"))
        } else if marks.contains(.xbox), marks.contains(.windows) {
            take("Windows", Self.windowsVersion(words))
        } else if marks.contains(.windowsCE) {
            take("Windows Mobile", after("mobile") ?? after("ce"))
        } else if marks.contains(.kaiOS) {
            take("KaiOS", after("kaios"))
        } else if marks.contains(.harmony) {
            take("HarmonyOS", after("harmonyos") ?? after("openharmony"))
        } else if marks.contains(.tizen) {
            take("Tizen", after("tizen"))
        } else if marks.contains(.tvOS) {
            take("tvOS", after("tvos") ?? after("os"))
        } else if marks.contains(.webOS), !marks.contains(.android) {
            take("webOS", after("webos") ?? after("web0s"))
        } else if marks.contains(.android), !(marks.contains(.iPhone) && !words.contains("android ")) {
            take("Android", Self.androidVersion(words))
        } else if marks.contains(.adr) {
            take("Android", after("adr"))
        } else if marks.contains(.symbian) {
            take("Symbian", after("symbianos"))
        } else if !marks.intersection([.iPhone, .iPad]).isEmpty {
            take("iOS", Self.appleVersion(words))
        } else if marks.contains(.playStation) {
            take("PlayStation")
        } else if marks.contains(.nintendo) {
            take("Nintendo")
        } else if marks.contains(.blackBerry) {
            take("BlackBerry", marks.contains(.version) ? after("version") : nil)
        } else if marks.contains(.bada) {
            take("Bada", after("bada"))
        } else if marks.contains(.chromeOS) {
            take(
                "Chrome OS",
                words.first("cros").flatMap {
                    $0 + 2 < words.words.count ? words.version(words.words[$0 + 2].name) : nil
                })
        } else if marks.contains(.roku) {
            take("Roku OS", after("roku"))
        } else if words.first("googletv") != nil {
            take("Google TV", after("googletv"))
        } else if marks.contains(.windows) {
            take("Windows", Self.windowsVersion(words))
        } else if marks.contains(.linux), words.first("silk") != nil {
            take("Android")
        } else if marks.contains(.mac) {
            take("macOS", Self.macVersion(words))
        } else if marks.contains(.darwin) {
            // CFNetwork's callers on a Mac name the processor; those on a phone do not.
            take(words.contains("x86_64") || words.contains("i386") || words.contains("(mac") ? "macOS" : "iOS")
        } else if marks.contains(.bsd) {
            let bsd = [
                ("FreeBSD", words.first("freebsd")), ("OpenBSD", words.first("openbsd")),
                ("NetBSD", words.first("netbsd")),
            ]
            let found = bsd.first { $0.1 != nil }
            take(found?.0 ?? "BSD", found?.1.flatMap { words.version(of: $0) })
        } else if marks.contains(.fuchsia) {
            take("Fuchsia")
        } else if marks.contains(.haiku) {
            take("Haiku")
        } else if marks.contains(.sunOS) {
            take("Solaris", after("sunos"))
        } else if marks.contains(.firefox), marks.contains(.gecko),
            !marks.intersection([.mobile, .tablet, .tv]).isEmpty,
            !marks.contains(.linux)
        {
            take("Firefox OS")
        } else if marks.contains(.linux) {
            take("Linux")
        } else if marks.contains(.brew) {
            take("Brew", after("brew"))
        } else if !marks.intersection([.javaME, .carrier]).isEmpty {
            take("Java ME")
        } else if marks.contains(.msie) {
            take("Windows")
        } else if words.contains("aft"), words.contains("amazon") || words.contains("smarttv") {
            take("Fire OS")
        } else if words.contains("platform=s60") || words.contains("s60v") {
            take("Symbian")
        }
    }

    private static func androidVersion(_ words: UserAgentWords) -> String? {
        for (index, word) in words.words.enumerated()
        where words.isNamed(word, "android") || words.isNamed(word, "andr0id") {
            if let version = words.version(of: index) { return version }
            // `Android OUYA 4.1.2`, `Android-4.0.3`: further on before the next separator.
            if index + 2 < words.words.count, words.words[index + 1].isComment {
                let next = words.words[index + 2].name
                if UserAgentWords.isDigit(words.lowered[next.lowerBound]), next.lowerBound - word.name.upperBound < 12 {
                    return words.version(next)
                }
            }
        }
        return nil
    }

    /// `iPhone OS 17_6_1`, `CPU OS 9_3`, `iOS 12.4`, `iOS/13.7`, `FBSV/15.0.1`.
    private static func appleVersion(_ words: UserAgentWords) -> String? {
        for (index, word) in words.words.enumerated() {
            guard
                words.isNamed(word, "os") || words.isNamed(word, "ios") || words.isNamed(word, "fbsv")
                    || words.isNamed(word, "ipados")
            else { continue }
            if let version = words.version(of: index) { return version }
        }
        return nil
    }

    private static func macVersion(_ words: UserAgentWords) -> String? {
        for (index, word) in words.words.enumerated() where words.isNamed(word, "x") || words.isNamed(word, "macos") {
            if let version = words.version(of: index) { return version }
        }
        return nil
    }

    private static func windowsVersion(_ words: UserAgentWords) -> String? {
        for (index, word) in words.words.enumerated() {
            if words.isNamed(word, "nt") || words.isNamed(word, "winnt") {
                switch words.version(of: index) {
                case "10.0"?: return "10"
                case "6.4"?: return "10"
                case "6.3"?: return "8.1"
                case "6.2"?: return "8"
                case "6.1"?: return "7"
                case "6.0"?: return "Vista"
                case "5.1"?, "5.2"?: return "XP"
                case "5.0"?: return "2000"
                case let other?: return other
                case nil: continue
                }
            }
            if words.isNamed(word, "windows") {
                guard index + 1 < words.words.count else { continue }
                let next = words.words[index + 1]
                for (name, sold) in [("xp", "XP"), ("me", "ME"), ("vista", "Vista")] as [(StaticString, String)]
                where words.isNamed(next, name) { return sold }
                if let version = words.version(of: index), version != "9" { return version }
            }
            if words.isNamed(word, "win98") { return "98" }
            if words.isNamed(word, "win95") { return "95" }
        }
        return nil
    }
}
