"""Nouns that speak: verdicts explain themselves, errors say where and how to mend."""

from datetime import timedelta

import pytest

from monitor.core.errors import ChatMigrated, ConfigError, RetryLater, RuleError, Where
from monitor.core.model import Field, Match
from tests.builders import a_hit, a_verdict, not_relevant


def test_a_verdict_names_rule_points_and_evidence() -> None:
    lines = a_verdict(notes=("chips lacked its needs",)).reasons()
    assert lines == (
        "ecny (ecny) +6: “Digital yuan” in title",
        "chips lacked its needs",
        "score 6 reaches 3",
    )


def test_a_verdict_below_the_threshold_says_so() -> None:
    assert not_relevant().reasons() == ("score 0 is below 3",)


def test_a_rule_without_topic_and_with_much_evidence_is_short() -> None:
    matches = tuple(Match(term=t, field=Field.BODY, start=0, end=1, text=t) for t in "abcdef")
    (line, _) = a_verdict(hits=(a_hit(topic=None, points=-2.0, matches=matches),)).reasons()
    assert line == "ecny -2: “a” in body, “b” in body, “c” in body, “d” in body and 2 more"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            ConfigError(Where(file="c.yaml", line=3, column=5, key="chats"), "is odd", "mend it"),
            "c.yaml:3:5: chats: is odd (mend it)",
        ),
        (ConfigError(Where(file="c.yaml", line=3), "is odd"), "c.yaml:3: is odd"),
        (ConfigError(Where(file="c.yaml"), "is odd"), "c.yaml: is odd"),
        (RuleError("ecny", "query", "is odd", "mend it"), "rule ecny: query: is odd (mend it)"),
        (RuleError("ecny", "query", "is odd"), "rule ecny: query: is odd"),
        (RetryLater(timedelta(seconds=3)), "asked to wait 3 s"),
        (ChatMigrated(-100), "the chat moved to -100"),
    ],
    ids=["whole place", "line", "file", "rule with mend", "rule", "patience", "moved"],
)
def test_an_error_is_one_line(error: Exception, line: str) -> None:
    assert str(error) == line
