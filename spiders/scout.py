"""A spider that looks for a site's ways in, feeds, sitemaps, a list on the page, with few requests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import scrapy
from scrapy import Request
from scrapy.http import Response

from monitor.core.model import Feed, Kind, Method, Source, SourceId, Tier
from spiders.charset import decode
from spiders.discover import Way, feed_links, likely_feeds, sitemaps
from spiders.failures import Patience, in_words, list_trouble, status_trouble, trouble
from spiders.feed import Listing, parse_list
from spiders.gate import SiteGate
from spiders.pattern import guess_list
from spiders.poll import Memory

MOST_REQUESTS = 16  # robots.txt apart, which every crawl reads


class ScoutSpider(scrapy.Spider):
    """Tries the ways into the site of one address; what was found is on the spider afterwards."""

    name = "scout"

    def __init__(self, *, url: str, zone: ZoneInfo, memory: Memory, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.url = url
        self.zone = zone
        self.memory = memory
        self.patience = Patience()
        self.gate = SiteGate()
        self.ways: list[Way] = []
        self.problem = ""
        self._left = MOST_REQUESTS

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the address itself."""
        self._left -= 1
        yield Request(self.url, callback=self.look, errback=self.failed, dont_filter=True)

    def failed(self, failure: Any) -> None:
        """Name why the address could not be fetched."""
        self.problem = in_words(failure)

    async def look(self, response: Response) -> None:
        """The address may be a feed itself; else try what it names, then what is usual."""
        text = decode(response.body, _content_type(response))
        if response.status != 200:
            self.problem = status_trouble(response.status, text).words
            return
        if await self._is_way(response, Method.FEED) or await self._is_way(response, Method.SITEMAP):
            return
        self.problem = list_trouble("", text).words
        named = await asyncio.to_thread(feed_links, text, response.url)
        if await self._try(named, Method.FEED):
            return
        likely = [url for url in likely_feeds(response.url) if url not in named]
        if await self._try(likely, Method.FEED):
            return
        await self._guess(response, text)
        if not self._found_alive():
            await self._try(sitemaps(self._robots(response.url), response.url), Method.SITEMAP)

    async def _try(self, urls: Sequence[str], method: Method) -> bool:
        """Fetch the addresses one after the other until one of them is alive."""
        for url in urls:
            if self._left <= 0:
                return False
            self._left -= 1
            response = await self._fetch(url)
            if response is not None and response.status == 200 and await self._is_way(response, method):
                return True
        return False

    async def _fetch(self, url: str) -> Response | None:
        try:
            return await self.crawler.engine.download_async(Request(url, dont_filter=True))
        except Exception as error:  # whatever the network does to a guess, the next one is tried
            self.logger.debug("%s: %s", url, trouble(error).words)
            return None

    async def _is_way(self, response: Response, method: Method) -> bool:
        """Whether the answer is a list that is alive; a dead one is remembered as well."""
        feed = Feed(name="feed" if method is Method.FEED else str(method), url=response.url, method=method)
        return await self._read(response, feed)

    async def _guess(self, response: Response, text: str) -> None:
        now = self.memory.now()
        fields = await asyncio.to_thread(guess_list, text, url=response.url, zone=self.zone, now=now)
        if fields is not None:
            feed = Feed(name="list", url=response.url, method=Method.LISTING, fields=fields)
            await self._read(response, feed)

    async def _read(self, response: Response, feed: Feed) -> bool:
        now = self.memory.now()
        listing: Listing = await asyncio.to_thread(
            parse_list,
            response.body,
            source=stranger(feed, self.zone),
            feed=feed,
            url=response.url,
            content_type=_content_type(response),
            now=now,
        )
        if listing.parts:
            return await self._parts(listing.parts, feed)
        way = Way(feed=feed, title=listing.title, entries=listing.entries)
        if way.entries:
            self.ways.append(way)
        return way.alive(now)

    async def _parts(self, parts: Sequence[str], index: Feed) -> bool:
        """An index of sitemaps is as good as its newest part; what is written down is the index."""
        before = len(self.ways)
        alive = await self._try(parts[:1], Method.SITEMAP)
        for way in self.ways[before:]:
            self.ways[self.ways.index(way)] = Way(feed=index, title=way.title, entries=way.entries)
        return alive

    def _found_alive(self) -> bool:
        return any(way.alive(self.memory.now()) for way in self.ways)

    def _robots(self, url: str) -> str:
        kept = self.memory.robots("/".join(url.split("/", 3)[:3]))
        return kept.text if kept else ""


def stranger(feed: Feed, zone: ZoneInfo, delay: timedelta = timedelta(seconds=2)) -> Source:
    """A source of which nothing is known but an address."""
    return Source(
        id=SourceId("new"),
        name="new",
        homepage=feed.url,
        kind=Kind.INTERNATIONAL,
        tier=Tier.REPORTING,
        feeds=(feed,),
        timezone=zone,
        delay=delay,
    )


def _content_type(response: Response) -> str:
    value: bytes = response.headers.get("Content-Type") or b""
    return value.decode("latin-1").strip()
