-- Sessions of one network in a day, and of one visitor in it: both are looked up by network and time, so the
-- fingerprint, which was half of every entry, need not be in the index.
create index user_sessions_network on user_sessions (network_prefix, started_at);
drop index user_sessions_visitor;
