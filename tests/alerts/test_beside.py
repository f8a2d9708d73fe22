"""Long work beside everything else: one at a time, and nobody has to wait for it."""

import asyncio
import subprocess
import sys
import threading

import pytest

from alerts.beside import OneByOne

ENDS_MEANWHILE = """
import asyncio, time
from alerts.beside import OneByOne

async def main():
    try:
        await asyncio.wait_for(OneByOne("long")(lambda: time.sleep(600)), 0.05)
    except TimeoutError:
        print("not waited for")

asyncio.run(main())
"""


async def test_one_call_at_a_time_in_a_thread_of_its_own() -> None:
    beside, running, most = OneByOne("work"), 0, 0

    def call() -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        running -= 1
        return threading.current_thread().name

    assert await asyncio.gather(*(beside(call) for _ in range(5))) == ["work"] * 5
    assert most == 1


async def test_what_goes_wrong_is_raised_and_the_next_call_runs() -> None:
    beside = OneByOne("work")

    def fails() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await beside(fails)
    assert await beside(lambda: 7) == 7


@pytest.mark.parametrize("fails", [False, True])
async def test_a_call_that_is_called_off_runs_on_unheard(fails: bool) -> None:
    beside, may_end, ended = OneByOne("work"), threading.Event(), threading.Event()

    def call() -> None:
        may_end.wait()
        asyncio.run_coroutine_threadsafe(note(), loop)
        if fails:
            raise ValueError("a bug")

    async def note() -> None:
        ended.set()

    loop = asyncio.get_running_loop()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(beside(call), 0.01)
    assert await beside(lambda: "next") == "next"
    may_end.set()
    await asyncio.to_thread(ended.wait)


def test_the_process_ends_while_a_call_runs() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS_MEANWHILE], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    assert (ended.stdout, ended.stderr) == ("not waited for\n", "")
