import Database

/// The statements that merge usage records into what is stored about the same things.
///
/// Merging forgets the order in which records came: counts only grow, what has ended stays ended, the first name that is
/// known stays. What a session's totals rise by is the difference between what was stored of it before and after, so a
/// record that comes again changes nothing.
enum UsageStaging {
    static let columns = [
        "round", "kind", "id", "message_id", "site", "user_id", "session_id", "context_id", "task_id", "trace_id",
        "name", "agent_name", "tool_name", "server_name", "provider", "model", "role", "sequence_number", "status",
        "error_message", "input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens",
        "cost_microdollars", "latency_ms", "execution_time_ms", "cache_hit", "is_streaming", "metadata", "at",
        "completed_at",
    ]
    static let eventColumns = [
        "day", "event_id", "\"timestamp\"", "site", "session_id", "user_id", "event_type", "event_category", "severity",
        "path", "query", "source", "event_data",
    ]

    static let prepare = """
        \(ErasureLock.storing);
        set client_min_messages = warning;
        create temp table if not exists stage_usage (
            round integer, kind text, id text, message_id text, site text, user_id text, session_id text,
            context_id text, task_id text, trace_id text, name text, agent_name text, tool_name text, server_name text,
            provider text, model text, role text, sequence_number integer, status text, error_message text,
            input_tokens integer, output_tokens integer, cache_read_tokens integer, cache_creation_tokens integer,
            cost_microdollars bigint, latency_ms integer, execution_time_ms integer, cache_hit boolean,
            is_streaming boolean, metadata jsonb, at timestamptz, completed_at timestamptz) on commit delete rows;
        create temp table if not exists stage_usage_before (
            kind text, session_id text, user_id text, at timestamptz, tokens bigint, cost bigint
            ) on commit delete rows;
        create temp table if not exists stage_app_event (like analytics_events) on commit delete rows;
        select pg_advisory_xact_lock(hashtext('weir.usage'))
        """

    static let copyUsage = "copy stage_usage (\(columns.joined(separator: ", "))) from stdin"
    static let copyEvents = "copy stage_app_event (\(eventColumns.joined(separator: ", "))) from stdin"

    /// A conversation is known from the first thing that names it. Returns whether each is new and was itself told of.
    static let conversations = """
        insert into conversations as held (context_id, site, user_id, session_id, name, created_at, updated_at)
        select context_id, max(site), min(user_id), min(session_id),
            coalesce(max(name) filter (where kind = 'conversation'), ''), min(at), max(coalesce(completed_at, at))
        from stage_usage where context_id is not null group by context_id
        on conflict (context_id) do update set
            user_id = coalesce(held.user_id, excluded.user_id),
            session_id = coalesce(held.session_id, excluded.session_id),
            name = case when excluded.name <> '' then excluded.name else held.name end,
            created_at = least(held.created_at, excluded.created_at),
            updated_at = greatest(held.updated_at, excluded.updated_at)
        returning xmax = 0 and context_id in (select id from stage_usage where kind = 'conversation') as is_new
        """

    /// $1 is the round, here and below. Returns whether each row is new.
    static let tasks = """
        insert into agent_tasks as held (task_id, site, context_id, status, status_timestamp, user_id, session_id,
            trace_id, agent_name, started_at, completed_at, execution_time_ms, error_message, metadata)
        select id, site, context_id, status, coalesce(completed_at, at), user_id, session_id, trace_id, agent_name, at,
            completed_at, coalesce(execution_time_ms, \(milliseconds("completed_at", "at"))), error_message, metadata
        from stage_usage where kind = 'task' and round = $1
        on conflict (task_id) do update set
            \(known(["context_id", "user_id", "session_id", "trace_id", "agent_name"])),
            status = case when \(taskWins) then excluded.status else held.status end,
            status_timestamp = case when \(taskWins) then excluded.status_timestamp else held.status_timestamp end,
            error_message = case when \(taskWins) then coalesce(excluded.error_message, held.error_message)
                else coalesce(held.error_message, excluded.error_message) end,
            execution_time_ms = coalesce(greatest(held.execution_time_ms, excluded.execution_time_ms),
                \(milliseconds(taskEnd, "least(held.started_at, excluded.started_at)"))),
            completed_at = \(taskEnd),
            started_at = least(held.started_at, excluded.started_at),
            metadata = held.metadata || excluded.metadata,
            updated_at = now()
        returning xmax = 0 as is_new
        """

