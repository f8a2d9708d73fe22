"""Everything that delivers, built once: channels, courier, digests, and the bot that listens."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import structlog

from alerts.bot import Bot
from alerts.channels import AppriseSender, Switchboard
from alerts.console import ConsoleSender
from alerts.courier import NOT_CONFIGURED, Courier
from alerts.digests import Digester
from alerts.pace import Pace
from alerts.rule_edits import RuleEdits
from alerts.telegram import TelegramSender
from alerts.updates import Inbox
from alerts.webhook import WebhookSender
from monitor.backtest import preview
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
        config_path: Path,
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
        # One pace for alerts and answers: Telegram counts both.
        pace = Pace() if self.telegram else None
        self.courier = Courier(
            store, sender or self._switchboard(), clock, config=config, pace=pace, tell=tell
        )
        self._digester = Digester(store, config=config)
        self._inbox: Inbox | None = None
        self._bot: Bot | None = None
        if self.telegram is not None and pace is not None:
            self._inbox = _inbox(environment, config())
            self._bot = Bot(
                self._inbox,
                self.telegram,
                store,
                clock,
                config=config,
                edits=RuleEdits(config_path, environment.values, store, preview=self._preview),
                pace=pace,
                wake=self.courier.wake,
                problems=lambda: tuple(self.problems()),
            )

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
        if self._inbox is not None:
            await self._inbox.start()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver and listen until `stop` is set."""
        parts = [self.courier.run(stop), *([self._bot.run(stop)] if self._bot else [])]
        await asyncio.gather(*parts)

    def problems(self) -> Iterator[str]:
        """What stops delivering, or hearing, in words."""
        yield from filter(None, [self.courier.problem, self._bot.problem if self._bot else ""])

    async def close(self) -> None:
        """Close the connections."""
        await self._webhook.close()
        if self._inbox is not None:
            await self._inbox.close()
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

    def _preview(self, changed: Config) -> str:
        return preview(self._store, self._config(), changed, self._clock.now())

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


def _inbox(environment: Environment, config: Config) -> Inbox:
    return Inbox(environment.token, api_url=config.telegram.api_url, proxy=environment.proxy or None)
