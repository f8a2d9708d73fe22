"""How commands are read, and how an answer keeps within Telegram's bounds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.commands import (
    Command,
    fitted,
    help_text,
    joins_in_lower_case,
    parse_command,
    parse_rule,
    parse_story,
    parse_switch,
    said,
)
from alerts.harmless import anchor, escaped, line
from alerts.phrases import phrases
from monitor.core.errors import UserError
from tests.telegram_markup import understood

EN = phrases("en")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/status", Command(name="status")),
        ("  /Status@Policywire_bot ", Command(name="status", bot="Policywire_bot")),
        ("/search digital yuan", Command(name="search", rest="digital yuan")),
        ("/search\n数字人民币\n", Command(name="search", rest="数字人民币")),
        ("/rules add a: b OR c", Command(name="rules", rest="add a: b OR c")),
        ("／help", Command(name="help")),
        ("/latest＠policywire_bot 数据", Command(name="latest", bot="policywire_bot", rest="数据")),
        ("status", None),
        ("/", None),
        ("/<b>", None),
        ("/etc/passwd", None),
        ("", None),
    ],
)
def test_commands(text: str, command: Command | None) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize(
    ("words", "story"), [("17", 17), (" #17 ", 17), ("x", None), ("-1", None), ("9" * 30, None)]
)
def test_stories(words: str, story: int | None) -> None:
    assert parse_story(words) == story


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("rwa: RWA AND 试点", {"id": "rwa", "query": "RWA AND 试点"}),
        ("rwa : a  b topic=crypto weight=3", {"id": "rwa", "query": "a b", "topic": "crypto", "weight": 3}),
        ("x: a weight=-1.5 topic=ai", {"id": "x", "query": "a", "topic": "ai", "weight": -1.5}),
        ("x: “real world” OR b", {"id": "x", "query": '"real world" OR b'}),
        ("x: title:a", {"id": "x", "query": "title:a"}),
        ("x：RWA topic＝crypto weight＝3", {"id": "x", "query": "RWA", "topic": "crypto", "weight": 3}),
        ("x: 「数字人民币」 OR 『e-CNY』", {"id": "x", "query": '"数字人民币" OR "e-CNY"'}),
        ("x: topic=ecny 数字人民币", {"id": "x", "query": "数字人民币", "topic": "ecny"}),
        ("topic=ecny x: a weight=2 OR b", {"id": "x", "query": "a OR b", "topic": "ecny", "weight": 2}),
        ("x: 数字人民币 topic= ecny", {"id": "x", "query": "数字人民币", "topic": "ecny"}),
        ("x: 数字人民币 topic = ecny", {"id": "x", "query": "数字人民币", "topic": "ecny"}),
        (
            "x: 数字人民币，topic=ecny，weight=2",
            {"id": "x", "query": "数字人民币", "topic": "ecny", "weight": 2},
        ),
        ("x: a, topic=ecny, weight=2", {"id": "x", "query": "a", "topic": "ecny", "weight": 2}),
        ("x: (a OR b)topic=ecny,weight=2", {"id": "x", "query": "(a OR b)", "topic": "ecny", "weight": 2}),
        ("x: 数字人民币topic=ecny", {"id": "x", "query": "数字人民币", "topic": "ecny"}),
        ("x: a topic=数字人民币", {"id": "x", "query": "a", "topic": "ecny"}),
        ('x: a topic="ECNY"', {"id": "x", "query": "a", "topic": "ecny"}),
        ("x: a topic=moon", {"id": "x", "query": "a", "topic": "moon"}),
        ('x: "a=b" OR /c=d topic=ai/', {"id": "x", "query": '"a=b" OR /c=d topic=ai/'}),
        ("x: a NEAR/5 b topic=ai", {"id": "x", "query": "a NEAR/5 b", "topic": "ai"}),
        ("x: topic:ecny AND a", {"id": "x", "query": "topic:ecny AND a"}),
    ],
)
def test_rules(words: str, rule: dict[str, Any]) -> None:
    assert parse_rule(words, EN) == rule


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("", "write it like"),
        ("rwa", "write it like"),
        ("rwa:", "write it like"),
        ("x: topic=ecny", "write it like"),
        ("x: a weight=much", "weight=much is not a number"),
        ("x: a weight=3,5", "weight=3,5 is not a number"),
        ("x: a weight=", "weight= is not a number"),
        ("x: RWA priority=breaking", "^priority= cannot be set from chat"),
        ("x: RWA priority ＝ breaking", "^priority= cannot be set from chat"),
        ("x: RWA 优先级=突发 topic=ai", "^优先级= cannot be set from chat"),
    ],
)
def test_mistakes_in_rules(words: str, mend: str) -> None:
    with pytest.raises(UserError, match=mend):
        parse_rule(words, EN)


@pytest.mark.parametrize(
    ("query", "joins"),
    [
        ("RWA and pilot", ("and",)),
        ("a Or b or c not d", ("Or", "or", "not")),
        ("a AND b OR (NOT c)", ()),
        ('"cash and carry" OR /this or that/', ()),
        ("band OR nothing", ()),
    ],
)
def test_what_does_not_join(query: str, joins: tuple[str, ...]) -> None:
    assert joins_in_lower_case(query) == joins


@pytest.mark.parametrize("typed", ["ecny", " “ecny” ", "「ecny」", '"ecny"'])
def test_a_rule_to_switch(typed: str) -> None:
    assert parse_switch(typed) == "ecny"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_menu_is_one_telegram_takes(language: str) -> None:
    words = phrases(language)
    told = help_text(words, owner=True)
    assert all(name.islower() and 1 <= len(does) <= 256 for name, does in words.menu.items())
    assert [f"/{name} " in told for name in words.menu] == [True] * len(words.menu)
    assert "/mute" not in help_text(words, owner=False)


def test_help_names_what_may_stand_behind_a_command() -> None:
    told = help_text(EN, owner=False).splitlines()
    assert "/search WORDS – past articles with all these words" in told
    assert "/status – how the service is doing" in told


@given(st.lists(st.text(max_size=300), max_size=200), st.integers(1, 5))
def test_an_answer_fits_and_balances(texts: list[str], links: int) -> None:
    link = anchor("a title", f"https://x.example/{'p' * 300}")
    lines = [" ".join([link] * links) if n % 2 else escaped(line(text, 300)) for n, text in enumerate(texts)]
    message = fitted(["<b>Found</b>"], lines, EN).message()
    # The stand-in refuses what is too long, or is no markup of Telegram's.
    posted = understood({"chat_id": "7", "text": message.html, "parse_mode": "HTML"}, 1)
    assert posted.text == message.plain.strip()


def test_what_does_not_fit_is_counted() -> None:
    reply = fitted(["<b>Found</b>"], ["x" * 400] * 30, phrases("zh"))
    assert reply.html.endswith("\n……另有 21 条")


def test_hostile_words_are_harmless() -> None:
    assert said("<b>\u202e&\n" + "x" * 10_000).html.startswith("&lt;b&gt;&amp; xxx")
    assert len(said("x" * 10_000).html) <= 600
