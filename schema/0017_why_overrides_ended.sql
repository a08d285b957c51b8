-- Why a person took an override back, or what was said when another took its place.
alter table throttle_overrides add column revoked_reason text;
