-- Changes of stored verdicts by an operator, each with what was there before, so that it can be taken back exactly.

create table history_runs (
    run_id bigint generated always as identity primary key,
    kind text not null check (kind in ('reclassify', 'flag', 'unflag')),
    at timestamptz not null default now(),
    by text not null default session_user,
    detail jsonb not null default '{}',         -- what was asked: rules, pattern, window, reason
    changed integer not null default 0,         -- sessions
    undone_at timestamptz,
    undone_by text
);

create table history_changes (
    run_id bigint not null references history_runs on delete cascade,
    session_id text not null,                   -- no foreign key: retention may remove the session first
    verdict_id text not null,                   -- set by the run; a session with another one by now is left alone
    old_verdict_id text,
    old_class text not null,
    old_is_bot boolean not null,
    old_is_scanner boolean not null,
    old_is_behavioral_bot boolean not null,
    old_score integer not null,
    old_behavioral_reason text,
    old_bot_name text,
    old_bot_category text,
    old_bot_reason text,
    old_flags_source text not null,
    old_rule_set text,
    old_judged_count integer not null,
    old_needs_evaluation boolean not null,
    primary key (run_id, session_id)
);
