"""The query language: what holds, and what is refused with its place and mend."""

import pytest

from monitor.core.classify import compile_rules
from monitor.core.errors import RuleError
from monitor.core.model import Query, Rule, RuleBook, RuleId, TermSet, Tier, Topic

SETS = (
    TermSet(name="ecny", terms=("数字人民币", "e-CNY", "digital yuan")),
    TermSet(name="money", terms=("@ecny", "cash")),
)


def fires(query: Query, title: str = "", summary: str = "", body: str = "", tier: Tier | None = None) -> bool:
    judge = compile_rules(RuleBook(rules=(Rule(id=RuleId("r"), query=query),), sets=SETS))
    return bool(judge.classify(title=title, summary=summary, body=body, tier=tier).hits)


@pytest.mark.parametrize(
    ("query", "title", "holds"),
    [
        ("digital yuan", "China's digital yuan", True),
        ("digital yuan", "yuan goes digital", False),
        ('"digital yuan"', "The Digital-Yuan trial", True),
        ("bank AND yuan", "yuan at the bank", True),
        ("bank AND yuan", "the bank", False),
        ("bank OR yuan", "the bank", True),
        ("bank OR yuan AND pilot", "the bank", True),
        ("(bank OR yuan) AND pilot", "the bank", False),
        ("bank AND NOT stock", "bank and stock", False),
        ("bank NOT stock", "bank", True),
        ("bank AND NOT NOT yuan", "bank yuan", True),
        ("bank OR rules and regulations", "rules and regulations", True),
        ("bank NEAR/2 rules", "rules for every bank", True),
        ("bank NEAR/2 rules", "bank made some more rules", False),
        ("bank ONEAR/2 rules", "rules for every bank", False),
        ("bank ONEAR/2 rules", "bank sets rules", True),
        ("央行 NEAR/3 试点", "央行宣布启动试点", True),
        ("央行 NEAR/2 试点", "央行今天在北京宣布启动试点", False),
        ("(bank OR @ecny) NEAR/1 pilot", "e-CNY pilot", True),
        ("a1 NEAR/1 b2 NEAR/1 c3", "a1 b2 c3", True),
        ("bank NEAR/3 bank", "bank", False),
        ("bank NEAR/3 rules", "bank", False),
        ("bank NEAR/1 rules", f"bank {'x' * 400} rules", False),
        ("regulat*", "Regulators act", True),
        ("regulat*", "deregulation", False),
        ('"digital curr*"', "digital currencies", True),
        ("数字*", "数字货币", True),
        ("@ecny", "数字人民币", True),
        ("@money", "pay with eCNY or e-CNY", True),
        ("@ecny AND pilot", "pilot of the digital yuan", True),
        ("ATLEAST/2 bank", "bank after bank", True),
        ("ATLEAST/2 bank", "bank", False),
        ("ATLEAST/2 (bank OR bank rules)", "bank rules", False),
        ("ATLEAST/2 bank", "yuan", False),
        ("cs:SAFE", "SAFE fines a bank", True),
        ("cs:SAFE", "a safe bank", False),
        ('cs:"State Council"', "State  Council", True),
        ("title:bank", "bank", True),
        ("Title:(bank OR yuan)", "yuan", True),
        ("body:bank", "bank", False),
        ('tier:1 AND "bank"', "bank", False),
        ("（数字人民币 ＡＮＤ 试点）", "試點：數字人民幣", True),
        ("“digital yuan” ＯＲ 试点", "digital yuan", True),
        ("ｔｉｔｌｅ：试点", "试点", True),
        ("＠ecny", "数字人民币", True),
        ("试点　AND　央行", "央行试点", True),
        ("央行 NEAR5 试点", "央行试点", True),
        ("(" * 64 + "bank" + ")" * 64, "bank", True),
    ],
)
def test_query(query: str, title: str, holds: bool) -> None:
    assert fires(query, title) is holds


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("summary:yuan", True),
        ("title:yuan", False),
        ("bank AND summary:yuan", True),
        ("bank NEAR/9 yuan", False),
    ],
)
def test_fields_are_kept_apart(query: str, holds: bool) -> None:
    assert fires(query, title="bank", summary="yuan") is holds


@pytest.mark.parametrize(("tier", "holds"), [(Tier.AUTHORITY, True), (Tier.REPORTING, False), (None, False)])
def test_tier(tier: Tier | None, holds: bool) -> None:
    assert fires("bank AND tier:1-2", title="bank", tier=tier) is holds


