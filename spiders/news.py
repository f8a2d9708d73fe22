"""The one spider: a source's lists become entries, entries become articles, articles are handed over.

One crawl polls the due sources of one site, so politeness towards the site needs no other bookkeeping.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import scrapy
from scrapy import Request
from scrapy.http import Response

from monitor.core.decide import age
from monitor.core.health import NEWEST
from monitor.core.identity import entry_keys
from monitor.core.model import Entry, Feed, Method, Selectors, Source, SourceId, Use
from monitor.core.polling import Cause, Validator
from spiders.article import complete, extract_page
from spiders.charset import decode
from spiders.failures import (
    Patience,
    Trouble,
    cause,
    in_words,
    list_trouble,
    passes,
    retry_after,
    status_in_words,
    status_passes,
    status_trouble,
    trouble,
)
from spiders.feed import Skim, skim_list
from spiders.gate import SiteGate
from spiders.listing import lead
from spiders.poll import Found, Memory, Outcome, Poll, Wanted
from spiders.raw import Head, clean, named
from spiders.sites.hosts import selectors_for

TOGETHER = 200  # articles handed over at once
MOST_PAGES = 40  # article pages fetched per source and poll; the rest is judged from the feed's own text
MOST_OWED = 5  # pages that failed before and are tried again, per source and poll
REMADE = 0.8  # of the entries of an undated list, new at once, are no news but a backlog
LEAST_REMADE = 5  # entries, below which that may well be a busy day
_REMADE = "nearly every entry is new and none has a date: taken as a backlog, since the site was remade"
OUT_OF_TIME = "closespider_timeout"  # Scrapy's word for it
ENOUGH_TEXT = 1500  # characters of full text in a feed from which its page is not fetched


class NewsSpider(scrapy.Spider):
    """Polls sources; everything it needs comes as keyword arguments, since Scrapy deep-copies settings."""

    name = "news"

    def __init__(
        self,
        *,
        polls: Sequence[Poll],
        memory: Memory,
        take: Callable[[Found], None],
        patience: Patience | None = None,
        gate: SiteGate | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.polls = tuple(polls)
        self.memory = memory
        self.outcomes: dict[SourceId, Outcome] = {poll.source.id: Outcome() for poll in polls}
        self._take = take
        self.patience = patience or Patience()
        self.gate = gate or SiteGate()
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
            for request in await self._owed(poll):
                yield request

    async def _owed(self, poll: Poll) -> list[Request]:
        """Requests for the pages that failed at earlier polls and are due again."""
        now = self.memory.now()
        owed = await asyncio.to_thread(self.memory.owed, poll.source.id)
        due = [
            one for one in owed if one.next_try_at <= now and self.patience.left(one.entry.link, now) is None
        ]
        found = [
            self._page(
                Wanted(
                    entry=one.entry,
                    keys=one.keys,
                    poll=poll,
                    first_sight=one.first_sight,
                    at=one.seen_at,
                    tries=one.tries,
                )
            )
            for one in due[:MOST_OWED]
        ]
        self.outcomes[poll.source.id].found += len(found)
        return found

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
        outcome.blame(why, feed)
        self._heed(response, poll)
        for request in self._next_way(poll, feed):
            yield request

    async def parse_list(
        self, response: Response, poll: Poll, feed: Feed, known_as: str
    ) -> AsyncIterator[Request | Found]:
        """Read one list and go after what is new in it."""
        outcome = self.outcomes[poll.source.id]
        if response.status == 304 and _conditional(known_as, poll.validators):
            outcome.unchanged += 1
            outcome.taken(feed, next((v for v in poll.validators if v.url == known_as), None))
        elif response.status != 200:
            outcome.blame(await asyncio.to_thread(status_trouble, response.status, _text(response)), feed)
            outcome.ask_patience(
                retry_after(response, self.memory.now()), url=response.url, source=poll.source
            )
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
        feed: Feed = failure.request.cb_kwargs["feed"]
        outcome, url = self.outcomes[poll.source.id], failure.request.url
        outcome.blame(trouble(failure.value), feed)
        outcome.ask_patience(self.patience.left(url, self.memory.now()), url=url, source=poll.source)
        for request in self._next_way(poll, feed):
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
        skim: Skim = await asyncio.to_thread(
            skim_list,
            response.body,
            source=poll.source,
            feed=feed,
            url=response.url,
            content_type=_header(response, "Content-Type"),
            now=now,
        )
        if not skim.heads and skim.problem:
            outcome.blame(await asyncio.to_thread(list_trouble, skim.problem, _text(response)), feed)
            return
        if skim.problem:
            outcome.problems.append(skim.problem)
        dates = [head.published_at for head in skim.heads if head.published_at and head.published_at <= now]
        outcome.dates.extend(sorted(dates)[-NEWEST:])
        outcome.undated = bool(skim.heads) and not outcome.dates
        outcome.newest_item_at = max([*dates, *filter(None, [outcome.newest_item_at])], default=None)
        async for result in self._new_entries(skim, poll, feed, now):
            yield result
        parts = skim.parts if known_as == feed.url else ()  # a part has no parts
        if parts:
            self._open[poll.source.id] += len(parts)
            outcome.has_parts(feed, parts)
            for part in parts:
                yield self._list(part, poll, feed, known_as=part)
            return
        # Only now: a list whose entries are not all accounted for must be read again.
        outcome.lists_read += 1
        rendered = _rendered_list(poll.source, feed)
        outcome.taken(feed, Validator(url=known_as) if rendered else _validator(known_as, response))

    async def _new_entries(
        self, skim: Skim, poll: Poll, feed: Feed, now: datetime
    ) -> AsyncIterator[Request | Found]:
        heads = named(skim.heads)
        keys = entry_keys(list(heads.values()), feed.name)
        asked = sorted(set().union(*keys)) if keys else []
        known = await asyncio.to_thread(self.memory.known, poll.source.id, asked)
        new = {place: own for place, own in zip(heads, keys, strict=True) if own.isdisjoint(known)}
        # An item listed twice is one: the first listed stands for both.
        places = list({own: place for place, own in reversed(new.items())}.values())
        entries = await asyncio.to_thread(skim.entries, places) if places else ()
        fresh = [(clean(entry), new[place]) for place, entry in zip(places, entries, strict=True)]
        fresh.sort(key=lambda pair: pair[0].published_at or now, reverse=True)
        self.outcomes[poll.source.id].found += len(fresh)
        remade = not poll.first_sight(feed) and _remade(heads.values(), len(fresh))
        if remade:
            self.outcomes[poll.source.id].problems.append(_REMADE)
        first = poll.first_sight(feed) or remade
        room = MOST_PAGES - self._pages[poll.source.id]
        paged = [pair for pair in fresh if _worth_a_page(pair[0], poll, feed, now, first)][: max(room, 0)]
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
            return self._page(wanted)
        except ValueError:  # Scrapy refuses to make a request of this address
            return wanted.found(None, problem="its address cannot be read")

    def _page(self, wanted: Wanted) -> Request:
        return Request(
            wanted.entry.link,
            callback=self.parse_page,
            errback=self.page_failed,
            cb_kwargs={"wanted": wanted},
            meta={"browser": True} if wanted.poll.source.browser else {},
            dont_filter=True,
        )

    async def parse_page(self, response: Response, wanted: Wanted) -> AsyncIterator[Found]:
        """Read one article page; one that cannot be read leaves the entry's own claims."""
        try:
            found = await self._found_on(response, wanted)
        except Exception as error:  # a bug met on this one page must not hold its source up at every poll
            self.logger.exception("a page of %s", wanted.poll.source.id)
            found = wanted.found(None, problem=f"the page could not be read: {cause(error)}")
        yield found

    async def _found_on(self, response: Response, wanted: Wanted) -> Found:
        source, now = wanted.poll.source, self.memory.now()
        if response.status != 200:
            self._heed(response, wanted.poll)
            again_at = self._again_at(wanted, response.url) if status_passes(response.status) else None
            return wanted.found(None, problem=status_in_words(response.status), again_at=again_at)
        page = await asyncio.to_thread(
            extract_page,
            response.body,
            url=response.url,
            selectors=source.selectors if source.selectors != Selectors() else selectors_for(response.url),
            zone=source.timezone,
            now=wanted.at if not wanted.tries else now,
            header_charset=_charset(response),
            title_hint=wanted.entry.title,
        )
        return wanted.found(page)

    def _heed(self, response: Response, poll: Poll) -> None:
        asked = retry_after(response, self.memory.now())
        self.outcomes[poll.source.id].ask_patience(asked, url=response.url, source=poll.source)

    def _again_at(self, wanted: Wanted, url: str) -> datetime:
        now = self.memory.now()
        return wanted.next_try_at(now, self.patience.left(url, now))

    async def page_failed(self, failure: Any) -> AsyncIterator[Found]:
        """Keep an entry whose page could not be fetched, with the reason."""
        wanted: Wanted = failure.request.cb_kwargs["wanted"]
        again_at = self._again_at(wanted, failure.request.url) if passes(failure.value) else None
        yield wanted.found(None, problem=in_words(failure), again_at=again_at)

    def closed(self, reason: str) -> None:
        """Note that the crawl was ended before it was done; called by Scrapy."""
        for outcome in self.outcomes.values():
            outcome.out_of_time = reason == OUT_OF_TIME

    def hand_over(self, found: Found) -> None:
        """Give articles to the intake; called by the pipeline in a worker thread."""
        self._take(found)


def _rendered_list(source: Source, feed: Feed) -> bool:
    """Whether this list is a page that the browser has to fill; feeds and JSON are read as they come."""
    return source.browser and feed.method is Method.LISTING


def _remade(heads: Collection[Head], fresh: int) -> bool:
    """Whether a list without dates shows so much at once that its site was rebuilt, not its news written."""
    if any(head.published_at for head in heads):
        return False
    return fresh >= LEAST_REMADE and fresh >= REMADE * len(heads)


def _worth_a_page(entry: Entry, poll: Poll, feed: Feed, now: datetime, first: bool) -> bool:
    if not poll.source.fetch_pages or not entry.link or len(entry.content) >= ENOUGH_TEXT:
        return False
    old = age(entry, now)
    return not first if old is None else old <= poll.page_age(feed)


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
