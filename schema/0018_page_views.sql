-- What page_hours would hold of the time from `first` up to `after`, one row for each view and each reading, under their own
-- moments: for hours that are not rolled up, of which a report asks sums over more than an hour anyway.
create function page_views_of(first timestamptz, after timestamptz) returns setof page_hours
language sql stable
as $$
    with seen as materialized (
        select e.session_id, e."timestamp" as moment, e.path, 1::bigint as views,
            0::bigint as reading_count, 0::numeric as reading_ms, 0::numeric as scroll_total, 0::numeric as click_total
        from analytics_events as e
        -- The day leads to the partitions; a day more at each end covers clients' clocks.
        where e."timestamp" >= first and e."timestamp" < after
            and (e.kind = 'document' or (e.kind is null and e.event_type = 'page_view'))
            and e.day >= (first at time zone 'UTC')::date - 1 and e.day <= (after at time zone 'UTC')::date + 1
        union all
        select r.session_id, r.created_at, r.path, 0, 1, least(r.time_on_page_ms, 1800000), r.max_scroll_depth,
            r.click_count
        from engagement_events as r where r.created_at >= first and r.created_at < after
    ), who as materialized (
        -- One look-up for each: a hash of all the sessions there are would take longer than a day's requests.
        select s.* from (select distinct session_id from seen) as ids
        cross join lateral (
            select session_id, site, array[md5(fingerprint_hash)::uuid] as visitors, is_bot, is_scanner,
                is_behavioral_bot, verdict_class
            from user_sessions as found where found.session_id = ids.session_id offset 0) as s
    )
    select moment, site, path, is_bot, is_scanner, is_behavioral_bot, verdict_class, views,
        case when views > 0 then visitors end, reading_count, reading_ms, scroll_total, click_total
    from seen join who using (session_id)
$$;

-- What page_hours would hold of the time from `first` up to `after`, which need not be whole hours.
create or replace function page_hours_of(first timestamptz, after timestamptz) returns setof page_hours
language sql stable
as $$
    select date_trunc('hour', hour, 'UTC'), site, path, is_bot, is_scanner, is_behavioral_bot, verdict_class,
        sum(views)::bigint, array_agg(distinct visitors[1]) filter (where visitors[1] is not null),
        sum(reading_count)::bigint, sum(reading_ms), sum(scroll_total), sum(click_total)
    from page_views_of(first, after)
    group by 1, site, path, is_bot, is_scanner, is_behavioral_bot, verdict_class
$$;
