-- Makes up a site's traffic for report benchmarks, over `days` days up to now: psql -v sessions=N -v days=N -f this.
-- Two thirds of the sessions are people's; a session has 6.7 requests on average. All of it follows from the numbers,
-- so that two databases of one size are equal but for the clock. Run it as a superuser on a migrated, empty database.
\set ON_ERROR_STOP on
set synchronous_commit = off;
set work_mem = '256MB';
set maintenance_work_mem = '1GB';

-- A number from 0 up to 1 that follows from two others, fast enough for tens of millions.
create function pg_temp.dice(number bigint, salt integer) returns double precision
language sql immutable parallel safe
return (hashint8extended(number, salt) & 9007199254740991) / 9007199254740992.0;

select now() as present \gset

select ensure_event_partitions(array(
    select day::date from generate_series(
        timestamptz :'present' - make_interval(days => :days + 1), timestamptz :'present' + interval '1 day', '1 day') as day));

create temp table pages as
select n as page, case when n = 0 then '/' else format('/%s/%s',
    (array['blog', 'docs', 'guides', 'shop', 'about'])[1 + n % 5],
    (array['getting-started', 'release-notes', 'why-we-measure', 'handbook', 'comparison', 'privacy', 'recipes'])[1 + n % 7]
        || case when n < 35 then '' else '-' || n end) end as path
from generate_series(0, 1999) as n;

create temp table made as
select n, 'sess_' || md5(n::text) as session_id,
    case when n % 2000 < 3 then timestamptz :'present' - interval '25 minutes' * pg_temp.dice(n, 1)
        else timestamptz :'present' - interval '1 day' * (:days * day) end as started_at,
    kind,
    case kind when 'human' then 1 + floor(9 * pg_temp.dice(n, 3) ^ 2)::int
        when 'undecided' then 1 when 'scanner' then 20 + floor(20 * pg_temp.dice(n, 3))::int
        when 'behavioral' then 15 + floor(30 * pg_temp.dice(n, 3))::int
        else 1 + floor(9 * pg_temp.dice(n, 3))::int end as requests,
    case kind when 'human' then floor(:sessions * 0.3 * pg_temp.dice(n, 4))::bigint
        else -1 - floor(:sessions * 0.01 * pg_temp.dice(n, 4))::bigint end as visitor,
    pg_temp.dice(n, 5) as d5, pg_temp.dice(n, 6) as d6, pg_temp.dice(n, 7) as d7, pg_temp.dice(n, 8) as d8,
    pg_temp.dice(n, 9) as d9
from (
    select n, -- more by day than by night, and fewer the longer ago
        least(0.99999, floor(pg_temp.dice(n, 2) ^ 1.15 * :days) / :days
            + (0.5 + 0.5 * sign(pg_temp.dice(n, 10) - 0.5) * pg_temp.dice(n, 11) ^ 1.6) / :days) as day,
        case when d < 0.56 then 'human' when d < 0.66 then 'undecided' when d < 0.88 then 'declared'
            when d < 0.92 then 'scanner' else 'behavioral' end as kind
    from (select n, pg_temp.dice(n, 0) as d from generate_series(1, :sessions) as n) as dealt) as drawn
-- Stored as a collector stores it: in the order of time.
order by started_at;

insert into user_sessions (session_id, site, started_at, last_activity_at, ended_at, duration_seconds, user_id, user_type,
    converted_at, source, request_count, asset_count, fingerprint_hash, ip_address, network_prefix, user_agent, device_type,
    browser, os, country, city, referrer_source, referrer_host, landing_page, entry_url, exit_page, utm_source, utm_medium,
    utm_campaign, is_bot, is_scanner, is_behavioral_bot, behavioral_bot_score, bot_name, bot_category, verdict_id,
    verdict_class, rule_set, judged_count, throttle_level)
