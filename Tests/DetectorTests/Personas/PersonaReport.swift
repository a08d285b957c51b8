import DetectorCore
import Dispatch
import Synchronization
import WeirProtocol

/// What a judge makes of the personas of a file, behaviour alone: every session has the same ordinary user agent.
struct PersonaReport {
    /// A browser of the day, the same for all, so that it tells nothing.
    static let agent =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 "
        + "Safari/537.36"

    /// What became of the sessions of one kind.
    struct Outcome {
        var sessions = 0
        /// Those called automated.
        var flagged = 0
        /// How often each signal fired.
        var signals: [String: Int] = [:]
    }

    private(set) var outcomes: [Persona: Outcome] = [:]

    init(_ sessions: [Persona: [SessionEvidence]], _ judge: Judge) {
        let kinds = sessions.map { ($0.key, $0.value) }
        let all = Mutex<[Persona: Outcome]>([:])
        DispatchQueue.concurrentPerform(iterations: kinds.count) { place in
            let (persona, evidence) = kinds[place]
            var outcome = Outcome()
            for session in evidence {
                let verdict = judge.verdict(on: session)
                outcome.sessions += 1
                if verdict.verdictClass.isAutomated { outcome.flagged += 1 }
                for signal in verdict.signals { outcome.signals[signal.name, default: 0] += 1 }
            }
            all.withLock { $0[persona] = outcome }
        }
        outcomes = all.withLock { $0 }
    }

    /// Sessions of the natures given, and how many of them were called automated.
    func count(_ natures: Set<Persona.Nature>) -> (flagged: Int, sessions: Int) {
        outcomes.reduce(into: (0, 0)) { sum, item in
            guard natures.contains(item.key.nature) else { return }
            sum.0 += item.value.flagged
            sum.1 += item.value.sessions
        }
    }

    func share(_ natures: Set<Persona.Nature>) -> Double {
        let (flagged, sessions) = count(natures)
        return Double(flagged) / Double(max(1, sessions))
    }

    /// Of those called automated, the share that is.
    var precision: Double {
        let right = count([.tool, .impostor]).flagged
        return right == 0 ? 0 : Double(right) / Double(right + count([.person]).flagged)
    }

    /// Why the rules may not be released as they are; empty when they may.
    var complaints: [String] {
        var found: [String] = []
        for persona in Persona.allCases {
            guard let outcome = outcomes[persona] else { continue }
            let share = Double(outcome.flagged) / Double(outcome.sessions)
            if share > persona.mostFlagged {
                found.append("\(persona.rawValue): \(outcome.flagged) of \(outcome.sessions) called automated")
            }
            if share < persona.leastFlagged {
                found.append("\(persona.rawValue): only \(outcome.flagged) of \(outcome.sessions) found")
            }
        }
        return found
    }

    /// A line a kind, for people.
    var table: String {
        Persona.allCases.compactMap { persona in
            guard let outcome = outcomes[persona] else { return nil }
            let why = outcome.signals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            return "\(persona.nature.rawValue) \(persona.rawValue): \(outcome.flagged) of \(outcome.sessions); \(why)"
        }.joined(separator: "\n")
    }
}

extension Persona {
    /// The largest share that may be called automated.
    var mostFlagged: Double {
        switch self {
        case _ where isSacred: 0
        case _ where isPerson: 0.02
        default: 1
        }
    }

    /// The smallest share that has to be found.
    var leastFlagged: Double {
        switch self {
        case _ where isPerson, .feedReader: 0
        // Where no page is ever loaded only pace and number speak, and an agent usually says the rest.
        case .apiClient: 0.2
        // A browser under remote control differs from a reader by little more than its endurance.
        case .headlessWithTracker, .agentRotator: 0.6
        default: 0.9
        }
    }
}

extension PersonaFile {
    /// Evidence of every session of every kind, under `agent`.
    func everybody(agent: String = PersonaReport.agent) -> [Persona: [SessionEvidence]] {
        let made = Mutex<[Persona: [SessionEvidence]]>([:])
        DispatchQueue.concurrentPerform(iterations: Persona.allCases.count) { place in
            let persona = Persona.allCases[place]
            let evidence = evidence(of: persona, agent: agent)
            made.withLock { $0[persona] = evidence }
        }
        return made.withLock { $0 }
    }
}