    static let messages = """
        insert into task_messages (task_id, message_id, role, context_id, user_id, session_id, trace_id,
            sequence_number, metadata, created_at)
        select id, message_id, role, context_id, user_id, session_id, trace_id, coalesce(sequence_number, 0), metadata,
            at
        from stage_usage where kind = 'message' and round = $1
        on conflict (task_id, message_id) do nothing
        returning true as is_new
        """

    static let aiRequests = """
        insert into ai_requests as held (id, site, user_id, session_id, task_id, context_id, trace_id, provider, model,
            agent_name, input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_microdollars,
            cost_source, latency_ms, cache_hit, is_streaming, status, error_message, metadata, created_at, completed_at)
        select id, site, user_id, session_id, task_id, context_id, trace_id, coalesce(provider, 'unknown'),
            coalesce(model, 'unknown'), agent_name, input_tokens, output_tokens, cache_read_tokens,
            cache_creation_tokens, coalesce(cost_microdollars, 0),
            case when cost_microdollars is null then 'unknown' else 'sender' end,
            coalesce(latency_ms, \(milliseconds("completed_at", "at"))), cache_hit, is_streaming, status,
            error_message, metadata, at, completed_at
        from stage_usage where kind = 'ai_request' and round = $1
        on conflict (id) do update set
            \(known(["user_id", "session_id", "task_id", "context_id", "trace_id", "agent_name"])),
            provider = case when held.provider = 'unknown' then excluded.provider else held.provider end,
            model = case when held.model = 'unknown' or (\(ended()) and excluded.model <> 'unknown')
                then excluded.model else held.model end,
            input_tokens = greatest(held.input_tokens, excluded.input_tokens),
            output_tokens = greatest(held.output_tokens, excluded.output_tokens),
            cache_read_tokens = greatest(held.cache_read_tokens, excluded.cache_read_tokens),
            cache_creation_tokens = greatest(held.cache_creation_tokens, excluded.cache_creation_tokens),
            cost_microdollars = case when excluded.cost_source <> 'sender' then held.cost_microdollars
                when held.cost_source <> 'sender' then excluded.cost_microdollars
                else greatest(held.cost_microdollars, excluded.cost_microdollars) end,
            cost_source = case when excluded.cost_source = 'sender' then 'sender' else held.cost_source end,
            latency_ms = greatest(held.latency_ms, excluded.latency_ms),
            cache_hit = held.cache_hit or excluded.cache_hit,
            is_streaming = held.is_streaming or excluded.is_streaming,
            status = case when \(ended()) then excluded.status else held.status end,
            error_message = coalesce(held.error_message, excluded.error_message),
            metadata = held.metadata || excluded.metadata,
            created_at = least(held.created_at, excluded.created_at),
            completed_at = greatest(held.completed_at, excluded.completed_at)
        returning xmax = 0 as is_new
        """

    static let tools = """
        insert into tool_executions as held (id, site, tool_name, server_name, user_id, session_id, context_id, task_id,
            trace_id, agent_name, status, started_at, completed_at, execution_time_ms, error_message, metadata,
            created_at)
        select id, site, tool_name, coalesce(server_name, ''), user_id, session_id, context_id, task_id, trace_id,
            agent_name, status, at, completed_at,
            coalesce(execution_time_ms, \(milliseconds("completed_at", "at"))), error_message, metadata, at
        from stage_usage where kind = 'tool' and round = $1
        on conflict (id) do update set
            \(known(["user_id", "session_id", "context_id", "task_id", "trace_id", "agent_name"])),
            server_name = case when held.server_name = '' then excluded.server_name else held.server_name end,
            status = case when \(ended()) then excluded.status else held.status end,
            started_at = least(held.started_at, excluded.started_at),
            created_at = least(held.created_at, excluded.created_at),
            execution_time_ms = coalesce(greatest(held.execution_time_ms, excluded.execution_time_ms),
                \(milliseconds("greatest(held.completed_at, excluded.completed_at)",
                    "least(held.started_at, excluded.started_at)"))),
            completed_at = greatest(held.completed_at, excluded.completed_at),
            error_message = coalesce(held.error_message, excluded.error_message),
            metadata = held.metadata || excluded.metadata
        returning xmax = 0 as is_new
        """

