import CollectorCore
import Database

/// The staging tables through which rows reach the database, and the statements that merge them.
///
/// COPY knows no `on conflict`, so rows are copied into temporary tables, which cost no WAL, and merged from there: an
/// event that is already stored changes nothing, and a session's counters move only by events that were new.
enum Staging {
    static let eventColumns = [
        "day", "event_id", "\"timestamp\"", "site", "session_id", "user_id", "event_type", "event_category", "severity",
        "method", "path", "query", "status", "kind", "response_time_ms", "bytes", "referrer", "referrer_host",
        "ip_address", "level", "source", "event_data",
    ]

    static let engagementColumns = [
        "day", "id", "site", "session_id", "user_id", "page_url", "path", "content_id", "event_type",
        "time_on_page_ms", "time_to_first_interaction_ms", "time_to_first_scroll_ms", "max_scroll_depth",
        "scroll_velocity_avg", "scroll_direction_changes", "click_count", "mouse_move_distance_px", "keyboard_events",
        "copy_events", "focus_time_ms", "blur_count", "tab_switches", "visible_time_ms", "hidden_time_ms",
        "is_rage_click", "is_dead_click", "reading_pattern", "fingerprint_hash", "ip_address", "country", "device_type",
        "referrer", "event_data", "created_at",
    ]

    /// What the first page request says of a session; replaced together when an earlier one turns up.
    static let entryColumns = [
        "referrer_source", "referrer_url", "referrer_host", "search_terms", "landing_page", "entry_url", "utm_source",
        "utm_medium", "utm_campaign", "utm_content", "utm_term",
    ]
    static let visitorColumns = [
        "fingerprint_hash", "ip_address", "network_prefix", "user_agent", "preferred_locale", "device_type", "browser",
        "browser_version", "os", "os_version", "country", "region", "city",
    ]
    static let sessionColumns =
        ["session_id", "site", "source", "user_id", "exit_page", "throttle_level"] + visitorColumns + entryColumns

    static let verdictColumns = [
        "session_id", "verdict_id", "verdict_class", "behavioral_bot_score", "is_bot", "is_scanner",
        "is_behavioral_bot", "behavioral_bot_reason", "bot_name", "bot_category", "bot_reason", "rule_set",
        "judged_count",
    ]

    /// What a batch adds to a session.
    static let tallyColumns = [
        "started_at", "last_activity_at", "request_count", "asset_count", "error_count", "timed_count",
        "response_time_total_ms",
    ]

    /// The same of a session that went on: with who it is added to, and when it had a user.
    static let addedColumns = ["session_id"] + tallyColumns + ["converted_at"]

    /// What the columns are that are no text, for reading back rows of events and sessions in binary form.
    private static let fields: [String: BinaryField] = [
        "day": .date, "event_id": .uuid, "\"timestamp\"": .timestamp, "status": .integer, "response_time_ms": .number,
        "bytes": .integer, "ip_address": .inet, "level": .integer, "event_data": .jsonb, "throttle_level": .integer,
    ]
    static let eventFields = eventColumns.map { fields[$0] ?? .text }
    static let sessionFields = sessionColumns.map { fields[$0] ?? .text }

    /// What follows from that for a session that has nothing else.
    static let derivedColumns = [
        "ended_at", "duration_seconds", "user_type", "converted_at", "avg_response_time_ms", "success_rate",
    ]

    /// Makes the tables where the connection does not have them yet.
    static let prepare = """
        set client_min_messages = warning;
        create temp table if not exists stage_event (like analytics_events) on commit delete rows;
        create temp table if not exists stage_client_event (like analytics_events) on commit delete rows;
        create temp table if not exists stage_engagement on commit delete rows as
            select \(engagementColumns.joined(separator: ", ")) from engagement_events with no data;
        create temp table if not exists stage_session on commit delete rows as
            select \(sessionColumns.joined(separator: ", ")) from user_sessions with no data;
        create temp table if not exists stage_verdict on commit delete rows as
            select \(verdictColumns.joined(separator: ", ")) from user_sessions with no data
        """

