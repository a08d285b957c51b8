import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let detection: [String: ReportQuery] = [
        "bots.reputation": ReportQuery { question in
            [
                .rows(
                    "fingerprints",
                    """
                    select reputation_score, abuse_incidents, flag_reason, fingerprint_hash, network_prefix,
                        total_session_count, total_request_count, peak_requests_per_minute,
                        \(Question.iso("last_seen_at")) as last_seen_at, last_user_agent
                    from fingerprint_reputation where is_flagged or abuse_incidents > 0
                    order by reputation_score, abuse_incidents desc, last_seen_at desc, fingerprint_hash, network_prefix
                    limit \(question.limit)
                    """),
                .fields("select count(*) as total from fingerprint_reputation where is_flagged or abuse_incidents > 0"),
            ]
        },
        "bots.changes": ReportQuery { question in
            [
                .rows(
                    "runs",
                    """
                    select run_id, kind, \(Question.iso("at")) as at, by, changed,
                        \(Question.iso("undone_at")) as undone_at, undone_by, detail::text as detail
                    from history_runs order by run_id desc limit \(question.limit)
                    """)
            ]
        },
        "bots.fakes": ReportQuery { claims($0, "claim_failed") },
        "bots.verified": ReportQuery { claims($0, "claim_verified") },
        "bots.quality": ReportQuery { quality($0) },
        "anomalies.show": ReportQuery { question in
            let id = Value.text(question.request.argument ?? "")
            return [
                .existing(
                    """
                    select anomaly_id, metric_name, site, population, key, level, value, threshold, baseline, message,
                        \(Question.iso("opened_at")) as opened_at, \(Question.iso("last_seen_at")) as last_seen_at,
                        \(Question.iso("closed_at")) as closed_at
                    from anomalies where anomaly_id::text = \(id)
                    """, "There is no anomaly \"\((question.request.argument ?? "").prefix(80))\"."),
                .rows(
                    "explains",
                    """
                    select part ->> 'dimension' as dimension, part ->> 'value' as value,
                        (part ->> 'requests')::bigint as requests, (part ->> 'usual')::double precision as usual
                    from anomalies, jsonb_array_elements(coalesce(evidence -> 'explains', '[]')) with ordinality
                        as listed (part, place)
                    where anomaly_id::text = \(id) order by place
                    """),
            ]
        },
        "anomalies.thresholds": ReportQuery { _ in
            [
                .rows(
                    "thresholds",
                    """
                    select metric_name, warning_threshold, critical_threshold, description,
                        \(Question.iso("updated_at")) as updated_at
                    from anomaly_thresholds order by metric_name
                    """)
            ]
        },
        "anomalies.series": ReportQuery { question in
            // As many minutes as the detector's own learning takes, before it says what is unusual.
            let learning = Value.int(Int64(200))
            return [
                .rows(
                    "series",
                    """
                    select site, series, population, count(*) as minutes,
                        case when count(*) < \(learning)::bigint
                            then 'learning: ' || count(*) || ' of ' || \(learning)::bigint else 'watching' end as state,
                        (array_agg(value order by minute desc))[1] as last_value,
                        \(Question.iso("max(minute)")) as last_minute
                    from anomaly_series group by site, series, population
                    order by site, series, population limit \(question.limit)
                    """)
            ]
        },
    ]

    /// Sessions whose verdict says what became of a claim to be somebody's crawler. An impostor that also probes is a
    /// scanner by class, so the signal is looked at instead.
    private static func claims(_ question: Question, _ signal: String) -> [Part] {
        let claims: SQL = """
            claims as (
                select s.bot_name, host(s.ip_address) as ip_address, signal ->> 'observed' as observed,
                    signal ->> 'threshold' as authority, s.request_count, s.last_activity_at
                from user_sessions as s
                join session_verdicts as v on v.session_id = s.session_id and v.verdict_id = s.verdict_id,
                    jsonb_array_elements(v.signals) as signal
                where \(question.inWindow("s.started_at")) and \(question.sessionFilters)
                    and s.is_bot and s.bot_name is not null and signal ->> 'name' = \(Value.text(signal))
            )
            """
        return [
            .value("period", question.period()),
            .rows(
                "claims",
                """
                with \(claims)
                select bot_name, ip_address, observed, authority, count(*) as session_count,
                    sum(request_count)::bigint as request_count, \(Question.iso("max(last_activity_at)")) as last_seen_at
                from claims group by bot_name, ip_address, observed, authority
                order by session_count desc, max(last_activity_at) desc, bot_name, ip_address, observed
                limit \(question.limit)
                """),
            .fields(
                """
                with \(claims)
                select count(*) as total_sessions, count(distinct ip_address) as addresses from claims
                """),
        ]
    }

    /// What would turn the verdict, for `bots explain`.
    static func turningPoints(_ id: Value) -> SQL {
        """
        with verdict as (
            select v.*, s.behavioral_bot_score, s.flags_source, s.is_bot as stored_bot,
                s.request_count = 0 and s.asset_count > 0 as is_files_alone
            from user_sessions as s
            join session_verdicts as v on v.session_id = s.session_id and v.verdict_id = s.verdict_id
            where s.session_id = \(id)
        ), listed as (
            select signal ->> 'name' as name, (signal ->> 'points')::numeric as points,
                signal ->> 'observed' as observed, place
            from verdict, jsonb_array_elements(signals) with ordinality as each (signal, place)
        ), decisive as (
            select listed.*, name not in ('user_agent', 'spam_referrer') as is_of_scanners from listed
            where points = 0 and name in ('user_agent', 'scanner_agent', 'spam_referrer', 'probe', 'scanner_velocity',
                'missing_paths')
        )
        select change, result from (
            select 0 as part, 0 as place, 'analytics bots unflag --session ' || session_id as change,
                'the rules decide again' as result
            from verdict where flags_source = 'manual'
            union all
            select 1, place, 'without ' || name || ' (' || points || ' points)',
                'score ' || (score - points) || case when score - points >= 50 then ', still a behavioural bot'
                    when is_bot or is_scanner then ', but the agent or the requests decide'
                    else ', no behavioural bot' end
            from listed, verdict where points > 0 and is_behavioral_bot
            union all
            -- Each of these decides by itself.
            select 2, place, 'without ' || name || ' (' || observed || ')', case
                when exists (select from decisive as other where other.place <> d.place and other.is_of_scanners)
                    then 'still a scanner'
                when exists (select from decisive as other where other.place <> d.place) then 'a declared bot'
                else 'decided by behaviour alone' end
            from decisive as d
            union all
            select 2, place, 'without ' || name || ' (' || observed || ')', 'a declared bot'
            from listed, verdict
            where name in ('claim_failed', 'claim_verified') and class in ('false_claim', 'verified_bot')
                and not is_scanner
            union all
            select 3, 0, (50 - score) || ' points more', 'a behavioural bot'
            from verdict
            where not is_behavioral_bot and not is_bot and not is_scanner and not is_files_alone and score < 50
            union all
            select 4, 0, case when is_files_alone then 'a page request or an engagement event'
                    else 'two page requests, a static file or an engagement event' end,
                'enough to call it a person'
            from verdict where class = 'undecided' and score < 30
        ) as all_of_them order by part, place
        """
    }
}