    /// Prices the requests of the batch whose senders gave no cost. Tokens times dated microdollars are exact decimals
    /// and rounded once, half away from zero. The nearest price counts: that of provider and model, then of the model
    /// whoever serves it, then of `provider/model`; of each the latest that was valid on the request's day (UTC).
    static let price = """
        update ai_requests as held set cost_microdollars = priced.cost, cost_source = 'prices'
        from (
            select r.id, round(
                greatest(r.input_tokens - r.cache_read_tokens - r.cache_creation_tokens, 0)
                    * p.input_microdollars_per_token
                + r.cache_read_tokens * coalesce(p.cache_read_microdollars_per_token, p.input_microdollars_per_token)
                + r.cache_creation_tokens
                    * coalesce(p.cache_creation_microdollars_per_token, p.input_microdollars_per_token)
                + r.output_tokens * p.output_microdollars_per_token)::bigint as cost
            from ai_requests as r
            cross join lateral (
                select * from prices as p
                where ((p.model = r.model and p.provider in (r.provider, ''))
                        or (p.model = r.provider || '/' || r.model and p.provider = ''))
                    and p.valid_from <= (r.created_at at time zone 'UTC')::date
                order by p.model = r.model desc, p.provider = r.provider desc, p.valid_from desc limit 1) as p
            where r.id in (select id from stage_usage where kind = 'ai_request') and r.cost_source <> 'sender'
        ) as priced
        where held.id = priced.id and (held.cost_source <> 'prices' or held.cost_microdollars <> priced.cost)
        """

    /// Notes what is stored of the things in the batch, before it is merged.
    static let noteBefore = "insert into stage_usage_before (kind, session_id, user_id, at, tokens, cost) \(touched)"

    /// Raises the totals of sessions by what has changed. What concerns a session that is not there is owed to it.
    static let raiseTotals = """
        with change as (
            select *, 1 as sign from (\(touched)) as after
            union all
            select *, -1 from stage_usage_before
        ), delta as (
            select session_id, min(user_id) filter (where sign = 1) as user_id, min(at) as first_at,
                coalesce(sum(sign) filter (where kind = 'task'), 0) as tasks,
                coalesce(sum(sign) filter (where kind = 'message'), 0) as messages,
                coalesce(sum(sign) filter (where kind = 'ai_request'), 0) as requests,
                sum(sign * tokens) as tokens, sum(sign * cost) as cost
            from change where session_id is not null group by session_id
        ), changed as (
            select * from delta
            where tasks <> 0 or messages <> 0 or requests <> 0 or tokens <> 0 or cost <> 0 or user_id is not null
        ), raised as (
            update user_sessions as held set
                task_count = held.task_count + d.tasks, message_count = held.message_count + d.messages,
                ai_request_count = held.ai_request_count + d.requests,
                total_tokens_used = held.total_tokens_used + d.tokens,
                total_ai_cost_microdollars = held.total_ai_cost_microdollars + d.cost,
                \(becomesUser("d")), updated_at = now()
            from changed as d where held.session_id = d.session_id
            returning held.session_id
        )
        insert into session_usage_owed as owed
            (session_id, user_id, first_at, task_count, message_count, ai_request_count, tokens, cost_microdollars)
        select session_id, user_id, first_at, tasks, messages, requests, tokens, cost from changed
        where session_id not in (select session_id from raised)
        on conflict (session_id) do update set
            user_id = coalesce(owed.user_id, excluded.user_id), first_at = least(owed.first_at, excluded.first_at),
            task_count = owed.task_count + excluded.task_count,
            message_count = owed.message_count + excluded.message_count,
            ai_request_count = owed.ai_request_count + excluded.ai_request_count,
            tokens = owed.tokens + excluded.tokens,
            cost_microdollars = owed.cost_microdollars + excluded.cost_microdollars, updated_at = now()
        """

