"""The one spider: a source's lists become entries, entries become articles, articles are handed over.

One crawl polls the due sources of one site, so politeness towards the site needs no other bookkeeping.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import scrapy
from scrapy import Request
from scrapy.http import Response

from monitor.core.decide import age
from monitor.core.identity import entry_keys
from monitor.core.model import Article, Entry, Feed, RobotsText, Source, SourceId, Use, Validator
from spiders.article import Page, complete, extract_page
from spiders.failures import cause, in_words, retry_after, status_in_words
from spiders.feed import Listing, parse_list

TOGETHER = 200  # articles handed over at once
MOST_PAGES = 40  # article pages fetched per source and poll; the rest is judged from the feed's own text
ENOUGH_TEXT = 1500  # characters of full text in a feed from which its page is not fetched


class Memory(Protocol):
    """What a crawl may ask of, and tell, the service while it runs; called from worker threads."""

    def now(self) -> datetime: ...
    def known(self, source_id: SourceId, keys: Sequence[str]) -> frozenset[str]: ...
    def robots(self, origin: str) -> RobotsText | None: ...
    def save_robots(self, robots: RobotsText) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One source to poll, with what is remembered of it."""

    source: Source
    first_sight: bool = True
    validators: tuple[Validator, ...] = ()
    pages_newer_than: timedelta = timedelta(days=7)  # older entries are kept without fetching their pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Articles of one source on their way to the intake, each with the keys of its entry.

    One that has its own page comes alone; those a list tells all about come together.
    """

    source: Source
    articles: tuple[tuple[Article, frozenset[str]], ...]
    first_sight: bool


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one poll of one source came to; filled in while the crawl runs."""

    validators: dict[str, Validator] = field(default_factory=dict)
    lists_read: int = 0
    unchanged: int = 0
    found: int = 0  # new entries seen in the lists
    kept: int = 0  # of those, how many the intake has taken
    newest_item_at: datetime | None = None
    problems: list[str] = field(default_factory=list)
    retry_after: timedelta | None = None
    broken: bool = False  # a list arrived but could not be taken in

    def ask_patience(self, asked: timedelta | None) -> None:
        """Remember the longest wait a server of this source asked for."""
        if asked is not None:
            self.retry_after = max(asked, self.retry_after or asked)

    @property
    def ok(self) -> bool:
        """Whether at least one list was read (or unchanged) and everything found was kept."""
        return not self.broken and (self.lists_read + self.unchanged) > 0 and self.kept == self.found

    @property
    def problem(self) -> str:
        """What went wrong, in words; "" when nothing did."""
        words = list(dict.fromkeys(self.problems))
        if self.kept != self.found:
            words.append(f"{self.found - self.kept} of {self.found} new articles not kept yet")
        return "; ".join(words)


