"""One poll of one source: what is asked, what it finds, what it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from monitor.core.model import Article, Entry, Feed, Source, SourceId, Use
from monitor.core.polling import Cause, PageOwed, RobotsText, Validator
from spiders.article import Page, complete
from spiders.failures import Trouble
from spiders.gate import site_of

MOST_TRIES = 4  # of a page that fails for a reason that passes
FIRST_WAIT = timedelta(minutes=10)  # before its second try; four times as long before each later one


class Memory(Protocol):
    """What a crawl may ask of, and tell, the service while it runs; called from worker threads."""

    def now(self) -> datetime: ...
    def known(self, source_id: SourceId, keys: Sequence[str]) -> frozenset[str]: ...
    def owed(self, source_id: SourceId) -> tuple[PageOwed, ...]: ...
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
    owed: PageOwed | None = None  # its page failed for a reason that passes: to be tried again
    paid: str = ""  # the link of a page that was owed until now


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An entry whose page is being fetched."""

    entry: Entry
    keys: frozenset[str]
    poll: Poll
    first_sight: bool
    at: datetime  # when its list was read
    tries: int = 0  # so far

    def found(self, page: Page | None, *, problem: str = "", again_at: datetime | None = None) -> Found:
        """The article: the entry completed by its page, or with the problem that kept it away.

        With `again_at` the problem is one that passes: the page is owed then, unless it was tried often.
        """
        source = self.poll.source
        article = complete(self.entry, page, source=source, seen_at=self.at, problem=problem)
        again = again_at is not None and self.tries + 1 < MOST_TRIES
        return Found(
            source=source,
            articles=((article, self.keys),),
            first_sight=self.first_sight,
            owed=self._owed(again_at) if again_at is not None and again else None,
            paid=self.entry.link if self.tries else "",
        )

    def _owed(self, again_at: datetime) -> PageOwed:
        return PageOwed(
            entry=self.entry,
            keys=self.keys,
            first_sight=self.first_sight,
            seen_at=self.at,
            tries=self.tries + 1,
            next_try_at=again_at,
        )

    def next_try_at(self, now: datetime, rest: timedelta | None) -> datetime:
        """When a page that failed is tried again, its host being left alone for `rest`."""
        wait: timedelta = FIRST_WAIT * 4**self.tries
        return now + max(wait, rest or timedelta())


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
    owed: int = 0  # pages that failed and are to be tried again
    out_of_time: bool = False  # the crawl was ended at its deadline
    answers: dict[str, tuple[Feed, Trouble | None]] = field(default_factory=dict)  # by list: what ailed it
    unread_parts: dict[str, set[str]] = field(default_factory=dict)  # of indexes of sitemaps, by list

    def blame(self, trouble: Trouble, feed: Feed | None = None) -> None:
        """Remember why a list was not read."""
        self.problems.append(trouble.words)
        self.causes.append(trouble.cause)
        if feed is not None:
            self.answers.setdefault(feed.url, (feed, trouble))

    def ask_patience(self, asked: timedelta | None, *, url: str, source: Source) -> None:
        """Remember the longest wait the source's own site asked for.

        What others ask for (hosts of its pages, of its other lists) concerns them alone: see `Patience`.
        """
        if asked is not None and site_of(url) == site_of(source.feeds[0].url):
            self.retry_after = max(asked, self.retry_after or asked)

    def has_parts(self, feed: Feed, parts: Sequence[str]) -> None:
        """Remember that this list is an index of others."""
        self.unread_parts[feed.url] = set(parts)

    def taken(self, feed: Feed, validator: Validator | None) -> None:
        """Remember that a list, or a part of one, was taken in, and how to ask for it the next time.

        An index is taken in once all its parts are; and it is never asked for conditionally, since its
        parts change without it.
        """
        self.answers[feed.url] = (feed, None)
        if validator is None:
            return
        self.validators[validator.url] = validator
        unread = self.unread_parts.get(feed.url)
        if unread is not None:
            unread.discard(validator.url)
            if not unread:
                self.validators[feed.url] = Validator(url=feed.url)

    @property
    def ok(self) -> bool:
        """Whether at least one list was read (or unchanged) and everything found was kept."""
        whole = self.kept == self.found or (self.out_of_time and self.kept > 0)
        return not self.broken and (self.lists_read + self.unchanged) > 0 and whole

    @property
    def cut_short(self) -> bool:
        """Whether time ran out before everything found was kept: the rest is found again at the next poll."""
        return self.out_of_time and self.kept != self.found

    @property
    def problem(self) -> str:
        """What went wrong, in words; "" when nothing did."""
        words = self._named() if any(trouble is None for _, trouble in self.answers.values()) else []
        told = {trouble.words for _, trouble in self.answers.values() if trouble and words}
        words += [one for one in dict.fromkeys(self.problems) if one not in told]
        if self.kept != self.found:
            why = "time ran out, " if self.out_of_time else ""
            words.append(f"{why}{self.found - self.kept} of {self.found} new articles not kept yet")
        if self.owed:
            words.append(f"{self.owed} page{'s' if self.owed > 1 else ''} owed")
        return "; ".join(words)

    def _named(self) -> list[str]:
        """What ailed the lists that were not read, and which list stood in for them, when others were."""
        answers = self.answers.values()
        words = [f"list {feed.name}: {trouble.words}" for feed, trouble in answers if trouble]
        instead = [feed.name for feed, trouble in answers if trouble is None and feed.use is not Use.PRIMARY]
        return words + ([f"read by its list {', '.join(instead)} instead"] if instead else [])

    @property
    def cause(self) -> Cause | None:
        """What spoilt it first; None when nothing did."""
        if self.causes:
            return self.causes[0]
        if self.broken or (self.kept != self.found and not self.ok):
            return Cause.OURS
        return Cause.NO_DATES if self.undated else None
