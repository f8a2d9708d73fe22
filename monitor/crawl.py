"""How sources are swept: a fresh Scrapy Crawler per site, many sites at once, one crawl per site at a time.

The process, the reactor and its asyncio loop belong to Scrapy's AsyncCrawlerProcess; everything else of the
service runs as coroutines on that same loop.
"""

import asyncio
import os
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from monitor.core.errors import StoreError
from monitor.core.health import remembered, usual_gap
from monitor.core.model import Source, SourceId
from monitor.core.polling import Cause, PageOwed, RobotsText, SourceState
from monitor.core.ports import Clock, Store
from monitor.core.settings import Config, Network
from monitor.intake import Intake, Taken
from monitor.schedule import (
    after_change,
    after_failure,
    after_success,
    asks_alike,
    by_site,
    in_time,
    lists_after,
)
from spiders.browser import MOST_BROWSERS, lacking, prepare
from spiders.failures import Patience
from spiders.gate import SiteGate
from spiders.guard import AddressGuard
from spiders.news import NewsSpider
from spiders.poll import Found, Outcome, Poll

MOST_SITES_AT_ONCE = 64
LONGEST_CRAWL = timedelta(seconds=120)  # and the waits between its requests
LONGEST_REST = timedelta(days=1)  # no server is granted more
SITE_REST = timedelta(minutes=1)
AGENT = "policywire/0.1"

