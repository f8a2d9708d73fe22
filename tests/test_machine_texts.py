"""Texts of a language model below alerts that were sent, with servers on loopback and a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts import llm
from alerts.machine import MachineTexts
from monitor.config.environment import Environment
from monitor.core.errors import ModelDeclined, ModelUnavailable, NotSent, StoreError
from monitor.core.machine import Task
from monitor.core.messages import DeliveryState
from monitor.core.model import Standing
from monitor.core.settings import Addition, Channel, Config, LanguageModel, Telegram
from monitor.delivery import Delivery
from monitor.store.sql import SqlStore
from tests.alerts.desk import DESK, a_store, databases  # noqa: F401 - a fixture
from tests.builders import a_chat, a_config, an_article
from tests.fakes import FakeClock, FakeSender
from tests.llm_server import HANG, RESET, LlmServer
from tests.store.desk import keep, send, the_source
from tests.telegram_server import TOKEN, TelegramServer

KEY = "sk-loopback-only-0123456789"
HEADLINE = "央行扩大数字人民币试点"
ENGLISH = "Central bank widens digital yuan pilot"
TASK = Task(instructions="Translate.", item="央行")


@pytest.fixture
async def server() -> AsyncIterator[LlmServer]:
    async with LlmServer(ENGLISH) as server:
        yield server


class SmallDisk(SqlStore):
    """A store whose disk may be full."""

    no_room = False

    def set_bot_value(self, key: str, value: str) -> None:
        if self.no_room:
            raise StoreError("disk full")
        super().set_bot_value(key, value)


class House:
    """A Delivery with a chat that reads English and wants translations."""

    def __init__(
        self, server: LlmServer, *, sender: Any = None, telegram: TelegramServer | None = None
    ) -> None:
        self.store = a_store(SmallDisk)
        self.clock = FakeClock()
        self.told: list[str] = []
        model = LanguageModel(api_url=server.url, model="tiny", key=server.key)
        api = Telegram(api_url=telegram.url) if telegram else Telegram()
        self.config = a_config(
            chats=(a_chat("desk", id="7", machine=Addition.TRANSLATION),), llm=model, telegram=api
        )
        self.sender = sender or FakeSender(arrived=range(99))
        self.delivery = Delivery(
            environment=Environment(token=TOKEN if telegram else ""),
            config_path=Path("config.yaml"),
            store=self.store,
            clock=self.clock,
            config=lambda: self.config,
            tell=lambda _key, text: self.told.append(text),
            sender=None if telegram else self.sender,
        )

    def report(self, title: str = HEADLINE, language: str = "zh", *, chat: Any = DESK) -> Any:
        """An alert about a story of its own; returns the story's id."""
        with self.store.work() as work:
            work.keep_sources([the_source()], self.clock.now())
            story = work.open_story(title, self.clock.now())
            article = an_article(title=title, body="", language=language)
            article_id = keep(work, story_id=story.id, article=article)
            work.add_alert(story.id, article_id, send(chat), self.clock.now())
        return story.id

    async def deliver(self) -> None:
        while await self.delivery.courier.deliver_due():
            pass

    async def add(self, *, after: float = 0) -> int:
        """Let seconds pass, add the texts that are wanted then, and deliver the edits."""
        self.clock.advance(timedelta(seconds=after))
        made = await self.delivery.add_texts()
        await self.deliver()
        return made

    def shown(self) -> list[str]:
        """Each request to the chat: the message's text, edits marked."""
        return [("[edit] " if one.edited else "") + one.message.plain for one in self.sender.tried]


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what other tasks do."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - nothing could set an event
            await asyncio.sleep(0.02)


async def test_the_alert_goes_first_and_the_text_is_edited_in(server: LlmServer) -> None:
    house = House(server)
    house.report()
    assert await house.add() == 0  # nothing was sent, so nothing is asked
    assert server.asked == []
    assert await house.add() == 1
    first, edited = house.shown()
    assert ENGLISH not in first
    assert edited.startswith("[edit] ")
    assert f"\nMachine translation (tiny): {ENGLISH}\n" in edited
    assert server.items() == [f"<item>\n{HEADLINE}\n</item>"]
    assert await house.add() == 0
    assert len(server.asked) == 1


