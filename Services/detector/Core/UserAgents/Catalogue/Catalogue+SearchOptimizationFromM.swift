extension BotCatalogue {
    /// Search optimisation and link analysis, tokens from m on.
    /// Tab-separated: token, name, operator, category, since.
    static let searchOptimizationFromM = #"""
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
        ~oncrawl	OnCrawl	OnCrawl	seo
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
        """#
}
