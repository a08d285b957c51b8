/// The catalogue's data. Browsers: rank, family, words. A rank over 50 hides the engine's own name; apps that carry a
/// browser inside rank over browsers.
enum AgentNames {
    static let browsers = """
        95 | Facebook | fban, fbav, fb_iab, fbsv, facebookexternalhit
        96 | Instagram | instagram
        96 | Threads | barcelona
        96 | Pinterest | pinterest
        96 | Twitter | twitterandroid, twitter
        96 | TikTok | musical_ly, bytedancewebview, tiktok, bytelocale, trill
        96 | Snapchat | snapchat
        96 | LinkedIn | linkedinapp
        96 | LINE | line
        96 | KakaoTalk | kakaotalk
        96 | WeChat | micromessenger
        96 | QQ | qq
        96 | Weibo | weibo
        96 | Alipay | alipayclient
        96 | DingTalk | aliapp, dingtalk
        96 | Naver | naver
        96 | Daum | daumapps
        96 | Viber | viber
        96 | Telegram | telegram-android, telegram
        96 | Slack Desktop Client | slack, slack_ssb
        96 | Microsoft Teams | teams
        96 | Discord | discord
        96 | Spotify | spotify
        96 | Flipboard | flipboard, flipboardproxy
        96 | Google Search App | gsa
        96 | Google Go | com.google.android.apps.searchlite
        96 | YouTube | com.google.android.youtube
        96 | Google Maps | gmmclient:google_ios
        96 | Baidu Box App | baiduboxapp
        96 | SohuNews | sohunews
        96 | Cortana | cortana
        96 | Microsoft Outlook | microsoft outlook, outlook-ios, outlook-android, macoutlook
        97 | Microsoft Office Word | office word
        97 | Microsoft Office Excel | office excel
        97 | Microsoft Office PowerPoint | office powerpoint
        94 | Outlook | msoffice, ms-office
        94 | Windows Live Mail | outlook-express
        96 | GitHub Desktop | githubdesktop
        96 | Visual Studio Code | code
        96 | Binance | binance
        96 | Thunderbird | thunderbird
        96 | Postbox | postboxapp
        96 | PTST | ptst
        96 | HeadlessChrome | headlesschrome
        96 | PhantomJS | phantomjs
        96 | Steam Client | valve steam
        96 | AdobeAIR | adobeair
        96 | OBS Studio | obs
        96 | HipChat | hipchat
        96 | Weebly | weebly
        96 | Puffin | puffin
        96 | Apple Podcasts | podcaster
        96 | SONOS | sonos
        96 | ESPN | espn
        96 | Pandora | pandora
        96 | mixi | mixi
        96 | Yahoo! Japan | yjapp-android, yjapp-ios
        80 | UC Browser | ucbrowser, ucweb, uc browser, ubrowser, ucmobile, juc, iuc
        82 | UC Browser Turbo | ucturbo
        82 | UC Browser Mini | ucmini
        80 | Opera Mini | opera mini, opios
        80 | Opera GX | opx
        80 | Opera Touch | opt
        75 | Opera | opr, opera, opera mobi, opera tablet
        80 | Opera Devices | omi
        80 | Yandex Browser | yabrowser, yasearchbrowser, yandexsearch, yandexsearchbrowser, yandexsearchwebview
        80 | Samsung Internet | samsungbrowser
        78 | Edge | edg, edge, edga, edgios
        80 | Vivaldi | vivaldi
        80 | Brave | brave
        80 | DuckDuckGo | duckduckgo, ddg
        80 | Arc | arc
        80 | Silk | silk
        80 | QQ Browser | mqqbrowser, qqbrowser, qqbrowserlite, tencenttraveler
        80 | Mi Browser | miuibrowser
        80 | Mint Browser | mint browser
        80 | GO Browser | lite browser
        80 | Huawei Browser | huaweibrowser
        80 | Honor Browser | honorbrowser
        80 | HeyTap Browser | heytapbrowser
        80 | Oppo Browser | oppobrowser
        80 | vivo Browser | vivobrowser
        80 | Smart Lenovo Browser | slbrowser
        80 | Lenovo Browser | mobilelenovobrowser
        80 | Meizu Browser | mzbrowser
        80 | Quark | quark
        80 | Whale | whale
        80 | Coc Coc | coc_coc_browser, coccocbrowser
        80 | Avast Secure Browser | avast, avastsecurebrowser
        80 | AVG Secure Browser | avg
        80 | CCleaner Browser | ccleaner
        80 | Norton | norton
        80 | Ecosia | ecosia, ecosiaandroid, ecosiaios
        80 | Aloha Browser | alohabrowser, aloha
        80 | Phoenix Browser | phx
        80 | HiBrowser | hibrowser
        80 | Maxthon | maxthon, mxbrowser, mxios, mxnitro
        80 | Sogou Mobile Browser | sogoumobilebrowser, sogoumse
        80 | Sogou Explorer | metasr
        80 | 360 Secure Browser | 360se, 360ee, qihu, qihoobrowser, 360browser
        80 | Baidu Browser | baidubrowser, bidubrowser, baidubrowserhd
        80 | Baidu Spark | spark
        80 | LieBaoFast | liebaofast
        80 | Liebao | lbbrowser
        80 | Dolphin | dolfin, dolphin, dolphinhdcn
        80 | Seznam | seznam, sznprohlizec
        80 | AOL Desktop Gold Browser | adg
        80 | Surf Browser | surfbrowser
        80 | Proxy Browser | pb
        80 | mCent | mcent
        80 | SalamWeb | salamweb
        80 | Crosswalk | crosswalk
        80 | Mercury | mercury
        80 | Odin | odin
        80 | T-Browser | tbrowser, t-browser
        80 | LG Browser | lg browser
        80 | PICO Browser | picobrowser
        78 | Oculus Browser | oculusbrowser
        80 | Roku Browser | rokubrowser
        80 | Odd Browser | odd
        80 | Harmony 360 Browser | harmony360browser
        80 | Iron | iron
        80 | Epic | epic
        80 | Comodo Dragon | comodo_dragon, dragon
        80 | Falkon | falkon
        80 | QupZilla | qupzilla
        80 | Otter | otter
        80 | Midori | midori
        80 | Epiphany | epiphany, gnome web
        80 | Konqueror | konqueror
        80 | Rekonq | rekonq
        80 | Arora | arora
        80 | OmniWeb | omniweb
        80 | iCab | icab
        80 | Camino | camino
        80 | Chimera | chimera
        80 | Iceweasel | iceweasel
        80 | IceCat | icecat
        80 | Iceape | iceape
        80 | SeaMonkey | seamonkey
        80 | Pale Moon | palemoon
        80 | Waterfox | waterfox
        80 | Basilisk | basilisk
        80 | K-Meleon | k-meleon
        80 | Galeon | galeon
        80 | Conkeror | conkeror
        80 | Classilla | classilla
        80 | Camoufox | camoufox
        80 | Servo | servo
        80 | Ladybird | ladybird
        80 | Flock | flock
        80 | Swiftfox | swiftfox
        80 | Sleipnir | sleipnir
        80 | Lunascape | lunascape
        80 | Avant | avant
        80 | Orca | orca
        80 | WebPositive | webpositive
        80 | Electron | electron, atomshell
        80 | Cypress | cypress
        78 | QtWebEngine | qtwebengine
        80 | Firefox Focus | focus, klar
        78 | Chromium | chromium
        80 | NetFront | netfront, netfrontlifebrowser
        80 | Obigo | obigo, obigointernetbrowser
        80 | Openwave Mobile Browser | up.browser, openwave
        80 | Polaris | polaris
        80 | Jasmine | jasmine
        80 | MAUI WAP Browser | maui, q03c_maui_browser
        80 | Teleca | teleca, teleca-
        80 | Blazer | blazer
        82 | Ovi Browser | ovibrowser, s40ovibrowser
        81 | Nokia Browser | nokiabrowser, browserng, series60
        30 | BlackBerry | blackberry, bb10, playbook
        80 | webOS Browser | wosbrowser, webosbrowser
        80 | Nintendo Browser | nintendobrowser
        80 | Maple | maple, maple2012, smarthub
        80 | DoCoMo | docomo
        80 | SoftBank Mobile | softbank, vodafone, j-phone
        80 | WILLCOM | willcom
        80 | emobile | emobile
        80 | jig browser | jig browser, jig
        82 | InternetTVBrowser | inettvbrowser, dtvnetbrowser
        80 | WatchFree+ | watchfree
        80 | Opera Coast | coast
        80 | QtCarBrowser | qtcarbrowser
        80 | Skyfire | skyfire
        80 | Sailfish Browser | sailfishbrowser
        80 | qutebrowser | qutebrowser
        80 | LuaKit | luakit
        80 | Espial | espial
        80 | Kindle | kindle
        97 | BoxNotes | boxnotes
        96 | Adobe CEP | adobecep
        96 | Ruxit Synthetic | ruxitsynthetic
        80 | BOLT | bolt
        80 | Uzbl | uzbl
        80 | Dooble | dooble
        80 | Min | min
        80 | Ghostery | ghostery
        80 | Cake | cake
        80 | Kiwi | kiwi
        80 | Via | via
        80 | LibreWolf | librewolf
        80 | Wavebox | wavebox
        80 | Sidekick | sidekick
        80 | Thorium | thorium
        80 | Orion | orion
        80 | Zen | zen
        80 | Floorp | floorp
        80 | Mullvad | mullvad
        80 | Kinza | kinza
        80 | Blisk | blisk
        80 | Polypane | polypane
        80 | Naver Whale | naver whale
        80 | Viera | viera
        80 | Lynx | lynx
        80 | Links | links
        80 | ELinks | elinks
        80 | w3m | w3m
        80 | Dillo | dillo
        80 | NetSurf | netsurf
        79 | IE Mobile | iemobile
        70 | IE | msie, trident
        60 | Firefox | firefox, fxios, minefield, fennec, granparadiso, shiretoko, namoroka, firebird, phoenix, bonecho
        40 | Chrome | chrome, crios, crmo, chr0me
        20 | Safari | safari, mobilesafari
        """

