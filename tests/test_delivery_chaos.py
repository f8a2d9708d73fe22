"""Every alert arrives once, whatever fails and whenever it is killed: the real client, a strict server.

Time passes some hundred times faster than on the wall; nothing else is changed.
"""

import asyncio
import multiprocessing
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.telegram import TelegramSender
from monitor.core.messages import DeliveryState
from monitor.core.settings import Chat, Config
from monitor.store.sql import SqlStore, open_store
from tests.builders import an_article
from tests.delivery_child import CHATS, CONFIG, GROUPS, PEOPLE, a_courier, deliver
from tests.fast_loop import LoopClock, run_fast
from tests.store.desk import keep, send, the_source
from tests.telegram_server import TOKEN, Chaos, TelegramServer

_DONE = {DeliveryState.SENT}
_HOST = " · pbc.gov.cn"  # beside each headline


def queue(store: SqlStore, clock: LoopClock, titles: Iterable[str], chats: Sequence[Chat]) -> list[str]:
    """Owe one story after the other to the chats in turn; returns the first lines of their messages."""
    lines = []
    with store.work() as work:
        work.keep_sources([the_source()], clock.now())
        for number, title in enumerate(titles):
            story = work.open_story(title, clock.now())
            article_id = keep(work, story_id=story.id, article=an_article(title=title))
            # A moment apart: the order in which they were decided is the order of delivery.
            at = clock.now() + timedelta(microseconds=number)
            work.add_alert(story.id, article_id, send(chats[number % len(chats)].name), at)
            lines.append(title + _HOST)
    return lines


def make_known(store: SqlStore, server: TelegramServer, chats: Iterable[Chat]) -> None:
    """Somebody wrote in each chat before, as when the bot is added or asked for a test."""
    for chat in chats:
        store.note_message(chat.id, server.people_write(chat.id))


def counts(store: SqlStore) -> dict[DeliveryState, int]:
    return {state: count for state, count in store.counts().items() if count}


async def until_done(store: SqlStore, *, within: float) -> None:
    """Wait until all is sent; `within` seconds of the fast clock."""
    async with asyncio.timeout(within):
        while set(counts(store)) != _DONE:  # noqa: ASYNC110 - another process may be at work
            await asyncio.sleep(10)


@asynccontextmanager
async def running(
    store: SqlStore, server: TelegramServer, clock: LoopClock, config: Config = CONFIG
) -> AsyncIterator[None]:
    """A courier at work."""
    sender, stop = TelegramSender(TOKEN, api_url=server.url), asyncio.Event()
    await sender.start()
    task = asyncio.create_task(a_courier(store, sender, clock, config).run(stop))
    yield
    stop.set()
    await task
    await sender.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_sixty_alerts_while_a_third_of_the_calls_fails(tmp_path: Path, seed: int) -> None:
    run_fast(_chaos(open_store(f"sqlite:///{tmp_path / 'chaos.db'}"), seed), speed=300)


async def _chaos(store: SqlStore, seed: int) -> None:
    async with TelegramServer(chaos=Chaos(0.3, seed), flood_control=True) as server:
        clock = LoopClock()
        make_known(store, server, CHATS)
        lines = queue(store, clock, (f"News {number}" for number in range(60)), CHATS)
        async with running(store, server, clock):
            await until_done(store, within=20_000)
    store.close()
    assert (server.lost(lines), server.doubled()) == ([], [])
    assert server.violated() == {}
    assert [line for line in server.texts() if line.startswith("(possible")] == []
    assert set(server.most_open.values()) == {1}


@pytest.mark.slow
def test_a_hundred_alerts_through_twenty_kills(tmp_path: Path) -> None:
    run_fast(_kills(f"sqlite:///{tmp_path / 'kills.db'}", speed=200, kills=20), speed=200)


async def _kills(database_url: str, *, speed: float, kills: int) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.delivery_child"])
    dice, clock = random.Random(11), LoopClock()
    store = open_store(database_url)
    async with TelegramServer(flood_control=True) as server:
        make_known(store, server, CHATS)
        lines = queue(store, clock, (f"News {number}" for number in range(100)), CHATS)
        for life in range(kills + 1):
            child = processes.Process(target=deliver, args=(database_url, server.url, speed, clock.zero))
            child.start()
            try:
                if life < kills:
                    # Not while it starts: the moments that matter are those around a message.
                    await _posts_more(server, dice.randint(1, 3), of=len(lines))
                    await asyncio.sleep(dice.uniform(0, 3))
                else:
                    await until_done(store, within=20_000)
            finally:
                child.kill()
                await asyncio.to_thread(child.join)
    store.close()
    assert (server.lost(lines), server.doubled()) == ([], [])
    assert server.violated() == {}
    assert "editMessageText" in {method for method, _ in server.calls}  # some were looked for


async def _posts_more(server: TelegramServer, messages: int, *, of: int) -> None:
    wanted = min(len(server.messages) + messages, of)
    async with asyncio.timeout(6_000):
        while len(server.messages) < wanted:  # noqa: ASYNC110 - another process posts
            await asyncio.sleep(0.2)


@pytest.mark.slow
def test_a_hundred_alerts_to_one_group_keep_the_pace_and_hold_up_no_other(tmp_path: Path) -> None:
    run_fast(_crowd(open_store(f"sqlite:///{tmp_path / 'crowd.db'}")), speed=40)


async def _crowd(store: SqlStore) -> None:
    group, person = GROUPS[0], PEOPLE[0]
    async with TelegramServer(flood_control=True) as server:
        clock = LoopClock()
        lines = queue(store, clock, (f"News {number}" for number in range(100)), [group])
        queue(store, clock, (f"Other {number}" for number in range(5)), [person])
        async with running(store, server, clock):
            await until_done(store, within=400)
    store.close()
    assert [text.split("\n")[0] for text in server.texts(group.id)] == lines
    assert (server.flooded, server.violated()) == (0, {})
    times = _times(server, group.id)
    assert min(b - a for a, b in zip(times, times[20:], strict=False)) >= 60
    assert times[-1] - times[0] < 330
    assert _times(server, person.id)[-1] < times[20]


def _times(server: TelegramServer, chat_id: str) -> list[float]:
    return [at for m, at in zip(server.messages, server.posted_at, strict=True) if m.chat_id == chat_id]
