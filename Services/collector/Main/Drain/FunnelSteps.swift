import Database

/// The statements that move sessions through funnels. They run in the transaction that stores a batch.
///
/// A session's progress is worked out anew from all that is stored of it near the batch's days whenever the batch
/// touches a funnel that it has not completed, so neither the order nor the repetition of records matters. A step is
/// entered by the first event that matches it and comes after the one that entered the step before; one event never
/// enters two steps. What is once reached stays reached.
enum FunnelSteps {
    /// Whether any funnel is in use: most batches end here.
    static let areThere = "select exists (select from funnels where is_active)"

    /// Sessions of so many requests are nobody's way through a site, and reading all of theirs again costs too much.
    static let requestLimit = 10_000

    /// Moves the sessions of what is staged in `table`. $1 and $2 are the first and last day to read. Returns how many
    /// sessions have completed a funnel, whose conversions are then to be set.
    static func advance(from table: String) -> String {
        """
        with recursive touched as (
            select distinct f.id as funnel_id, f.is_goal, e.session_id
            from \(table) as e
            join funnels as f on f.is_active and (f.site is null or f.site = e.site)
            join funnel_steps as t on t.funnel_id = f.id and \(matches("e", "t"))
            where e.session_id is not null
                and not exists (select from funnel_progress as p where p.funnel_id = f.id
                    and p.session_id = e.session_id and p.completed_at is not null)
                and not exists (select from user_sessions as s where s.session_id = e.session_id
                    and s.request_count > \(requestLimit))
        ), entries as materialized (
            select w.funnel_id, w.session_id, t.step_order, e."timestamp" as at, e.event_id
            from touched as w
            join analytics_events as e on e.session_id = w.session_id and e.day between $1::date and $2::date
            join funnel_steps as t on t.funnel_id = w.funnel_id and \(matches("e", "t"))
        ), chain as (
            select w.funnel_id, w.session_id, 0 as step, first.at, first.event_id
            from touched as w
            cross join lateral (
                select at, event_id from entries as n
                where n.funnel_id = w.funnel_id and n.session_id = w.session_id and n.step_order = 0
                order by at, event_id limit 1) as first
            union all
            select c.funnel_id, c.session_id, c.step + 1, next.at, next.event_id
            from chain as c
            cross join lateral (
                select at, event_id from entries as n
                where n.funnel_id = c.funnel_id and n.session_id = c.session_id and n.step_order = c.step + 1
                    and (n.at, n.event_id) > (c.at, c.event_id)
                order by at, event_id limit 1) as next
        ), reached as (
            select funnel_id, session_id, max(step) as step, min(at) as first_at, max(at) as last_at,
                jsonb_agg(jsonb_build_object('step', step, 'timestamp', at) order by step) as steps
            from chain group by funnel_id, session_id
        ), stored as (
            insert into funnel_progress as held
                (funnel_id, session_id, current_step, completed_at, step_timestamps, created_at)
            select r.funnel_id, r.session_id, r.step,
                case when r.step = (select max(step_order) from funnel_steps as t where t.funnel_id = r.funnel_id)
                    then r.last_at end,
                r.steps, r.first_at
            from reached as r
            on conflict (funnel_id, session_id) do update set
                current_step = excluded.current_step, completed_at = excluded.completed_at, dropped_at_step = null,
                step_timestamps = excluded.step_timestamps, created_at = excluded.created_at, updated_at = now()
            where excluded.current_step > held.current_step
                or (excluded.current_step = held.current_step and excluded.step_timestamps <> held.step_timestamps)
            returning held.funnel_id, held.session_id, held.completed_at
        ), goals as (
            update user_sessions as s set converted_at = coalesce(s.converted_at, d.at), updated_at = now()
            from (
                select p.session_id, min(p.completed_at) as at
                from stored as p join touched as w using (funnel_id, session_id)
                where w.is_goal and p.completed_at is not null group by p.session_id) as d
            where s.session_id = d.session_id and s.converted_at is null
        ), converted as (
            insert into stage_conversion (session_id, at)
            select session_id, min(completed_at) from stored where completed_at is not null group by session_id
        )
        select count(*) as completed from stored where completed_at is not null
        """
    }

    /// Notes where sessions that have ended have stopped.
    static let noteDropped = """
        update funnel_progress as p set dropped_at_step = p.current_step, updated_at = now()
        from user_sessions as s
        where p.completed_at is null and p.dropped_at_step is null and s.session_id = p.session_id
            and s.ended_at is not null
        """

    /// Whether an event enters a step: a page that was served, by its path, with its query where the pattern has one; or
    /// an event of that type.
    private static func matches(_ event: String, _ step: String) -> String {
        let page = """
            (coalesce(\(event).status, 200) < 400
                and (\(event).kind in ('document', 'api') or (\(event).kind is null and \(event).event_type = 'page_view')))
            """
        let target = """
            (case when strpos(\(step).match_pattern, '?') > 0 and \(event).query is not null
                then \(event).path || '?' || \(event).query else \(event).path end)
            """
        return """
            (case \(step).match_type
                when 'event_type' then \(event).event_type = \(step).match_pattern
                when 'url_exact' then \(page) and \(target) = \(step).match_pattern
                when 'url_regex' then \(page)
                    and \(event).path || coalesce('?' || \(event).query, '') ~ \(step).match_pattern
                else \(page) and starts_with(\(target), \(step).match_pattern) end)
            """
    }
}
