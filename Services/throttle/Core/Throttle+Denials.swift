import WeirProtocol

extension Throttle {
    /// Notes a denial and finds or makes its reference.
    mutating func deny(
        _ answer: Answer, _ view: View, _ client: Client, _ now: Moment
    ) -> String {
        // What the address as a whole did is held against the address, or a flood of invented agents behind it would
        // fill the table of standings.
        let isShared =
            answer.refusing?.key == .prefix
            || (answer.reason == .override && { if case .prefix? = view.override?.key { true } else { false } }())
        let key = { isShared ? ClientKey.prefix(client.prefix) : client.key }
        let ceiling: ThrottleLevel = isShared ? .warning : .blocked
        let place = standings.claim(
            isShared ? client.behind : client.pair, .normal, key(), Standing(now: now.monotonic, ceiling: ceiling))
        let retryAt = answer.wait.map { saturatingSum(now.monotonic, $0) }
        if let place {
            if answer.reason == .quota, standings[place].countDenial(at: now.monotonic, rules) {
                raise(place, [.denials], at: now.monotonic, now, nil)
            }
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
            number: number, reference: reference, at: now.wall, key: key(), reason: answer.reason,
            policy: answer.decision.policy, limitKey: answer.refusing?.key, level: answer.decision.level,
            verdictClass: view.verdictClass, cost: client.cost, limit: Int64(answer.decision.limit),
            path: Self.clipped(client.question.path), note: view.override?.reason,
            shadow: isShadow || policies.policies[view.policy].shadow, retryAt: retryAt, count: 1)
        log.append(denial)
        if unsaved.count < Self.unsavedLimit { unsaved.append(denial) }
        if let place { standings[place].episode = Standing.Episode(number: number, start: now.monotonic) }
        return reference
    }

    private static func clipped(_ path: UnsafeRawBufferPointer?) -> String {
        path.map { String(decoding: $0.prefix(200), as: UTF8.self) } ?? "/"
    }

    mutating func raise(_ place: Int, _ causes: [Cause], at: Int64, _ now: Moment, _ verdictID: String?) {
        guard standings[place].offend(causes, at: at, now: now.monotonic, rules, verdictID: verdictID) else { return }
        counters.raises += 1
        noteChange(place)
        guard standings[place].level >= .severe, case .pair(let prefix, _) = standings.key(at: place),
            let behind = standings.claim(
                ClientKey.hash(prefix), .warning, .prefix(prefix), Standing(now: now.monotonic, ceiling: .warning))
        else { return }
        if standings[behind].offend([.neighbour], at: at, now: now.monotonic, rules, verdictID: verdictID) {
            noteChange(behind)
        }
    }

    mutating func noteChange(_ place: Int) {
        dirty.insert(standings.key(at: place).tableHash)
        standings.touch(place)
    }
}
