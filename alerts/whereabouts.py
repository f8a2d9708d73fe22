"""Where the configured chats are: a group that became a supergroup has a new id for good."""

from collections.abc import Callable
from dataclasses import replace

from alerts.pace import address_of
from alerts.record import Record
from monitor.core.model import ChatName
from monitor.core.ports import Outbox
from monitor.core.settings import Chat, Config


class Whereabouts:
    """The chats of the configuration under the ids they have now; each is looked up once.

    A move holds for the configured id it was met with: a chat given another id in config.yaml is at that one.
    """

    def __init__(self, config: Callable[[], Config], outbox: Outbox, record: Record) -> None:
        self._config = config
        self._outbox = outbox
        self._record = record
        self._moved: dict[tuple[ChatName, str], str | None] = {}  # by name and configured id

    async def chats(self) -> list[Chat]:
        """All configured chats."""
        for chat in self._config().chats:
            if (chat.name, chat.id) not in self._moved:
                moved = await self._record(self._outbox.chat_id, chat.name, chat.id)
                self._moved[chat.name, chat.id] = moved
        return self.known()

    def known(self) -> list[Chat]:
        """The same without a look into the store: what was not looked up is where it was configured."""
        return [self._now_at(chat) for chat in self._config().chats]

    async def move(self, chat: Chat, new_id: str) -> None:
        """Remember the new id, of every topic of the forum."""
        await self.chats()
        for configured in self._config().chats:
            if address_of(self._now_at(configured)) == address_of(chat):
                await self._record(self._outbox.move_chat, configured.name, new_id, configured.id)
                self._moved[configured.name, configured.id] = new_id

    def _now_at(self, chat: Chat) -> Chat:
        return replace(chat, id=self._moved.get((chat.name, chat.id)) or chat.id)
