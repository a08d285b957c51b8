import Database

/// Pages report to the collector that serves them; the requests of the same visit may be known to a follower of the log
/// alone. What the serving collector took for a session of its own is then put into the follower's.
enum FollowedSessions {
    /// Moves what is staged of sessions that only reports have opened to the followed session of the same site, address
    /// and browser, the language left aside, that is live at the time. $1 is the idle time in seconds. The serving
    /// collector goes on calling such a session by its own name, so each batch is looked at anew.
    static let adopt = """
        with orphan as (
            select s.session_id, s.site, s.fingerprint_hash, s.network_prefix, s.ip_address, s.user_agent,
                min(said.at) as at
            from stage_session as s
            join (select session_id, created_at as at from stage_engagement
                    union all select session_id, "timestamp" from stage_client_event) as said using (session_id)
            where not exists (select from user_sessions as held where held.session_id = s.session_id)
            group by 1, 2, 3, 4, 5, 6
        ), adopted as materialized (
            select orphan.session_id, held.session_id as parent, held.throttle_level,
                row_number() over (partition by held.session_id order by orphan.session_id) as place
            from orphan cross join lateral (
                select u.session_id, u.throttle_level from user_sessions as u
                where u.fingerprint_hash in (
                        orphan.fingerprint_hash,
                        'fp_' || left(encode(sha256(convert_to(
                            coalesce(orphan.user_agent, '') || E'\\n', 'UTF8')), 'hex'), 32))
                    and u.network_prefix = orphan.network_prefix and u.ip_address = orphan.ip_address
                    and u.site = orphan.site and u.source = 'follow'
                    and u.started_at between orphan.at - interval '1 day' and orphan.at + make_interval(secs => $1)
                    and u.last_activity_at >= orphan.at - make_interval(secs => $1)
                order by u.last_activity_at desc limit 1) as held
        ), moved_readings as (
            update stage_engagement as said set session_id = adopted.parent from adopted
            where said.session_id = adopted.session_id
        ), moved_events as (
            update stage_client_event as said set session_id = adopted.parent from adopted
            where said.session_id = adopted.session_id
        )
        update stage_session as s set session_id = adopted.parent, throttle_level = adopted.throttle_level
        from adopted
        where s.session_id = adopted.session_id and adopted.place = 1
            and not exists (select from stage_session as there where there.session_id = adopted.parent)
        """
}
