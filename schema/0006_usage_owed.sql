-- What sessions are owed for the use of agents and models. A usage record may be stored before the first request of
-- the session that it names; the session's totals rise when it turns up.

create table session_usage_owed (
    session_id text primary key,
    user_id varchar(255),
    first_at timestamptz not null,
    task_count integer not null default 0,
    message_count integer not null default 0,
    ai_request_count integer not null default 0,
    tokens bigint not null default 0,
    cost_microdollars bigint not null default 0,
    updated_at timestamptz not null default now()
);

-- AI requests that no price was known for, until one is loaded.
create index ai_requests_unpriced on ai_requests (model) where cost_source = 'unknown';
