/// What gives an agent away, or clears it, without being the name of a particular bot.
enum AgentWords {
    /// Words that say what a program does. No browser or device maker puts them into an agent, save for `exclusions`.
    static let trades: [(pattern: String, category: BotCatalogue.Category)] = [
        ("bot~", .other), ("bots~", .other), ("robot", .other), ("bot_", .other), ("bot-", .other),
        ("crawl", .other), ("spider", .other), ("scraper", .other), ("scraping", .other), ("slurp~", .other),
        ("fetcher", .other), ("fetch~", .other), ("archive", .archiver), ("indexer", .search),
        ("validator", .monitoring), ("checker", .monitoring), ("check~", .monitoring), ("linkcheck", .monitoring),
        ("linkchkr", .monitoring), ("monitor", .monitoring), ("uptime", .monitoring), ("healthcheck", .monitoring),
        ("synthetic", .monitoring), ("audit", .monitoring), ("analyzer", .monitoring), ("analyser", .monitoring),
        ("preview~", .socialPreview), ("screenshot", .socialPreview), ("thumbnail", .socialPreview),
        ("favicon", .socialPreview), ("snapshot", .socialPreview), ("metadata", .socialPreview),
        ("unfurl", .socialPreview), ("headless", .headless), ("automation", .headless),
        ("feed~", .feedReader), ("feeds~", .feedReader), ("feed-", .feedReader), ("feedreader", .feedReader),
        ("rss~", .feedReader), ("subscribers~", .feedReader), ("aggregator", .feedReader),
        ("scanner", .scanner), ("scanning", .scanner), ("scan~", .scanner), ("vulnerab", .scanner),
        ("pentest", .scanner), ("exploit", .scanner), ("security", .scanner),
        ("~seo", .seo), ("seo~", .seo), ("sitemap", .seo), ("optimizer~", .seo), ("backlink", .seo),
        ("verification~", .other), ("verifier", .other), ("verify~", .other), ("webhook", .other),
        ("parser~", .httpLibrary), ("resolver", .other), ("research", .academic), ("survey", .academic),
        ("downloader", .httpLibrary), ("grabber", .archiver), ("extractor", .other), ("harvest", .other),
        ("watcher", .monitoring), ("inspector", .monitoring), ("inspect~", .monitoring), ("tracker~", .other),
        ("collector~", .other), ("pinger", .monitoring), ("proxy~", .other), ("lookup~", .other),
        ("agent~", .other), ("library~", .httpLibrary), ("daemon~", .other), ("generator~", .other),
        ("httpclient", .httpLibrary), ("http-client", .httpLibrary), ("http client", .httpLibrary),
        ("http_client", .httpLibrary), ("httprequest", .httpLibrary), ("http_get", .httpLibrary),
        ("webclient", .httpLibrary), ("exporter~", .monitoring), ("connector~", .other), ("sucker~", .archiver),
        ("copier~", .archiver), ("linkfinder", .seo), ("prefetch", .other), ("tester~", .monitoring),
    ]

    /// Names that contain such a word and are not bots: telephones, and programs that people use.
    static let exclusions = [
        "cubot", "magenta", "monitor build", "proxy build", "photoscan", "instapaper", "livedoor-mobile",
        "livedoor co.", "rss version",
        "google desktop", "bsalsa", "avantbrowser", "podcastaddict", "doughnutapp", "rssbandit", "liferea", "castero",
        "podcast", "docomo", "windows-rss-platform", "applesyndication", "gooRSSreader", "rssbar", "ldnreader",
        "jsrss++", "netnewswire", "readkit", "feeddemon", "vienna/", "samsungbrowser", "securityhealth", "user-agent:",
        "androiddownloadmanager", "deviceatlas build", "fever build", "jackpot", "silk-accelerated", "slcc", "feedback",
    ]

    /// An address to complain to. People's browsers carry none.
    static let contacts = ["http://", "https://", "+http", "~www.", "mailto:", "[at]", "(at)", " at ", "+collection@"]

    /// Endings of a host name written into an agent, as in `feeder.co`.
    static let domains = [
        ".com~", ".net~", ".org~", ".io~", ".co~", ".ai~", ".de~", ".fr~", ".eu~", ".ru~", ".dev~", ".nl~", ".uk~",
        ".info~", ".pl~", ".it~", ".cz~", ".jp~", ".cn~", ".us~", ".se~", ".ch~", ".xyz~", ".tech~", ".cloud~", ".edu~",
    ]

    /// What programs for people say of the machine or the browser they are part of, where they do not call themselves
    /// Mozilla.
    static let personal = [
        "cfnetwork/", "darwin/", "dalvik/", "ucweb/", "ucbrowser", "docomo", "kddi", "softbank", "vodafone", "j-phone",
        "midp", "cldc", "up.browser", "netfront", "obigo", "maui", "~iphone", "~ipad", "~ipod", "ios/", "~ios ",
        "android",
        "windows phone", "windows nt", "mac os", "macos", "watchos", "watch os", "smarttv", "smart-tv", "hbbtv", "roku",
        "exoplayer", "[fban", "fbav/", "build/", "blackberry", "nokia", "samsung", "sonyericsson", "symbian", "brew/",
        "browser/", "^opera", "safari", "firefox/", "msie ", "^lynx", "^links (", "^elinks", "^w3m", "^dillo",
        "netscape",
        "konqueror", "playstation", "xbox", "nintendo", "~wii", "^amazon;", "^amazonmusic", "^sony_tv", "alexa", "upnp",
        "vlc/", "sonos", "deezer", "spotify", "itunes", "podcast", "~music", "radio/", "microsoft office", "outlook",
        "thunderbird", "webkit", "tizen", "web0s", "webos", "kaios/", "rhythmbox", "foobar2000", "winamp", "mplayer",
        "quicktime", "stagefright", "sleipnir", "lunascape", "^huawei", "^lg-", "^lge-", "^zte-", "^htc", "^mot-",
        "^alcatel", "^gionee", "^micromax", "^sharp", "^panasonic", "^philips", "^sagem", "^bird", "^vizio", "player/",
        "monazilla", "chromium_", "^pods", "^podeo", "^redline", "cloudplayer", "rutubetv", "emobile", "^iac/",
        "steam", "electron/", "thunder", "java(tm)", "applesyndication", "windows-rss-platform", "headline-reader",
        "rssbar", "goorssreader", "jsrss++", "ldnreader", "netnewswire", "feeddemon", "castbox", "ios,", " ios$",
        "win10 ",
    ]
}
