"""Fakes of our protocols, small enough to trust at a glance."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.errors import SendError
from monitor.core.model import Chat, Message
from tests.builders import NOW


class FakeClock:
    """A Clock that moves only when told."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


@dataclass(frozen=True, slots=True)
class Tried:
    chat_id: str
    message: Message


class FakeSender:
    """A Sender that answers with the given troubles first, then accepts everything."""

    def __init__(self, *troubles: SendError | None) -> None:
        self.troubles = deque(troubles)
        self.tried: list[Tried] = []

    async def send(self, chat: Chat, message: Message) -> int | None:
        self.tried.append(Tried(chat.id, message))
        if self.troubles and (trouble := self.troubles.popleft()):
            raise trouble
        return len(self.tried)
