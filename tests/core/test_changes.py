"""What a changed rule book can touch: named as little as possible, and never too little."""

from dataclasses import replace
from typing import Any

import pytest

from monitor.core.model import Field, Priority, Query, Rule, RuleBook, RuleId, TermSet, Topic
from monitor.core.relevance import Relevance
from monitor.core.rules.changes import Change, How, Needed, Suspects, changes, in_words

SETS = (
    TermSet(name="coin", terms=("e-CNY", "数字人民币")),
    TermSet(name="all", terms=("@coin", "cash")),
    TermSet(name="act", terms=("fine*", "罚款", "ban")),
    TermSet(name="authority_ministry", terms=("工信部",)),
)


def a_rule(query: Query = "@coin AND @act", **changes: Any) -> Rule:
    return Rule(**{"id": RuleId("r"), "query": query, "topic": Topic.ECNY} | changes)


def a_book(*rules: Rule, **changes: Any) -> RuleBook:
    return RuleBook(**{"rules": rules or (a_rule(),), "sets": SETS} | changes)


def longer(name: str, *terms: str) -> tuple[TermSet, ...]:
    return tuple(replace(each, terms=(*each.terms, *terms)) if each.name == name else each for each in SETS)


def names(*terms: str) -> frozenset[str]:
    return frozenset(terms)


def need(*lists: frozenset[str], field: Field | None = None) -> tuple[Needed, ...]:
    return tuple(Needed(names=each, field=field) for each in lists)


R = frozenset({RuleId("r")})
COIN, ACT = names("e-CNY", "数字人民币"), names("fine*", "罚款", "ban")
OTHER = a_rule("bank", id=RuleId("other"))


@pytest.mark.parametrize(
    ("new", "how", "suspects"),
    [
        (
            a_book(OTHER),
            [How.REMOVED, How.ADDED],
            [Suspects(fired=R, rise=0.0), Suspects(having=need(names("bank")), rise=1.0)],
        ),
        (a_book(a_rule(weight=2.5)), [How.REWEIGHED], [Suspects(fired=R, rise=1.5)]),
        (a_book(a_rule(weight=-2.0)), [How.REWEIGHED], [Suspects(fired=R, rise=0.0)]),
        (a_book(a_rule(topic=None)), [How.REWEIGHED], [Suspects(fired=R, rise=0.0)]),
        (a_book(a_rule(priority=Priority.LOW)), [How.REWEIGHED], [Suspects(fired=R, rise=0.0)]),
        (a_book(a_rule("@coin")), [How.REWRITTEN], [Suspects(fired=R, having=need(COIN), rise=1.0)]),
        (
            a_book(a_rule(unless="price")),
            [How.REWRITTEN],
            [Suspects(fired=R, having=need(COIN, ACT), rise=1.0)],
        ),
        (
            a_book(a_rule(needs=("China",), unless="price")),
            [How.REWRITTEN],
            [Suspects(fired=R, having=need(names("China"), COIN, ACT), rise=1.0)],
        ),
        (
            a_book(sets=longer("act", "summon*")),
            [How.REWORDED],
            [Suspects(fired=R, having=need(COIN, ACT | {"summon*"}), touching=names("summon*"), rise=1.0)],
        ),
        (
            a_book(a_rule(weight=2.0), sets=longer("act", "cs:SAFE")),
            [How.REWEIGHED, How.REWORDED],
            [
                Suspects(fired=R, rise=1.0),
                Suspects(fired=R, having=need(COIN, ACT | {"cs:SAFE"}), touching=names("cs:SAFE"), rise=2.0),
            ],
        ),
        (
            a_book(sets=longer("authority_ministry", "MIIT")),
            [],
            [Suspects(having=need(names("MIIT")), relevant=True)],
        ),
        (a_book(threshold=1.0), [], []),
        (a_book(), [], []),
    ],
    ids=[
        "one rule for another",
        "a weight",
        "a weight below nothing",
        "a topic",
        "a priority",
        "a query",
        "an unless",
        "needs",
        "a term more in its set",
        "a weight and a term more",
        "a set that judging asks for",
        "the threshold",
        "nothing",
    ],
)
def test_what_a_change_can_touch(new: RuleBook, how: list[How], suspects: list[Suspects]) -> None:
    found = changes(a_book(), new)
    assert [change.how for change in found.rules] == how
    assert list(found.suspects) == suspects
    assert found.everything == ""


