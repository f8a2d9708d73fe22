"""Calls of the store from the loop: each in a thread, and repeated until the store works."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from monitor.core.errors import LeaseLost, StoreError
from monitor.core.outbox import backoff

_LONGEST_WAIT = 30.0  # seconds: a disk with room again is noticed within a minute

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Record:
    """What must be written down before anything else goes to a chat.

    On a full disk the chat stays busy, `problem` says why, and the record is made as soon as there is room.
    """

    def __init__(self) -> None:
        self.problem = ""

    async def __call__(
        self, call: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
    ) -> Result:
        """Call the store until it works. Raises LeaseLost."""
        tries = 0
        while True:
            try:
                result = await asyncio.to_thread(call, *args, **named)
            except LeaseLost:
                raise
            except StoreError as error:
                tries += 1
                self.problem = f"the outbox cannot be written: {error}"
                await asyncio.sleep(min(backoff(tries).total_seconds(), _LONGEST_WAIT))
            else:
                self.problem = ""
                return result
