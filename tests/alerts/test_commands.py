"""How commands are read, and how an answer keeps within Telegram's bounds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.commands import COMMANDS, Command, fitted, help_text, parse_command, parse_rule, parse_story, said
from alerts.harmless import anchor, escaped, line
from monitor.core.errors import UserError
from tests.telegram_markup import understood


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/status", Command(name="status")),
        ("  /Status@Policywire_bot ", Command(name="status", bot="Policywire_bot")),
        ("/search digital yuan", Command(name="search", rest="digital yuan")),
        ("/search\n数字人民币\n", Command(name="search", rest="数字人民币")),
        ("/rules add a: b OR c", Command(name="rules", rest="add a: b OR c")),
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
    ],
)
def test_rules(words: str, rule: dict[str, Any]) -> None:
    assert parse_rule(words) == rule


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("", "write it like"),
        ("rwa", "write it like"),
        ("rwa:", "write it like"),
        ("x: a weight=much", "not a number"),
    ],
)
def test_mistakes_in_rules(words: str, mend: str) -> None:
    with pytest.raises(UserError, match=mend):
        parse_rule(words)


def test_the_menu_is_one_telegram_takes() -> None:
    assert all(name.islower() and 1 <= len(words) <= 256 for name, words in COMMANDS.items())
    assert [f"/{name}" in help_text(owner=True) for name in COMMANDS] == [True] * len(COMMANDS)
    assert "/mute" not in help_text(owner=False)


@given(st.lists(st.text(max_size=300), max_size=200), st.integers(1, 5))
def test_an_answer_fits_and_balances(texts: list[str], links: int) -> None:
    link = anchor("a title", f"https://x.example/{'p' * 300}")
    lines = [" ".join([link] * links) if n % 2 else escaped(line(text, 300)) for n, text in enumerate(texts)]
    message = fitted(["<b>Found</b>"], lines).message()
    # The stand-in refuses what is too long, or is no markup of Telegram's.
    posted = understood({"chat_id": "7", "text": message.html, "parse_mode": "HTML"}, 1)
    assert posted.text == message.plain.strip()


def test_what_does_not_fit_is_counted() -> None:
    reply = fitted(["<b>Found</b>"], ["x" * 400] * 30)
    assert reply.html.endswith("\n… and 21 more")


def test_hostile_words_are_harmless() -> None:
    assert said("<b>\u202e&\n" + "x" * 10_000).html.startswith("&lt;b&gt;&amp; xxx")
    assert len(said("x" * 10_000).html) <= 600
