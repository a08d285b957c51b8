import Database
import Logging
import Runtime
import ServiceLifecycle

/// Keeps content_performance: how each page of the catalogue has done with people, over all that is stored.
///
/// Counted anew each time instead of added up, since verdicts change; so seldom that it takes at most a fiftieth of the
/// time.
struct ContentKeeper: Service {
    let connection: Connection
    let logger: Logger

    /// The least pause between two counts, in ms.
    private static let pause: Int64 = 600_000
    /// The share of the time that counting may take: one part in so many.
    private static let share: Int64 = 50

    func run() async throws {
        await cancelWhenGracefulShutdown {
            try? await Task.sleep(for: .seconds(30))
            while !Task.isCancelled {
                let begun = WallClock.monotonicMilliseconds
                // A database that is away is the drain's to report.
                do { try await count() } catch let error as DatabaseError where error.kind != .transient {
                    logger.error("content_performance was not counted: \(error)")
                } catch {}
                let took = WallClock.monotonicMilliseconds - begun
                try? await Task.sleep(for: .milliseconds(max(Self.pause, took * Self.share)))
            }
        }
    }

    /// Counts once.
    func count() async throws {
        _ = try await connection.execute(Self.performance)
    }

    /// Pages that nobody has viewed have no row, unless they had one.
    private static let performance = """
        with human as (
            select session_id, fingerprint_hash from user_sessions
            where is_bot = false and is_scanner = false and is_behavioral_bot = false
        ), views as (
            select e.site, e.path, count(*) as total, count(distinct h.fingerprint_hash) as visitors,
                count(*) filter (where e."timestamp" > now() - interval '7 days') as last_7,
                count(*) filter (where e."timestamp" > now() - interval '14 days'
                    and e."timestamp" <= now() - interval '7 days') as before_7,
                count(*) filter (where e."timestamp" > now() - interval '30 days') as last_30
            from analytics_events as e join human as h using (session_id)
            where e.kind = 'document' or (e.kind is null and e.event_type = 'page_view')
            group by e.site, e.path
        ), readings as (
            select e.site, e.path, avg(least(e.time_on_page_ms, 1800000)) / 1000 as seconds
            from engagement_events as e join human as h using (session_id)
            where e.time_on_page_ms > 0 group by e.site, e.path
        )
        insert into content_performance as held (
            content_id, total_views, unique_visitors, avg_time_on_page_seconds, views_last_7_days,
            views_last_30_days, trend_direction)
        select c.content_id, coalesce(v.total, 0), coalesce(v.visitors, 0), r.seconds, coalesce(v.last_7, 0),
            coalesce(v.last_30, 0),
            case when v.last_7 > v.before_7 * 1.1 then 'up' when v.last_7 < v.before_7 * 0.9 then 'down'
                else 'stable' end
        from content as c left join views as v using (site, path) left join readings as r using (site, path)
        where v.total > 0 or exists (select from content_performance as p where p.content_id = c.content_id)
        on conflict (content_id) do update set
            total_views = excluded.total_views, unique_visitors = excluded.unique_visitors,
            avg_time_on_page_seconds = excluded.avg_time_on_page_seconds,
            views_last_7_days = excluded.views_last_7_days, views_last_30_days = excluded.views_last_30_days,
            trend_direction = excluded.trend_direction, updated_at = now()
        where (held.total_views, held.unique_visitors, held.avg_time_on_page_seconds, held.views_last_7_days,
                held.views_last_30_days, held.trend_direction)
            is distinct from (excluded.total_views, excluded.unique_visitors, excluded.avg_time_on_page_seconds,
                excluded.views_last_7_days, excluded.views_last_30_days, excluded.trend_direction)
        """
}
