/// The statements that store clicks on campaign links, and credit them with what their sessions did afterwards.
enum LinkClicks {
    /// How long after a click a conversion counts for it, in seconds.
    static let window: Int64 = 86_400

    static let prepare = """
        create temp table if not exists stage_conversion (session_id text, at timestamptz) on commit delete rows
        """

    /// Stores the clicks among the client events that are staged, each once, and counts them at their links. What the
    /// collector's own redirect says has a status; what a page says has none, so no page can invent clicks. $1 and $2 are
    /// the first and last day to look for the page that carried the link.
    static let clicks = """
        with said as (
            select e.session_id, e.event_id, l.id as link_id, coalesce(e.user_id, s.user_id) as user_id,
                e."timestamp" as at, e.referrer, e.ip_address, s.user_agent, s.device_type, s.country, e.site,
                case when e.referrer_host in (e.site, 'www.' || e.site) or 'www.' || e.referrer_host = e.site
                    then coalesce(nullif(substring(e.referrer from '^[a-z]+://[^/?#]*([^?#]*)'), ''), '/') end as page,
                row_number() over (partition by e.session_id, l.id order by e."timestamp", e.event_id) as place
            from stage_client_event as e
            join campaign_links as l on l.id = e.event_data ->> 'link_id'
            left join user_sessions as s on s.session_id = e.session_id
            where e.event_type = 'link_redirect' and e.status is not null
        ), fresh as (
            insert into link_clicks (session_id, click_id, link_id, user_id, clicked_at, referrer_page, referrer_url,
                user_agent, ip_address, device_type, country, is_first_click, time_on_page_seconds,
                scroll_depth_percent)
            select session_id, event_id, link_id, user_id, at, page, referrer, user_agent, ip_address, device_type,
                country,
                place = 1 and not exists (select from link_clicks as k
                    where k.link_id = said.link_id and k.session_id = said.session_id),
                (select extract(epoch from said.at - max(v."timestamp"))::integer from analytics_events as v
                    where v.session_id = said.session_id and v.day between $1::date and $2::date
                        and v.kind = 'document' and v.path = said.page and v."timestamp" <= said.at),
                (select max(g.max_scroll_depth) from engagement_events as g
                    where g.session_id = said.session_id and g.path = said.page)
            from said
            on conflict do nothing
            returning link_id, is_first_click
        )
        update campaign_links as l set click_count = l.click_count + n.clicks,
            unique_click_count = l.unique_click_count + n.firsts, updated_at = now()
        from (select link_id, count(*) as clicks, count(*) filter (where is_first_click) as firsts
            from fresh group by link_id) as n
        where l.id = n.link_id
        """

    /// Notes the conversions among the events staged in `table`.
    static func note(from table: String) -> String {
        """
        insert into stage_conversion (session_id, at)
        select session_id, min("timestamp") from \(table)
        where event_type = 'conversion' and session_id is not null group by session_id
        """
    }

    /// Credits, of each link, the last click before the conversion and within $1 seconds of it; each link converts a
    /// session once.
    static let credit = """
        with credited as (
            update link_clicks as held set is_conversion = true, conversion_at = d.at
            from (
                select distinct on (k.session_id, k.link_id) k.session_id, k.click_id, c.at
                from link_clicks as k join stage_conversion as c using (session_id)
                where k.clicked_at <= c.at and k.clicked_at >= c.at - make_interval(secs => $1)
                    and not exists (select from link_clicks as done where done.session_id = k.session_id
                        and done.link_id = k.link_id and done.is_conversion)
                order by k.session_id, k.link_id, k.clicked_at desc, k.click_id) as d
            where held.session_id = d.session_id and held.click_id = d.click_id
            returning held.link_id
        )
        update campaign_links as l set conversion_count = l.conversion_count + n.count, updated_at = now()
        from (select link_id, count(*) as count from credited group by link_id) as n
        where l.id = n.link_id
        """
}
