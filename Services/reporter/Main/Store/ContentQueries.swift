import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let content: [String: ReportQuery] = [
        "content.stats": ReportQuery { contentStats($0) },
        "content.top": ReportQuery { ranking($0, by: "views desc, unique_visitors desc", ofVisitors: false) },
        "content.popular": ReportQuery { ranking($0, by: "unique_visitors desc, views desc", ofVisitors: true) },
        "content.trends": ReportQuery { contentTrends($0) },
    ]

    static let engagement: [String: ReportQuery] = [
        "engagement": ReportQuery { engagementStats($0) }
    ]

    /// Pages left in the window, of the population. Half an hour is the longest that a page is taken to be read.
    private static func readings(_ question: Question) -> SQL {
        """
        select e.site, e.path, least(e.time_on_page_ms, 1800000) as time_on_page_ms, e.max_scroll_depth, e.click_count,
            e.is_rage_click, e.is_dead_click, e.reading_pattern
        from engagement_events as e join user_sessions as s using (session_id)
        where \(question.inWindow("e.created_at")) and \(question.population) and \(question.visitFilters)
            and \(question.pagePath("e.path"))
        """
    }

    private static func contentStats(_ question: Question) -> [Part] {
        let pages = question.pages()
        // Visitors come with the sessions' hours, unless a path singles some pages out.
        let isOfEveryPage = question.request.filters[.path] == nil
        let visitors: SQL =
            isOfEveryPage
            ? """
            (select count(distinct s.visitor) from (\(question.sessionHours)) as s
                where s.page_view_count > 0 and \(question.population) and \(question.visitFilters))
            """ : "(select count(distinct visitor) from (\(pages)) as pages, unnest(visitors) as listed (visitor))"
        return [
            .value("period", question.period()),
            .fields(
                """
                select coalesce(sum(views), 0)::bigint as total_views, \(visitors) as unique_visitors,
                    round(sum(reading_ms) / nullif(sum(reading_count), 0) / 1000)::bigint as avg_time_on_page_seconds,
                    (sum(scroll_total)::numeric / nullif(sum(reading_count), 0))::double precision as avg_scroll_depth,
                    case when sum(reading_count) > 0 then sum(click_total)::bigint end as total_clicks
                from (\(pages)) as pages
                """),
        ]
    }

    /// Visitors are told apart only on pages that can be among the first: one with fewer views than the last of those has
    /// visitors cannot.
    private static func ranking(_ question: Question, by order: SQL, ofVisitors: Bool) -> [Part] {
        func visitors(_ candidates: SQL) -> SQL {
            """
            select site, path, count(distinct visitor) as unique_visitors
            from pages join \(candidates) using (site, path), unnest(visitors) as listed (visitor) group by site, path
            """
        }
        let mostViewed: SQL =
            "select site, path, views from viewed order by views desc, path, site limit \(question.limit)"
        // Before everything there is nothing.
        let hasNoBefore: SQL = question.request.window.from == nil ? "true" : "false"
        // Candidates bring along what is known of them: to look it up again, the planner would compare all with all.
        let candidates: SQL =
            ofVisitors
            ? """
            first_look as (\(visitors("(\(mostViewed)) as most")) ),
            candidates as (select * from viewed
                where views >= (select case when count(*) < \(question.limit) then 0 else min(unique_visitors) end
                    from first_look))
            """
            // Equally many views are told apart by visitors too.
            : """
            candidates as (select * from viewed where views >= (select min(views) from (\(mostViewed)) as most))
            """
        return [
            .value("period", question.period()),
            .totalled(
                "content",
                """
                with pages as materialized (\(question.pages())), viewed as (
                    select site, path, sum(views)::bigint as views, \(Question.percent(
                        "sum(views)", of: "sum(sum(views)) over ()")) as percentage,
                        round(sum(reading_ms) / nullif(sum(reading_count), 0) / 1000)::bigint as avg_time_seconds
                    from pages group by site, path having sum(views) > 0
                ), before as (
                    select site, path, sum(views)::bigint as views from (\(question.pages(previous: true))) as pages
                    group by site, path
                ), \(candidates), counted as (\(visitors("candidates"))), ranked as (
                    select site, path, views, coalesce(unique_visitors, 0) as unique_visitors, percentage,
                        avg_time_seconds
                    from candidates left join counted using (site, path)
                    order by \(order), path, site limit \(question.limit)
                )
                select coalesce(c.content_id, r.path) as content_id, r.site, r.path, c.slug, c.title, r.views,
                    r.unique_visitors, r.avg_time_seconds, r.percentage,
                    case when \(hasNoBefore) then null
                        when r.views > coalesce(b.views, 0) * 1.1 then 'up'
                        when r.views < coalesce(b.views, 0) * 0.9 then 'down' else 'stable' end as trend,
                    (select sum(views) from viewed)::bigint as total_views
                from ranked as r left join before as b on b.site = r.site and b.path = r.path
                    left join content as c on c.site = r.site and c.path = r.path
                order by \(order), r.path, r.site
                """, ["total_views": 0]),
        ]
    }

    private static func contentTrends(_ question: Question) -> [Part] {
        let isOfHours = question.hasWholeHours && question.request.filters[.path] == nil
        let points: SQL =
            isOfHours
            ? """
            select \(question.bucket(of: "s.hour")) as bucket, sum(s.page_view_count)::bigint as views,
                count(distinct s.visitor) as unique_visitors
            from (\(question.sessionHours)) as s
            where s.page_view_count > 0 and s.started_at is not null and \(question.population)
                and \(question.visitFilters) group by 1
            """
            : """
            select \(question.bucket(of: "\"timestamp\"")) as bucket, count(*) as views,
                count(distinct visitor) as unique_visitors
            from (\(question.documents())) as documents group by 1
            """
        return [
            .value("period", question.period()),
            .value("group_by", .string(question.grouping.rawValue)),
            .trend(points, zero: ["views", "unique_visitors"]),
            .fields("select coalesce(sum(views), 0)::bigint as total_views from (\(points)) as points"),
        ]
    }

    private static func engagementStats(_ question: Question) -> [Part] {
        [
            .value("period", question.period()),
            .totalled(
                "patterns",
                """
                select coalesce(reading_pattern, 'unknown') as reading_pattern, count(*) as count,
                    \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage,
                    (sum(count(*)) over ())::bigint as total_events,
                    round(sum(sum(time_on_page_ms)) over () / nullif(sum(count(time_on_page_ms)) over (), 0) / 1000)::bigint
                        as avg_time_on_page_seconds,
                    (sum(sum(max_scroll_depth)) over ()::numeric / nullif(sum(count(max_scroll_depth)) over (), 0))
                        ::double precision as avg_scroll_depth,
                    (sum(sum(click_count)) over ())::bigint as total_clicks,
                    (sum(count(*) filter (where is_rage_click)) over ())::bigint as rage_click_count,
                    (sum(count(*) filter (where is_dead_click)) over ())::bigint as dead_click_count
                from (\(readings(question))) as readings group by 1 order by count desc, 1
                """,
                [
                    "total_events": 0, "avg_time_on_page_seconds": .null, "avg_scroll_depth": .null,
                    "total_clicks": .null,
                    "rage_click_count": 0, "dead_click_count": 0,
                ]),
        ]
    }
}

extension Question {
    /// The session's filters without the path, which means the page in reports about pages.
    var visitFilters: SQL {
        var copy = request
        copy.filters[.path] = nil
        return (try? Question(copy, from: from, to: to, hours: hours))?.sessionFilters ?? "true"
    }

    func pagePath(_ column: SQL) -> SQL {
        request.filters[.path].map { Self.isBelow(column, $0) } ?? "true"
    }
}
