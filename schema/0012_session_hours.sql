-- Roll-ups for reports, in whole hours and days of UTC. What is in rolled_hours is in session_hours and page_hours, what is
-- in rolled_days in page_days. Everything else a report works out of sessions, requests and readings themselves by the same
-- functions, so that no answer depends on how far the roll-up is. What is repeated of a session in each of its hours follows
-- every change: the change takes all of its hours out again, whoever makes it.

-- One narrow row for each session and each hour that it began or asked for something in.
create table session_hours (
    hour timestamptz not null,
    started_at timestamptz,
    visitor uuid,                               -- a hash of fingerprint_hash, in a third of its room
    duration_seconds numeric,
    session_requests integer,                   -- of the session, in any hour
    request_count integer not null,             -- in this hour, of every kind
    page_request_count integer not null,        -- documents and API
    page_view_count integer not null,           -- documents, and what a tracker has seen without one
    is_start boolean not null,                  -- whether the session began in this hour
    is_bot boolean,
    is_scanner boolean,
    is_behavioral_bot boolean,
    is_converted boolean,
    verdict_class text,
    site text,
    user_id text,
    referrer_source text,
    country text,
    device_type text,
    browser text,
    landing_page text,
    referrer_host text,
    utm_source text,
    utm_medium text,
    utm_campaign text,
    bot_type text,                              -- what a bot is called; null for people
    signals text[]                              -- of a bot's verdict that counts; null where it has none
);
-- Rows are written hour by hour, read by ranges of hours, and removed by the hour.
create index session_hours_hour on session_hours (hour);

-- One row for each page, hour and kind of visitor. What is known of sessions has the names that it has there.
create table page_hours (
    hour timestamptz not null,
    site text,
    path text,
    is_bot boolean,
    is_scanner boolean,
    is_behavioral_bot boolean,
    verdict_class text,
    views bigint not null,
    visitors uuid[],                            -- each once, by the hash in session_hours
    reading_count bigint not null,
    reading_ms numeric not null,                -- half an hour of each reading at most
    scroll_total numeric not null,
    click_total numeric not null
);
create index page_hours_hour on page_hours (hour);

-- The same by days.
create table page_days (like page_hours);
create index page_days_hour on page_days (hour);

create table rolled_hours (
    hour timestamptz primary key
);
create table rolled_days (
    hour timestamptz primary key
);

-- What session_hours would hold of the time from `first` up to `after`, which need not be whole hours.
create function session_hours_of(first timestamptz, after timestamptz) returns setof session_hours
language sql stable
as $$
    select asked.hour, s.started_at, md5(s.fingerprint_hash)::uuid,
        coalesce(s.duration_seconds, extract(epoch from coalesce(s.ended_at, s.last_activity_at) - s.started_at)),
        s.request_count, coalesce(asked.requests, 0)::integer, coalesce(asked.page_requests, 0)::integer,
        coalesce(asked.page_views, 0)::integer,
        coalesce(s.started_at >= greatest(asked.hour, first)
            and s.started_at < least(asked.hour + interval '1 hour', after), false),
        s.is_bot, s.is_scanner, s.is_behavioral_bot, s.converted_at is not null, s.verdict_class, s.site,
        s.user_id::text, s.referrer_source::text, s.country, s.device_type::text, s.browser, s.landing_page,
        s.referrer_host, s.utm_source::text, s.utm_medium::text, s.utm_campaign::text,
        case when s.is_bot or s.is_scanner or s.is_behavioral_bot then
            -- A session flagged by hand has no name from the catalogue: its agent's family, else its tier.
            coalesce(nullif(s.bot_name, ''), case
                when s.user_agent ilike '%googlebot%' then 'Googlebot'
                when s.user_agent ilike '%bingbot%' then 'Bingbot'
                when s.user_agent ilike '%chatgpt%' or s.user_agent ilike '%gptbot%' then 'ChatGPT'
                when s.user_agent ilike '%claude%' or s.user_agent ilike '%anthropic%' then 'Claude'
                when s.user_agent ilike '%perplexity%' then 'Perplexity'
                when s.is_scanner then 'Scanner'
                when s.is_behavioral_bot and not s.is_bot then 'Behavioral Bot'
                else 'Other' end) end,
        case when s.is_bot or s.is_scanner or s.is_behavioral_bot then
            (select array_agg(distinct coalesce(signal ->> 'name', 'unknown'))
                from session_verdicts as v cross join lateral jsonb_array_elements(v.signals) as listed (signal)
                where v.session_id = s.session_id and v.verdict_id = s.verdict_id) end
    from (
        select session_id, hour, requests, page_requests, page_views
        from (
            select e.session_id, date_trunc('hour', e."timestamp", 'UTC') as hour, count(e.kind) as requests,
                count(*) filter (where e.kind in ('document', 'api')) as page_requests,
                -- A tracker's page views stand for documents that nobody asked for: single-page applications.
                count(*) filter (where e.kind = 'document' or e.kind is null) as page_views
            from analytics_events as e
            -- The day leads to the partitions; a day more at each end covers clients' clocks.
            where e."timestamp" >= first and e."timestamp" < after
                and (e.kind is not null or e.event_type = 'page_view')
                and e.day >= (first at time zone 'UTC')::date - 1 and e.day <= (after at time zone 'UTC')::date + 1
            group by 1, 2) as counted
        full join (
            select session_id, date_trunc('hour', started_at, 'UTC') as hour from user_sessions
            where started_at >= first and started_at < after) as begun using (session_id, hour)) as asked
    -- One look-up for each: a hash of all the sessions there are would take longer than a day's requests. `offset` keeps
    -- the planner from preferring it.
    left join lateral (
        select * from user_sessions as found where found.session_id = asked.session_id offset 0) as s on true
