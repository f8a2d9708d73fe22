"""Regular expressions as terms: what they find, what is refused, and what becomes of a slow one."""

import pytest

from monitor.core.classify import Judge, compile_rules
from monitor.core.errors import RuleError
from monitor.core.model import Query, Rule, RuleBook, RuleId
from monitor.core.rules.regexes import MOST_TRIED, compile_regex

SLOW = r"/(?:a|aa)+b/"  # tries every way to cut a row of a's
TRAP = "a" * 3000 + " b"


def a_judge(*queries: Query) -> Judge:
    rules = (Rule(id=RuleId(f"r{n}"), query=query) for n, query in enumerate(queries))
    return compile_rules(RuleBook(rules=tuple(rules)))


def refuse(problem: str, mend: str) -> RuleError:
    return RuleError("r", "query", problem, mend)


@pytest.mark.parametrize(
    ("query", "title", "found"),
    [
        (r"/\d+ ?billion yuan/", "A 50 billion yuan fund", "50 billion yuan"),
        (r"/\d+亿元/", "罚款５０億元", "５０億元"),
        (r"/數字.{0,4}試點/", "数字人民币试点", "数字人民币试点"),
        (r"/Digital[- ]Yuan/", "the DIGITAL YUAN", "DIGITAL YUAN"),
        (r"/e-cny/", "the e–CNY app", "e–CNY"),
        (r"/第[一二三\d]+批（.{2}）/", "第二批（试行）名单", "第二批（试行）"),
        (r"/a (?:ban|curb) on \"coins\"/", 'a ban on "coins"', 'a ban on "coins"'),
        (r"/b?ank/", "bank", "bank"),
        (r"/[bc]oin|token/", "a token", "token"),
        (r"/\x42ank/", "bank", "bank"),
        (r"/(?x) di gi tal/", "digital", "digital"),
        (r"/(?<=the )bank\b/", "the bank", "bank"),
        (r"／bank\d／", "bank1", "bank1"),
        ((r"/bank\d/", "cash"), "bank7", "bank7"),
        (r"/bank\/fund/", "bank/fund", "bank/fund"),
        (r"/ban*/", "ba", "ba"),
        (r"/(?=bank)/ OR bank", "bank", "bank"),
        (r"title:/bank\d/ AND rule NEAR/3 /bank\d/", "rule for bank1", "bank1"),
    ],
)
def test_an_expression_is_found(query: Query, title: str, found: str) -> None:
    (hit,) = a_judge(query).classify(title=title).hits
    assert found in [match.text for match in hit.matches]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        (r"/bank\d/", "bank"),
        (r"title:/bank\d/ AND body:cash", "bank1 cash"),
        (r"/digital.*yuan/", "yuan, digital"),
    ],
)
def test_an_expression_is_not_found(query: Query, title: str) -> None:
    assert a_judge(query).classify(title=title).hits == ()


@pytest.mark.parametrize(
    ("query", "problem", "mend"),
    [
        ("/(bank/", "at character 1: not a regular expression: missing )", "Python's regex"),
        ("cash AND /ba[nk/", "at character 10: not a regular expression", "Python's regex"),
        ("/bank", "at character 1: this regular expression is never closed", "second /"),
        ("/(bank)?/", "it holds for an empty text", "at least one character"),
        ("/" + "a" * 501 + "/", "more than 500 characters", "split it"),
        ("/((a{99}){99}){99}/", "its repetitions multiply to a giant", "below 10,000"),
        ("/(a{,5000}){9999999999,}/", "its repetitions multiply to a giant", "below 10,000"),
        (("/(/",), "not a regular expression", "Python's regex"),
    ],
)
def test_a_bad_expression_is_refused(query: Query, problem: str, mend: str) -> None:
    with pytest.raises(RuleError) as refused:
        a_judge(query)
    assert problem in refused.value.problem
    assert mend in refused.value.mend


@pytest.mark.parametrize(
    ("written", "anchor"),
    [
        (r"数字人民币.{0,10}试点", "数字人民币"),
        (r"(ab){12}cd", "cd"),
        (r"colou?r", "colo"),
        (r"crypto{3}", "crypt"),
        (r"[abc]x+yz", "yz"),
        (r"foo(?:bar|baz)quux", "quux"),
        (r"CBDC\.gov", "cbdc.gov"),
        (r"\p{Han}ban", "ban"),
        (r"[]x]ban", "ban"),
        (r"ab^cd$", "ab"),
        (r"\bbank\b", "bank"),
        (r"one|two", ""),
        (r"(?:one|two)", ""),
        (r"a\db", ""),
        (r"(?i)(?V1)[a--b]bank", ""),
        (r"\u0062ank", ""),
    ],
)
def test_the_text_that_must_occur(written: str, anchor: str) -> None:
    assert compile_regex(written, 0, refuse).anchor == anchor


def test_a_slow_expression_is_stopped_and_named_and_the_others_go_on() -> None:
    judge = a_judge(SLOW, "bank", f"bank AND NOT {SLOW}", r"/bank\d/")
    verdict = judge.classify(title="bank bank1", body=TRAP)
    assert [hit.rule for hit in verdict.hits] == ["r1", "r3"]
    assert verdict.notes == (
        f"r0: not tried, {SLOW} ran out of time",
        f"r2: not tried, {SLOW} ran out of time",
    )


def test_an_expression_without_its_fixed_text_costs_nothing() -> None:
    verdict = a_judge(r"/(?:a|aa)+b must occur/").classify(title=TRAP)
    assert (verdict.hits, verdict.notes) == ((), ())


def test_only_so_many_expressions_are_tried_on_one_report() -> None:
    judge = a_judge(*(rf"/bank \d{{{n}}}/" for n in range(1, MOST_TRIED + 2)))
    verdict = judge.classify(title="bank 1234567890" + "1234567890" * 10)
    assert len(verdict.hits) == MOST_TRIED
    assert len(verdict.notes) == 1


def test_only_so_many_expressions_may_lack_fixed_text() -> None:
    with pytest.raises(RuleError, match="more than 50 regular expressions have no fixed text"):
        a_judge(*(rf"/\d{{{n}}}/" for n in range(1, MOST_TRIED + 2)))
