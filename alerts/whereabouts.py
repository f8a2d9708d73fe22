"""Where the configured chats are: a group that became a supergroup has a new id for good."""

from collections.abc import Callable
from dataclasses import replace

from alerts.pace import address_of
from alerts.record import Record
from monitor.core.model import Chat, ChatName, Config
from monitor.core.ports import Outbox


class Whereabouts:
    """The chats of the configuration under the ids they have now; each is looked up once."""

    def __init__(self, config: Callable[[], Config], outbox: Outbox, record: Record) -> None:
        self._config = config
        self._outbox = outbox
        self._record = record
        self._moved: dict[ChatName, str | None] = {}

    async def chats(self) -> list[Chat]:
        """All configured chats."""
        for chat in self._config().chats:
            if chat.name not in self._moved:
                self._moved[chat.name] = await self._record(self._outbox.chat_id, chat.name)
        return self.known()

    def known(self) -> list[Chat]:
        """The same without a look into the store: what was not looked up is where it was configured."""
        return [replace(chat, id=self._moved.get(chat.name) or chat.id) for chat in self._config().chats]

    async def move(self, chat: Chat, new_id: str) -> None:
        """Remember the new id, of every topic of the forum."""
        for other in await self.chats():
            if address_of(other) == address_of(chat):
                await self._record(self._outbox.move_chat, other.name, new_id)
                self._moved[other.name] = new_id
