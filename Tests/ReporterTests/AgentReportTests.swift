import Database
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

@testable import reporter

/// Agents, tools, AI requests, costs, conversations and funnels on a few rows whose answers are worked out by hand.
@Suite struct AgentReportTests {
    static let stored = Task {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "postgres")
        try await connection.script(rows)
        await connection.close()
        return database
    }

    /// Now is 2026-11-21 20:14. Today: writer has three tasks (two completed) and three AI requests of task t1, 900
    /// microdollars; coder one failed task and one request; one request has no agent. The day before: one request.
    static let rows = """
        insert into agent_tasks (task_id, context_id, agent_name, status, started_at, execution_time_ms, error_message) values
            ('t1', 'c1', 'writer', 'completed', '2026-11-21 10:00Z', 1000, null),
            ('t2', 'c1', 'writer', 'completed', '2026-11-21 11:00Z', 2000, null),
            ('t3', 'c2', 'writer', 'failed', '2026-11-21 11:30Z', 3000, 'no paper'),
            ('t4', 'c2', 'Coder', 'failed', '2026-11-21 12:00Z', 500, 'no keys'),
            ('t5', 'c3', 'writer', 'completed', '2026-11-19 12:00Z', 100, null);
        insert into ai_requests (id, provider, model, task_id, agent_name, user_id, input_tokens, output_tokens,
            cost_microdollars, latency_ms, cache_hit, created_at) values
            ('r1', 'anthropic', 'claude-a', 't1', null, 'u1', 100, 10, 300, 200, true, '2026-11-21 10:00Z'),
            ('r2', 'anthropic', 'claude-a', 't1', null, 'u1', 100, 10, 300, 400, false, '2026-11-21 10:01Z'),
            ('r3', 'anthropic', 'claude-b', 't1', null, 'u2', 100, 10, 300, 600, false, '2026-11-21 10:02Z'),
            ('r4', 'openai', 'gpt', 't4', 'Coder', null, 50, 5, 2000, 100, false, '2026-11-21 12:00Z'),
            ('r5', 'openai', 'gpt_x', null, null, null, 1, 1, 100, 50, false, '2026-11-21 13:00Z'),
            ('r6', 'openai', 'gpt', null, null, null, 10, 10, 1500, 50, false, '2026-11-20 13:00Z');
        insert into tool_executions (id, tool_name, server_name, task_id, status, execution_time_ms, error_message, started_at, created_at) values
            ('x1', 'search', 'web', 't1', 'success', 100, null, '2026-11-21 10:00Z', '2026-11-21 10:00Z'),
            ('x2', 'search', 'web', 't1', 'success', 200, null, '2026-11-21 10:01Z', '2026-11-21 10:01Z'),
            ('x3', 'search', 'web', null, 'failed', 300, 'no net', '2026-11-21 10:02Z', '2026-11-21 10:02Z'),
            ('x4', 'read', 'disk', 'gone', 'timeout', 5000, null, '2026-11-21 10:03Z', '2026-11-21 10:03Z');
        insert into conversations (context_id, name, created_at, updated_at) values
            ('c1', 'One', '2026-11-21 09:00Z', '2026-11-21 12:00Z'), ('c2', 'Two', '2026-11-21 10:00Z', '2026-11-21 11:00Z'),
            ('c0', 'Old', '2026-11-20 10:00Z', '2026-11-20 11:00Z');
        insert into task_messages (task_id, message_id, role, context_id, created_at) values
            ('t1', 'm1', 'user', 'c1', '2026-11-21 10:00Z'), ('t1', 'm2', 'agent', 'c1', '2026-11-21 10:01Z'),
            ('t2', 'm3', 'user', 'c1', '2026-11-21 11:00Z'), ('t3', 'm4', 'user', 'c2', '2026-11-21 11:30Z');
        insert into funnels (id, name, is_goal) values ('f1', 'signup', true);
        insert into funnel_steps (funnel_id, step_order, name, match_pattern) values
            ('f1', 0, 'landing', '/'), ('f1', 1, 'form', '/form'), ('f1', 2, 'done', '/done');
        insert into user_sessions (session_id, started_at, is_bot) values ('sess_bot', '2026-11-21 10:00Z', true);
        insert into funnel_progress (funnel_id, session_id, current_step, completed_at, step_timestamps, created_at) values
            ('f1', 'sess_a', 2, '2026-11-21 10:10Z', '[{"step":0,"timestamp":"2026-11-21T10:00:00Z"},
                {"step":1,"timestamp":"2026-11-21T10:00:10Z"},{"step":2,"timestamp":"2026-11-21T10:10:00Z"}]', '2026-11-21 10:00Z'),
            ('f1', 'sess_b', 1, null, '[{"step":0,"timestamp":"2026-11-21T10:00:00Z"},
                {"step":1,"timestamp":"2026-11-21T10:00:30Z"}]', '2026-11-21 10:00Z'),
            ('f1', 'sess_c', 0, null, '[{"step":0,"timestamp":"2026-11-21T10:00:00Z"}]', '2026-11-21 10:00Z'),
            ('f1', 'sess_bot', 2, '2026-11-21 10:10Z', '[]', '2026-11-21 10:00Z');
        """

    private func data(_ command: String) async throws -> JSONValue { try await Self.stored.value.data(command) }

    /// A person's session s1, a bot's s2. Task t1 is of s2 and t2 of none; each has a message of its own session s1, and t1
    /// a request and two uses of tools that name no session.
    @Test func whatNamesASessionIsOfItsClass() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "postgres")
        try await connection.script(
            """
            insert into user_sessions (session_id, started_at, is_bot) values
                ('s1', '2026-11-21 10:00Z', false), ('s2', '2026-11-21 10:00Z', true);
            insert into agent_tasks (task_id, session_id, agent_name, status, started_at) values
                ('t1', 's2', 'writer', 'completed', '2026-11-21 10:00Z'), ('t2', null, null, 'completed', '2026-11-21 10:00Z');
            insert into task_messages (task_id, message_id, role, session_id, created_at) values
                ('t1', 'm1', 'user', 's1', '2026-11-21 10:00Z'), ('t1', 'm2', 'agent', null, '2026-11-21 10:01Z'),
                ('t2', 'm3', 'user', 's1', '2026-11-21 10:00Z'), ('gone', 'm4', 'user', 's1', '2026-11-21 10:00Z');
            insert into ai_requests (id, provider, model, session_id, task_id, cost_microdollars, created_at) values
                ('r1', 'p', 'm', 's1', null, 5, '2026-11-21 10:00Z'), ('r2', 'p', 'm', 's2', null, 7, '2026-11-21 10:00Z'),
                ('r3', 'p', 'm', null, 't2', 11, '2026-11-21 10:00Z'), ('r4', 'p', 'm', null, 't1', 13, '2026-11-21 10:00Z');
            insert into tool_executions (id, tool_name, server_name, session_id, task_id, status, started_at, created_at)
            values ('x1', 'a', 'web', 's1', 't1', 'success', '2026-11-21 10:00Z', '2026-11-21 10:00Z'),
                ('x2', 'b', 'web', null, 't1', 'success', '2026-11-21 10:00Z', '2026-11-21 10:00Z'),
                ('x3', 'b', 'web', null, 't1', 'success', '2026-11-21 10:00Z', '2026-11-21 10:00Z'),
                ('x4', 'b', 'web', null, 't2', 'success', '2026-11-21 10:00Z', '2026-11-21 10:00Z')
            """)
        await connection.close()
        for (population, messages, cost, uses) in [("human", 3, 5, 1), ("bot", 1, 20, 2), ("all", 4, 36, 4)] {
            let conversations = try await database.data("conversations stats --class \(population)")
            #expect(conversations["total_messages"] == .integer(Int64(messages)), "\(population)")
            let points =
                try await database.data("conversations trends --class \(population)")["points"]?.arrayValue ?? []
            let counted = points.compactMap { $0["message_count"]?.integerValue }
            #expect(counted.reduce(0, +) == Int64(messages), "\(population)")
            let overview = try await database.data("overview --class \(population)")
            #expect(overview["costs"]?["total_cost_microdollars"] == .integer(Int64(cost)), "\(population)")
            let costs = try await database.data("costs summary --class \(population)")
            #expect(costs["total_cost_microdollars"] == .integer(Int64(cost)), "\(population)")
            let tools = try await database.data("tools stats --class \(population)")
            #expect(tools["total_executions"] == .integer(Int64(uses)), "\(population)")
        }
        // And of its task's site.
        let writer = try database.connection(as: "postgres")
        try await writer.execute("update agent_tasks set site = 'shop.example' where task_id = 't2'")
        await writer.close()
        for (site, cost, uses) in [("shop.example", 11, 1), ("other.example", 0, 0)] {
            #expect(
                try await database.data("costs summary --site \(site)")["total_cost_microdollars"]
                    == .integer(Int64(cost)))
            #expect(try await database.data("tools stats --site \(site)")["total_executions"] == .integer(Int64(uses)))
        }
        // Nobody's class is meant where none is named.
        #expect(try await database.data("overview")["costs"]?["total_cost_microdollars"] == 36)
        let unnamed = try await database.data("agents show unnamed")
        #expect(unnamed["agent_name"] == "unnamed" && unnamed["summary"]?["total_tasks"] == 1)
        #expect(unnamed["summary"]?["total_cost_microdollars"] == 11)
    }

    @Test func costSummary() async throws {
        // 300 + 300 + 300 + 2000 + 100 now; 1500 in the day before: (3000 − 1500) / 1500.
        #expect(
            try await data("costs summary")
                == [
                    "period": "2026-11-20 to 2026-11-21", "total_cost_microdollars": 3000, "total_requests": 5,
                    "total_tokens": 387, "avg_cost_per_request_microdollars": 600, "change_percent": 100,
                ])
        #expect(try await data("costs summary --days 30")["total_cost_microdollars"] == 4500)
        #expect(try await data("costs summary --days 30")["change_percent"] == .null)
    }

    @Test func costBreakdowns() async throws {
        let byModel = try await data("costs breakdown --by model")
        #expect(
            byModel["items"] == [
                [
                    "name": "gpt", "cost_microdollars": 2000, "request_count": 1, "tokens": 55,
                    "percentage": .number(200.0 / 3),
                ],
                ["name": "claude-a", "cost_microdollars": 600, "request_count": 2, "tokens": 220, "percentage": 20],
                ["name": "claude-b", "cost_microdollars": 300, "request_count": 1, "tokens": 110, "percentage": 10],
                [
                    "name": "gpt_x", "cost_microdollars": 100, "request_count": 1, "tokens": 2,
                    "percentage": .number(10.0 / 3),
                ],
            ])
        let byAgent = try await data("costs breakdown --by agent --limit 2")
        #expect(byAgent["items"]?.arrayValue?.map { $0["name"]?.stringValue } == ["Coder", "writer"])
        #expect(byAgent["items"]?.arrayValue?.map { $0["cost_microdollars"]?.integerValue } == [2000, 900])
        // The total is of everything, not of the rows shown.
        #expect(byAgent["total_cost_microdollars"] == 3000)
        #expect(
            try await data("costs breakdown --by provider")["items"]?.arrayValue?.map { $0["name"]?.stringValue }
                == ["openai", "anthropic"])
    }

    @Test func costTrends() async throws {
        let points = try await data("costs trends --group-by day --since 3d")["points"]?.arrayValue
        #expect(
            points?.map { $0["timestamp"]?.stringValue } == ["2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"])
        #expect(points?.map { $0["cost_microdollars"]?.integerValue } == [0, 0, 1500, 3000])
        #expect(points?.map { $0["request_count"]?.integerValue } == [0, 0, 1, 5])
    }

    @Test func agentsAreNotMultipliedByTheirRequests() async throws {
        let list = try await data("agents list")
        #expect(list["total"] == 2)
        #expect(
            list["agents"] == [
                [
                    "agent_name": "writer", "task_count": 3, "success_rate": .number(200.0 / 3),
                    "avg_execution_time_ms": 2000, "total_cost_microdollars": 900,
                    "last_active": "2026-11-21T11:30:00Z",
                ],
                [
                    "agent_name": "Coder", "task_count": 1, "success_rate": 0, "avg_execution_time_ms": 500,
                    "total_cost_microdollars": 2000, "last_active": "2026-11-21T12:00:00Z",
                ],
            ])
        #expect(
            try await data("agents list --sort-by cost")["agents"]?.arrayValue?.first?["agent_name"] == "Coder")
        let stats = try await data("agents stats --agent WRIT")
        #expect(stats["total_tasks"] == 3)
        #expect(stats["total_ai_requests"] == 3)
        #expect(stats["total_cost_microdollars"] == 900)
        let trends = try await data("agents trends --days 3")["points"]?.arrayValue
        #expect(trends?.map { $0["task_count"]?.integerValue } == [0, 1, 0, 4])
    }

    @Test func oneAgent() async throws {
        let show = try await data("agents show Writer")
        #expect(show["agent_name"] == "writer")
        #expect(show["summary"]?["total_ai_requests"] == 3)
        #expect(
            show["status_breakdown"] == [
                ["status": "completed", "count": 2, "percentage": .number(200.0 / 3)],
                ["status": "failed", "count": 1, "percentage": .number(100.0 / 3)],
            ])
        #expect(show["top_errors"] == [["error_type": "no paper", "count": 1]])
        let hours = show["hourly_distribution"]?.arrayValue
        #expect(hours?.count == 24)
        #expect(hours?[11]["count"] == 2)
        // A part of a name is not the name.
        let error = await #expect(throws: ReportError.self) { try await data("agents show writ") }
        #expect(error?.code == .notFound)
    }

    @Test func tools() async throws {
        let stats = try await data("tools stats")
        #expect(stats["total_tools"] == 2)
        #expect(stats["total_executions"] == 4)
        #expect(stats["timeout"] == 1)
        #expect(stats["success_rate"] == 50)
        #expect(stats["avg_execution_time_ms"] == 1400)
        // Continuous 95th percentile of 100, 200, 300, 5000: 300 + 0.85 × 4700.
        #expect(abs((stats["p95_execution_time_ms"]?.doubleValue ?? 0) - 4295) < 1e-6)
        let show = try await data("tools show search")
        #expect(show["summary"]?["successful"] == 2)
        #expect(show["top_errors"] == [["error_message": "no net", "count": 1]])
        #expect(
            show["usage_by_agent"]?.arrayValue?.map { $0["agent_name"]?.stringValue } == ["writer", "Direct Call"])
        #expect(
            try await data("tools show read")["usage_by_agent"]?.arrayValue?.first?["agent_name"] == "Unlinked Task")
        #expect(try await data("tools list --server web")["total"] == 1)
    }

    @Test func requests() async throws {
        let stats = try await data("requests stats --model claude")
        #expect(stats["total_requests"] == 3)
        #expect(stats["input_tokens"] == 300)
        #expect(stats["avg_latency_ms"] == 400)
        #expect(abs((stats["cache_hit_rate"]?.doubleValue ?? 0) - 100.0 / 3) < 1e-9)
        let list = try await data("requests list --limit 2")
        #expect(list["total"] == 5)
        #expect(list["requests"]?.arrayValue?.map { $0["id"]?.stringValue } == ["r5", "r4"])
        // An underscore is no wildcard.
        #expect(try await data("requests list --model t_x")["total"] == 1)
        let models = try await data("requests models")
        #expect(models["models"]?.arrayValue?.first?["model"] == "claude-a")
        #expect(models["models"]?.arrayValue?.first?["percentage"] == 40)
    }

    @Test func conversations() async throws {
        let stats = try await data("conversations stats")
        #expect(stats["total_contexts"] == 2)
        #expect(stats["total_tasks"] == 4)
        #expect(stats["total_messages"] == 4)
        #expect(stats["avg_messages_per_task"] == 1)
        #expect(stats["avg_task_duration_ms"] == 1625)
        let list = try await data("conversations list")["conversations"]?.arrayValue
        #expect(list?.map { $0["context_id"]?.stringValue } == ["c1", "c2"])
        #expect(list?.map { $0["message_count"]?.integerValue } == [3, 1])
        #expect(list?.map { $0["task_count"]?.integerValue } == [2, 2])
        let trends = try await data("conversations trends --days 2")["points"]?.arrayValue
        #expect(trends?.map { $0["context_count"]?.integerValue } == [0, 1, 2])
        #expect(trends?.map { $0["task_count"]?.integerValue } == [0, 0, 4])
    }

    @Test func overviewOfAgents() async throws {
        let data = try await data("overview")
        #expect(data["conversations"] == ["total": 2, "change_percent": 100])
        #expect(data["agents"] == ["active_count": 2, "total_tasks": 4, "success_rate": 50])
        #expect(data["ai_requests"] == ["total": 5, "total_tokens": 387, "avg_latency_ms": 270])
        #expect(data["tools"] == ["total_executions": 4, "success_rate": 50])
        #expect(data["costs"] == ["total_cost_microdollars": 3000, "change_percent": 100])
    }

    @Test func funnel() async throws {
        let data = try await data("funnels stats signup")
        #expect(data["total_entries"] == 3)
        #expect(data["total_completions"] == 1)
        let steps = data["steps"]?.arrayValue
        #expect(steps?.map { $0["entered_count"]?.integerValue } == [3, 2, 1])
        #expect(steps?.map { $0["continued_count"]?.integerValue } == [2, 1, 1])
        #expect(steps?.map { $0["dropped_count"]?.integerValue } == [1, 1, 0])
        // Landing to form took 10 and 30 seconds, form to done 590.
        #expect(steps?.map { $0["median_time_to_next_ms"]?.integerValue } == [20_000, 590_000, nil])
        #expect(try await self.data("funnels stats signup --include-all")["total_entries"] == 4)
    }

    /// What agents and models do is narrowed by the sessions that it is done in; what belongs to none goes as soon as a
    /// session is meant, and what names no site is of its session's.
    @Test(arguments: [
        ("", 4), ("--class all", 4), ("--class human", 1), ("--class bot", 1), ("--site shop.example", 3),
        ("--site other.example", 1), ("--country DE", 1), ("--country de --site shop.example", 1),
        ("--device mobile", 1),
        ("--country DE --device mobile", 0), ("--path /in", 1), ("--path /i", 0), ("--path '/i*'", 1),
        ("--source direct", 2),
    ]) func usageOfSessions(_ flags: String, _ expected: Int64) async throws {
        let database = try await Self.ofSessions.value
        for (command, field) in [
            ("costs summary", "total_requests"), ("costs trends --since 1d", "total_requests"),
            ("requests stats", "total_requests"), ("requests models", "total_requests"),
            ("agents stats", "total_tasks"), ("agents trends --since 1d", "total_tasks"),
            ("tools stats", "total_executions"), ("conversations stats", "total_contexts"),
        ] {
            let data = try await database.data("\(command) \(flags)")
            #expect(data[field] == .integer(expected), "\(command) \(flags): \(field)")
        }
        #expect(
            try await database.data("overview --class all \(flags)")["ai_requests"]?["total"] == .integer(expected))
    }

    /// Of everything one of a person's session, one of a bot's, one of no session, and one of another site's.
    private static let ofSessions = Task {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "postgres")
        try await connection.script(
            """
            insert into user_sessions (session_id, site, started_at, last_activity_at, country, device_type, landing_page,
                is_bot)
            values ('sess_1', 'shop.example', '2026-11-21 19:30Z', '2026-11-21 19:30Z', 'DE', 'desktop', '/in', false),
                ('sess_2', 'shop.example', '2026-11-21 19:30Z', '2026-11-21 19:30Z', 'US', 'mobile', '/out', true);
            create temp table uses (n integer, site text, session_id text);
            insert into uses values (1, '', 'sess_1'), (2, 'shop.example', 'sess_2'), (3, 'shop.example', null),
                (4, 'other.example', null);
            insert into ai_requests (id, site, session_id, model, created_at)
            select ('00000000-0000-7000-8000-00000000000' || n)::uuid, site, session_id, 'm', '2026-11-21 19:30Z' from uses;
            insert into agent_tasks (task_id, site, session_id, agent_name, started_at)
            select 't' || n, site, session_id, 'helper', '2026-11-21 19:30Z' from uses;
            insert into tool_executions (id, site, session_id, tool_name, started_at, created_at)
            select ('00000000-0000-7000-8000-00000000001' || n)::uuid, site, session_id, 'grep', '2026-11-21 19:30Z',
                '2026-11-21 19:30Z' from uses;
            insert into conversations (context_id, site, session_id, created_at, updated_at)
            select 'c' || n, site, session_id, '2026-11-21 19:30Z', '2026-11-21 19:30Z' from uses
            """)
        await connection.close()
        return database
    }
}
