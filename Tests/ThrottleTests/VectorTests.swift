import Testing
import WeirProtocol

@testable import ThrottleCore

/// What other implementations do at given times with given costs, through the simulation.
@Suite(.needsSharedData) struct VectorTests {
    @Test func everyVectorAgrees() throws {
        var steps = 0
        for (file, content) in try SharedData.vectors() {
            for vector in content["cases"]?.arrayValue ?? [] {
                let name = "\(file): \(vector["name"]?.stringValue ?? "?")"
                let policies = try PolicySet(
                    file: [
                        "version": 1,
                        "policies": [
                            [
                                "name": "default",
                                "limits": [
                                    [
                                        "rate_per_s": vector["rate_per_s"] ?? .null,
                                        "capacity": vector["capacity"] ?? .null, "key": "given",
                                    ]
                                ],
                            ]
                        ],
                    ])
                var simulation = Simulation(policies)
                for step in vector["steps"]?.arrayValue ?? [] {
                    let question: JSONValue = [
                        "at_ms": step["t_ms"] ?? .null, "key": "k", "cost": step["cost"] ?? 1,
                    ]
                    if let tokens = step["tokens_before"]?.doubleValue {
                        let peek = try ask(&simulation, ["at_ms": step["t_ms"] ?? .null, "key": "k", "cost": 0])
                        #expect(peek["remaining"]?.doubleValue == tokens.rounded(.down), "\(name) \(step.text)")
                    }
                    let answer = try ask(&simulation, question)
                    #expect(answer["allowed"] == step["allowed"], "\(name) \(step.text)")
                    for field in ["remaining", "retry_after_ms", "reset_after_ms"] {
                        guard let expected = step[field] else { continue }
                        #expect(answer[field] == expected, "\(name) \(step.text) \(field)")
                    }
                    steps += 1
                }
            }
        }
        #expect(steps > 0, "no vectors were found")
    }

    private func ask(_ simulation: inout Simulation, _ question: JSONValue) throws -> JSONValue {
        try JSONValue(parsing: simulation.answer(question.serialized()))
    }
}
