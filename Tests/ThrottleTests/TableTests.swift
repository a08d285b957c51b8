import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct BucketTableTests {
    /// Against a plain dictionary, over inserts, updates and tidying.
    @Test func agreesWithADictionary() {
        var random = SplitMix(seed: 1)
        var table = BucketTable(rates: [0, 10, 3])
        var model: [UInt64: Bucket] = [:]
        var now: Int64 = 0
        for step in 0..<40_000 {
            now += Int64.random(in: 0...2, using: &random)
            let limit = Int.random(in: 1...2, using: &random)
            let tag = BucketTable.tag(mix(UInt64.random(in: 0..<20_000, using: &random)), limit: limit)
            let bucket = Bucket(debt: Int64.random(in: 1...2_000_000, using: &random), last: now)
            table.store(tag, bucket)
            model[tag] = bucket
            if step % 1000 == 0 { for shard in 0..<256 { table.tidy(shard: shard, now: now) } }
        }
        let rates: [Int64] = [0, 10, 3]
        for (tag, bucket) in model where (now - bucket.last) * rates[Int(tag & 0xFFF)] < bucket.debt {
            #expect(table.bucket(tag, now: now) == bucket)
        }
        #expect(table.evictions == 0)
    }

    @Test func aMillionClientsStayUnder200MB() {
        var table = BucketTable(rates: [0, 1, 4])
        for client in 0..<1_000_000 as Range<UInt64> {
            let hash = mix(client)
            for limit in 1...2 {
                table.store(BucketTable.tag(hash, limit: limit), Bucket(debt: 1_000_000, last: Int64(client / 100)))
            }
        }
        #expect(table.count == 2_000_000)
        #expect(table.evictions == 0)
        #expect(table.byteCount < 200_000_000)
    }

    /// A full table lets a flood of small debts displace itself, not those that owe much.
    @Test func aFloodDisplacesItself() {
        var table = BucketTable(rates: [0, 1], capacity: 20_000)
        let heavy = (0..<500 as Range<UInt64>).map { BucketTable.tag(mix($0 + 1 << 40), limit: 1) }
        for tag in heavy { table.store(tag, Bucket(debt: 1_000_000, last: 0)) }
        for client in 0..<300_000 as Range<UInt64> {
            table.store(BucketTable.tag(mix(client), limit: 1), Bucket(debt: 100_000, last: 0))
        }
        #expect(table.evictions > 200_000)
        #expect(table.byteCount < 2_000_000)
        #expect(heavy.allSatisfy { table.bucket($0, now: 0).debt == 1_000_000 })
    }

    @Test func whatOwesNothingGoesFirst() {
        var table = BucketTable(rates: [0, 1], capacity: 20_000)
        let owing = (0..<5000 as Range<UInt64>).map { BucketTable.tag(mix($0 + 1 << 40), limit: 1) }
        for tag in owing { table.store(tag, Bucket(debt: 1_000_000, last: 0)) }
        // Each wave has paid off before the next comes.
        for wave in 0..<100 as Range<UInt64> {
            for client in 0..<5000 as Range<UInt64> {
                let tag = BucketTable.tag(mix(wave << 20 | client), limit: 1)
                table.store(tag, Bucket(debt: 100, last: Int64(wave) * 1000))
            }
        }
        #expect(table.evictions == 0)
        #expect(owing.allSatisfy { table.bucket($0, now: 0).debt == 1_000_000 })
    }
}

@Suite struct StandingTableTests {
    let rules = LevelRules()

    private func key(_ number: Int) -> ClientKey { .user("\(number)") }

    private func insert(_ number: Int, _ level: ThrottleLevel, into table: inout StandingTable) -> Bool {
        let key = key(number)
        guard let place = table.claim(key.tableHash, level, key, Standing(now: 0)) else { return false }
        for step in 0..<level.rawValue {
            _ = table[place].offend([.score], at: Int64(step) * 60_000, now: Int64(step) * 60_000, rules)
        }
        table.touch(place)
        return true
    }

    @Test func theMildestAndLongestUnseenGoesFirst() {
        var table = StandingTable(capacity: 4)
        let levels: [ThrottleLevel] = [.blocked, .severe, .warning, .normal]
        for (number, level) in levels.enumerated() { #expect(insert(number, level, into: &table)) }
        #expect(insert(10, .normal, into: &table))
        #expect(table.place(of: key(3).tableHash) == nil)
        #expect(insert(11, .warning, into: &table))
        #expect(insert(12, .warning, into: &table))
        #expect(table.place(of: key(2).tableHash) == nil)
        #expect(table.place(of: key(0).tableHash) != nil)
        #expect(table.place(of: key(1).tableHash) != nil)
    }

    @Test func noFloodForgetsABlock() {
        var table = StandingTable(capacity: 100)
        for number in 0..<40 { #expect(insert(number, .blocked, into: &table)) }
        for number in 1000..<50_000 { _ = insert(number, [.normal, .warning, .severe][number % 3], into: &table) }
        #expect(table.count == 100)
        #expect((0..<40).allSatisfy { table.place(of: key($0).tableHash) != nil })
        for number in 100_000..<100_200 { _ = insert(number, .blocked, into: &table) }
        #expect((0..<40).allSatisfy { table.place(of: key($0).tableHash) != nil })
    }

    @Test func theForgottenLeave() {
        var table = StandingTable(capacity: 100)
        for number in 0..<50 { _ = insert(number, .warning, into: &table) }
        var changed = 0
        table.sweep(50, now: 16 * 60_000, rules) { _ in changed += 1 }
        #expect(changed == 50)
        #expect(table.count(at: .warning) == 0)
        table.sweep(50, now: 31 * 60_000, rules) { _ in changed += 1 }
        #expect(table.count == 0)
        #expect(changed == 50)
        #expect(insert(7, .severe, into: &table))
        #expect(table.count(at: .severe) == 1)
    }
}
