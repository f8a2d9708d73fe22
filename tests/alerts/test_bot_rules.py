"""Rules from chat: seen, proposed, checked, shown with their consequences, and saved when confirmed."""

from dataclasses import replace

import pytest

from monitor.config.edit import checked
from monitor.core.model import Rule, RuleBook, RuleId, Topic
from tests.alerts.bot_desk import CONFIG, OTHER_OWNER, OWNER, READER, BotDesk, until
from tests.builders import NOW
from tests.telegram_server import TelegramServer

HOW = "write /rules add ID: QUERY topic=… weight=…"

# ── seeing them ──


async def test_rules_without_a_word_are_those_the_desk_cared_for(desk: BotDesk) -> None:
    desk.config = replace(CONFIG, rules=rules_of(desk))
    story = desk.tell_story()
    desk.store.press(story.id, 1, True, NOW)
    desk.store.press(story.id, 2, True, NOW)
    desk.store.press(story.id, 3, False, NOW)
    (answer,) = await desk.ask("/rules", person=READER)
    assert answer.splitlines() == [
        "Rules: 2 (useful / pressed)",
        "Pressed for or switched off: 1. All: /rules 1 · some: /rules WORD (id or topic)",
        "ecny +1: 67% (2 / 3)",
    ]


def rules_of(desk: BotDesk) -> RuleBook:
    return checked(desk.file.read_text("utf-8"), "config.yaml", {}).rules


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/rules 1", ["Rules: 70 (useful / pressed)", "page 1 of 3", *range(30), "more: /rules 2"]),
        ("/rules 3", ["Rules: 70 (useful / pressed)", "page 3 of 3", *range(60, 70)]),
        ("/rules R-6", ["Rules with “R-6”: 11 (useful / pressed)", 6, *range(60, 70)]),
        (
            "/rules crypto",
            [
                "Rules with “crypto”: 35 (useful / pressed)",
                "page 1 of 2",
                *range(0, 60, 2),
                "more: /rules crypto 2",
            ],
        ),
        (
            "/rules #加密资产 2",
            ["Rules with “#加密资产”: 35 (useful / pressed)", "page 2 of 2", *range(60, 70, 2)],
        ),
        ("/rules 4", ["there are only 3 pages"]),
    ],
    ids=["first page", "last page", "by id", "by topic", "by topic in Chinese", "beyond the last page"],
)
async def test_every_rule_can_be_seen(desk: BotDesk, asked: str, told: list[str | int]) -> None:
    desk.config = replace(CONFIG, rules=RuleBook(rules=tuple(map(a_rule, range(70)))))
    (answer,) = await desk.ask(asked, person=READER)
    assert answer.splitlines() == [f"r-{one} {_said(one)}" if isinstance(one, int) else one for one in told]


def _said(number: int) -> str:
    return "+1: no presses" if number % 2 else "+1 #crypto: no presses"


def a_rule(number: int) -> Rule:
    return Rule(id=RuleId(f"r-{number}"), query=("x",), topic=None if number % 2 else Topic.CRYPTO)


async def test_no_such_rule(desk: BotDesk) -> None:
    none = "no rule has “remove ecny” in its id, or as its topic"
    (told,) = await desk.ask("/rules remove ecny")
    assert told.splitlines() == [none, f"{HOW} · /rules off ID · /rules on ID"]
    assert await desk.ask("/rules remove ecny", person=READER) == [none]


# ── changing them ──


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
        "only the owner who asked can confirm this"
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
    by_id = {posted.message_id: posted for posted in server.messages}
    assert by_id[question.message_id].buttons == ()
    assert by_id[question.message_id].text == toast
    assert server.messages[-1].buttons != ()  # the later one goes on waiting


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
        ("drop ecny", HOW),
        ("add x: a priority=breaking", "priority= cannot be set from chat"),
        ("on", HOW),
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


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("add us: US", ["• query: “US” is an everyday word", "write cs:US"]),
        ("add one: 币", ["• query: “币” is one character"]),
        ("add dead: 试点 AND NOT 试点", ["• query: it can never hold"]),
        ("add x: RWA and pilot", ["• “and” is a word to look for here: write AND to join"]),
        ("off old", []),
        ("add x: 数字人民币钱包", []),
    ],
)
async def test_a_proposal_says_what_is_odd_about_the_rule(
    desk: BotDesk, server: TelegramServer, words: str, advice: list[str]
) -> None:
    *_, asked = await desk.ask(f"/rules {words}")
    assert ("Mind:" in asked) is bool(advice)
    assert all(one in asked for one in advice)
    assert server.messages[-1].buttons != ()


@pytest.mark.parametrize("words", ["off “old”", "off\nold", "OFF 「old」"])
async def test_a_rule_is_named_as_people_type_it(desk: BotDesk, words: str) -> None:
    *_, asked = await desk.ask(f"/rules {words}")
    assert asked.startswith("Switch rule old off")


async def test_a_file_with_the_line_ends_of_windows_keeps_them(desk: BotDesk, server: TelegramServer) -> None:
    before = desk.file.read_bytes().replace(b"\n", b"\r\n")
    desk.file.write_bytes(before)
    await desk.ask("/rules off old")
    question = server.messages[-1]
    assert await desk.press(question.buttons[0][0][1], on=question) == ["Switch rule old off: saved"]
    off = desk.file.read_bytes()
    assert b"    enabled: false\r\n" in off
    assert off.count(b"\n") == off.count(b"\r\n")
    await desk.ask("/rules on old")
    question = server.messages[-1]
    assert await desk.press(question.buttons[0][0][1], on=question) == ["Switch rule old on: saved"]
    assert desk.file.read_bytes() == before
