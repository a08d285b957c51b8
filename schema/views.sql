-- The views that reports and analysts read. Applied after every migration; a view whose columns change shape is dropped
-- in a migration first.

-- Human traffic, said once: everything about people below is built on it. A session not judged yet counts as human.
create or replace view v_human_sessions as
select * from user_sessions
where not is_bot and not is_scanner and not is_behavioral_bot;

comment on view v_human_sessions is 'Sessions with none of the three bot flags; the base of every view about people';

-- Clicks of people. A click whose session is gone (retention, erasure) stays: nothing speaks against it.
create or replace view v_human_link_clicks as
select clicks.*
from link_clicks as clicks
left join user_sessions as stored on stored.session_id = clicks.session_id
left join v_human_sessions as human on human.session_id = clicks.session_id
where stored.session_id is null or human.session_id is not null;

create or replace view v_clean_human_traffic as
select * from v_human_sessions where throttle_level < 3;

create or replace view v_top_referrer_sources as
select
    referrer_source,
    count(*) as session_count,
    count(distinct user_id) as unique_users,
    avg(request_count) as avg_requests_per_session,
    avg(duration_seconds) as avg_session_duration_seconds,
    sum(total_ai_cost_microdollars) as total_cost_microdollars
from v_human_sessions
where referrer_source is not null
group by referrer_source
order by session_count desc, referrer_source;

create or replace view v_utm_campaign_performance as
select
    utm_source,
    utm_medium,
    utm_campaign,
    count(*) as session_count,
    count(distinct user_id) as unique_users,
    count(*) filter (where user_type = 'registered') as registered_users,
    count(converted_at) as conversions,
    count(converted_at) * 100.0 / count(*) as conversion_rate_percent,
    avg(duration_seconds) as avg_session_duration_seconds,
    sum(total_ai_cost_microdollars) as total_cost_microdollars,
    avg(total_ai_cost_microdollars) as avg_cost_per_session_cents,
    avg(total_ai_cost_microdollars) as avg_cost_per_session_microdollars
from v_human_sessions
where utm_source is not null
group by utm_source, utm_medium, utm_campaign
order by session_count desc, utm_source, utm_medium, utm_campaign;

comment on column v_utm_campaign_performance.avg_cost_per_session_cents is
    'Microdollars, as ever, under the name that existing queries use; see avg_cost_per_session_microdollars';

-- The score weighs averages, and an average over a handful of sessions would top the list by chance: sources with
-- fewer than ten are left out here. v_top_referrer_sources has them all.
create or replace view v_traffic_source_quality as
select
    referrer_source,
    sessions,
    avg_duration_seconds,
    avg_requests,
    avg_ai_requests,
    conversion_rate_percent,
    avg_success_rate,
    avg_duration_seconds / 60 * 0.3 + avg_requests * 0.3 + conversion_rate_percent * 0.4 as quality_score
from (
    select
        referrer_source,
        count(*) as sessions,
        avg(duration_seconds) as avg_duration_seconds,
        avg(request_count) as avg_requests,
        avg(ai_request_count) as avg_ai_requests,
        count(converted_at) * 100.0 / count(*) as conversion_rate_percent,
        avg(success_rate) as avg_success_rate
    from v_human_sessions
    where referrer_source is not null
    group by referrer_source
    having count(*) >= 10
) as sources
order by quality_score desc nulls last, referrer_source;

-- click_count, unique_click_count and conversion_count are the link's own counters: every redirect served, whoever
-- asked. The columns after updated_at count people.
create or replace view v_link_performance as
select
    links.id,
    links.short_code,
    links.target_url,
    links.link_type,
    links.campaign_id,
    links.campaign_name,
    links.source_content_id,
    links.source_page,
    links.link_text,
    links.destination_type,
    links.click_count,
    links.unique_click_count,
    links.conversion_count,
    links.is_active,
    links.created_at,
    links.updated_at,
    count(distinct clicks.session_id) as actual_session_count,
    count(distinct clicks.user_id) as actual_user_count,
    count(clicks.click_id) filter (where clicks.is_conversion) as actual_conversions,
    coalesce(round(count(clicks.click_id) filter (where clicks.is_conversion) * 100.0
        / nullif(count(distinct clicks.session_id), 0), 2), 0) as conversion_rate,
    min(clicks.clicked_at) as first_click_at,
    max(clicks.clicked_at) as last_click_at,
    avg(clicks.time_on_page_seconds) as avg_time_on_page,
    avg(clicks.scroll_depth_percent) as avg_scroll_depth