@pytest.mark.parametrize(
    ("query", "source", "language", "holds"),
    [
        ("bank AND source:pbc", "pbc", "", True),
        ("bank AND source:pbc", "pbc-branch", "", False),
        ("bank AND source: pbc*", "pbc-branch", "", True),
        ("bank AND SOURCE:pbc*", "xinhua", "", False),
        ("bank AND source:pbc*", "", "", False),
        ("bank AND NOT source:pbc", "", "", True),
        ("bank AND lang:en", "", "en", True),
        ("bank AND lang:zh", "", "en", False),
        ("bank AND lang:en", "", "", True),
        ("bank AND Lang: ZH", "", "zh", True),
        ("ｂａｎｋ ＡＮＤ ｌａｎｇ：ｅｎ", "", "en", True),
        ("(source:pbc AND bank) OR (lang:zh AND bank)", "pbc", "en", True),
    ],
)
def test_source_and_language(query: str, source: str, language: str, holds: bool) -> None:
    judge = compile_rules(RuleBook(rules=(Rule(id=RuleId("r"), query=query),)))
    verdict = judge.classify(title="The bank acts for the people", source=source, language=language)
    assert bool(verdict.hits) is holds


@pytest.mark.parametrize(
    ("title", "fired"),
    [
        ("bank model", ["gives ai", "asks ai"]),
        ("bank", []),
        ("bank model retreats", ["gives ai", "takes ai"]),
        ("bank coin", ["gives crypto"]),
        ("bank model coin", ["gives crypto", "gives ai", "asks ai", "asks both"]),
    ],
)
def test_topic_sees_what_the_other_rules_gave(title: str, fired: list[str]) -> None:
    written = (
        ("asks ai", "bank AND topic:ai", None, 1.0),
        ("asks own", "bank AND topic:chips", Topic.CHIPS, 1.0),
        ("asks both", "bank AND topic:ai AND topic:crypto", Topic.GOV, 1.0),
        ("asks asked", "bank AND topic:gov", None, 1.0),
        ("gives crypto", "coin", Topic.CRYPTO, 1.0),
        ("gives ai", "model", Topic.AI, 2.0),
        ("takes ai", "retreats", Topic.AI, -2.0),
    )
    rules = (Rule(id=RuleId(r), query=q, topic=topic, weight=weight) for r, q, topic, weight in written)
    verdict = compile_rules(RuleBook(rules=tuple(rules))).classify(title=title)
    assert [hit.rule for hit in verdict.hits] == fired


def test_topic_may_stand_in_needs_and_unless() -> None:
    rules = (
        Rule(id=RuleId("coin"), query="coin", topic=Topic.CRYPTO),
        Rule(id=RuleId("needs"), query="bank", needs="topic:crypto"),
        Rule(id=RuleId("unless"), query="bank", unless="topic:crypto"),
    )
    judge = compile_rules(RuleBook(rules=rules))
    assert [hit.rule for hit in judge.classify(title="bank coin").hits] == ["coin", "needs"]
    assert [hit.rule for hit in judge.classify(title="bank").hits] == ["unless"]


@pytest.mark.parametrize(
    ("query", "title", "holds"),
    [
        (("digital yuan", "数字人民币"), "数字人民币", True),
        (("rules AND regulations",), "rules AND regulations", True),
        (("regulat*", "cs:SAFE"), "regulation", True),
        (("@money",), "cash", True),
        (("title:x",), "x", False),
    ],
)
def test_a_list_means_any_of_these_to_the_letter(query: Query, title: str, holds: bool) -> None:
    assert fires(query, title) is holds