async def test_as_telegram_shows_it(server: LlmServer) -> None:
    server.answers[0] = "Central bank <b>widens</b> pilot & more"
    async with TelegramServer() as telegram:
        house = House(server, telegram=telegram)
        house.report()
        await house.delivery.open()
        await house.deliver()
        assert await house.add(after=2) == 1
        await house.delivery.close()
        (text,) = telegram.texts()
        assert telegram.violations == []
    assert "\nMachine translation (tiny): Central bank <b>widens</b> pilot & more\n" in text


async def test_the_service_adds_texts_beside_its_other_work(server: LlmServer) -> None:
    house = House(server)
    house.report()
    stop = asyncio.Event()
    running = asyncio.create_task(house.delivery.run(stop))
    await until(lambda: any(one.startswith("[edit]") for one in house.shown()))
    stop.set()
    await running


async def test_asked_to_stop_it_does_not_wait_for_the_model(server: LlmServer) -> None:
    server.answers[0] = HANG
    house = House(server)
    house.report()
    await house.deliver()
    stop = asyncio.Event()
    running = asyncio.create_task(house.delivery.run(stop))
    async with asyncio.timeout(20):
        await until(lambda: bool(server.asked))
        stop.set()
        await running


async def test_a_bug_in_it_stops_no_alert(server: LlmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_texts: MachineTexts, _stop: asyncio.Event) -> None:
        raise AssertionError("a bug")

    monkeypatch.setattr(MachineTexts, "run", fails)
    house = House(server)
    house.report()
    stop = asyncio.Event()
    running = asyncio.create_task(house.delivery.run(stop))
    await until(lambda: bool(house.sender.tried))
    stop.set()
    await running


# ── which texts are wanted ──


async def test_nothing_is_asked_where_nothing_is_lacking(server: LlmServer) -> None:
    house = House(server)
    house.report("China widens the digital yuan pilot", "en")
    muted = house.report("数字人民币另一新闻")
    await house.deliver()
    with house.store.work() as work:
        work.mute_story(muted, house.clock.now())
    assert await house.add() == 0
    house.clock.advance(timedelta(days=2))
    with house.store.work() as work:
        work.mute_story(muted, None)
    assert await house.add() == 0
    assert server.asked == []


@pytest.mark.parametrize("change", ["no model", "no wish", "another channel"])
async def test_who_wants_none_gets_none(server: LlmServer, change: str) -> None:
    house = House(server)
    chat = house.config.chats[0]
    house.config = {
        "no model": replace(house.config, llm=None),
        "no wish": replace(house.config, chats=(replace(chat, machine=None),)),
        "another channel": replace(house.config, chats=(replace(chat, channel=Channel.WEBHOOK),)),
    }[change]
    house.report()
    await house.deliver()
    assert await house.add() == 0
    assert server.asked == []


async def test_the_newest_message_first_and_each_text_once_for_all_chats(server: LlmServer) -> None:
    house = House(server)
    other = a_chat("other", id="8", machine=Addition.TRANSLATION)
    zh = a_chat("zh", id="9", machine=Addition.ABSTRACT, language="zh")
    house.config = replace(house.config, chats=(*house.config.chats, other, zh))
    server.answers.clear()
    server.answers.extend(["数字人民币扩大试点", "Second story", "First story"])
    house.report("第一条新闻")
    house.report("第二条新闻")
    with house.store.work() as work:
        for story_id in (1, 2):
            work.add_alert(story_id, story_id, send(other.name), house.clock.now())  # type: ignore[arg-type]
        work.add_alert(1, 1, send(zh.name), house.clock.now())  # type: ignore[arg-type]
    await house.deliver()
    assert await house.add() == 3
    assert [item.splitlines()[1] for item in server.items()] == ["第一条新闻", "第二条新闻", "第一条新闻"]
    edits = [(one.chat_id, one.message.plain) for one in house.sender.tried if one.edited]
    assert len(edits) == 5
    assert sum("Machine translation" in text for _, text in edits) == 4
    assert [chat for chat, text in edits if "机器摘要（tiny）" in text] == ["9"]