    /// Copies rows of a kind into its staging table.
    static func copy(_ kind: SpooledRecord.Kind) -> String {
        switch kind {
        case .request: "copy stage_event (\(eventColumns.joined(separator: ", "))) from stdin"
        case .clientEvent: "copy stage_client_event (\(eventColumns.joined(separator: ", "))) from stdin"
        case .engagement: "copy stage_engagement (\(engagementColumns.joined(separator: ", "))) from stdin"
        }
    }
    static let copySessions = "copy stage_session (\(sessionColumns.joined(separator: ", "))) from stdin"
    static let copyVerdicts = "copy stage_verdict (\(verdictColumns.joined(separator: ", "))) from stdin"

    /// For requests and sessions that are all new: into the tables themselves.
    static let insertEvents = "copy analytics_events (\(eventColumns.joined(separator: ", "))) from stdin"
    static let insertSessions = """
        copy user_sessions (
            \((sessionColumns + tallyColumns + derivedColumns + verdictColumns.dropFirst()).joined(separator: ", ")),
            needs_evaluation) from stdin
        """

    /// Adds what is tallied of sessions, old or new. $1 is the idle time in seconds, $2, $3 and $4 are `StagedRows` of
    /// sessionColumns, addedColumns and verdictColumns.
    static let mergeTallies = """
        with \(given("stage_session", sessionColumns, "$2")), \(given("stage_tally", addedColumns, "$3")),
        \(given("stage_verdict", verdictColumns, "$4")), delta as (
            select *, 0 as beacon_count from stage_tally
        ), \(placed)
        select count(*) from placed
        """

    /// Applies the verdicts, `StagedRows` of verdictColumns in $1, whose sessions had no new event in this batch.
    static let mergeGivenVerdicts = "with \(given("stage_verdict", verdictColumns, "$1")) \(mergeVerdicts)"

    /// A parameter's rows under the name of a staging table.
    private static func given(_ name: String, _ columns: [String], _ parameter: String) -> String {
        """
        \(name) as (
            select \(columns.joined(separator: ", "))
            from json_populate_recordset(null::user_sessions, \(parameter)::json))
        """
    }

    /// Merges what is staged. $1 is the idle time in seconds. Returns how many events were new, and which verdicts found
    /// no session is left to `mergeVerdicts`.
    static let merge = """
        with fresh as (
            insert into analytics_events (\(eventColumns.joined(separator: ", ")))
            select \(eventColumns.joined(separator: ", ")) from stage_event
            on conflict do nothing
            returning session_id, "timestamp", kind, status, response_time_ms, source, user_id
        ), delta as (
            select session_id, min("timestamp") as started_at, max("timestamp") as last_activity_at,
                count(*) filter (where kind <> 'asset') as request_count,
                count(*) filter (where kind = 'asset') as asset_count,
                0 as beacon_count, min("timestamp") filter (where user_id is not null) as converted_at,
                count(*) filter (where status >= 400) as error_count,
                count(response_time_ms) as timed_count,
                coalesce(sum(response_time_ms), 0) as response_time_total_ms
            from fresh group by session_id
        ), \(placed)
        select (select count(*) from fresh) as stored, (select count(*) from placed) as sessions,
            (select count(*) from fresh where source = '\(datagramSource)') as datagrams
        """

    /// The source of requests that came as datagrams, in events and in the ledger.
    static let datagramSource = "syslog"

    /// How many of the datagrams just merged another way had brought before, such as the log that has the same lines.
    static let knownDatagrams = """
        select count(*) from stage_event as said join analytics_events as known using (day, event_id)
        where said.source = '\(datagramSource)' and known.source <> said.source
        """

