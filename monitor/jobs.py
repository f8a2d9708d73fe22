"""What the service does by the clock: a job that fails is told, and runs again at its next turn."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger("policywire.jobs")


class Jobs:
    """The scheduled jobs of one service, and what ails them until their next run succeeds."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._failures: dict[str, str] = {}

    def add(
        self, name: str, work: Callable[[], Awaitable[None]], *, seconds: int, at_once: bool = True
    ) -> None:
        """Run the work again and again; `name` says in words what it does."""
        first = {"next_run_time": datetime.now(UTC)} if at_once else {}
        self._scheduler.add_job(self.run, "interval", (name, work), seconds=seconds, **first)

    async def run(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run the work once, now."""
        try:
            await work()
        # The edge of one job: the scheduler would log it once and nobody would see it.
        except Exception as bug:
            log.error("a job failed", job=name, exc_info=bug)
            self._failures[name] = f"{name} failed: {type(bug).__name__} (the log tells more)"
        else:
            self._failures.pop(name, None)

    def problems(self) -> Iterator[str]:
        """The jobs whose last run failed, in words."""
        yield from list(self._failures.values())

    def start(self) -> None:
        """Begin, on the running loop."""
        self._scheduler.start()

    def pause(self) -> None:
        """Begin no further run."""
        self._scheduler.pause()

    def end(self) -> None:
        """Forget the jobs; one that runs is not waited for."""
        self._scheduler.shutdown(wait=False)
