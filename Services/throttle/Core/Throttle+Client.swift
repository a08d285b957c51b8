import WeirProtocol

extension Throttle {
    /// Who asks, in the forms that tables know.
    struct Client {
        let question: Question
        let address: IPAddress
        let prefix: NetworkPrefix
        let pair: UInt64
        let behind: UInt64
        let cost: Int64
        let named: Int?

        static let costLimit: Int64 = 1_000_000_000

        @inline(__always)
        init(_ question: Question, _ throttle: borrowing Throttle) throws(WireError) {
            guard let address = question.address else { throw WireError(.badBody, "ip is not an address") }
            guard (0...Self.costLimit).contains(Int64(question.cost)) else {
                throw WireError(.badBody, "cost is not a whole number from 0 to \(Self.costLimit)")
            }
            if let wanted = question.policy {
                named = throttle.policies.named(wanted)
                guard named != nil else {
                    let name = String(decoding: wanted, as: UTF8.self)
                    throw WireError(.badBody, "policy '\(name)' is not one of this throttle's")
                }
            } else {
                named = nil
            }
            self.question = question
            self.address = address
            cost = Int64(question.cost)
            prefix = address.prefix(v4: throttle.policies.rules.prefixV4, v6: throttle.policies.rules.prefixV6)
            pair = ClientKey.hash(1, prefix, question.session ?? question.fingerprint)
            behind = ClientKey.hash(prefix)
        }

        var key: ClientKey { .pair(prefix, ClientWord(question.session ?? question.fingerprint)) }

        /// The pair with the fingerprint, also where there is a session.
        var withFingerprint: UInt64 {
            question.session == nil ? pair : ClientKey.hash(1, prefix, question.fingerprint)
        }

        @inline(__always)
        func hash(of key: Policy.Key) -> UInt64 {
            switch key {
            case .pair, .given: pair
            case .prefix: behind
            case .session: question.session.map { ClientKey.hash(2, nil, $0) } ?? pair
            case .fingerprint: ClientKey.hash(3, nil, question.fingerprint)
            case .user: question.user.map { ClientKey.hash(4, nil, $0) } ?? pair
            }
        }
    }
}
