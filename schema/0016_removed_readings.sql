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
