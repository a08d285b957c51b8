import WeirProtocol

/// Forward-confirmed reverse DNS: the names of an address, those of them in the operator's domains, and whether one of
/// these has the address. Anybody can give an address of theirs a name of Google's; only Google can give the name the
/// address.
///
/// It says what to ask next and is told the replies; asking is somebody else's.
public struct ReverseLookup: Sendable {
    /// What came of it.
    public struct Finding: Hashable, Sendable {
        /// Whether the claim holds.
        public enum Result: String, Sendable {
            /// A name in the domains has the address.
            case verified
            /// None does, and the resolver was sure of it.
            case falseClaim = "false_claim"
            /// The resolver could not say.
            case unknown
        }

        /// Whether the claim holds.
        public var result: Result
        /// The name that it was decided by; nil where the address has none.
        public var host: String?
        /// Seconds that it may be kept.
        public var ttl: UInt32

        /// A finding.
        public init(result: Result, host: String?, ttl: UInt32) {
            (self.result, self.host, self.ttl) = (result, host, ttl)
        }
    }

    /// What happens next.
    public enum Step: Hashable, Sendable {
        case ask(DNSQuestion)
        case done(Finding)
    }

    /// Names followed, of those that an address has in the domains.
    public static let nameLimit = 4
    /// How long an answer of "no such name" is kept, in seconds; the authority's own figure is not read.
    public static let absenceSeconds: UInt32 = 3600
    /// How long it is not tried again when the resolver could not say, in seconds.
    public static let unknownSeconds: UInt32 = 300

    private let address: IPAddress
    private let domains: [DNSName]
    private var names: [DNSName] = []
    private var next = 0
    private var ttl = UInt32.max
    private var isSure = true
    private var strangers: [DNSName] = []

    /// A look-up of whether `address` belongs to one of `domains`.
    public init(_ address: IPAddress, domains: [String]) {
        self.address = address
        self.domains = domains.compactMap { DNSName($0) }
    }

    /// The first question.
    public var firstQuestion: DNSQuestion { DNSQuestion(namesOf: address) }

    /// Takes the reply to the question that was asked last; nil when none came.
    public mutating func take(_ reply: DNSReply?) -> Step {
        guard let reply, reply.status == 0 || reply.status == 3 else {
            isSure = false
            return names.isEmpty ? .done(outcome(.unknown, nil)) : goOn()
        }
        if names.isEmpty {
            takeNames(reply)
            if names.isEmpty {
                return .done(
                    isSure ? outcome(.falseClaim, strangers.first) : outcome(.unknown, strangers.first))
            }
            return goOn()
        }
        if let seconds = confirmation(in: reply) {
            ttl = min(ttl, seconds)
            return .done(outcome(.verified, names[next - 1]))
        }
        if reply.isTruncated { isSure = false }
        return goOn()
    }

    private mutating func takeNames(_ reply: DNSReply) {
        let (owner, aliasSeconds) = reply.canonical(firstQuestion.name)
        for record in reply.records {
            guard record.name == owner, case .pointer(let name) = record.value else { continue }
            if domains.contains(where: { name.isIn($0) }) {
                if names.count < Self.nameLimit, !names.contains(name) { names.append(name) }
            } else {
                strangers.append(name)
            }
            ttl = min(ttl, record.ttl, aliasSeconds)
        }
        if reply.isTruncated { isSure = false }
    }

    /// Seconds that the address may be kept under the name just asked about; nil when it does not have it.
    private func confirmation(in reply: DNSReply) -> UInt32? {
        let (owner, aliasSeconds) = reply.canonical(names[next - 1])
        for record in reply.records where record.name == owner && record.value == .address(address) {
            return min(record.ttl, aliasSeconds)
        }
        return nil
    }

    private mutating func goOn() -> Step {
        guard next < names.count else { return .done(outcome(isSure ? .falseClaim : .unknown, names.first)) }
        next += 1
        switch address {
        case .v4: return .ask(DNSQuestion(names[next - 1], .a))
        case .v6: return .ask(DNSQuestion(names[next - 1], .aaaa))
        }
    }

    private func outcome(_ result: Finding.Result, _ host: DNSName?) -> Finding {
        let seconds: UInt32 =
            switch result {
            case .verified: ttl
            case .falseClaim: min(ttl, Self.absenceSeconds)
            case .unknown: Self.unknownSeconds
            }
        return Finding(result: result, host: host?.text, ttl: seconds)
    }
}
