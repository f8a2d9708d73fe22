"""`policywire sources check`: polls sources once by the real spider; nothing is kept, nothing is alerted."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime

from scrapy.crawler import AsyncCrawlerProcess

from monitor.core.health import Aspect, Condition, aspect_of, judge_health, usual_gap
from monitor.core.model import Article, Source, SourceId
from monitor.core.polling import Cause, PageOwed, RobotsText, SourceState
from monitor.core.settings import Network
from monitor.crawl import MOST_SITES_AT_ONCE, adapt, by_crawl, trust
from monitor.schedule import by_site
from spiders.browser import MOST_BROWSERS
from spiders.news import NewsSpider
from spiders.poll import Found, Outcome, Poll


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one poll of one source showed."""

    source: Source
    reached: bool
    parsed: bool
    entries: int = 0
    newest_at: datetime | None = None
    newest_title: str = ""
    cause: Cause | None = None
    problem: str = ""
    ok: bool = False  # read, and neither frozen nor in other trouble


@dataclass(slots=True)
class ForgetfulMemory:
    """A crawl's memory that knows no entry and keeps robots.txt only as long as itself."""

    clock: Callable[[], datetime]
    _robots: dict[str, RobotsText] = field(default_factory=dict)

    def now(self) -> datetime:
        """The present as aware UTC."""
        return self.clock()

    def known(self, source_id: SourceId, keys: Sequence[str]) -> frozenset[str]:  # noqa: ARG002
        """No entry was seen before."""
        return frozenset()

    def owed(self, source_id: SourceId) -> tuple[PageOwed, ...]:  # noqa: ARG002
        """No page was asked for before."""
        return ()

    def robots(self, origin: str) -> RobotsText | None:
        """What was read before in this run."""
        return self._robots.get(origin)

    def save_robots(self, robots: RobotsText) -> None:
        """Keep it for this run."""
        self._robots[robots.origin] = robots


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Polls sources, each once, many sites at a time and one crawl per site at a time."""

    process: AsyncCrawlerProcess
    network: Network
    clock: Callable[[], datetime]
    on_tried: Callable[[Tried], None]
    _browsers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_BROWSERS))

    async def run(self, sources: Sequence[Source]) -> None:
        """Poll them all; each is reported as soon as it is known."""
        trust(self.network.trusted)
        room = asyncio.Semaphore(MOST_SITES_AT_ONCE)
        await asyncio.gather(*(self._site(members, room) for members in by_site(sources).values()))

    async def _site(self, members: tuple[Source, ...], room: asyncio.Semaphore) -> None:
        async with room:
            for alike in by_crawl(members):
                async with self._browsers if alike[0].browser else nullcontext():
                    await self._poll(alike)

    async def _poll(self, sources: tuple[Source, ...]) -> None:
        found: dict[SourceId, list[Article]] = {source.id: [] for source in sources}

        def take(one: Found) -> None:
            found[one.source.id].extend(article for article, _ in one.articles)

        crawler = self.process.create_crawler(NewsSpider)
        adapt(crawler.settings, sources, self.network, delays={})
        polls = tuple(Poll(source=replace(source, fetch_pages=False)) for source in sources)
        await self.process.crawl(crawler, polls=polls, memory=ForgetfulMemory(self.clock), take=take)
        spider = crawler.spider
        if not isinstance(spider, NewsSpider):
            raise RuntimeError("the crawl ended before its spider was made")
        for source in sources:
            self.on_tried(judged(source, spider.outcomes[source.id], found[source.id], self.clock()))


def judged(source: Source, outcome: Outcome, articles: Sequence[Article], now: datetime) -> Tried:
    """What a poll showed, in the terms of a source's health."""
    state = SourceState(
        source_id=source.id,
        next_poll_at=now,
        last_polled_at=now,
        failures=0 if outcome.ok else 1,
        newest_item_at=outcome.newest_item_at,
        problem=outcome.problem,
        cause=outcome.cause,
        gap=usual_gap(outcome.dates, source),
    )
    health = judge_health(state, source, now)
    dated = [article for article in articles if article.published_at and article.published_at <= now]
    newest = max(dated, key=lambda article: article.published_at or now, default=None)
    shown = newest or next(iter(articles), None)
    return Tried(
        source=source,
        reached=outcome.ok
        or (outcome.cause is not None and aspect_of(outcome.cause) is not Aspect.TRANSPORT),
        parsed=outcome.lists_read > 0,
        entries=len(articles),
        newest_at=outcome.newest_item_at,
        newest_title=(shown.title or shown.url) if shown else "",
        cause=health.cause,
        problem=health.words or ("" if health.condition is Condition.WELL else str(health.cause or "failed")),
        ok=health.condition is Condition.WELL,
    )
