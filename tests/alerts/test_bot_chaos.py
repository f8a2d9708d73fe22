"""People ask in the chats where alerts go, while calls fail: no alert is lost, doubled or written over."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.bot import Bot
from alerts.courier import Courier
from alerts.pace import Pace
from alerts.rule_edits import RuleEdits
from alerts.telegram import TelegramSender
from alerts.updates import Inbox
from monitor.core.messages import DeliveryState
from monitor.core.settings import BotRights
from monitor.store.sql import SqlStore, open_store
from tests.builders import a_chat, a_config, an_article
from tests.fast_loop import LoopClock, run_fast
from tests.store.desk import keep, send, the_source
from tests.telegram_server import TOKEN, Chaos, TelegramServer

OWNER = 11
CHATS = (a_chat("group", id="-1001000000001"), a_chat("person", id=str(OWNER)))
CONFIG = a_config(chats=CHATS, bot=BotRights(owners=(OWNER,)))
ALERTS, QUESTIONS = 30, 30


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_answers_and_alerts_share_their_chats(tmp_path: Path, seed: int) -> None:
    run_fast(_both(open_store(f"sqlite:///{tmp_path / 'both.db'}"), tmp_path, seed), speed=150)


async def _both(store: SqlStore, folder: Path, seed: int) -> None:
    async with TelegramServer(chaos=Chaos(0.3, seed), flood_control=True) as server:
        clock, stop = LoopClock(), asyncio.Event()
        for chat in CHATS:
            store.note_message(chat.id, server.people_write(chat.id))
        lines = _queue(store, clock)
        sender, inbox = TelegramSender(TOKEN, api_url=server.url), Inbox(TOKEN, api_url=server.url)
        await sender.start()
        await inbox.start()
        pace = Pace()
        courier = Courier(store, sender, clock, config=lambda: CONFIG, pace=pace)
        edits = RuleEdits(folder / "none.yaml", {}, store)
        bot = Bot(
            inbox, sender, store, clock, config=lambda: CONFIG, edits=edits, pace=pace, wake=courier.wake
        )
        tasks = [asyncio.create_task(part.run(stop)) for part in (courier, bot)]
        await _ask(server)
        async with asyncio.timeout(20_000):
            while _open(store) or not _heard(store):  # noqa: ASYNC110 - the database tells
                await asyncio.sleep(10)
        stop.set()
        await asyncio.gather(*tasks)
        await inbox.close()
        await sender.close()
    store.close()
    told = [text.split("\n")[0] for text in server.texts() if text.startswith("News ")]
    assert sorted(told) == sorted(lines)
    assert server.violated() == {}
    assert len(server.texts()) > ALERTS + QUESTIONS / 2  # most questions were answered, too


def _queue(store: SqlStore, clock: LoopClock) -> list[str]:
    lines = []
    with store.work() as work:
        work.keep_sources([the_source()], clock.now())
        for number in range(ALERTS):
            story = work.open_story(f"News {number}", clock.now())
            article_id = keep(work, story_id=story.id, article=an_article(title=story.title))
            at = clock.now() + timedelta(microseconds=number)
            work.add_alert(story.id, article_id, send(CHATS[number % 2].name), at)
            lines.append(f"News {number} · pbc.gov.cn")
    return lines


async def _ask(server: TelegramServer) -> None:
    for number in range(QUESTIONS):
        server.push_text("/help", chat_id=int(CHATS[number % 2].id), user_id=OWNER)
        await asyncio.sleep(9)


def _open(store: SqlStore) -> bool:
    return {state for state, count in store.counts().items() if count} != {DeliveryState.SENT}


def _heard(store: SqlStore) -> bool:
    return store.bot_value("update_offset") == str(QUESTIONS + 1)