    /// Merges what pages have reported, after the requests of the same batch. A page_view that a single-page application
    /// reports counts only where no request for the page is stored near it.
    static let mergeBeacons = """
        with fresh_event as (
            insert into analytics_events (\(eventColumns.joined(separator: ", ")))
            select \(eventColumns.joined(separator: ", ")) from stage_client_event as said
            where said.event_type <> 'page_view' or not exists (
                select from analytics_events as seen
                where seen.session_id = said.session_id and seen.path = said.path and seen.kind = 'document'
                    and seen."timestamp" between said."timestamp" - interval '1 minute'
                        and said."timestamp" + interval '10 seconds')
            on conflict do nothing
            returning session_id, event_id as id, "timestamp" as at, event_type, user_id
        ), fresh_engagement as (
            insert into engagement_events (\(engagementColumns.joined(separator: ", ")))
            select \(engagementColumns.map {
                $0 == "content_id" ? "coalesce(said.content_id, known.content_id)" : "said.\($0)"
            }.joined(separator: ", "))
            from stage_engagement as said
            left join content as known on known.site = said.site and known.path = said.path
            on conflict do nothing
            returning session_id, id, created_at as at, event_type, user_id
        ), fresh as (
            select * from fresh_event union all select * from fresh_engagement
        ), delta as (
            select session_id, min(at) as started_at, max(at) as last_activity_at,
                -- One event of a page may fill a row of both tables; it is one beacon.
                0 as request_count, 0 as asset_count,
                count(distinct id) filter (where event_type <> 'link_redirect') as beacon_count, 0 as error_count,
                0 as timed_count, 0::double precision as response_time_total_ms,
                min(at) filter (where event_type = 'conversion' or user_id is not null) as converted_at
            from fresh group by session_id
        ), \(placed)
        select (select count(*) from fresh_event) + (select count(*) from fresh_engagement) as stored,
            (select count(*) from placed) as sessions
        """

    /// Puts `delta` and the staged sessions and verdicts into user_sessions. $1 is the idle time in seconds.
    private static let placed = """
        placed as (
            insert into user_sessions as held (
                \(sessionColumns.joined(separator: ", ")),
                started_at, last_activity_at, ended_at, duration_seconds, user_type, converted_at,
                request_count, asset_count, beacon_count, error_count, timed_count, response_time_total_ms,
                avg_response_time_ms, success_rate,
                \(verdictColumns.dropFirst().joined(separator: ", ")), needs_evaluation)
            select
                \(sessionColumns.map { "s.\($0)" }.joined(separator: ", ")),
                d.started_at, d.last_activity_at,
                case when d.last_activity_at < now() - make_interval(secs => $1) then d.last_activity_at end,
                case when d.last_activity_at < now() - make_interval(secs => $1)
                    then extract(epoch from d.last_activity_at - d.started_at)::integer end,
                case when s.user_id is null then 'anon' else 'registered' end,
                -- Where the request that brought the user was refused, the session itself has to do.
                coalesce(d.converted_at, case when s.user_id is not null
                    and not exists (select from user_sessions as known where known.session_id = s.session_id)
                    then d.started_at end),
                d.request_count, d.asset_count, d.beacon_count, d.error_count, d.timed_count,
                d.response_time_total_ms, d.response_time_total_ms / greatest(d.timed_count, 1),
                1 - d.error_count::double precision / greatest(d.request_count + d.asset_count, 1),
                v.verdict_id, coalesce(v.verdict_class, 'undecided'), coalesce(v.behavioral_bot_score, 0),
                coalesce(v.is_bot, false), coalesce(v.is_scanner, false), coalesce(v.is_behavioral_bot, false),
                v.behavioral_bot_reason, v.bot_name, v.bot_category, v.bot_reason, v.rule_set,
                coalesce(v.judged_count, 0),
                coalesce(v.judged_count, 0) < d.request_count + d.asset_count + d.beacon_count
            from delta d join stage_session s using (session_id) left join stage_verdict v using (session_id)
            on conflict (session_id) do update set
                started_at = least(held.started_at, excluded.started_at),
                last_activity_at = greatest(held.last_activity_at, excluded.last_activity_at),
                ended_at = case when greatest(held.last_activity_at, excluded.last_activity_at)
                        < now() - make_interval(secs => $1)
                    then greatest(held.last_activity_at, excluded.last_activity_at) end,
                duration_seconds = case when greatest(held.last_activity_at, excluded.last_activity_at)
                        < now() - make_interval(secs => $1)
                    then extract(epoch from greatest(held.last_activity_at, excluded.last_activity_at)
                        - least(held.started_at, excluded.started_at))::integer end,
                user_id = coalesce(excluded.user_id, held.user_id),
                user_type = case when coalesce(excluded.user_id, held.user_id) is null then held.user_type
                    else 'registered' end,
                converted_at = least(held.converted_at, excluded.converted_at),
                request_count = held.request_count + excluded.request_count,
                asset_count = held.asset_count + excluded.asset_count,
                beacon_count = held.beacon_count + excluded.beacon_count,
                error_count = held.error_count + excluded.error_count,
                timed_count = held.timed_count + excluded.timed_count,
                response_time_total_ms = held.response_time_total_ms + excluded.response_time_total_ms,
                avg_response_time_ms = (held.response_time_total_ms + excluded.response_time_total_ms)
                    / greatest(held.timed_count + excluded.timed_count, 1),
                success_rate = 1 - (held.error_count + excluded.error_count)::double precision
                    / greatest(held.request_count + excluded.request_count + held.asset_count + excluded.asset_count, 1),
                exit_page = case when excluded.last_activity_at >= held.last_activity_at
                    then coalesce(excluded.exit_page, held.exit_page) else held.exit_page end,
                throttle_level = case when excluded.last_activity_at >= held.last_activity_at
                    then excluded.throttle_level else held.throttle_level end,
                \(entryColumns.map { "\($0) = case when \(entryIsEarlier) then excluded.\($0) else held.\($0) end" }
                    .joined(separator: ",\n                ")),
                \(verdictColumns.dropFirst().map {
                    "\($0) = case when \(verdictCounts) then excluded.\($0) else held.\($0) end"
                }.joined(separator: ",\n                ")),
                needs_evaluation = held.flags_source = 'auto'
                    and case when \(verdictCounts) then excluded.judged_count else held.judged_count end
                        < held.request_count + excluded.request_count + held.asset_count + excluded.asset_count
                            + held.beacon_count + excluded.beacon_count,
                updated_at = now()
            returning session_id
        )
        """

