"""Everything that delivers, built once: channels, courier and digests."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from alerts.channels import AppriseSender, Switchboard
from alerts.console import ConsoleSender
from alerts.courier import NOT_CONFIGURED, Courier
from alerts.digests import Digester
from alerts.pace import Pace
from alerts.telegram import TelegramSender
from alerts.webhook import WebhookSender
from monitor.config.environment import Environment
from monitor.core.errors import StoreError
from monitor.core.model import Channel, Config
from monitor.core.ports import Clock, Sender
from monitor.store.sql import SqlStore

log = structlog.get_logger("policywire.delivery")


class Delivery:
    """The delivering half of the service. `open` before anything is sent, `close` at the end."""

    def __init__(
        self,
        *,
        environment: Environment,
        store: SqlStore,
        clock: Clock,
        config: Callable[[], Config],
        tell: Callable[[str, str], None],
        sender: Sender | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self.telegram = _telegram(environment, config()) if sender is None else None
        self._webhook = WebhookSender(clock)
        self.pace = Pace()
        self.courier = Courier(
            store,
            sender or self._switchboard(),
            clock,
            config=config,
            pace=self.pace if self.telegram else None,
            tell=tell,
        )
        self._digester = Digester(store, config=config)

    def _switchboard(self) -> Sender:
        return Switchboard(
            {
                Channel.TELEGRAM: self.telegram or ConsoleSender(),
                Channel.WEBHOOK: self._webhook,
                Channel.APPRISE: AppriseSender(),
            }
        )

    async def open(self) -> None:
        """Open the connections; nothing is asked of anybody yet."""
        if self.telegram is not None:
            await self.telegram.start()

    async def close(self) -> None:
        """Close the connections."""
        await self._webhook.close()
        if self.telegram is not None:
            await self.telegram.close()

    async def fold_due(self) -> None:
        """Fold what is due into digests, and let chats that came back speak again."""
        try:
            made = await asyncio.to_thread(self._fold, self._clock.now())
        except StoreError as error:
            log.error("digests cannot be made", problem=str(error))
            return
        if made:
            self.courier.wake()

    def _fold(self, now: datetime) -> int:
        return self._welcome_back() + self._digester.fold_due(now)

    def _welcome_back(self) -> int:
        """Unpark the chats that were parked for want of configuration and are configured again."""
        configured = {chat.name for chat in self._config().chats}
        back = [
            chat
            for chat, why in self._store.parked_chats().items()
            if why == NOT_CONFIGURED and chat in configured
        ]
        return sum(self._store.unpark_chat(chat) for chat in back)


def _telegram(environment: Environment, config: Config) -> TelegramSender | None:
    if not environment.token:
        return None
    return TelegramSender(environment.token, api_url=config.telegram.api_url, proxy=environment.proxy or None)
