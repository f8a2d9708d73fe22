"""Scrapy's settings for every crawl, with reasons; what differs per poll is set by `monitor.crawl`."""

BOT_NAME = "policywire"
SPIDER_MODULES = ["spiders.news"]
USER_AGENT = "policywire/0.1 (news monitor; contact not set)"

# Scrapy 2.19 opens a loopback server that runs posted code, and a telnet console, unless told not to.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

# Safety: forged pages, huge bodies, hanging hosts, answers cached for ever.
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 30
DNSCACHE_ENABLED = False
DNS_TIMEOUT = 10
TWISTED_DNS_RESOLVER = "spiders.resolver.GuardedResolver"
REACTOR_THREADPOOL_MAXSIZE = 20
COOKIES_ENABLED = False
METAREFRESH_ENABLED = False
REDIRECT_MAX_TIMES = 5
REFERRER_POLICY = "no-referrer"
# HTTPS_PROXY is the way to Telegram; behind a proxy the address guard would see only the proxy's address.
HTTPPROXY_ENABLED = False
DOWNLOAD_HANDLERS = {"file": None, "ftp": None, "s3": None, "data": None}

# Politeness: one request at a time to a site (a crawl is one site), at least the source's delay apart, more
# when the host is slow. It also means that a request is only made when the last answer has been heeded.
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 2
DOWNLOAD_DELAY_JITTER = 0  # Scrapy's own, half as much again or less, would undercut the delay promised
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1
AUTOTHROTTLE_MAX_DELAY = 60
# A failed list is tried again at its next poll, with backoff and Retry-After; never at once.
RETRY_ENABLED = False
HTTPERROR_ALLOW_ALL = True

LOG_ENABLED = False  # monitor.logs sets logging up for the whole process
LOGSTATS_INTERVAL = 0
STATS_DUMP = False
MEMUSAGE_ENABLED = False
EXTENSIONS = {
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.logstats.LogStats": None,
    "spiders.deadline.Deadline": 500,
}

DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "spiders.middlewares.AddressGuardMiddleware": 50,
    "spiders.middlewares.PatienceMiddleware": 90,
    "spiders.middlewares.RobotsMiddleware": 100,
    "spiders.middlewares.GateMiddleware": 950,  # behind all others
}
ITEM_PIPELINES = {"spiders.middlewares.HandOver": 100}
TRUSTED_ORIGINS: tuple[str, ...] = ()
