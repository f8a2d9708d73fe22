"""What stands around the spider: the address guard, robots.txt from our own cache, the hand-over."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self, cast
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler

from monitor.core.polling import RobotsText
from spiders.failures import LeftAloneError, Trouble, status_trouble, trouble
from spiders.gate import site_of
from spiders.guard import AddressGuard
from spiders.news import NewsSpider
from spiders.poll import Found

ROBOTS_LIFE = timedelta(hours=24)  # RFC 9309, section 2.4
ROBOTS_STALE_LIFE = timedelta(days=30)  # how long an old copy serves while the site answers 5xx
LONGEST_CRAWL_DELAY = 60.0  # seconds, like AUTOTHROTTLE_MAX_DELAY; some texts ask for hours
_ROBOTS_MAX = 500 * 1024  # RFC 9309, section 2.5: at least 500 KiB are parsed


class AddressGuardMiddleware:
    """Refuses schemes and literal addresses before a request leaves, redirects included."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """Scrapy's way to build a component."""
        return cls(AddressGuard(crawler.settings.getlist("TRUSTED_ORIGINS")))

    def process_request(self, request: Request) -> None:
        """Let the request pass, or refuse it with the reason."""
        refusal = self._guard.refusal(request.url)
        if refusal:
            raise IgnoreRequest(f"refused: {refusal}")


class PatienceMiddleware:
    """Sends nothing more to a host that answered 429 or 503 with Retry-After in this crawl."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """Scrapy's way to build a component."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let the request pass, or drop it while its host rests."""
        spider: NewsSpider = self._crawler.spider
        if spider.patience.left(request.url, spider.memory.now()) is not None:
            raise IgnoreRequest("its server asked for patience")

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002
        """Take note of what the server asks for."""
        spider: NewsSpider = self._crawler.spider
        spider.patience.heed(response, spider.memory.now())
        return response


class GateMiddleware:
    """Keeps to one request at a time per site, whichever of the crawls makes it: see `SiteGate`.

    It stands next to the downloader, so that nothing behind it can drop a request it has let through.
    """

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._inside: dict[Request, str] = {}
        crawler.signals.connect(self.closed, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """Scrapy's way to build a component."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait for the site of this request to be free."""
        site = site_of(request.url)
        await self._crawler.spider.gate.enter(site, self, self._delay(request.url))
        self._inside[request] = site

    def process_response(self, request: Request, response: Response) -> Response:
        """Let the next one through."""
        self._leave(request)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:  # noqa: ARG002
        """Let the next one through."""
        self._leave(request)

    def closed(self) -> None:
        """Let the others through when this crawl was cut short."""
        for request in tuple(self._inside):
            self._leave(request)

    def _leave(self, request: Request) -> None:
        site = self._inside.pop(request, None)  # None: it was dropped before it came here
        if site is not None:
            self._crawler.spider.gate.leave(site)

    def _delay(self, url: str) -> float:
        told = self._crawler.engine.downloader.per_slot_settings.get(urlsplit(url).hostname or "", {})
        return float(told.get("delay", self._crawler.settings.getfloat("DOWNLOAD_DELAY")))


class RobotsMiddleware(RobotsTxtMiddleware):
    """Obeys robots.txt, whose text is kept in the store for a day; a 5xx or a hang means "not now"."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._texts: dict[str, asyncio.Future[RobotsText]] = {}

    async def robot_parser(self, request: Request) -> RobotParser:
        """The rules of the request's origin."""
        origin = _origin(request.url)
        if origin not in self._texts:
            self._texts[origin] = asyncio.ensure_future(self._rules(origin))
        robots = await self._texts[origin]
        rules: RobotParser = build_from_crawler(self._parserimpl, self.crawler, robots.text.encode())
        self._slow_down(request, rules)
        return rules

    async def known_to_forbid(self, url: str) -> bool:
        """Whether a robots.txt that was read in this crawl forbids this; nothing is fetched to know."""
        text = self._texts.get(_origin(url))
        if text is None or not text.done() or text.exception() is not None:
            return False
        rules: RobotParser = build_from_crawler(self._parserimpl, self.crawler, text.result().text.encode())
        return not rules.allowed(url, self._robotstxt_useragent or self._default_useragent)

    def _slow_down(self, request: Request, rules: Any) -> None:
        """Keep the crawl-delay, up to `LONGEST_CRAWL_DELAY`; what AutoThrottle learned may be more."""
        asked = rules.rp.crawl_delay(self._default_useragent)  # Protego, Scrapy's default
        if not asked:
            return
        downloader = self.crawler.engine.downloader
        host = urlsplit(request.url).hostname or ""
        settings = downloader.per_slot_settings.setdefault(host, {"concurrency": 1})
        settings["delay"] = max(min(asked, LONGEST_CRAWL_DELAY), settings.get("delay", 0))
        request.meta["autothrottle_dont_adjust_delay"] = True
        slot = downloader.slots.get(host)
        if slot is not None:
            slot.delay = max(slot.delay, settings["delay"])

    async def _rules(self, origin: str) -> RobotsText:
        spider = self._spider()
        kept = await asyncio.to_thread(spider.memory.robots, origin)
        now = spider.memory.now()
        if kept is not None and now - kept.fetched_at < ROBOTS_LIFE:
            return kept
        fresh = await self._fetch(origin)
        if isinstance(fresh, RobotsText):
            await asyncio.to_thread(spider.memory.save_robots, fresh)
            return fresh
        if kept is not None and now - kept.fetched_at < ROBOTS_STALE_LIFE:
            return kept
        why = f"{fresh.words}; robots.txt could not be read, so the site is left alone for now"
        raise LeftAloneError(replace(fresh, words=why))

    async def _fetch(self, origin: str) -> RobotsText | Trouble:
        """The text, or why there is none now."""
        request = Request(
            f"{origin}/robots.txt",
            priority=self.DOWNLOAD_PRIORITY,
            meta={"dont_obey_robotstxt": True},
            callback=NO_CALLBACK,
        )
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # whatever the network does, the answer is the same: not now
            return trouble(error)
        if response.status >= 500 or response.status == 429:
            return status_trouble(response.status)
        return self._read(origin, response)

    def _read(self, origin: str, response: Response) -> RobotsText:
        usable = response.status < 300 and response.body.lstrip()[:1] != b"<"
        text = response.body[:_ROBOTS_MAX].decode("utf-8", errors="replace") if usable else ""
        return RobotsText(
            origin=origin, text=text, status=response.status, fetched_at=self._spider().memory.now()
        )

    def _spider(self) -> NewsSpider:
        return cast("NewsSpider", self.crawler.spider)


def _origin(url: str) -> str:
    """Scheme, host and port, without a name and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class HandOver:
    """The one pipeline: hands what was found to the intake in a worker thread."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """Scrapy's way to build a component."""
        return cls(crawler)

    async def process_item(self, item: Found) -> Found:
        """Pass articles on; one that cannot be kept now keeps its feed from being marked as read."""
        spider: NewsSpider = self._crawler.spider
        await asyncio.to_thread(spider.hand_over, item)
        spider.outcomes[item.source.id].kept += len(item.articles)
        return item
