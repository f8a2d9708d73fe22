"""The pace of requests that Telegram documents, kept so that normal work never meets a 429."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from monitor.core.settings import Channel, Chat

_SLACK = 0.02  # of every span: clocks differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many requests in any span of so many seconds."""

    most: int
    seconds: float


# Telegram's Bots FAQ: about one message a second to one chat, 20 a minute to a group or channel, 30 a second
# over all. Edits count (grammY's guide to flood limits).
PER_CHAT = Limit(most=1, seconds=1.0)
PER_GROUP = Limit(most=20, seconds=60.0)
OVER_ALL = Limit(most=28, seconds=1.0)


def telegram_limits(chat: Chat) -> tuple[Limit, ...]:
    """The limits of one chat; groups and channels have negative ids or names."""
    if chat.channel is not Channel.TELEGRAM:
        return ()
    return (PER_CHAT, PER_GROUP) if chat.id.startswith(("-", "@")) else (PER_CHAT,)


def no_limits(_chat: Chat) -> tuple[Limit, ...]:
    """Requests may follow each other at once."""
    return ()


def address_of(chat: Chat) -> str:
    """What chats share a pace and one request in flight: forum topics are one Telegram chat."""
    if chat.channel is not Channel.TELEGRAM:
        return f"channel:{chat.name}"  # its own address may hold a password, and this is written down
    return chat.id or chat.name


class _Window:
    """The requests of one limit. Each counts from its start until the span after its end has passed.

    The server counts when a request arrives, which is some time between the two: counted like this, no
    delay on the way can make it see more than the limit in any span.
    """

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._open = 0
        self._ended: deque[float] = deque()

    def free_in(self, now: float) -> float:
        """Seconds until one more may start; an unknown time ahead while the open ones alone fill it."""
        self._forget(now)
        over = self._open + len(self._ended) + 1 - self.limit.most
        if over <= 0:
            return 0.0
        if over > len(self._ended):
            return self._span
        return self._ended[over - 1] + self._span - now

    def idle(self, now: float) -> bool:
        self._forget(now)
        return not self._open and not self._ended

    def start(self) -> None:
        self._open += 1

    def end(self, now: float) -> None:
        self._open -= 1
        self._ended.append(now)

    @property
    def _span(self) -> float:
        return self.limit.seconds * (1 + _SLACK)

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0] + self._span <= now:
            self._ended.popleft()


class Pace:
    """Lets requests through no faster than their limits, by Telegram address.

    `seconds` tells the time by a clock that nobody sets: the loop's own by default.
    """

    def __init__(
        self,
        limits: Callable[[Chat], tuple[Limit, ...]] = telegram_limits,
        over_all: Limit | None = OVER_ALL,
        seconds: Callable[[], float] | None = None,
    ) -> None:
        self._seconds = seconds or _loop_time
        self._limits = limits
        self._over_all = (_Window(over_all),) if over_all else ()
        self._windows: dict[str, tuple[_Window, ...]] = {}
        self._held: dict[str, float] = {}  # until when, by address
        self._closed: dict[str, float] = {}
        self._unsettled: set[str] = set()
        self._waiting: Counter[str] = Counter()  # requests that wait for their turn or have it, by address

    def ready_in(self, chat: Chat) -> float:
        """Seconds until the chat's own limits let the next request through."""
        return _longest(self._windows.get(address_of(chat), ()), self._seconds())

    def hold(self, chat: Chat, seconds: float) -> None:
        """Remember that the chat asked for patience; `held_for` tells of it, `turn` does not wait for it."""
        until = self._seconds() + seconds
        self._held[address_of(chat)] = max(until, self._held.get(address_of(chat), until))

    def close(self, chat: Chat, seconds: float) -> None:
        """Let nothing through to the chat for so long: it asked an answer of the bot for patience."""
        self.hold(chat, seconds)
        self._closed[address_of(chat)] = self._held[address_of(chat)]

    def doubt(self, chat: Chat) -> None:
        """The last request to the chat is in doubt, and that is not written down yet."""
        self._unsettled.add(address_of(chat))

    def settled(self, address: str) -> None:
        """It is written down by now."""
        self._unsettled.discard(address)

    def in_doubt(self, chat: Chat) -> bool:
        return address_of(chat) in self._unsettled

    def held_for(self, chat: Chat) -> float:
        """Seconds of that patience that are left."""
        left = self._held.get(address_of(chat), 0.0) - self._seconds()
        if left <= 0:
            self._held.pop(address_of(chat), None)
        return max(left, 0.0)

    @asynccontextmanager
    async def turn(self, chat: Chat) -> AsyncIterator[None]:
        """Wait for the chat's turn; the request is what happens inside."""
        windows, address = self._of(chat), address_of(chat)
        self._waiting[address] += 1
        try:
            wait = self._wait(chat, windows)
            while wait > 0:
                await asyncio.sleep(wait)
                wait = self._wait(chat, windows)
            for window in windows:
                window.start()
            try:
                yield
            finally:
                for window in windows:
                    window.end(self._seconds())
        finally:
            self._waiting[address] -= 1

    def _wait(self, chat: Chat, windows: Iterable[_Window]) -> float:
        now = self._seconds()
        closed = self._closed.get(address_of(chat), 0.0) - now
        if closed <= 0:
            self._closed.pop(address_of(chat), None)
        return max(closed, _longest(windows, now))

    def _of(self, chat: Chat) -> tuple[_Window, ...]:
        limits = self._limits(chat)
        if not limits:
            return ()
        address = address_of(chat)
        if address not in self._windows:
            self._drop_idle()
            self._windows[address] = tuple(_Window(limit) for limit in limits)
        return (*self._windows[address], *self._over_all)

    def _drop_idle(self) -> None:
        now = self._seconds()
        idle = [
            address
            for address, windows in self._windows.items()
            # Who waits will use the windows it was given.
            if not self._waiting[address] and all(window.idle(now) for window in windows)
        ]
        for address in idle:
            del self._windows[address]
            del self._waiting[address]


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


def _longest(windows: Iterable[_Window], now: float) -> float:
    return max((window.free_in(now) for window in windows), default=0.0)
