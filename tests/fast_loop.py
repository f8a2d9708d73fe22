"""Event loops on which time passes faster, or is not waited for at all: sleeps, timeouts and clocks alike."""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.builders import NOW

Result = TypeVar("Result")


class _HastySelector(selectors.BaseSelector):
    """Waits a fraction of the time asked for."""

    def __init__(self, speed: float) -> None:
        self._selector = selectors.DefaultSelector()
        self._speed = speed

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._selector.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._selector.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._selector.modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._selector.select(timeout / self._speed if timeout else timeout)

    def close(self) -> None:
        self._selector.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._selector.get_map()


class FastLoop(asyncio.SelectorEventLoop):
    """A loop whose clock runs `speed` times as fast as the machine's."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        super().__init__(_HastySelector(speed))

    def time(self) -> float:
        return super().time() * self._speed


class _IdleSelector(_HastySelector):
    """Waits for nothing and tells how long it should have waited."""

    def __init__(self) -> None:
        super().__init__(speed=1)
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.skipped += timeout or 0
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer; for code that waits for timers alone, not for sockets."""

    def __init__(self) -> None:
        self._idle = _IdleSelector()
        super().__init__(self._idle)

    def time(self) -> float:
        return self._idle.skipped


def run_skipping(main: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end without waiting."""
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(main)


def run_fast(main: Coroutine[Any, Any, Result], *, speed: float) -> Result:
    """Run to the end on a fast loop."""
    with asyncio.Runner(loop_factory=lambda: FastLoop(speed)) as runner:
        return runner.run(main)


class LoopClock:
    """A Clock that goes with the running loop's, whose time was `zero` at `start` (by default, it is now).

    Loops of one speed tell the same time in every process of a machine.
    """

    def __init__(self, start: datetime = NOW, zero: float | None = None) -> None:
        self._start = start
        self.zero = asyncio.get_running_loop().time() if zero is None else zero

    def now(self) -> datetime:
        return self._start + timedelta(seconds=asyncio.get_running_loop().time() - self.zero)
