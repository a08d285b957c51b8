-- Where sessions have stopped in a funnel: found when they have ended, however many are done.
create index funnel_progress_open on funnel_progress (session_id)
    where completed_at is null and dropped_at_step is null;