log = structlog.get_logger("policywire.crawl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one poll of one source brought, for tables and metrics."""

    source_id: SourceId
    new: int = 0
    flagged: int = 0
    queued: int = 0
    problem: str = ""


@dataclass(slots=True)
class _Tally:
    new: int = 0
    flagged: int = 0
    queued: int = 0


@dataclass(frozen=True, slots=True)
class _Memory:
    """The spider's view of the store."""

    store: Store
    clock: Clock

    def now(self) -> datetime:
        return self.clock.now()

    def known(self, source_id: SourceId, keys: Sequence[str]) -> frozenset[str]:
        with self.store.work() as work:
            owed = {key for page in work.pages_owed(source_id) for key in page.keys}
            return work.known_keys(source_id, keys) | owed.intersection(keys)

    def owed(self, source_id: SourceId) -> tuple[PageOwed, ...]:
        with self.store.work() as work:
            return work.pages_owed(source_id)

    def robots(self, origin: str) -> RobotsText | None:
        with self.store.work() as work:
            return work.robots(origin)

    def save_robots(self, robots: RobotsText) -> None:
        with self.store.work() as work:
            work.save_robots(robots)


@dataclass(slots=True)
class Sweeper:
    """Polls what is due; `config` and `intake` give the present ones, so a reload acts at the next poll."""

    process: AsyncCrawlerProcess
    store: Store
    clock: Clock
    config: Callable[[], Config]
    intake: Callable[[], Intake]
    on_queued: Callable[[], None]
    on_swept: Callable[[Swept], None]
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _resting: dict[str, datetime] = field(default_factory=dict)  # sites that are left alone until then
    _heeded: tuple[Source, ...] = ()  # the sources as they were at the last tick
    _patience: Patience = field(default_factory=Patience)
    _gate: SiteGate = field(default_factory=SiteGate)
    _browsers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_BROWSERS))
    _stopping: bool = False
    polls: int = 0

    async def tick(self, skip: Collection[str] = ()) -> tuple[str, ...]:
        """Start a crawl for every site with a due source, as many as fit; returns the sites started."""
        now = self.clock.now()
        present = self.config().sources
        if present is not self._heeded:
            await asyncio.to_thread(self._heed_changes, present, now)
        await asyncio.to_thread(self._put_right, present, now)
        states = await asyncio.to_thread(self.store.due_sources, now)
        if self._stopping:
            return ()
        sources = {source.id: source for source in present}
        due = [sources[state.source_id] for state in states if state.source_id in sources]
        memory = {state.source_id: state for state in states}
        started: list[str] = []
        for site, members in by_site(due).items():
            if len(self._running) >= MOST_SITES_AT_ONCE:
                break
            until = self._resting.get(site, now)
            rested = until <= now or until > now + LONGEST_REST  # set by a clock that was put back since
            if rested and site not in self._running and site not in skip:
                self._start(site, members, memory)
                started.append(site)
        return tuple(started)

    def _heed_changes(self, present: tuple[Source, ...], now: datetime) -> None:
        """A source that a person has mended is not left waiting for the backoff of its old self."""
        before = {source.id: source for source in self._heeded}
        changed = [(before[s.id], s) for s in present if s.id in before and before[s.id] != s]
        if changed:
            with self.store.work() as work:
                for old, new in changed:
                    state = work.source_state(new.id)
                    if state is not None:
                        work.save_source_state(after_change(state, old, new, now))
        self._heeded = present

    def _put_right(self, present: tuple[Source, ...], now: datetime) -> None:
        """Bring polls back that a clock gone wrong has put off for months."""
        late = self.store.late_sources(now + LONGEST_REST)
        if not late:
            return
        sources = {source.id: source for source in present}
        with self.store.work() as work:
            for state in late:
                source = sources.get(state.source_id)
                right = state if source is None else in_time(state, source, now)
                if right != state:
                    work.save_source_state(right)

    def _start(self, site: str, members: tuple[Source, ...], memory: dict[SourceId, SourceState]) -> None:
        task = asyncio.get_running_loop().create_task(self._sweep_site(site, members, memory))
        self._running[site] = task
        task.add_done_callback(lambda _: self._running.pop(site, None))

    @property
    def busy(self) -> bool:
        """Whether a crawl is running."""
        return bool(self._running)

    async def wait_for_one(self) -> None:
        """Wait until one of the running crawls ends."""
        await asyncio.wait(list(self._running.values()), return_when=asyncio.FIRST_COMPLETED)

    async def stop(self, patience: float) -> None:
        """End running crawls: first politely, then, after `patience` seconds, without their leave."""
        self._stopping = True
        stopping = asyncio.get_running_loop().create_task(self.process.stop())
        _, late = await asyncio.wait({stopping, *self._running.values()}, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _sweep_site(
        self, site: str, members: tuple[Source, ...], memory: dict[SourceId, SourceState]
    ) -> None:
        self._resting.pop(site, None)
        try:
            for alike in by_crawl(members):
                async with self._browsers if alike[0].browser else nullcontext():
                    if site not in self._resting and not self._stopping:
                        await self._sweep_or_name_the_crash(site, alike, memory)
        except StoreError as error:
            # Still due in the database; without this rest it would be polled again every second.
            self._resting[site] = self.clock.now() + SITE_REST
            log.error("poll not recorded", sources=[s.id for s in members], problem=str(error))

    async def _sweep_or_name_the_crash(
        self, site: str, members: tuple[Source, ...], memory: dict[SourceId, SourceState]
    ) -> None:
        try:
            await self._sweep(site, members, memory)
        except StoreError:
            raise
        except Exception:
            log.exception("poll failed", sources=[s.id for s in members])
            await self._record_crash(members)

    async def _sweep(
        self, site: str, members: tuple[Source, ...], memory: dict[SourceId, SourceState]
    ) -> None:
        tallies: dict[SourceId, _Tally] = {source.id: _Tally() for source in members}
        polls = tuple(self._poll(source, memory[source.id]) for source in members)
        crawler = self.process.create_crawler(NewsSpider)
        adapt(crawler.settings, members, self.config().network, delays={s: memory[s].delay for s in tallies})
        await self.process.crawl(
            crawler,
            polls=polls,
            memory=_Memory(self.store, self.clock),
            take=self._taker(tallies),
            patience=self._patience,
            gate=self._gate,
        )
        spider = crawler.spider
        if not isinstance(spider, NewsSpider):
            raise RuntimeError("the crawl ended before its spider was made")
        delays = _delays(crawler)
        self._rest(site, spider.outcomes.values())
        for source in members:
            self.polls += 1
            outcome = spider.outcomes[source.id]
            if self._stopping and not outcome.ok:
                continue  # cut short by us: still due, the next life polls it at once
            await asyncio.to_thread(self._record, source, outcome, delays)
            self._report(source, outcome, tallies[source.id])

    def _rest(self, site: str, outcomes: Iterable[Outcome]) -> None:
        """Retry-After is asked by a server, not by a source: its neighbours on the site wait as well."""
        asked = [outcome.retry_after for outcome in outcomes if outcome.retry_after]
        if asked:
            self._resting[site] = self.clock.now() + max(asked)

    def _poll(self, source: Source, state: SourceState) -> Poll:
        policy = self.config().alerts
        return Poll(
            source=source,
            validators=state.validators,
            pages_newer_than=policy.max_age,
            pages_newer_than_at_first=policy.first_sight_max_age,
        )

    def _taker(self, tallies: dict[SourceId, _Tally]) -> Callable[[Found], None]:
        def take(found: Found) -> None:
            now = self.clock.now()
            for taken in self.intake().take(
                found.articles,
                source=found.source,
                first_sight=found.first_sight,
                now=now,
                owed=found.owed,
                paid=found.paid,
            ):
                self._count(tallies[found.source.id], taken)

        return take

    def _count(self, tally: _Tally, taken: Taken) -> None:
        tally.new += 1
        tally.flagged += taken.verdict.relevant
        tally.queued += taken.queued
        if taken.verdict.relevant:
            log.info(
                "flagged",
                source=taken.article.source_id,
                title=taken.article.title,
                decision=taken.decision.reason,
                why=taken.decision.words,
            )
        if taken.queued:
            self.on_queued()

    def _record(self, source: Source, outcome: Outcome, delays: dict[str, float]) -> None:
        now = self.clock.now()
        with self.store.work() as work:
            state = work.source_state(source.id)
            if state is not None and self._is_as_asked(source):
                outcome.owed = len(work.pages_owed(source.id))
                work.save_source_state(next_state(state, source, outcome, delays, now))

    def _is_as_asked(self, asked: Source) -> bool:
        """Whether the source is still configured as it was when this poll began: else it says nothing."""
        present = next((source for source in self.config().sources if source.id == asked.id), asked)
        return asks_alike(present, asked)

    def _report(self, source: Source, outcome: Outcome, tally: _Tally) -> None:
        self.on_swept(
            Swept(
                source_id=source.id,
                new=tally.new,
                flagged=tally.flagged,
                queued=tally.queued,
                problem=outcome.problem,
            )
        )

    async def _record_crash(self, members: tuple[Source, ...]) -> None:
        for source in members:
            crash = Outcome(problems=["our own error while polling; see the log"], causes=[Cause.OURS])
            await asyncio.to_thread(self._record, source, crash, {})
            self._report(source, crash, _Tally())


def next_state(
    state: SourceState, source: Source, outcome: Outcome, delays: dict[str, float], now: datetime
) -> SourceState:
    """The memory of a source after a poll; `delays` are seconds between two requests, by host."""
    return remembered(_polled(state, source, outcome, delays, now), source, now)


def _polled(
    state: SourceState, source: Source, outcome: Outcome, delays: dict[str, float], now: datetime
) -> SourceState:
    host = urlsplit(source.feeds[0].url).hostname or ""
    answers = {
        url: ("", None) if trouble is None else (trouble.words, trouble.cause)
        for url, (_, trouble) in outcome.answers.items()
    }
    lists = lists_after(state, source, answers, now)
    state = replace(state, delay=delays.get(host, state.delay), lists=lists)
    if outcome.ok:
        done = after_success(
            state,
            source,
            # Lists whose entries are not all kept are to be read again, whole.
            validators=() if outcome.cut_short else outcome.validators.values(),
            newest_item_at=outcome.newest_item_at,
            delay=state.delay,
            now=now,
        )
        if outcome.cut_short:
            done = replace(done, first_polled_at=state.first_polled_at)
        due_at = max(done.next_poll_at, now + (outcome.retry_after or timedelta()))
        unread = outcome.lists_read == 0 and state.cause is Cause.NO_DATES  # as undated as before
        return replace(
            done,
            problem=outcome.problem,
            cause=state.cause if unread else outcome.cause,
            gap=usual_gap(outcome.dates, source) or state.gap,
            newest_taken_at=now if outcome.found else state.newest_taken_at,
            next_poll_at=due_at,
        )
    failed = after_failure(state, source, problem=outcome.problem, retry_after=outcome.retry_after, now=now)
    return replace(failed, cause=outcome.cause)


def by_crawl(members: Collection[Source]) -> tuple[tuple[Source, ...], ...]:
    """The sources of a site by what is set for a whole crawl: certificates checked, a browser used."""
    kinds: dict[tuple[bool, bool], list[Source]] = {}
    for source in members:
        kinds.setdefault((source.browser, not source.verify_tls), []).append(source)
    return tuple(tuple(alike) for _, alike in sorted(kinds.items()))


def browser_warning(sources: Iterable[Source], env: Mapping[str, str]) -> str:
    """Which sources cannot be read on this machine for want of a browser, and the mend; "" for none."""
    names = [source.id for source in sources if source.browser]
    lack = lacking(env) if names else ""
    return f"{', '.join(names)}: {lack}" if lack else ""


def adapt(
    settings: Settings, members: Collection[Source], network: Network, delays: Mapping[SourceId, float]
) -> None:
    """Set what differs per crawl: how we present ourselves, whom we trust, how long we wait.

    `delays` are the seconds between two requests as learned from earlier polls, by source.
    """
    contact = f"; {network.contact}" if network.contact else ""
    least = max(source.delay.total_seconds() for source in members)
    hosts = {urlsplit(feed.url).hostname for source in members for feed in source.feeds}
    learned = max([delays.get(source.id, 0.0) for source in members] + [least])
    values: dict[str, Any] = {
        "USER_AGENT": f"{AGENT} (news monitor{contact})",
        "TRUSTED_ORIGINS": network.trusted,
        "DOWNLOAD_DELAY": least,
        "AUTOTHROTTLE_ENABLED": least > 0,
        "DOWNLOAD_SLOTS": {host: {"concurrency": 1, "delay": learned} for host in hosts if host},
        "DOWNLOAD_VERIFY_CERTIFICATES": all(source.verify_tls for source in members),
        "LONGEST_CRAWL": LONGEST_CRAWL.total_seconds(),
    }
    for name, value in values.items():
        settings.set(name, value, priority="cmdline")
    if any(source.browser for source in members):
        prepare(settings, os.environ)


def _delays(crawler: Any) -> dict[str, float]:
    if not crawler.engine:
        return {}
    downloader = crawler.engine.downloader  # which forgets slots that were not used for a minute
    told = {host: float(one.get("delay") or 0) for host, one in downloader.per_slot_settings.items()}
    return told | {host: slot.delay for host, slot in downloader.slots.items()}


def new_process() -> AsyncCrawlerProcess:
    """Scrapy's process on the asyncio reactor, set up by `spiders.settings`."""
    settings = Settings()
    settings.setmodule("spiders.settings", priority="project")
    return AsyncCrawlerProcess(settings)


def trust(trusted: Sequence[str]) -> None:
    """Tell the running reactor's connect-time guard which origins are trusted."""
    from twisted.internet import reactor

    resolver: Any = reactor.nameResolver
    resolver.guard = AddressGuard(trusted)


def run_until_done(process: AsyncCrawlerProcess, main: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine on the process's loop, with the reactor around it, and give back its result."""
    from twisted.internet import reactor

    stop: Callable[[], None] = reactor.stop  # type: ignore[misc]
    loop = asyncio.get_event_loop()
    task = loop.create_task(main)
    task.add_done_callback(lambda _: stop())
    process.start(stop_after_crawl=False, install_signal_handlers=False)
    return task.result()
