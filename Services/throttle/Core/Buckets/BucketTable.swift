import WeirProtocol

/// The buckets of all keys, bounded.
///
/// A bucket that owes nothing is the same as none at all, so those go first, without loss. Once everything owes
/// something and the table is at its limit, a newcomer displaces whoever is soonest free of debt among the 16 places
/// tried: a flood of new keys, each owing one request, displaces itself and not the client that owes a hundred. What
/// is held against a client is not kept here but in `StandingTable`, so no flood of keys can forget a block.
///
/// 256 shards grow and tidy up on their own, which keeps the longest pause to one shard.
public struct BucketTable: Sendable {
    private var shards: [Shard]
    /// Units a millisecond pays off, by limit number.
    private let rates: [Int64]
    private let slotLimit: Int
    /// Buckets that had to go although they still owed something.
    public private(set) var evictions: UInt64 = 0

    /// Limit numbers lie in 1..<4096.
    public static let limitCount = 4096
    /// The most buckets kept unless told otherwise: 3.3 million, at most 100 MB.
    public static let standardCapacity = 256 * Shard.most(16384)

    /// An empty table of at most about `capacity` buckets (rounded up to what its shards hold) for limits whose
    /// `unitsPerMs` are `rates`, the limit's number being the index.
    public init(rates: [Int64], capacity: Int = standardCapacity) {
        precondition(rates.count <= Self.limitCount)
        self.rates = rates
        var slots = 16
        while 256 * Shard.most(slots) < capacity, slots < 1 << 24 { slots *= 2 }
        slotLimit = slots
        shards = [Shard](repeating: Shard(), count: 256)
    }

    /// How many buckets are kept.
    public var count: Int { shards.reduce(0) { $0 + $1.count } }

    /// Bytes that the places take, used or not.
    public var byteCount: Int { shards.reduce(0) { $0 + $1.slots.count } * MemoryLayout<Slot>.stride }

    /// The name of a bucket: a client key's hash and a limit's number. Two names coincide once in 2^52.
    @inline(__always)
    public static func tag(_ hash: UInt64, limit: Int) -> UInt64 {
        (hash &+ UInt64(limit) &* 0x9E37_79B9_7F4A_7C15) & ~0xFFF | UInt64(limit)
    }

    /// The bucket of that name; one that owes nothing when there is none.
    @inline(__always)
    public func bucket(_ tag: UInt64, now: Int64) -> Bucket {
        shards[Int(tag >> 56)].bucket(of: tag) ?? Bucket(debt: 0, last: now)
    }

    /// Lets time pass for a bucket and adds what the tokens cost, if the limit has room for them.
    @inline(__always)
    mutating func charge(_ tag: UInt64, _ limit: Limit, tokens: Int64, at level: ThrottleLevel, now: Int64) {
        let index = Int(tag >> 56)
        let isKnown = shards[index].change(tag) { bucket in
            bucket.settle(at: now, limit)
            bucket.debt += bucket.charge(of: tokens, limit, at: level)
        }
        guard !isKnown else { return }
        var bucket = Bucket(debt: 0, last: now)
        bucket.debt = bucket.charge(of: tokens, limit, at: level)
        store(tag, bucket)
    }

    /// Keeps a bucket. One without debt is only kept where it has a place already.
    public mutating func store(_ tag: UInt64, _ bucket: Bucket) {
        let index = Int(tag >> 56)
        if !shards[index].change(tag, { $0 = bucket }), bucket.debt > 0 {
            let evicted = shards[index].insert(tag, bucket, rates, slotLimit)
            if evicted { evictions += 1 }
        }
    }

    /// Drops the buckets of one shard that owe nothing by now; call it in turn to give memory's places back.
    public mutating func tidy(shard: Int, now: Int64) { shards[shard & 255].removeSettled(now, rates) }
}

private struct Slot {
    /// 0 where nobody is.
    var tag: UInt64
    var bucket: Bucket
}

/// An open-addressing table with linear probing. Nothing is marked deleted: removal rebuilds.
private struct Shard {
    private(set) var slots: [Slot] = []
    private(set) var count = 0
    /// One less than there are places; kept here because looking at the array for it would cost every question a miss
    /// of the cache.
    private var mask = -1
    private var tidiedAt = Int64.min