async def test_who_is_told_later_has_the_text_from_the_start(server: LlmServer) -> None:
    house = House(server)
    late = a_chat("late", id="8", machine=Addition.TRANSLATION)
    house.config = replace(house.config, chats=(*house.config.chats, late))
    story = house.report()
    await house.deliver()
    await house.add()
    with house.store.work() as work:
        work.add_alert(story, 1, send(late.name), house.clock.now())  # type: ignore[arg-type]
    await house.deliver()
    assert "Machine translation" in house.sender.tried[-1].message.plain
    assert not house.sender.tried[-1].edited
    assert len(server.asked) == 1


async def test_a_message_under_way_meanwhile_is_edited_once_it_arrived(server: LlmServer) -> None:
    house = House(server, sender=FakeSender(arrived=range(99)))
    other = a_chat("other", id="8", machine=Addition.TRANSLATION)
    house.config = replace(house.config, chats=(*house.config.chats, other))
    story = house.report()
    await house.deliver()
    with house.store.work() as work:
        work.add_alert(story, 1, send(other.name), house.clock.now())  # type: ignore[arg-type]
    lease = timedelta(minutes=2)
    (claimed,) = house.store.claim(house.clock.now(), lease, 5, ())  # sent, and its answer is on its way
    await house.add()
    house.store.settle(
        replace(claimed, state=DeliveryState.SENT, message_id=55, settled_at=house.clock.now())
    )
    await house.deliver()
    assert house.sender.tried[-1].edited == 55
    assert "Machine translation" in house.sender.tried[-1].message.plain


async def test_a_text_stays_when_the_story_changes(server: LlmServer) -> None:
    house = House(server)
    story = house.report()
    await house.deliver()
    await house.add()
    with house.store.work() as work:
        kept = work.find_story(story)
        assert kept is not None
        work.save_story(replace(kept, standing=Standing.CONFIRMED))
        work.touch_story(story, house.clock.now())
    await house.deliver()
    assert "Confirmed" in house.shown()[-1]
    assert ENGLISH in house.shown()[-1]


# ── what goes wrong ──


async def test_an_answer_that_may_not_be_shown_is_asked_for_thrice(server: LlmServer) -> None:
    server.answers[0] = "It grew 77 percent."
    house = House(server)
    house.report()
    await house.deliver()
    for _ in range(9):
        assert await house.add(after=3600) == 0
    assert len(server.asked) == 3
    assert len(house.shown()) == 1
    assert house.delivery.machine_trouble == ""


async def test_an_article_the_model_will_not_touch_is_given_up_and_the_next_one_goes_on(
    server: LlmServer,
) -> None:
    house = House(server)
    server.answers.clear()
    server.answers.extend([(400, {}), ENGLISH])
    house.report("第一条新闻")
    house.report("第二条新闻")
    await house.deliver()
    assert await house.add() == 1
    assert await house.add(after=7200) == 0
    assert len(server.asked) == 2


@pytest.mark.parametrize("fault", [(500, {}), RESET, {"choices": []}, {"choices": "none"}, [1]])
async def test_an_endpoint_that_fails_is_left_alone_and_tried_again(server: LlmServer, fault: Any) -> None:
    server.answers.clear()
    server.answers.extend([fault, fault, ENGLISH])
    house = House(server)
    house.report()
    await house.deliver()
    assert await house.add() == 0
    assert house.delivery.machine_trouble.startswith("language model: ")
    assert await house.add(after=59) == 0
    assert len(server.asked) == 1
    assert await house.add(after=1) == 0
    assert len(server.asked) == 2
    assert await house.add(after=119) == 0
    assert len(server.asked) == 2
    assert await house.add(after=1) == 1
    assert house.delivery.machine_trouble == ""
    assert house.told == []


async def test_it_waits_as_long_as_it_is_asked_to(server: LlmServer) -> None:
    server.answers.clear()
    server.answers.extend([(429, {"Retry-After": "600"}), ENGLISH])
    house = House(server)
    house.report()
    await house.deliver()
    await house.add()
    assert await house.add(after=599) == 0
    assert await house.add(after=1) == 1


async def test_a_refused_key_is_told_once_and_a_mended_one_is_used_at_once(caplog: Any) -> None:
    async with LlmServer(ENGLISH, key=KEY) as server:
        house = House(server)
        good, wrong = house.config, "sk-wrong-0123456789"
        assert good.llm is not None
        house.config = replace(good, llm=replace(good.llm, key=wrong))
        house.report()
        await house.deliver()
        for _ in range(3):
            assert await house.add(after=1800) == 0
        (told,) = house.told
        assert "language model: it answers 401" in told
        assert wrong not in told + caplog.text + repr(house.config) + house.delivery.machine_trouble
        house.config = good
        assert await house.add() == 1