@pytest.mark.parametrize(
    ("query", "problem", "mend"),
    [
        ("", "at character 1: a term is expected, but the query ends here", "write a term"),
        ("bank AND", "at character 9: a term is expected", "write a term"),
        ("OR bank", "at character 1: a term is expected, but 'OR' stands here", "quote the word"),
        ("(bank", "at character 1: this '(' is never closed", "add the ')'"),
        ("bank)", "at character 5: this ')' closes nothing", "remove it"),
        ('bank AND "yuan', "at character 10: this quote is never closed", 'add the second "'),
        ('bank "digital yuan"', "at character 6: no operator before", "AND, OR or NEAR/n"),
        ('(bank "digital yuan")', "at character 7: no operator before", "AND, OR or NEAR/n"),
        ("bank NEAR yuan", "NEAR needs a number from 1 to 1000", "write NEAR/5"),
        ("bank NEAR/0 yuan", "NEAR/0 needs a number", "write NEAR/5"),
        ("ATLEAST/9999 yuan", "ATLEAST/9999 needs a number", "write ATLEAST/5"),
        ("NEAR/3 yuan", "NEAR/3 has nothing to its left", "another"),
        ("bank NEAR/3 (yuan AND NOT coin)", "nothing can be near a NOT", "with AND"),
        ("tier:1 NEAR/3 bank", "nothing can be near a NOT, tier, source", "with AND"),
        ("tier:7 AND bank", "tier:7 names no tier", "tier:1-2"),
        ("tier: AND bank", "tier: names no tier", "tier:1-2"),
        ("source:", "source: names no source", "source:pbc*"),
        ("source:pb?c AND bank", "source:pb?c names no source", "source:pbc*"),
        ("source:* AND bank", "source:* names no source", "source:pbc*"),
        ("lang:fr AND bank", "lang:fr names no language", "lang:en or lang:zh"),
        ("topic:chip AND bank", "there is no topic 'chip'", "did you mean chips?"),
        ("lang:zh NEAR/3 bank", "nothing can be near a NOT, tier, source, lang or topic", "with AND"),
        ("source:pbc", "it names no term", "add the words"),
        ("bank OR topic:ai", "would hold for reports that have none of its terms", "add what must occur"),
        ("bank OR NOT lang:zh", "would hold for reports that have none of its terms", "add what must occur"),
        ("NOT (bank AND cash)", "would hold for reports that have none of its terms", "add what must occur"),
        ("NOT title:bank", "would hold for reports that have none of its terms", "add what must occur"),
        ("titel:bank", "there is no field 'titel'", "did you mean title?"),
        ("bank AND @ecmy", "at character 10: there is no set @ecmy", "did you mean ecny?"),
        ("@zzz", "there is no set @zzz", "known are: ecny, money"),
        ("bank AND ***", "at character 10: the term '***' has no letter or digit", "write what to look for"),
        ("a*", "'a*' matches almost anything", "more letters"),
        ("regulat* crypto", "the * is not at the end", "only stands at the end"),
        ("NOT bank", "would hold for reports that have none of its terms", "add what must occur"),
        ("bank OR tier:1", "would hold for reports that have none of its terms", "add what must occur"),
        ("tier:1", "it names no term", "add the words"),
        ("(" * 1000 + "bank" + ")" * 1000, "nested more than 64 deep", "split the rule"),
        ("NOT " * 1000 + "bank", "nested more than 64 deep", "split the rule"),
        (" NEAR/2 ".join(["bank"] * 1000), "more than 64 NEAR in a row", "split the rule"),
        ((), "the list is empty", "at least one term"),
        (("",), "the term '' has no letter or digit", "write what to look for"),
    ],
)
def test_a_mistake_is_refused_with_place_and_mend(query: Query, problem: str, mend: str) -> None:
    with pytest.raises(RuleError) as refused:
        fires(query)
    assert (refused.value.rule, refused.value.key) == ("r", "query")
    assert problem in refused.value.problem
    assert mend in refused.value.mend


def test_a_mistake_names_the_key_it_is_in() -> None:
    rule = Rule(id=RuleId("r"), query="bank", unless="(")
    with pytest.raises(RuleError, match="rule r: unless: at character 2") as refused:
        compile_rules(RuleBook(rules=(rule,)))
    assert refused.value.key == "unless"


@pytest.mark.parametrize(
    ("sets", "problem"),
    [
        ((TermSet(name="a", terms=("@b",)), TermSet(name="b", terms=("@a",))), "@a → @b → @a"),
        ((TermSet(name="a", terms=("@a",)),), "@a → @a"),
        ((TermSet(name="a", terms=("@b",)),), "there is no set @b"),
        ((TermSet(name="a", terms=("?",)),), "no letter or digit"),
        ((TermSet(name="a", terms=("x",)), TermSet(name="a", terms=("y",))), "two sets have this name"),
        (
            tuple(TermSet(name=f"s{n}", terms=(f"@s{n + 1}",)) for n in range(60)),
            "sets nested more than 50 deep",
        ),
    ],
    ids=["circle", "itself", "unknown", "empty term", "same name", "deep"],
)
def test_a_bad_set_is_refused(sets: tuple[TermSet, ...], problem: str) -> None:
    with pytest.raises(RuleError, match=problem.replace("?", r"\?")):
        compile_rules(RuleBook(rules=(), sets=sets))


def test_an_unknown_set_where_none_are_defined() -> None:
    with pytest.raises(RuleError, match="none are defined"):
        compile_rules(RuleBook(rules=(Rule(id=RuleId("r"), query="@x"),)))
