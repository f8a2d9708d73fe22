"""The bot, through the real client: who may ask, what is answered, and that each thing is done once."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.pace import Pace
from alerts.record import Record
from alerts.updates import Inbox
from alerts.whereabouts import Whereabouts
from monitor.config.edit import checked
from monitor.core.errors import NotSent, StoreError
from monitor.core.messages import DeliveryKind, DeliveryState
from monitor.core.model import ChatName, RuleBook, SourceId, Story, StoryId
from monitor.core.settings import BotRights
from monitor.store.sql import SqlStore
from tests.alerts.bot_desk import CONFIG, GROUP, OTHER_OWNER, OWNER, READER, STRANGER, BotDesk, until
from tests.alerts.desk import a_store
from tests.builders import NOW, a_chat, a_source, a_state, an_article
from tests.store.desk import keep, send, the_source
from tests.telegram_server import TOKEN, Fault, Posted, TelegramServer, blocked, flood, migrated

DESK = ChatName("desk")
NOT_HERE = "this chat is not in config.yaml: no alerts come here"
QUIET = ("httpx", "httpcore", "telegram", "aiohttp")  # heard from WARNING up, or the stand-in's own


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


# ── who may ask ──


async def test_a_stranger_is_refused_once_and_told_the_number(desk: BotDesk) -> None:
    (refusal,) = await desk.ask("hello", "/start", "/status", person=STRANGER)
    assert f"can add {STRANGER} under bot:" in refusal
    assert await desk.restarted().ask("/start", person=STRANGER) == []


async def test_without_owners_everybody_learns_their_number(desk: BotDesk) -> None:
    desk.config = replace(CONFIG, bot=BotRights())
    (refusal,) = await desk.ask("/start")
    assert f"can add {OWNER} under bot:" in refusal


async def test_strangers_in_a_group_are_not_heard(desk: BotDesk) -> None:
    assert await desk.ask("/start", "/status@policywire_bot", person=STRANGER, chat=GROUP) == []


async def test_rights_are_those_of_the_present_configuration(desk: BotDesk) -> None:
    assert await desk.ask("/mute 1", person=READER) == ["only owners may do that"]
    desk.config = replace(CONFIG, bot=BotRights(owners=(READER,)))
    assert await desk.ask("/mute 1", person=READER) == ["there is no story 1"]


@pytest.mark.parametrize("command", ["/mute 1", "/unmute 1", "/rules off ecny", "/rules add x: y"])
async def test_a_reader_changes_nothing(desk: BotDesk, command: str) -> None:
    assert await desk.ask(command, person=READER) == ["only owners may do that"]


async def test_in_a_group_only_commands_for_this_bot_are_answered(desk: BotDesk) -> None:
    answers = await desk.ask("hello", "/test@another_bot", "/mute", "/mute@Policywire_Bot", chat=GROUP)
    assert [answer[:12] for answer in answers] == ["which story?"] * 2


async def test_in_private_a_word_gets_a_hint(desk: BotDesk) -> None:
    assert await desk.ask("hello") == ["/help tells what the bot understands"]


async def test_messages_of_bots_and_unknown_updates_are_left_alone(
    desk: BotDesk, server: TelegramServer
) -> None:
    server.push_update(poll={"id": "1", "question": "?"})  # nothing the client can read
    server.push_update(something_new={"of": "tomorrow"})
    server.push_update(message={"message_id": 5, "date": 1, "chat": {"id": OWNER, "type": "private"}})
    bot = {"id": OWNER, "is_bot": True, "first_name": "x"}
    server.push_text("/help", chat_id=OWNER, user_id=OWNER, **{"from": bot})
    assert await desk.handle_all() == []


async def test_no_more_strangers_are_remembered_than_are_useful(desk: BotDesk) -> None:
    desk.store.set_bot_value("strangers", json.dumps([*range(1_000, 3_000)]))
    assert await desk.ask("/start", person=1_500) == []
    assert len(await desk.ask("/start", person=STRANGER)) == 1
    kept = json.loads(desk.store.bot_value("strangers") or "")
    assert (len(kept), kept[0], kept[-1]) == (2_000, 1_001, STRANGER)


# ── what is answered ──


async def test_help_and_start_name_what_one_may_do(desk: BotDesk) -> None:
    owners, readers = await desk.ask("/help"), await desk.ask("/start", person=READER)
    assert "/mute" in owners[0]
    assert "/rules add ID: QUERY" in owners[0]
    assert readers[0].startswith("policywire is here.")
    assert "/mute" not in readers[0]


async def test_the_menu_is_told_at_the_start(desk: BotDesk, server: TelegramServer) -> None:
    await desk.ask("/help")
    assert [command["command"] for command in server.commands][:3] == ["start", "help", "status"]


async def test_status_tells_problems_and_counts(desk: BotDesk) -> None:
    desk.tell_story()
    desk.problems = ("the token is <bad>",)
    desk.store.park_chat(ChatName("ops"), "bot was blocked", NOW)
    desk.store.hold_chat(DESK, NOW.replace(hour=9), NOW)
    (answer,) = await desk.ask("/status")
    assert "⚠ the token is <bad>" in answer
    assert "1 articles kept\noutbox: 1 queued" in answer
    assert "chat ops is parked: bot was blocked" in answer
    assert "chat desk waits until 2026-11-24 09:00" in answer


async def test_sources_that_fail_come_first(desk: BotDesk) -> None:
    sources = (a_source(), a_source(id=SourceId("pbc"), name="The <Bank>"))
    desk.config = replace(CONFIG, sources=sources)
    with desk.store.work() as work:
        work.keep_sources(sources, NOW)
        work.save_source_state(a_state(last_ok_at=NOW))
        work.save_source_state(a_state(source_id=SourceId("pbc"), failures=2, problem="HTTP 500"))
    (answer,) = await desk.ask("/sources")
    assert answer.splitlines() == [
        "2 sources",
        "⚠ The <Bank> (pbc): HTTP 500; last well never",
        "The Wire (wire): 2026-11-24 08:00",
    ]


async def test_rules_show_their_running_precision(desk: BotDesk) -> None:
    desk.config = replace(CONFIG, rules=rules_of(desk))
    story = desk.tell_story()
    desk.store.press(story.id, 1, True, NOW)
    desk.store.press(story.id, 2, True, NOW)
    desk.store.press(story.id, 3, False, NOW)
    (answer,) = await desk.ask("/rules", person=READER)
    assert answer.splitlines()[1:] == ["ecny +1: 67% (2 / 3)", "old +1: no presses"]


def rules_of(desk: BotDesk) -> RuleBook:
    return checked(desk.file.read_text("utf-8"), "config.yaml", {}).rules


def replied(posted: Posted) -> dict[str, Any]:
    """The message that a reply answers, as Telegram tells it."""
    chat = {"id": int(posted.chat_id), "type": "supergroup", "title": "desk"}
    return {"message_id": posted.message_id, "date": 1, "chat": chat}


async def test_why_tells_every_step_by_number_and_in_reply(desk: BotDesk, server: TelegramServer) -> None:
    story, posted = desk.tell_sent()
    by_number, without = await desk.ask(f"/why {story.id}", "/why")
    assert "Judged\necny (ecny) +6: “Digital yuan” in title" in by_number
    assert "Delivery\nalert to desk: sent" in by_number
    assert without.startswith("which story?")
    assert await desk.ask("/why", chat=GROUP, reply_to_message=replied(posted)) == [by_number]
    assert server.messages[-1].reply_to is not None
    assert await desk.ask("/why 999") == ["there is no story 999"]


async def test_latest_and_search(desk: BotDesk) -> None:
    desk.tell_story("Digital yuan <pilot>")
    told = "• Digital yuan <pilot>\nPeople's Bank of China · 2026-11-24 08:00 · story 1"
    latest, by_topic, other, wrong = await desk.ask("/latest", "/latest #ecny", "/latest ai", "/latest x")
    assert latest == by_topic == f"Latest alerts\n{told}"
    assert other == "nothing was alerted yet"
    assert wrong.startswith("no topic “x”; one of ecny, crypto")
    found, none, empty = await desk.ask("/search YUAN pilot", "/search <b>rocket</b>", "/search")
    assert found == f"“YUAN pilot”\n{told}"
    assert none == "nothing found for “<b>rocket</b>”"
    assert empty == "say what to look for: /search digital yuan"


async def test_a_story_is_muted_and_speaks_again(desk: BotDesk) -> None:
    story, posted = desk.tell_sent("Title & <tag>")
    muted = "story 1 is muted; /unmute undoes it: Title & <tag>"
    assert await desk.ask(f"/mute {story.id}", f"/mute {story.id}") == [muted, muted]
    assert desk.muted(story.id)
    answers = await desk.ask("/unmute", chat=GROUP, reply_to_message=replied(posted))
    assert answers == ["story 1 speaks again: Title & <tag>"]
    assert not desk.muted(story.id)


async def test_a_test_goes_through_the_outbox_once(desk: BotDesk) -> None:
    assert await desk.ask("/test", chat=GROUP) == ["a test message is on its way"]
    (owed,) = desk.store.claim(NOW, NOW - NOW.replace(minute=0), 5, (), {})
    assert (owed.chat, owed.kind, owed.key) == ("desk", DeliveryKind.NOTICE, "notice:test:1")
    assert desk.woken == 1
    assert await desk.ask("/test", person=READER) == [NOT_HERE]


async def test_a_digest_now(desk: BotDesk) -> None:
    assert await desk.ask("/digest", chat=GROUP) == ["nothing is gathered for this chat"]
    for title in ("one", "two"):
        gather(desk, title)
    assert await desk.ask("/digest", "/digest", chat=GROUP) == [
        "what was gathered is on its way",
        "nothing is gathered for this chat",
    ]
    assert desk.store.counts()[DeliveryState.FOLDED] == 2
    assert await desk.ask("/digest", person=READER) == [NOT_HERE]


def gather(desk: BotDesk, title: str) -> None:
    with desk.store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story(title, NOW)
        article_id = keep(work, story_id=story.id, article=an_article(title=title))
        later = send(DESK, gather_until=NOW.replace(hour=20))
        work.add_alert(story.id, article_id, later, NOW)


async def test_a_parked_chat_receives_again_by_command(desk: BotDesk) -> None:
    desk.tell_story()
    desk.store.park_chat(DESK, "kicked", NOW)
    assert await desk.ask("/start desk", person=READER) != []
    assert desk.store.parked_chats()
    assert await desk.ask("/start", chat=GROUP) == ["desk receives again; 1 kept messages are on their way"]
    assert (desk.store.parked_chats(), desk.woken) == ({}, 1)
    desk.store.park_chat(DESK, "kicked", NOW)
    assert await desk.ask("/start desk") == ["desk receives again; 1 kept messages are on their way"]


HOSTILE = ["/<script>", "/search " + "<b>&" * 2_500, "/why " + "9" * 5_000, "/nothing\u202e"]


@pytest.mark.parametrize(
    "text", HOSTILE, ids=["a tag", "10,000 characters", "a long number", "a direction mark"]
)
async def test_hostile_words_are_answered_harmlessly(
    desk: BotDesk, server: TelegramServer, text: str
) -> None:
    (answer,) = await desk.ask(text)
    assert len(answer) <= 700
    assert server.violated() == {}


async def test_a_long_answer_is_cut_between_lines(desk: BotDesk, server: TelegramServer) -> None:
    sources = tuple(a_source(id=SourceId(f"s{n}"), name="x" * 60) for n in range(300))
    desk.config = replace(CONFIG, sources=sources)
    (answer,) = await desk.ask("/sources")
    assert answer.startswith("300 sources")
    assert answer.splitlines()[-1].startswith("… and ")
    assert server.violated() == {}


async def test_answers_in_a_topic_stay_in_it(desk: BotDesk, server: TelegramServer) -> None:
    server.topics[str(GROUP)] = {7}
    await desk.ask("/help", chat=GROUP, message_thread_id=7, is_topic_message=True)
    assert server.messages[-1].thread == 7


# ── presses ──


async def test_presses_are_noted_once(desk: BotDesk) -> None:
    story, posted = desk.tell_sent()
    useful, noise = f"useful:{story.id}", f"noise:{story.id}"
    assert await desk.press(useful, useful, noise, on=posted, person=READER) == [
        "noted: useful",
        "noted already: useful",
        "noted: noise",
    ]
    assert desk.store.rule_presses() == {"ecny": (0, 1)}
    assert await desk.press("useful:99", on=posted) == ["that story is gone"]


async def test_old_buttons_are_answered_after_a_restart(desk: BotDesk) -> None:
    story, posted = desk.tell_sent()
    await desk.ask("/help")
    assert await desk.restarted().press(f"useful:{story.id}", on=posted) == ["noted: useful"]


async def test_why_below_an_alert_answers_in_the_chat(desk: BotDesk, server: TelegramServer) -> None:
    story, posted = desk.tell_sent()
    assert await desk.press(f"why:{story.id}", on=posted, person=READER) == [""]
    answer = server.messages[-1]
    assert answer.text.startswith("Source\nPeople's Bank of China")
    assert (answer.chat_id, answer.reply_to) == (str(GROUP), posted.message_id)


async def test_only_owners_mute_by_button(desk: BotDesk) -> None:
    story, posted = desk.tell_sent()
    assert await desk.press(f"mute:{story.id}", on=posted, person=READER) == ["only owners may do that"]
    assert not desk.muted(story.id)
    (toast,) = await desk.press(f"mute:{story.id}", on=posted)
    assert toast.startswith("story 1 is muted")
    assert desk.muted(story.id)


@pytest.mark.parametrize("act", ["useful", "why", "mute", "edit"])
async def test_a_strangers_press_does_nothing(desk: BotDesk, server: TelegramServer, act: str) -> None:
    story, posted = desk.tell_sent()
    before = len(server.messages)
    assert await desk.press(f"{act}:{story.id}", on=posted, person=STRANGER) == ["not for you"]
    assert len(server.messages) == before
    assert desk.store.rule_presses() == {}


@pytest.mark.parametrize("pressed", ["", "useful", "useful:x", "mute:-1", "drop:1", "why:" + "9" * 60])
async def test_presses_without_a_meaning(desk: BotDesk, pressed: str) -> None:
    _, posted = desk.tell_sent()
    assert await desk.press(pressed, on=posted) == ["this button means nothing any more"]


async def test_a_late_answer_to_a_press_is_nobodys_trouble(desk: BotDesk, server: TelegramServer) -> None:
    story, posted = desk.tell_sent()
    server.push_update(
        callback_query={
            "id": "too-old",
            "from": {"id": OWNER, "is_bot": False, "first_name": "x"},
            "chat_instance": "1",
            "data": f"useful:{story.id}",
            "message": replied(posted) | {"date": 0},  # too old to be told of
        }
    )
    assert await desk.handle_all() == []
    assert desk.store.rule_presses() == {"ecny": (1, 0)}


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


async def test_why_in_a_channel_is_told_to_who_asks(desk: BotDesk, server: TelegramServer) -> None:
    story, _ = desk.tell_sent()
    posted = server.post("@channel", "Digital yuan pilot")
    (told,) = await desk.press(f"why:{story.id}", on=posted, person=READER)
    assert told.startswith("Source\nPeople's Bank of China")
    assert len(told) <= 200
    assert [m.chat_id for m in server.messages] == [str(GROUP), "@channel"]


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
    monkeypatch.setattr("alerts.bot.COMMANDS", {"Bad Name": "x"})
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


# ── rules from chat ──


async def test_a_rule_is_added_when_its_owner_confirms(desk: BotDesk, server: TelegramServer) -> None:
    *_, asked = await desk.ask("/rules add rwa: RWA AND 试点 topic=crypto weight=3")
    assert asked.splitlines()[0] == "Add rule rwa: RWA AND 试点 topic=crypto weight=3"
    assert "It would have alerted 3 <times>." in asked
    assert [rule.id for rule in desk.previewed[0].rules.rules] == ["ecny", "old", "rwa"]
    before = desk.file.read_text("utf-8")
    question = server.messages[-1]
    assert [label for label, _ in question.buttons[0]] == ["Confirm", "Cancel"]
    yes = question.buttons[0][0][1]
    # Another owner cannot, and a restart forgets nothing.
    assert await desk.press(yes, on=question, person=OTHER_OWNER) == [
        "that change is no longer waiting: ask for it again"
    ]
    assert desk.file.read_text("utf-8") == before
    assert await desk.restarted().press(yes, yes, on=question) == [
        "Add rule rwa: RWA AND 试点 topic=crypto weight=3: saved",
        "saved already",
    ]
    after = desk.file.read_text("utf-8")
    assert after.startswith(before)
    assert after.removeprefix(before).split() == [
        *("-", "id:", "rwa", "query:", "RWA", "AND", "试点", "topic:", "crypto", "weight:", "3")
    ]
    assert server.messages[-1].buttons == ()  # the question gave way to what became of it
    assert server.messages[-1].message_id == question.message_id


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


async def test_a_long_look_back_holds_nobody_up(desk: BotDesk, server: TelegramServer) -> None:
    desk.preview_may_end.clear()
    async with desk.running():
        for text in ("/rules off old", "/nothing"):
            server.push_text(text, chat_id=OWNER, user_id=OWNER)
        await until(lambda: len(server.messages) == 2)
        assert {text[:10] for text in server.texts()} == {"there is n", "Checking t"}
        desk.preview_may_end.set()
        await until(lambda: len(server.messages) == 3)
    assert server.messages[-1].text.startswith("Switch rule old off")


async def test_a_rule_is_switched_off_and_on_again(desk: BotDesk, server: TelegramServer) -> None:
    before = desk.file.read_text("utf-8")
    await desk.ask("/rules off old")
    question = server.messages[-1]
    await desk.press(question.buttons[0][0][1], on=question)
    assert "enabled: false" in desk.file.read_text("utf-8")
    assert "old is off" in (await desk.ask("/rules"))[0].splitlines()
    assert (await desk.ask("/rules off old"))[-1] == "nothing would change"
    await desk.ask("/rules on old")
    question = server.messages[-1]
    await desk.press(question.buttons[0][0][1], on=question)
    assert desk.file.read_text("utf-8") == before


async def test_a_change_is_cancelled(desk: BotDesk, server: TelegramServer) -> None:
    before = desk.file.read_text("utf-8")
    await desk.ask("/rules off old")
    question = server.messages[-1]
    (yes, no) = (press for _, press in question.buttons[0])
    assert await desk.press(no, yes, on=question) == ["Switch rule old off: cancelled", "cancelled already"]
    assert desk.file.read_text("utf-8") == before


async def test_a_later_change_takes_the_place_of_the_waiting_one(
    desk: BotDesk, server: TelegramServer
) -> None:
    await desk.ask("/rules off old")
    question = server.messages[-1]
    await desk.ask("/rules off ecny")
    (toast,) = await desk.press(question.buttons[0][0][1], on=question)
    assert toast == "that change is no longer waiting: ask for it again"


async def test_a_file_changed_meanwhile_is_not_written_over(desk: BotDesk, server: TelegramServer) -> None:
    await desk.ask("/rules off old")
    question = server.messages[-1]
    theirs = desk.file.read_text("utf-8") + "# theirs\n"
    desk.file.write_text(theirs, "utf-8")
    (toast,) = await desk.press(question.buttons[0][0][1], on=question)
    assert toast == "config.yaml was changed meanwhile: look at it and ask again"
    assert desk.file.read_text("utf-8") == theirs


async def test_a_crash_between_saving_and_noting_it(desk: BotDesk, server: TelegramServer) -> None:
    await desk.ask("/rules off old")
    question = server.messages[-1]
    waiting = desk.store.bot_value(f"rule_edit:{OWNER}") or ""
    yes = question.buttons[0][0][1]
    await desk.press(yes, on=question)
    desk.store.set_bot_value(f"rule_edit:{OWNER}", waiting)
    assert await desk.press(yes, on=question) == ["Switch rule old off: saved"]


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("add ecny: a", "the rule “ecny” stands already on line 6"),
        ("add x: a topic=moon", "moon"),
        ("add x: (a AND", "rules.list.2.query"),
        ("add x: a weight=much", "weight=much is not a number"),
        ("off echy", "there is no rule “echy” in the file"),
        ("drop ecny", "write /rules add ID: QUERY"),
        ("on", "write /rules add ID: QUERY"),
    ],
)
async def test_mistakes_are_told_and_nothing_waits(
    desk: BotDesk, server: TelegramServer, words: str, mistake: str
) -> None:
    before = desk.file.read_text("utf-8")
    *_, answer = await desk.ask(f"/rules {words}")
    assert mistake in answer
    assert server.messages[-1].buttons == ()
    assert desk.store.bot_value(f"rule_edit:{OWNER}") is None
    assert desk.file.read_text("utf-8") == before


async def test_a_chat_in_chinese_is_asked_in_chinese(desk: BotDesk, server: TelegramServer) -> None:
    desk.config = replace(CONFIG, chats=(a_chat("desk", id=str(GROUP), language="zh"),))
    await desk.ask("/rules off old", chat=GROUP)
    assert [label for label, _ in server.messages[-1].buttons[0]] == ["确认", "取消"]