select session_id, case when d9 < 0.85 then 'www.example.org' else 'shop.example.org' end, started_at,
    least(timestamptz :'present', started_at + make_interval(secs => 23 * (requests - 1))),
    case when started_at < timestamptz :'present' - interval '30 minutes'
        then started_at + make_interval(secs => 23 * (requests - 1)) end,
    case when started_at < timestamptz :'present' - interval '30 minutes' then 23 * (requests - 1) end,
    case when kind = 'human' and d5 < 0.04 then 'user-' || floor(d5 * 50000)::text end,
    case when kind = 'human' and d5 < 0.04 then 'registered' else 'anon' end,
    case when kind = 'human' and d6 < 0.02 then started_at + interval '1 minute' end,
    'import', requests, case when kind = 'human' then 3 * requests else 0 end, md5('fp' || visitor),
    ('203.0.' || floor(d7 * 255)::int || '.' || floor(d8 * 255)::int)::inet, '203.0.' || floor(d7 * 255)::int || '.0/24',
    case kind when 'declared' then 'Mozilla/5.0 (compatible; ' || bot || '/2.1)' when 'scanner' then 'masscan/1.3'
        else 'Mozilla/5.0 (' || (array['Windows NT 10.0', 'Macintosh', 'iPhone', 'Android 14'])[1 + floor(d8 * 4)::int]
            || ') ' || (array['Chrome/141.0', 'Firefox/144.0', 'Safari/605.1', 'Edg/141.0'])[1 + floor(d7 * 4)::int] end,
    case when kind in ('declared', 'scanner') then null when d8 < 0.5 then 'desktop' when d8 < 0.95 then 'mobile' else 'tablet' end,
    case when kind in ('declared', 'scanner') then null else (array['Chrome', 'Chrome', 'Safari', 'Firefox', 'Edge'])[1 + floor(d7 * 5)::int] end,
    case when kind in ('declared', 'scanner') then null else (array['Windows', 'macOS', 'iOS', 'Android'])[1 + floor(d8 * 4)::int] end,
    (array['DE', 'US', 'DE', 'FR', 'US', 'GB', 'NL', 'IN', 'BR', 'JP', 'PL', 'AT', 'SE', 'ES', null])[1 + floor(15 * d9 ^ 1.4)::int],
    null,
    case when d5 < 0.42 then 'organic_search' when d5 < 0.7 then 'direct' when d5 < 0.82 then 'referral'
        when d5 < 0.9 then 'social' when d5 < 0.95 then 'ai_assistant' when d5 < 0.98 then 'email' else 'paid' end,
    case when d5 < 0.42 then (array['google.com', 'bing.com', 'duckduckgo.com'])[1 + floor(d6 ^ 2 * 3)::int]
        when d5 between 0.7 and 0.82 then 'site-' || floor(d6 * 200)::text || '.example' end,
    pages.path, pages.path, pages.path,
    case when d5 >= 0.95 then 'newsletter' end, case when d5 >= 0.95 then 'email' end,
    case when d5 >= 0.95 then 'campaign-' || floor(d6 * 12)::text end,
    kind = 'declared', kind = 'scanner', kind = 'behavioral', case kind when 'behavioral' then 50 + floor(d6 * 45)::int else 0 end,
    case when kind = 'declared' then bot end, case when kind = 'declared' then 'search' end, md5('v' || n),
    case kind when 'declared' then 'declared_bot' when 'behavioral' then 'behavioral_bot' else kind end, 'builtin',
    requests * case when kind = 'human' then 4 else 1 end, 0
from made
join pages on pages.page = floor(2000 * d6 ^ 4)::int
cross join lateral (select (array['Googlebot', 'bingbot', 'GPTBot', 'ClaudeBot', 'AhrefsBot', 'SemrushBot', 'PerplexityBot',
    'Applebot'])[1 + floor(8 * d7 ^ 1.5)::int] as bot) as named;

insert into session_verdicts (session_id, verdict_id, at, class, score, is_bot, is_scanner, is_behavioral_bot, signals, rule_set)
select session_id, md5('v' || n), started_at,
    case kind when 'declared' then 'declared_bot' when 'behavioral' then 'behavioral_bot' else kind end, 0,
    kind = 'declared', kind = 'scanner', kind = 'behavioral',
    case kind
        when 'declared' then '[{"name": "user_agent", "points": 100, "observed": "bot", "threshold": "known bot"}]'::jsonb
        when 'scanner' then '[{"name": "attack_path", "points": 100, "observed": "/.env", "threshold": "known probe"}]'::jsonb
        when 'behavioral' then case when d6 < 0.5
            then '[{"name": "high_pages_per_minute", "points": 15, "observed": 31.2, "threshold": 5}, {"name": "regular_timing", "points": 15, "observed": 0.02, "threshold": 0.1}, {"name": "high_page_coverage", "points": 25, "observed": 0.8, "threshold": 0.6}]'::jsonb
            else '[{"name": "sequential_navigation", "points": 20, "observed": 14, "threshold": 5}, {"name": "assets_never_fetched", "points": 30, "observed": 0, "threshold": 1}]'::jsonb end
        else '[]'::jsonb end, 'builtin'
from made;

insert into analytics_events (day, event_id, "timestamp", site, session_id, event_type, event_category, method, path, status,
    kind, response_time_ms, bytes, ip_address, source)
select (at at time zone 'UTC')::date,
    -- UUIDv7 of that time.
    (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || '8'
        || lpad(to_hex(n * 64 + place), 15, '0'))::uuid, at, case when d9 < 0.85 then 'www.example.org' else 'shop.example.org' end,
    session_id, 'request', 'http', 'GET', case when kind = 'scanner' then '/.env' else pages.path end,
    case when kind = 'scanner' then 404 else 200 end,
    case when place = 1 or pg_temp.dice(n * 64 + place, 20) < 0.75 then 'document' else 'api' end, 20 + 80 * d7, 9000,
    ('203.0.' || floor(d7 * 255)::int || '.' || floor(d8 * 255)::int)::inet, 'import'
from made
cross join lateral (select place, least(timestamptz :'present', started_at + make_interval(secs => 23 * (place - 1))) as at
    from generate_series(1, requests) as place) as steps
join pages on pages.page = case when place = 1 then floor(2000 * d6 ^ 4)::int
    else floor(2000 * pg_temp.dice(n * 64 + place, 21) ^ 3)::int end
