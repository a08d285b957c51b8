-- Agents, tools, AI requests, conversations and what they cost. The ids come from the sender and are the idempotency
-- keys; retried spans carry the same id.

create table conversations (
    context_id text primary key,
    site text not null default '',
    user_id varchar(255),
    session_id text,
    name text not null default '',
    created_at timestamptz not null,
    updated_at timestamptz not null
);
-- `conversations list|trends` over a range of time.
create index conversations_created_at on conversations (created_at);

create table agent_tasks (
    task_id text primary key,
    site text not null default '',
    context_id text,                            -- no foreign key: spans of one trace arrive in any order
    status text not null default 'submitted' check (status in ('submitted', 'working', 'input-required', 'completed',
        'canceled', 'failed', 'rejected', 'auth-required', 'unknown')),
    status_timestamp timestamptz,
    user_id varchar(255),
    session_id text,
    trace_id text,
    agent_name text,
    started_at timestamptz not null,
    completed_at timestamptz,
    execution_time_ms integer,
    error_message text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
-- Agent reports over a range of time.
create index agent_tasks_started_at on agent_tasks (started_at);
-- Tasks of the conversations listed.
create index agent_tasks_context on agent_tasks (context_id);

create table task_messages (
    task_id text not null,
    message_id text not null,
    role text not null check (role in ('user', 'agent')),
    context_id text,
    user_id varchar(255),
    session_id text,
    trace_id text,
    sequence_number integer not null default 0,
    metadata jsonb not null default '{}',
    created_at timestamptz not null,
    primary key (task_id, message_id)
);
-- `conversations trends` over a range of time.
create index task_messages_created_at on task_messages (created_at);
-- Messages of the conversations listed.
create index task_messages_context on task_messages (context_id);

create table ai_requests (
    id text primary key,
    site text not null default '',
    user_id varchar(255),
    session_id text,
    task_id text,
    context_id text,
    trace_id text,
    provider text not null default 'unknown',
    model text not null default 'unknown',
    agent_name text,
    input_tokens integer not null default 0,
    output_tokens integer not null default 0,
    cache_read_tokens integer not null default 0,
    cache_creation_tokens integer not null default 0,
    tokens_used integer generated always as (input_tokens + output_tokens) stored,
    cost_microdollars bigint not null default 0,
    cost_source text not null default 'sender' check (cost_source in ('sender', 'prices', 'unknown')),
    latency_ms integer,
    cache_hit boolean not null default false,
    is_streaming boolean not null default false,
    status text not null default 'completed',
    error_message text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null,
    completed_at timestamptz
);
-- Cost, request and model reports over a range of time.
create index ai_requests_created_at on ai_requests (created_at);
-- Costs by agent: the requests of a task.
create index ai_requests_task on ai_requests (task_id) where task_id is not null;

create table tool_executions (
    id text primary key,
    site text not null default '',
    tool_name text not null,
    server_name text not null default '',
    user_id varchar(255),
    session_id text,
    context_id text,
    task_id text,
    trace_id text,
    agent_name text,
    status text not null default 'pending' check (status in ('pending', 'success', 'failed', 'timeout')),
    started_at timestamptz not null,
    completed_at timestamptz,
    execution_time_ms integer,
    error_message text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null
);
-- Tool reports over a range of time.
create index tool_executions_created_at on tool_executions (created_at);

-- What a token costs from a date on. A request is priced by the last row not later than its own date.
create table prices (
    model text not null,
    provider text not null default '',
    valid_from date not null,
    input_microdollars_per_token numeric not null default 0,
    output_microdollars_per_token numeric not null default 0,
    cache_read_microdollars_per_token numeric,
    cache_creation_microdollars_per_token numeric,
    origin text not null default 'operator',
    loaded_at timestamptz not null default now(),
    primary key (model, provider, valid_from)
);
