"""Warnings about rules that compile and still do nothing, too much, or not what was meant."""

from typing import Any

import pytest

from monitor.core.model import Query, Rule, RuleBook, RuleId, TermSet, Topic
from monitor.core.rules.advice import Advice, advise, too_common

SETS = (TermSet(name="ecny", terms=("数字人民币", "e-CNY")), TermSet(name="money", terms=("@ecny", "cash")))


def a_rule(query: Query = "digital yuan", **changes: Any) -> Rule:
    values: dict[str, Any] = {"id": RuleId("r"), "query": query, "topic": Topic.ECNY, "weight": 4.0}
    return Rule(**values | changes)


def advice(*rules: Rule, sets: tuple[TermSet, ...] = (), sources: tuple[str, ...] = ()) -> tuple[Advice, ...]:
    used = Rule(id=RuleId("uses all"), query=tuple(f"@{each.name}" for each in sets)) if sets else None
    return advise(RuleBook(rules=(*rules, *([used] if used else [])), sets=sets), sources)


@pytest.mark.parametrize(
    "query",
    [
        "digital yuan",
        "bank AND NOT stock",
        "bank NOT title:bank",
        "title:(bank AND NOT stock) AND stock",
        "bank OR digital bank",
        "bank OR cs:Bank OR bank* OR @ecny",
        "title:a1 OR body:b2 OR (title:a2 AND body:a1)",
        "title:a1 OR body:a1",
        "(bank AND cash) OR (bank AND rule)",
        "ATLEAST/3 bank",
        "bank NEAR/5 (rule OR cash)",
        "bank AND NOT (stock AND fund)",
        "bank AND NOT tier:5",
        "bank AND tier:1-3 AND tier:2",
        "bank AND lang:zh AND lang:zh",
        "bank AND source:pbc AND source:pbc*",
        "bank AND source:pb* AND source:pbc*",
        "bank AND NOT NOT cash",
        "bank AND topic:ai",
        "bank AND tier:1 AND lang:en AND source:pbc",
        "AI",
        "cs:US OR cs:IT",
        "5G OR 央行",
        r"/bank \d+/",
    ],
)
def test_sound_rules_are_not_warned_of(query: str) -> None:
    other = Rule(id=RuleId("other"), query="model", topic=Topic.AI)
    assert advice(a_rule(query), other, sets=SETS, sources=("pbc", "cac")) == ()


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("bank AND NOT bank", "can never hold: what it asks for is also excluded: “bank”"),
        ("title:bank AND NOT bank", "also excluded: “bank”"),
        ("(cash AND NOT bank) AND bank", "also excluded: “bank”"),
        ("bank AND NOT (stock OR bank)", "also excluded: “bank”"),
        ("title:bank AND NOT title:bank", "also excluded: “bank”"),
        ("e-CNY AND NOT @money AND cash", "also excluded"),
        ("@money AND NOT (@ecny OR cash)", "also excluded: “数字人民币”, “e-CNY” and 1 more"),
        ("(bank OR cash) AND NOT bank AND NOT cash", "also excluded: “bank”"),
        ("bank NEAR/5 title:(body:cash)", "body: stands inside title:"),
        ("title:(body:bank)", "body: stands inside title:"),
        ("ATLEAST/2 (NOT bank)", "ATLEAST counts places"),
        ("ATLEAST/2 tier:1 AND bank", "ATLEAST counts places"),
        ("bank AND NOT NOT (cash AND NOT cash)", "also excluded: “cash”"),
        ("bank AND tier:1 AND tier:3-4", "no source stands on two tiers"),
        ("bank AND lang:en AND lang:zh", "no report is in two languages"),
        ("bank AND source:pbc AND source:cac", "no report comes from two sources"),
        ("bank AND source:cac AND source:pb*", "no report comes from two sources"),
        ("bank AND source:pboc", "no chosen source is called pboc"),
        ("bank AND source:xyz*", "no chosen source is called xyz*"),
        ("bank AND topic:chips", "no rule without a topic: clause gives chips points"),
        ("bank OR (cash AND NOT cash)", "one side of its OR can never hold"),
        ("title:(bank OR body:cash)", "one side of its OR can never hold: body: stands inside title:"),
        ("cash AND (bank OR stock) AND NOT bank", "one side of its OR can never hold"),
        ("bank OR bank", "one side of its OR adds nothing to the others: “bank”"),
        ("bank OR (bank AND cash)", "adds nothing to the others: “bank”, “cash”"),
        ("(bank AND cash) OR bank", "adds nothing to the others: “bank”, “cash”"),
        ("bank OR title:bank", "adds nothing to the others: “bank”"),
        (
            "title:(bank OR cash) OR title:bank OR title:@money OR title:cash",
            "adds nothing to the others: “cash”",
        ),
        ("cash OR @money", "adds nothing to the others: “cash”"),
        ("IT AND bank", "“IT” is an everyday word when capitals make no difference"),
        ("币 AND bank", "“币” is one character"),
        ("cs:币 AND bank", "“cs:币” is one character"),
        ("ex AND bank", "“ex” has too few letters"),
        ("X AND bank", "“X” has too few letters"),
        ("re* AND bank", "“re*” has too few letters"),
        (r"bank AND /\d+ yuan|cash/", r"/\d+ yuan|cash/ has no fixed text outside of brackets"),
        (("bank", "Bank"), "“Bank” finds nothing that “bank” does not"),
        (("digital yuan", "digital-yuan"), "“digital-yuan” finds nothing"),
        (("數字人民幣", "数字人民币"), "“数字人民币” finds nothing"),
        (("cs:SAFE", "safe"), "“cs:SAFE” has no effect beside the same word without cs:"),
        (("me", "bank"), "“me” is an everyday word"),
    ],
)
def test_an_odd_query_is_warned_of(query: Query, problem: str) -> None:
    found = advice(a_rule(query), sets=SETS, sources=("pbc", "cac"))
    assert any(problem in each.problem for each in found)
    assert {(each.rule, each.key) for each in found} == {("r", "query")}