class NewsSpider(scrapy.Spider):
    """Polls sources; everything it needs comes as keyword arguments, since Scrapy deep-copies settings."""

    name = "news"

    def __init__(
        self,
        *,
        polls: Sequence[Poll],
        memory: Memory,
        take: Callable[[Found], None],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.polls = tuple(polls)
        self.memory = memory
        self.outcomes: dict[SourceId, Outcome] = {poll.source.id: Outcome() for poll in polls}
        self._take = take
        self._open: dict[SourceId, int] = {}

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the primary lists of every source."""
        for poll in self.polls:
            for request in self._lists(poll, Use.PRIMARY):
                yield request

    def _lists(self, poll: Poll, use: Use) -> Iterator[Request]:
        feeds = [feed for feed in poll.source.feeds if feed.use is use]
        self._open[poll.source.id] = len(feeds)
        for feed in feeds:
            yield Request(
                feed.url,
                callback=self.parse_list,
                errback=self.list_failed,
                headers=_conditional(feed.url, poll.validators),
                cb_kwargs={"poll": poll, "feed": feed},
                dont_filter=True,
                priority=10,
            )

    async def parse_list(self, response: Response, poll: Poll, feed: Feed) -> AsyncIterator[Request | Found]:
        """Read one list and go after what is new in it."""
        outcome = self.outcomes[poll.source.id]
        if response.status == 304:
            outcome.unchanged += 1
        elif response.status != 200:
            outcome.problems.append(status_in_words(response.status))
            outcome.ask_patience(retry_after(response, self.memory.now()))
        else:
            try:
                async for result in self._read(response, poll, feed, outcome):
                    yield result
            except Exception as error:  # the store's trouble, or a bug met on this one list
                self.logger.exception("list %s", feed.url)
                outcome.broken = True
                outcome.problems.append(f"the list could not be taken in: {cause(error)}")
        for request in self._next_way(poll, feed):
            yield request

    async def list_failed(self, failure: Any) -> AsyncIterator[Request]:
        """Name why a list could not be fetched, and try the source's next way in."""
        poll: Poll = failure.request.cb_kwargs["poll"]
        self.outcomes[poll.source.id].problems.append(in_words(failure))
        for request in self._next_way(poll, failure.request.cb_kwargs["feed"]):
            yield request

    def _next_way(self, poll: Poll, feed: Feed) -> Iterator[Request]:
        """When every list of one use has failed, the lists of the next use."""
        self._open[poll.source.id] -= 1
        outcome = self.outcomes[poll.source.id]
        if self._open[poll.source.id] or outcome.lists_read or outcome.unchanged:
            return
        order = list(Use)
        for use in order[order.index(feed.use) + 1 :]:
            requests = list(self._lists(poll, use))
            if requests:
                yield from requests
                return

    async def _read(
        self, response: Response, poll: Poll, feed: Feed, outcome: Outcome
    ) -> AsyncIterator[Request | Found]:
        now = self.memory.now()
        listing: Listing = await asyncio.to_thread(
            parse_list,
            response.body,
            source=poll.source,
            feed=feed,
            url=response.url,
            content_type=_header(response, "Content-Type"),
            now=now,
        )
        if listing.problem:
            outcome.problems.append(listing.problem)
        if not listing.entries and listing.problem:
            return
        dates = [e.published_at for e in listing.entries if e.published_at and e.published_at <= now]
        outcome.newest_item_at = max([*dates, *filter(None, [outcome.newest_item_at])], default=None)
        async for result in self._new_entries(listing.entries, poll, outcome, now):
            yield result
        # Only now: a list whose entries are not all accounted for must be read again.
        outcome.lists_read += 1
        outcome.validators[feed.url] = _validator(feed.url, response)

    async def _new_entries(
        self, entries: Sequence[Entry], poll: Poll, outcome: Outcome, now: datetime
    ) -> AsyncIterator[Request | Found]:
        entries = [entry for entry in entries if entry.title or entry.link]  # the rest says nothing
        keys = entry_keys(entries)
        asked = sorted(set().union(*keys)) if keys else []
        known = await asyncio.to_thread(self.memory.known, poll.source.id, asked)
        fresh = [(entry, own) for entry, own in zip(entries, keys, strict=True) if not own & known]
        # An item listed twice is one: the first listed stands for both.
        fresh = list({own: (entry, own) for entry, own in reversed(fresh)}.values())
        fresh.sort(key=lambda pair: pair[0].published_at or now, reverse=True)
        outcome.found += len(fresh)
        paged = [pair for pair in fresh if _worth_a_page(pair[0], poll, now)][:MOST_PAGES]
        for entry, own in paged:
            yield self._page_or_entry(entry, own, poll, now)
        has_page = {own for _, own in paged}
        told = [pair for pair in fresh if pair[1] not in has_page]
        for start in range(0, len(told), TOGETHER):
            yield self._found(told[start : start + TOGETHER], None, poll, now)

    def _page_or_entry(
        self, entry: Entry, keys: frozenset[str], poll: Poll, now: datetime
    ) -> Request | Found:
        try:
            return self._page(entry, keys, poll, now)
        except ValueError:  # Scrapy refuses to make a request of this address
            return self._found([(entry, keys)], None, poll, now, problem="its address cannot be read")

    def _page(self, entry: Entry, keys: frozenset[str], poll: Poll, now: datetime) -> Request:
        return Request(
            entry.link,
            callback=self.parse_page,
            errback=self.page_failed,
            cb_kwargs={"poll": poll, "entry": entry, "keys": keys, "seen_at": now},
            dont_filter=True,
        )

    async def parse_page(
        self, response: Response, poll: Poll, entry: Entry, keys: frozenset[str], seen_at: datetime
    ) -> AsyncIterator[Found]:
        """Read one article page; one that cannot be read leaves the entry's own claims."""
        if response.status != 200:
            words = status_in_words(response.status)
            yield self._found([(entry, keys)], None, poll, seen_at, problem=words)
            return
        page = await asyncio.to_thread(
            extract_page,
            response.body,
            url=response.url,
            selectors=poll.source.selectors,
            zone=poll.source.timezone,
            now=seen_at,
            header_charset=_charset(response),
            title_hint=entry.title,
        )
        yield self._found([(entry, keys)], page, poll, seen_at)

    async def page_failed(self, failure: Any) -> AsyncIterator[Found]:
        """Keep an entry whose page could not be fetched, with the reason."""
        wanted = failure.request.cb_kwargs
        pair = (wanted["entry"], wanted["keys"])
        yield self._found([pair], None, wanted["poll"], wanted["seen_at"], problem=in_words(failure))

    def _found(
        self,
        pairs: Sequence[tuple[Entry, frozenset[str]]],
        page: Page | None,
        poll: Poll,
        seen_at: datetime,
        *,
        problem: str = "",
    ) -> Found:
        articles = tuple(
            (complete(entry, page, source=poll.source, seen_at=seen_at, problem=problem), keys)
            for entry, keys in pairs
        )
        return Found(source=poll.source, articles=articles, first_sight=poll.first_sight)

    def hand_over(self, found: Found) -> None:
        """Give articles to the intake; called by the pipeline in a worker thread."""
        self._take(found)


def _worth_a_page(entry: Entry, poll: Poll, now: datetime) -> bool:
    if not poll.source.fetch_pages or not entry.link or len(entry.content) >= ENOUGH_TEXT:
        return False
    old = age(entry, now)
    return not poll.first_sight if old is None else old <= poll.pages_newer_than


def _conditional(url: str, validators: Sequence[Validator]) -> dict[str, str]:
    for validator in validators:
        if validator.url == url:
            pairs = {"If-None-Match": validator.etag, "If-Modified-Since": validator.last_modified}
            return {name: value for name, value in pairs.items() if value}
    return {}


def _validator(url: str, response: Response) -> Validator:
    return Validator(
        url=url, etag=_header(response, "ETag"), last_modified=_header(response, "Last-Modified")
    )


def _header(response: Response, name: str) -> str:
    value: bytes = response.headers.get(name) or b""
    return value.decode("latin-1").strip()


def _charset(response: Response) -> str:
    for part in _header(response, "Content-Type").split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "charset":
            return value.strip("\"' ")
    return ""
