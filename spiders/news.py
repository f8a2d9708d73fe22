"""The one spider: a source's lists become entries, entries become articles, articles are handed over.

One crawl polls the due sources of one site, so politeness towards the site needs no other bookkeeping.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import scrapy
from scrapy import Request
from scrapy.http import Response

from monitor.core.decide import age
from monitor.core.health import NEWEST
from monitor.core.identity import entry_keys
from monitor.core.model import (
    Article,
    Cause,
    Entry,
    Feed,
    Method,
    RobotsText,
    Selectors,
    Source,
    SourceId,
    Use,
    Validator,
)
from spiders.article import Page, complete, extract_page
from spiders.charset import decode
from spiders.failures import (
    Patience,
    Trouble,
    cause,
    in_words,
    list_trouble,
    retry_after,
    status_in_words,
    status_trouble,
    trouble,
)
from spiders.feed import Listing, parse_list
from spiders.listing import lead
from spiders.sites.hosts import selectors_for

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
    validators: tuple[Validator, ...] = ()  # one for every list that was taken in before, be it empty
    pages_newer_than: timedelta = timedelta(days=7)  # older entries are kept without fetching their pages
    pages_newer_than_at_first: timedelta = timedelta(hours=24)  # the same for a list not read before

    def first_sight(self, feed: Feed) -> bool:
        """Whether this list was never taken in: then all it holds is a backlog, however new the rest is."""
        return all(validator.url != feed.url for validator in self.validators)

    def page_age(self, feed: Feed) -> timedelta:
        """How old an entry of this list may be to have its page fetched."""
        return self.pages_newer_than_at_first if self.first_sight(feed) else self.pages_newer_than


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Articles of one source on their way to the intake, each with the keys of its entry.

    One that has its own page comes alone; those a list tells all about come together.
    """

    source: Source
    articles: tuple[tuple[Article, frozenset[str]], ...]
    first_sight: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An entry whose page is being fetched."""

    entry: Entry
    keys: frozenset[str]
    poll: Poll
    first_sight: bool
    at: datetime  # when its list was read

    def found(self, page: Page | None, *, problem: str = "") -> Found:
        """The article: the entry completed by its page, or with the problem that kept it away."""
        source = self.poll.source
        article = complete(self.entry, page, source=source, seen_at=self.at, problem=problem)
        return Found(source=source, articles=((article, self.keys),), first_sight=self.first_sight)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one poll of one source came to; filled in while the crawl runs."""

    validators: dict[str, Validator] = field(default_factory=dict)
    lists_read: int = 0
    unchanged: int = 0
    found: int = 0  # new entries seen in the lists
    kept: int = 0  # of those, how many the intake has taken
    newest_item_at: datetime | None = None
    dates: list[datetime] = field(default_factory=list)  # of the newest items of every list that was read
    undated: bool = False  # lists were read, and no item of them had a date
    problems: list[str] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    retry_after: timedelta | None = None
    broken: bool = False  # a list arrived but could not be taken in

    def blame(self, trouble: Trouble) -> None:
        """Remember why a list was not read."""
        self.problems.append(trouble.words)
        self.causes.append(trouble.cause)

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

    @property
    def cause(self) -> Cause | None:
        """What spoilt it first; None when nothing did."""
        if self.causes:
            return self.causes[0]
        if self.broken or self.kept != self.found:
            return Cause.OURS
        return Cause.NO_DATES if self.undated else None


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
        self.patience = Patience()
        self._open: dict[SourceId, int] = {}
        self._pages: Counter[SourceId] = Counter()  # asked for in this poll

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the primary lists of every source."""
        for poll in self.polls:
            lack = str(self.settings["BROWSER_LACKS"]) if poll.source.browser else ""
            if lack:
                self.outcomes[poll.source.id].blame(Trouble(words=lack, cause=Cause.NO_BROWSER))
                continue
            for request in self._lists(poll, Use.PRIMARY):
                yield request

    def _lists(self, poll: Poll, use: Use) -> Iterator[Request]:
        feeds = [feed for feed in poll.source.feeds if feed.use is use]
        self._open[poll.source.id] = len(feeds)
        for feed in feeds:
            if feed.leads_to:
                yield self._list(feed.url, poll, feed, callback=self.parse_lead)
            else:
                yield self._list(feed.url, poll, feed, known_as=feed.url)

    def _list(self, url: str, poll: Poll, feed: Feed, *, known_as: str = "", callback: Any = None) -> Request:
        """A request for a list, or a part of one; its validator is kept under `known_as`."""
        asked = {"poll": poll, "feed": feed}
        rendered = _rendered_list(poll.source, feed) and callback is None
        return Request(
            url,
            callback=callback or self.parse_list,
            errback=self.list_failed,
            # What scripts fill changes while the page they stand in does not.
            headers={} if rendered else _conditional(known_as, poll.validators),
            meta={"browser": True} if rendered else {},
            cb_kwargs=asked if callback else {**asked, "known_as": known_as},
            dont_filter=True,
            priority=10,
        )

    async def parse_lead(self, response: Response, poll: Poll, feed: Feed) -> AsyncIterator[Request]:
        """Find in a first answer where the list is, and ask for that."""
        outcome = self.outcomes[poll.source.id]
        text = _text(response)
        why = await asyncio.to_thread(status_trouble, response.status, text)
        if response.status == 200:
            address = await asyncio.to_thread(lead, text, feed.leads_to, response.url)
            try:
                yield self._list(address, poll, feed, known_as=feed.url)
                return
            except ValueError:
                problem = "the page does not tell where its list is; has the layout changed?"
                why = await asyncio.to_thread(list_trouble, problem, text)
        outcome.blame(why)
        outcome.ask_patience(retry_after(response, self.memory.now()))
        for request in self._next_way(poll, feed):
            yield request

    async def parse_list(
        self, response: Response, poll: Poll, feed: Feed, known_as: str
    ) -> AsyncIterator[Request | Found]:
        """Read one list and go after what is new in it."""
        outcome = self.outcomes[poll.source.id]
        if response.status == 304:
            outcome.unchanged += 1
            outcome.validators.update((v.url, v) for v in poll.validators if v.url == known_as)
        elif response.status != 200:
            outcome.blame(await asyncio.to_thread(status_trouble, response.status, _text(response)))
            outcome.ask_patience(retry_after(response, self.memory.now()))
        else:
            try:
                async for result in self._read(response, poll, feed, known_as):
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
        self.outcomes[poll.source.id].blame(trouble(failure.value))
        self.outcomes[poll.source.id].ask_patience(self.patience.left(failure.request.url, self.memory.now()))
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
        self, response: Response, poll: Poll, feed: Feed, known_as: str
    ) -> AsyncIterator[Request | Found]:
        now, outcome = self.memory.now(), self.outcomes[poll.source.id]
        listing: Listing = await asyncio.to_thread(
            parse_list,
            response.body,
            source=poll.source,
            feed=feed,
            url=response.url,
            content_type=_header(response, "Content-Type"),
            now=now,
        )
        if not listing.entries and listing.problem:
            outcome.blame(await asyncio.to_thread(list_trouble, listing.problem, _text(response)))
            return
        if listing.problem:
            outcome.problems.append(listing.problem)
        dates = [e.published_at for e in listing.entries if e.published_at and e.published_at <= now]
        outcome.dates.extend(sorted(dates)[-NEWEST:])
        outcome.undated = bool(listing.entries) and not outcome.dates
        outcome.newest_item_at = max([*dates, *filter(None, [outcome.newest_item_at])], default=None)
        async for result in self._new_entries(listing.entries, poll, feed, now):
            yield result
        if known_as == feed.url:  # not a part, which has no parts
            self._open[poll.source.id] += len(listing.parts)
            for part in listing.parts:
                yield self._list(part, poll, feed, known_as=part)
        # Only now: a list whose entries are not all accounted for must be read again.
        outcome.lists_read += 1
        rendered = _rendered_list(poll.source, feed)
        outcome.validators[known_as] = Validator(url=known_as) if rendered else _validator(known_as, response)

    async def _new_entries(
        self, entries: Sequence[Entry], poll: Poll, feed: Feed, now: datetime
    ) -> AsyncIterator[Request | Found]:
        first = poll.first_sight(feed)
        entries = [entry for entry in entries if entry.title or entry.link]  # the rest says nothing
        keys = entry_keys(entries)
        asked = sorted(set().union(*keys)) if keys else []
        known = await asyncio.to_thread(self.memory.known, poll.source.id, asked)
        fresh = [(entry, own) for entry, own in zip(entries, keys, strict=True) if not own & known]
        # An item listed twice is one: the first listed stands for both.
        fresh = list({own: (entry, own) for entry, own in reversed(fresh)}.values())
        fresh.sort(key=lambda pair: pair[0].published_at or now, reverse=True)
        self.outcomes[poll.source.id].found += len(fresh)
        room = MOST_PAGES - self._pages[poll.source.id]
        paged = [pair for pair in fresh if _worth_a_page(pair[0], poll, feed, now)][: max(room, 0)]
        self._pages[poll.source.id] += len(paged)
        for entry, own in paged:
            yield self._page_or_entry(Wanted(entry=entry, keys=own, poll=poll, first_sight=first, at=now))
        has_page = {own for _, own in paged}
        told = [pair for pair in fresh if pair[1] not in has_page]
        for start in range(0, len(told), TOGETHER):
            articles = tuple(
                (complete(entry, None, source=poll.source, seen_at=now, problem=""), own)
                for entry, own in told[start : start + TOGETHER]
            )
            yield Found(source=poll.source, articles=articles, first_sight=first)

    def _page_or_entry(self, wanted: Wanted) -> Request | Found:
        try:
            return Request(
                wanted.entry.link,
                callback=self.parse_page,
                errback=self.page_failed,
                cb_kwargs={"wanted": wanted},
                meta={"browser": True} if wanted.poll.source.browser else {},
                dont_filter=True,
            )
        except ValueError:  # Scrapy refuses to make a request of this address
            return wanted.found(None, problem="its address cannot be read")

    async def parse_page(self, response: Response, wanted: Wanted) -> AsyncIterator[Found]:
        """Read one article page; one that cannot be read leaves the entry's own claims."""
        source = wanted.poll.source
        if response.status != 200:
            self.outcomes[source.id].ask_patience(retry_after(response, self.memory.now()))
            yield wanted.found(None, problem=status_in_words(response.status))
            return
        try:
            page = await asyncio.to_thread(
                extract_page,
                response.body,
                url=response.url,
                selectors=source.selectors
                if source.selectors != Selectors()
                else selectors_for(response.url),
                zone=source.timezone,
                now=wanted.at,
                header_charset=_charset(response),
                title_hint=wanted.entry.title,
            )
        except Exception as error:  # a bug met on this one page must not hold its source up at every poll
            self.logger.exception("page %s", response.url)
            yield wanted.found(None, problem=f"the page could not be read: {cause(error)}")
            return
        yield wanted.found(page)

    async def page_failed(self, failure: Any) -> AsyncIterator[Found]:
        """Keep an entry whose page could not be fetched, with the reason."""
        yield failure.request.cb_kwargs["wanted"].found(None, problem=in_words(failure))

    def hand_over(self, found: Found) -> None:
        """Give articles to the intake; called by the pipeline in a worker thread."""
        self._take(found)


def _rendered_list(source: Source, feed: Feed) -> bool:
    """Whether this list is a page that the browser has to fill; feeds and JSON are read as they come."""
    return source.browser and feed.method is Method.LISTING


def _worth_a_page(entry: Entry, poll: Poll, feed: Feed, now: datetime) -> bool:
    if not poll.source.fetch_pages or not entry.link or len(entry.content) >= ENOUGH_TEXT:
        return False
    old = age(entry, now)
    return not poll.first_sight(feed) if old is None else old <= poll.page_age(feed)


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


def _text(response: Response) -> str:
    return decode(response.body, _header(response, "Content-Type"))


def _charset(response: Response) -> str:
    for part in _header(response, "Content-Type").split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "charset":
            return value.strip("\"' ")
    return ""
