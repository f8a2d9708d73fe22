"""The bot, through the real client: who may ask, what is answered, and that each thing is done once."""

import json
from dataclasses import replace
from typing import Any

import pytest

from monitor.core.messages import DeliveryKind, DeliveryState
from monitor.core.model import ChatName, Reason, RuleId, Skip, SourceId
from monitor.core.settings import BotRights
from tests.alerts.bot_desk import CONFIG, GROUP, OWNER, READER, STRANGER, BotDesk
from tests.builders import NOW, a_hit, a_source, a_state, a_verdict, an_article, not_relevant
from tests.store.desk import keep, send, the_source
from tests.telegram_server import Posted, TelegramServer

DESK = ChatName("desk")
NOT_HERE = "this chat is not in config.yaml: no alerts come here"
QUIET = ("httpx", "httpcore", "telegram", "aiohttp")  # heard from WARNING up, or the stand-in's own


# ── who may ask ──


async def test_a_stranger_is_refused_once_and_told_the_number(desk: BotDesk) -> None:
    (refusal,) = await desk.ask("hello", "/status", "again", person=STRANGER)
    assert refusal.startswith(f"This bot serves a news desk. Your number is {STRANGER}: an owner can add it")
    assert await desk.restarted().ask("/status", person=STRANGER) == []


async def test_start_always_tells_the_number_but_not_too_often(
    desk: BotDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(await desk.ask("a word", "/start", "/start", "a word", person=STRANGER)) == 2
    monkeypatch.setattr("alerts.bot._BETWEEN_STARTS", 0.0)
    monkeypatch.setattr("alerts.bot._MOST_STRANGERS", 1)
    async with desk.running():
        for person in (STRANGER, STRANGER, 667, STRANGER):
            desk.server.push_text("/start", chat_id=person, user_id=person)
        await desk.heard()
    assert len(desk.server.messages) == 6


async def test_without_owners_everybody_learns_their_number(desk: BotDesk) -> None:
    desk.config = replace(CONFIG, bot=BotRights())
    (told,) = await desk.ask("/start")
    assert f"Your number is {OWNER}: to ask, add it under bot: owners:" in told


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


async def test_in_a_group_the_commands_of_other_bots_are_left_to_them(desk: BotDesk) -> None:
    unknown = "there is no /price; /help tells what there is"
    assert await desk.ask("/price btc", "/price@policywire_bot btc", chat=GROUP) == [unknown]
    assert await desk.ask("/price btc") == [unknown]


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
    assert await desk.ask("hello", person=1_500) == []
    assert len(await desk.ask("hello", person=STRANGER)) == 1
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
    assert answer.splitlines() == [
        "Status",
        "⚠ the token is <bad>",
        "⚠ chat ops is parked: bot was blocked (/start there resumes it)",
        "sources: 1, failing: 0 · rules: 0",
        "articles kept: 1",
        "outbox: 1 queued",
        "chat desk waits until 2026-11-24 09:00",
    ]


async def test_status_when_all_is_well(desk: BotDesk) -> None:
    (answer,) = await desk.ask("/status")
    assert answer.splitlines()[1] == "nothing needs a person"


async def test_sources_that_fail_come_first(desk: BotDesk) -> None:
    sources = (a_source(), a_source(id=SourceId("pbc"), name="The <Bank>"))
    desk.config = replace(CONFIG, sources=sources)
    with desk.store.work() as work:
        work.keep_sources(sources, NOW)
        work.save_source_state(a_state(last_ok_at=NOW))
        work.save_source_state(a_state(source_id=SourceId("pbc"), failures=2, problem="HTTP 500"))
    (answer,) = await desk.ask("/sources")
    assert answer.splitlines() == [
        "Sources: 2",
        "⚠ The <Bank> (pbc): HTTP 500; last well never",
        "The Wire (wire): 2026-11-24 08:00",
    ]


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
    assert other == "nothing on #ai yet"
    assert wrong.startswith("no topic “x”; there are #ecny, #crypto")
    found, none, empty = await desk.ask("/search YUAN pilot", "/search <b>rocket</b>", "/search")
    assert found == f"“YUAN pilot”\n{told}"
    assert none == "nothing found for “<b>rocket</b>”"
    assert empty == "say what to look for: /search digital yuan"


async def test_nothing_was_alerted(desk: BotDesk) -> None:
    assert await desk.ask("/latest", "/latest crypto, AI ai") == [
        "nothing was alerted yet",
        "nothing on #crypto #ai yet",
    ]


async def test_topics_and_words_as_a_chinese_keyboard_types_them(desk: BotDesk) -> None:
    desk.tell_story("数字人民币扩大试点")
    latest = await desk.ask("/latest ＃数字人民币", "/latest 人工智能、ecny", "／latest 数字人民币")
    assert [answer.splitlines()[1] for answer in latest] == ["• 数字人民币扩大试点"] * 3
    (found,) = await desk.ask("/search 数字人民币，「试点」；扩大")
    assert found.splitlines()[:2] == ["“数字人民币 试点 扩大”", "• 数字人民币扩大试点"]
    assert await desk.ask("/search ，") == ["say what to look for: /search digital yuan"]


async def test_an_article_that_was_not_alerted_says_why(desk: BotDesk) -> None:
    skipped = Skip(reason=Reason.NOT_RELEVANT, words="score 1 below 3")
    with desk.store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("Bitcoin climbs", NOW)
        keep(
            work,
            story_id=story.id,
            article=an_article(title="Bitcoin climbs"),
            verdict=not_relevant(),
            decision=skipped,
        )
    (found,) = await desk.ask("/search bitcoin")
    assert found.endswith(" · story 1 · not-relevant")


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
    assert await desk.ask("/start", chat=GROUP) == ["desk receives again; kept messages on their way: 1"]
    assert (desk.store.parked_chats(), desk.woken) == ({}, 1)
    desk.store.park_chat(DESK, "kicked", NOW)
    assert await desk.ask("/start desk") == ["desk receives again; kept messages on their way: 1"]


async def test_start_with_a_name_that_is_not_parked(desk: BotDesk) -> None:
    assert await desk.ask("/start desk", "/start nope") == [
        "desk is not parked",
        "no chat is named nope; there are desk, ops",
    ]


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
    assert answer.startswith("Sources: 300")
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
    assert await desk.press(f"{act}:{story.id}", on=posted, person=STRANGER) == [
        "Not for you yet: ask an owner to add 666 under bot: readers:"
    ]
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


async def test_why_in_a_channel_is_told_in_short_to_who_asks(desk: BotDesk, server: TelegramServer) -> None:
    story, _ = desk.tell_sent()
    posted = server.post("@channel", "Digital yuan pilot")
    assert await desk.press(f"why:{story.id}", "why:99", on=posted, person=READER) == [
        "ecny “Digital yuan” · score 6, needs 3",
        "there is no story 99",
    ]
    assert [m.chat_id for m in server.messages] == [str(GROUP), "@channel"]


async def test_why_in_short_names_whole_rules_only(desk: BotDesk, server: TelegramServer) -> None:
    with desk.store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("Digital yuan", NOW)
        hits = tuple(
            a_hit(rule=RuleId(f"rule-{number}-{'x' * 60}"), points=9.0 - number) for number in range(5)
        )
        verdict = a_verdict(hits=hits, score=18.275)
        keep(work, story_id=story.id, article=an_article(title="Digital yuan"), verdict=verdict)
    posted = server.post("@channel", "Digital yuan")
    (told,) = await desk.press(f"why:{story.id}", on=posted)
    assert len(told) <= 200
    assert told.count("“") > 1
    assert told.endswith("” · score 18.3, needs 3")
