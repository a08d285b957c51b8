import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct SimulationTests {
    private func run(_ policy: String, _ lines: [String]) throws -> [JSONValue] {
        var simulation = Simulation(try PolicySet(file: JSONValue(parsing: Array(policy.utf8))))
        return try lines.map { try JSONValue(parsing: simulation.answer(Array($0.utf8))) }
    }

    private let hourly = """
        {"version":1,"policies":[{"name":"default","limits":[{"rate_per_s":2,"capacity":4},
          {"requests":6,"per_seconds":3600,"capacity":6}]},{"name":"none","limits":[{"rate_per_s":1,"capacity":0}]}]}
        """

    @Test func oneAnswerALineInOrder() throws {
        let answers = try run(
            hourly,
            [
                #"{"at_ms":0,"key":"a"}"#, "", "not json", "[1]", #"{"at_ms":0}"#, #"{"key":"a"}"#,
                #"{"at_ms":0.5,"key":"a"}"#, #"{"at_ms":0,"key":"a","cost":-1}"#, #"{"at_ms":0,"key":"a","cost":"1"}"#,
                #"{"at_ms":0,"key":"a","level":"grim"}"#, #"{"at_ms":0,"key":"a","policy":"nope"}"#,
                #"{"at_ms":0,"key":"a","cost":null,"level":null,"policy":null,"more":1}"#,
            ])
        #expect(answers.map { $0["line"] } == (1...12).map { .integer($0) })
        #expect(answers.map { $0["error"] == nil } == [true] + .init(repeating: false, count: 10) + [true])
        #expect(answers[11]["remaining"] == 2)
    }

    /// Each number follows from 2 a second with 4 at once, and 6 an hour with 6 at once.
    @Test func theTightestAnswers() throws {
        let answers = try run(
            hourly,
            [
                #"{"at_ms":0,"key":"a","cost":4}"#, #"{"at_ms":0,"key":"a"}"#, #"{"at_ms":1000,"key":"a","cost":2}"#,
                #"{"at_ms":5000,"key":"a"}"#, #"{"at_ms":5000,"key":"a","cost":7}"#, #"{"at_ms":5000,"key":"b"}"#,
            ])
        #expect(
            answers.map(\.text) == [
                #"{"line":1,"allowed":true,"level":"normal","remaining":0,"retry_after_ms":null,"reset_after_ms":2000}"#,
                #"{"line":2,"allowed":false,"level":"normal","remaining":0,"retry_after_ms":500,"reset_after_ms":2000}"#,
                #"{"line":3,"allowed":true,"level":"normal","remaining":0,"retry_after_ms":null,"reset_after_ms":3599000}"#,
                #"{"line":4,"allowed":false,"level":"normal","remaining":0,"retry_after_ms":595000,"reset_after_ms":3595000}"#,
                #"{"line":5,"allowed":false,"level":"normal","remaining":0,"retry_after_ms":null,"reset_after_ms":3595000}"#,
                #"{"line":6,"allowed":true,"level":"normal","remaining":3,"retry_after_ms":null,"reset_after_ms":500}"#,
            ])
    }

    @Test func levelsAndNothing() throws {
        let answers = try run(
            hourly,
            [
                #"{"at_ms":0,"key":"a","level":"warning","cost":0}"#,
                #"{"at_ms":0,"key":"a","level":"severe","cost":0}"#,
                #"{"at_ms":0,"key":"a","level":"blocked"}"#, #"{"at_ms":0,"key":"a","level":"blocked","cost":0}"#,
                #"{"at_ms":0,"key":"a","policy":"none"}"#, #"{"at_ms":9223372036854775807,"key":"a"}"#,
                #"{"at_ms":-9223372036854775808,"key":"a"}"#,
            ])
        #expect(answers.map { $0["allowed"]?.boolValue } == [true, true, false, false, false, true, true])
        #expect(answers.map { $0["remaining"]?.integerValue } == [2, 1, 0, 0, 0, 3, 2])
        #expect(answers.allSatisfy { $0["retry_after_ms"] == .null })
    }
}