    static let marks: [(AgentMarks, String)] = [
        (
            .windows,
            """
            windows, win98, win95, winnt, win32, win64, win9x, microsoft-windows, windowsdevice, windowsnt,
            win10
            """
        ),
        (.windowsPhone, "windows phone, wds, iemobile, wpdesktop, zunewp7"),
        (.windowsCE, "windows ce, windowsce, wce, windows mobile, pocketpc"),
        (
            .android,
            """
            android, andr0id, android:, dalvik, juc, fb4a, androiddownloadmanager, okhttp-android, cyanogenmod,
            linux;android
            """
        ),
        (.adr, "adr"),
        (.iPhone, "iphone, ipod, fbios, ios, cpu iphone, crios, fxios, edgios, gmmclient:google_ios, fbforiphone"),
        (.iPad, "ipad, ipados"),
        (.mac, "macintosh, mac, macos, mac_powerpc, macbookpro, macbookair, imac, macmini, macbook"),
        (.darwin, "darwin, cfnetwork"), (.cfNetwork, "cfnetwork"),
        (
            .linux,
            """
            linux, x11, ubuntu, debian, fedora, gentoo, linux-gnu, suse, mandriva, centos, kubuntu, wayland,
            sailfish, maemo, unix
            """
        ),
        (.chromeOS, "cros"), (.bsd, "freebsd, openbsd, netbsd, dragonfly, bsd"), (.tizen, "tizen"),
        (.webOS, "web0s, webos, hpwos, palm, webos.tv, webappmanager, netcast"), (.kaiOS, "kaios"),
        (.harmony, "harmonyos, openharmony, arkweb"), (.watchOS, "watchos, watch os"),
        (.watch, "watch, watchos, apple watch"),
        (.tvOS, "tvos, appletv, apple tv"),
        (.symbian, "symbian, symbianos, symbos, series60, s60, symbian/3, nokian97, series 60, series80, series 90"),
        (.blackBerry, "blackberry, bb10, playbook, rim tablet"), (.bada, "bada"),
        (.playStation, "playstation, psp, playstation 3, ps5, ps4"),
        (.nintendo, "nintendo, nintendobrowser, wiiu"), (.xbox, "xbox"),
        (
            .javaME,
            """
            j2me, midp-1.0, midp-2.0, midp-2.1, midp2.0, midp, cldc-1.1, cldc-1.0, mre, series40, series30plus,
            s40ovibrowser, foma, up.browser, obigo, configuration, netfront, maui
            """
        ),
        (.brew, "brew, brewmp"),
        (.carrier, "docomo, softbank, willcom, vodafone, j-phone, kddi, emobile, ddipocket, jig"),
        (.gecko, "gecko"), (.mobile, "mobile, mobi, phone, smartphone, opera mini, opera mobi, mobilesafari"),
        (.tablet, "tablet, kindle, opera tablet"),
        (
            .tv,
            """
            smarttv, smart-tv, smarttva, hbbtv, googletv, netcast, dtv, bravia, netrangemmh, viera, aquos,
            ce-html, nettv, inettvbrowser, crkey, smart_tv, roku, rokubrowser, appletv, tvos, omi, tsbnettv,
            vidaa, tivo, tiviauto, smarthub, webos.tv, web0s, vstvb, _tv_, tbrowser, webtv, vizios, vizio,
            watchfree, brightsign, large, espial, opera tv, lg browser, aftb, aftt, afts, aftm, aftn, aftka,
            aftmm, aftss, stb, mag200, mag250, mag254, whaletv, sraf, fvc
            """
        ),
        (.webView, "wv"), (.safari, "safari, mobilesafari"), (.chrome, "chrome, crios, chr0me"), (.version, "version"),
        (.webKit, "applewebkit, webkit"), (.msie, "msie, trident"), (.compatible, "compatible"),
        (.speaker, "alexaservice, sonos, homepod, alexa"), (.roku, "roku, rokubrowser"), (.haiku, "haiku, beos"),
        (.fuchsia, "fuchsia"), (.sunOS, "sunos"), (.firefox, "firefox"), (.car, "qtcarbrowser, carplay"),
    ]
}
