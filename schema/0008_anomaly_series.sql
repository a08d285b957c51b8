-- Per-minute values that the anomaly watch learns from, so that a restart forgets nothing. Kept for eight days.
create table anomaly_series (
    minute timestamptz not null,
    site text not null,
    series text not null,                       -- requests, page_requests, sessions, errors, response_time_ms, denials
    population text not null,                   -- human, bot, all
    value double precision not null,
    requests integer not null default 0,        -- behind the value; a mean over few tells little
    primary key (minute, site, series, population)
);
