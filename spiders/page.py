"""A spider for one page under the guard, robots and limits of every crawl, for `policywire explain`."""

from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy import Request
from scrapy.http import Response

from spiders.failures import Patience, in_words, status_in_words
from spiders.gate import SiteGate
from spiders.poll import Memory


class PageSpider(scrapy.Spider):
    """Fetches one address; the result is on the spider when the crawl has ended."""

    name = "page"

    def __init__(self, *, url: str, memory: Memory, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.memory = memory
        self.patience = Patience()
        self.gate = SiteGate()
        self.url = url
        self.body = b""
        self.final_url = url
        self.content_type = ""
        self.problem = ""

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the page."""
        yield Request(self.url, callback=self.parse, errback=self.failed, dont_filter=True)

    def parse(self, response: Response) -> None:
        """Keep the page, or name why there is none."""
        self.final_url = response.url
        self.content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        self.problem = "" if response.status == 200 else status_in_words(response.status)
        self.body = response.body

    def failed(self, failure: Any) -> None:
        """Name why the page could not be fetched."""
        self.problem = in_words(failure)
