"""A bot for the tests: the real client against the stand-in for Telegram, a real database, a real file."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.bot import Bot
from alerts.pace import Pace, no_limits
from alerts.phrases import Phrases
from alerts.rule_edits import RuleEdits
from alerts.telegram import TelegramSender
from alerts.updates import Inbox
from alerts.whereabouts import Whereabouts
from monitor.core.messages import DeliveryState
from monitor.core.model import ChatName, Story, StoryId
from monitor.core.settings import BotRights, Config
from monitor.store.sql import SqlStore
from tests.alerts.desk import a_store
from tests.builders import NOW, a_chat, a_config, an_article
from tests.fakes import FakeClock
from tests.store.desk import keep, send, the_source
from tests.telegram_server import TOKEN, Posted, TelegramServer

OWNER, OTHER_OWNER, READER, STRANGER = 11, 12, 21, 666
GROUP = -1001000000001
RIGHTS = BotRights(owners=(OWNER, OTHER_OWNER), readers=(READER,))
CONFIG = a_config(chats=(a_chat("desk", id=str(GROUP)), a_chat("ops", id=str(OWNER))), bot=RIGHTS)
YAML = """\
# ours
chats:
- {name: desk, id: -1001000000001}   # the desk
rules:
  list:
  - id: ecny   # the digital yuan
    terms: ["数字人民币", digital yuan]
  - id: old
    terms: [bitcoin]
"""


class BotDesk:
    """A bot over a database of its own; `restarted` is the same after a restart."""

    def __init__(self, server: TelegramServer, folder: Path, store: SqlStore | None = None) -> None:
        self.server = server
        self.store = store or a_store(SqlStore)
        self.clock = FakeClock()
        self.config: Config = CONFIG
        self.pace = Pace(no_limits, over_all=None)
        self.file = folder / "config.yaml"
        if not self.file.exists():
            self.file.write_text(YAML, "utf-8")
        self.woken = 0
        self.problems: tuple[str, ...] = ()
        self.previewed: list[Config] = []
        self.preview_may_end = threading.Event()
        self.preview_may_end.set()
        self.wires: dict[str, tuple[Inbox, TelegramSender]] = {}
        self.where: Whereabouts | None = None

    def restarted(self) -> "BotDesk":
        desk = BotDesk(self.server, self.file.parent, self.store)
        desk.wires = self.wires
        return desk

    @asynccontextmanager
    async def running(self, *, token: str = TOKEN) -> AsyncIterator[Bot]:
        """The bot listens inside; when this ends, everything asked was answered."""
        inbox, sender = await self._wired(token)
        stop = asyncio.Event()
        bot = self._a_bot(inbox, sender)
        task = asyncio.create_task(bot.run(stop))
        try:
            yield bot
        finally:
            stop.set()
            await task

    async def _wired(self, token: str) -> tuple[Inbox, TelegramSender]:
        # Opened once for a test: each costs more than all else in it.
        if token not in self.wires:
            sender = TelegramSender(token, api_url=self.server.url, read_timeout=2.0)
            inbox = Inbox(token, api_url=self.server.url)
            await sender.start()
            await inbox.start()
            self.wires[token] = inbox, sender
        return self.wires[token]

    async def close(self) -> None:
        for inbox, sender in self.wires.values():
            await inbox.close()
            await sender.close()

    def _a_bot(self, inbox: Inbox, sender: TelegramSender) -> Bot:
        return Bot(
            inbox,
            sender,
            self.store,
            self.clock,
            config=lambda: self.config,
            edits=RuleEdits(self.file, {}, self.store, preview=self._preview),
            pace=self.pace,
            wake=self._wake,
            problems=lambda: self.problems,
            where=self.where,
        )

    async def heard(self) -> None:
        """Every update so far was handled, as the database has it."""
        last = str(self.server.last_update + 1)
        await until(lambda: self.store.bot_value("update_offset") == last)

    async def handle_all(self) -> list[str]:
        """Run until every update so far was handled; returns what was posted meanwhile."""
        before = len(self.server.messages)
        async with self.running():
            await self.heard()
        return [posted.text for posted in self.server.messages[before:]]

    async def ask(
        self, *texts: str, person: int = OWNER, chat: int | None = None, **fields: Any
    ) -> list[str]:
        """A person writes to the bot, in private or in a chat; returns the answers."""
        for text in texts:
            self.server.push_text(text, chat_id=chat or person, user_id=person, **fields)
        return await self.handle_all()

    async def press(self, *presses: str, on: Posted, person: int = OWNER) -> list[str]:
        """A person presses buttons; returns what is shown beside them."""
        for pressed in presses:
            self.server.push_press(pressed, user_id=person, on=on)
        before = len(self.server.answers)
        await self.handle_all()
        # They are shown as they come; told in the order of the presses.
        shown = sorted(self.server.answers[before:], key=lambda one: int(one["callback_query_id"][6:]))
        return [answer.get("text", "") for answer in shown]

    def tell_story(self, title: str = "Digital yuan pilot", *, chat: str = "desk") -> Story:
        """A story with an alert that is owed to a chat."""
        with self.store.work() as work:
            work.keep_sources([the_source()], NOW)
            story = work.open_story(title, NOW)
            article_id = keep(work, story_id=story.id, article=an_article(title=title))
            work.add_alert(story.id, article_id, send(ChatName(chat)), NOW)
        return story

    def tell_sent(self, title: str = "Digital yuan pilot") -> tuple[Story, Posted]:
        """A story whose alert stands in the desk's chat, and the message."""
        story = self.tell_story(title)
        posted = self.server.post(str(GROUP), title)
        (claimed,) = self.store.claim(NOW, timedelta(minutes=2), 1, (), {})
        sent = replace(claimed, state=DeliveryState.SENT, message_id=posted.message_id, settled_at=NOW)
        self.store.settle(sent)
        return story, posted

    def muted(self, story_id: StoryId) -> bool:
        story = self.store.story(story_id)
        assert story is not None
        return story.muted_at is not None

    def _wake(self) -> None:
        self.woken += 1

    def _preview(self, config: Config, _words: Phrases) -> str:
        self.preview_may_end.wait(30)
        self.previewed.append(config)
        return "It would have alerted 3 <times>."


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; the test's own time limit ends it otherwise."""
    while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
        await asyncio.sleep(0.005)


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def desk(
    server: TelegramServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BotDesk]:
    monkeypatch.setattr("alerts.speech._GRACE", 30.0)  # a busy machine loses no answer at the stop
    desk = BotDesk(server, tmp_path)
    yield desk
    await desk.close()
