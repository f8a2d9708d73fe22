"""When a crawl is ended that takes too long, with allowance for sites that ask us to be slow."""

import asyncio
from typing import Any, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import call_later

from spiders.news import MOST_PAGES, OUT_OF_TIME

LONGEST_ALLOWANCE = 2 * 3600.0  # seconds; a site that is that slow gets the rest of its pages asked later


class Deadline:
    """Ends a crawl after `LONGEST_CRAWL` seconds and twice the waits between its requests.

    The waits are looked up when the time has come: robots.txt, or a slow server, may have made them longer.
    """

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._base = crawler.settings.getfloat("LONGEST_CRAWL")
        if not self._base:
            raise NotConfigured
        self._task: Any = None
        self._ending: asyncio.Future[None] | None = None  # the loop itself keeps only a weak reference
        crawler.signals.connect(self.opened, signal=signals.spider_opened)
        crawler.signals.connect(self.closed, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """Scrapy's way to build a component."""
        return cls(crawler)

    def opened(self) -> None:
        """Start to count."""
        self._look_again(0.0, self.allowed())

    def closed(self) -> None:
        """Count no more."""
        if self._task is not None:
            self._task.cancel()

    def allowed(self) -> float:
        """How many seconds the crawl may take, as far as is known now."""
        requests = len(self._crawler.spider.polls) * MOST_PAGES * 2
        allowed: float = self._base + min(requests * self._slowest(), LONGEST_ALLOWANCE)
        return allowed

    def _slowest(self) -> float:
        downloader = self._crawler.engine.downloader
        told = [float(one.get("delay") or 0) for one in downloader.per_slot_settings.values()]
        return max([*told, *(slot.delay for slot in downloader.slots.values())], default=0.0)

    def _look_again(self, passed: float, wait: float) -> None:
        self._task = call_later(wait, self._end_or_wait, passed + wait)

    def _end_or_wait(self, passed: float) -> None:
        left = self.allowed() - passed
        if left > 0:
            self._look_again(passed, left)
            return
        self._ending = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason=OUT_OF_TIME))
