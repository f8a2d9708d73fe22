"""One writer at a time among the threads of this process, in the order they came, and none waits for ever."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.core.errors import StoreError

LONGEST_WAIT = 30.0  # seconds; the whole intake of an article takes some milliseconds


class Turn:
    """SQLite's own lock is polled and unfair, so threads queue here first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn. Raises StoreError when it does not come: a transaction opened in another."""
        if not self._lock.acquire(timeout=LONGEST_WAIT):
            raise StoreError(f"the store has been busy with another transaction for {LONGEST_WAIT:g} s")
        try:
            yield
        finally:
            self._lock.release()
