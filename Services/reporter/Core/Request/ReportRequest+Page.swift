/// A part of the page, asked as the whole page is.
extension ReportRequest {
    /// The same report over the window, zone and population of `whole`, with those of its filters that it takes.
    public func asked(like whole: ReportRequest) -> ReportRequest {
        var request = self
        (request.zone, request.now) = (whole.zone, whole.now)
        let takesWindow = report.flags.contains(.since)
        // What is live is live now, however far back the page looks.
        let isLive = report.id == "sessions.live" && whole.window.endsNow
        if takesWindow, !isLive { request.window = whole.window }
        if request.window.from == nil { request.compares = false }
        // What counts everything unless told otherwise is not narrowed by whom the page is about.
        if population != nil, report.defaultPopulation != .all {
            request.population = whole.population
            request.chosenPopulation = whole.chosenPopulation
        }
        request.filters = whole.filters.filter { report.flags.contains($0.key.flag) }
        if report.flags.contains(.grouping) { request.grouping = .auto }
        return request
    }
}