from campaign_links as links
left join v_human_link_clicks as clicks on clicks.link_id = links.id
group by links.id;

-- Everything is counted from the clicks of people, like every view but the two about bots; the links' own counters count
-- every redirect served, and are in v_link_performance. Links are counted by themselves: joined to clicks first, each
-- would count as often as it was clicked.
create or replace view v_campaign_performance as
with campaigns as (
    select campaign_id, campaign_name, count(*) as link_count, min(created_at) as campaign_start
    from campaign_links
    where campaign_id is not null
    group by campaign_id, campaign_name
), people as (
    select
        links.campaign_id,
        links.campaign_name,
        count(*) as total_clicks,
        count(distinct (clicks.link_id, clicks.session_id)) as total_unique_clicks,
        count(*) filter (where clicks.is_conversion) as total_conversions,
        count(distinct clicks.session_id) as total_sessions,
        count(distinct clicks.user_id) as total_users,
        max(clicks.clicked_at) as last_activity,
        count(distinct (clicks.clicked_at at time zone 'UTC')::date) as active_days
    from campaign_links as links
    join v_human_link_clicks as clicks on clicks.link_id = links.id
    where links.campaign_id is not null
    group by links.campaign_id, links.campaign_name
)
select
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.link_count,
    coalesce(people.total_clicks, 0) as total_clicks,
    coalesce(people.total_unique_clicks, 0) as total_unique_clicks,
    coalesce(people.total_conversions, 0) as total_conversions,
    coalesce(people.total_sessions, 0) as total_sessions,
    coalesce(people.total_users, 0) as total_users,
    coalesce(round(people.total_conversions * 100.0 / nullif(people.total_unique_clicks, 0), 2), 0)
        as conversion_rate,
    campaigns.campaign_start,
    people.last_activity,
    coalesce(people.active_days, 0) as active_days,
    coalesce(round(people.total_clicks * 1.0 / nullif(people.active_days, 0), 2), 0) as avg_clicks_per_day
from campaigns
left join people
    on people.campaign_id = campaigns.campaign_id
    and people.campaign_name is not distinct from campaigns.campaign_name;

-- Source and target are found by content id, never by a piece of the address: a slug `a` would match everything.
create or replace view v_content_journey as
select
    links.source_content_id,
    source.slug as source_slug,
    source.title as source_title,
    links.target_url,
    target.slug as target_slug,
    target.title as target_title,
    count(*) as click_count,
    count(distinct clicks.session_id) as unique_sessions,
    count(*) filter (where clicks.is_conversion) as conversions,
    round(count(*) filter (where clicks.is_conversion) * 100.0 / count(*), 2) as conversion_rate,
    round(avg(clicks.time_on_page_seconds), 2) as avg_time_before_click,
    min(clicks.clicked_at) as first_journey_at,
    max(clicks.clicked_at) as last_journey_at
from campaign_links as links
join v_human_link_clicks as clicks on clicks.link_id = links.id
left join content as source on source.content_id = links.source_content_id
left join content as target on target.content_id = links.target_content_id
where links.source_content_id is not null and links.destination_type = 'internal'
group by links.source_content_id, source.slug, source.title, links.target_url, target.slug, target.title;

-- The two views about bots read all sessions. Dates are UTC, whatever the client's time zone.
create or replace view v_bot_traffic_summary as
select
    (started_at at time zone 'UTC')::date as date,
    count(*) as bot_sessions,
    count(distinct user_agent) as unique_bots,
    sum(request_count) as total_bot_requests,
    avg(request_count) as avg_requests_per_session
from user_sessions
where is_bot
group by 1
order by 1 desc;

create or replace view v_behavioral_bot_analysis as
select
    (started_at at time zone 'UTC')::date as date,
    count(*) as total_sessions,
    count(*) filter (where is_behavioral_bot) as behavioral_bot_sessions,
    count(*) filter (where behavioral_bot_score >= 50) as suspicious_sessions,
    avg(behavioral_bot_score) filter (where behavioral_bot_score > 0)::integer as avg_bot_score,
    max(behavioral_bot_score) as max_bot_score
from user_sessions
where started_at >= ((now() at time zone 'UTC')::date - 30)::timestamp at time zone 'UTC'
group by 1
order by 1 desc;

-- Known for scraping, abuse or a lost reputation, worst first.
create or replace view v_high_risk_fingerprints as
select * from fingerprint_reputation
where is_flagged or reputation_score < 30 or abuse_incidents >= 3
order by reputation_score, abuse_incidents desc;
