-- The sessions whose verdicts a look-up comes too late for: the collector has them judged again.
alter table crawler_verifications add column sessions text[] not null default '{}';
-- What the collector looks for, and what has expired.
create index crawler_verifications_checked_at on crawler_verifications (checked_at);
