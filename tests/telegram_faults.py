"""What goes wrong with calls to the Bot API: by hand, by chance, and by flood control."""

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

_BURST = 5  # messages one chat takes faster than one a second
_PENALTY = 2  # seconds added to the wait that would do


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one call: a status with a description, or a way to break the connection."""

    status: int = 0
    description: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    body: bytes | None = None  # answered with `status` as it is
    cut: bool = False  # the right answer, but half of it
    reset: bool = False
    hang: float = 0.0  # seconds before the answer
    delivered: bool = False  # the message is posted all the same, before the hang
    late: bool = False  # the message is posted after the hang


def flood(seconds: int) -> Fault:
    words = f"Too Many Requests: retry after {seconds}"
    return Fault(status=429, description=words, parameters={"retry_after": seconds})


def migrated(new_id: int) -> Fault:
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    return Fault(status=400, description=words, parameters={"migrate_to_chat_id": new_id})


def blocked() -> Fault:
    return Fault(status=403, description="Forbidden: bot was kicked from the supergroup chat")


def refused(description: str) -> Fault:
    return Fault(status=400, description=f"Bad Request: {description}")


class Chaos:
    """A share of the calls fails, each time in one of the ways networks and Telegram know."""

    def __init__(self, share: float, seed: int, *, hang: float = 45.0) -> None:
        self._share = share
        self._dice = random.Random(seed)
        self._hang = hang  # longer than the client waits, shorter than a doubtful message rests

    def draw(self) -> Fault | None:
        if self._dice.random() >= self._share:
            return None
        return self._dice.choice(self._ways())(self._dice.random() < 0.5)

    def _ways(self) -> list[Callable[[bool], Fault]]:
        return [
            lambda _: flood(self._dice.randint(1, 8)),
            lambda there: Fault(status=500, description="Internal Server Error", delivered=there),
            lambda there: Fault(status=502, body=b"<html>Bad Gateway</html>", delivered=there),
            lambda there: Fault(reset=True, delivered=there),
            lambda there: Fault(reset=True, hang=self._hang, delivered=there),
            lambda there: Fault(reset=True, hang=self._hang, late=there),
            lambda _: Fault(cut=True),
        ]


class FloodControl:
    """The documented pace: a message a second to one chat, 20 a minute to a group, 30 a second in all."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[float, float]] = {}  # by chat: how many, since when
        self._minute: dict[str, deque[float]] = {}
        self._second: deque[float] = deque()

    def wait(self, chat_id: str) -> int:
        """Seconds to wait before the call would be taken; 0 when it is taken, which counts it."""
        now = asyncio.get_running_loop().time()
        minute = self._minute.setdefault(chat_id, deque())
        _forget(minute, now - 60)
        _forget(self._second, now - 1)
        tokens, since = self._tokens.get(chat_id, (float(_BURST), now))
        tokens = min(_BURST, tokens + now - since)
        waits = [1 - tokens, len(self._second) // 30]
        if chat_id.startswith(("-", "@")) and len(minute) >= 20:
            waits.append(minute[0] + 60 - now)
        if (longest := max(waits)) > 0:
            return math.ceil(longest) + _PENALTY
        self._tokens[chat_id] = tokens - 1, now
        minute.append(now)
        self._second.append(now)
        return 0


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()
