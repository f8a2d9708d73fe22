"""One Sender for all channels: each message goes by the channel of its chat."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from monitor.core.errors import ChatGone, Unsure
from monitor.core.messages import Message
from monitor.core.ports import Sender
from monitor.core.settings import Channel, Chat


class Switchboard:
    """A Sender that hands each message to the Sender of its chat's channel."""

    def __init__(self, senders: Mapping[Channel, Sender]) -> None:
        self._senders = dict(senders)

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        """Send by the chat's channel. Raises a SendError."""
        return await self._senders[chat.channel].send(chat, message, reply_to=reply_to)

    async def edit(self, chat: Chat, message_id: int, message: Message) -> bool:
        """Edit by the chat's channel. Raises a SendError."""
        return await self._senders[chat.channel].edit(chat, message_id, message)

    async def delete(self, chat: Chat, message_id: int) -> bool:
        """Take a message back by the chat's channel. Raises a SendError."""
        return await self._senders[chat.channel].delete(chat, message_id)

    async def reads_back(self, chat: Chat) -> bool:
        """Whether the chat's channel can tell if a doubtful message arrived. Raises a SendError."""
        return await self._senders[chat.channel].reads_back(chat)


class OneWay:
    """What a channel is that takes messages and knows nothing of them afterwards."""

    async def edit(self, chat: Chat, message_id: int, message: Message) -> bool:  # noqa: ARG002 - the protocol's
        """What was sent cannot be changed."""
        return False

    async def delete(self, chat: Chat, message_id: int) -> bool:  # noqa: ARG002 - the protocol's
        """What was sent cannot be taken back."""
        return False

    async def reads_back(self, chat: Chat) -> bool:  # noqa: ARG002 - the protocol's
        """Nothing can be asked."""
        return False


class AppriseSender(OneWay):
    """A Sender over the apprise library (an extra), which knows mail, Discord, Slack and a hundred more."""

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> None:  # noqa: ARG002
        """Notify; there is no message id. Raises a SendError."""
        notifier = _apprise().Apprise()
        if not notifier.add(chat.id):
            raise ChatGone("the address means nothing to apprise")
        first, _, rest = message.plain.partition("\n")
        if not await notifier.async_notify(body=rest or first, title=first if rest else ""):
            # apprise tells only that it failed, not whether the request left.
            raise Unsure("apprise could not deliver")


def _apprise() -> Any:
    try:
        return import_module("apprise")
    except ImportError:
        raise ChatGone("apprise is not installed (pip install 'policywire[apprise]')") from None
