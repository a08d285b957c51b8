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
        let model = Self.trimmed(
            segment.lowerBound..<(Self.build(in: text, segment) ?? segment.upperBound), text)
        (name, sent) = (text[model], words.text[model])
    }

    var isTelevision: Bool {
        if starts("tv") || hasWord("-tv") || Self.televisionParts.contains(where: { has($0) })
            || Self.televisionStarts.contains(where: { starts($0) })
        {
            return true
        }
        if name.count > 3, UserAgentWords.contains(name.suffix(3), "box") { return true }
        // `4K` and `8K` of a picture, not of a model's number.
        if let place = position(of: "4k") ?? position(of: "8k"),
            place == name.startIndex || !UserAgentWords.isDigit(name[place - 1])
        {
            return true
        }
        return hasDiagonal || writesTV
    }

    /// PCs that run Android have the name of a line of laptops or PCs.
    var isComputer: Bool { Self.computerParts.contains { has($0) } }

    /// Built into a car, or on a wall: head units and boards for meeting rooms.
    var isFixture: Bool {
        has("yandexstation") || starts("8227l") || starts("ifp") && digits(from: 3) == 4
            || starts("yt") && digits(from: 2) == 4
    }

    var isWatch: Bool { has("watch") || has("sm-r") }

    /// Makers whose phones say so in the model's name, whether the browser says Mobile or not.
    var isPhone: Bool {
        isNumberedPhone || starts("htc") || starts("sonyc") || starts("sonyd") || starts("iris") || starts("sm-a")
            || starts("sm-g") || starts("sm-j") || starts("sm-n") || starts("sm-s")
            || starts("sm-m")
            || starts("samsung sm-") && !has("sm-t") && !has("sm-x") && !has("sm-p") || has("-lx") || has("-an0")
            || has("-al0") && !has("kob") && !has("hdl") && !has("bzt") || has("coolpad") || starts("cph")
            || has("padfone")
            || has("phone") && !has("soundphone")
    }

    /// Phones known by a scheme of numbers alone: realme's RMX, vivo's V and four digits, OPPO's P, two letters and M or
    /// T before two digits, Xiaomi's M and the year with a J, ASUS's ZenFones.
    private var isNumberedPhone: Bool {
        if starts("rmx"), digits(from: 3) == 4 { return true }
        if starts("v1") || starts("v2"), digits(from: 1) == 4, name.count == 6 { return true }
        if starts("m1") || starts("m2"), (4...7).contains(digits(from: 1)), has("j") { return true }
        if starts("asus_t0") || starts("asus_z") || starts("asus_x0") || starts("asus_i0") { return true }
        guard starts("p"), name.count == 6 else { return false }
        let series = name[name.startIndex + 3]
        return series == UInt8(ascii: "m") || series == UInt8(ascii: "t") ? digits(from: 4) == 2 : false
    }

    /// Tablets known by a scheme of numbers alone: Xiaomi's pads have RP after the date, vivo's PA2 and three digits,
    /// OPPO's OPD, realme's RMP, Philips's PI and four digits.
    private var isNumberedTablet: Bool {
        // ASUS's four characters, and Irbis's TZ and digits.
        if name.count == 4, starts("k0") || starts("p0"), digits(from: 1) >= 2 { return true }
        if starts("tz"), digits(from: 2) >= 2 { return true }
        // Lenovo's A, B and S with four digits, a dash and how it connects: `A7600-F`, `B8000-H`.
        if let dash = position(of: "-"), dash + 1 < name.endIndex, dash - 5 >= name.startIndex,
            name[(dash - 4)..<dash].allSatisfy(UserAgentWords.isDigit),
            [UInt8(ascii: "f"), UInt8(ascii: "h"), UInt8(ascii: "l")].contains(name[dash + 1]),
            has("lenovo") || dash - 5 == name.startIndex
        {
            return true
        }
        if digits(from: 0) == 5, name.count > 7, UserAgentWords.contains(name.dropFirst(5).prefix(2), "rp") {
            return true
        }
        if starts("pa2"), digits(from: 2) == 4, name.count == 6 { return true }
        return starts("opd") && digits(from: 3) >= 4 || starts("rmp") && digits(from: 3) == 4
            || starts("pi") && digits(from: 2) == 4
    }

    /// A diagonal of 7 to 13 inches with its tenth, as in `10.1`.
    private var hasTabletDiagonal: Bool {
        for index in name.indices where name[index] == UInt8(ascii: ".") {
            guard index + 1 < name.endIndex, UserAgentWords.isDigit(name[index + 1]),
                index + 2 >= name.endIndex || !UserAgentWords.isDigit(name[index + 2])
            else { continue }
            var start = index
            while start > name.startIndex, UserAgentWords.isDigit(name[start - 1]) { start -= 1 }
            guard start < index, index - start <= 2, start == name.startIndex || name[start - 1] == UInt8(ascii: " ")
            else { continue }
            let inches = name[start..<index].reduce(0) { $0 * 10 + Int($1 - 48) }
            // Nokia's phones are called 7.1 and 8.3.
            if (7...13).contains(inches), !starts("nokia") { return true }
        }
        return false
    }

    /// Makers of cheap tablets number them by size: two or three letters and 07, 08 or 10 before two digits, as in
    /// `RC0726B` and `HS1006PL`.
    private var hasSizeCode: Bool {
        let word = name.split(separator: UInt8(ascii: " ")).last ?? []
        let letters = word.prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }.count
        let number = word.dropFirst(letters).prefix { UserAgentWords.isDigit($0) }
        guard number.count == 4, (2...3).contains(letters) || letters == 0 && word.count < name.count else {
            return false
        }
        switch String(decoding: number.prefix(2), as: UTF8.self) {
        case "07", "08": return true
        // Phones of Motorola and Bmobile are numbered from XT1000 and AX1000.
        case "10": return word.count > letters + 4 && !starts("xt") && !starts("ax")
        default: return false
        }
    }

    /// How many digits stand from a place on.
    private func digits(from offset: Int) -> Int {
        name.dropFirst(offset).prefix { UserAgentWords.isDigit($0) }.count
    }

    var isTablet: Bool {
        if isNumberedTablet || hasTabletDiagonal || hasSizeCode { return true }
        if Self.tabletParts.contains(where: { has($0) }) || Self.tabletStarts.contains(where: { starts($0) }) {
            return true
        }
        if has("pad"), !has("coolpad"), !has("padfone") { return true }
        if starts("kf"), name.count <= 8 { return true }
        if starts("mid"), digits(from: 3) > 0 || digits(from: 4) > 1 { return true }
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
        " tv", "_tv", "tv box", "tvbox", "androidtv", "smarttv", "smart_tv", "google tv", "bravia",
        "shield android", "chromecast",
        "settop", "stb", "nexus player", "shell", "mibox", "pcbox", "ugoos", "mecool", "beelink", "rombica", "dune hd",
        "mxq", "aquos-", "vizio", " box", "box-", "uhd", "projector", "tanix", "dvb", "iptv", "rk3", "s905",
        "s912", "pendoo", "minix", "tox1", "zidoo", "himedia", "tronsmart", "wetek", "formuler", "khadas", "magicsee",
        "alfawise", "scishion", "egreat", "transpeed", "vorke", "yndx-0", "vontar", "magenta", "km5", "km8",
        "km9", "led tv", "ott", "hisense_",
    ]
    private static let televisionStarts: [StaticString] = [
        "aft", "x96", "x88", "x92", "x98q", "h96", "t95", "t96", "a95x", "tx3", "tx5", "tx6", "tx9", "hk1", "minim8",
        "mitv", "btv",
    ]
    private static let tabletParts: [StaticString] = [
        "tablet", "tab ", "tab-", "tab_", "tab2", "tab3", "tab4", "tab7", "tab8", "tab1", "mediatab", "surftab",
        "smarttab",
        "galaxy tab", "lenovo tab", "lenovo tb", "nexus 7", "nexus 9", "nexus 10", "pixel c", "xoom", "transformer",
        "slate", "yoga", "streak 7", "iconia",
        "mediapad", "lifetab", "medion_p", "hipad", "teclast", "chuwi", "xperia tablet", "sony tablet", "ainol", "pipo",
        "impad",
        "freetab", "turbopad", "roverpad", "pocketbook", "hudl", "odys", "xoro", "goclever", "kiano", "overmax",
        "freeme",
        "modecom", "archos 7", "archos 8", "archos 9", "archos 10", "archos 97", "arnova", "nextbook", "hp slate",
        "ursus",
        "alldocube", "fire hd", "surfpad", "blackpad", "ebook", "e-ink", "numy", "phablet 7", "venue 7", "venue 8",
        "venue 10", "memo pad", "flyer",
    ]
    private static let tabletStarts: [StaticString] = [
        "tab", "sm-t", "lg-v4", "lg-v5", "lg-v6", "lg-v7", "lg-v9", "sgp", "sot2", "sot3", "so-05d", "so-03e", "so-05f",
        "so-05g",
        "huawei m2-", "huawei m3-", "huawei t1", "huawei s8-", "huawei s10", "m2-8", "m2-a0", "t1-7", "t1-8", "t1-a",
        "s7-",
        "s8-3", "s8-7", "hi8", "hi9 ", "hi10", "onda", "egq", "egs", "egp", "hp 7", "hp 8", "hp 10", "tf10",
        "tf20", "tf30", "tf70", "me17", "me30", "me37", "at1s0", "at100", "at270", "at300", "at500", "at7-", "at10-",
        "a3-a", "b1-a", "a500", "a501", "a510", "a511", "a700", "a701", "rmd-", "taq-", "tad-", "tiq-", "tio-", "m40_",
        "m40p", "p20hd", "p25t", "p30hd", "p30s", "p30t", "p40hd", "p40s", "p80x", "p80h", "p85", "t40p",
        "t50hd",
        "onn", "100005", "100011", "1000156", "nxm", "vm7", "vm8", "vm10", "sm-p", "mz6", "sm-x",
        "sm-x", "gt-p", "gt-n80", "gt-n51", "sch-i800", "sgh-t849", "kindle", "tb-", "tb1",
        "tb2",
        "tb3", "playbook", "bah", "ags", "jdn", "agr", "scmr", "mrx", "cmr", "sht", "kob", "bzt", "bzk", "hdl", "wgr",
        "bg2", "tm-7",
        "tm-8", "tm-9", "tm-1", "bq-7", "bq-8", "bq-10", "mfc", "pmp", "pmt", "nook", "bntv", "dtab", "ideapad", "a1-8",
        "b1-7", "b1-8", "b3-a", "et-", "fz-b", "quest 2", "quest 3", "quest pro", "momo", "iplay", "cw-v", "ns-p",
        "rct", "navitel_t", "irulu", "contixo", "nabi", "x98", "optima ", "plane ", "citi ", "boox", "poke2", "poke3",
        "poke4", "poke5", "qtaq", "qtasun",
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
            let behind = name[(index + 2)...]
            if behind.starts(with: "hd".utf8) || behind.starts(with: "fhd".utf8) || behind.starts(with: "led".utf8)
                || behind.starts(with: "qled".utf8)
            {
                return true
            }
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

    private static let computerParts: [StaticString] = [
        "satellite", "vostro", "aspire", "inspiron", "latitude", "optiplex", "thinkpad", "elitebook", "probook",
        "pavilion", "vivobook", "zenbook", "netbook", "compaq", "swift sf", "macbook", "portege", "ideacentre",
    ]

    /// What only televisions are called when no browser for phones runs on them: a name and a diagonal, `RED 60`.
    var isLikelyTelevision: Bool {
        name.count > 3 && name[name.endIndex - 3] == UInt8(ascii: " ") && isDiagonal(at: name.endIndex - 2)
    }

    /// Whether the part stands there with no letter behind it.
    private func hasWord(_ part: StaticString) -> Bool {
        guard let place = position(of: part) else { return false }
        let end = place + part.utf8CodeUnitCount
        return end == name.endIndex || name[end] < UInt8(ascii: "a") || name[end] > UInt8(ascii: "z")
    }

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

    /// `de-de`, `en`, `zh-Hans-CN`, `u`, `wv`, `arm_64`.
    private static func isLocale(_ segment: ArraySlice<UInt8>) -> Bool {
        let bytes = Array(segment)
        if bytes.count == 10, bytes[2] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") { return true }
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
