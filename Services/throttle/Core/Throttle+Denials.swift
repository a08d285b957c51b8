import WeirProtocol

extension Throttle {
    /// Counts a denial. True when denials have become sustained and the level rose for it.
    mutating func countDenial(_ answer: Answer, _ client: Client, _ now: Moment) -> Bool {
        guard answer.reason == .quota,
            let place = placeOfDenied(client, isShared: answer.refusing == .prefix, now),
            standings[place].countDenial(at: now.monotonic, rules)
        else { return false }
        return raise(place, [.denials], at: now.monotonic, now, nil)
    }

    /// What the address as a whole did is held against the address, or a flood of invented agents behind it would fill
    /// the table of standings.
    private mutating func placeOfDenied(_ client: Client, isShared: Bool, _ now: Moment) -> Int? {
        standings.claim(
            isShared ? client.behind : client.pair, .normal, isShared ? .prefix(client.prefix) : client.key,
            Standing(now: now.monotonic, ceiling: isShared ? .warning : .blocked))
    }

    /// Notes a denial and finds or makes its reference.
    mutating func deny(
        _ answer: Answer, _ view: View, _ client: Client, _ now: Moment
    ) -> String {
        let isShared =
            answer.refusing == .prefix
            || (answer.reason == .override && { if case .prefix? = view.override?.key { true } else { false } }())
        let place = placeOfDenied(client, isShared: isShared, now)
        let retryAt = answer.wait.map { saturatingSum(now.monotonic, $0) }
        if let place {
            standings.touch(place)
            if let episode = standings[place].episode,
                (0..<Self.episode).contains(saturatingDifference(now.monotonic, episode.start)),
                let reference = log.repeated(episode.number, retryAt: retryAt)
            {
                return reference
            }
        }
        let (number, reference) = log.nextReference
        let denial = Denial(
            number: number, reference: reference, at: now.wall, key: isShared ? .prefix(client.prefix) : client.key,
            reason: answer.reason,
            policy: answer.decision.policy, limitKey: answer.refusing, level: answer.decision.level,
            verdictClass: view.verdictClass, cost: client.cost, limit: Int64(answer.decision.limit),
            path: Self.clipped(client.question.path), note: view.override?.reason,
            shadow: isTrial(answer, view), retryAt: retryAt, count: 1)
        log.append(denial)
        if unsaved.count < Self.unsavedLimit { unsaved.append(denial) }
        if let place { standings[place].episode = Standing.Episode(number: number, start: now.monotonic) }
        return reference
    }

    /// The path without its query, which may hold secrets.
    private static func clipped(_ path: UnsafeRawBufferPointer?) -> String {
        path.map {
            String(
                decoding: $0.prefix(200).prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }, as: UTF8.self)
        } ?? "/"
    }

    /// Raises a level for what a client did. True when it rose.
    @discardableResult
    mutating func raise(
        _ place: Int, _ causes: [Cause], at: Int64, _ now: Moment, _ verdictID: String?
    ) -> Bool {
        guard standings[place].offend(causes, at: at, now: now.monotonic, rules, verdictID: verdictID) else {
            return false
        }
        counters.raises += 1
        noteChange(place)
        guard standings[place].level >= .severe, case .pair(let prefix, _) = standings.key(at: place),
            let behind = standings.claim(
                ClientKey.hash(prefix), .warning, .prefix(prefix), Standing(now: now.monotonic, ceiling: .warning))
        else { return true }
        if standings[behind].offend([.neighbour], at: at, now: now.monotonic, rules, verdictID: verdictID) {
            noteChange(behind)
        }
        return true
    }

    mutating func noteChange(_ place: Int) {
        noteChange(of: standings.key(at: place).tableHash)
        standings.touch(place)
    }

    /// A level is to be stored, and told to the other throttles where there are any.
    mutating func noteChange(of hash: UInt64) {
        dirty.insert(hash)
        untold?.insert(hash)
    }
}
