extension CrawlerList {
    /// The list that comes with this release. None of its ranges is called complete: the copies they were taken from are
    /// older than the list's date by an unknown time, so that they can vouch for a crawler but convict nobody.
    public static let builtIn: CrawlerList = {
        do { return try CrawlerList(parsing: text) } catch { preconditionFailure("crawler list, \(error)") }
    }()

    private static let text = """
        date 2026-11-22

        crawler Google
        claims googlebot googlebot-ia/ googlebot-image googlebot-mobile googlebot-news googlebot-video googleother
        claims google-inspectiontool storebot-google google-cloudvertexbot
        domains googlebot.com google.com
        ranges 66.249.64.0/24 66.249.65.0/24 66.249.66.0/24 66.249.67.0/26 66.249.67.64/27 66.249.68.0/22
        ranges 66.249.72.0/22 66.249.76.0/23 66.249.78.0/24 66.249.79.0/26 66.249.79.64/27 66.249.79.128/25
        ranges 192.178.4.0/24 192.178.5.0/27 192.178.6.0/23
        ranges 34.22.85.0/27 34.64.82.64/28 34.65.242.112/28 34.80.50.80/28 34.88.194.0/28 34.89.10.80/28
        ranges 34.89.198.80/28 34.96.162.48/28 34.100.182.96/28 34.101.50.144/28 34.118.66.0/28 34.118.254.0/28
        ranges 34.126.178.96/28 34.146.150.144/28 34.147.110.144/28 34.151.74.144/28 34.152.50.64/28
        ranges 34.154.114.144/28 34.155.98.32/28 34.165.18.176/28 34.175.160.64/28 34.176.130.16/28 35.247.243.240/28
        ranges 2001:4860:4801:2::/64 2001:4860:4801:c::/64 2001:4860:4801:f::/64 2001:4860:4801:10::/60
        ranges 2001:4860:4801:20::/60 2001:4860:4801:30::/60 2001:4860:4801:40::/61 2001:4860:4801:48::/62
        ranges 2001:4860:4801:4c::/63 2001:4860:4801:4e::/64 2001:4860:4801:50::/61 2001:4860:4801:58::/63
        ranges 2001:4860:4801:60::/60 2001:4860:4801:70::/60 2001:4860:4801:80::/61 2001:4860:4801:88::/64
        ranges 2001:4860:4801:90::/61 2001:4860:4801:a0::/61 2001:4860:4801:a8::/62 2001:4860:4801:ac::/63
        ranges 2001:4860:4801:ae::/64 2001:4860:4801:b0::/62 2001:4860:4801:b4::/63 2001:4860:4801:b6::/64

        crawler Google, special crawlers
        claims adsbot-google adsbot-google-mobile apis-google mediapartners-google
        domains googlebot.com google.com

        crawler Bing
        claims adidxbot bingbot bingpreview msnbot
        domains search.msn.com
        ranges 13.66.139.0/24 13.66.144.0/24 13.67.10.16/28 13.69.66.240/28 13.71.172.224/28 20.15.133.160/27
        ranges 20.36.108.32/28 20.43.120.16/28 20.74.197.0/28 20.79.107.240/28 20.125.163.80/28 40.77.139.0/25
        ranges 40.77.167.0/24 40.77.177.0/24 40.77.178.0/23 40.77.188.0/22 40.77.202.0/24 40.79.131.208/28
        ranges 40.79.186.176/28 51.105.67.0/28 52.167.144.0/24 52.231.148.0/28 65.55.210.0/24 139.217.52.0/28
        ranges 157.55.39.0/24 191.233.204.224/28 199.30.24.0/23 207.46.13.0/24

        crawler Apple
        claims applebot
        domains applebot.apple.com
        ranges 17.22.237.0/24 17.22.245.0/24 17.22.253.0/24 17.166.20.0/22 17.166.24.0/23 17.166.150.0/23
        ranges 17.166.152.0/22 17.166.192.48/28 17.166.232.0/22 17.166.236.0/23 17.166.240.48/28 17.166.248.48/28
        ranges 17.241.75.0/24 17.241.193.160/27 17.241.200.160/27 17.241.208.160/27 17.241.219.0/24 17.241.227.0/24
        ranges 17.246.15.0/24 17.246.19.0/24 17.246.23.0/24

        crawler OpenAI, training
        claims gptbot
        ranges 4.227.36.0/25 20.125.66.80/28 20.171.206.0/23 52.230.152.0/24 74.7.175.128/25 74.7.227.0/24
        ranges 74.7.228.0/25 74.7.230.0/25 74.7.241.0/24 74.7.242.0/25 74.7.243.128/25 74.7.244.0/25
        ranges 132.196.86.0/24 172.182.202.0/25 172.182.204.0/24 172.182.207.0/25 172.182.214.0/23

        crawler OpenAI, search
        claims oai-searchbot
        ranges 4.227.36.0/25 20.14.99.96/28 20.25.151.224/28 20.42.10.176/28 20.168.18.32/28 20.169.6.224/28
        ranges 20.169.7.48/28 20.169.77.0/25 20.171.53.224/28 20.171.123.64/28 40.67.175.0/25 40.90.214.16/28
        ranges 51.8.102.0/24 74.7.175.128/25 74.7.228.0/24 74.7.229.0/24 74.7.230.0/25 74.7.241.128/25
        ranges 74.7.242.128/25 74.7.243.0/25 74.7.244.0/25 104.210.140.128/28 135.234.64.0/24 172.182.193.80/28
        ranges 172.182.193.224/28 172.182.194.32/28 172.182.194.144/28 172.182.195.48/28 172.182.209.208/28
        ranges 172.182.211.192/28 172.182.213.192/28 172.182.224.0/28 172.203.190.128/28

        crawler Common Crawl
        claims ccbot
        domains crawl.commoncrawl.org
        ranges 3.41.188.32/29 18.97.9.168/29 18.97.14.80/29 18.97.14.88/30 2600:1f28:365:8000::/56

        crawler Yandex
        claims yandex.com/bots yandexadditional yandexbot yandeximages yandexmetrika
        domains yandex.com yandex.net yandex.ru

        crawler Baidu
        claims baiduspider
        domains baidu.com baidu.jp

        crawler Yahoo
        claims slurp
        domains crawl.yahoo.net

        crawler Amazon
        claims amazonbot
        domains crawl.amazonbot.amazon

        crawler Ahrefs
        claims ahrefsbot
        domains ahrefs.com ahrefs.net

        crawler Huawei
        claims petalbot
        domains petalsearch.com

        crawler Mojeek
        claims mojeekbot
        domains mojeek.com

        crawler Naver
        claims yeti/
        domains naver.com

        crawler Pinterest
        claims pinterestbot
        domains pinterest.com pinterestcrawler.com

        crawler Qwant
        claims qwantbot qwantify
        domains qwant.com

        crawler Seznam
        claims seznambot
        domains seznam.cz
        """
}
