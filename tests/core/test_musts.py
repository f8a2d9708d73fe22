"""Rules that want for a word are passed over, and nothing is said otherwise than if they had been tried."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.core.classify import compile_rules
from monitor.core.errors import RuleError
from monitor.core.model import Field, Rule, RuleBook, RuleId, TermSet, Topic
from monitor.core.rules.lexicon import Lexicon
from monitor.core.rules.musts import must_have

SETS = (
    TermSet(name="coin", terms=("e-CNY", "数字人民币", "cash")),
    TermSet(name="act", terms=("ban*", "罚款")),
)
WORDS = ("bank", "banks", "cash", "e-CNY", "央行", "数字人民币", "罚款", "banned", "rule", "of")

term = st.sampled_from(("bank", "cash", "央行", "rule", "@coin", "@act", r"/央行(?!票)/"))
field = st.sampled_from(("title", "summary", "body"))
query = st.recursive(
    term,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("({} NOT {})".format, inner, term),
        st.builds("(NOT NOT {})".format, inner),
        st.builds("({} NEAR/2 {})".format, term, term),
        st.builds("ATLEAST/2 {}".format, term),
        st.builds("{}:{}".format, field, inner),
        st.builds("({} OR topic:ecny)".format, inner),
        st.builds("({} AND topic:ecny)".format, inner),
    ),
    max_leaves=6,
)
text = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)


@given(
    queries=st.lists(st.tuples(query, st.one_of(st.just(""), query)), min_size=1, max_size=4),
    texts=st.tuples(text, text, text),
)
def test_a_rule_passed_over_would_not_have_fired(
    queries: list[tuple[str, str]], texts: tuple[str, str, str]
) -> None:
    rules = (
        Rule(id=RuleId(f"r{number}"), query=asked, needs=needs, topic=Topic.ECNY)
        for number, (asked, needs) in enumerate(queries)
    )
    try:
        judge = compile_rules(RuleBook(rules=tuple(rules), sets=SETS))
    except RuleError:  # it names no term, or may hold without any
        assume(False)
    trying_all = replace(judge, rules=tuple(replace(each, musts=frozenset()) for each in judge.rules))
    title, summary, body = texts
    said = [each.classify(title=title, summary=summary, body=body) for each in (judge, trying_all)]
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("bank", [({"bank"}, None)]),
        ("title:bank AND cash", [({"bank"}, Field.TITLE), ({"cash"}, None)]),
        ("title:(bank OR cash)", [({"bank", "cash"}, Field.TITLE)]),
        ("title:bank OR body:cash", [({"bank", "cash"}, None)]),
        ("bank NEAR/3 cash", [({"bank"}, None), ({"cash"}, None)]),
        ("bank OR tier:1", []),
        ("NOT bank", []),
        ("NOT NOT bank", [({"bank"}, None)]),
    ],
)
def test_what_a_clause_cannot_hold_without(written: str, found: list[tuple[set[str], Field | None]]) -> None:
    lexicon = Lexicon(())
    musts = must_have(lexicon.clause(written, "r", "query"))
    names = lexicon.automaton().terms
    assert [({names[term] for term in must.ids}, must.field) for must in musts] == found
