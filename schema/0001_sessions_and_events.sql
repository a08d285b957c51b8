-- Sessions, requests and engagement: what the collector writes and everything else reads.
-- Units are in the names: _ms milliseconds, _seconds seconds, _microdollars USD x 1,000,000. Times are timestamptz.

create table user_sessions (
    session_id text primary key,
    site text not null default '',              -- host, lower case
    user_id varchar(255),                       -- supplied by the gateway or a usage record; there is no users table
    user_type varchar(255) not null default 'anon' check (user_type in ('anon', 'registered')),
    started_at timestamptz not null default now(),
    last_activity_at timestamptz not null default now(),
    ended_at timestamptz,                       -- the last activity, not the time of the clean-up
    duration_seconds integer,
    converted_at timestamptz,
    expires_at timestamptz,
    client_id varchar(255) not null default 'weir',
    client_type varchar(255) not null default 'firstparty',
    session_source varchar(50) not null default 'web',
    source text not null default 'live',        -- the door it came through: live, import, follow, syslog

    request_count integer not null default 0,   -- documents, API and background requests
    asset_count integer not null default 0,
    beacon_count integer not null default 0,    -- engagement events
    error_count integer not null default 0,     -- answers of 400 and above
    timed_count integer not null default 0,     -- requests with a known response time
    response_time_total_ms double precision not null default 0,
    avg_response_time_ms double precision not null default 0,
    success_rate double precision not null default 1,   -- 0..1, over requests and assets
    task_count integer not null default 0,
    message_count integer not null default 0,
    ai_request_count integer not null default 0,
    total_tokens_used bigint not null default 0,
    total_ai_cost_microdollars bigint not null default 0,

    fingerprint_hash text,
    ip_address inet,
    network_prefix text,                        -- the /24 or /48 around ip_address, as text
    user_agent text,
    preferred_locale text,
    device_type varchar(255),
    browser text,
    browser_version text,
    os text,
    os_version text,
    country text,
    region text,
    city text,

    referrer_source varchar(255),
    referrer_url text,
    referrer_host text,
    search_terms text,
    landing_page text,                          -- first page's path
    entry_url text,                             -- first page's path and query
    exit_page text,                             -- last page's path
    utm_source varchar(255),
    utm_medium varchar(255),
    utm_campaign varchar(255),
    utm_content varchar(255),
    utm_term varchar(255),

    is_bot boolean not null default false,
    is_scanner boolean not null default false,
    is_behavioral_bot boolean not null default false,
    behavioral_bot_score integer not null default 0,
    behavioral_bot_reason text,
    bot_name text,
    bot_category text,
    bot_reason text,
    flags_source text not null default 'auto' check (flags_source in ('auto', 'manual')),
    verdict_id text,                            -- the verdict that the flags come from
    verdict_class text not null default 'undecided' check (verdict_class in
        ('human', 'declared_bot', 'verified_bot', 'false_claim', 'scanner', 'behavioral_bot', 'undecided')),
    rule_set text,
    judged_count integer not null default 0,    -- requests, assets and beacons that the verdict covers
    needs_evaluation boolean not null default false,

    throttle_level integer not null default 0 check (throttle_level between 0 and 3),   -- of the last request
    throttle_escalated_at timestamptz,
    revoked_at timestamptz,
    updated_at timestamptz not null default now()
) with (
    -- Counters and last_activity_at change with every batch and are in no index: with room on the page those updates
    -- stay heap-only and cost no index entry.
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05
);

-- Every report is a range of started_at; so is the restore of live sessions after a start.
create index user_sessions_started_at on user_sessions (started_at);
-- Session look-up without a cookie, sessions of one fingerprint and network in 24 hours, erasure of one visitor.
create index user_sessions_visitor on user_sessions (fingerprint_hash, network_prefix, started_at);
-- Export and erasure of one user, and conversion of the user's earlier sessions.
create index user_sessions_user on user_sessions (user_id) where user_id is not null;
-- The durable queue of sessions that the detectors owe a verdict, oldest first. A boolean: a condition over the
-- counters would take every update off the heap-only path.
create index user_sessions_unjudged on user_sessions (started_at) where needs_evaluation;
-- Clean-up of idle sessions and `sessions live`: few sessions are open, however many are stored.
create index user_sessions_open on user_sessions (started_at) where ended_at is null;

create table analytics_events (
    day date not null,                          -- the date (UTC) inside event_id, never the client's clock
    event_id uuid not null,                     -- UUIDv7, the idempotency key
    "timestamp" timestamptz not null,
    site text not null default '',
    session_id text,                            -- no foreign key: an event is never lost for want of its session
    user_id varchar(255),
    event_type varchar(255) not null,
    event_category text not null,
    severity text not null default 'info',
    method text,
    path text,
    query text,
    status smallint,
    kind text,                                  -- document, api, asset, background; null for client events
    response_time_ms real,
    bytes bigint,
    referrer text,
    referrer_host text,
    ip_address inet,
    level smallint,                             -- the throttle's level when it was let through
    source text not null default 'live',
    event_data jsonb,
    primary key (day, event_id)
) partition by range (day);

-- The requests of one session: judging after a restart, `sessions show`, export and erasure.
create index analytics_events_session on analytics_events (session_id);
-- Reports by hour inside a partition. Events arrive nearly in order, so block ranges find them at no cost to the drain.
create index analytics_events_timestamp on analytics_events using brin ("timestamp") with (pages_per_range = 32);

create table engagement_events (
    day date not null,                          -- the date (UTC) inside id
    id uuid not null,
    site text not null default '',
    session_id text not null,
    user_id varchar(255),
    page_url text not null,
    path text,
    content_id text,
    event_type varchar(50) not null default 'page_exit',
    time_on_page_ms integer not null default 0,
    time_to_first_interaction_ms integer,
    time_to_first_scroll_ms integer,
    max_scroll_depth integer not null default 0 check (max_scroll_depth between 0 and 100),
    scroll_velocity_avg real,                   -- pixels per second
    scroll_direction_changes integer,
    click_count integer not null default 0,
    mouse_move_distance_px integer,
    keyboard_events integer,
    copy_events integer,
    focus_time_ms integer not null default 0,
    blur_count integer not null default 0,
    tab_switches integer not null default 0,
    visible_time_ms integer not null default 0,
    hidden_time_ms integer not null default 0,
    is_rage_click boolean not null default false,
    is_dead_click boolean not null default false,
    reading_pattern varchar(50) check (reading_pattern in ('bounce', 'skimmer', 'scanner', 'reader', 'engaged')),
    -- The visitor at that moment, so that content reports need no join for them.
    fingerprint_hash text,
    ip_address inet,
    country text,
    device_type varchar(255),
    referrer text,
    event_data jsonb,
    created_at timestamptz not null,            -- when it happened, after clock checks
    updated_at timestamptz not null default now(),
    primary key (day, id)
);
-- Engagement of one session: judging, export and erasure, joins to human sessions.
create index engagement_events_session on engagement_events (session_id);
-- Content reports over a range of time.
create index engagement_events_created_at on engagement_events (created_at);

-- What came in and what became of it, per source and hour of receipt: accepted = stored + duplicates + spooled + dead.
create table ingest_ledger (
    source text not null,
    hour timestamptz not null,
    accepted bigint not null default 0,
    stored bigint not null default 0,
    duplicates bigint not null default 0,
    dead bigint not null default 0,
    refused bigint not null default 0,
    refused_by_reason jsonb not null default '{}',
    updated_at timestamptz not null default now(),
    primary key (source, hour)
);
