-- Sessions whose visitor was erased, by their ids alone: what detectors still say of them is not kept, even when they were
-- asked before and answer late. Each erasure takes those of more than a day ago away.
create table erased_sessions (
    session_id text primary key,
    erased_at timestamptz not null default now()
);
