public import WeirProtocol

extension ClientKey {
    /// Reads a key that a person typed, as checks will be looked up by it: an address in a pair stands for the range that
    /// the throttle counts by.
    /// - Throws: `bad_body` with what is wrong, also for a key that no check can have.
    public init(typed text: String, _ rules: LevelRules) throws(WireError) {
        guard let key = ClientKey(text), key.isWhole else {
            throw WireError(.badBody, "key is not an address, a range, fp_…, sess_…, user:… or ADDRESS+fp_…")
        }
        guard case .pair(let prefix, let companion) = key else {
            self = key
            return
        }
        let counted = prefix.address.prefix(v4: rules.prefixV4, v6: rules.prefixV6)
        guard prefix.length >= counted.length else {
            throw WireError(
                .badBody, "key has a range before its +; clients are told apart by one address, or /\(counted.length)")
        }
        self = .pair(counted, companion)
    }

    /// Whether its word is more than the beginning of one.
    private var isWhole: Bool {
        switch self {
        case .prefix: true
        case .user(let word): !word.text.isEmpty
        case .pair(_, let word), .session(let word), .fingerprint(let word):
            ["fp_", "sess_"].contains { word.text.hasPrefix($0) && word.text.utf8.count > $0.utf8.count }
        }
    }
}
