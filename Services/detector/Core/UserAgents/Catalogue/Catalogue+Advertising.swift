extension BotCatalogue {
    /// Advertising.
    /// Tab-separated: token, name, operator, category, since.
    static let advertising = #"""
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
