"""The line to one chat for one message: its requests are paced, and what is refused is softened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from alerts.pace import Pace
from monitor.core.errors import (
    ButtonsRefused,
    ChatGone,
    ChatMigrated,
    MessageRefused,
    RetryLater,
    TopicGone,
    Unexplained,
)
from monitor.core.messages import Message
from monitor.core.ports import Sender
from monitor.core.settings import Chat

Answer = TypeVar("Answer")


class Forbidden(MessageRefused):
    """Not asked of the server: it might do harm."""


class BareWordsRefused(ChatGone):
    """Even bare words were refused, in terms that we do not know: it may be the chat, it may be the words."""


@dataclass(slots=True)
class Line:
    """Where a message goes and how it reads; both change as the server's answers demand."""

    sender: Sender
    pace: Pace
    chat: Chat
    message: Message
    remember: Callable[[str], Awaitable[None]]  # keeps the chat's new id; called before it is used
    newest_noted: Callable[[Chat], Awaitable[int | None]] | None = None  # asked right before a send
    newest: int | None = None  # what it told
    asked: bool = False  # a request may have left
    moved: bool = False
    lost_topic: int | None = None  # the forum topic that takes no messages
    _reply_to: int | None = field(default=None, init=False)

    async def send(self, reply_to: int | None) -> int | None:
        """Send the message; its id if the channel has one. Raises a SendError."""
        self._reply_to = reply_to
        try:
            return await self._softened(self._send)
        except Unexplained as refusal:
            raise BareWordsRefused(str(refusal)) from None

    async def _send(self) -> int | None:
        if self.newest_noted is not None:
            self.newest = await self.newest_noted(self.chat)
        return await self.sender.send(self.chat, self.message, reply_to=self._reply_to)

    async def edit(self, message_id: int, *, check: Callable[[], Awaitable[None]] | None = None) -> bool:
        """Edit the message of this id, as Sender.edit answers. Raises a SendError.

        `check` is asked right before, in the turn of the request, and may forbid it by raising one.
        """

        async def edit() -> bool:
            if check is not None:
                await check()
            return await self.sender.edit(self.chat, message_id, self.message)

        return await self._softened(edit)

    async def delete(self, message_id: int) -> bool:
        """Take the message of this id back, as Sender.delete answers. Raises a SendError."""
        return await self._softened(lambda: self.sender.delete(self.chat, message_id))

    async def _softened(self, request: Callable[[], Awaitable[Answer]]) -> Answer:
        while True:
            try:
                async with self.pace.turn(self.chat):
                    self.asked = True
                    return await request()
            except RetryLater as asked:
                self.pace.hold(self.chat, asked.after.total_seconds())  # for what the bot answers
                raise
            except ChatMigrated as moved:
                await self._follow(moved)
            except TopicGone as gone:
                self._leave_topic(gone)
            except Forbidden:
                raise
            except MessageRefused as refusal:
                self._soften(refusal)

    async def _follow(self, new: ChatMigrated) -> None:
        if self.moved:  # it moves in circles
            raise new
        await self.remember(str(new.to))
        self.moved = True
        self.chat = replace(self.chat, id=str(new.to))

    def _leave_topic(self, gone: TopicGone) -> None:
        if self.chat.thread is None:
            raise gone
        self.lost_topic = self.chat.thread
        self.chat = replace(self.chat, thread=None)

    def _soften(self, refusal: MessageRefused) -> None:
        """Take away what may have been refused, the least useful first."""
        if self.message.buttons and isinstance(refusal, ButtonsRefused):
            self.message = replace(self.message, buttons=())
        elif self.message.html:
            self.message = replace(self.message, html="")  # never cut: it may tell of many
        elif self.message.buttons:
            self.message = replace(self.message, buttons=())
        elif self._reply_to is not None:
            self._reply_to = None
        else:
            raise refusal
