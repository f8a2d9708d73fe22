"""Everything that delivers, built once: channels, courier, digests, and the bot that listens."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from alerts.bot import Bot
from alerts.channels import AppriseSender, Switchboard
from alerts.console import ConsoleSender
from alerts.courier import NOT_CONFIGURED, Courier
from alerts.digests import Digester
from alerts.machine import MachineTexts
from alerts.pace import Pace
from alerts.phrases import Phrases
from alerts.rule_edits import RuleEdits
from alerts.stopping import rest
from alerts.telegram import TelegramSender
from alerts.updates import Inbox
from alerts.webhook import WebhookSender
from monitor.backtest import preview
from monitor.config.environment import Environment
from monitor.core.errors import StoreError
from monitor.core.model import ChatName
from monitor.core.ports import Clock, Sender
from monitor.core.settings import Channel, Chat, Config
from monitor.store.sql import SqlStore

LATE = timedelta(minutes=5)  # a message that is due for longer shows that something is wrong
_BUG_REST = 60.0  # seconds until a part that failed by a bug is tried again

log = structlog.get_logger("policywire.delivery")


class Delivery:
    """The delivering half of the service. `open` before anything is sent, `close` at the end.

    `problems` tells the bot what ails the whole service.
    """

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
        problems: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._api_url = config().telegram.api_url
        self._bot_failure = ""
        self.telegram = _telegram(environment, config()) if sender is None else None
        self._webhook = WebhookSender(clock)
        # One pace for alerts and answers: Telegram counts both.
        pace = Pace() if self.telegram else None
        self.courier = Courier(
            store,
            sender or self._switchboard(),
            clock,
            config=config,
            pace=pace,
            tell=tell,
            parked=self._note_parked_id,
        )
        self._digester = Digester(store, config=config)
        self._machine = MachineTexts(
            store,
            clock,
            config=config,
            wake=self.courier.wake,
            tell=tell,
            proxy_for=environment.proxy_for,
        )
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
                problems=problems,
                where=self.courier.where,
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
        """Deliver and listen until `stop` is set; whatever becomes of the bot, delivering goes on."""
        async with asyncio.TaskGroup() as parts:
            if self._bot is not None:
                parts.create_task(self._listen(self._bot, stop))
            parts.create_task(self._add_texts(stop))
            parts.create_task(self.courier.run(stop))

    async def _listen(self, bot: Bot, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await bot.run(stop)
            # The edge of the bot: a bug in it must not stop an alert, and may be gone at the next try.
            except Exception as bug:
                log.error("the bot failed; alerts go on", exc_info=bug, again_in=_BUG_REST)
                self._bot_failure = f"the bot failed and is tried again soon: {type(bug).__name__}"
                await rest(stop, _BUG_REST)
                self._bot_failure = ""

    async def _add_texts(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._machine.run(stop)
            # The edge of an addition to messages that are out: a bug in it must not stop an alert.
            except Exception as bug:
                log.error("adding machine-made texts failed; alerts go on", exc_info=bug, again_in=_BUG_REST)
                await rest(stop, _BUG_REST)

    async def add_texts(self) -> int:
        """Add the machine-made texts that are wanted now; returns how many."""
        return await self._machine.add_due()

    @property
    def machine_trouble(self) -> str:
        """What keeps machine-made texts from being added, in words; alerts do not wait for them."""
        return self._machine.trouble

    def problems(self) -> Iterator[str]:
        """What stops delivering, or hearing, in words."""
        bot = (self._bot_failure, self._bot.problem) if self._bot else ()
        yield from filter(None, [self.courier.problem, *bot])
        if self._config().telegram.api_url != self._api_url:
            yield "telegram.api_url was changed: that takes effect at the next start"

    def not_delivered(self, for_longer_than: timedelta = timedelta(0)) -> Iterator[str]:
        """What is due and did not go out for so long, and the chats that take nothing. Raises StoreError."""
        yield from self.late(for_longer_than)
        yield from self.parked()

    def late(self, for_longer_than: timedelta) -> Iterator[str]:
        """What is due and did not go out for so long. Raises StoreError."""
        now = self._clock.now()
        late = [one for one in self._store.undelivered(now) if now - one.since >= for_longer_than]
        for one in late:
            many = "1 message waits" if one.number == 1 else f"{one.number} messages wait"
            why = f": {one.why}" if one.why else ""
            yield f"chat {one.chat}: {many} since {one.since:%Y-%m-%d %H:%M} UTC{why}"

    def parked(self) -> Iterator[str]:
        """The configured chats that take nothing. Raises StoreError."""
        configured = {chat.name for chat in self._config().chats}
        for name, why in sorted(self._store.parked_chats().items()):
            if name in configured:
                mend = f"mend that, then policywire alerts resume {name}"
                yield f"chat {name} takes no messages: {why} ({mend})"

    def changed(self, before: Config, after: Config) -> str:
        """What of a new configuration has to wait for the next start, in words; "" when all is in force.

        Called before it is in force: the ids under which chats were parked are noted first.
        """
        with suppress(StoreError):  # noted by the next round of `fold_due`, if it is in time
            self._note_parked(before, self._store.parked_chats())
        if after.telegram.api_url in (before.telegram.api_url, self._api_url):
            return ""
        return "telegram.api_url takes effect at the next start."

    async def close(self) -> None:
        """Close the connections."""
        with suppress(StoreError):  # a database that fails now was told of by whoever needed it
            await asyncio.to_thread(self._welcome_back)
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

    def _preview(self, changed: Config, words: Phrases) -> str:
        return preview(self._store, self._config(), changed, self._clock.now(), words.preview)

    def _fold(self, now: datetime) -> int:
        return self._welcome_back() + self._digester.fold_due(now)

    def _welcome_back(self) -> int:
        """Unpark the chats that were not configured and are again, and those whose id was mended."""
        config, parked = self._config(), self._store.parked_chats()
        self._note_parked(config, parked)
        back = [
            chat.name
            for chat in config.chats
            if chat.name in parked and (parked[chat.name] == NOT_CONFIGURED or self._mended(chat))
        ]
        for name in back:
            self._store.set_bot_value(_parked_id(name), "")
        return sum(self._store.unpark_chat(name) for name in back)

    def _mended(self, chat: Chat) -> bool:
        """Whether a parked chat has another id than when it was parked."""
        return self._store.bot_value(_parked_id(chat.name)) != _mark(chat)

    def _note_parked_id(self, chat: Chat) -> None:
        """Remember the id that the request went to: by now config.yaml may have another one."""
        self._store.set_bot_value(_parked_id(chat.name), _mark(chat))

    def _note_parked(self, config: Config, parked: Mapping[ChatName, str]) -> None:
        """Remember under which id each parked chat was parked, and forget that of the others."""
        for chat in config.chats:
            noted = self._store.bot_value(_parked_id(chat.name)) or ""
            if chat.name not in parked and noted:
                self._store.set_bot_value(_parked_id(chat.name), "")
            elif chat.name in parked and not noted:
                self._store.set_bot_value(_parked_id(chat.name), _mark(chat))


def _parked_id(name: ChatName) -> str:
    return f"parked_id:{name}"


def _mark(chat: Chat) -> str:
    # Not the id itself: that of a webhook may hold a password.
    return hashlib.sha256(f"{chat.channel} {chat.id}".encode()).hexdigest()


def _telegram(environment: Environment, config: Config) -> TelegramSender | None:
    if not environment.token:
        return None
    api_url = config.telegram.api_url
    return TelegramSender(environment.token, api_url=api_url, proxy=environment.proxy_for(api_url))


def _inbox(environment: Environment, config: Config) -> Inbox:
    api_url = config.telegram.api_url
    return Inbox(environment.token, api_url=api_url, proxy=environment.proxy_for(api_url))
