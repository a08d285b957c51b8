extension BotCatalogue {
    /// Search engines, the crawlers that feed models, and the agents that act for one person.
    /// Tab-separated: token, name, operator, category, since.
    static let searchAndAI = #"""
        360spider	360Spider	Qihoo 360	search
        ~7siters	7Siters		search
        a6-indexer	A6-Indexer		search
        aboundex	Aboundex		search
        addsearchbot	AddSearchBot		search
        aihitbot	aiHitBot		search
        alexandriaorgbot	AlexandriaOrgBot		search
        algolia crawler	Algolia Crawler		search
        amazonproductdiscovery	AmazonProductDiscovery		search
        amazonsellerinitiatedlisting	AmazonSellerInitiatedListing		search
        applebot	Applebot	Apple	search
        aspiegelbot	AspiegelBot		search
        baiduspider	Baiduspider	Baidu	search
        biglotron	BIGLOTRON		search
        bingbot	Bingbot	Microsoft	search
        blekkobot	blekkobot		search
        bot.araturka.com	Bot.AraTurka.com		search
        br-crawler	br-crawler		search
        brave-search	Brave Search	Brave	search
        bravebot	Bravebot	Brave	search
        claude-searchbot	Claude-SearchBot	Anthropic	search
        cliqzbot/	Cliqzbot		search
        coccoc	Coc Coc	Coc Coc	search
        coccocbot	Coc Coc	Coc Coc	search
        ~convera	convera		search
        coveobot	Coveobot		search
        cyberfindcrawler	CyberFindCrawler		search
        ~daum~	Daum	Kakao	search
        daumoa	Daumoa	Kakao	search
        ~deusu/	DeuSu		search
        developers.google.com/+/web/snippet	developers.google.com/+/web/snippet		search
        discobot	discobot		search
        duckduckbot	DuckDuckBot	DuckDuckGo	search
        duckduckgo-favicons-bot	DuckDuckGo Favicons	DuckDuckGo	search
        exabot	Exabot	Dassault Systèmes	search
        fast enterprise crawler	FAST Enterprise Crawler		search
        fast-webcrawler	FAST-WebCrawler		search
        fediindex	FediIndex		search
        femtosearchbot	FemtosearchBot		search
        findfiles.net	FindFiles.net		search
        findxbot	findxbot		search
        fiperbot	fiperbot		search
        flamingo_searchengine	Flamingo_SearchEngine		search
        fleebsbot	FleebsBot		search
        fr-crawler	fr-crawler		search
        freespoke/	Freespoke		search
        funnelback	Funnelback		search
        fyndsearchengine-crawler	FyndSearchEngine-Crawler		search
        fyndsearchengine-recrawler	FyndSearchEngine-ReCrawler		search
        gabanzabot/	Gabanzabot		search
        geedobot	GeedoBot		search
        geedoproductsearch	GeedoProductSearch		search
        geedoshopproductfinder	GeedoShopProductFinder		search
        gigablast	Gigablast	Gigablast	search
        gigabot	Gigabot	Gigablast	search
        globalwebsearch	GlobalWebSearch		search
        gluten free crawler/	Gluten Free Crawler		search
        ~golfe/	Golfe		search
        google favicon	Google Favicon	Google	search
        google-inspectiontool	Google Inspection Tool	Google	search
        google-physicalweb	Google Physical Web	Google	search
        google-site-verification	Google Site Verification	Google	search
        google-structured-data-testing-tool	Google Structured Data Testing Tool	Google	search
        google-xrawler	Google Xrawler	Google	search
        googlebot	Googlebot	Google	search
        googlebot-ia/	Googlebot-IA	Google	search
        googlebot-image	Googlebot Image	Google	search
        googlebot-mobile	Googlebot-Mobile	Google	search
        googlebot-news	Googlebot News	Google	search
        googlebot-video	Googlebot Video	Google	search
        googleother	GoogleOther	Google	search
        googleproducer	GoogleProducer		search
        greppr web crawler	Greppr Web Crawler		search
        grub.org	grub.org		search
        gsa-crawler	gsa-crawler		search
        haosouspider	HaosouSpider	Qihoo 360	search
        iaskbot/	iAskBot		search
        ~iboubot	IbouBot		search
        ~ichiro	ichiro		search
        imagesiftbot	ImagesiftBot		search
        indeedbot	IndeedBot		search
        indeedjobbot	IndeedJobBot		search
        inetdex-bot	INETDEX-BOT		search
        intelx.io_bot	intelx.io_bot		search
        istellabot	IstellaBot		search
        jobboersebot	JobboerseBot		search
        jobswithgptcom-bot	jobswithgptcom-bot		search
        jooblebot	Jooblebot		search
        kagibot	Kagibot	Kagi	search
        kendrabot	KendraBot		search
        level9searchbot/	Level9SearchBot		search
        linguee bot	Linguee Bot		search
        lyonl-asset-proxy	lyonl-asset-proxy		search
        lyonl-crawler	lyonl-crawler		search
        ~magibot	MagiBot		search
        mail.ru_bot	Mail.RU_Bot		search
        marginalia	Marginalia Search	Marginalia	search
        matchorysearch	MatchorySearch		search
        meta-webindexer	Meta Web Indexer	Meta	search
        mojeekbot	MojeekBot	Mojeek	search
        msnbot	MSNBot	Microsoft	search
        ~napbot	NapBot		search
        naverbot	Naverbot	Naver	search
        neevabot	Neevabot		search
        nestdaddybot	NestDaddybot		search
        nicecrawler	Nicecrawler		search
        ntentbot	NTENTbot		search
        ~nutch	Nutch		search
        oai-searchbot	OAI-SearchBot	OpenAI	search	2024-07-25
        officestorebot	officestorebot		search
        oicrawler	OICrawler		search
        openhosebot	OpenHoseBot		search
        opentheboxbot	OpenTheBoxBot		search
        orangebot/	OrangeBot		search
        owler (ows.eu	Owler (ows.eu		search
        petalbot	PetalBot	Huawei	search
        ~phxbot	PhxBot		search
        ~psbot	psbot		search
        qwantbot	Qwantbot	Qwant	search
        qwantify	Qwantify	Qwant	search
        safesearch microdata crawler	SafeSearch microdata crawler		search
        ~scrubby	Scrubby		search
        search.marginalia.nu	search.marginalia.nu	Marginalia	search
        searcherweb	Searcherweb		search
        searcherxweb	Searcherxweb		search
        searchexpress	SearchExpress		search
        ^seekbot	Seekbot		search
        seekport	Seekport		search
        seznambot	SeznamBot	Seznam	search
        seznamhomepagecrawler/	SeznamHomepageCrawler		search
        sitesearch360/	SiteSearch360		search
        slurp	Yahoo! Slurp	Yahoo	search
        smtnetpmbot	SMTnetPMBot		search
        sogou head spider	Sogou Spider	Sogou	search
        sogou inst spider	Sogou Spider	Sogou	search
        sogou pic spider	Sogou Spider	Sogou	search
        sogou web spider	Sogou Spider	Sogou	search
        sosospider	Sosospider		search
        ~speedy	speedy		search
        startpageprivateimageproxy/	StartpagePrivateImageProxy		search
        stepstonecrawlbot	stepstoneCrawlBot		search
        storebot-google	Google StoreBot	Google	search
        stractbot	StractBot		search
        swiftbot	Swiftbot		search
        swisscows	Swisscows		search
        ~teoma	Teoma		search
        theinternetsearchx	TheInternetSearchx		search
        top100.rambler.ru crawler	top100.rambler.ru crawler		search
        toutiaospider	ToutiaoSpider		search
        trovitbot	trovitBot		search
        voilabot	voilabot		search
        vsusearchspider/	VsuSearchSpider		search
        wadoobot	WadooBot		search
        wepchsearchengine	WepchSearchEngine		search
        wesee:search	WeSEE:Search		search
        ~wikido	WikiDo		search
        wordupinfosearch	WordupInfoSearch		search
        woriobot	woriobot		search
        ~wotbox	wotbox		search
        ~yacybot	yacybot		search
        yahooseeker	Yahoo Seeker	Yahoo	search
        yandex.com/bots	Yandex	Yandex	search
        yandexbot	YandexBot	Yandex	search
        yandeximages	Yandex Images	Yandex	search
        yandexrenderresourcesbot/	YandexRenderResourcesBot		search
        ~yanga	yanga		search
        ~yeti	Yeti		search
        yeti/	Yeti	Naver	search
        yisouspider	YisouSpider	Alibaba	search
        youdaobot	YoudaoBot		search
        ~zealbot	Zealbot		search
        zoominfo-	ZoomInfo-		search
        ~zumbot	ZumBot		search
        ~zyborg	ZyBorg		search
        ai2bot	AI2Bot	Allen Institute	ai_crawler
        amazonbot	Amazonbot	Amazon	ai_crawler
        amzn-searchbot	Amzn-SearchBot		ai_crawler
        amzn-user	Amzn-User		ai_crawler
        ~anomura	Anomura		ai_crawler
        anthropic-ai	anthropic-ai	Anthropic	ai_crawler
        apifybot	ApifyBot		ai_crawler
        apifywebsitecontentcrawler	ApifyWebsiteContentCrawler		ai_crawler
        applebot-extended	Applebot-Extended	Apple	ai_crawler
        aranet-searchbot	Aranet-SearchBot		ai_crawler
        atlassian-bot	atlassian-bot		ai_crawler
        azureai-searchbot	Azure AI Search	Microsoft	ai_crawler
        bedrockbot	BedrockBot	Amazon	ai_crawler
        bigsur.ai	bigsur.ai		ai_crawler
        brightbot	Brightbot		ai_crawler
        bytespider	Bytespider	ByteDance	ai_crawler
        ccbot	CCBot	Common Crawl	ai_crawler
        channel3bot	Channel3Bot		ai_crawler
        chatglm-spider	ChatGLM-Spider		ai_crawler
        claudebot	ClaudeBot	Anthropic	ai_crawler
        cloudflare-autorag	Cloudflare-AutoRAG		ai_crawler
        cohere-ai	cohere-ai	Cohere	ai_crawler
        cohere-training-data-crawler	Cohere Training Data Crawler	Cohere	ai_crawler
        crawl4ai	Crawl4AI	Crawl4AI	ai_crawler
        deepseekbot	DeepSeekBot	DeepSeek	ai_crawler
        diffbot	Diffbot	Diffbot	ai_crawler
        extecontextcrawl	ExteContextCrawl		ai_crawler
        facebookbot	FacebookBot	Meta	ai_crawler
        firecrawl	Firecrawl	Firecrawl	ai_crawler
        firecrawlagent	FirecrawlAgent	Firecrawl	ai_crawler
        flyriverbot	Flyriverbot		ai_crawler
        google-cloudvertexbot	Google Vertex AI	Google	ai_crawler
        google-extended	Google-Extended	Google	ai_crawler
        gptbot	GPTBot	OpenAI	ai_crawler	2023-08-07
        grokbot	GrokBot	xAI	ai_crawler
        ~henkbot	HenkBot		ai_crawler
        imagemind	ImageMind		ai_crawler
        imagespider	imageSpider		ai_crawler
        img2dataset	img2dataset	img2dataset	ai_crawler
        kangaroo bot	Kangaroo Bot		ai_crawler
        kunatocrawler	KunatoCrawler		ai_crawler
        laion-huggingface-processor	laion-huggingface-processor		ai_crawler
        linerbot/	LinerBot		ai_crawler
        linkreader/	linkReader		ai_crawler
        linkupbot	LinkupBot		ai_crawler
        meta-externalagent	Meta External Agent	Meta	ai_crawler
        ~newsai/	newsai		ai_crawler
        novellum	Novellum		ai_crawler
        omgili	Omgili	Webz.io	ai_crawler
        pangubot	PanguBot	Huawei	ai_crawler
        perplexitybot	PerplexityBot	Perplexity	ai_crawler
        poggio-citations	Poggio-Citations		ai_crawler
        sbintuitionsbot/	SBIntuitionsBot		ai_crawler
        semantic-visions	semantic-visions		ai_crawler
        ~shapbot	ShapBot		ai_crawler
        spawning-ai	Spawning-AI		ai_crawler
        taragroup intelligent bot	TaraGroup Intelligent Bot		ai_crawler
        tavilybot	TavilyBot		ai_crawler
        terracotta	TerraCotta		ai_crawler
        the knowledge ai	The Knowledge AI		ai_crawler
        thinkbot	Thinkbot		ai_crawler
        tiktokspider	TikTokSpider	ByteDance	ai_crawler
        timpibot	Timpibot	Timpi	ai_crawler
        tsm-turingos	TSM-turingos		ai_crawler
        webzio	Webz.io	Webz.io	ai_crawler
        yandexadditional	Yandex AI	Yandex	ai_crawler
        zanistabot	ZanistaBot		ai_crawler
        amazon-quick	Amazon Quick	Amazon	ai_assistant
        chatgpt agent	ChatGPT Agent	OpenAI	ai_assistant
        chatgpt-user	ChatGPT-User	OpenAI	ai_assistant	2023-03-23
        claude-code	Claude Code	Anthropic	ai_assistant
        claude-user	Claude-User	Anthropic	ai_assistant
        claude-web	Claude-Web	Anthropic	ai_assistant
        devin/	Devin	Cognition	ai_assistant
        duckassistbot	DuckAssistBot	DuckDuckGo	ai_assistant
        duplexweb-google	Duplex on the Web	Google	ai_assistant
        gemini-deep-research	Gemini Deep Research	Google	ai_assistant
        google-agent	Google Agent	Google	ai_assistant
        google-notebooklm	NotebookLM	Google	ai_assistant
        googleagent-	Google Agent	Google	ai_assistant
        googleagent-mariner	GoogleAgent-Mariner	Google	ai_assistant
        iaskspider	iAskSpider	iAsk	ai_assistant
        kagi-fetcher	Kagi Fetcher	Kagi	ai_assistant
        manus-user	Manus	Manus	ai_assistant
        meta-externalfetcher	Meta External Fetcher	Meta	ai_assistant
        mistralai-user	MistralAI-User	Mistral	ai_assistant
        perplexity	Perplexity	Perplexity	ai_assistant
        perplexity-user	Perplexity-User	Perplexity	ai_assistant
        perplexityuser	PerplexityUser	Perplexity	ai_assistant
        phindbot	PhindBot	Phind	ai_assistant
        xai-searchbot	xAI-SearchBot	xAI	ai_assistant
        youbot	YouBot	You.com	ai_assistant
        """#
}