    /// Gives sessions that have turned up what they are owed, and forgets what no session has claimed within $1
    /// seconds.
    static let settle = """
        with claimed as (
            delete from session_usage_owed as owed
            where exists (select from user_sessions as s where s.session_id = owed.session_id)
                or updated_at < now() - make_interval(secs => $1)
            returning *
        )
        update user_sessions as held set
            task_count = held.task_count + d.task_count, message_count = held.message_count + d.message_count,
            ai_request_count = held.ai_request_count + d.ai_request_count,
            total_tokens_used = held.total_tokens_used + d.tokens,
            total_ai_cost_microdollars = held.total_ai_cost_microdollars + d.cost_microdollars,
            \(becomesUser("d")), updated_at = now()
        from claimed as d where held.session_id = d.session_id
        """

    /// Stages up to $1 requests that had no price and have one now, as if they had come again.
    static let stageUnpriced = """
        insert into stage_usage (round, kind, id, message_id)
        select 0, 'ai_request', r.id, '' from ai_requests as r
        where r.cost_source = 'unknown' and exists (
            select from prices as p
            where ((p.model = r.model and p.provider in (r.provider, ''))
                    or (p.model = r.provider || '/' || r.model and p.provider = ''))
                and p.valid_from <= (r.created_at at time zone 'UTC')::date)
        limit $1
        """

    /// Stores application events; those that are new convert their sessions, or make their users known.
    static let events = """
        with fresh as (
            insert into analytics_events (\(eventColumns.joined(separator: ", ")))
            select \(eventColumns.joined(separator: ", ")) from stage_app_event
            on conflict do nothing
            returning session_id, user_id, event_type, "timestamp"
        ), told as (
            select session_id, min(user_id) as user_id, min("timestamp") as first_at,
                min("timestamp") filter (where event_type = 'conversion') as converted_at
            from fresh where session_id is not null group by session_id
        ), converted as (
            update user_sessions as held set
                user_id = coalesce(held.user_id, d.user_id),
                user_type = case when d.user_id is null then held.user_type else 'registered' end,
                converted_at = coalesce(held.converted_at, d.converted_at,
                    case when d.user_id is not null then d.first_at end), updated_at = now()
            from told as d
            where held.session_id = d.session_id and (d.user_id is not null or d.converted_at is not null)
        )
        select count(*) as stored from fresh
        """

    /// The rows of the batch's things that count for a session.
    private static let touched = """
        select 'task' as kind, session_id, user_id, started_at as at, 0::bigint as tokens, 0::bigint as cost
        from agent_tasks where task_id in (select id from stage_usage where kind = 'task')
        union all
        select 'message', session_id, user_id, created_at, 0, 0 from task_messages
        where (task_id, message_id) in (select id, message_id from stage_usage where kind = 'message')
        union all
        select 'ai_request', session_id, user_id, created_at, tokens_used, cost_microdollars
        from ai_requests where id in (select id from stage_usage where kind = 'ai_request')
        """

    private static let taskEnd = """
        greatest(held.completed_at, excluded.completed_at,
            case when \(hasEnded("excluded")) and excluded.started_at > held.started_at then excluded.started_at end)
        """
    private static let taskWins = """
        (\(hasEnded("excluded"))::int, excluded.status_timestamp) > (\(hasEnded("held"))::int, held.status_timestamp)
        """

    private static func hasEnded(_ row: String) -> String {
        "(\(row).status in ('completed', 'canceled', 'failed', 'rejected'))"
    }

    /// Whether the new row's status counts instead of the stored one's.
    private static func ended() -> String {
        """
        ((excluded.status <> 'pending')::int, coalesce(excluded.completed_at, excluded.created_at))
            > ((held.status <> 'pending')::int, coalesce(held.completed_at, held.created_at))
        """
    }

    private static func known(_ columns: [String]) -> String {
        columns.map { "\($0) = coalesce(held.\($0), excluded.\($0))" }.joined(separator: ", ")
    }

    private static func becomesUser(_ row: String) -> String {
        """
        user_id = coalesce(held.user_id, \(row).user_id),
        user_type = case when \(row).user_id is null then held.user_type else 'registered' end,
        converted_at = coalesce(held.converted_at, case when \(row).user_id is not null then \(row).first_at end)
        """
    }

    /// Null where an end is not known, or lies weeks after the beginning.
    private static func milliseconds(_ end: String, _ start: String) -> String {
        """
        case when \(end) - \(start) < interval '1000000 seconds'
            then (extract(epoch from \(end) - \(start)) * 1000)::integer end
        """
    }
}
