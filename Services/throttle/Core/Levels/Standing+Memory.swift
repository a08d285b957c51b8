import WeirProtocol

extension Standing {
    /// What must survive a restart, on the monotonic clock.
    public struct Memory: Hashable, Sendable {
        /// The level.
        public var level: ThrottleLevel
        /// What the detector calls the client.
        public var verdictClass: VerdictClass?
        /// Clean time counts from here.
        public var cleanSince: Int64
        /// When the present block ends; nil unless blocked.
        public var blockedUntil: Int64?
        /// When the last block ended.
        public var lastBlockEnd: Int64?
        /// Blocks so far.
        public var blocks: Int
        /// What raised the level last.
        public var cause: Cause?
        /// When the present level began.
        public var since: Int64
        /// When it was last raised.
        public var raisedAt: Int64
        /// When each cause was last counted, so that it is counted once in an interval.
        public var causes: [Cause: Int64]
        /// The latest request that a verdict was about, by the calendar.
        public var judged: Timestamp?

        /// What is known of a key.
        public init(
            level: ThrottleLevel, verdictClass: VerdictClass? = nil, cleanSince: Int64, blockedUntil: Int64? = nil,
            lastBlockEnd: Int64? = nil, blocks: Int = 0, cause: Cause? = nil, since: Int64? = nil,
            raisedAt: Int64? = nil, causes: [Cause: Int64] = [:], judged: Timestamp? = nil
        ) {
            self.level = level
            self.verdictClass = verdictClass
            self.cleanSince = cleanSince
            self.blockedUntil = blockedUntil
            self.lastBlockEnd = lastBlockEnd
            self.blocks = blocks
            self.cause = cause
            self.since = since ?? cleanSince
            self.raisedAt = raisedAt ?? cleanSince
            self.causes = causes
            self.judged = judged
        }

        /// When time alone will have lowered the level to normal.
        public func normalAgain(_ rules: LevelRules) -> Int64 {
            let (decay, overflow) = rules.decay.multipliedReportingOverflow(by: Int64(min(level, .severe).rawValue))
            return overflow ? .max : saturatingSum(max(cleanSince, blockedUntil ?? .min), decay)
        }

        /// When nothing is left worth keeping: the level is normal again, and a further block would be the first.
        public func forgotten(_ rules: LevelRules) -> Int64 {
            max(normalAgain(rules), lastBlockEnd.map { saturatingSum($0, rules.repeatWindow) } ?? .min)
        }
    }

    /// What must survive a restart.
    public var memory: Memory {
        let causes = Cause.allCases.map { ($0, raisedAt[$0.slot]) }.filter { $0.1 != .min }
        return Memory(
            level: level, verdictClass: verdictClass, cleanSince: cleanSince,
            blockedUntil: level == .blocked ? blockedUntil : nil,
            lastBlockEnd: lastBlockEnd == .min ? nil : lastBlockEnd, blocks: blocks,
            cause: history.last { $0.cause != .clean }?.cause, since: history.last?.at,
            raisedAt: history.last { $0.to > $0.from }?.at, causes: Dictionary(uniqueKeysWithValues: causes),
            judged: judged ?? recalled)
    }

    /// Takes up what was known before a restart, where it is harsher than what has become known since.
    public mutating func recall(_ memory: Memory, now: Moment, _ rules: LevelRules) {
        for (cause, at) in memory.causes { raisedAt[cause.slot] = max(raisedAt[cause.slot], at) }
        // What a detector's clock had yet to come makes nobody deaf to what is news then.
        recalled = memory.judged.map { min($0, now.wall) }
        let now = now.monotonic
        settle(at: now, rules)
        var old = Standing(now: min(memory.cleanSince, now), ceiling: ceiling)
        old.level = min(memory.level, ceiling)
        if old.level == .blocked { old.blockedUntil = memory.blockedUntil ?? saturatingSum(now, rules.block) }
        old.settle(at: now, rules)
        verdictClass = verdictClass ?? memory.verdictClass
        blocks = max(blocks, memory.blocks)
        lastBlockEnd = max(lastBlockEnd, memory.lastBlockEnd ?? .min)
        guard old.level > level || (old.level == level && old.blockedUntil > blockedUntil) else { return }
        cleanSince = level == .normal ? old.cleanSince : max(cleanSince, old.cleanSince)
        blockedUntil = max(blockedUntil, old.blockedUntil)
        lastBlockEnd = max(lastBlockEnd, old.blockedUntil)
        if old.level > level { change(to: old.level, memory.cause ?? .clean, at: old.cleanSince, nil) }
    }
}