order by at;

insert into engagement_events (day, id, site, session_id, page_url, path, time_on_page_ms, max_scroll_depth, click_count,
    reading_pattern, fingerprint_hash, created_at)
select ((started_at + interval '20 seconds') at time zone 'UTC')::date, gen_random_uuid(), 'www.example.org', session_id, path, path,
    1000 + floor(90000 * d7)::int, floor(100 * d8)::int, floor(4 * d9)::int,
    (array['bounce', 'skimmer', 'scanner', 'reader', 'engaged'])[1 + floor(d7 * 5)::int], md5('fp' || visitor),
    started_at + interval '20 seconds'
from made join pages on pages.page = floor(2000 * d6 ^ 4)::int
where kind = 'human' and d5 < 0.6;

insert into content (content_id, site, path, slug, title)
select md5(site || path), site, path, path,
    case when page = 0 then 'Home' else initcap(replace(split_part(path, '/', 3), '-', ' ')) end
from pages, (values ('www.example.org'), ('shop.example.org')) as sites (site) where page < 200;

insert into conversations (context_id, site, user_id, session_id, name, created_at, updated_at)
select 'ctx_' || n, 'www.example.org', user_id, session_id, 'Conversation ' || n, started_at, started_at + interval '5 minutes'
from (select n, session_id, started_at, 'user-' || n % 900 as user_id from made where kind = 'human' and d7 < 0.02) as chosen;

insert into agent_tasks (task_id, site, context_id, status, agent_name, started_at, completed_at, execution_time_ms, error_message)
select 'task_' || n || '_' || place, 'www.example.org', 'ctx_' || n, case when d8 < 0.93 then 'completed' else 'failed' end,
    (array['librarian', 'support', 'editor', 'researcher'])[1 + floor(d9 * 4)::int], started_at + make_interval(mins => place),
    started_at + make_interval(mins => place, secs => 8), 8000 * d5, case when d8 >= 0.93 then 'upstream timed out' end
from made, generate_series(1, 3) as place where kind = 'human' and d7 < 0.02;

insert into ai_requests (id, site, session_id, task_id, context_id, provider, model, agent_name, input_tokens, output_tokens,
    cost_microdollars, latency_ms, cache_hit, created_at)
select 'req_' || n || '_' || place, 'www.example.org', session_id, 'task_' || n || '_' || (1 + place % 3), 'ctx_' || n,
    (array['anthropic', 'openai'])[1 + place % 2],
    (array['claude-sonnet-4-5', 'gpt-5', 'claude-haiku-4-5', 'gpt-5-mini'])[1 + place % 4],
    (array['librarian', 'support', 'editor', 'researcher'])[1 + floor(d9 * 4)::int], 400 + floor(3000 * d5)::int,
    100 + floor(900 * d6)::int, 900 + floor(20000 * d8)::int, 300 + floor(4000 * d5)::int, place % 5 = 0,
    started_at + make_interval(mins => 1 + place % 3, secs => place)
from made, generate_series(1, 8) as place where kind = 'human' and d7 < 0.02;

insert into tool_executions (id, site, session_id, task_id, agent_name, tool_name, server_name, status,
    execution_time_ms, error_message, started_at, created_at)
select 'tool_' || n || '_' || place, 'www.example.org', session_id, 'task_' || n || '_1', 'librarian',
    (array['search', 'fetch', 'summarize', 'store'])[place], 'files', case when d8 < 0.95 then 'success' else 'failed' end, 50 + 900 * d5,
    case when d8 >= 0.95 then 'not found' end, started_at + make_interval(secs => place),
    started_at + make_interval(secs => place)
from made, generate_series(1, 4) as place where kind = 'human' and d7 < 0.02;

insert into throttle_levels (key, kind, level, cause, since, raised_at, expires_at)
select 'pair:' || left(md5('k' || n), 12) || '|203.0.' || n || '.0/24', 'pair', 1 + n % 3,
    (array['behavioral verdict', 'scanner verdict', 'over the limit 6 times'])[1 + n % 3],
    timestamptz :'present' - interval '5 minutes' * n, timestamptz :'present' - interval '5 minutes' * n,
    timestamptz :'present' + interval '10 minutes' * n
from generate_series(1, 5) as n;

insert into anomalies (metric_name, key, site, level, opened_at, last_seen_at, closed_at, value, threshold, message)
values
    ('requests_per_minute', 'a', 'www.example.org', 'critical', timestamptz :'present' - interval '50 minutes', :'present', null, 96, 30,
        '96 requests a minute of one visitor, where 30 is critical'),
    ('error_rate', 'b', 'www.example.org', 'warning', timestamptz :'present' - interval '7 hours', timestamptz :'present' - interval '6 hours',
        timestamptz :'present' - interval '6 hours', 0.14, 0.1, '14 % of the answers were errors for 40 minutes');

insert into ingest_ledger (source, hour, accepted, stored)
select 'import', date_trunc('hour', timestamptz :'present'), count(*), count(*) from analytics_events;
analyze;
