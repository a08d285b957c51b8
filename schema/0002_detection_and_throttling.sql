-- What the detector concludes and the throttle decides.

-- Every verdict ever given, by detectors and by hand; user_sessions holds the one that counts.
create table session_verdicts (
    session_id text not null,                   -- no foreign key: a verdict may be stored before its session
    verdict_id text not null,                   -- follows from session, rules and evidence: a repeat changes nothing
    at timestamptz not null,                    -- the evidence's own time
    class text not null check (class in
        ('human', 'declared_bot', 'verified_bot', 'false_claim', 'scanner', 'behavioral_bot', 'undecided')),
    score integer not null default 0,
    is_bot boolean not null default false,
    is_scanner boolean not null default false,
    is_behavioral_bot boolean not null default false,
    bot_name text,
    bot_category text,
    signals jsonb not null default '[]',        -- [{name, points, observed, threshold}]
    rule_set text,
    judged_count integer not null default 0,
    by text not null default 'detector',        -- detector, operator, reclassify
    created_at timestamptz not null default now(),
    primary key (session_id, verdict_id)        -- also finds the history of one session
);

create table fingerprint_reputation (
    fingerprint_hash text not null,
    network_prefix text not null,               -- a fingerprint is shared by strangers; with its network, hardly
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    total_session_count integer not null default 0,
    active_session_count integer not null default 0,
    total_request_count bigint not null default 0,
    requests_last_hour integer not null default 0,
    peak_requests_per_minute real not null default 0,
    sustained_high_velocity_minutes integer not null default 0,
    is_flagged boolean not null default false,
    flag_reason text,
    flagged_at timestamptz,
    reputation_score integer not null default 50 check (reputation_score between 0 and 100),
    abuse_incidents integer not null default 0,
    last_abuse_at timestamptz,
    last_ip_address inet,
    last_user_agent text,
    associated_user_ids text[] not null default '{}',
    updated_at timestamptz not null default now(),
    primary key (fingerprint_hash, network_prefix)
) with (fillfactor = 80);
-- `bots reputation` lists the flagged; they are few.
create index fingerprint_reputation_flagged on fingerprint_reputation (flagged_at) where is_flagged;

create table anomaly_thresholds (
    metric_name varchar(100) primary key,
    warning_threshold real not null,
    critical_threshold real not null,
    description text,
    updated_at timestamptz not null default now()
);
insert into anomaly_thresholds (metric_name, warning_threshold, critical_threshold, description) values
    ('requests_per_minute', 15, 30, 'Requests a minute of one fingerprint and network'),
    ('session_count_per_fingerprint', 5, 10, 'Sessions in 24 hours of one fingerprint and network'),
    ('avg_response_time_deviation', 2.0, 5.0, 'Standard deviations of the site''s response time from its mean'),
    ('error_rate', 0.1, 0.25, 'Share of answers of 400 and above in a minute of the site, 0..1'),
    ('unique_ips_per_fingerprint', 3, 10, 'Addresses in 24 hours of one fingerprint and network');

create table anomalies (
    anomaly_id uuid primary key default gen_random_uuid(),
    metric_name text not null,
    key text not null default '',               -- fingerprint and network, site, or series
    site text not null default '',
    population text not null default 'all',     -- human, bot, all
    level text not null check (level in ('warning', 'critical')),
    opened_at timestamptz not null,
    last_seen_at timestamptz not null,
    closed_at timestamptz,
    value double precision not null,            -- the worst seen
    threshold double precision,
    baseline double precision,
    message text not null,
    evidence jsonb not null default '{}'        -- the dimension that explains most, contributing keys
);
-- One open anomaly per metric and key: a repeat updates it.
create unique index anomalies_open on anomalies (metric_name, site, population, key) where closed_at is null;
-- `anomalies list` over a range of time.
create index anomalies_opened_at on anomalies (opened_at);

-- Look-ups of who a claimed crawler is, kept until expires_at.
create table crawler_verifications (
    ip_address inet not null,
    claim text not null,                        -- the bot's name in the catalogue
    result text not null check (result in ('verified', 'false_claim', 'unknown')),
    method text not null check (method in ('ranges', 'reverse_dns')),
    hostname text,
    checked_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (ip_address, claim)
);

-- Levels above normal, so that a restart forgives nobody.
create table throttle_levels (
    key text primary key,
    kind text not null,                         -- pair, prefix, session, fingerprint, user
    level smallint not null check (level between 0 and 3),
    cause text not null,
    since timestamptz not null,
    raised_at timestamptz not null,
    expires_at timestamptz not null,            -- when it falls by itself to normal
    block_count integer not null default 0,     -- blocks within a day: each lasts twice the one before
    state jsonb not null default '{}',
    updated_at timestamptz not null default now()
);

-- Denials (sampled) and would-be denials in shadow, found by the reference that the visitor was shown.
create table throttle_decisions (
    reference text primary key,
    at timestamptz not null,
    key text not null,
    site text not null default '',
    ip_address inet,
    session_id text,
    fingerprint_hash text,
    method text,
    path text,
    policy text not null,
    level smallint not null check (level between 0 and 3),
    allowed boolean not null default false,
    shadow boolean not null default false,
    retry_after_seconds integer,
    sampled_of integer not null default 1,      -- how many like it this row stands for
    cause jsonb not null default '{}'           -- limits, debts, verdicts and level changes behind it
);
-- Denials over a range of time, and their removal by age.
create index throttle_decisions_at on throttle_decisions (at);
-- `throttle show KEY`.
create index throttle_decisions_key on throttle_decisions (key, at);

create table throttle_overrides (
    override_id uuid primary key default gen_random_uuid(),
    key text not null,
    action text not null check (action in ('allow', 'block')),
    reason text not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,                     -- null: until revoked
    revoked_at timestamptz,
    revoked_by text
);
-- The ones in force, loaded at start. Old ones stay for the audit.
create index throttle_overrides_in_force on throttle_overrides (key) where revoked_at is null;
