/// What the model in an Android user agent gives away. Makers keep to habits: televisions carry the diagonal in inches,
/// tablets call themselves tab or pad.
struct AndroidModel {
    /// The model in lower case; empty when it is not told.
    private let name: ArraySlice<UInt8>
    /// The same as sent.
    private let sent: ArraySlice<UInt8>

    init(_ words: UserAgentWords) {
        let text = words.lowered
        var segment = 0..<0
        var seenSystem = false
        var start = 0
        var index = 0
        while index <= text.count {
            let byte = index < text.count ? text[index] : UInt8(ascii: ";")
            if byte == UInt8(ascii: ";") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "(") {
                let range = Self.trimmed(start..<index, text)
                if seenSystem, segment.isEmpty, range.count > 1, !Self.isLocale(text[range]) { segment = range }
                if !seenSystem, Self.namesSystem(text[range]) { seenSystem = true }
                start = index + 1
                if seenSystem, byte == UInt8(ascii: ")") { break }
            }
            index += 1
        }
        let model = segment.lowerBound..<(Self.build(in: text, segment) ?? segment.upperBound)
        (name, sent) = (text[model], words.text[model])
    }

    var isTelevision: Bool {
        if starts("tv") || Self.televisionParts.contains(where: { has($0) })
            || Self.televisionStarts.contains(where: { starts($0) })
        {
            return true
        }
        if name.count > 3, UserAgentWords.contains(name.suffix(3), "box") { return true }
        return hasDiagonal || writesTV
    }

    var isWatch: Bool { has("watch") || has("sm-r") }

    /// Makers whose phones say so in the model's name, whether the browser says Mobile or not.
    var isPhone: Bool {
        starts("sm-a") || starts("sm-g") || starts("sm-j") || starts("sm-n") || starts("sm-s") || starts("sm-m")
            || starts("samsung sm-") && !has("sm-t") && !has("sm-x") && !has("sm-p") || has("-lx") || has("-an0")
            || has("-al0") && !has("kob") && !has("hdl") && !has("bzt") || has("coolpad") || starts("cph")
            || has("padfone")
            || has("phone") && !has("soundphone")
    }

    var isTablet: Bool {
        if Self.tabletParts.contains(where: { has($0) }) || Self.tabletStarts.contains(where: { starts($0) }) {
            return true
        }
        if has("pad"), !has("coolpad"), !has("padfone") { return true }
        if starts("kf"), name.count <= 8 { return true }
        if starts("mid"), name.count > 3, UserAgentWords.isDigit(name[name.startIndex + 3]) { return true }
        // Alcatel's four digits and an x: 80 and 90 are its tablets.
        if name.count >= 5, has("x"), starts("80") || starts("90"),
            UserAgentWords.contains(name.dropFirst(4).prefix(1), "x")
        {
            return true
        }
        return isWirelessOnly
    }

    /// Huawei's and Honor's `-W09`, `-W29`: no telephone in it.
    private var isWirelessOnly: Bool {
        guard let dash = position(of: "-w"), dash + 3 < name.endIndex else { return false }
        return UserAgentWords.isDigit(name[dash + 2]) && UserAgentWords.isDigit(name[dash + 3])
    }

    private static let televisionParts: [StaticString] = [
        " tv", "-tv", "_tv", "tv box", "tvbox", "androidtv", "smarttv", "smart_tv", "google tv", "bravia",
        "shield android", "chromecast",
        "settop", "stb", "nexus player", "shell", "mibox", "pcbox", "ugoos", "mecool", "beelink", "rombica", "dune hd",
        "mxq", "aquos-", "vizio", " box", "box-", "uhd", "projector", "tanix", "4k", "dvb", "iptv", "rk3", "s905",
        "s912", "pendoo", "minix", "tox1", "vontar", "magenta", "km5", "km8", "km9", "led tv", "ott", "hisense_",
    ]
    private static let televisionStarts: [StaticString] = [
        "aft", "x96", "x88", "x92", "x98q", "h96", "t95", "t96", "a95x", "tx3", "tx5", "tx6", "tx9", "hk1", "minim8",
        "mitv", "btv",
    ]
    private static let tabletParts: [StaticString] = [
        "tablet", "tab ", "tab-", "tab_", "tab2", "tab3", "tab4", "tab7", "tab8", "tab1", "mediatab", "surftab",
        "smarttab",
        "galaxy tab", "lenovo tab", "lenovo tb", "nexus 7", "nexus 9", "nexus 10", "pixel c", "xoom", "transformer",
        "slate", "yoga", "streak 7", "iconia", "venue 7", "venue 8", "venue 10", "memo pad", "flyer",
    ]
    private static let tabletStarts: [StaticString] = [
        "tab", "sm-t", "sm-x", "sm-p", "gt-p", "gt-n80", "gt-n51", "sch-i800", "sgh-t849", "kindle", "tb-", "tb1",
        "tb2",
        "tb3", "playbook", "bah", "ags", "jdn", "agr", "scmr", "mrx", "cmr", "sht", "kob", "bzt", "bzk", "hdl", "wgr",
        "bg2", "tm-7",
        "tm-8", "tm-9", "tm-1", "bq-7", "bq-8", "bq-10", "mfc", "pmp", "pmt", "nook", "bntv", "dtab", "ideapad", "a1-8",
        "b1-7", "b1-8", "b3-a", "et-", "fz-b", "quest 2", "quest 3", "quest pro", "momo", "iplay", "cw-v", "ns-p",
        "rct", "navitel_t", "irulu", "contixo", "nabi", "x98", "optima ", "plane ", "citi ", "boox", "qtaq", "qtasun",
    ]

    /// `BeyondTV`, `KATV-01`; not the `DTV` of phones with a tuner.
    private var writesTV: Bool {
        for index in sent.indices.dropFirst()
        where sent[index] == UInt8(ascii: "V") && sent[index - 1] == UInt8(ascii: "T") {
            let before = index - 2 >= sent.startIndex ? sent[index - 2] : 0
            let after = index + 1 < sent.endIndex ? sent[index + 1] : 0
            let isTuner = before == UInt8(ascii: "D") || before == UInt8(ascii: "N") && index - 3 >= sent.startIndex
            if !isTuner, after < UInt8(ascii: "A") || after > UInt8(ascii: "Z") { return true }
        }
        return false
    }

    /// A diagonal between 24 and 98 inches at the start of the model, after `led`, or before letters and digits:
    /// `43U800`, `SW-LED50UB401`, `HTY-55U11B`.
    private var hasDiagonal: Bool {
        if let led = position(of: "led"), isDiagonal(at: led + 3) { return true }
        for index in name.indices where isDiagonal(at: index) {
            guard index == name.startIndex || !UserAgentWords.isDigit(name[index - 1]) else { continue }
            var end = index + 2
            while end < name.endIndex, end - index < 5, name[end] >= UInt8(ascii: "a"), name[end] <= UInt8(ascii: "z") {
                end += 1
            }
            guard end > index + 2 else { continue }
            if index == name.startIndex, name.count >= 5 { return true }
            if end + 1 < name.endIndex, UserAgentWords.isDigit(name[end]), UserAgentWords.isDigit(name[end + 1]) {
                return true
            }
        }
        return false
    }

    private func isDiagonal(at index: Int) -> Bool {
        guard index + 1 < name.endIndex, UserAgentWords.isDigit(name[index]), UserAgentWords.isDigit(name[index + 1])
        else {
            return false
        }
        let inches = Int(name[index] - 48) * 10 + Int(name[index + 1] - 48)
        return Self.diagonals.contains(inches)
    }

    private static let diagonals: Set<Int> = [
        24, 28, 32, 39, 40, 42, 43, 48, 49, 50, 55, 58, 60, 65, 70, 75, 77, 82, 83, 85, 86, 98,
    ]

    private func has(_ part: StaticString) -> Bool { UserAgentWords.contains(name, part) }

    private func starts(_ part: StaticString) -> Bool {
        name.count >= part.utf8CodeUnitCount && UserAgentWords.contains(name.prefix(part.utf8CodeUnitCount), part)
    }

    private func position(of part: StaticString) -> Int? {
        let length = part.utf8CodeUnitCount
        guard name.count >= length else { return nil }
        return (name.startIndex...name.endIndex - length).first {
            UserAgentWords.contains(name[$0..<$0 + length], part)
        }
    }

    private static func namesSystem(_ segment: ArraySlice<UInt8>) -> Bool {
        UserAgentWords.contains(segment, "android") || UserAgentWords.contains(segment, "tizen")
            || UserAgentWords.contains(segment, "adr ")
    }

    /// `de-de`, `en`, `u`, `wv`, `arm_64`.
    private static func isLocale(_ segment: ArraySlice<UInt8>) -> Bool {
        let bytes = Array(segment)
        return bytes.count == 2 || bytes.count == 5 && (bytes[2] == UInt8(ascii: "-") || bytes[2] == UInt8(ascii: "_"))
            || bytes == Array("mobile".utf8) || bytes == Array("tablet".utf8) || bytes == Array("harmonyos".utf8)
    }

    private static func trimmed(_ range: Range<Int>, _ text: [UInt8]) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, text[start] == UInt8(ascii: " ") { start += 1 }
        while end > start, text[end - 1] == UInt8(ascii: " ") { end -= 1 }
        return start..<end
    }

    private static func build(in text: [UInt8], _ segment: Range<Int>) -> Int? {
        guard segment.count > 6 else { return nil }
        return (segment.lowerBound..<segment.upperBound - 5).first {
            UserAgentWords.contains(text[$0..<$0 + 6], "build/")
        }
    }
}
