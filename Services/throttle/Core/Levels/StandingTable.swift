import WeirProtocol

/// The keys against which there is something, bounded.
///
/// When full, a key at normal goes before one at warning, that before severe, and blocked last; among equals the one
/// longest not seen. So a newcomer with nothing worse than a denial can never displace a blocked client, and if all
/// are blocked the newcomer itself is not kept. Requests within their limits never get here.
public struct StandingTable: Sendable {
    private var places: [Place] = []
    private var index: [UInt64: Int32] = [:]
    private var free: [Int32] = []
    private var lists = [List](repeating: List(), count: 4)
    private let capacity: Int
    private var hand = 0
    /// Standings at warning or above that had to go.
    public private(set) var evictions: UInt64 = 0
    /// Newcomers not kept because all places were taken by worse ones.
    public private(set) var refusals: UInt64 = 0

    /// An empty table of at most `capacity` keys, at least 1.
    public init(capacity: Int) { self.capacity = max(1, min(capacity, Int(Int32.max))) }

    /// How many keys are kept.
    public var count: Int { index.count }

    /// How many keys are at a level, as of when each was last looked at.
    public func count(at level: ThrottleLevel) -> Int { lists[level.rawValue].count }

    /// The place of a key's standing.
    @inline(__always)
    func place(of hash: UInt64) -> Int? { index.isEmpty ? nil : index[hash].map(Int.init) }

    /// The standing at a place. After changing it call `touch`.
    subscript(place: Int) -> Standing {
        get { places[place].standing }
        _modify { yield &places[place].standing }
    }

    /// Whose standing it is.
    func key(at place: Int) -> ClientKey { places[place].key }

    /// The place of a key's standing, made when there is none.
    /// - Returns: nil when the table is full of keys that are worse than `level`.
    mutating func claim(
        _ hash: UInt64, _ level: ThrottleLevel, _ key: @autoclosure () -> ClientKey,
        _ fresh: @autoclosure () -> Standing
    ) -> Int? {
        if let found = place(of: hash) { return found }
        if index.count >= capacity {
            guard let worst = lists.firstIndex(where: { $0.count > 0 }), worst <= level.rawValue, worst < 3 else {
                refusals += 1
                return nil
            }
            if worst > 0 { evictions += 1 }
            remove(at: Int(lists[worst].oldest))
        }
        let new = Place(hash: hash, key: key(), standing: fresh())
        let place: Int
        if let reused = free.popLast() {
            place = Int(reused)
            places[place] = new
        } else {
            place = places.count
            places.append(new)
        }
        index[hash] = Int32(place)
        link(place, new.standing.level)
        return place
    }

    /// Notes that a key was seen, and its level's change if it had one.
    mutating func touch(_ place: Int) {
        let level = places[place].standing.level
        guard level != places[place].listed || lists[level.rawValue].newest != Int32(place) else { return }
        unlink(place)
        link(place, level)
    }

    /// Forgets a key.
    mutating func remove(at place: Int) {
        unlink(place)
        index[places[place].hash] = nil
        places[place].isUsed = false
        places[place].standing = Standing(now: 0)
        free.append(Int32(place))
    }

    /// Looks at the next `budget` places in turn: the levels that time has lowered are noted, the forgotten go.
    /// - Returns: the keys whose level changed.
    mutating func sweep(_ budget: Int, now: Int64, _ rules: LevelRules, changed: (UInt64) -> Void) {
        for _ in 0..<min(budget, places.count) {
            if hand >= places.count { hand = 0 }
            defer { hand += 1 }
            guard places[hand].isUsed else { continue }
            if places[hand].standing.settle(at: now, rules) {
                changed(places[hand].hash)
                unlink(hand)
                link(hand, places[hand].standing.level)
            }
            if places[hand].standing.isForgotten(at: now, rules) { remove(at: hand) }
        }
    }

    /// Every key with its standing.
    public func forEach(_ body: (ClientKey, Standing) -> Void) {
        for place in places where place.isUsed { body(place.key, place.standing) }
    }

    /// Every key's hash.
    var hashes: Dictionary<UInt64, Int32>.Keys { index.keys }

    private struct Place {
        var hash: UInt64
        var key: ClientKey
        var standing: Standing
        var listed = ThrottleLevel.normal
        var isUsed = true
        var older: Int32 = -1
        var newer: Int32 = -1
    }

    private struct List {
        var oldest: Int32 = -1
        var newest: Int32 = -1
        var count = 0
    }

    private mutating func link(_ place: Int, _ level: ThrottleLevel) {
        let newest = lists[level.rawValue].newest
        places[place].listed = level
        places[place].older = newest
        places[place].newer = -1
        if newest >= 0 { places[Int(newest)].newer = Int32(place) } else { lists[level.rawValue].oldest = Int32(place) }
        lists[level.rawValue].newest = Int32(place)
        lists[level.rawValue].count += 1
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer, level) = (places[place].older, places[place].newer, places[place].listed.rawValue)
        if older >= 0 { places[Int(older)].newer = newer } else { lists[level].oldest = newer }
        if newer >= 0 { places[Int(newer)].older = older } else { lists[level].newest = older }
        lists[level].count -= 1
    }
}
