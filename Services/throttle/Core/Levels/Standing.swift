import WeirProtocol

/// Why a level changed. The raw value is what the database and `throttle why` show.
public enum Cause: String, Hashable, Sendable, CaseIterable {
    /// A verdict's behavioural score.
    case score
    /// Page requests per minute.
    case pageRate = "requests_per_minute"
    /// The share of errors.
    case errors = "error_rate"
    /// The detector calls it a scanner.
    case scanner
    /// It went on and on over its limit.
    case denials = "sustained_denials"
    /// A client behind this address reached severe.
    case neighbour = "client_behind_address"
    /// Time without an offence, or the end of a block.
    case clean = "clean_time"

    /// Place among those that are limited to once in an interval.
    var slot: Int { Self.allCases.firstIndex(of: self)! }
}

/// One step up or down.
public struct LevelChange: Hashable, Sendable {
    /// Monotonic milliseconds.
    public let at: Int64
    /// The level before.
    public let from: ThrottleLevel
    /// The level after.
    public let to: ThrottleLevel
    /// What made it change.
    public let cause: Cause
    /// The verdict that did, if one did.
    public let verdictID: String?
}

/// What is held against one key: its level, what raised it, and when it will be forgiven.
///
/// A state machine over monotonic milliseconds. Time alone lowers a level and is accounted for whenever the standing is
/// looked at, so nothing needs to run for a client to be forgiven.
public struct Standing: Sendable {
    /// The level; settle first.
    public internal(set) var level = ThrottleLevel.normal
    /// What the newest verdict calls the client; nil when none said anything but human.
    public internal(set) var verdictClass: VerdictClass?
    /// Clean time counts from here.
    public internal(set) var cleanSince: Int64
    /// When the present block ends; meaningful at level blocked.
    public internal(set) var blockedUntil = Int64.min
    /// When the last block ended or will end.
    public internal(set) var lastBlockEnd = Int64.min
    /// Blocks so far, each within the repeat window of the one before.
    public internal(set) var blocks = 0
    /// The newest changes, oldest first, at most `historyLimit`.
    public private(set) var history: [LevelChange] = []
    /// The denial being explained, shared by denials in quick succession.
    public var episode: Episode?

    /// The highest level that this key may get: an address that people share is never blocked.
    let ceiling: ThrottleLevel
    var raisedAt = SIMD8<Int64>(repeating: .min)
    private var evidenceAt = Int64.min
    private var denials = SlidingCount()
    /// The latest request that a verdict was about, by the calendar, which is how detectors name it.
    var judged: Timestamp?
    /// The same as it was before a restart.
    var recalled: Timestamp?

    static let historyLimit = 8

    /// A run of denials under one reference.
    public struct Episode: Hashable, Sendable {
        /// Its number in the history of denials.
        public var number: UInt64
        /// When it began, monotonic milliseconds.
        public var start: Int64
    }

    /// A clean slate.
    public init(now: Int64, ceiling: ThrottleLevel = .blocked) {
        cleanSince = now
        self.ceiling = ceiling
    }

    /// Lets time pass. True when the level fell.
    @discardableResult
    public mutating func settle(at now: Int64, _ rules: LevelRules) -> Bool {
        guard level > .normal else { return false }
        let before = level
        if level == .blocked {
            guard now >= blockedUntil else { return false }
            // Having been kept out is no clean time.
            cleanSince = max(cleanSince, blockedUntil)
            change(to: .severe, .clean, at: blockedUntil, nil)
        }
        while level > .normal, saturatingDifference(now, cleanSince) >= rules.decay {
            cleanSince += rules.decay
            change(to: level.lowered, .clean, at: cleanSince, nil)
        }
        return level != before
    }

    /// Whether there is nothing left that a fresh standing would not have.
    public func isForgotten(at now: Int64, _ rules: LevelRules) -> Bool {
        level == .normal && saturatingDifference(now, cleanSince) >= rules.decay
            && (blocks == 0 || saturatingDifference(now, lastBlockEnd) >= rules.repeatWindow)
            && (episode == nil || saturatingDifference(now, episode!.start) >= rules.decay)
    }

    /// Notes a verdict over requests up to `judged`. False when it was taken into account before a restart: detectors send
    /// the latest ones again.
    mutating func takes(_ judged: Timestamp) -> Bool {
        if let recalled, judged <= recalled { return false }
        self.judged = max(self.judged ?? judged, judged)
        return true
    }

    /// Takes what a verdict calls the client; of several the one over the latest evidence counts.
    /// - Returns: whether the class changed.
    public mutating func classify(_ found: VerdictClass, evidence: Int64) -> Bool {
        guard evidence >= evidenceAt else { return false }
        evidenceAt = evidence
        let kept: VerdictClass? = found == .human || found == .undecided ? nil : found
        guard verdictClass != kept else { return false }
        verdictClass = kept
        return true
    }

    /// Raises the level by one step for all of `causes` together, at most once in an interval for each; a scanner
    /// goes to severe at once. The evidence is of `at`, which may lie before `now`.
    /// - Returns: whether the level rose.
    public mutating func offend(
        _ causes: [Cause], at: Int64, now: Int64, _ rules: LevelRules, verdictID: String? = nil
    ) -> Bool {
        settle(at: now, rules)
        cleanSince = max(cleanSince, at)
        let fresh = causes.filter {
            raisedAt[$0.slot] == .min || saturatingDifference(at, raisedAt[$0.slot]) >= rules.raiseInterval
        }
        guard let first = fresh.first else { return false }
        for cause in fresh { raisedAt[cause.slot] = at }
        let scanned = fresh.contains(.scanner)
        let target = min(ceiling, scanned ? max(level.raised, .severe) : level.raised)
        guard target > level else { return false }
        if target == .blocked {
            if blocks > 0, saturatingDifference(now, lastBlockEnd) >= rules.repeatWindow { blocks = 0 }
            blockedUntil = saturatingSum(now, rules.blockDuration(after: blocks))
            lastBlockEnd = blockedUntil
            blocks += 1
        }
        change(to: target, scanned ? .scanner : first, at: now, verdictID)
        return true
    }

    /// Counts one denial. True when they have become sustained.
    public mutating func countDenial(at now: Int64, _ rules: LevelRules) -> Bool {
        denials.add(at: now, window: rules.denialWindow) > rules.denials
    }

    mutating func change(to next: ThrottleLevel, _ cause: Cause, at: Int64, _ verdictID: String?) {
        if history.count == Self.historyLimit { history.removeFirst() }
        history.append(LevelChange(at: at, from: level, to: next, cause: cause, verdictID: verdictID))
        level = next
    }
}
