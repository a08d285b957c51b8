import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    /// Verdicts held against what is known of a session from elsewhere. A session has one label, the surest first:
    ///
    /// - `registered_or_converted`, a person: who registered or bought something. No rule looks at either.
    /// - `declared_program` and `verified_crawler`, programs: held against behaviour and requests alone, which never see
    ///   the agent.
    /// - `honeypot`, a program that does not say so: it asked for a path that no person finds. The rules see it as any
    ///   request; a session that they condemned for that very path proves nothing and is left out.
    /// - `engaged`, a person: what the pages measured shows hands at work. The rules count such events and never look
    ///   into them; the table says so.
    static func quality(_ question: Question) -> [Part] {
        // Of a program: how many of its kind were found. Of a person: how many were accused.
        let table: SQL = """
            labelled as materialized (
                select coalesce(ruled.is_bot, s.is_bot) as is_bot, case when ruled.is_bot is null
                        then s.is_scanner or s.is_behavioral_bot
                        else ruled.is_scanner or ruled.is_behavioral_bot end as condemned,
                    \(label(question)) as label
                from user_sessions as s
                left join trapped on trapped.session_id = s.session_id
                left join engaged on engaged.session_id = s.session_id
                left join lateral (\(ruled)) as ruled on true
                where \(question.inWindow("s.started_at")) and \(question.sessionFilters)
                    and (s.flags_source = 'auto' or ruled.is_bot is not null) and s.verdict_id is not null
            ), counted as (
                select label, count(*) as sessions,
                    count(*) filter (where condemned
                        or is_bot and label not in ('declared_program', 'verified_crawler')) as flagged
                from labelled where label is not null group by label
            ), labels as (
                select counted.*, kinds.truth, kinds.rules_see
                from counted join (values
                    ('registered_or_converted', 'person', 'nothing of it'),
                    ('engaged', 'person', 'that events came, not what they hold'),
                    ('declared_program', 'program', 'the agent, not counted here'),
                    ('verified_crawler', 'program', 'the agent, not counted here'),
                    ('honeypot', 'program', 'a request like any other')) as kinds (label, truth, rules_see) using (label)
            ), sums as (
                select coalesce(sum(sessions), 0)::bigint as labelled,
                    coalesce(sum(flagged) filter (where truth = 'program'), 0)::bigint as found,
                    coalesce(sum(sessions) filter (where truth = 'program'), 0)::bigint as programs,
                    coalesce(sum(sessions) filter (where truth = 'person'), 0)::bigint as people,
                    coalesce(sum(flagged) filter (where truth = 'person'), 0)::bigint as accused
                from labels
            )
            """
        let given: SQL = "with \(trapped(question)), \(engaged(question)), \(table)"
        let (right, programs): (SQL, SQL) = ("sums.found", "sums.programs")
        // Where no person is labelled nobody can be accused, and a precision of 100 % would say nothing.
        let called: SQL = "(case when sums.people > 0 then sums.found + sums.accused end)"
        let calledSo: SQL = "(case when truth = 'program' and sums.people > 0 then flagged + sums.accused end)"
        return [
            .value("period", question.period()),
            .fields(
                """
                \(given)
                select sums.labelled as labelled_sessions, \(share(right, called)) as precision_percent,
                    \(bound(right, called, "-")) as precision_low, \(bound(right, called, "+")) as precision_high,
                    \(share(right, programs)) as recall_percent, \(bound(right, programs, "-")) as recall_low,
                    \(bound(right, programs, "+")) as recall_high,
                    (select count(*) from trapped)::bigint as trapped_sessions,
                    (select count(*) from trapped where seen)::bigint as left_out_sessions
                from sums
                """),
            .rows(
                "labels",
                """
                \(given)
                select label, truth, sessions, flagged,
                    case truth when 'program' then 'recall' else 'accused' end as measure,
                    \(share("flagged", "sessions")) as share_percent,
                    \(bound("flagged", "sessions", "-")) as low_percent,
                    \(bound("flagged", "sessions", "+")) as high_percent,
                    \(share("flagged", calledSo)) as precision_percent,
                    \(bound("flagged", calledSo, "-")) as precision_low,
                    \(bound("flagged", calledSo, "+")) as precision_high, rules_see
                from labels, sums order by truth, label
                """),
        ]
    }

    private static func label(_ question: Question) -> SQL {
        """
        case when s.user_id is not null or s.converted_at is not null then 'registered_or_converted'
            when s.bot_name is not null then case when s.request_count >= 5 then
                case when s.verdict_class = 'verified_bot' then 'verified_crawler' else 'declared_program' end end
            when trapped.session_id is not null then case when not trapped.seen then 'honeypot' end
            when engaged.session_id is not null then 'engaged' end
        """
    }

    /// What the rules said of a session `s` that an operator has flagged: his word must not count as theirs.
    private static let ruled: SQL = """
        select v.verdict_id, v.is_bot, v.is_scanner, v.is_behavioral_bot from session_verdicts as v
        where s.flags_source = 'manual' and v.session_id = s.session_id and v.by <> 'operator'
        order by v.judged_count desc, v.at desc, v.verdict_id limit 1
        """

    /// Sessions that asked for a honeypot; `seen` where the verdict rests on that very request.
    private static func trapped(_ question: Question) -> SQL {
        let paths = (question.request.choices["honeypot"] ?? "").split(separator: ",")
            .map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
            .map { $0.hasPrefix("/") ? String($0) : "/" + $0 }
        guard !paths.isEmpty else { return "trapped as (select null::text as session_id, false as seen where false)" }
        let asked = paths.map { path -> SQL in
            path.hasSuffix("/") && path != "/"
                ? "starts_with(e.path, \(Value.text(path)))" : "e.path = \(Value.text(path))"
        }
        let anyAsked = asked.dropFirst().reduce(asked[0]) { sum, each in "\(sum) or \(each)" }
        return """
            trapped as materialized (
                select e.session_id, coalesce(bool_or(signal.name = 'probe'
                    and position(signal.observed in lower(e.path)) > 0), false) as seen
                from analytics_events as e
                join user_sessions as s using (session_id)
                left join lateral (\(ruled)) as ruled on true
                left join session_verdicts as v
                    on v.session_id = s.session_id and v.verdict_id = coalesce(ruled.verdict_id, s.verdict_id)
                left join lateral jsonb_to_recordset(v.signals) as signal (name text, observed text) on true
                where e.kind is not null and (\(anyAsked)) and \(question.days(question.from, question.to))
                    and \(question.inWindow("s.started_at")) and \(question.sessionFilters)
                    and s.bot_name is null and s.user_id is null and s.converted_at is null
                group by e.session_id
            )
            """
    }

    /// Sessions with a page in view for ten seconds and two traces of hands on it. A program that runs the tracker comes
    /// by one of them easily: it clicks, or it scrolls to the end.
    private static func engaged(_ question: Question) -> SQL {
        """
        engaged as materialized (
            select distinct e.session_id from engagement_events as e
            where \(question.days(question.from, question.to)) and e.visible_time_ms >= 10000
                and (coalesce(e.scroll_direction_changes, 0) > 0)::int + (coalesce(e.mouse_move_distance_px, 0) >= 500)::int
                    + (coalesce(e.keyboard_events, 0) > 0)::int + (e.click_count > 0)::int
                    + (coalesce(e.copy_events, 0) > 0)::int >= 2
        )
        """
    }

    // Wilson's interval at 95 %: honest for small numbers, where the share itself says little.
    private static func bound(_ hits: SQL, _ all: SQL, _ sign: SQL) -> SQL {
        """
        case when (\(all)) > 0 then round((100 * ((\(hits))::numeric / (\(all)) + 1.92 / (\(all)) \(sign)
            1.96 * sqrt(((\(hits))::numeric / (\(all)) * (1 - (\(hits))::numeric / (\(all))) + 0.96 / (\(all)))
                / (\(all)))) / (1 + 3.84 / (\(all)))), 1)::double precision end
        """
    }

    private static func share(_ hits: SQL, _ all: SQL) -> SQL {
        "case when (\(all)) > 0 then round(100 * (\(hits))::numeric / (\(all)), 1)::double precision end"
    }
}
