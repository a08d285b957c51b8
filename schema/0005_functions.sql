-- Partitions of analytics_events, and what happens when a flag is changed by hand.

-- The days that each partition holds: from_day inclusive, to_day exclusive.
create function event_partitions() returns table (name text, from_day date, to_day date)
language sql stable
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'           -- the bounds are read back from their printed form
as $$
    select relname::text, bound[1]::date, bound[2]::date
    from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    cross join lateral (select regexp_match(pg_get_expr(relpartbound, pg_class.oid),
        $re$FROM \('([0-9-]+)'\) TO \('([0-9-]+)'\)$re$)) as parsed(bound)
    where inhparent = 'public.analytics_events'::regclass
    order by 2
$$;

-- Makes the partitions that hold `days` where they are missing, and says how many. Call it in a short transaction of
-- its own with the few days of a batch: it holds locks until the transaction ends.
--
-- A day from 90 days back to 7 ahead gets a partition of its own. An older day gets all of its year that no other
-- partition holds and that is older than 90 days: daily partitions of the past stay as they are, ranges never overlap,
-- and a log of ten years makes ten partitions, not thousands (each takes locks in every query). Days further ahead get
-- none: no clock is that wrong, and the rows of such a day are refused one by one (23514) while the rest is stored.
create function ensure_event_partitions(days date[]) returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
as $$
declare
    today constant date := (now() at time zone 'UTC')::date;
    boundary constant date := today - 90;
    wanted date;
    lower_day date;
    upper_day date;
    partition_name text;
    made integer := 0;
begin
    -- The partitions are read once, not for each day: reading them costs more than a batch's rows.
    if not exists (
        with held as materialized (select from_day, to_day from public.event_partitions())
        select from unnest(days) as day
        where day <= today + 7 and not exists (select from held where from_day <= day and day < to_day)
    ) then
        return 0;
    end if;

    -- One maker at a time, over all collectors; released when the transaction ends.
    perform pg_advisory_xact_lock(hashtext('weir.event_partitions'));
    for wanted in
        with held as materialized (select from_day, to_day from public.event_partitions())
        select distinct day from unnest(days) as day
        where day <= today + 7 and not exists (select from held where from_day <= day and day < to_day)
        order by 1
    loop
        -- Ascending, so only the partition made last can hold the next day.
        continue when wanted < upper_day;
        if wanted >= boundary then
            lower_day := wanted;
            upper_day := wanted + 1;
        else
            lower_day := date_trunc('year', wanted::timestamp)::date;
            upper_day := least((date_trunc('year', wanted::timestamp) + interval '1 year')::date, boundary);
            select greatest(lower_day, coalesce(max(to_day), lower_day)) into lower_day
            from public.event_partitions() where to_day <= wanted;
            select least(upper_day, coalesce(min(from_day), upper_day)) into upper_day
            from public.event_partitions() where from_day > wanted;
        end if;
        partition_name := 'analytics_events_' || to_char(lower_day, 'YYYYMMDD')
            || case when upper_day - lower_day > 1 then '_' || to_char(upper_day, 'YYYYMMDD') else '' end;
        -- Made apart and attached: unlike `partition of`, that lets reads and writes of the parent go on.
        execute format('create table public.%I (like public.analytics_events including all)', partition_name);
        execute format('alter table public.analytics_events attach partition public.%I for values from (%L) to (%L)',
            partition_name, lower_day, upper_day);
        made := made + 1;
    end loop;
    return made;
end
$$;

-- Drops the partitions whose every day is before `before`, and says which. Events older than a dropped partition are
-- refused by the collector as too_old.
create function drop_event_partitions(before date) returns setof text
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    old text;
begin
    perform pg_advisory_xact_lock(hashtext('weir.event_partitions'));
    for old in select name from public.event_partitions() where to_day <= before order by from_day loop
        execute format('drop table public.%I', old);
        return next old;
    end loop;
end
$$;

-- A flag changed without citing a new verdict was changed by hand: it is kept as a verdict of its own, and
-- flags_source = 'manual' keeps later verdicts from undoing it.
create function keep_manual_flags() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    new.flags_source := 'manual';
    new.verdict_id := 'manual_' || gen_random_uuid();
    new.verdict_class := case
        when new.is_scanner then 'scanner'
        when new.is_bot then 'declared_bot'
        when new.is_behavioral_bot then 'behavioral_bot'
        else 'human'
    end;
    new.needs_evaluation := false;
    new.updated_at := now();
    insert into public.session_verdicts
        (session_id, verdict_id, at, class, score, is_bot, is_scanner, is_behavioral_bot, bot_name, bot_category,
         signals, rule_set, judged_count, by)
    values
        (new.session_id, new.verdict_id, now(), new.verdict_class, new.behavioral_bot_score, new.is_bot,
         new.is_scanner, new.is_behavioral_bot, new.bot_name, new.bot_category,
         jsonb_build_array(jsonb_build_object('name', 'set_by_hand', 'points', 0, 'observed', session_user::text,
             'threshold', coalesce(new.bot_reason, ''))),
         new.rule_set, new.request_count + new.asset_count + new.beacon_count, 'operator');
    return new;
end
$$;

-- The condition is evaluated as the writer, before the function, so the collector's bulk updates never call it.
create trigger keep_manual_flags
before update of is_bot, is_scanner, is_behavioral_bot on user_sessions
for each row
when (current_user <> 'weir_collector'
    and (old.is_bot <> new.is_bot or old.is_scanner <> new.is_scanner
        or old.is_behavioral_bot <> new.is_behavioral_bot)
    and new.verdict_id is not distinct from old.verdict_id)
execute function keep_manual_flags();