    /// Applies the verdicts whose sessions had no new event in this batch. Returns those whose session is there.
    static let mergeVerdicts = """
        update user_sessions as held set
            \(verdictColumns.dropFirst().map { "\($0) = v.\($0)" }.joined(separator: ",\n            ")),
            needs_evaluation = v.judged_count < held.request_count + held.asset_count + held.beacon_count,
            updated_at = now()
        from stage_verdict v
        where held.session_id = v.session_id and held.flags_source = 'auto'
            and held.verdict_id is distinct from v.verdict_id and v.judged_count >= held.judged_count
        """

    static let seesPages = """
        insert into content (content_id, site, path, slug, first_seen_at, last_seen_at)
        select id, site, path, slug, at, at
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) as page(id, site, path, slug, at)
        on conflict do nothing
        """

    static let ledger = """
        insert into ingest_ledger as held (source, hour, accepted, stored, duplicates, dead, refused, refused_by_reason)
        values ($1, date_trunc('hour', now()), $2, $3, $4, $5, $6, $7::jsonb)
        on conflict (source, hour) do update set
            accepted = held.accepted + excluded.accepted, stored = held.stored + excluded.stored,
            duplicates = held.duplicates + excluded.duplicates, dead = held.dead + excluded.dead,
            refused = held.refused + excluded.refused,
            refused_by_reason = (
                select coalesce(jsonb_object_agg(reason, total), '{}') from (
                    select reason, sum(count::bigint) as total from (
                        select * from jsonb_each_text(held.refused_by_reason)
                        union all select * from jsonb_each_text(excluded.refused_by_reason)) as entry(reason, count)
                    group by reason) as summed),
            updated_at = now()
        """

    private static let entryIsEarlier =
        "(held.landing_page is null or (excluded.landing_page is not null and excluded.started_at < held.started_at))"
    private static let verdictCounts =
        "(excluded.verdict_id is not null and held.flags_source = 'auto' and excluded.judged_count >= held.judged_count)"
}