    /// Probing stays short below four fifths.
    static func most(_ slots: Int) -> Int { slots / 5 * 4 }

    @inline(__always)
    private func home(_ tag: UInt64) -> Int {
        // The top eight bits chose the shard and the lowest twelve are the limit.
        Int(truncatingIfNeeded: tag >> 12) & mask
    }

    @inline(__always)
    private func place(of tag: UInt64) -> Int? {
        guard mask >= 0 else { return nil }
        return slots.withUnsafeBufferPointer { slots in
            // A place that is masked is within the array.
            var place = home(tag)
            while true {
                let found = slots[place].tag
                if found == tag { return place }
                if found == 0 { return nil }
                place = (place + 1) & mask
            }
        }
    }

    @inline(__always)
    func bucket(of tag: UInt64) -> Bucket? {
        guard let place = place(of: tag) else { return nil }
        return slots.withUnsafeBufferPointer { $0[place].bucket }
    }

    /// Changes a bucket where it lies; false when there is none.
    @inline(__always)
    mutating func change(_ tag: UInt64, _ body: (inout Bucket) -> Void) -> Bool {
        guard let place = place(of: tag) else { return false }
        body(&slots[place].bucket)
        return true
    }

    /// Finds room for a newcomer; true when somebody who still owed had to go.
    mutating func insert(_ tag: UInt64, _ bucket: Bucket, _ rates: [Int64], _ slotLimit: Int) -> Bool {
        if count >= Self.most(slots.count), slots.count < slotLimit || isWorthTidying(bucket.last) {
            removeSettled(bucket.last, rates)
            if count >= Self.most(slots.count) / 4 * 3, slots.count < slotLimit { rebuild(max(16, slots.count * 2)) }
        }
        if count < Self.most(slots.count) {
            add(tag, bucket)
            return false
        }
        var place = home(tag)
        var (victim, least) = (place, Int64.max)
        for _ in 0..<16 {
            if slots[place].tag != 0 {
                let left = Self.wait(slots[place], bucket.last, rates)
                if left < least { (victim, least) = (place, left) }
            }
            place = (place + 1) & mask
        }
        remove(at: victim)
        add(tag, bucket)
        return true
    }

    /// A full shard is not searched again for every newcomer of a flood, but once a second.
    private func isWorthTidying(_ now: Int64) -> Bool { now < tidiedAt || saturatingDifference(now, tidiedAt) >= 1000 }

    mutating func removeSettled(_ now: Int64, _ rates: [Int64]) {
        tidiedAt = now
        guard slots.contains(where: { $0.tag != 0 && Self.wait($0, now, rates) == 0 }) else { return }
        rebuild(slots.count) { Self.wait($0, now, rates) > 0 }
    }

    /// Milliseconds until nothing is owed.
    private static func wait(_ slot: Slot, _ now: Int64, _ rates: [Int64]) -> Int64 {
        let rate = rates[Int(slot.tag & 0xFFF)]
        guard rate > 0, slot.bucket.debt > 0 else { return slot.bucket.debt > 0 ? .max : 0 }
        let duration = (slot.bucket.debt - 1) / rate + 1
        return max(0, duration - max(0, saturatingDifference(now, slot.bucket.last)))
    }

    private mutating func add(_ tag: UInt64, _ bucket: Bucket) {
        var place = home(tag)
        while slots[place].tag != 0 { place = (place + 1) & mask }
        slots[place] = Slot(tag: tag, bucket: bucket)
        count += 1
    }

    /// Closes the gap, so that whoever was displaced past it is still found.
    private mutating func remove(at place: Int) {
        var (gap, next) = (place, (place + 1) & mask)
        while slots[next].tag != 0 {
            let distance = (next - home(slots[next].tag)) & mask
            if distance >= (next - gap) & mask {
                slots[gap] = slots[next]
                gap = next
            }
            next = (next + 1) & mask
        }
        slots[gap].tag = 0
        count -= 1
    }

    private mutating func rebuild(_ size: Int, keeping: (Slot) -> Bool = { _ in true }) {
        let old = slots
        slots = [Slot](repeating: Slot(tag: 0, bucket: Bucket()), count: size)
        mask = size - 1
        count = 0
        for slot in old where slot.tag != 0 && keeping(slot) { add(slot.tag, slot.bucket) }
    }
}
