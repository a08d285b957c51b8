-- Hours are rolled up in two steps, so that nobody who changes sessions waits while they are worked out: they are claimed,
-- worked out without a lock, and kept where the claim still stands. Whoever changes a session takes its hours out of
-- rolled_hours, claimed or rolled up, and with them the claim.

-- The claim of who works the hour out; null once it is rolled up.
alter table rolled_hours add column claim bigint;

drop function roll_session_hours(timestamptz);

-- Claims the newest hours that are not rolled up, up to six of one day, of those in the 400 days before `until`. Its answer is
-- for roll_session_hours; null when there is nothing to do, or when those that change sessions leave no room within a fifth of
-- a second. Half an hour after its end an hour's sessions have mostly ended.
create function claim_session_hours(until timestamptz default clock_timestamp() - interval '30 minutes') returns bigint
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set lock_timeout = '200ms'
as $$
declare
    boundary constant timestamptz := date_trunc('hour', until, 'UTC');
    -- An imported log of many years has mostly empty hours: going through them would take longer than all of its reports.
    begun constant timestamptz := (
        select date_trunc('hour', min(started_at), 'UTC') from user_sessions where started_at >= boundary - interval '400 days');
    newest timestamptz;
    mine constant bigint := pg_current_xact_id()::text::bigint;
begin
    -- Whoever is at it would lose its claim, and two collectors would take each other's for ever.
    if not pg_try_advisory_xact_lock(hashtext('weir.rolling')) then
        return null;
    end if;
    if begun is null or begun >= boundary then
        return null;
    end if;
    select max(hour) into newest
    from generate_series(begun, boundary - interval '1 hour', interval '1 hour') as hour
    where not exists (select from rolled_hours as r where r.hour = hour.hour and r.claim is null);
    if newest is null then
        return null;
    end if;
    -- All that were changing sessions have committed then, and all that begin to from now on see the claim.
    begin
        perform pg_advisory_xact_lock(hashtext('weir.session_hours'));
    exception when lock_not_available then
        return null;
    end;
    insert into rolled_hours (hour, claim)
    select hour, mine
    from generate_series(greatest(date_trunc('day', newest, 'UTC'), newest - interval '5 hours'), newest, interval '1 hour') as hour
    on conflict (hour) do update set claim = mine where rolled_hours.claim is not null;
    return mine;
end
$$;

-- Rolls up the hours of a claim, and says how many of them nobody has changed meanwhile; 0 as well when another is at it, or
-- when those that change sessions leave no room within a second at the end.
create function roll_session_hours(claimed bigint) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set lock_timeout = '1s'
set work_mem = '32MB'
as $$
declare
    hours timestamptz[];
    day timestamptz;
    kept timestamptz[];
    lost timestamptz[];
begin
    -- One at a time, so that an hour that is rolled up stays so, unless its sessions change. Whether the claim still stands is
    -- for whoever has the turn to ask.
    if not pg_try_advisory_xact_lock(hashtext('weir.rolling')) then
        return 0;
    end if;
    hours := array(select hour from rolled_hours where claim = claimed order by hour);
    if hours[1] is null then
        return 0;
    end if;
    day := date_trunc('day', hours[1], 'UTC');
    insert into session_hours
    select made.* from session_hours_of(hours[1], hours[cardinality(hours)] + interval '1 hour') as made
    where made.hour = any (hours);
    insert into page_hours
    select made.* from page_hours_of(hours[1], hours[cardinality(hours)] + interval '1 hour') as made
    where made.hour = any (hours);
    if (select count(*) from rolled_hours
        where hour >= day and hour < day + interval '1 day' and (claim is null or claim = claimed)) = 24 then
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
    end if;

    perform pg_advisory_xact_lock(hashtext('weir.session_hours'));
    with done as (update rolled_hours set claim = null where claim = claimed returning hour)
    select array_agg(hour) into kept from done;
    lost := array(select hour from unnest(hours) as hour where hour <> all (coalesce(kept, '{}')));
    delete from session_hours where hour = any (lost);
    delete from page_hours where hour = any (lost);
    if (select count(*) from rolled_hours
        where hour >= day and hour < day + interval '1 day' and claim is null) = 24 then
        insert into rolled_days values (day);
    else
        delete from page_days where hour = day;
    end if;
    return coalesce(cardinality(kept), 0);
exception when lock_not_available then
    return 0;
end
$$;
