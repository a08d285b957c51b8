import Glibc
import Runtime
import ThrottleCore
import Transport
import WeirProtocol

/// What throttle.sock answers.
struct LineDoor: Sendable {
    let engine: ThrottleEngine
    let keeper: MemoryKeeper
    /// The server that several throttles share; nil where memory alone decides.
    var link: RedisLink?

    func table() -> MessageTable {
        var table = MessageTable(service: "throttle")
        if let link {
            table.hotPath = { line, _, later in shared(line, link, later) }
            table.on(.throttleCheck) { envelope, _ throws(WireError) in
                let check = try envelope.decode(ThrottleCheck.self)
                return .init(.throttleDecision, try await engine.check(check, through: link))
            }
            table.on(.throttlePeek) { envelope, _ throws(WireError) in
                let check = try envelope.decode(ThrottleCheck.self)
                return .init(.throttleState, try await engine.state(check, through: link))
            }
        } else {
            table.hotPath = { line, output, _ in hot(line, &output) }
            table.onImmediately(.throttleCheck) { envelope, _ throws(WireError) in
                .init(.throttleDecision, try engine.check(envelope.decode(ThrottleCheck.self)))
            }
            table.onImmediately(.throttlePeek) { envelope, _ throws(WireError) in
                .init(.throttleState, try engine.state(envelope.decode(ThrottleCheck.self)))
            }
        }
        table.onImmediately(.policiesGet) { _, _ throws(WireError) in .init(.policies, engine.policyWords) }
        table.onImmediately(.verdictReport) { envelope, _ throws(WireError) in
            try engine.report(envelope.decode(VerdictReport.self))
            return .none
        }
        table.onImmediately(.throttleOverride) { envelope, peer throws(WireError) in
            try override(envelope.decode(ThrottleOverride.self), peer)
            return .init(.done, JSONValue.object(JSONObject()))
        }
        table.on(.throttleWhy) { envelope, _ throws(WireError) in
            let reference = try envelope.decode(ThrottleWhy.self).reference
            if let history = engine.history(reference) { return .init(.throttleHistory, history) }
            if let history = try await keeper.history(reference) { return .init(.throttleHistory, history) }
            throw WireError(.notFound, "nothing is known of the reference '\(reference)'")
        }
        table.onImmediately(.statusGet) { _, _ throws(WireError) in .init(.status, status()) }
        return table
    }

    /// Checks and reports, read and answered without a tree in between. Everything else, and everything that is wrong
    /// with them, goes the usual way.
    private func hot(_ line: UnsafeRawBufferPointer, _ output: inout [UInt8]) -> LineAnswer {
        if let asked = CheckLine(line) {
            answer(asked, &output)
            return .answered
        }
        if let asked = HotEnvelope<ThrottleCheck>(line: line) {
            guard let id = asked.id else {
                _ = try? engine.check(asked.message)
                return .answered
            }
            do throws(WireError) {
                HotEnvelope(re: id, trace: asked.trace, try engine.check(asked.message)).append(to: &output)
            } catch {
                output += Envelope(.error, re: id, trace: asked.trace, body: JSONValue(encoding: error)).line
            }
            return .answered
        }
        return report(line)
    }

    private func report(_ line: UnsafeRawBufferPointer) -> LineAnswer {
        guard let told = HotEnvelope<VerdictReport>(line: line), told.id == nil,
            (try? engine.report(told.message)) != nil
        else { return .declined }
        return .answered
    }

    /// Checks that the shared server answers, and reports.
    private func shared(_ line: UnsafeRawBufferPointer, _ link: RedisLink, _ later: () -> Responder) -> LineAnswer {
        guard let asked = HotEnvelope<ThrottleCheck>(line: line) else { return report(line) }
        guard let id = asked.id else {
            engine.check(asked.message, through: link) { _ in }
            return .answered
        }
        let responder = later()
        engine.check(asked.message, through: link) { result in
            var line: [UInt8] = []
            switch result {
            case .success(let decision): HotEnvelope(re: id, trace: asked.trace, decision).append(to: &line)
            case .failure(let error):
                line = Envelope(.error, re: id, trace: asked.trace, body: JSONValue(encoding: error)).line
            }
            responder.send(line)
        }
        return .deferred
    }

    private func answer(_ asked: CheckLine, _ output: inout [UInt8]) {
        guard let id = asked.id else {
            _ = try? engine.check(asked)
            return
        }
        do throws(WireError) {
            try engine.check(asked).appendLine(re: id, trace: asked.trace, to: &output)
        } catch {
            let words = (String(decoding: id, as: UTF8.self), asked.trace.map { String(decoding: $0, as: UTF8.self) })
            output += Envelope(.error, re: words.0, trace: words.1, body: JSONValue(encoding: error)).line
        }
    }

    /// Gateways may ask, and only root and the throttle's own user may overrule.
    private func override(_ word: ThrottleOverride, _ peer: PeerCredentials?) throws(WireError) {
        guard let peer, peer.userID == 0 || peer.userID == geteuid() else {
            throw WireError(.forbidden, "overrides are for root and the throttle's own user")
        }
        let key = try ClientKey(typed: word.key, engine.withThrottle { $0.policies.rules })
        guard word.reason.contains(where: { !$0.isWhitespace }) else {
            throw WireError(.badBody, "reason is blank; it is kept for those who ask later")
        }
        let by = word.by ?? "uid \(peer.userID)"
        let now = ThrottleEngine.now
        let until = word.seconds.map { now.monotonic + $0 * 1000 }
        try engine.withThrottle { throttle throws(WireError) in
            switch word.action {
            case .clear:
                guard throttle.clear(key) else { throw WireError(.notFound, "there is no override on \(key)") }
            case .allow, .block:
                let action: Override.Action = word.action == .allow ? .allow : .block
                try throttle.set(Override(action, key, until: until, reason: word.reason))
            }
            keeper.note(word, on: key, by: by, at: now.wall)
        }
    }

    func status() -> ServiceStatus {
        var counters = engine.figures
        counters.merge(keeper.figures) { $1 }
        if let link { counters.merge(link.figures) { $1 } }
        return ServiceStatus(
            service: "throttle", version: ThrottleExecutable.release, uptimeMs: engine.uptime,
            state: state, counters: counters)
    }

    private var state: String {
        if keeper.isAway { return "database_unavailable" }
        if engine.hasOldPolicies { return "policies_refused" }
        return link?.presence.isAway == true ? "shared_store_unavailable" : "ok"
    }
}