@pytest.mark.parametrize(
    ("query", "lists"),
    [
        ("bank", need(names("bank"))),
        ("digital   bank", need(names("digital bank"))),
        (("bank", "@coin"), need(COIN | {"bank"})),
        ("bank AND (cash OR tier:1)", need(names("bank"))),
        ("title:bank OR (summary:cash AND summary:@coin)", need(names("bank", "cash"))),
        ("title:bank OR title:(cash AND @coin)", need(names("bank", "cash"), field=Field.TITLE)),
        ("title:@coin OR (title:cash AND summary:@coin)", need(COIN)),
        ("title:bank AND bank", need(names("bank"), field=Field.TITLE)),
        ("ATLEAST/2 bank AND cash NEAR/3 rule", need(names("bank"), names("cash"), names("rule"))),
        ("bank AND NOT cash", need(names("bank"))),
        ("NOT NOT bank", need(names("bank"))),
        (r"bank AND /\d+亿/", need(names("bank"), names(r"/\d+亿/"))),
        ("@all", need(COIN | {"cash"})),
    ],
)
def test_what_a_rule_cannot_fire_without(query: Query, lists: tuple[Needed, ...]) -> None:
    found = changes(a_book(), a_book(a_rule(), a_rule(query, id=RuleId("new"))))
    assert found.suspects[0].having is not None
    assert set(found.suspects[0].having) == set(lists)


def test_sets_within_sets_are_looked_into() -> None:
    old = a_book(a_rule("@all"))
    found = changes(old, replace(old, sets=longer("coin", "DCEP")))
    assert found.sets == ("coin", "all")
    assert found.suspects == (
        Suspects(fired=R, having=need(COIN | {"cash", "DCEP"}), touching=names("DCEP"), rise=1.0),
    )


def test_a_term_that_moves_from_one_set_to_another_is_seen() -> None:
    moved = (
        TermSet(name="coin", terms=("e-CNY",)),
        TermSet(name="act", terms=("fine*", "罚款", "ban", "数字人民币")),
    )
    found = changes(a_book(), a_book(sets=moved))
    assert found.rules == (Change(rule=RuleId("r"), how=How.REWORDED),)
    assert found.suspects[0].touching == names("数字人民币")


def test_a_new_order_matters_where_rules_tie() -> None:
    found = changes(a_book(a_rule(), OTHER), a_book(OTHER, a_rule()))
    assert found.suspects == (Suspects(fired=R | {OTHER.id}, relevant=True),)


def test_a_new_rule_in_front_is_no_new_order() -> None:
    assert len(changes(a_book(), a_book(OTHER, a_rule())).suspects) == 1


def test_what_fires_no_more_may_have_taken_points() -> None:
    old = a_book(a_rule(weight=-2.0))
    assert changes(old, a_book(OTHER)).suspects[0].rise == 2.0
    assert changes(old, a_book(a_rule("@coin", weight=3.0))).suspects[0].rise == 5.0


def test_rules_that_ask_for_a_topic_may_follow_any_change() -> None:
    asking = a_rule("bank AND topic:ecny", id=RuleId("asking"), weight=0.5)
    against = a_rule("cash AND NOT topic:ai", id=RuleId("against"), weight=-1.0)
    book = a_book(a_rule(), asking, against)
    assert changes(book, a_book(a_rule(weight=2.0), asking, against)).topics_rise == 1.5
    assert changes(a_book(), a_book()).topics_rise == 0.0


MODEL = Relevance(version="a", trained_on="x", weights={})


def test_another_learned_part_touches_everything() -> None:
    assert changes(a_book(), a_book(model=MODEL)).everything == "the learned part is another"
    other = replace(MODEL, version="b")
    assert changes(a_book(model=MODEL), a_book(model=other)).everything


def test_the_learned_part_sees_every_set() -> None:
    old = a_book(model=MODEL)
    found = changes(old, replace(old, sets=longer("coin", "DCEP")))
    assert not found.everything
    assert Suspects(having=need(names("DCEP"))) in found.suspects


def test_changes_are_said_in_words() -> None:
    new = a_book(a_rule("cash"), OTHER, sets=longer("act", "summon*"), threshold=2.5)
    assert in_words(changes(a_book(), new)) == (
        "added: other",
        "rewritten: r",
        "sets: act",
        "threshold: 3 → 2.5",
    )
    assert in_words(changes(new, new)) == ()