$$;

-- What page_hours would hold of the time from `first` up to `after`, which need not be whole hours.
create function page_hours_of(first timestamptz, after timestamptz) returns setof page_hours
language sql stable
as $$
    with seen as materialized (
        select e.session_id, date_trunc('hour', e."timestamp", 'UTC') as hour, e.path, count(*) as views,
            0 as reading_count, 0::numeric as reading_ms, 0::numeric as scroll_total, 0::numeric as click_total
        from analytics_events as e
        where e."timestamp" >= first and e."timestamp" < after
            and (e.kind = 'document' or (e.kind is null and e.event_type = 'page_view'))
            and e.day >= (first at time zone 'UTC')::date - 1 and e.day <= (after at time zone 'UTC')::date + 1
        group by 1, 2, 3
        union all
        select r.session_id, date_trunc('hour', r.created_at, 'UTC'), r.path, 0,
            count(*), sum(least(r.time_on_page_ms, 1800000)), sum(r.max_scroll_depth), sum(r.click_count)
        from engagement_events as r where r.created_at >= first and r.created_at < after
        group by 1, 2, 3
    ), who as materialized (
        select s.* from (select distinct session_id from seen) as ids
        cross join lateral (
            select session_id, site, md5(fingerprint_hash)::uuid as visitor, is_bot, is_scanner, is_behavioral_bot,
                verdict_class
            from user_sessions as found where found.session_id = ids.session_id offset 0) as s
    )
    select hour, site, path, is_bot, is_scanner, is_behavioral_bot, verdict_class, sum(views)::bigint,
        array_agg(distinct visitor) filter (where views > 0 and visitor is not null), sum(reading_count)::bigint,
        sum(reading_ms), sum(scroll_total), sum(click_total)
    from seen join who using (session_id)
    group by hour, site, path, is_bot, is_scanner, is_behavioral_bot, verdict_class
$$;

-- Takes whole hours out of the roll-ups, and the days that they belong to.
create function unroll_hours(hours timestamptz[]) returns void
language sql
as $$
    delete from public.session_hours where hour = any (hours);
    delete from public.page_hours where hour = any (hours);
    delete from public.rolled_hours where hour = any (hours);
    delete from public.page_days
    where hour in (select date_trunc('day', taken, 'UTC') from unnest(hours) as listed (taken));
    delete from public.rolled_days
    where hour in (select date_trunc('day', taken, 'UTC') from unnest(hours) as listed (taken));
$$;

-- Takes the hours of changed sessions out of the roll-up. The lock is shared by all that change sessions, and exclusive
-- to roll_session_hours, so that no hour is rolled up from what is being changed meanwhile.
create function unroll_changed_sessions() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    first timestamptz;
    last timestamptz;
    touched timestamptz[];
begin
    perform pg_advisory_xact_lock_shared(hashtext('weir.session_hours'));
    select date_trunc('hour', min(started_at), 'UTC'), max(last_activity_at) into first, last from changed;
    if tg_op = 'UPDATE' then
        select least(first, date_trunc('hour', min(started_at), 'UTC')), greatest(last, max(last_activity_at))
        into first, last from before;
    end if;
    -- Nearly always: what arrives belongs to hours that are not over.
    if not exists (select from public.rolled_hours where hour between first and last) then
        return null;
    end if;
    -- In order, so that two that change the same hours wait for each other instead of deadlocking.
    if tg_op = 'UPDATE' then
        select array_agg(hour) into touched from (
            select r.hour from public.rolled_hours as r
            where r.hour between first and last and (
                exists (select from changed as c
                    where r.hour between date_trunc('hour', c.started_at, 'UTC') and c.last_activity_at)
                or exists (select from before as c
                    where r.hour between date_trunc('hour', c.started_at, 'UTC') and c.last_activity_at))
            order by r.hour for update) as locked;
    else
        select array_agg(hour) into touched from (
            select r.hour from public.rolled_hours as r
            where r.hour between first and last and exists (select from changed as c
                where r.hour between date_trunc('hour', c.started_at, 'UTC') and c.last_activity_at)
            order by r.hour for update) as locked;
    end if;
    perform public.unroll_hours(touched);
    return null;
