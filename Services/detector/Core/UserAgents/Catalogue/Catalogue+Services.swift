extension BotCatalogue {
    /// Link previews, uptime and quality checks, feeds, archives.
    /// Tab-separated: token, name, operator, category, since.
    static let services = #"""
        aasa-bot	AASA-Bot		social_preview
        ~addthis	AddThis		social_preview
        ^arenaunfurlbot	ArenaUnfurlBot		social_preview
        bingpreview	Bing Preview	Microsoft	social_preview
        bitlybot	Bitly	Bitly	social_preview
        bluesky	Bluesky	Bluesky	social_preview
        bluesky-domain-status-classifier	bluesky-domain-status-classifier	Bluesky	social_preview
        blueskypreviewbot	BlueskyPreviewBot	Bluesky	social_preview
        bufferlinkpreviewbot	BufferLinkPreviewBot		social_preview
        chatwork linkpreview	Chatwork LinkPreview		social_preview
        clickuplinkunfurler	ClickUpLinkUnfurler		social_preview
        ~codabot	CodaBot		social_preview
        dazzle bluesky bot	Dazzle BlueSky Bot	Bluesky	social_preview
        ~dbot)	dbot)		social_preview
        dingtalkbot-linkservice	DingTalkBot-LinkService		social_preview
        discordbot	Discordbot	Discord	social_preview
        discourse forum onebox	Discourse Forum Onebox		social_preview
        embedly	Embedly	Embedly	social_preview
        evernoterichlinkbot	EvernoteRichLinkBot		social_preview
        everyonesocialbot	EveryoneSocialBot		social_preview
        facebookcatalog	Facebook Catalog	Meta	social_preview
        facebookexternalhit	Facebook External Hit	Meta	social_preview
        facebot	Facebot	Meta	social_preview
        fastmailua	FastmailUA		social_preview
        flipboardproxy	Flipboard Proxy	Flipboard	social_preview
        friendica	Friendica		social_preview
        gg peekbot	GG PeekBot		social_preview
        goodreads	Goodreads		social_preview
        google web preview	Google Web Preview	Google	social_preview
        googleimageproxy	Google Image Proxy	Google	social_preview
        groupmebot	GroupMeBot		social_preview
        iframely	Iframely	Iframely	social_preview
        jetslide	Jetslide		social_preview
        keybasebot	KeybaseBot		social_preview
        ~lemmy	Lemmy		social_preview
        linespider	Linespider		social_preview
        linkedinbot	LinkedInBot	LinkedIn	social_preview
        lmarenaunfurlbot	LMArenaUnfurlBot		social_preview
        loomlybot	LoomlyBot		social_preview
        mastodon	Mastodon		social_preview
        mastodon/	Mastodon	Mastodon	social_preview
        mattermost-bot/	Mattermost-Bot		social_preview
        mediumbot-metatagfetcher	Mediumbot-MetaTagFetcher		social_preview
        meta-externalhit/	Meta-ExternalHit		social_preview
        microsoftpreview	Microsoft Preview	Microsoft	social_preview
        newsharecounts	newsharecounts		social_preview
        ~ning/	NING		social_preview
        ~notion/	Notion		social_preview
        odklbot/	OdklBot		social_preview
        opengraph.io/	OpenGraph.io		social_preview
        orlo-linkpreview/	Orlo-LinkPreview		social_preview
        pinterest.com/bot	pinterest.com/bot		social_preview
        pinterest/0	Pinterest	Pinterest	social_preview
        pinterestbot	Pinterestbot	Pinterest	social_preview
        quora-bot	Quora-Bot		social_preview
        redditbot	Redditbot	Reddit	social_preview
        shortwave image fetcher	Shortwave Image Fetcher		social_preview
        skypeuripreview	Skype URI Preview	Microsoft	social_preview
        slack-imgproxy	Slack Image Proxy	Slack	social_preview
        slackbot	Slackbot	Slack	social_preview
        snap url preview	Snapchat	Snap	social_preview
        snap url preview service	Snap URL Preview Service	Snap	social_preview
        snapurlpreview/	SnapURLPreview		social_preview
        summalybot	SummalyBot		social_preview
        supabase paired crawler	Supabase Paired Crawler		social_preview
        ~synapse	Synapse		social_preview
        telegrambot	TelegramBot	Telegram	social_preview
        tumblr/	Tumblr	Automattic	social_preview
        tweetmemebot	TweetmemeBot		social_preview
        twilioproxy/	TwilioProxy		social_preview
        twitterbot	Twitterbot	X	social_preview
        valve/steam	Valve/Steam		social_preview
        ^viber	Viber	Rakuten	social_preview
        ~vkrobot	VKRobot		social_preview
        vkshare	VK Share	VK	social_preview
        ^whatsapp	WhatsApp	Meta	social_preview
        xing bot	Xing Bot		social_preview
        yahoo link preview	Yahoo Link Preview		social_preview
        yahoomailproxy	YahooMailProxy		social_preview
        abevalbot	ABEvalBot		monitoring
        accessible web bot	Accessible Web Bot		monitoring
        accessstatus	AccessStatus		monitoring
        acquia optimize	Acquia optimize		monitoring
        activecomply	ActiveComply		monitoring
        alertsite	AlertSite		monitoring
        amazon-route53-health-check-service	Route 53 Health Check	Amazon	monitoring
        appinsights	Azure Application Insights	Microsoft	monitoring
        atvowbot	AtVowBot		monitoring
        baidu-yunguance	Baidu-YunGuanCe		monitoring
        better uptime	Better Uptime	Better Stack	monitoring
        better uptime bot	Better Uptime Bot	Better Stack	monitoring
        betterstack	Better Stack	Better Stack	monitoring
        betteruptimebot	BetterUptimeBot		monitoring
        binarycanary	BinaryCanary		monitoring
        blackbox exporter	Blackbox Exporter	Prometheus	monitoring
        blackbox-exporter	Blackbox Exporter	Prometheus	monitoring
        bling erp	Bling ERP		monitoring
        blockaid	Blockaid		monitoring
        blogvault	BlogVault		monitoring
        ~buck/	Buck		monitoring
        buddybot	BuddyBot		monitoring
        ~bugsnag	Bugsnag		monitoring
        capsulechecker	CapsuleChecker		monitoring
        capterrabot	CapterraBot		monitoring
        carbon-umbrella-bot	carbon-umbrella-bot		monitoring
        catchpoint	Catchpoint	Catchpoint	monitoring
        caveman-hunter	caveman-hunter		monitoring
        changedetection	changedetection		monitoring
        check_http	Nagios check_http	Nagios	monitoring
        checkhost	CheckHost		monitoring
        checkly	Checkly	Checkly	monitoring
        checkmarknetwork/	CheckMarkNetwork		monitoring
        chrome-lighthouse	Lighthouse	Google	monitoring
        cloudflare-alwaysonline	CloudFlare-AlwaysOnline		monitoring
        cloudflare-csup	cloudflare-csup		monitoring
        cloudflare-custom-error-page-crawler	Cloudflare-Custom-Error-Page-Crawler		monitoring
        cloudflare-healthchecks	Cloudflare-Healthchecks		monitoring
        cloudflare-speedtest	Cloudflare-SpeedTest		monitoring
        cloudflare-traffic-manager	Cloudflare-Traffic-Manager		monitoring
        cloudflare-validator	Cloudflare-Validator		monitoring
        cloudflareradarurlscanner	CloudflareRadarURLScanner		monitoring
        ~cludo	cludo		monitoring
        corporama matcher	Corporama matcher		monitoring
        crazy egg	Crazy Egg		monitoring
        critical css bot	Critical CSS Bot		monitoring
        cron-job.org	cron-job.org		monitoring
        cronless	Cronless		monitoring
        ~curebot	Curebot		monitoring
        dareboost	Dareboost	Contentsquare	monitoring
        dark visitor	Dark Visitor		monitoring
        datadog	Datadog	Datadog	monitoring
        datadog agent	Datadog Agent	Datadog	monitoring
        datadog synthetic	Datadog Synthetic	Datadog	monitoring
        datadogsynthetics	DatadogSynthetics	Datadog	monitoring
        ~deepnoc	deepnoc		monitoring
        ~determ	Determ		monitoring
        dmbrowser	DMBrowser		monitoring
        dominicbot	DominicBot		monitoring
        dotcom-monitor	Dotcom-Monitor	Dotcom-Monitor	monitoring
        dow jones searchbot	Dow Jones Searchbot		monitoring
        downnotifier.com	downnotifier.com		monitoring
        downtimedetector/	DowntimeDetector		monitoring
        drataautopilot	DrataAutopilot		monitoring
        dreamhost data team	DreamHost Data Team		monitoring
        drupalbot	Drupalbot		monitoring
        dubbotbot	Dubbotbot		monitoring
        dynatrace	Dynatrace	Dynatrace	monitoring
        easycron/	EasyCron		monitoring
        easydns monitoring	easyDNS Monitoring		monitoring
        edgewatch	EdgeWatch		monitoring
        elb-healthchecker	ELB Health Checker	Amazon	monitoring
        elmah.io uptime monitoring	elmah.io Uptime Monitoring		monitoring
        elmahio-uptimebot	elmahio-uptimebot		monitoring
        emoney advisor	eMoney Advisor		monitoring
        evouptimebot	EvoUptimeBot		monitoring
        experibot	Experibot		monitoring
        fastdast	FastDAST		monitoring
        ~fedidb	FediDB		monitoring
        fedilist agent	FediList Agent		monitoring
        fedistatscrawler	fedistatsCrawler		monitoring
        fedreporter bot for ffiec	FedReporter Bot for FFIEC		monitoring
        feedvalidator	FeedValidator		monitoring
        freewebmonitoring sitechecker	FreeWebMonitoring SiteChecker		monitoring
        freshbot	Freshbot		monitoring
        freshping	Freshping	Freshworks	monitoring
        freshpingbot	FreshpingBot	Freshworks	monitoring
        genomecrawlerd	GenomeCrawlerd		monitoring
        gomezagent	Gomez	Compuware	monitoring
        google page speed	Google PageSpeed	Google	monitoring
        google trust services	Google Trust Services		monitoring
        googlehc	Google Health Check	Google	monitoring
        googlestackdrivermonitoring	GoogleStackdriverMonitoring		monitoring
        gotsitemonitor.com	GotSiteMonitor.com		monitoring
        gtmetrix	GTmetrix	GTmetrix	monitoring
        ~halobot	HaloBot		monitoring
        hanaleibot	HanaleiBot		monitoring
        headonlyscraper	HeadOnlyScraper		monitoring
        hetrixtools	HetrixTools	HetrixTools	monitoring
        honeybadger uptime check	Honeybadger Uptime Check		monitoring
        honeybadgerbot	HoneybadgerBot		monitoring
        hosttracker/	HostTracker		monitoring
        hydrozen.io	Hydrozen.io		monitoring
        internetvista monitor	internetVista monitor		monitoring
        irokez.cz monitoring	Irokez.cz monitoring		monitoring
        isdownbot/	IsDownBot		monitoring
        ~jetmon/	jetmon		monitoring
        keycdn-tools/	keycdn-tools		monitoring
        known agent	Known Agent		monitoring
        kube-probe	Kubernetes Probe	Kubernetes	monitoring
        ~linko	linko		monitoring
        linkpadbot	LinkpadBot		monitoring
        logicmonitor	LogicMonitor		monitoring
        loopimprovements.com	loopimprovements.com		monitoring
        magnetmebot	MagnetmeBot		monitoring
        magus bot	Magus Bot		monitoring
        mediatoolkitbot	Mediatoolkitbot		monitoring
        minicrawler	minicrawler		monitoring
        minoru's fediverse crawler	Minoru's Fediverse Crawler		monitoring
        modatscanner	ModatScanner		monitoring
        monitis -	monitis -		monitoring
        monitoring360bot/	monitoring360bot		monitoring
        monsidobot	Monsidobot		monitoring
        monspark/	MonSpark		monitoring
        montastic-monitor	montastic-monitor		monitoring
        montasticmonitor	MontasticMonitor		monitoring
        mxtoolbox	MxToolbox		monitoring
        nagios	Nagios	Nagios	monitoring
        netvigie	NETVIGIE		monitoring
        new york times newsgathering	New York Times Newsgathering		monitoring
        newrelic	New Relic Synthetics	New Relic	monitoring
        newrelicbot/	NewRelicbot	New Relic	monitoring
        newrelicsynthetics	NewRelicSynthetics	New Relic	monitoring
        nixstatsbot	NIXStatsbot		monitoring
        ~noahbot	NoahBot		monitoring
        nodeping	NodePing	NodePing	monitoring
        ~noibu	Noibu		monitoring
        ~ohdear/	OhDear		monitoring
        onetrust	OneTrust		monitoring
        onlineornot.com_bot	OnlineOrNot.com_bot		monitoring
        ~owler-w	OWLer-W		monitoring
        pagespeed/	Pagespeed		monitoring
        ~panopta	Panopta		monitoring
        parselysharesbot	ParselySharesBot		monitoring
        pingadmin.ru/	PingAdmin.Ru		monitoring
        pingdom	Pingdom	SolarWinds	monitoring
        pingping.io/	pingping.io		monitoring
        plagawarebot	PlagAwareBot		monitoring
        poduptime	Poduptime		monitoring
        pomothy-bot	Pomothy-Bot		monitoring
        prometheus/	Prometheus	Prometheus	monitoring
        prtg network monitor	PRTG Network Monitor		monitoring
        prtgcloudbot/	PRTGCloudBot		monitoring
        ptst	WebPageTest	Catchpoint	monitoring
        ptst/	WebPageTest	Catchpoint	monitoring
        pulsetic.com	pulsetic.com		monitoring
        rackspace monitoring/	Rackspace Monitoring		monitoring
        rakuten image extraction bot	Rakuten Image extraction bot		monitoring
        ruxitsynthetic	Dynatrace Synthetic	Dynatrace	monitoring
        scrunchbot	Scrunchbot		monitoring
        sentinel-linkcheck	SENTINEL-LinkCheck		monitoring
        ~sentry/	sentry		monitoring
        sentryuptimebot/	SentryUptimeBot		monitoring
        sequelwp	SequelWP		monitoring
        server density service monitoring	Server Density Service Monitoring		monitoring
        serverdensity	ServerDensity		monitoring
        silktide	Silktide	Silktide	monitoring
        ~sindup	Sindup		monitoring
        site24x7	Site24x7	Zoho	monitoring
        siteimprove	Siteimprove	Siteimprove	monitoring
        siteimprove.com	Siteimprove.com	Siteimprove	monitoring
        sitelock	SiteLock		monitoring
        siteuptime.com	SiteUptime.com		monitoring
        sleepbot	SleepBot		monitoring
        solarwinds/	solarwinds		monitoring
        spectate/	Spectate		monitoring
        speedcurve	SpeedCurve	SpeedCurve	monitoring
        ~splunk	Splunk		monitoring
        sqwatcher	SQWatcher		monitoring
        statuscake	StatusCake	StatusCake	monitoring
        streamline3bot/	Streamline3Bot		monitoring
        sv-watchagent	sv-watchagent		monitoring
        synthesibot	SynthesiBot		monitoring
        synthetic-monitoring-agent/	synthetic-monitoring-agent		monitoring
        ~termly	Termly		monitoring
        thousandeyes	ThousandEyes	Cisco	monitoring
        ~tsmbot	TSMbot		monitoring
        updown.io	updown.io	updown.io	monitoring
        uptime-kuma	Uptime Kuma	Uptime Kuma	monitoring
        ~uptime/	Uptime		monitoring
        uptimebot.org	Uptimebot.org		monitoring
        uptimebot/	UptimeBot		monitoring
        uptimedoctor	uptimedoctor		monitoring
        uptimerobot	UptimeRobot	UptimeRobot	monitoring
        uptimestatistics	UptimeStatistics		monitoring
        ~uptimia	Uptimia		monitoring
        uptrends	Uptrends	Uptrends	monitoring
        urlsuma.de crawler	UrlSuMa.de crawler		monitoring
        validator.nu	Nu Html Checker	W3C	monitoring
        videootv bot	videootv Bot		monitoring
        ~vigil/	Vigil		monitoring
        ~vmcrawl	vmcrawl		monitoring
        w3c-checklink	W3C Link Checker	W3C	monitoring
        w3c-mobileok	W3C-mobileOK		monitoring
        w3c_css_validator	W3C CSS Validator	W3C	monitoring
        w3c_i18n-checker	W3C_I18n-Checker		monitoring
        w3c_unicorn	W3C_Unicorn		monitoring
        w3c_validator	W3C Validator	W3C	monitoring
        watchbot monitoring robot	Watchbot monitoring robot		monitoring
        watchful	Watchful		monitoring
        watchmouse	WatchMouse		monitoring
        websiteops	WebsiteOps		monitoring
        websitepulse	websitepulse		monitoring
        wedos online	WEDOS OnLine		monitoring
        wheresitup.com/	wheresitup.com		monitoring
        ~wisebot	WISEbot		monitoring
        wormlybot	WormlyBot		monitoring
        wovn crawler	WOVN Crawler		monitoring
        wpmu dev hub	WPMU DEV Hub		monitoring
        wpmudev uptime monitor	WPMUDEV Uptime Monitor		monitoring
        wpumbrella	WPUmbrella		monitoring
        www.uptime.com	www.uptime.com		monitoring
        yandexmetrika	Yandex Metrica	Yandex	monitoring
        ylt chrome	YLT Chrome		monitoring
        zabbix	Zabbix	Zabbix	monitoring
        allafrica	AllAfrica		feed_reader
        apple-pubsub	Apple PubSub	Apple	feed_reader
        artemis web reader	artemis web reader		feed_reader
        atom feed robot	Atom Feed Robot		feed_reader
        awariorssbot	AwarioRssBot		feed_reader
        ~bazqux	BazQux		feed_reader
        bestchange	BestChange		feed_reader
        blingerp	BlingERP		feed_reader
        bloglines	Bloglines	Bloglines	feed_reader
        blogtrottr	Blogtrottr	Blogtrottr	feed_reader
        buttondown	Buttondown		feed_reader
        capitalonebot	CapitalOneBot		feed_reader
        collapsify	Collapsify		feed_reader
        commafeed	CommaFeed	CommaFeed	feed_reader
        cozi-icalendar-feedreader	Cozi-iCalendar-FeedReader		feed_reader
        ~dlvr.it	dlvr.it		feed_reader
        everyfeed-spider	everyfeed-spider		feed_reader
        fedoraplanet	fedoraplanet		feed_reader
        feedbin	Feedbin	Feedbin	feed_reader
        ~feedbot	feedbot		feed_reader
        feedburner	FeedBurner	Google	feed_reader
        feeder /	Feeder		feed_reader
        feeder.co	feeder.co		feed_reader
        feedfetcher-google	Google Feedfetcher	Google	feed_reader
        feedflow	FeedFlow		feed_reader
        feedjira	Feedjira	Feedjira	feed_reader
        feedly	Feedly	Feedly	feed_reader
        feedparser	feedparser	feedparser	feed_reader
        feedpresso content index bot	Feedpresso Content Index Bot		feed_reader
        feedsearch bot	Feedsearch Bot		feed_reader
        feedsearch-crawler	Feedsearch-Crawler		feed_reader
        feedspot	Feedspot		feed_reader
        feedwind	Feedwind		feed_reader
        feedwrangler	Feed Wrangler	Feed Wrangler	feed_reader
        feedzirra	Feedzirra	Feedjira	feed_reader
        ~fever	Fever		feed_reader
        flipboardrss	Flipboard RSS	Flipboard	feed_reader
        freshrss	FreshRSS	FreshRSS	feed_reader
        g2reader-bot	g2reader-bot		feed_reader
        ~gwene	Gwene		feed_reader
        innologica	Innologica		feed_reader
        inoreader	Inoreader	Inoreader	feed_reader
        magpierss	MagpieRSS	MagpieRSS	feed_reader
        ~mail.ru	mail.ru		feed_reader
        mailchimp	MailChimp		feed_reader
        miniflux	Miniflux	Miniflux	feed_reader
        monitorss/	MonitoRSS		feed_reader
        naver blog rssbot	NAVER Blog Rssbot		feed_reader
        netvibes	Netvibes	Netvibes	feed_reader
        newsblur	NewsBlur	NewsBlur	feed_reader
        newsgator	NewsGator	NewsGator	feed_reader
        nextcloud	NextCloud		feed_reader
        nextcloud-news	Nextcloud News	Nextcloud	feed_reader
        nicheindex	NicheIndex		feed_reader
        ~openrss	OpenRSS		feed_reader
        overcast/	Overcast		feed_reader
        page2rss	page2rss		feed_reader
        pocketcasts/	PocketCasts		feed_reader
        podchaserparser	PodchaserParser		feed_reader
        protopage/	Protopage		feed_reader
        ~qcbot	qcbot		feed_reader
        rome client	ROME	ROME	feed_reader
        rss-is-dead.lol web bot	rss-is-dead.lol web bot		feed_reader
        rss-parser	rss-parser		feed_reader
        rss.social	RSS.Social		feed_reader
        ~rss2tg	rss2tg		feed_reader
        ~rssapi/	RSSAPI		feed_reader
        ~rssbot/	rssbot		feed_reader
        rssingbot	RSSingBot		feed_reader
        rssreaderbot	RssReaderBot		feed_reader
        scourrssbot/	ScourRSSBot		feed_reader
        shortpixel	ShortPixel		feed_reader
        simplepie	SimplePie	SimplePie	feed_reader
        sottopopnone	SottopopNone		feed_reader
        specificfeeds	Specificfeeds		feed_reader
        superfeedr	Superfeedr		feed_reader
        theoldreader	The Old Reader	The Old Reader	feed_reader
        theoldreader.com	theoldreader.com	The Old Reader	feed_reader
        tiny tiny rss	Tiny Tiny RSS	Tiny Tiny RSS	feed_reader
        universalfeedparser	Universal Feed Parser	feedparser	feed_reader
        ~upday/	upday		feed_reader
        yahoo pipes	Yahoo Pipes	Yahoo	feed_reader
        yandorirssbot	YandoriRSSBot		feed_reader
        yelpspider	yelpspider		feed_reader
        archive-it	Archive-It	Internet Archive	archiver
        archive.org_bot	Archive.org Bot	Internet Archive	archiver
        archivebot	ArchiveBot		archiver
        archivebox	ArchiveBox		archiver
        arquivo-web-crawler	Arquivo-web-crawler		archiver
        arquivobot	ArquivoBot		archiver
        ~authory	Authory		archiver
        bibliotheque nacional de france crawler	Bibliotheque Nacional de France Crawler		archiver
        bl.uk_lddc_bot	bl.uk_lddc_bot		archiver
        bl.uk_ldfc_bot	bl.uk_ldfc_bot		archiver
        bne.es_bot	bne.es_bot		archiver
        bnf.fr_bot	bnf.fr_bot		archiver
        ~bnfbot	BnFBot		archiver
        cc metadata scaper	CC Metadata Scaper		archiver
        cyotekwebcopy	CyotekWebCopy		archiver
        europarchive.org	europarchive.org		archiver
        heritrix	Heritrix	Internet Archive	archiver
        httrack	HTTrack	HTTrack	archiver
        ia_archiver	ia_archiver	Internet Archive	archiver
        internetarchive	Internet Archive	Internet Archive	archiver
        kaikki.org-digital-archive	kaikki.org-digital-archive		archiver
        kb.dk_bot	kb.dk_bot		archiver
        lac_iaharvester	LAC_IAHarvester		archiver
        library of congress web archiving	Library Of Congress Web Archiving		archiver
        linkace/	LinkAce		archiver
        linkarchiver	LinkArchiver		archiver
        loc.gov/programs/web-archiving	loc.gov/programs/web-archiving		archiver
        miniature.io/	Miniature.io		archiver
        mirrorweb.com	mirrorweb.com		archiver
        mirrorwebcrawler	MirrorWebCrawler		archiver
        nlnz_iaharvester	NLNZ_IAHarvester		archiver
        nlux_iaharvester	NLUX_IAHarvester		archiver
        offline explorer	Offline Explorer	MetaProducts	archiver
        sitesucker	SiteSucker	Rick Cranisky	archiver
        smarshbot	SmarshBot		archiver
        teleport pro	Teleport Pro	Tennyson Maxwell	archiver
        ~wayback	Wayback		archiver
        webcapture	WebCapture		archiver
        webcopier	WebCopier	MaximumSoft	archiver
        webzip	WebZIP	Spidersoft	archiver
        xy-archive-compliance	XY-Archive-Compliance		archiver
        """#
}
