import WeirProtocol

extension Throttle {
    /// What applies to a request, by what the shared server knows. Where it tells nothing, what it told last counts.
    @inline(__always)
    mutating func view(of client: Client, answering shared: SharedAnswer?, _ now: Moment) -> View {
        var found = view(of: client, shared: shared, now)
        if shared != nil || learnt.count > 0 { consider(&found, client, now) }
        return found
    }

    /// Keeps what the shared server tells for later, or adds what it told last.
    @inline(never)
    private mutating func consider(_ found: inout View, _ client: Client, _ now: Moment) {
        if let known = found.shared {
            learn(client.pair, client.key, known.level, known.lasts, now)
            learn(client.behind, .prefix(client.prefix), known.behind, known.behindLasts, now)
            return
        }
        if let place = learnt.place(of: client.pair) {
            learnt[place].settle(at: now.monotonic, rules)
            found.level = max(found.level, learnt[place].level)
            if learnt[place].level == .blocked {
                found.blockedUntil = max(found.blockedUntil, learnt[place].blockedUntil)
            }
        }
        if let place = learnt.place(of: client.behind) {
            learnt[place].settle(at: now.monotonic, rules)
            found.behind = max(found.behind, learnt[place].level)
        }
    }

    /// Keeps a level that another throttle holds, until it would fall by itself.
    private mutating func learn(
        _ hash: UInt64, _ key: @autoclosure () -> ClientKey, _ level: ThrottleLevel, _ lasts: Int64, _ now: Moment
    ) {
        // What is this throttle's own lasts as long as it says itself.
        guard level > .normal, lasts > 0 else {
            if learnt.count > 0, let place = learnt.place(of: hash) { learnt.remove(at: place) }
            return
        }
        let end = saturatingSum(now.monotonic, lasts)
        let memory = Standing.Memory(
            level: level, cleanSince: level == .blocked ? now.monotonic : saturatingDifference(end, rules.decay),
            blockedUntil: level == .blocked ? end : nil)
        var standing = Standing(now: now.monotonic)
        standing.recall(memory, now: now, rules)
        guard let place = learnt.claim(hash, level, key(), standing) else { return }
        learnt[place] = standing
        learnt.touch(place)
    }

    /// Has all levels told to the other throttles, and from now on every change: for a server that may know none.
    public mutating func tellAll() { untold = Set(standings.hashes) }

    /// Hands over the levels that other throttles are to be told, at most `limit`, so that no check waits long behind them;
    /// call again for the rest. What time has lowered needs no telling.
    public mutating func takeUntold(limit: Int = 200, now: Moment, clock: Int64 = 0) -> [SharedLevel] {
        var levels: [SharedLevel] = []
        while levels.count < limit, let hash = untold?.popFirst() {
            guard let place = standings.place(of: hash) else { continue }
            var standing = standings[place]
            standing.settle(at: now.monotonic, rules)
            guard standing.level > .normal else { continue }
            levels.append(sharedLevel(standings.key(at: place), standing.memory, now: now, clock: clock))
        }
        return levels
    }
}
