extension BotCatalogue {
    /// Search optimisation and link analysis, tokens before m.
    /// Tab-separated: token, name, operator, category, since.
    static let searchOptimization = #"""
        007ac9 crawler	007ac9 Crawler		seo
        ~2ip bot	2ip bot		seo
        ~2ip.ru	2ip.ru		seo
        ~acapbot	acapbot		seo
        adagiobot	AdagioBot		seo
        adminlabs	AdminLabs		seo
        advanced_crawler	advanced_crawler		seo
        agakidsbot	AGAKIDSBOT		seo
        agencyanalyticsbot	AgencyAnalyticsBot		seo
        ahrefs	Ahrefs	Ahrefs	seo
        ahrefsbot	AhrefsBot	Ahrefs	seo
        ahrefssiteaudit	Ahrefs Site Audit	Ahrefs	seo
        alexa site audit	alexa site audit		seo
        alienfarm	alienfarm		seo
        allorigins	allOrigins		seo
        alphabot	AlphaBot		seo
        anderspinkbot	AndersPinkBot		seo
        apercite	Apercite		seo
        appsiteassociation	AppSiteAssociation		seo
        ~aragog/	Aragog		seo
        ~asana/	Asana		seo
        attracta	Attracta		seo
        audisto crawler	Audisto Crawler		seo
        audistobot	AudistoBot		seo
        awariobot	AwarioBot		seo
        awariosmartbot	AwarioSmartBot		seo
        awesomecrawler	awesomecrawler		seo
        ~b2b bot	B2B Bot		seo
        barkrowler	Barkrowler	Babbar	seo
        ~bdbot/	BDBot		seo
        ~bdcbot	BDCbot		seo
        ~bdfetch	BDFetch		seo
        beeperbot	BeeperBot		seo
        behloolbot	BehloolBot		seo
        bigupdatabot	BigUpDataBot		seo
        ~bitbot	BitBot		seo
        bitbucket-webhooks	Bitbucket-Webhooks		seo
        blexbot	BLEXBot	WebMeup	seo
        blogmurabot	blogmuraBot		seo
        blp_bbot	BLP_bbot		seo
        boardgamepricesbot	BoardGamePricesBot		seo
        bomborabot	BomboraBot		seo
        bot-pge.chlooe.com	bot-pge.chlooe.com		seo
        botify	Botify	Botify	seo
        ~botpoke	BotPoke		seo
        boxcarbot	BoxcarBot		seo
        brandonbot	BrandONbot		seo
        brandverity	BrandVerity		seo
        brandwatch	Brandwatch		seo
        brightedge crawler	BrightEdge Crawler		seo
        brokenlinkcheck.com	brokenlinkcheck.com		seo
        bublupbot	BublupBot		seo
        builtwith	BuiltWith	BuiltWith	seo
        bushbaby	Bushbaby		seo
        ~buzzbot	buzzbot		seo
        caliberbot	CaliberBot		seo
        caliperbot	Caliperbot		seo
        capitaloneshopping	CapitalOneShopping		seo
        centcombot/	CentComBot		seo
        centuryb.o.t9	centuryb.o.t9		seo
        centurybot	centurybot		seo
        certytags	certytags		seo
        chargebeebot	ChargeBeeBot		seo
        charlotte	Charlotte		seo
        ~cincraw	Cincraw		seo
        cirrusexplorer	CirrusExplorer		seo
        claritybot/	ClarityBot		seo
        clearscopebot	Clearscopebot		seo
        cloudflare-custom-hostname-verification	Cloudflare-Custom-Hostname-Verification		seo
        cloudflare-prefetch	CloudFlare-Prefetch		seo
        cloudflare-stream-hook	Cloudflare-Stream-Hook		seo
        cloudflare-stream-webhook	Cloudflare-Stream-Webhook		seo
        cloudtrellis	Cloudtrellis		seo
        cmschecker	CMSChecker		seo
        cocolyzebot	Cocolyzebot		seo
        cognitiveseo bot	cognitiveSEO Bot		seo
        cognitiveseo.com	cognitiveseo.com		seo
        collection@infegy.com	collection@infegy.com		seo
        companybook-crawler	Companybook-Crawler		seo
        contentkingapp	contentkingapp		seo
        contxbot	contxbot		seo
        convermax	Convermax		seo
        cotoyogi	Cotoyogi		seo
        crawler_eb_germany	crawler_eb_germany		seo
        crawlson	Crawlson		seo
        crawlyprojectcrawler	CrawlyProjectCrawler		seo
        criticalcss.com	Criticalcss.com		seo
        ^crunchbot	CrunchBot		seo
        ~crusty/	crusty		seo
        ~cutbot	Cutbot		seo
        ~cxk_bot	CXK_Bot		seo
        daspeedbot	DaspeedBot		seo
        datafeedwatch	Datafeedwatch		seo
        dataforseobot	DataForSeoBot	DataForSEO	seo
        datagnionbot	datagnionbot		seo
        datanyze	Datanyze		seo
        dataprovider.com	Dataprovider.com		seo
        ^dcrawl	dcrawl		seo
        dead link checker	Dead Link Checker		seo
        deadlinkchecker	deadlinkchecker		seo
        deepcrawl	Deepcrawl	Lumar	seo
        deskyobot	Deskyobot		seo
        ~df bot	DF Bot		seo
        digg deeper	Digg Deeper		seo
        digincore bot	Digincore bot		seo
        ~disqus	Disqus		seo
        ~dmbot	Dmbot		seo
        dnbcrawler	DnBCrawler		seo
        ~dnyzbot	DnyzBot		seo
        domain re-animator bot	Domain Re-Animator Bot		seo
        domaincrawler	domaincrawler		seo
        domains project/	Domains Project		seo
        domainstatsbot	DomainStatsBot		seo
        domcopbot	DomCopBot		seo
        dotbot	DotBot	Moz	seo
        dragonbot	Dragonbot		seo
        ~drupact	drupact		seo
        e.ventures investment crawler	e.ventures Investment Crawler		seo
        easybill-importmanager	easybill-ImportManager		seo
        echoboxbot/	EchoboxBot		seo
        edansbot	edansbot		seo
        electricmonk	electricmonk		seo
        emoneybot	eMoneyBot		seo
        ~epicbot	epicbot		seo
        epivozcrawler	EpivozCrawler		seo
        erepublik.tools	eRepublik.tools		seo
        ~eright	eright		seo
        ev-crawler/	ev-crawler		seo
        evc-batch	evc-batch		seo
        exodusmovement	ExodusMovement		seo
        extlinksbot	ExtLinksBot		seo
        ~ezgif	Ezgif		seo
        ~ezid	EZID		seo
        ezooms	Ezooms	Moz	seo
        factset_spyderbot	factset_spyderbot		seo
        fdl stats bot	FDL Stats Bot		seo
        fedicabot	Fedicabot		seo
        fedreporterdatabot	FedReporterDataBot		seo
        ~fetch/	Fetch		seo
        fidget-spinner-bot	fidget-spinner-bot		seo
        finditanswersbot	FindITAnswersbot		seo
        findlink	findlink		seo
        firmograph	FirmoGraph		seo
        friendly testing bot	Friendly testing bot		seo
        friendly-spider	friendly-spider		seo
        friendlycrawler/	FriendlyCrawler		seo
        ~fuelbot	fuelbot		seo
        fullstorybot/	FullStoryBot		seo
        fuseonbot/	FuseonBot		seo
        ~fyrebot	Fyrebot		seo
        g2 web services	G2 Web Services		seo
        garlikcrawler	GarlikCrawler		seo
        gdnplus.com	gdnplus.com		seo
        ~genieo	Genieo		seo
        getthit.com	getthit.com		seo
        giftedvisitor scan	GIFTEDVISITOR SCAN		seo
        gingercrawler	GingerCrawler		seo
        gnowitnewsbot	GnowitNewsbot		seo
        ~goodzer	Goodzer		seo
        google-area120	Google-Area120		seo
        googledocs	GoogleDocs		seo
        ~gopay	GoPay		seo
        gowikibot	Gowikibot		seo
        grammarly/	Grammarly		seo
        gregcrawler	gregcrawler		seo
        ~grobbot	Grobbot		seo
        grouphigh/	GroupHigh		seo
        ~grover/	Grover		seo
        guestpostsbot/	GuestpostsBot		seo
        happywing	HappyWing		seo
        harsilbot/	harsilbot		seo
        hawaiibot	HawaiiBot		seo
        hcardvalidator	hCardValidator		seo
        helloworkjobpostingbot/	HelloworkJobPostingBot		seo
        hifibot/	HIFIBot		seo
        hlidam.to robot	Hlidam.to robot		seo
        ~hubspot	HubSpot		seo
        huckabot/	Huckabot		seo
        hype machine/	Hype Machine		seo
        hypestat	hypestat		seo
        hyscore.io	hyscore.io		seo
        ibm crawler	IBM Crawler		seo
        ~icbot/	ICBot		seo
        ~idg/eu	IDG/EU		seo
        imagefetcher/	ImageFetcher		seo
        imgproxy/	imgproxy		seo
        impendoom-bot/	impendoom-bot		seo
        ~imrbot	imrbot		seo
        infoobot	infoobot		seo
        innguma/	Innguma		seo
        integromat/	Integromat		seo
        ioncrawl	IonCrawl	OnCrawl	seo
        ips-agent	ips-agent		seo
        ~iskanie	iskanie		seo
        it2media-domain-crawler	it2media-domain-crawler		seo
        james bot	James BOT		seo
        jamie's spider	Jamie's Spider		seo
        jpg-newsbot	jpg-newsbot		seo
        ~jumio	Jumio		seo
        kangaroobot/	KangarooBot		seo
        kazbtbot/	kazbtbot		seo
        kemvibot	Kemvibot		seo
        keys-so-bot	keys-so-bot		seo
        kinsta-bot	kinsta-bot		seo
        klaviyo/	Klaviyo		seo
        komodiabot	KomodiaBot		seo
        konturbot/	Konturbot		seo
        kosmiobot	KosmioBot		seo
        kstandbot	KStandBot		seo
        kukei.eu-bot/	Kukei.eu-Bot		seo
        landau-media-spider	Landau-Media-Spider		seo
        laserlikebot	Laserlikebot		seo
        lastmodbot/	LastModBot		seo
        leikibot	Leikibot		seo
        linkapediabot	linkapediabot		seo
        linkcheckerbot	LinkCheckerBot		seo
        ~linkdex	linkdex		seo
        linkdexbot	Linkdex	Linkdex	seo
        linkisbot	LinkisBot		seo
        linksindexerbot/	LinksIndexerBot		seo
        linktiger	LinkTiger		seo
        linkwalker/	LinkWalker		seo
        lipperhey	lipperhey		seo
        livelapbot	Livelapbot		seo
        luminator-robots	Luminator-robots		seo
        """#
}
