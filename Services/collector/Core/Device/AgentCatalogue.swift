/// Words of user agents that mean something, by name.
struct AgentCatalogue: Sendable {
    /// What a word means.
    struct Entry: Sendable {
        /// Index into `browsers`; nil when the word names none.
        var browser: Int?
        /// The browser whose word has the highest rank is it.
        var rank = 0
        var marks = AgentMarks()
    }

    static let builtIn = AgentCatalogue()

    let browsers: [String]
    private let entries: [UInt64: Entry]

    private init() {
        var browsers: [String] = []
        var entries: [UInt64: Entry] = [:]
        for line in AgentNames.browsers.split(separator: "\n") {
            let fields = line.split(separator: "|").map(\.trimmedOfBlanks)
            guard fields.count == 3, let rank = Int(fields[0]) else { continue }
            browsers.append(String(fields[1]))
            for word in fields[2].split(separator: ",").map(\.trimmedOfBlanks) {
                entries[Self.key(Array(word.utf8)[...]), default: Entry()].browser = browsers.count - 1
                entries[Self.key(Array(word.utf8)[...])]?.rank = rank
            }
        }
        for (marks, text) in AgentNames.marks {
            for word in text.split(separator: ",").map(\.trimmedOfBlanks) {
                entries[Self.key(Array(word.utf8)[...]), default: Entry()].marks.formUnion(marks)
            }
        }
        (self.browsers, self.entries) = (browsers, entries)
    }

    func entry(_ name: ArraySlice<UInt8>) -> Entry? { entries[Self.key(name)] }

    /// Two words with a blank between them.
    func entry(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Entry? {
        entries[Self.key(second, Self.key([UInt8(ascii: " ")], Self.key(first)))]
    }

    /// FNV-1a. A hostile word that collides only gets a wrong name.
    private static func key(_ name: ArraySlice<UInt8>, _ seed: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
        var hash = seed
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}

/// What words say beside a browser's name.
struct AgentMarks: OptionSet, Sendable {
    let rawValue: UInt64

    static let windows = AgentMarks(rawValue: 1 << 0)
    static let windowsPhone = AgentMarks(rawValue: 1 << 1)
    static let windowsCE = AgentMarks(rawValue: 1 << 2)
    static let android = AgentMarks(rawValue: 1 << 3)
    static let iPhone = AgentMarks(rawValue: 1 << 4)
    static let iPad = AgentMarks(rawValue: 1 << 5)
    static let mac = AgentMarks(rawValue: 1 << 6)
    static let darwin = AgentMarks(rawValue: 1 << 7)
    static let linux = AgentMarks(rawValue: 1 << 8)
    static let chromeOS = AgentMarks(rawValue: 1 << 9)
    static let bsd = AgentMarks(rawValue: 1 << 10)
    static let tizen = AgentMarks(rawValue: 1 << 11)
    static let webOS = AgentMarks(rawValue: 1 << 12)
    static let kaiOS = AgentMarks(rawValue: 1 << 13)
    static let harmony = AgentMarks(rawValue: 1 << 14)
    static let watchOS = AgentMarks(rawValue: 1 << 15)
    static let tvOS = AgentMarks(rawValue: 1 << 16)
    static let symbian = AgentMarks(rawValue: 1 << 17)
    static let blackBerry = AgentMarks(rawValue: 1 << 18)
    static let bada = AgentMarks(rawValue: 1 << 19)
    static let playStation = AgentMarks(rawValue: 1 << 20)
    static let nintendo = AgentMarks(rawValue: 1 << 21)
    static let xbox = AgentMarks(rawValue: 1 << 22)
    static let javaME = AgentMarks(rawValue: 1 << 23)
    static let brew = AgentMarks(rawValue: 1 << 24)
    static let carrier = AgentMarks(rawValue: 1 << 25)
    static let gecko = AgentMarks(rawValue: 1 << 26)
    static let mobile = AgentMarks(rawValue: 1 << 27)
    static let tablet = AgentMarks(rawValue: 1 << 28)
    static let tv = AgentMarks(rawValue: 1 << 29)
    static let webView = AgentMarks(rawValue: 1 << 30)
    static let safari = AgentMarks(rawValue: 1 << 31)
    static let chrome = AgentMarks(rawValue: 1 << 32)
    static let version = AgentMarks(rawValue: 1 << 33)
    static let webKit = AgentMarks(rawValue: 1 << 34)
    static let msie = AgentMarks(rawValue: 1 << 35)
    static let compatible = AgentMarks(rawValue: 1 << 36)
    static let speaker = AgentMarks(rawValue: 1 << 37)
    static let watch = AgentMarks(rawValue: 1 << 38)
    static let roku = AgentMarks(rawValue: 1 << 39)
    static let haiku = AgentMarks(rawValue: 1 << 40)
    static let fuchsia = AgentMarks(rawValue: 1 << 41)
    static let sunOS = AgentMarks(rawValue: 1 << 42)
    static let adr = AgentMarks(rawValue: 1 << 43)
    static let firefox = AgentMarks(rawValue: 1 << 44)
    static let cfNetwork = AgentMarks(rawValue: 1 << 45)
    static let car = AgentMarks(rawValue: 1 << 46)
}
