"""A scheduled job that fails shows until its next run succeeds."""

import asyncio
import logging

import pytest

from monitor.jobs import Jobs


class Work:
    """A job that fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.runs = 0
        self.done = asyncio.Event()

    async def __call__(self) -> None:
        self.runs += 1
        if self.runs <= self.failures:
            raise RuntimeError("a bug")
        self.done.set()


async def test_a_failure_shows_until_the_next_run_succeeds(caplog: pytest.LogCaptureFixture) -> None:
    jobs, work = Jobs(), Work(failures=1)
    await jobs.run("making digests", work)
    assert list(jobs.problems()) == ["making digests failed: RuntimeError (the log tells more)"]
    await jobs.run("making digests", work)
    assert list(jobs.problems()) == []


async def test_jobs_run_by_the_clock_and_go_on_after_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    jobs, work, never = Jobs(), Work(failures=1), Work(failures=0)
    jobs.add("this", work, seconds=1)
    jobs.add("that", never, seconds=60, at_once=False)
    jobs.start()
    await work.done.wait()
    jobs.pause()
    jobs.end()
    assert never.runs == 0
    assert list(jobs.problems()) == []
