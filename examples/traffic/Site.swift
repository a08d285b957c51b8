/// The imaginary site that the visitors visit: its pages and the files that a browser fetches for them.
enum Site {
    /// Its host name, from the range reserved for documentation.
    static let host = "shop.example"

    /// Pages of the menu, which every page links to.
    static let menu = ["/", "/about", "/pricing", "/contact", "/catalogue", "/journal"]

    /// Product pages, numbered as a shop's pages are.
    static let products = (1...48).map { "/catalogue/item-\($0 < 10 ? "0" : "")\($0)" }

    /// Articles.
    static let articles = [
        "how-a-weir-works", "reading-a-river", "the-old-mill", "stones-and-timber", "a-year-of-floods",
        "fish-ladders", "measuring-flow", "the-gate-keeper", "winter-ice", "spring-melt", "sluices", "locks-and-boats",
        "what-the-gauge-says", "silt", "the-long-drought", "bridges", "water-rights", "an-afternoon-upstream",
    ].map { "/journal/\($0)" }

    /// The feed of the journal.
    static let feed = "/journal/feed.xml"

    /// Everything that a crawler can find by following links.
    static let pages = menu + products + articles

    /// The files that every page needs, and a browser keeps after the first.
    static let sharedAssets = [
        "/static/site.4f1c.css", "/static/app.90ab.js", "/static/logo.svg", "/static/serif.woff2", "/favicon.ico",
    ]

    /// The picture of one page.
    static func picture(of page: String) -> String {
        "/images/" + (page == "/" ? "home" : page.dropFirst().replacing("/", with: "-")) + ".webp"
    }

    /// What a browser asks for in the background of one page.
    static let background = "/api/stock"
}
