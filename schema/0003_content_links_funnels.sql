-- The catalogue of pages, campaign links and funnels.

create table content (
    content_id text primary key,
    site text not null default '',
    path text not null,
    slug text not null,                         -- the path's last segment, or its name in the catalogue
    title text,
    kind text not null default 'page',
    author text,
    published_at timestamptz,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz,
    origin text not null default 'seen',        -- seen (by requests) or catalogue (loaded by an operator)
    is_public boolean not null default true,
    updated_at timestamptz not null default now(),
    unique (site, path)                         -- content_id of a page request or an engagement event
);

create table content_performance (
    content_id text primary key references content on delete cascade,
    total_views bigint not null default 0,
    unique_visitors bigint not null default 0,
    avg_time_on_page_seconds double precision,  -- null where no tracker ran
    views_last_7_days bigint not null default 0,
    views_last_30_days bigint not null default 0,
    trend_direction text check (trend_direction in ('up', 'down', 'stable')),
    updated_at timestamptz not null default now()
);

create table campaign_links (
    id text primary key,
    short_code text not null unique,            -- GET /r/{short_code}
    site text not null default '',
    target_url text not null,
    link_type text not null default 'redirect' check (link_type in ('redirect', 'utm', 'both')),
    campaign_id text,
    campaign_name text,
    source_content_id text references content on delete set null,
    target_content_id text references content on delete set null,
    source_page text,
    utm_params jsonb,                           -- {source, medium, campaign, term, content}
    link_text text,
    link_position text,
    destination_type text check (destination_type in ('internal', 'external')),
    click_count integer not null default 0,
    unique_click_count integer not null default 0,
    conversion_count integer not null default 0,
    is_active boolean not null default true,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
) with (fillfactor = 80);
-- `links list` and the campaign view by campaign.
create index campaign_links_campaign on campaign_links (campaign_id) where campaign_id is not null;

create table link_clicks (
    session_id text not null,
    click_id uuid not null,                     -- the event_id of the redirect
    link_id text not null references campaign_links on delete cascade,
    user_id varchar(255),
    clicked_at timestamptz not null,
    referrer_page text,
    referrer_url text,
    user_agent text,
    ip_address inet,
    device_type varchar(255),
    country text,
    is_first_click boolean not null default false,
    is_conversion boolean not null default false,
    conversion_at timestamptz,
    time_on_page_seconds integer,               -- on the page that carried the link, before the click
    scroll_depth_percent integer,
    primary key (session_id, click_id)          -- also: conversions within the window, clicks of one session
);
-- The link views, and whether this is the session's first click on the link.
create index link_clicks_link on link_clicks (link_id, session_id);
-- Clicks over a range of time.
create index link_clicks_clicked_at on link_clicks (clicked_at);

create table funnels (
    id text primary key,
    name text not null unique,
    description text,
    site text,                                  -- null: every site
    is_active boolean not null default true,
    is_goal boolean not null default false,     -- completing it converts the session
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table funnel_steps (
    funnel_id text not null references funnels on delete cascade,
    step_order integer not null check (step_order >= 0),   -- from 0
    name text not null,
    match_pattern text not null,
    match_type text not null default 'url_prefix'
        check (match_type in ('url_exact', 'url_prefix', 'url_regex', 'event_type')),
    primary key (funnel_id, step_order)
);

create table funnel_progress (
    funnel_id text not null references funnels on delete cascade,
    session_id text not null,
    current_step integer not null default 0,
    completed_at timestamptz,
    dropped_at_step integer,
    step_timestamps jsonb not null default '[]',   -- [{step, timestamp}] in the order of entry
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (funnel_id, session_id)
);
-- `funnels stats` over entries in a range of time.
create index funnel_progress_created_at on funnel_progress (funnel_id, created_at);
-- A session's progress, read with its next request.
create index funnel_progress_session on funnel_progress (session_id);
