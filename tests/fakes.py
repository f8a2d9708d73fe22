"""Fakes of our protocols, small enough to trust at a glance."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.errors import SendError
from monitor.core.messages import Message
from monitor.core.settings import Chat
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
    thread: int | None = None
    reply_to: int | None = None
    edited: int | None = None  # the id of the message that was to be edited
    deleted: int | None = None


class FakeSender:
    """A Sender that answers with the given troubles first, then accepts everything.

    It reads back only once `arrived` is given: the ids an edit finds.
    """

    def __init__(self, *troubles: SendError | None, arrived: Collection[int] | None = None) -> None:
        self.troubles = deque(troubles)
        self.tried: list[Tried] = []
        self.arrived = arrived

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        self._try(Tried(chat.id, message, chat.thread, reply_to))
        return len(self.tried)

    async def edit(self, chat: Chat, message_id: int, message: Message) -> bool:
        self._try(Tried(chat.id, message, chat.thread, edited=message_id))
        return message_id in (self.arrived or ())

    async def delete(self, chat: Chat, message_id: int) -> bool:
        self._try(Tried(chat.id, Message(html="", plain=""), chat.thread, deleted=message_id))
        return True

    async def reads_back(self, chat: Chat) -> bool:
        return self.arrived is not None

    def _try(self, tried: Tried) -> None:
        self.tried.append(tried)
        if self.troubles and (trouble := self.troubles.popleft()):
            raise trouble
