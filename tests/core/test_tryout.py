"""Why a rule did not fire: what each of its clauses lacked, in words."""

from typing import Any

import pytest

from monitor.core.classify import compile_rules
from monitor.core.model import Query, Rule, RuleBook, RuleId, TermSet, Tier, Topic
from monitor.core.tryout import Miss, misses

SETS = (
    TermSet(name="coin", terms=("e-CNY", "数字人民币")),
    TermSet(name="long", terms=("one", "two", "three", "four")),
)


def a_rule(query: Query, **changes: Any) -> Rule:
    return Rule(**{"id": RuleId("r"), "query": query, "topic": Topic.ECNY} | changes)


def near(*rules: Rule, **report: Any) -> tuple[Miss, ...]:
    judge = compile_rules(RuleBook(rules=rules, sets=SETS))
    told = {"title": "The bank met in Paris", "body": "Cash is king."} | report
    return misses(judge, judge.classify(**told), **told)


@pytest.mark.parametrize(
    ("rule", "lacked"),
    [
        (a_rule("bank AND @coin"), ("@coin",)),
        (a_rule("bank AND (fine OR ban)"), ("“fine”",)),
        (a_rule("bank AND (fine OR (cash AND ban) OR (rule AND law))"), ("“fine”",)),
        (a_rule("body:bank"), ("body: “bank”",)),
        (a_rule("title:(bank AND cash)"), ("title: “cash”",)),
        (a_rule("bank NEAR/1 paris"), ("the two within 1 words",)),
        (a_rule("bank NEAR/1 fine"), ("“fine”",)),
        (a_rule("ATLEAST/2 bank"), ("2 places of “bank”",)),
        (a_rule("bank NOT paris"), ("absence of “paris”",)),
        (a_rule("bank AND tier:1-2"), ("tier:1-2",)),
        (a_rule("bank AND source:pbc*"), ("source:pbc*",)),
        (a_rule("bank AND lang:zh"), ("lang:zh",)),
        (a_rule("bank AND topic:ai"), ("topic:ai",)),
        (a_rule("bank AND (@long AND five)"), ("@long", "“five”")),
        (
            a_rule("bank AND NOT (bank OR paris OR cash OR king)"),
            ("absence of “bank” or “paris” or “cash” or 1 more",),
        ),
        (a_rule("bank", needs=("@coin", "fine")), ("needs “e-CNY” or “数字人民币” or “fine”",)),
        (a_rule("bank", unless="paris"), ("absence of what its unless asks for: “paris”",)),
        (a_rule("bank", unless="NOT fine"), ("absence of what its unless asks for",)),
    ],
    ids=lambda value: str(value.query) if isinstance(value, Rule) else "",
)
def test_what_a_rule_lacked(rule: Rule, lacked: tuple[str, ...]) -> None:
    [miss] = near(rule)
    assert miss.lacked == lacked


def test_rules_that_fired_or_know_no_word_are_left_out() -> None:
    assert near(a_rule("bank"), a_rule("fine AND ban", id=RuleId("s"))) == ()


def test_the_nearest_comes_first_and_is_said_in_one_line() -> None:
    found = near(
        a_rule("bank AND fine AND ban"),
        a_rule("bank AND fine", id=RuleId("small")),
        a_rule("bank AND paris AND fine", id=RuleId("large"), weight=-4.0),
    )
    assert [miss.rule for miss in found] == ["large", "small", "r"]
    assert found[0].in_words() == "large -4: found “bank”, “paris”; lacked “fine”"


def test_a_rule_that_asks_for_a_topic_sees_the_points_of_the_others() -> None:
    given = a_rule("bank", id=RuleId("ai"), topic=Topic.AI)
    [miss] = near(given, a_rule("bank AND topic:ai AND fine"), tier=Tier.AUTHORITY)
    assert miss.lacked == ("“fine”",)


def test_a_stopped_expression_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.core.rules.regexes.MOST_TRIED", 0)
    [miss] = near(a_rule("/b.nk/"))
    assert miss.lacked == ("time: a regular expression was stopped",)