@pytest.mark.parametrize(
    ("changes", "key", "problem"),
    [
        (
            {"needs": "cash AND NOT cash"},
            "needs",
            "it can never hold: what it asks for is also excluded: “cash”",
        ),
        ({"needs": "lang:zh AND cash", "query": "bank AND lang:en"}, "needs", "together with the query"),
        ({"needs": ("cash",), "query": "bank AND NOT cash"}, "needs", "together with the query"),
        ({"unless": ("bank", "stock"), "query": "title:bank"}, "unless", "silences the rule wherever"),
        ({"unless": ("stock", "Stock")}, "unless", "“Stock” finds nothing"),
        ({"weight": 0.0}, "weight", "no effect"),
    ],
)
def test_needs_unless_and_weight(changes: dict[str, Any], key: str, problem: str) -> None:
    strong = Rule(id=RuleId("strong"), query="yuan", weight=9.0)
    (found,) = advice(a_rule(**changes), strong)
    assert (found.rule, found.key) == ("r", key)
    assert problem in found.problem


def test_an_unless_that_leaves_the_body_is_sound() -> None:
    assert advice(a_rule("bank", unless="bank")) == ()


def test_a_rule_that_asks_for_its_own_topic_needs_another_rule_to_give_it() -> None:
    asking = a_rule("bank AND topic:ecny")
    giving = Rule(id=RuleId("giving"), query="yuan", topic=Topic.ECNY)
    assert "gives ecny points" in advice(asking)[0].problem
    assert advice(asking, giving) == ()


def test_a_set_is_empty_repeats_itself_or_is_too_short() -> None:
    found = advice(
        a_rule(), sets=(TermSet(name="none", terms=()), TermSet(name="odd", terms=("x", "@none", "X")))
    )
    assert [(each.rule, each.term) for each in found] == [
        ("set none", ""),
        ("set odd", "X"),
        ("set odd", "x"),
        ("set odd", "X"),
    ]


def test_an_empty_set_is_never_found() -> None:
    found = advise(RuleBook(rules=(a_rule("bank AND @none"),), sets=(TermSet(name="none", terms=()),)))
    assert [each.problem for each in found][-1] == "it can never hold: it names an empty set"


def test_sets_that_nothing_uses() -> None:
    sets = (
        *SETS,
        TermSet(name="spare", terms=("bond",)),
        TermSet(name="authority_court", terms=("court",)),
        TermSet(name="doctype_law", terms=("law",)),
    )
    found = advise(RuleBook(rules=(a_rule("@money"),), sets=sets))
    assert [(each.rule, each.key) for each in found] == [("set spare", "terms")]


def test_a_threshold_that_no_report_can_reach() -> None:
    weak = (a_rule(weight=2.0), Rule(id=RuleId("less"), query="bank", weight=-3.0))
    (found,) = advise(RuleBook(rules=weak, threshold=3.0))
    assert (found.rule, found.key) == ("", "threshold")
    assert "all rules together give 2 points" in found.problem


def test_terms_that_most_of_the_archive_has() -> None:
    book = RuleBook(
        rules=(a_rule('China AND "digital yuan"', needs=("@ecny", "中国")),),
        sets=(TermSet(name="ecny", terms=("e-CNY", "money")),),
    )
    found = too_common(book, {"China": 0.5, "中国": 0.25, "money": 0.3, "digital yuan": 0.01, "e-CNY": 0.2})
    assert [(each.rule, each.key, each.term) for each in found] == [
        ("set ecny", "terms", "money"),
        ("r", "query", "China"),
        ("r", "needs", "中国"),
    ]
    assert found[1].problem == "“China” stands in 50% of the articles in the archive"
