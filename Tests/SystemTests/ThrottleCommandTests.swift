import Foundation
import Testing
import WeirProtocol

/// `analytics throttle …` against a real throttle and its database.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ThrottleCommandTests {
    private func analytics(_ stack: Stack, _ words: String...) async throws -> Product.Outcome {
        try await stack.program("reporter").run(["throttle"] + words)
    }

    private func data(_ outcome: Product.Outcome) throws -> JSONValue {
        try #require(try JSONValue(parsing: Array(outcome.output.utf8))["data"], "\(outcome.output) \(outcome.errors)")
    }

    private func decision(_ stack: Stack, _ check: ThrottleCheck) async throws -> ThrottleDecision {
        try await stack.ask("throttle.sock", .throttleCheck, check).decode(ThrottleDecision.self)
    }

    @Test func aPersonsWordIsInForceAndAudited() async throws {
        let stack = try await Stack()
        try await stack.start([.throttle])
        let client = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a", path: "/wanted")
        let blocked = try await analytics(
            stack, "block", "203.0.113.0/24", "--for", "2h", "--reason", "scrapes prices", "--json")
        #expect(blocked.status == 0, "\(blocked.errors)")
        let said = try JSONValue(parsing: Array(blocked.output.utf8))
        #expect(said["for_seconds"] == 7200)
        let refused = try await decision(stack, client)
        #expect(!refused.allow)
        #expect((7100...7800).contains(refused.retryAfter ?? 0))

        let stored = try await eventually("the word is stored", within: .seconds(20)) {
            let rows = try await stack.column(
                """
                select action || ' ' || created_by || ' ' || reason || ' ' || (expires_at - created_at)
                from throttle_overrides where revoked_at is null
                """)
            return rows.isEmpty ? nil : rows
        }
        #expect(stored == ["block \(said["by"]?.stringValue ?? "?") scrapes prices 02:00:00"])
        let listed = try data(try await analytics(stack, "list", "--json"))
        #expect(listed["overrides"]?.arrayValue?.first?["key"] == "203.0.113.0/24")

        let reference = try #require(refused.reference)
        _ = try await eventually("the refusal is stored", within: .seconds(20)) {
            try await stack.count("select count(*) from throttle_decisions") == 1 ? true : nil
        }
        let shown = try data(try await analytics(stack, "show", "203.0.113.7", "--json"))
        let denial = shown["denials"]?.arrayValue?.first
        #expect(denial?["reference"]?.stringValue == reference)
        #expect(denial?["reason"] == "override")
        #expect(denial?["path"] == "/wanted")
        let why = try data(try await analytics(stack, "why", reference, "--json"))
        #expect(why["count"] == 1 && why["cause"]?["reason"] == "override")
        #expect(try await analytics(stack, "why", reference.uppercased()).status == 0)
        #expect(try await analytics(stack, "show", "198.51.100.1").status == 1)

        let cleared = try await analytics(stack, "clear", "203.0.113.0/24", "--reason", "a mistake")
        #expect(cleared.status == 0, "\(cleared.errors)")
        #expect(try await decision(stack, client).allow)
        #expect(try await analytics(stack, "clear", "203.0.113.0/24", "--reason", "again").status == 1)
        let old = try await eventually("its end is stored", within: .seconds(20)) {
            let found = try data(try await analytics(stack, "show", "203.0.113.0/24", "--json"))
            let first = found["overrides"]?.arrayValue?.first
            return first?["revoked_by"]?.stringValue.map { [$0, first?["revoked_reason"]?.stringValue] }
        }
        #expect(old == [said["by"]?.stringValue, "a mistake"])
        await stack.stopAll()
    }

    /// Only the first refusal under a reference is stored; how it went on is asked of the throttle, which may be away.
    @Test func aReferenceTellsHowItWentOn() async throws {
        let stack = try await Stack()
        try await stack.start([.throttle])
        let client = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a", path: "/wanted")
        var references: Set<String> = []
        var refusals = 0
        while refusals < 200 {
            let decision = try await decision(stack, client)
            if let reference = decision.reference {
                references.insert(reference)
                refusals += 1
            }
        }
        let reference = try #require(references.first)
        #expect(references.count == 1)

        // Also before it is stored.
        let at = try await stack.ask("throttle.sock", .throttlePeek, client).decode(ThrottleState.self).decision.level
        let told = try data(try await analytics(stack, "why", reference, "--json"))
        #expect(told["count"] == 200 && told["level"] == "normal" && told["path"] == "/wanted")
        #expect(told["changes"]?.arrayValue?.last?["to"]?.stringValue == at.name && at > .normal)
        #expect(told["changes"]?.arrayValue?.last?["cause"] == "sustained_denials")
        let table = try await analytics(stack, "why", reference)
        #expect(table.output.contains("200") && table.output.contains("sustained_denials"), "\(table.output)")

        await stack.stopAll()
        for isBack in [false, true] {
            if isBack { try await stack.start([.throttle]) }
            let stored = try data(try await analytics(stack, "why", reference, "--json"))
            #expect(stored["key"] == told["key"] && stored["count"] == .null && stored["changes"]?.arrayValue == [])
        }
        await stack.stopAll()
    }

    /// An address in a pair stands for the range that the throttle counts by, however it is typed.
    @Test func aPairIsFoundByAnAddressOfIt() async throws {
        let stack = try await Stack()
        try await stack.start([.throttle])
        let typed = "2001:db8:1::5+fp_x"
        #expect(try await analytics(stack, "block", typed, "--reason", "test").status == 0)
        let client = ThrottleCheck(ip: "2001:db8:1::9", session: "sess_a", fingerprint: "fp_x")
        #expect(try await !decision(stack, client).allow)
        let shown = try await eventually("the word is stored", within: .seconds(20)) {
            let outcome = try await analytics(stack, "show", typed, "--json")
            return outcome.status == 0 ? try data(outcome)["overrides"]?.arrayValue : nil
        }
        #expect(shown.map { $0["key"]?.stringValue } == ["2001:db8:1::/64+fp_x"])
        #expect(try await analytics(stack, "show", "2001:db8:2::5+fp_x").status == 1)
        #expect(try await analytics(stack, "show", "2001:db8:1::5+fp_y").status == 1)
        #expect(try await analytics(stack, "clear", "2001:db8:1::7+fp_x", "--reason", "over").status == 0)
        #expect(try await decision(stack, client).allow)
        await stack.stopAll()
    }

    @Test func statusAndPolicies() async throws {
        let stack = try await Stack()
        try await stack.start([.throttle])
        for _ in 0..<3 { _ = try await decision(stack, ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a")) }
        let status = try await analytics(stack, "status", "--json")
        #expect(status.status == 0, "\(status.errors)")
        #expect(try data(status)["checks"] == 3)
        #expect(try data(status)["state"] == "ok")
        let policies = try #require(try data(try await analytics(stack, "policies", "--json"))["policies"]?.arrayValue)
        #expect(policies.compactMap { $0["name"]?.stringValue } == ["assets", "verified-crawlers", "default"])
        #expect(policies.last?["limits"] == "5/s up to 100 by pair")
        #expect(policies.last?["checks"] == 3)
        #expect(policies.first?["conditions"] == "class=asset")
        await stack.stopAll()
    }

    /// Requests that were imported, played before a policy of one request an hour.
    @Test func aPolicyIsTriedOnWhatWasRecorded() async throws {
        let stack = try await Stack()
        let log = AccessLog.people(5, pages: 4)
        let imported = try await stack.importing([log.write(to: stack.directory)], [])
        #expect(imported.status == 0, "\(imported.errors)")
        let file = stack.directory.appendingPathComponent("policies.json")
        try Data(
            #"{"version":1,"policies":[{"name":"default","limits":[{"requests":1,"per_seconds":3600,"capacity":1}]}]}"#
                .utf8
        ).write(to: file)
        let outcome = try await analytics(stack, "replay", "--policy", file.path, "--since", "2000w", "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let found = try JSONValue(parsing: Array(outcome.output.utf8))
        let requests = try await stack.count(
            "select count(*) from analytics_events where kind is not null and ip_address is not null")
        #expect(found["requests"]?.integerValue == Int64(requests))
        #expect(found["present"]?["human_requests_refused"] == 0)
        #expect((found["proposed"]?["human_requests_refused"]?.integerValue ?? 0) > 0)
        #expect(try await analytics(stack, "replay", "--policy", file.path, "--since", "1m").status == 1)
        #expect(try await analytics(stack, "replay").status == 64)
    }

    @Test func whatGoesWrongHasItsExitStatus() async throws {
        let stack = try await Stack()
        #expect(try await analytics(stack, "block", "203.0.113.7", "--reason", "x").status == 3)
        #expect(try await analytics(stack, "status").status == 3)
        try await stack.start([.throttle])
        for words in [
            ["block"], ["block", "203.0.113.7"], ["block", "nowhere", "--reason", "x"],
            ["block", "203.0.113.7", "--reason", " "],
            ["allow", "203.0.113.7", "--for", "soon", "--reason", "x"],
            ["clear", "203.0.113.7", "--for", "2h", "--reason", "x"], ["show"], ["nonsense"],
        ] {
            let outcome = try await stack.program("reporter").run(["throttle"] + words)
            #expect(outcome.status == 64, "\(words): \(outcome.errors)")
            #expect(!outcome.errors.isEmpty)
        }
        #expect(try await analytics(stack, "block", "--help").status == 0)
        await stack.stopAll()
    }
}