end
$$;

create trigger unroll_new_sessions after insert on user_sessions
referencing new table as changed for each statement execute function unroll_changed_sessions();
create trigger unroll_changed_sessions after update on user_sessions
referencing old table as before new table as changed for each statement execute function unroll_changed_sessions();
create trigger unroll_removed_sessions after delete on user_sessions
referencing old table as changed for each statement execute function unroll_changed_sessions();

-- Rolls up the newest hours that are not rolled up, up to six of one day, of those in the 400 days before `until`, and says how many
-- there were; 0 when there is nothing to do, or when those that change sessions leave no room within a fifth of a second. Call
-- it again while it returns more. Half an hour after its end an hour's sessions have mostly ended.
create function roll_session_hours(until timestamptz default clock_timestamp() - interval '30 minutes') returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set lock_timeout = '200ms'
set work_mem = '32MB'
as $$
declare
    boundary constant timestamptz := date_trunc('hour', until, 'UTC');
    -- An imported log of many years has mostly empty hours: going through them would take longer than all of its reports.
    begun constant timestamptz := (
        select date_trunc('hour', min(started_at), 'UTC') from user_sessions where started_at >= boundary - interval '400 days');
    newest timestamptz;
    day timestamptz;
    span_start timestamptz;
    span_end timestamptz;
    missing timestamptz[];
begin
    if begun is null or begun >= boundary then
        return 0;
    end if;
    select max(hour) into newest
    from generate_series(begun, boundary - interval '1 hour', interval '1 hour') as hour
    where not exists (select from rolled_hours as r where r.hour = hour.hour);
    if newest is null then
        return 0;
    end if;
    begin
        perform pg_advisory_xact_lock(hashtext('weir.session_hours'));
    exception when lock_not_available then
        return 0;
    end;
    day := date_trunc('day', newest, 'UTC');
    -- A quarter of a day at a time, since whoever changes sessions waits meanwhile.
    span_start := greatest(day, newest - interval '5 hours');
    span_end := newest + interval '1 hour';
    select array_agg(hour order by hour) into missing
    from generate_series(span_start, newest, interval '1 hour') as hour
    where not exists (select from rolled_hours as r where r.hour = hour.hour);
    insert into session_hours
    select * from session_hours_of(missing[1], span_end) as made where made.hour = any (missing);
    insert into page_hours
    select * from page_hours_of(missing[1], span_end) as made where made.hour = any (missing);
    insert into rolled_hours select unnest(missing);
    if (select count(*) from rolled_hours where hour >= day and hour < day + interval '1 day') = 24 then
        insert into page_days
        select day, site, path, is_bot, is_scanner, is_behavioral_bot, verdict_class, sum(views),
            array_agg(distinct visitor) filter (where visitor is not null),
            sum(reading_count), sum(reading_ms), sum(scroll_total), sum(click_total)
        from (
            -- An hour's sums stand in the row of its first visitor, or of none.
            select site, path, is_bot, is_scanner, is_behavioral_bot, verdict_class, visitor,
                case when place = 1 then views else 0 end as views,
                case when place = 1 then reading_count else 0 end as reading_count,
                case when place = 1 then reading_ms else 0 end as reading_ms,
                case when place = 1 then scroll_total else 0 end as scroll_total,
                case when place = 1 then click_total else 0 end as click_total
            from page_hours
            cross join lateral unnest(case when cardinality(visitors) > 0 then visitors else array[null::uuid] end)
                with ordinality as listed (visitor, place)
            where hour >= day and hour < day + interval '1 day') as taken
        group by site, path, is_bot, is_scanner, is_behavioral_bot, verdict_class;
        insert into rolled_days values (day);
    end if;
    return cardinality(missing);
end
$$;

-- As before, and out of the roll-up with what is dropped.
create or replace function drop_event_partitions(before date) returns setof text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    old record;
begin
    perform pg_advisory_xact_lock(hashtext('weir.event_partitions'));
    for old in select * from public.event_partitions() where to_day <= before order by from_day loop
        execute format('drop table public.%I', old.name);
        perform pg_advisory_xact_lock_shared(hashtext('weir.session_hours'));
        -- A day more: requests may have come in after midnight of another day than their own.
        perform public.unroll_hours(array(
            select hour from public.rolled_hours
            where hour >= (old.from_day - 1)::timestamp at time zone 'UTC'
                and hour < (old.to_day + 1)::timestamp at time zone 'UTC'));
        return next old.name;
    end loop;
end
$$;
