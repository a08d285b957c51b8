-- Hours whose readings go, by retention or erasure, are worked out anew, as those are whose sessions change.
create function unroll_removed_readings() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    touched timestamptz[];
begin
    perform pg_advisory_xact_lock_shared(hashtext('weir.session_hours'));
    select array_agg(hour) into touched from (
        select r.hour from public.rolled_hours as r
        where r.hour in (select date_trunc('hour', created_at, 'UTC') from removed)
        order by r.hour for update) as locked;
    perform public.unroll_hours(touched);
    return null;
end
$$;

create trigger unroll_removed_readings after delete on engagement_events
referencing old table as removed for each statement execute function unroll_removed_readings();

-- As before, but for one thing: while hours are being rolled up nobody claims any, or two collectors would take each other's
-- claims for ever.
create or replace function claim_session_hours(until timestamptz default clock_timestamp() - interval '30 minutes') returns bigint
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
    -- Whoever is at it would lose its claim.
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
