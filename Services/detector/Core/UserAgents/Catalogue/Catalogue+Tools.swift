extension BotCatalogue {
    /// Programs rather than services: HTTP libraries, driven browsers, scanners, research.
    /// Tab-separated: token, name, operator, category, since.
    static let tools = #"""
        aiohttp	aiohttp	Python	http_library
        alamofire	Alamofire	Alamofire	http_library
        alittle client	ALittle Client		http_library
        amazon cloudfront	Amazon CloudFront	Amazon	http_library
        anyevent	AnyEvent		http_library
        apache-httpasyncclient	Apache HttpAsyncClient	Apache	http_library
        apache-httpclient	Apache HttpClient	Apache	http_library
        appengine-google	Google App Engine	Google	http_library
        ~aria2	aria2	aria2	http_library
        ~axios	axios	axios	http_library
        btwebclient	BTWebClient		http_library
        ^bun/	Bun	Bun	http_library
        cakephp	CakePHP	PHP	http_library
        colly	Colly	Go	http_library
        commons-httpclient	Commons HttpClient	Apache	http_library
        crawler4j	crawler4j		http_library
        ^curl~	curl	curl	http_library
        curl/	curl	curl	http_library
        customasynchttpclient	CustomAsyncHttpClient		http_library
        dart/	Dart	Dart	http_library
        ~dart:io	Dart	Dart	http_library
        ^deno/	Deno	Deno	http_library
        download ninja	Download Ninja		http_library
        ~faraday	Faraday	Ruby	http_library
        fasthttp	fasthttp	Go	http_library
        ~flurl	Flurl	.NET	http_library
        ^go ~	Go	Go	http_library
        go-http-client	Go net/http	Go	http_library
        gocolly	Colly	Go	http_library
        google-apps-script	Google Apps Script	Google	http_library
        google-http-java-client	Google HTTP Java Client	Google	http_library
        goparserbot	GoParserBot		http_library
        ~got	got	got	http_library
        guzzle	Guzzle	PHP	http_library
        guzzlehttp	Guzzle	PHP	http_library
        ~http.rb	http.rb	Ruby	http_library
        http::lite	HTTP::Lite	Perl	http_library
        http_get	http_get		http_library
        http_request	HTTP_Request	PHP	http_library
        httparty	HTTParty	Ruby	http_library
        httpcomponents	HttpComponents	Apache	http_library
        httpie/	HTTPie	HTTPie	http_library
        httpunit	HttpUnit	HttpUnit	http_library
        httpurlconnection	HttpURLConnection	Oracle	http_library
        ~httpx	httpx		http_library
        httpx/	HTTPX	Python	http_library
        ~hyper/	hyper	Rust	http_library
        indy library	Indy Library	Indy	http_library
        insomnia/	Insomnia	Kong	http_library
        jakarta	Jakarta HttpClient	Apache	http_library
        java-http-client	Java HTTP Client	Oracle	http_library
        ^java/	Java	Oracle	http_library
        ~java/	Java	Oracle	http_library
        jersey/	Jersey	Eclipse	http_library
        ~jetty	Jetty		http_library
        jetty/	Jetty	Eclipse	http_library
        ~larbin	larbin		http_library
        libcurl	libcurl	curl	http_library
        libsoup	libsoup	GNOME	http_library
        libwww	libwww	W3C	http_library
        libwww-perl	libwww-perl	Perl	http_library
        ^lwp	LWP	Perl	http_library
        lwp-trivial	lwp-trivial	Perl	http_library
        lwp::simple	LWP::Simple	Perl	http_library
        mechanize	Mechanize	Mechanize	http_library
        microsoft bits	BITS	Microsoft	http_library
        mojolicious	Mojolicious	Perl	http_library
        newspaper/	newspaper		http_library
        ~node~	Node.js	Node.js	http_library
        node-fetch	node-fetch	Node.js	http_library
        node.js	Node.js	Node.js	http_library
        okhttp	OkHttp	Square	http_library
        paw/	Paw	Paw	http_library
        pcore-http	Pcore-HTTP		http_library
        pecl::http	PECL HTTP	PHP	http_library
        ^perl~	Perl	Perl	http_library
        ^php~	PHP	PHP	http_library
        ^php-curl-class	PHP-Curl-Class		http_library
        ~php/	PHP	PHP	http_library
        phpcrawl	phpcrawl		http_library
        ~postman	postman		http_library
        postmanruntime	Postman	Postman	http_library
        powershell/	PowerShell	Microsoft	http_library
        pycurl	PycURL	Python	http_library
        python-httpx	HTTPX	Python	http_library
        python-opengraph	python-opengraph		http_library
        python-requests	Python Requests	Python	http_library
        python-urllib	Python urllib	Python	http_library
        python/	Python	Python	http_library
        quic-go	quic-go	Go	http_library
        rawweb-bot	rawweb-bot		http_library
        reactornetty	Reactor Netty	VMware	http_library
        reqwest	reqwest	Rust	http_library
        rest-client	REST Client	Ruby	http_library
        restsharp	RestSharp	.NET	http_library
        ~resty	Resty	Go	http_library
        ^ruby~	Ruby	Ruby	http_library
        ruby/	Ruby	Ruby	http_library
        salesforce.com	Salesforce.com		http_library
        scrapy	Scrapy	Zyte	http_library
        simplecrawler	SimpleCrawler		http_library
        sindresorhus/got	sindresorhus/got		http_library
        snoopy	Snoopy	PHP	http_library
        superagent	SuperAgent	Node.js	http_library
        symfony httpclient	Symfony HttpClient	PHP	http_library
        system.net.http	.NET HttpClient	.NET	http_library
        trafilatura	trafilatura		http_library
        twisted pagegetter	Twisted	Python	http_library
        typhoeus	Typhoeus	Ruby	http_library
        undici	undici	Node.js	http_library
        unirest	Unirest	Kong	http_library
        ~ureq/	ureq	Rust	http_library
        wget	Wget	GNU	http_library
        windowspowershell	PowerShell	Microsoft	http_library
        winetricks	Winetricks	Wine	http_library
        winhttp	WinHTTP	Microsoft	http_library
        wordpress/	WordPress	WordPress	http_library
        wp-cron	WordPress Cron	WordPress	http_library
        wp-http	WordPress HTTP	WordPress	http_library
        zend_http_client	Zend HTTP Client	PHP	http_library
        amazon-bedrock-agentcore-browser	Amazon-Bedrock-AgentCore-Browser		headless
        amazonbuyforme	AmazonBuyForMe		headless
        anchor browser	Anchor Browser		headless
        browserless	Browserless	Browserless	headless
        casperjs	CasperJS	CasperJS	headless
        cypress/	Cypress	Cypress	headless
        ~devin	Devin		headless
        ghost inspector	Ghost Inspector	Ghost Inspector	headless
        google-gemini-cli	Google-Gemini-CLI		headless
        headlesschrome	Headless Chrome	Google	headless
        htmlunit	HtmlUnit	HtmlUnit	headless
        nightmare	Nightmare	Segment	headless
        opencode-smartfetch	opencode-smartfetch		headless
        phantomjs	PhantomJS	PhantomJS	headless
        playwright	Playwright	Microsoft	headless
        prerender	Prerender	Prerender	headless
        puppeteer	Puppeteer	Google	headless
        rendertron	Rendertron	Google	headless
        selenium	Selenium	Selenium	headless
        slimerjs	SlimerJS	SlimerJS	headless
        splash version	Splash	Zyte	headless
        testlocally/	TestLocally		headless
        twinagent	TwinAgent		headless
        webdriver	WebDriver	W3C	headless
        zombie.js	Zombie.js	Zombie.js	headless
        ${jndi:	Log4Shell probe	unknown	scanner
        () { :	Shellshock probe	unknown	scanner
        (hydra)	Hydra	THC	scanner
        abuse.xmco.fr	abuse.xmco.fr		scanner
        acunetix	Acunetix	Invicti	scanner
        air.ai/scanning	air.ai/scanning		scanner
        akismetbot	AkismetBot		scanner
        aliyunsecbot	AliyunSecBot		scanner
        ~appscan	AppScan	HCL	scanner
        appspider	AppSpider	Rapid7	scanner
        arachni	Arachni	Arachni	scanner
        artemisbot	ArtemisBot		scanner
        asnriskscorer	asnriskscorer		scanner
        bad neighborhood header detector	Bad Neighborhood Header Detector		scanner
        betabot	Betabot	unknown	scanner
        bewica-security-scan	Bewica	Bewica	scanner
        ~bfac	BFAC	BFAC	scanner
        ~binlar	binlar		scanner
        bitdiscovery	bitdiscovery		scanner
        bitsightbot/	BitSightBot		scanner
        blackduck-fd	BlackDuck-FD		scanner
        browserbot-observer	BrowserBot-Observer		scanner
        bugcrowd	Bugcrowd	Bugcrowd	scanner
        burp collaborator	Burp Suite	PortSwigger	scanner
        burpsuite	Burp Suite	PortSwigger	scanner
        ~censys	Censys	Censys	scanner
        censysinspect	Censys	Censys	scanner
        ~cert pl	CERT PL		scanner
        certchief	CertChief		scanner
        cloudflare-radar-scanner	Cloudflare-Radar-Scanner		scanner
        cloudflare-ssldetector	Cloudflare-SSLDetector		scanner
        cmsmap	CMSmap	CMSmap	scanner
        commix	Commix	Commix	scanner
        cookie-maestro	cookie-maestro		scanner
        cookiebot	Cookiebot		scanner
        cookiehub bot	CookieHub Bot		scanner
        cookiehubscan	CookieHubScan		scanner
        cookiehubverify	CookieHubVerify		scanner
        cookieyesbot	CookieYesbot		scanner
        csirt.cz	csirt.cz		scanner
        cyberpatrol	CyberPatrol		scanner
        cypex.ai/scanning	cypex.ai/scanning		scanner
        detectify	Detectify	Detectify	scanner
        digicert dcv	DigiCert DCV		scanner
        dirb/	DIRB	DIRB	scanner
        dirbuster	DirBuster	OWASP	scanner
        dirsearch	dirsearch	dirsearch	scanner
        dnsscanner	DNSScanner		scanner
        do not track verifier	Do Not Track Verifier		scanner
        dotdotpwn	DotDotPwn	DotDotPwn	scanner
        dratabot	Dratabot		scanner
        droopescan	droopescan	droopescan	scanner
        ec2linkfinder	ec2linkfinder		scanner
        emailwolf	EmailWolf		scanner
        ~expanse	Expanse	Palo Alto Networks	scanner
        expanseinc	Expanse	Palo Alto Networks	scanner
        feed image audit	Feed Image Audit		scanner
        feroxbuster	feroxbuster	feroxbuster	scanner
        ~ffuf	ffuf	ffuf	scanner
        filterdb.iss.net/crawler	filterdb.iss.net/crawler		scanner
        fimap	fimap	fimap	scanner
        foregenix	Foregenix	Foregenix	scanner
        fuzz faster	ffuf	ffuf	scanner
        ~ghauri	Ghauri	Ghauri	scanner
        gobuster	Gobuster	Gobuster	scanner
        google-safety	Google Safety	Google	scanner
        google-trust-services/	Google-Trust-Services		scanner
        graphql-cop	graphql-cop	graphql-cop	scanner
        graphw00f	graphw00f	graphw00f	scanner
        hackerone	HackerOne	HackerOne	scanner
        ~hakai/	Hakai	unknown	scanner
        hardenize	Hardenize	Red Sift	scanner
        havij	Havij	Havij	scanner
        hexometer	Hexometer	Hexometer	scanner
        hstspreload-bot	hstspreload-bot		scanner
        http banner detection	HTTP Banner Detection		scanner
        ~httprint	httprint	httprint	scanner
        https://developers.cloudflare.com/security-center/	https://developers.cloudflare.com/security-center		scanner
        internet-measurement	driftnet	driftnet	scanner
        iodc	IoDC	IoDC	scanner
        ironwasp	IronWASP	IronWASP	scanner
        isscyberriskcrawler/	ISSCyberRiskCrawler		scanner
        iubenda-radar/	iubenda-radar		scanner
        jbrofuzz	JBroFuzz	OWASP	scanner
        joomscan	JoomScan	OWASP	scanner
        jorgee	Jorgee	unknown	scanner
        ~jsql	jSQL	jSQL	scanner
        jugendschutzprogramm-crawler	Jugendschutzprogramm-Crawler		scanner
        k7mlwcbot	K7MLWCBot		scanner
        kadimus	Kadimus	Kadimus	scanner
        keydrop.io	Keydrop.io		scanner
        krawlerbot	KrawlerBot		scanner
        l9explore	LeakIX	LeakIX	scanner
        ~l9scan	l9scan		scanner
        l9tcpid	LeakIX	LeakIX	scanner
        leakix	LeakIX	LeakIX	scanner
        legalmonster	LegalMonster		scanner
        let's encrypt	Let's Encrypt		scanner
        lfimap	LFImap	LFImap	scanner
        lfisuite	LFISuite	LFISuite	scanner
        libredtail	libredtail	unknown	scanner
        libwhisker	LibWhisker	LibWhisker	scanner
        lightspeedsystemscrawler	LightspeedSystemsCrawler		scanner
        log4shell	Log4Shell probe	unknown	scanner
        ~ltx71	ltx71		scanner
        masscan	masscan	masscan	scanner
        metasploit	Metasploit	Rapid7	scanner
        mirai	Mirai	unknown	scanner
        morfeus	Morfeus Scanner	unknown	scanner
        mozilla/5.g	Malformed Mozilla/5.g	unknown	scanner
        mozlila	Mozlila	unknown	scanner
        ~mrgbot/	MRGbot		scanner
        muieblackcat	Muieblackcat	unknown	scanner
        n-stalker	N-Stalker	N-Stalker	scanner
        ~naabu	naabu	ProjectDiscovery	scanner
        nessus	Nessus	Tenable	scanner
        netlab360	Netlab 360	Qihoo 360	scanner
        netsparker	Netsparker	Invicti	scanner
        netsystemsresearch	Net Systems Research	Net Systems Research	scanner
        nettacker	Nettacker	OWASP	scanner
        nikto	Nikto	Nikto	scanner
        ninja bot	NINJA bot		scanner
        nmap	Nmap	Nmap	scanner
        nmap scripting engine	Nmap Scripting Engine		scanner
        noseyparker	Nosey Parker	Praetorian	scanner
        nstoolsbot/	NsToolsBot		scanner
        nuclei	Nuclei	ProjectDiscovery	scanner
        openvas	OpenVAS	Greenbone	scanner
        owasp	OWASP tool	OWASP	scanner
        palo alto	Palo Alto Networks	Palo Alto Networks	scanner
        paloaltonetworks	Palo Alto Networks	Palo Alto Networks	scanner
        panoptic	Panoptic	Panoptic	scanner
        paros/	Paros	Paros	scanner
        probelyspdr/	ProbelySPDR		scanner
        projectdiscovery	ProjectDiscovery	ProjectDiscovery	scanner
        projectshield-urlcheck	ProjectShield-UrlCheck		scanner
        proxifly	Proxy checker	unknown	scanner
        proxy checker	Proxy checker	unknown	scanner
        qualys	Qualys	Qualys	scanner
        reverseengineeringbot	ReverseEngineeringBot		scanner
        riddler	Riddler	WithSecure	scanner
        riddler (http://riddler.io	Riddler (http://riddler.io	WithSecure	scanner
        safednsbot	SafeDNSBot		scanner
        sansec security monitor/	Sansec Security Monitor		scanner
        ~sbl-bot	SBL-BOT		scanner
        securityagent	SecurityAgent	unknown	scanner
        securityheaders	Security Headers	Snyk	scanner
        ~sf/	skipfish	Google	scanner
        shodan	Shodan	Shodan	scanner
        shortscan	shortscan	shortscan	scanner
        sitelockspider	SiteLock	SiteLock	scanner
        skipfish	skipfish	Google	scanner
        software-security-research	Software-Security-Research		scanner
        sqlmap	sqlmap	sqlmap	scanner
        sqlninja	sqlninja	sqlninja	scanner
        ssl labs	SSL Labs	Qualys	scanner
        ssl labs (https://www.ssllabs.com	SSL Labs (https://www.ssllabs.com	Qualys	scanner
        sstimap	SSTImap	SSTImap	scanner
        sucuri	Sucuri	Sucuri	scanner
        sysscan	SysScan	SysScan	scanner
        test certificate info	Test Certificate Info		scanner
        thc-hydra	Hydra	THC	scanner
        tinja	TInjA	TInjA	scanner
        tls tester	TLS tester		scanner
        tplmap	Tplmap	Tplmap	scanner
        trufflehog	TruffleHog	Truffle Security	scanner
        tsunamisecurityscanner	Tsunami	Google	scanner
        twinwavescanner	TwinWaveScanner		scanner
        urlbeebot	UrlBeeBot		scanner
        ut-dorkbot	UT-Dorkbot		scanner
        vaultpress	VaultPress		scanner
        ~vega~	Vega	Subgraph	scanner
        vega scanner	Vega	Subgraph	scanner
        ~vega/	Vega	Subgraph	scanner
        verispider	Verispider		scanner
        virustotal	virustotal		scanner
        visionheight.com/scan	visionheight.com/scan		scanner
        w3af	w3af	w3af	scanner
        wafw00f	wafw00f	wafw00f	scanner
        wanscannerbot	WanscannerBot		scanner
        ~wapiti	Wapiti	Wapiti	scanner
        watchtowr	watchTowr	watchTowr	scanner
        webbandit	WebBandit	WebBandit	scanner
        webinspect	WebInspect	OpenText	scanner
        webshag	webshag	webshag	scanner
        wfuzz	wfuzz	wfuzz	scanner
        whatwaf	WhatWaf	WhatWaf	scanner
        whatweb	WhatWeb	WhatWeb	scanner
        wpprobe	WPProbe	WPProbe	scanner
        wprecon	WPRecon	WPRecon	scanner
        wpscan	WPScan	Automattic	scanner
        ~wpsec/	WPSec		scanner
        ~wtotem	WTotem		scanner
        xpanse	Cortex Xpanse	Palo Alto Networks	scanner
        xsser	XSSer	OWASP	scanner
        xsstrike	XSStrike	XSStrike	scanner
        yeswehack	YesWeHack	YesWeHack	scanner
        ~zap/	ZAP	ZAP	scanner
        zgrab	zgrab	ZMap	scanner
        zmeu	ZmEu	ZmEu	scanner
        a patent crawler	A Patent Crawler		academic
        academicbotrtu	AcademicBotRTU		academic
        ~aranea	Aranea		academic
        autoconfig test from ustc	Autoconfig Test from USTC		academic
        blackboard	Blackboard		academic
        ~bubing	BUbiNG		academic
        ~cdscbot	CDSCbot		academic
        cispa webcrawler	CISPA Webcrawler		academic
        citeseerx	CiteSeerX	Penn State	academic
        ~citoid	Citoid		academic
        classla-web	CLASSLA-web		academic
        easybib autocite	EasyBib AutoCite		academic
        fedineko	Fedineko		academic
        ~gaisbot	Gaisbot		academic
        gulper web bot	Gulper Web Bot		academic
        hgfalphaxcrawl/	hgfAlphaXCrawl		academic
        icc-crawler	ICC-Crawler		academic
        integromedb	integromedb		academic
        internetmeasurement	InternetMeasurement		academic
        ~irlbot	IRLbot		academic
        ~macocu	MaCoCu		academic
        mithril-crawler	mithril-crawler		academic
        researchbot	ResearchBot		academic
        researchscan	RWTH Research Scan	RWTH Aachen	academic
        researchscan.comsys.rwth-aachen.de	researchscan.comsys.rwth-aachen.de	RWTH Aachen	academic
        safeassign	SafeAssign	Blackboard	academic
        scholar	Scholar	unknown	academic
        semanticscholarbot	Semantic Scholar	Allen Institute	academic
        spiderling	SpiderLing		academic
        thesis-research-bot	thesis-research-bot		academic
        thinklab	Thinklab		academic
        turnitin	Turnitin	Turnitin	academic
        ugaresearchagent	UGAResearchAgent		academic
        vu-server-health-scanner/	vu-server-health-scanner		academic
        web measure/	Web Measure		academic
        zoterotranslationserver/wmf	ZoteroTranslationServer/WMF		academic
        apis-google	APIs-Google	Google	other
        chrome privacy preserving prefetch proxy	Chrome Prefetch Proxy	Google	other
        github-camo	GitHub Camo	GitHub	other
        github-hookshot	GitHub Webhooks	GitHub	other
        google-certificates-bridge	Google Certificates Bridge	Google	other
        google-read-aloud	Google Read Aloud	Google	other
        googleassociationservice	Google Association Service	Google	other
        hatena	Hatena	Hatena	other
        ifttt	IFTTT	IFTTT	other
        microsoft office protocol discovery	Microsoft Office Protocol Discovery	Microsoft	other
        playstore-google	Google Play Store	Google	other
        stripe/	Stripe	Stripe	other
        yahoocachesystem	Yahoo Cache System	Yahoo	other
        zapier	Zapier	Zapier	other
        """#
}