async def test_after_ten_tries_without_an_answer_a_text_is_given_up(server: LlmServer) -> None:
    server.answers[0] = (503, {})
    house = House(server)
    house.report()
    await house.deliver()
    for _ in range(20):
        await house.add(after=1800)
    assert len(server.asked) == 10


async def test_a_clock_set_back_does_not_silence_it(server: LlmServer) -> None:
    server.answers.clear()
    server.answers.extend([(503, {}), ENGLISH, ENGLISH])
    house = House(server)
    house.report("第一条新闻")
    house.report("第二条新闻")
    await house.deliver()
    await house.add()
    house.clock.advance(timedelta(hours=-3))
    assert await house.add() >= 1


async def test_no_more_requests_a_day_than_allowed(server: LlmServer, caplog: Any) -> None:
    house = House(server)
    assert house.config.llm is not None
    house.config = replace(house.config, llm=replace(house.config.llm, daily_cap=2))
    for number in "一二三":
        house.report(f"新闻{number}号消息")
    await house.deliver()
    assert await house.add() == 2
    assert await house.add() == 0
    assert "that is its daily_cap" in house.delivery.machine_trouble
    assert caplog.text.count("no more machine-made texts today") <= 1
    assert await house.add(after=16 * 3600) == 1  # the next day, in UTC
    assert house.delivery.machine_trouble == ""


async def test_a_database_that_fails_is_waited_for(server: LlmServer) -> None:
    house = House(server)
    house.report()
    await house.deliver()
    house.store.no_room = True
    assert await house.delivery.add_texts() == 0
    assert server.asked == []
    house.store.no_room = False
    assert await house.add() == 1


async def test_alerts_go_on_while_the_model_hangs(server: LlmServer) -> None:
    server.answers[0] = HANG
    house = House(server)
    house.report()
    await house.deliver()
    asking = asyncio.create_task(house.delivery.add_texts())
    await until(lambda: bool(server.asked))
    house.report("又一条新闻")
    await house.deliver()
    assert len(house.shown()) == 2
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


async def test_a_failed_edit_is_tried_again_like_any_other(server: LlmServer) -> None:
    house = House(server, sender=FakeSender(None, NotSent("no connection"), arrived=range(99)))
    house.report()
    await house.deliver()
    await house.add()
    house.clock.advance(timedelta(seconds=5))
    await house.deliver()
    assert ENGLISH in house.shown()[-1]


# ── the request itself ──


async def test_a_hanging_endpoint_is_given_up() -> None:
    async with LlmServer(HANG) as server:
        model = LanguageModel(api_url=server.url, model="tiny")
        with pytest.raises(ModelUnavailable, match="no usable answer"):
            await llm.write(model, TASK, patience=0.2)


async def test_nobody_there() -> None:
    model = LanguageModel(api_url="http://127.0.0.1:9/v1", model="tiny", key=KEY)
    with pytest.raises(ModelUnavailable, match="no usable answer") as raised:
        await llm.write(model, TASK)
    assert KEY not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_a_redirect_is_not_followed(server: LlmServer) -> None:
    server.answers[0] = (307, {"Location": f"{server.url}/chat/completions"})
    with pytest.raises(ModelUnavailable, match="it answers 307") as raised:
        await llm.write(LanguageModel(api_url=server.url, model="tiny"), TASK)
    assert raised.value.lasting
    assert len(server.asked) == 1


async def test_a_request_it_refuses_is_declined(server: LlmServer) -> None:
    server.answers[0] = (422, {})
    with pytest.raises(ModelDeclined, match="it answers 422"):
        await llm.write(LanguageModel(api_url=server.url, model="tiny"), TASK)


async def test_without_the_library_the_mend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(llm, "import_module", missing)
    with pytest.raises(ModelUnavailable, match=r"pip install 'policywire\[llm\]'") as raised:
        await llm.write(LanguageModel(api_url="http://127.0.0.1:9", model="tiny"), TASK)
    assert raised.value.lasting


def test_the_key_never_shows() -> None:
    config: Config = a_config(llm=LanguageModel(api_url="http://x", model="m", key=KEY))
    assert KEY not in repr(config)
