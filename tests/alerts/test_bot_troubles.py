"""The bot in trouble: things are done once, answers share chats with alerts, failures are outlived."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.pace import Pace
from alerts.phrases import phrases
from alerts.record import Record
from alerts.updates import Inbox
from alerts.whereabouts import Whereabouts
from monitor.core.errors import NotSent, StoreError
from monitor.core.messages import DeliveryState
from monitor.core.model import ChatName, Story, StoryId
from monitor.store.sql import SqlStore
from tests.alerts.bot_desk import CONFIG, GROUP, OWNER, READER, STRANGER, BotDesk, until
from tests.alerts.desk import a_store
from tests.builders import NOW, a_chat
from tests.telegram_server import TOKEN, Fault, TelegramServer, blocked, flood, migrated

DESK = ChatName("desk")
NOT_HERE = "this chat is not in config.yaml: no alerts come here"
QUIET = ("httpx", "httpcore", "telegram", "aiohttp")  # heard from WARNING up, or the stand-in's own


# ── once ──


async def test_an_update_that_comes_twice_acts_once(desk: BotDesk, server: TelegramServer) -> None:
    await desk.ask("/test", chat=GROUP)
    server.repeat_updates = True  # as Telegram may after an unclean stop
    async with desk.restarted().running():
        await until(lambda: server.polls >= 5)
    assert server.texts(str(GROUP)) == ["a test message is on its way"]


async def test_a_command_done_but_not_noted_is_done_once(desk: BotDesk) -> None:
    await desk.ask("/test", chat=GROUP)
    desk.store.set_bot_value("update_offset", "1")
    assert await desk.restarted().ask(chat=GROUP) == ["a test message is on its way"]
    assert desk.store.counts()[DeliveryState.QUEUED] == 1


async def test_a_new_series_of_numbers_is_heard(desk: BotDesk, server: TelegramServer) -> None:
    desk.store.set_bot_value("update_offset", "700000")
    server.repeat_updates = True
    assert await desk.ask("/nothing") == ["there is no /nothing; /help tells what there is"]


async def test_what_waits_during_a_stop_is_heard_later(desk: BotDesk, server: TelegramServer) -> None:
    assert await desk.ask("/nothing") != []
    assert len(await desk.ask("/nothing", "/nothing")) == 2
    assert server.violated() == {}


# ── answers and alerts share one chat ──


async def test_reading_back_knows_the_bots_answers(desk: BotDesk, server: TelegramServer) -> None:
    await desk.ask("/help", chat=GROUP)
    (answer,) = server.messages
    assert desk.store.noted_messages(str(GROUP), 0) == {answer.message_id}


async def test_patience_is_kept_by_answers_and_asked_of_alerts(desk: BotDesk, server: TelegramServer) -> None:
    server.faults.append(flood(1))
    assert len(await desk.ask("/help", chat=GROUP)) == 1
    assert server.violated() == {}
    assert desk.store.held_chats(NOW) == {DESK: NOW.replace(second=1)}


async def test_what_an_alert_was_told_to_wait_an_answer_waits(desk: BotDesk, server: TelegramServer) -> None:
    desk.store.hold_chat(DESK, NOW.replace(hour=9), NOW)
    assert await desk.ask("/help", chat=GROUP) == []
    assert len(await desk.ask("/help")) == 1


async def test_answers_keep_the_pace(desk: BotDesk, server: TelegramServer) -> None:
    desk.pace = Pace()
    assert len(await desk.ask("/help", "/help", chat=GROUP)) == 2
    assert server.posted_at[1] - server.posted_at[0] >= 1.0
    assert server.most_open[str(GROUP)] == 1


@pytest.mark.parametrize("delivered", [True, False], ids=["it arrived", "it did not"])
async def test_an_answer_in_doubt_is_said_again_and_nothing_is_edited(
    desk: BotDesk, server: TelegramServer, monkeypatch: pytest.MonkeyPatch, delivered: bool
) -> None:
    monkeypatch.setattr("alerts.speech.DOUBT_WAIT", timedelta(0))
    before = server.people_write(str(GROUP))
    desk.store.note_message(str(GROUP), before)
    server.faults.append(Fault(reset=True, delivered=delivered))
    async with desk.running():
        server.push_text("/help", chat_id=GROUP, user_id=OWNER)
        await until(lambda: len(desk.store.noted_messages(str(GROUP), 0)) == 2)
    *lost, answer = server.messages
    assert len(lost) == delivered
    assert desk.store.noted_messages(str(GROUP), before) == {answer.message_id}
    assert {method for method, _ in server.calls} & {"editMessageText", "deleteMessage"} == set()
    # Where the first one is nobody knows, but it is below the second.
    assert desk.store.answer_open(str(GROUP), before)
    assert not desk.store.answer_open(str(GROUP), answer.message_id)


async def test_an_answer_of_which_nothing_is_heard_stays_open(
    desk: BotDesk, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.speech.DOUBT_WAIT", timedelta(0))
    monkeypatch.setattr("alerts.speech._TRIES", 1)
    server.faults.append(Fault(reset=True, delivered=True))
    await desk.ask("/help", chat=GROUP)
    assert desk.store.answer_open(str(GROUP), 0)


async def test_an_answer_refused_leaves_nothing_open(desk: BotDesk, server: TelegramServer) -> None:
    server.chat_faults[str(GROUP)] = blocked()
    await desk.ask("/help", chat=GROUP)
    assert not desk.store.answer_open(str(GROUP), 0)


async def test_nothing_is_said_while_an_alert_is_in_doubt(
    desk: BotDesk, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.speech._LOOK", 0.01)
    desk.tell_story()
    (claimed,) = desk.store.claim(NOW, timedelta(minutes=2), 1, (), {DESK: str(GROUP)})
    in_doubt = {"state": DeliveryState.UNSURE, "maybe_sent": True, "not_before": NOW}
    desk.store.settle(replace(claimed, **in_doubt))  # type: ignore[arg-type]
    async with desk.running():
        server.push_text("/help", chat_id=GROUP, user_id=OWNER)
        await desk.heard()
        await asyncio.sleep(0.1)
        assert server.messages == []
        (claimed,) = desk.store.claim(NOW, timedelta(minutes=2), 1, (), {DESK: str(GROUP)})
        desk.store.settle(replace(claimed, state=DeliveryState.SENT, message_id=9, settled_at=NOW))
    assert len(server.messages) == 1


async def test_nothing_is_said_while_a_doubt_is_being_written_down(
    desk: BotDesk, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.speech._LOOK", 0.01)
    desk.pace.doubt(CONFIG.chats[0])
    async with desk.running():
        server.push_text("/help", chat_id=GROUP, user_id=OWNER)
        await desk.heard()
        await asyncio.sleep(0.1)
        assert server.messages == []
        desk.pace.settled(str(GROUP))
    assert len(server.messages) == 1


async def test_every_number_that_people_use_up_is_known(desk: BotDesk, server: TelegramServer) -> None:
    await desk.ask("hello", person=STRANGER)  # and is refused
    await desk.ask("well?", person=STRANGER)  # not answered
    await desk.ask("/help", chat=-9)
    await desk.ask("/help", chat=GROUP)
    shared = [m.message_id for m in server.messages if m.chat_id != str(GROUP)]
    assert len(shared) == 2
    assert desk.store.noted_messages("7", 0) == set(range(101, 106)) >= set(shared)


@pytest.mark.parametrize(
    "fields",
    [
        {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "x"}},
        {"via_bot": {"id": 5, "is_bot": True, "first_name": "another"}},
    ],
    ids=["forwarded", "by another bot"],
)
async def test_words_of_others_are_no_commands(desk: BotDesk, fields: dict[str, Any]) -> None:
    story, _ = desk.tell_sent()
    assert await desk.ask(f"/mute {story.id}", **fields) == []
    assert not desk.muted(story.id)


async def test_a_move_met_by_an_answer_is_known_to_the_courier(desk: BotDesk, server: TelegramServer) -> None:
    where = Whereabouts(lambda: desk.config, desk.store, Record())
    await where.chats()
    desk.where = where
    server.faults.append(migrated(-1001000000222))
    await desk.ask("/help", chat=GROUP)
    assert where.known()[0].id == "-1001000000222"


async def test_an_answer_follows_its_chat(desk: BotDesk, server: TelegramServer) -> None:
    server.faults.append(migrated(-1001000000222))
    await desk.ask("/help", chat=GROUP)
    assert server.messages[-1].chat_id == "-1001000000222"
    assert desk.store.chat_id(DESK, str(GROUP)) == "-1001000000222"


async def test_a_chat_that_takes_no_answers_stops_nothing(desk: BotDesk, server: TelegramServer) -> None:
    server.chat_faults[str(OWNER)] = blocked()
    assert await desk.ask("/help") == []
    assert len(await desk.ask("/help", person=READER)) == 1
    assert desk.store.parked_chats() == {}


async def test_a_public_group_by_its_name_is_the_chat_of_the_file(
    desk: BotDesk, server: TelegramServer
) -> None:
    desk.config = replace(CONFIG, chats=(a_chat("desk", id="@our_desk"),))
    public = {"id": -100777, "type": "supergroup", "title": "x", "username": "Our_Desk"}
    server.push_text("/test", chat_id=GROUP, user_id=OWNER, chat=public)
    await desk.handle_all()
    assert server.messages[-1].chat_id == "@our_desk"
    assert desk.store.counts()[DeliveryState.QUEUED] == 1


# ── troubles ──


async def test_a_second_poller_stops_the_listening_and_is_named(
    desk: BotDesk, server: TelegramServer
) -> None:
    server.other_poller = True
    async with desk.running() as bot:
        await until(lambda: bool(bot.problem))
        assert "another program receives the bot's messages" in bot.problem
        assert TOKEN not in bot.problem
        polls = server.polls
        await asyncio.sleep(0.05)
        assert server.polls == polls  # it asks again in five minutes


async def test_a_refused_token_is_named(desk: BotDesk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    other = "123456:AAHanotherTokenOnlyForLoopback_9876543"
    async with desk.running(token=other) as bot:
        await until(lambda: bool(bot.problem))
        assert bot.problem == "the bot hears nobody: Telegram refuses the bot token"
    assert [record for record in caplog.records if other in record.getMessage() and loud(record)] == []


def loud(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] not in QUIET or record.levelno > logging.INFO


async def test_network_trouble_is_waited_out(desk: BotDesk, server: TelegramServer) -> None:
    server.poll_faults.append(Fault(status=502, description="Bad Gateway"))
    server.poll_faults.append(flood(1))
    async with desk.running() as bot:
        server.push_text("/nothing", chat_id=OWNER, user_id=OWNER)
        await desk.heard()
        assert bot.problem == ""
    assert len(server.messages) == 1


async def test_a_menu_that_cannot_be_set_keeps_nobody_out(
    desk: BotDesk, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = replace(phrases("en"), menu={"Bad Name": "x"})
    monkeypatch.setattr("alerts.bot.phrases", lambda _language: bad)
    async with desk.running() as bot:
        server.push_text("/help", chat_id=OWNER, user_id=OWNER)
        await desk.heard()
        assert "menu could not be set" in bot.problem
    assert len(server.messages) == 1


class FullDisk(SqlStore):
    """A store that writes nothing while `broken`."""

    broken = False

    def set_bot_value(self, key: str, value: str) -> None:
        if self.broken:
            raise StoreError("the disk is full")
        super().set_bot_value(key, value)

    def live_story(self, story_id: StoryId) -> Story | None:
        if self.broken:
            raise StoreError("the disk is full")
        return super().live_story(story_id)


async def test_a_full_disk_is_told_and_outlived(desk: BotDesk, server: TelegramServer) -> None:
    desk.store = store = a_store(FullDisk)
    desk.tell_story()
    store.broken = True
    async with desk.running() as bot:
        server.push_text("/mute 1", chat_id=OWNER, user_id=OWNER)
        await until(lambda: bool(server.messages))
        assert server.messages[0].text == "the database cannot be used now: try again later"
        await until(lambda: "cannot note" in bot.problem)
        store.broken = False
        server.push_text("/nothing", chat_id=OWNER, user_id=OWNER)
        await desk.heard()
        await until(lambda: bot.problem == "")


async def test_a_bug_in_one_answer_stops_nothing(
    desk: BotDesk, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(_self: object, _topic: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("alerts.answers.Answers.latest", trip)
    assert await desk.ask("/latest", "/nothing") == [
        "that failed here; the log tells why",
        "there is no /nothing; /help tells what there is",
    ]


async def test_the_token_is_nowhere(
    desk: BotDesk, server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.problems = ("no problem",)
    server.chat_faults[str(READER)] = blocked()
    await desk.ask("/status")
    await desk.ask("/status", person=READER)
    assert all(TOKEN not in text for text in server.texts())
    assert [r for r in caplog.records if TOKEN in r.getMessage() and loud(r)] == []


async def test_out_of_reach_for_long_is_a_problem_until_it_hears_again(
    desk: BotDesk, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.bot.backoff", lambda _: timedelta(0))
    monkeypatch.setattr("alerts.bot._LONGEST_BACKOFF", 0.01)
    monkeypatch.setattr(Inbox, "username", unreachable)
    async with desk.running() as bot:
        await until(lambda: bot.problem == "the bot does not reach Telegram: no connection")
        monkeypatch.undo()
        await until(lambda: bot.problem == "")


async def unreachable(_inbox: Inbox) -> str:
    raise NotSent("no connection")
