"""Articles are judged again where a change can matter: never too few, and no more than that."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from monitor.core.classify import compile_rules
from monitor.core.errors import RuleError
from monitor.core.model import (
    Article,
    Priority,
    Query,
    Reason,
    Rule,
    RuleBook,
    RuleId,
    Skip,
    SourceId,
    TermSet,
    Topic,
    Verdict,
)
from monitor.core.relevance import Relevance
from monitor.rejudge import Side, Trial, rejudge
from monitor.store.sql import SqlStore, open_store
from tests.builders import NOW, an_article
from tests.store.desk import keep, the_source

KEPT = Skip(reason=Reason.NOT_RELEVANT, words="kept for a test")
SOURCE = the_source()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    found = open_store(f"sqlite:///{tmp_path_factory.mktemp('rejudge') / 'archive.db'}")
    with found.work() as work:
        work.keep_sources([SOURCE], NOW)
    yield found
    found.close()


class Calendar:
    """A day of its own for each test, so that one archive serves them all."""

    def __init__(self) -> None:
        self.day = NOW

    def turn(self) -> datetime:
        self.day += timedelta(days=1)
        return self.day


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar()


def judged(judge: Any, article: Article) -> Verdict:
    verdict: Verdict = judge.classify(
        title=article.title,
        summary=article.summary,
        body=article.body,
        tier=SOURCE.tier,
        source=article.source_id,
        language=article.language,
    )
    return verdict


def fill(store: SqlStore, book: RuleBook, version: str, articles: list[Article]) -> None:
    """Keep articles as they were judged by this book."""
    judge = compile_rules(book, version)
    store.keep_rules(version, book, NOW)
    with store.work() as work:
        for article in articles:
            keep(work, article=article, verdict=judged(judge, article), decision=KEPT)


def report(title: str, at: datetime, **changes: Any) -> Article:
    return an_article(**{"title": title, "body": "", "summary": "", "language": "", "seen_at": at} | changes)


def trials(store: SqlStore, book: RuleBook, since: datetime, version: str = "new") -> list[Trial]:
    # Later days belong to later tests only, so nothing else is seen.
    return list(rejudge(store, [Side.of(book, version)], since))


# ── never too few ──

WORDS = (
    *("bank", "Bank's", "banks", "cash", "regulator", "Regulators", "regulatory", "policy", "policies"),
    *("e-CNY", "e-cny", "AI", "SAFE", "safe", "5G", "100亿元", "the", "of"),
    *("央行", "中国人民银行", "數字人民幣", "数字人民币试点", "罚款", "监管办法", "软件", "軟體"),
)
TERMS = (
    "bank",
    "cash",
    "regulator",
    "regulat*",
    "policy",
    "e-CNY",
    "AI",
    "cs:SAFE",
    "央行",
    "数字人民币",
    "试点",
    "罚款",
    "监管",
    "5G",
    "软件",
    "人民银行",
    r"/\d+亿/",
    "/央行(?!票)/",
    "@mine",
    "@other",
)

term = st.sampled_from(TERMS)
trait = st.sampled_from(["tier:1-2", "tier:4", "lang:zh", "lang:en", "source:pbc", "topic:ai", "topic:ecny"])


def two(form: str, left: st.SearchStrategy[str], right: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(form.format, left, right)


query = st.recursive(
    term,
    lambda inner: st.one_of(
        two("({} AND {})", inner, inner),
        two("({} OR {})", inner, inner),
        two("({} NOT {})", inner, term),
        two("({} AND {})", inner, trait),
        two("({} NEAR/3 {})", term, term),
        st.builds("ATLEAST/2 {}".format, term),
        st.builds("title:{}".format, inner),
        st.builds("body:{}".format, inner),
        st.builds("(NOT NOT {})".format, inner),
    ),
    max_leaves=4,
)
rule = st.builds(
    partial(Rule, id=RuleId("")),
    query=st.one_of(query, st.lists(term, min_size=1, max_size=3).map(tuple)),
    topic=st.sampled_from([None, Topic.AI, Topic.ECNY]),
    weight=st.sampled_from([-1.0, 0.0, 1.0, 2.0, 4.0]),
    needs=st.one_of(st.just(()), query),
    unless=st.one_of(st.just(()), query),
    priority=st.sampled_from([None, Priority.BREAKING, Priority.LOW]),
)
plain_terms = st.lists(st.sampled_from([t for t in TERMS if t[0] != "@"]), max_size=3, unique=True)
MODELS = [
    None,
    Relevance(
        version="m", trained_on="", weights={"title": {}, "lead": {}, "rules": {"@mine in title": 1.0}}
    ),
]


@st.composite
def sets(draw: st.DrawFn) -> tuple[TermSet, ...]:
    names = ("mine", "authority_ministry", "doctype_notice")
    found = [TermSet(name=name, terms=tuple(draw(plain_terms))) for name in names]
    return (*found, TermSet(name="other", terms=("@mine", *draw(plain_terms))))


@st.composite
def books(draw: st.DrawFn) -> tuple[RuleBook, RuleBook]:
    """Two books of which the second may have kept, changed, dropped or moved rules of the first."""
    rules = draw(st.lists(rule, min_size=1, max_size=4))
    old = tuple(replace(one, id=RuleId(f"r{number}")) for number, one in enumerate(rules))
    new = [draw(st.one_of(st.just(one), changed(one), st.none())) for one in old]
    left = draw(st.permutations([one for one in new if one is not None]))
    old_sets = draw(sets())
    new_sets = draw(st.one_of(st.just(old_sets), sets()))
    thresholds = st.sampled_from([0.5, 1.0, 3.0])
    model = st.sampled_from(MODELS)
    before = RuleBook(rules=old, sets=old_sets, threshold=draw(thresholds), model=draw(model))
    kept = st.sampled_from([before.threshold, 0.5, 3.0])
    model = st.one_of(st.just(before.model), model)
    return before, RuleBook(rules=tuple(left), sets=new_sets, threshold=draw(kept), model=draw(model))


@st.composite
def changed(draw: st.DrawFn, one: Rule) -> Rule:
    other = draw(rule)
    keys = draw(
        st.lists(st.sampled_from(["query", "topic", "weight", "needs", "unless", "priority"]), max_size=2)
    )
    return replace(one, **{key: getattr(other, key) for key in keys})


text = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


def outcome(verdict: Verdict) -> tuple[object, ...]:
    """All that a verdict says, but for near misses and the order of its hits."""
    hits = {(hit.rule, hit.topic, hit.points, frozenset(hit.matches)) for hit in verdict.hits}
    told = (verdict.relevant, verdict.score, verdict.threshold, verdict.topics, verdict.priority)
    return (*told, verdict.authority, verdict.doctype, hits, verdict.share)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(both=books(), texts=st.lists(st.tuples(text, text), min_size=1, max_size=8))
def test_what_is_not_judged_again_would_be_judged_the_same(
    store: SqlStore, calendar: Calendar, both: tuple[RuleBook, RuleBook], texts: list[tuple[str, str]]
) -> None:
    old, new = both
    try:
        side = Side.of(new, "new")
        compile_rules(old)
    except RuleError:
        assume(False)
    day = calendar.turn()
    fill(store, old, f"old {day}", [report(title, day, body=body) for title, body in texts])
    found = list(rejudge(store, [side], day))
    assert len(found) == len(texts)
    for trial in found:
        [kept] = store.full([trial.judged.article_id])
        verdict = judged(side.judge, kept.article)
        assert trial.relevant(0) == verdict.relevant
        assert outcome(trial.verdict(0)) == outcome(verdict)


# ── no more than that ──


def a_rule(query: Query, **changes: Any) -> Rule:
    return Rule(**{"id": RuleId("cash"), "query": query, "topic": Topic.FINTECH, "weight": 4.0} | changes)


BOOK = RuleBook(
    rules=(a_rule("cash"), a_rule("@coin AND @act", id=RuleId("coin"))),
    sets=(TermSet(name="coin", terms=("e-CNY",)), TermSet(name="act", terms=("ban", "罚款"))),
)
TITLES = ("cash is king", "e-CNY and a fine", "e-CNY ban", "a fine day", "nothing at all")


def again(store: SqlStore, book: RuleBook, since: datetime) -> list[str]:
    return [trial.judged.title for trial in trials(store, book, since) if trial.kept]


@pytest.mark.parametrize(
    ("new", "titles"),
    [
        (BOOK, []),
        (replace(BOOK, threshold=2.0), []),
        (replace(BOOK, threshold=5.0), ["cash is king", "e-CNY ban"]),
        (replace(BOOK, rules=(a_rule("cash", weight=2.0), BOOK.rules[1])), ["cash is king"]),
        (replace(BOOK, rules=BOOK.rules[1:]), ["cash is king"]),
        (replace(BOOK, rules=(*BOOK.rules, a_rule("king", id=RuleId("king")))), ["cash is king"]),
        (
            replace(BOOK, sets=(BOOK.sets[0], TermSet(name="act", terms=("ban", "罚款", "fine")))),
            ["e-CNY and a fine", "a fine day"],
        ),
        (replace(BOOK, rules=(*BOOK.rules, a_rule(r"/k.ng/", id=RuleId("king")))), list(TITLES)),
        (replace(BOOK, rules=(*BOOK.rules, a_rule("/金融(?!街)/", id=RuleId("money")))), []),
        (replace(BOOK, rules=(*BOOK.rules, a_rule("fine", id=RuleId("fine"), weight=2.5))), []),
        (replace(BOOK, model=MODELS[1]), list(TITLES)),
    ],
    ids=[
        "nothing changed",
        "a threshold that nothing lies between",
        "a threshold",
        "a weight",
        "a rule less",
        "a rule more",
        "a term more in a set",
        "an expression, which the index does not know",
        "an expression around Chinese words, which it knows",
        "a rule too weak to make anything relevant",
        "another learned part",
    ],
)
def test_only_what_a_change_can_touch_is_judged_again(
    store: SqlStore, calendar: Calendar, new: RuleBook, titles: list[str]
) -> None:
    day = calendar.turn()
    fill(store, BOOK, f"narrow {day}", [report(title, day) for title in TITLES])
    assert again(store, new, day) == titles


def test_lists_of_terms_are_asked_for_until_few_articles_are_left(
    store: SqlStore, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.rejudge.ENOUGH", 0)
    day = calendar.turn()
    fill(store, BOOK, f"many {day}", [report(title, day) for title in TITLES])
    both = replace(BOOK, rules=(*BOOK.rules, a_rule("e-CNY AND fine", id=RuleId("both"))))
    assert again(store, both, day) == ["e-CNY and a fine"]
    longer = replace(BOOK, sets=(BOOK.sets[0], TermSet(name="act", terms=("ban", "罚款", "fine"))))
    assert again(store, longer, day) == ["e-CNY and a fine"]


def test_the_same_version_is_taken_at_its_word(store: SqlStore, calendar: Calendar) -> None:
    day = calendar.turn()
    fill(store, BOOK, "known", [report("cash is king", day)])
    [trial] = trials(store, replace(BOOK, rules=BOOK.rules[1:]), day, version="known")
    assert (trial.kept, trial.verdict(0).relevant) == (None, True)


def test_what_an_unknown_book_judged_is_judged_again(store: SqlStore, calendar: Calendar) -> None:
    day = calendar.turn()
    judge = compile_rules(BOOK, "nobody knows")
    with store.work() as work:
        article = report("nothing at all", day)
        keep(work, article=article, verdict=judged(judge, article), decision=KEPT)
    assert again(store, BOOK, day) == ["nothing at all"]


def test_each_article_is_measured_by_the_book_that_judged_it(store: SqlStore, calendar: Calendar) -> None:
    day = calendar.turn()
    fill(store, BOOK, f"one {day}", [report("cash is king", day)])
    fill(
        store,
        replace(BOOK, rules=BOOK.rules[:1]),
        f"two {day}",
        [report("e-CNY ban", day), report("cash", day)],
    )
    assert again(store, BOOK, day) == ["e-CNY ban"]


def test_two_books_share_one_pass(store: SqlStore, calendar: Calendar) -> None:
    day = calendar.turn()
    fill(store, BOOK, f"base {day}", [report(title, day) for title in TITLES])
    sides = [Side.of(BOOK, f"base {day}"), Side.of(replace(BOOK, rules=BOOK.rules[1:]), "less")]
    scores = [[trial.verdict(side).score for side in (0, 1)] for trial in rejudge(store, sides, day)]
    assert scores == [[4.0, 0.0], [0.0, 0.0], [4.0, 4.0], [0.0, 0.0], [0.0, 0.0]]


def test_what_stays_irrelevant_is_judged_only_when_asked_for(store: SqlStore, calendar: Calendar) -> None:
    day = calendar.turn()
    fill(store, BOOK, f"base {day}", [report(title, day) for title in TITLES])
    weak = replace(BOOK, rules=(*BOOK.rules, a_rule("fine", id=RuleId("fine"), weight=2.0)))
    found = list(rejudge(store, [Side.of(weak, "weak"), Side.of(BOOK, f"base {day}")], day))
    assert [trial.kept for trial in found] == [None] * len(TITLES)
    assert [trial.relevant(0) for trial in found] == [True, False, True, False, False]
    assert [trial.verdict(0).score for trial in found] == [4.0, 2.0, 4.0, 2.0, 0.0]
    assert [trial.verdict(1).score for trial in found] == [4.0, 0.0, 4.0, 0.0, 0.0]


def test_weak_rules_add_up(store: SqlStore, calendar: Calendar) -> None:
    day = calendar.turn()
    fill(store, BOOK, f"base {day}", [report(title, day) for title in TITLES])
    weak = [a_rule(word, id=RuleId(word), weight=1.5) for word in ("fine", "day")]
    assert again(store, replace(BOOK, rules=(*BOOK.rules, *weak)), day) == ["a fine day"]


def test_a_topic_gained_may_make_another_rule_fire(store: SqlStore, calendar: Calendar) -> None:
    day = calendar.turn()
    asking = a_rule("fine AND topic:fintech", id=RuleId("asking"), weight=2.0)
    old = replace(BOOK, rules=(*BOOK.rules, asking))
    fill(store, old, f"topics {day}", [report(title, day) for title in TITLES])
    new = replace(old, rules=(*old.rules, a_rule("a fine day", id=RuleId("day"), weight=1.0)))
    assert [trial.relevant(0) for trial in trials(store, new, day)] == [True, False, True, True, False]


def test_an_empty_archive_has_no_trials(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    assert trials(store, BOOK, NOW) == []
    store.close()


def test_a_source_is_judged_by_its_tier_of_today(store: SqlStore, calendar: Calendar) -> None:
    day = calendar.turn()
    fill(store, BOOK, f"tier {day}", [report("cash is king", day)])
    new = replace(BOOK, rules=(a_rule("cash AND tier:1 AND source:pbc"),))
    [trial] = trials(store, new, day)
    assert trial.judged.source_id == SourceId("pbc")
    assert trial.verdict(0).relevant
