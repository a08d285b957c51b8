-- One writer per table, made so. Applied after every migration; what is not granted here is taken away here.

do $$
declare
    role_name text;
begin
    foreach role_name in array
        array['weir_collector', 'weir_detector', 'weir_throttle', 'weir_reporter', 'weir_operator']
    loop
        if not exists (select from pg_roles where rolname = role_name) then
            begin
                execute format('create role %I login', role_name);
            exception when duplicate_object or unique_violation then
                null;  -- made meanwhile by the migration of another database of this cluster
            end;
        end if;
    end loop;

    -- The reporter cannot write even where a grant is one too many. Only if it is not so yet: the setting belongs to
    -- the whole cluster, and two databases changing it at once would collide.
    if not exists (
        select from pg_db_role_setting join pg_roles on pg_roles.oid = setrole
        where rolname = 'weir_reporter' and setdatabase = 0
            and 'default_transaction_read_only=on' = any (setconfig)
    ) then
        begin
            alter role weir_reporter set default_transaction_read_only = on;
        exception when internal_error or unique_violation then
            null;
        end;
    end if;
end
$$;

revoke create on schema public from public;
grant usage on schema public to weir_collector, weir_detector, weir_throttle, weir_reporter, weir_operator;

revoke all on all tables in schema public
    from public, weir_collector, weir_detector, weir_throttle, weir_reporter, weir_operator;
revoke all on all functions in schema public
    from public, weir_collector, weir_detector, weir_throttle, weir_reporter, weir_operator;

-- Everybody reads everything. Partitions made later are reached through their parent.
grant select on all tables in schema public
    to weir_collector, weir_detector, weir_throttle, weir_reporter, weir_operator;
grant execute on function event_partitions(), session_hours_of(timestamptz, timestamptz),
    page_hours_of(timestamptz, timestamptz), page_views_of(timestamptz, timestamptz)
    to weir_collector, weir_detector, weir_throttle, weir_reporter, weir_operator;

-- collector: sessions, facts, and what follows from them.
grant insert, update on user_sessions to weir_collector;
grant insert on analytics_events, engagement_events, link_clicks, task_messages to weir_collector;
grant update (content_id, updated_at) on engagement_events to weir_collector;
grant update (is_conversion, conversion_at) on link_clicks to weir_collector;
grant insert, update on funnel_progress, ai_requests, agent_tasks, tool_executions, conversations, ingest_ledger,
    content_performance to weir_collector;
grant update (click_count, unique_click_count, conversion_count, updated_at) on campaign_links to weir_collector;
grant insert (content_id, site, path, slug, title, first_seen_at, last_seen_at, origin) on content to weir_collector;
grant update (last_seen_at) on content to weir_collector;
grant insert, update, delete on session_usage_owed to weir_collector;
grant execute on function ensure_event_partitions(date[]), claim_session_hours(timestamptz), roll_session_hours(bigint)
    to weir_collector;

-- detector: what it concludes.
grant insert on session_verdicts to weir_detector;
grant insert, update on fingerprint_reputation, anomalies, crawler_verifications to weir_detector;
grant delete on crawler_verifications to weir_detector;
grant insert, delete on anomaly_series to weir_detector;

-- throttle: what it holds against whom.
grant insert, update, delete on throttle_levels to weir_throttle;
grant insert, delete on throttle_decisions to weir_throttle;
grant insert, update on throttle_overrides to weir_throttle;

-- operator: definitions, flags, retention and erasure.
grant insert, update, delete on funnels, funnel_steps, content, prices to weir_operator;
grant insert, delete on campaign_links to weir_operator;
grant update (target_url, link_type, campaign_id, campaign_name, source_content_id, target_content_id, source_page,
    utm_params, link_text, link_position, destination_type, is_active, expires_at, updated_at)
    on campaign_links to weir_operator;
grant update (warning_threshold, critical_threshold, description, updated_at) on anomaly_thresholds to weir_operator;
grant update (is_bot, is_scanner, is_behavioral_bot, behavioral_bot_score, behavioral_bot_reason, bot_name,
    bot_category, bot_reason, flags_source, verdict_id, verdict_class, rule_set, judged_count, needs_evaluation,
    updated_at) on user_sessions to weir_operator;
grant insert on session_verdicts to weir_operator;
grant insert, delete on history_runs, history_changes to weir_operator;
grant insert, update, delete on erased_sessions to weir_operator;
grant update (changed, undone_at, undone_by) on history_runs to weir_operator;
grant update (content_id, updated_at) on engagement_events to weir_operator;
grant delete on user_sessions, analytics_events, engagement_events, session_verdicts, fingerprint_reputation,
    anomalies, funnel_progress, link_clicks, ai_requests, agent_tasks, task_messages, tool_executions, conversations,
    session_usage_owed, content_performance, ingest_ledger, throttle_decisions to weir_operator;
grant execute on function ensure_event_partitions(date[]), drop_event_partitions(date) to weir_operator;
