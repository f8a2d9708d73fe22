"""Long work in a thread that nobody has to wait for: neither what else uses threads nor a stop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


class OneByOne:
    """Runs calls one after the other, each in a daemon thread; a call that is cancelled runs on unheard."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn = asyncio.Lock()

    async def __call__(self, call: Callable[[], Result]) -> Result:
        """The call's result, or what it raises."""
        async with self._turn:
            return await self._started(call)

    def _started(self, call: Callable[[], Result]) -> asyncio.Future[Result]:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Result] = loop.create_future()

        def work() -> None:
            try:
                result = call()
            # The edge of a thread: what goes wrong is raised where the result is awaited.
            except Exception as trouble:
                tell(_fail, ended, trouble)
            else:
                tell(_end, ended, result)

        def tell(*words: object) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(*words)  # type: ignore[arg-type]

        threading.Thread(target=work, name=self._name, daemon=True).start()
        return ended


def _end(ended: asyncio.Future[Result], result: Result) -> None:
    if not ended.done():
        ended.set_result(result)


def _fail(ended: asyncio.Future[Result], trouble: Exception) -> None:
    if not ended.done():
        ended.set_exception(trouble)
