"""The composition root, the only file that knows all parts: builds the service, runs it, ends it in order."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from scrapy.crawler import AsyncCrawlerProcess

from monitor import logs
from monitor.config.environment import Environment
from monitor.config.lexicon import shipped_lexicon
from monitor.config.secrets import secrets_of
from monitor.config.watch import ConfigWatcher
from monitor.core.classify import Judge, compile_rules
from monitor.core.errors import ConfigError, StoreError, UserError
from monitor.core.health import Condition, judge_health
from monitor.core.outbox import DOUBT_WAIT
from monitor.core.polling import SourceState
from monitor.core.ports import Clock, Sender
from monitor.core.settings import Config
from monitor.crawl import Sweeper, Swept, trust
from monitor.delivery import LATE, Delivery
from monitor.doctor.files import wide_open
from monitor.intake import Intake
from monitor.jobs import Jobs
from monitor.notices import tell_of_sources
from monitor.store.sql import SqlStore
from monitor.web.health import Health, HealthServer, Metrics

PATIENCE = 5.0  # seconds running crawls get to end by themselves; the whole stop stays under ten
GRACE = 7.5  # seconds for the parts beside them: the courier's own 7 s for sends under way, and a little

log = structlog.get_logger("policywire.service")


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present as aware UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class Present:
    """The configuration in force and the intake built from it; replaced together, never half."""

    config: Config
    intake: Intake
    since: datetime  # when it was put in force

    @classmethod
    def of(cls, config: Config, store: SqlStore, now: datetime) -> "Present":
        """Build what a configuration needs; compiling the rules takes a while."""
        return cls(config, _intake(config, store, _judge(config)), now)

    def become(self, other: "Present") -> None:
        """Put another configuration in force."""
        self.config, self.intake, self.since = other.config, other.intake, other.since


def _judge(config: Config) -> Judge:
    return compile_rules(config.rules, config.rules_version)


def _intake(config: Config, store: SqlStore, judge: Judge) -> Intake:
    return Intake(
        store=store, judge=judge, lexicon=shipped_lexicon(), policy=config.alerts, chats=config.chats
    )


class Service:
    """Everything that runs, on one loop."""

    def __init__(
        self,
        *,
        config: Config,
        config_path: Path,
        environment: Environment,
        store: SqlStore,
        process: AsyncCrawlerProcess,
        clock: Clock | None = None,
        sender: Sender | None = None,
        on_swept: Callable[[Swept], None] | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.store = store
        self.present = Present.of(config, store, self.clock.now())
        self.metrics = Metrics()
        self.jobs = Jobs()
        self.environment = environment
        self._path = config_path
        self._watch_swept = on_swept
        self._stop = asyncio.Event()
        self._failed = False
        self._sources_changed = False
        logs.hide(secrets_of(environment, config))
        self.delivery = Delivery(
            environment=environment,
            config_path=config_path,
            store=store,
            clock=self.clock,
            config=lambda: self.present.config,
            tell=self._tell_operator,
            sender=sender,
            problems=self.troubles,
        )
        self.courier = self.delivery.courier
        self.sweeper = Sweeper(
            process=process,
            store=store,
            clock=self.clock,
            config=lambda: self.present.config,
            intake=lambda: self.present.intake,
            on_queued=self._wake_courier,
            on_swept=self._swept,
        )
        self.watcher = ConfigWatcher(
            config_path,
            environment.values,
            config,
            on_change=self._config_changed,
            on_mistake=self._config_mistake,
        )
        self.health_server = HealthServer(self.health, self.metrics)

    # ── running ──

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT; 0 when everything ended in order."""
        self._loop = asyncio.get_running_loop()
        self._listen_to_signals(self._loop)
        for finding in wide_open(self._path, self.environment):
            log.warning(finding.words, mend=finding.mend)
        await self._listen()
        await self._open()
        self._begin_jobs()
        tasks = [
            asyncio.create_task(self.delivery.run(self._stop)),
            asyncio.create_task(self.watcher.run(self._stop)),
        ]
        for task in tasks:
            task.add_done_callback(self._ended)
        log.info(
            "watching",
            sources=len(self.present.config.sources),
            alerts_to="Telegram" if self.delivery.telegram else "this terminal (no TELEGRAM_BOT_TOKEN)",
            health=f"http://{self.environment.listen[0]}:{self.health_server.port}/healthz",
        )
        await self._stop.wait()
        log.info("stopping")
        await self._close(tasks)
        log.info("stopped")
        return 1 if self._failed else 0

    async def once(self) -> tuple[str, ...]:
        """Poll every due source once, deliver what is due, and end; returns what did not go out, and why."""
        self._loop = asyncio.get_running_loop()
        await self._open()
        done: set[str] = set()
        while started := await self.sweeper.tick(done) or self.sweeper.busy:
            done.update(started if isinstance(started, tuple) else ())
            await self.sweeper.wait_for_one()
        await self._tell_of_sources()
        await self.delivery.fold_due()
        await self._deliver_all()
        if await self.delivery.add_texts():
            await self._deliver_all()
        await self.delivery.close()
        return (*self.delivery.problems(), *self.delivery.not_delivered())

    async def _deliver_all(self) -> None:
        while await self.courier.deliver_due():
            pass

    def stop(self) -> None:
        """Ask the service to end."""
        self._stop.set()

    async def _listen(self) -> None:
        host, port = self.environment.listen
        try:
            await self.health_server.start(host, port)
        except OSError as error:
            why = error.strerror or error
            raise UserError(
                f"cannot listen on {host}:{port}: {why} (set LISTEN_ADDR to a free address)"
            ) from error

    async def _open(self) -> None:
        trust(self.present.config.network.trusted)
        await asyncio.to_thread(self._take_up)
        await self.delivery.open()

    def _take_up(self) -> None:
        # A request of the last life may still be on its way: too early a look would not meet its message.
        doubtful = self.store.end_leases(self.clock.now() + DOUBT_WAIT)
        if doubtful:
            log.warning("messages were under way when the last run ended", repeated=doubtful)
        self._keep_sources()

    def _keep_sources(self) -> None:
        config, now = self.present.config, self.clock.now()
        with self.store.work() as work:
            work.keep_sources(config.sources, now)
        self.store.keep_rules(config.rules_version, config.rules, now)

    def _begin_jobs(self) -> None:
        self.jobs.add("polling what is due", self._pump, seconds=1)
        self.jobs.add("making digests", self.delivery.fold_due, seconds=20)
        self.jobs.add("telling of sources", self._tell_of_sources, seconds=60, at_once=False)
        self.jobs.start()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A part that ends by an error of ours ends the service: better restarted than half alive."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical("a part of the service failed", exc_info=error)
            self._failed = True
            self._stop.set()

    async def _pump(self) -> None:
        if self._stop.is_set():
            return
        try:
            if self._sources_changed:
                await asyncio.to_thread(self._keep_sources)
                self._sources_changed = False
            await self.sweeper.tick()
        except StoreError as error:
            log.error("cannot read what is due", problem=str(error))

    async def _tell_of_sources(self) -> None:
        try:
            now = self.clock.now()
            if await asyncio.to_thread(tell_of_sources, self.store, self.present.config, now):
                self.courier.wake()
        except StoreError as error:
            log.error("the operator was not told of sources", problem=str(error))

    async def _close(self, tasks: list[asyncio.Task[None]]) -> None:
        self.jobs.pause()
        await asyncio.gather(self.sweeper.stop(PATIENCE), _end(tasks, GRACE))
        self.jobs.end()
        await self.health_server.stop()
        await self.delivery.close()

    def _listen_to_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._keep(loop.create_task(self.watcher.reload())))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._reloading = task  # the loop itself keeps only a weak reference

    # ── what the parts report ──

    def _wake_courier(self) -> None:
        self._loop.call_soon_threadsafe(self.courier.wake)

    def _swept(self, swept: Swept) -> None:
        self.metrics.polls.labels("failed" if swept.problem else "ok").inc()
        self.metrics.articles.inc(swept.new)
        self.metrics.flagged.inc(swept.flagged)
        if swept.problem:
            log.warning("source", source=swept.source_id, problem=swept.problem)
        elif swept.new:
            log.info("source", source=swept.source_id, new=swept.new, flagged=swept.flagged)
        if self._watch_swept is not None:
            self._watch_swept(swept)

    async def _config_changed(self, config: Config) -> None:
        logs.hide(secrets_of(self.environment, config))
        later = await asyncio.to_thread(self.delivery.changed, self.present.config, config)
        now = self.clock.now()
        self.present.become(await asyncio.to_thread(Present.of, config, self.store, now))
        trust(config.network.trusted)
        self._sources_changed = True  # the pump makes the store agree
        log.info("configuration reloaded", rules=len(config.rules.rules), sources=len(config.sources))
        if later:
            log.warning("a part of the configuration is not in force", problem=later)
        words = f"config.yaml was reloaded and is in force. {later}".rstrip()
        await asyncio.to_thread(self._tell_about_config, words)

    async def _config_mistake(self, mistake: ConfigError) -> None:
        log.error("configuration refused, the last good one stays", mistake=str(mistake))
        words = f"config.yaml was not taken over; the last good configuration stays in force.\n{mistake}"
        await asyncio.to_thread(self._tell_about_config, words)

    def _tell_about_config(self, words: str) -> None:
        try:
            self._tell_operator(f"config:{self.clock.now():%Y%m%dT%H%M%S%f}", words)
        except StoreError as error:
            log.error("the operator was not told", problem=str(error))

    def _tell_operator(self, key: str, words: str) -> None:
        operator = self.present.config.operator
        if operator is None:
            return
        with self.store.work() as work:
            work.add_notice(f"notice:{key}", words, operator, self.clock.now())
        self._wake_courier()

    def health(self) -> Health:
        """The state of the service as machines see it."""
        try:
            health = self._measure()
        except StoreError as error:
            health = Health(problems=(f"database: {error}",), details={})
        self.metrics.healthy.set(health.ok)
        return health

    def _measure(self) -> Health:
        states = self.store.source_states()
        failing = [state.source_id for state in states if state.failures]
        counts = self.store.counts()
        self.metrics.failing.set(len(failing))
        self.metrics.sources(*source_figures(states, self.present.config, self.clock.now()))
        for state, count in counts.items():
            self.metrics.deliveries.labels(state).set(count)
        problems = [*self._problems(states), *self.delivery.parked()]
        details: Mapping[str, object] = {
            "sources": len(states),
            "sources_failing": len(failing),
            "polls": self.sweeper.polls,
            "parked": {chat: logs.redact(why) for chat, why in self.store.parked_chats().items()},
            "deliveries": {str(state): count for state, count in counts.items()},
            "machine_texts": logs.redact(self.delivery.machine_trouble),
            "config_refused": logs.redact(self._refusal()),
        }
        shown = tuple(logs.redact(problem) for problem in problems)
        return Health(problems=shown, details=dict(details))

    def _problems(self, states: Sequence[SourceState]) -> Iterator[str]:
        """What ails the service, in words, but for chats that take nothing. Raises StoreError."""
        yield from self.delivery.problems()
        yield from self.delivery.late(LATE)
        yield from self.jobs.problems()
        if states and all(state.failures for state in states):
            yield "every source fails; is the network there?"

    def _refusal(self) -> str:
        """That config.yaml as it is now was refused, in words; "" when it is in force."""
        if not self.watcher.refused:
            return ""
        since = self.present.since.astimezone(self.present.config.alerts.timezone)
        in_force = f"the rules of {since:%Y-%m-%d %H:%M} are in force"
        return f"{self._path.name} is refused, {in_force}: {self.watcher.refused}"

    def troubles(self) -> tuple[str, ...]:
        """What the bot tells of: what ails the service, and a refused configuration, with which it does its
        job all the same. Parked chats the bot names itself. Raises StoreError."""
        found = (*self._problems(self.store.source_states()), self._refusal())
        return tuple(logs.redact(problem) for problem in found if problem)


async def _end(tasks: Sequence[asyncio.Task[None]], patience: float) -> None:
    """Let tasks end by themselves; call off those that do not in time."""
    _, late = await asyncio.wait(tasks, timeout=patience)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def source_figures(
    states: Iterable[SourceState], config: Config, now: datetime
) -> tuple[dict[str, int], dict[str, float]]:
    """Broken sources by cause, and the age in seconds of each source's newest item."""
    sources = {source.id: source for source in config.sources}
    broken: Counter[str] = Counter()
    ages: dict[str, float] = {}
    for state in states:
        if state.source_id not in sources:
            continue
        health = judge_health(state, sources[state.source_id], now)
        if health.condition is Condition.BROKEN:
            broken[health.cause or "unknown"] += 1
        if state.newest_item_at is not None:
            ages[state.source_id] = (now - state.newest_item_at).total_seconds()
    return broken, ages
