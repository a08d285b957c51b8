import CollectorCore
import DetectorCore
import ThrottleCore
import WeirProtocol

/// In the order in which a request meets them.
nonisolated(unsafe) let functions: [HotFunction] =
    wire + [
        HotFunction("throttle-decision", Inputs.checks) { check in
            Inputs.seconds += 1
            let now = Moment(monotonic: Inputs.seconds * 50, wall: Inputs.start + Inputs.seconds * 50)
            keep(try? Inputs.throttle.check(check, fingerprint: check.fingerprint ?? "", now: now))
        },
        HotFunction("log-line", Inputs.logLines) { line in
            line.withUnsafeBytes { keep(Inputs.parser.parse($0)) }
        },
        HotFunction("line-identity", Inputs.logLines) { line in
            line.withUnsafeBytes { bytes in
                guard case .success(let entry) = Inputs.parser.parse(bytes) else { return }
                keep(Inputs.identity.id(of: entry, line: bytes))
            }
        },
        HotFunction("request-intake", Inputs.records) { record in
            keep(try? Inputs.intake.request(record, recalling: &Inputs.fingerprints))
        },
        HotFunction("session-placing", Inputs.requests) { request in
            var request = request
            Inputs.seconds += 1
            request.at = Inputs.start + Inputs.seconds * 1000
            keep(Inputs.book.place(request))
        },
        HotFunction("referrer", Inputs.referrers) { keep(ReferrerURL.host(of: $0)) },
        HotFunction("device", Inputs.agents) { keep(DeviceClass(userAgent: $0)) },
        HotFunction("spool-frame", Inputs.payloads) { payload in
            Inputs.spool.removeAll(keepingCapacity: true)
            SpoolFraming.append(payload, to: &Inputs.spool)
            Inputs.spool.withUnsafeBytes { keep(SpoolFraming.scan($0)) }
        },
        HotFunction("user-agent", Inputs.agents) { keep(UserAgentClassifier.builtIn.classify($0)) },
        HotFunction("request-target", Inputs.targets) { target in
            keep(RequestClassifier.builtIn.probe(method: "GET", target: target, status: 404))
        },
        HotFunction("session-judging", Inputs.evidence) { keep(Inputs.judge.verdict(on: $0)) },
    ]

/// Messages as the sockets read and write them.
nonisolated(unsafe) private let wire: [HotFunction] = [
    reading("read-throttle-check", Inputs.checks), writing("write-throttle-decision", [Inputs.decision]),
    reading("read-request-record", Inputs.records), writing("write-session-evidence", Inputs.evidence),
    reading("read-session-evidence", Inputs.evidence), writing("write-session-verdict", [Inputs.verdict]),
]

private func reading<Message: HotMessage & Hashable>(_ name: String, _ messages: [Message]) -> HotFunction {
    let lines = messages.map { message in
        var line: [UInt8] = []
        HotEnvelope(id: "1234567", message).append(to: &line)
        line.removeLast()
        return line
    }
    return HotFunction(name, lines) { line in
        line.withUnsafeBytes { bytes in
            guard HotType(peeking: bytes) == Message.hotType else { return }
            keep(HotEnvelope<Message>(line: bytes))
        }
    }
}

private func writing<Message: HotMessage & Hashable>(_ name: String, _ messages: [Message]) -> HotFunction {
    HotFunction(name, messages.map { HotEnvelope(id: "1234567", $0) }) { envelope in
        Inputs.output.removeAll(keepingCapacity: true)
        envelope.append(to: &Inputs.output)
    }
}
