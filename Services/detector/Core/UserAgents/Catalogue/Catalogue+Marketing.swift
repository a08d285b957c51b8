extension BotCatalogue {
    /// Optimisation and link analysis, and advertising.
    /// Tab-separated: token, name, operator, category, since.
    static let marketing = #"""
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
        macrobondbot	Macrobondbot		seo
        madbbot/	MADBbot		seo
        magicsearchdev/	magicsearchdev		seo
        magnet.me-web/	Magnet.me-web		seo
        magpie-crawler	magpie-crawler		seo
        ~mainwp/	MainWP		seo
        majestic	Majestic	Majestic	seo
        managewp	ManageWP		seo
        mappydata	mappydata		seo
        marketgoo/	MarketGoo		seo
        marketingminer	MarketingMiner		seo
        ~mauibot	MauiBot		seo
        mavifinds	Mavifinds		seo
        mb-linkchecker	MB-LinkChecker		seo
        mbcrawler	MBCrawler		seo
        medialogiabot	MedialogiaBot		seo
        mediamonitoringbot/	MediaMonitoringBot		seo
        megaindex	MegaIndex		seo
        meltwaternews	MeltwaterNews		seo
        memorybot	memorybot		seo
        mergadobot	MergadoBot		seo
        metainspector	MetaInspector		seo
        metajobbot	MetaJobBot		seo
        ~metauri	MetaURI		seo
        ~metorik	Metorik		seo
        mindupbot	mindUpBot		seo
        missinglettrbot/	MissinglettrBot		seo
        mixnodecache/	MixnodeCache		seo
        mj12bot	MJ12bot	Majestic	seo
        ~mlbot	mlbot		seo
        modernizebot	ModernizeBot		seo
        modularconnector/	ModularConnector		seo
        mollie http client	Mollie HTTP client		seo
        ~monibot	Monibot		seo
        montools.com	MonTools.com		seo
        moodlebot	MoodleBot		seo
        moreover	Moreover		seo
        motominerbot/	MotoMinerBot		seo
        ~moz.com	Moz	Moz	seo
        ~mtrobot	MTRobot		seo
        muckrack	MuckRack		seo
        multiviewbot	Multiviewbot		seo
        my-tiny-bot	my-tiny-bot		seo
        ~mybot/	MyBot		seo
        nbertaupete95	nbertaupete95		seo
        nerdbynature.bot	NerdByNature.Bot		seo
        nerdybot	nerdybot		seo
        ~netapi	NetAPI		seo
        netcraft	Netcraft	Netcraft	seo
        netcraft ssl server survey	Netcraft SSL Server Survey	Netcraft	seo
        netcraft web server survey	Netcraft Web Server Survey	Netcraft	seo
        netcraftsurveyagent	NetcraftSurveyAgent	Netcraft	seo
        netestate ne crawler	netEstate NE Crawler		seo
        neticle crawler	Neticle Crawler		seo
        netpeakcheckerbot/	NetpeakCheckerBot		seo
        newsnow/	NewsNow		seo
        nimbostratus-bot	Nimbostratus-Bot		seo
        nitrobot	NitroBot		seo
        nomore404.com robot	nomore404.com robot		seo
        noorobot	noorobot		seo
        nooshub/	Nooshub		seo
        ~notabot	Notabot		seo
        novaact/	Novaact		seo
        ~nuzzel	Nuzzel		seo
        ~nvdorz	nvdorz		seo
        nyt_scraping	nyt_scraping		seo
        ocarinabot	Ocarinabot		seo
        ~odin;	Odin;		seo
        omnisend/	Omnisend		seo
        oncrawl	OnCrawl	OnCrawl	seo
        online domain tools	Online Domain Tools		seo
        online-webceo-bot	online-webceo-bot		seo
        opengraphcheck	OpenGraphCheck		seo
        operator/	Operator		seo
        ~orbbot/	Orbbot		seo
        outsellurlvalidator	OutsellURLValidator		seo
        page-preview-tool	page-preview-tool		seo
        pagepeeker/	PagePeeker		seo
        pagething	PageThing		seo
        pandalytics	Pandalytics		seo
        panscient	panscient		seo
        paperlibot	PaperLiBot		seo
        paqlebot/	Paqlebot		seo
        parse.ly scraper/	parse.ly scraper		seo
        ~paypal/	PayPal		seo
        pdf24 url to pdf	PDF24 URL To PDF		seo
        penthouse critical path css generator	Penthouse Critical Path CSS Generator		seo
        ~piplbot	PiplBot		seo
        plesk screenshot bot	Plesk screenshot bot		seo
        pocketparser	PocketParser		seo
        postrank	postrank		seo
        potions/	Potions		seo
        pr-cy.ru	PR-CY.RU		seo
        pressenginebot	PressEngineBot		seo
        pricedroneshoppingbot/	PricedroneShoppingBot		seo
        priecobot/	PriEcoBot		seo
        primalbot	Primalbot		seo
        printfriendly.com	PrintFriendly.com		seo
        privacyawarebot	PrivacyAwareBot		seo
        pro-sitemaps/	Pro-Sitemaps		seo
        ps_daily/	PS_Daily		seo
        pwabuilderhttpagent	PWABuilderHttpAgent		seo
        pywikibot/	Pywikibot		seo
        qualifiedbot/	QualifiedBot		seo
        rakutenusabot-image/	rakutenusabot-image		seo
        rankactivelinkbot	RankActiveLinkBot		seo
        rankurbot/	RankurBot		seo
        ravencrawler/	RavenCrawler		seo
        recurly webhooks/	Recurly Webhooks		seo
        reelevant/	Reelevant		seo
        refindbot	Refindbot		seo
        regionstuttgartbot	RegionStuttgartBot		seo
        remove.bg/	remove.bg		seo
        repolookoutbot	RepoLookoutBot		seo
        ~retool/	Retool		seo
        retrevopageanalyzer	RetrevoPageAnalyzer		seo
        retrolistecom/	RetroListeCOM		seo
        revvimgort/	RevvimGort		seo
        reward-gateway	reward-gateway		seo
        ridderbot	RidderBot		seo
        ~rivva	Rivva		seo
        robotschecker/	RobotsChecker		seo
        rogerbot	rogerbot	Moz	seo
        rsiteauditor	RSiteAuditor		seo
        ryte	Ryte	Ryte	seo
        ~rytebot	RyteBot		seo
        s4a-probe-bot/	s4a-probe-bot		seo
        sandobacrawler/	SandobaCrawler		seo
        schema-markup-validator	Schema-Markup-Validator		seo
        scoop.it/	Scoop.it		seo
        scoutjet	ScoutJet		seo
        scrapeherobot/	ScrapeheroBot		seo
        screaming frog	Screaming Frog SEO Spider	Screaming Frog	seo
        screaming frog seo spider	Screaming Frog SEO Spider	Screaming Frog	seo
        screeenly-bot	screeenly-bot		seo
        searchatlas	SearchAtlas		seo
        sebot-wa	SEBot-WA		seo
        seewithkids	seewithkids		seo
        semaltbot/	semaltbot		seo
        semanticbot	semanticbot		seo
        sempi.tech	sempi.tech		seo
        semrush	Semrush	Semrush	seo
        semrushbot	SemrushBot	Semrush	seo
        sendgrid event api	SendGrid Event API		seo
        sentibot	SentiBot		seo
        senutobot	SenutoBot		seo
        seo-audit-check-bot/	seo-audit-check-bot		seo
        seo4ajax.com	seo4ajax.com		seo
        seobilitybot	SeobilityBot		seo
        seokicks	SEOkicks	SEOkicks	seo
        seolizer	SEOlizer		seo
        seolyt	SEOlyt	SEOlyt	seo
        seoscanners	seoscanners		seo
        seositecheckup	SeoSiteCheckup		seo
        seostar.co	seostar.co		seo
        seoulbot	SeoulBot		seo
        serankingbacklinksbot	SERankingBacklinksBot		seo
        serendeputybot	SerendeputyBot		seo
        serpstatbot	serpstatbot	Serpstat	seo
        serptimizerbot	SERPtimizerBot		seo
        serverhunterspider/	ServerHunterSpider		seo
        sfdc-callout/	SFDC-Callout		seo
        shopify-captain-hook	Shopify-Captain-Hook		seo
        sidetrade indexer bot	Sidetrade indexer bot		seo
        simplescraper	SimpleScraper		seo
        sincerasyntheticuser/	SinceraSyntheticUser		seo
        sistrix	SISTRIX	SISTRIX	seo
        siteauditbot	Semrush Site Audit	Semrush	seo
        ~sitebot	sitebot		seo
        sitebulb	Sitebulb	Sitebulb	seo
        sitecheck-sitecrawl	SiteCheck-sitecrawl		seo
        sitecheckerbotcrawler	SiteCheckerBotCrawler		seo
        siteexplorer.info	siteexplorer.info		seo
        sitescorebot	SiteScoreBot		seo
        sitesoverpagesbot	SitesOverPagesBot		seo
        skroutz imagebot	Skroutz ImageBot		seo
        skroutzbot	SkroutzBot		seo
        skyworkspider	SkyworkSpider		seo
        slaccalebot	SlaccaleBot		seo
        slickbot/	SlickBot		seo
        ~smtbot	smtbot		seo
        snacktory	Snacktory		seo
        snipcart/	Snipcart		seo
        socialrankiobot	SocialRankIOBot		seo
        sora pos/	Sora POS		seo
        sparkpost	SparkPost		seo
        sparkshipping	SparkShipping		seo
        ~spbot	spbot		seo
        spyfu	SpyFu	SpyFu	seo
        ssssbot/	SSSSBot		seo
        ~stape/	Stape		seo
        startmebot/	startmebot		seo
        statabot/	Statabot		seo
        statistikaustria/	StatistikAustria		seo
        statsdronebot	StatsDroneBot		seo
        statusnestbacklinkspider	StatusNestBacklinkSpider		seo
        storygizebot	StorygizeBot		seo
        ~summify	summify		seo
        surdotlybot	SurdotlyBot		seo
        surveybot	SurveyBot		seo
        sustainabilitycrawler	SustainabilityCrawler		seo
        svix-webhooks/	Svix-Webhooks		seo
        swifteqlinkchecker	SwifteqLinkChecker		seo
        swimgbot	SWIMGBot		seo
        ~sysomos	Sysomos		seo
        t3versionsbot	t3versionsBot		seo
        tactiscout/	TactiScout		seo
        tangibleebot	TangibleeBot		seo
        tchelebi/	tchelebi		seo
        test-bot	test-bot		seo
        testcrawler	Testcrawler		seo
        ~testuri	TestURI		seo
        textrazor	TextRazor		seo
        tigerbot	tigerbot		seo
        ~tineye	TinEye		seo
        tombapublicwebcrawler	TombaPublicWebCrawler		seo
        traackr.com	Traackr.com		seo
        tracemyfile	tracemyfile		seo
        trellis-services	Trellis-Services		seo
        trendictionbot	trendictionbot		seo
        trendsmapresolver	TrendsmapResolver		seo
        trentwil.es	trentwil.es		seo
        trustly/	Trustly		seo
        tweakers	Tweakers		seo
        tweetedtimes	tweetedtimes		seo
        ~twingly	Twingly		seo
        ~twurly	Twurly		seo
        uaslinkchecker/	UASlinkChecker		seo
        ~um-ln	um-LN		seo
        ~upflow	Upflow		seo
        urlappendbot	urlappendbot		seo
        urlcheckr/	Urlcheckr		seo
        urlsumabot	URLSuMaBot		seo
        useebookchecker/	useeBookChecker		seo
        vagabondo/	Vagabondo		seo
        vebidoobot	vebidoobot		seo
        velenpublicwebcrawler	VelenPublicWebCrawler		seo
        veoozbot	Veoozbot		seo
        vercelbot	Vercelbot		seo
        videootvbot	videootvBot		seo
        vuhuvbot	vuhuvBot		seo
        wardbot/	WARDBot		seo
        web screen service by hyperhost	Web Screen Service By hyperhost		seo
        webceo online/	WebCEO Online		seo
        webdatastats	WebDataStats		seo
        ~webflow	Webflow		seo
        webprosbot/	webprosbot		seo
        website-info.net-robot	Website-info.net-Robot		seo
        websniffer/	WebSniffer		seo
        webwikibot/	WebwikiBot		seo
        wellknownbot	WellKnownBot		seo
        whatsmyip.org	WhatsMyIP.org		seo
        wheregoes.com	Wheregoes.com		seo
        wirereaderbot/	WireReaderBot		seo
        ~wjhro/	WJHRO		seo
        wmtips.com/	wmtips.com		seo
        ~woobot	woobot		seo
        woorankreview/	woorankreview		seo
        wordcountbot/	WordCountBot		seo
        wordup-1	Wordup-1		seo
        workona-favicon-service/	workona-favicon-service		seo
        worldbot	WorldBot		seo
        wovncrawler/	WovnCrawler		seo
        wowlink crawler/	wowLink Crawler		seo
        wp time capsule	WP Time Capsule		seo
        ~wpbot/	wpbot		seo
        wpmu dev broken link checker	WPMU DEV Broken Link Checker		seo
        ~wrtnbot	WRTNBot		seo
        xenu link sleuth	Xenu Link Sleuth		seo
        xml sitemaps generator	XML Sitemaps Generator		seo
        xovibot	XoviBot	XOVI	seo
        xovionpagecrawler	XoviOnpageCrawler		seo
        yellowbrandprotectionbot	Yellowbrandprotectionbot		seo
        yextbot/	YextBot		seo
        yokoygroupag/	YokoyGroupAG		seo
        ~yoozbot	yoozBot		seo
        yuuperbot	Yuuperbot		seo
        zebra-v2-bot	zebra-v2-bot		seo
        zenback bot	zenback bot		seo
        zendesk webhook	Zendesk Webhook		seo
        zombiebot/	Zombiebot		seo
        ~zoombot	ZoomBot		seo
        zoominfobot	ZoominfoBot		seo
        zuperlistbot/	ZuperlistBot		seo
        ~zzhbot	zzhbot		seo
        ~ dvbot	 DVbot		advertising
        ~;owler	;Owler		advertising
        a360-search	A360-Search		advertising
        adbeat	Adbeat	Adbeat	advertising
        adbeat.com	adbeat.com	Adbeat	advertising
        adbeat_bot	adbeat_bot	Adbeat	advertising
        adidxbot	Bing Ads	Microsoft	advertising
        adkerneltopiccrawler	AdkernelTopicCrawler		advertising
        ~admantx	ADmantX		advertising
        adsbot-google	AdsBot Google	Google	advertising
        adsbot-google-mobile	AdsBot Google Mobile	Google	advertising
        adsbot-iab	AdsBot-IAB		advertising
        adscanner	adscanner		advertising
        adstxtcrawler	AdsTxtCrawler		advertising
        ~advbot	AdvBot		advertising
        amazing-searchbot	Amazing-SearchBot		advertising
        amazonadbot	AmazonAdBot	Amazon	advertising
        audigentadbot	AudigentAdBot		advertising
        awariorendererbot	AwarioRendererBot		advertising
        baiduadsbot	BaiduAdsBot		advertising
        bidswitchbot	bidswitchbot		advertising
        centro ads.txt crawler	Centro Ads.txt Crawler		advertising
        channable	channable		advertising
        clickagy	Clickagy		advertising
        contextad bot	ContextAd Bot		advertising
        criteobot	CriteoBot		advertising
        cxensebot	cXensebot		advertising
        cybaabot	CybaaBot		advertising
        ecovadissustainabilitybot	EcoVadisSustainabilityBot		advertising
        eyeotabot	Eyeotabot		advertising
        ~ezlynx	EzLynx		advertising
        ezoicbot	EzoicBot		advertising
        google-ads	Google Ads	Google	advertising
        google-ads-conversions	Google-Ads-Conversions	Google	advertising
        google-adwords	Google Ads	Google	advertising
        google-adwords-express	Google-AdWords-Express	Google	advertising
        google-adwords-instant	Google-Adwords-Instant	Google	advertising
        grapeshot	Grapeshot	Oracle	advertising
        grapeshotcrawler	GrapeshotCrawler	Oracle	advertising
        groovinaadsbot/	GroovinaAdsbot		advertising
        ias crawler	IAS crawler		advertising
        ias_crawler	IAS Crawler	Integral Ad Science	advertising
        impact.com agent	Impact.com Agent		advertising
        kargobot-artemis	KargoBot-Artemis		advertising
        mcontextualbot	McontextualBot		advertising
        mediapartners-google	Google AdSense	Google	advertising
        mediavinemetadataparser/	MediavineMetadataParser		advertising
        meta-externalads	Meta External Ads	Meta	advertising
        ~mgidbot	MgidBot		advertising
        mixrankbot	MixrankBot		advertising
        ~moatbot	moatbot		advertising
        nanointeractive	NanoInteractive		advertising
        netseer crawler	NetSeer crawler		advertising
        netshelter contentscan	NetShelter ContentScan		advertising
        newsroom.bi	NewsRoom.BI		advertising
        nostocrawlerbot	NostoCrawlerBot		advertising
        oai-adsbot	OAI-AdsBot	OpenAI	advertising
        outbrain	Outbrain	Outbrain	advertising
        outclicksbot	OutclicksBot		advertising
        peer39_crawler	peer39_crawler		advertising
        pixalate	Pixalate	Pixalate	advertising
        pixalate.com	Pixalate.com	Pixalate	advertising
        productsup.io/crawler	productsup.io/crawler		advertising
        proximic	Proximic	Comscore	advertising
        pulsepoint 	Pulsepoint		advertising
        pulsepoint-crawler	PulsePoint-Crawler		advertising
        quantcastbot/	Quantcastbot		advertising
        qwarrybot	Qwarrybot		advertising
        ~scope3	Scope3		advertising
        scraping@nytimes.com	scraping@nytimes.com		advertising
        sirdatabot	SirdataBot		advertising
        smartologybot/	SmartologyBot		advertising
        snapchatads/	SnapchatAds		advertising
        springservebot	SpringserveBot		advertising
        taboolabot	Taboola	Taboola	advertising
        tracking-quality-spider	tracking-quality-spider		advertising
        ttd-content	TTD-Content		advertising
        ~uipbot	uipbot		advertising
        ~um-fc	um-FC		advertising
        ~um-ic	um-IC		advertising
        ~verity/	Verity		advertising
        voluumdsp-content-bot	VoluumDSP-content-bot		advertising
        webgains-bot	webgains-bot		advertising
        weborama-fetcher	weborama-fetcher		advertising
        webspidermount	webspidermount		advertising
        wknd-bot	wknd-bot		advertising
        yahoo ad monitoring	Yahoo Ad monitoring		advertising
        """#
}
