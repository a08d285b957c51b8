import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let content: [String: ReportQuery] = [
        "content.stats": ReportQuery { contentStats($0) },
        "content.top": ReportQuery { ranking($0, by: "views desc, unique_visitors desc") },
        "content.popular": ReportQuery { ranking($0, by: "unique_visitors desc, views desc") },
        "content.trends": ReportQuery { contentTrends($0) },
    ]

    static let engagement: [String: ReportQuery] = [
        "engagement": ReportQuery { engagementStats($0) }
    ]

    /// Page views of the population in the window. A landing page's filter means the page itself here.
    private static func views(_ question: Question, previous: Bool = false) -> SQL {
        """
        select e.site, e.path, e."timestamp", s.fingerprint_hash
        from analytics_events as e join user_sessions as s using (session_id)
        where \(previous ? question.eventsInPreviousWindow : question.eventsInWindow) and \(Question.isPageView)
            and \(question.population) and \(question.visitFilters) and \(question.pagePath("e.path"))
        """
    }

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
        [
            .value("period", question.period()),
            .fields(
                """
                select total_views, unique_visitors, avg_time_on_page_seconds, avg_scroll_depth, total_clicks
                from (select count(*) as total_views, count(distinct fingerprint_hash) as unique_visitors
                        from (\(views(question))) as views) as viewed,
                    (select round(avg(time_on_page_ms) / 1000)::bigint as avg_time_on_page_seconds,
                            avg(max_scroll_depth)::double precision as avg_scroll_depth,
                            sum(click_count)::bigint as total_clicks
                        from (\(readings(question))) as readings) as read
                """),
        ]
    }

    private static func ranking(_ question: Question, by order: SQL) -> [Part] {
        [
            .value("period", question.period()),
            .rows(
                "content",
                """
                with now as (
                    select site, path, count(*) as views, count(distinct fingerprint_hash) as unique_visitors
                    from (\(views(question))) as views group by site, path
                ), before as (
                    select site, path, count(*) as views from (\(views(question, previous: true))) as views
                    group by site, path
                ), times as (
                    select site, path, round(avg(time_on_page_ms) / 1000)::bigint as avg_time_seconds
                    from (\(readings(question))) as readings group by site, path
                ), ranked as (
                    select *, \(Question.percent("views", of: "sum(views) over ()")) as percentage from now
                    order by \(order), path, site limit \(question.limit)
                )
                select coalesce(c.content_id, r.path) as content_id, r.site, r.path, c.slug, c.title, r.views,
                    r.unique_visitors, t.avg_time_seconds, r.percentage,
                    case when r.views > coalesce(b.views, 0) * 1.1 then 'up'
                        when r.views < coalesce(b.views, 0) * 0.9 then 'down' else 'stable' end as trend
                from ranked as r left join before as b on b.site = r.site and b.path = r.path
                    left join times as t on t.site = r.site and t.path = r.path
                    left join content as c on c.site = r.site and c.path = r.path
                order by \(order), r.path, r.site
                """),
            .fields("select count(*) as total_views from (\(views(question))) as views"),
        ]
    }

    private static func contentTrends(_ question: Question) -> [Part] {
        [
            .value("period", question.period()),
            .value("group_by", .string(question.request.grouping.rawValue)),
            .trend(
                """
                select \(question.bucket(of: "\"timestamp\"")) as bucket, count(*) as views,
                    count(distinct fingerprint_hash) as unique_visitors
                from (\(views(question))) as views group by 1
                """, zero: ["views", "unique_visitors"]),
            .fields("select count(*) as total_views from (\(views(question))) as views"),
        ]
    }

    private static func engagementStats(_ question: Question) -> [Part] {
        [
            .value("period", question.period()),
            .fields(
                """
                select count(*) as total_events, round(avg(time_on_page_ms) / 1000)::bigint as avg_time_on_page_seconds,
                    avg(max_scroll_depth)::double precision as avg_scroll_depth, sum(click_count)::bigint as total_clicks,
                    count(*) filter (where is_rage_click) as rage_click_count,
                    count(*) filter (where is_dead_click) as dead_click_count
                from (\(readings(question))) as readings
                """),
            .rows(
                "patterns",
                """
                select coalesce(reading_pattern, 'unknown') as reading_pattern, count(*) as count,
                    \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage
                from (\(readings(question))) as readings group by 1 order by count desc, 1
                """),
        ]
    }
}

extension Question {
    /// The session's filters without the path, which means the page in reports about pages.
    var visitFilters: SQL {
        var copy = request
        copy.filters[.path] = nil
        return (try? Question(copy, from: from, to: to))?.sessionFilters ?? "true"
    }

    func pagePath(_ column: SQL) -> SQL {
        request.filters[.path].map { "starts_with(\(column), \(Value.text($0)))" } ?? "true"
    }
}
