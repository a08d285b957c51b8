import WeirProtocol

/// What an agent is, by places in its bytes: cheap to make and to drop, for whoever has millions of agents and wants
/// words for few of them.
public struct AgentFinding: Sendable {
    /// Where the bot's name comes from.
    enum Name: Sendable {
        case none
        case entry
        case fixed(StaticString)
        case place(Range<Int>)
    }

    /// Which rule decided.
    public let reason: AgentClass.Reason
    /// Whether a program fetches on its own, or for a service.
    public let isBot: Bool
    /// Whether it attacks or maps out sites.
    public let isScanner: Bool
    /// What it is for; nil for people.
    public let category: BotCatalogue.Category?
    /// The catalogue's entry by its place, where one decided.
    public let entry: Int?
    /// The bytes that decided, of those the finding was made in; empty when their lack decided.
    let token: Range<Int>
    let name: Name

    /// A browser, or a program that people use.
    static let person = AgentFinding(person: ())

    private init(person: Void) {
        (reason, isBot, isScanner, category, entry) = (.person, false, false, nil, nil)
        (token, name) = (0..<0, .none)
    }

    /// A bot.
    init(
        _ reason: AgentClass.Reason, isScanner: Bool = false, _ category: BotCatalogue.Category = .other,
        entry: Int? = nil, token: Range<Int> = 0..<0, name: Name
    ) {
        (self.reason, self.isBot, self.isScanner, self.category) = (reason, true, isScanner, category)
        (self.entry, self.token, self.name) = (entry, token, name)
    }

    /// The same in bytes that begin `distance` earlier.
    func shifted(by distance: Int) -> AgentFinding {
        guard distance > 0, isBot else { return self }
        var name = name
        if case .place(let range) = name { name = .place(range.lowerBound + distance..<range.upperBound + distance) }
        return AgentFinding(
            reason, isScanner: isScanner, category ?? .other, entry: entry,
            token: token.lowerBound + distance..<token.upperBound + distance, name: name)
    }

    /// `human`, `declared_bot`, or `scanner`.
    public var verdictClass: VerdictClass { isScanner ? .scanner : isBot ? .declaredBot : .human }
}
