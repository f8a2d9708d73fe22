"""Articles are found by their words, in Chinese inside sentences, and by the terms of rules."""

from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from monitor.core.classify import compile_rules
from monitor.core.errors import RuleError
from monitor.core.model import ArticleId, Rule, RuleBook, RuleId
from monitor.store import search
from monitor.store.sql import SqlStore
from tests.builders import NOW, an_article
from tests.store.desk import keep, later, the_source

TEXTS = {
    "yuan": "数字人民币试点扩大到五个城市，央行负责人表示将稳步推进。",
    "taiwan": "中央銀行表示，數位人民幣軟體仍在測試。",
    "mixed": "AI监管办法今起施行；监管AI生成内容。",
    "english": "Regulators widened the digital-yuan pilot in China's five cities. Currencies matter.",
    "five": "5G and Web3 hubs; the USDT-backed fund said so.",
    "apart": "数字经济与人民币国际化",
}


@pytest.fixture
def kept(store: SqlStore) -> dict[ArticleId, str]:
    """The texts by the id they were kept under, a minute apart."""
    found = {}
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        for number, (name, text) in enumerate(TEXTS.items()):
            title, _, body = text.partition("，")
            article = an_article(title=title, body=body, summary="", seen_at=later(minutes=number))
            found[keep(work, article=article)] = name
    return found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("央行", ["yuan"]),
        ("试点", ["yuan"]),
        ("点", ["yuan"]),
        ("数字人民币", ["taiwan", "yuan"]),
        ("人民币", ["apart", "taiwan", "yuan"]),
        ("數字人民幣", ["taiwan", "yuan"]),
        ("软件", ["taiwan"]),
        ("AI监管", ["mixed"]),
        ("监管ai", ["mixed"]),
        ("监管 经济", []),
        ("人民币 数字", ["apart", "taiwan", "yuan"]),
        ("digital yuan", ["english"]),
        ("yuan digital", ["english"]),
        ('"yuan digital"', []),
        ('"digital yuan" pilot', ["english"]),
        ("regulat*", ["english"]),
        ("regulat", []),
        ("ＣＨＩＮＡ", ["english"]),
        ("5g", ["five"]),
        ("usdt", ["five"]),
        ("sdt", []),
        ("城市将", []),
        ("城市央行", []),
        ("央行 ???", ["yuan"]),
        ("", []),
        ('"', []),
        ('" OR', []),
        ("!?…", []),
        ("NOT", []),
        ("tokens:yuan", []),
    ],
)
def test_words_find(store: SqlStore, kept: dict[ArticleId, str], words: str, found: list[str]) -> None:
    assert [kept[one.article_id] for one in store.search(words, 9)] == found


def test_the_newest_come_first_and_no_more_than_asked(store: SqlStore, kept: dict[ArticleId, str]) -> None:
    assert [kept[one.article_id] for one in store.search("人民币", 2)] == ["apart", "taiwan"]


def test_no_phrase_goes_on_from_the_title_into_the_text(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        keep(work, article=an_article(title="数字", body="人民币", summary="pilot"))
    assert store.search("数字人", 9) == ()
    assert store.search('"pilot 人民币"', 9) == ()
    assert len(store.search("数字 人民币 pilot", 9)) == 1


def test_an_article_whose_keeping_failed_is_not_found(store: SqlStore) -> None:
    class TroubleError(Exception):
        pass

    def fail() -> None:
        with store.work() as work:
            work.keep_sources([the_source()], NOW)
            keep(work)
            raise TroubleError

    with pytest.raises(TroubleError):
        fail()
    assert store.search("digital", 9) == ()


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        (["数字人民币"], ["yuan", "taiwan"]),
        (["央行", "5G"], ["yuan", "five"]),
        (["regulator"], ["english"]),
        (["currency"], ["english"]),
        (["regulat*"], ["english"]),
        (["cs:USDT"], ["five"]),
        (["digital yuan"], ["english"]),
        (["China's"], ["english"]),
        (["Web3"], ["five"]),
        (["metaverse"], []),
        ([], []),
        (["metaverse", "₿"], list(TEXTS)),
        (["/yu.n/"], list(TEXTS)),
    ],
)
def test_candidates(store: SqlStore, kept: dict[ArticleId, str], terms: list[str], found: list[str]) -> None:
    assert [kept[one] for one in store.candidates(terms, NOW)] == found


def test_candidates_are_no_older_than_asked(store: SqlStore, kept: dict[ArticleId, str]) -> None:
    since = NOW + timedelta(minutes=1)
    assert [kept[one] for one in store.candidates(["人民币"], since)] == ["taiwan", "apart"]
    assert [kept[one] for one in store.candidates(["₿"], later(minutes=5))] == ["apart"]


def test_hundreds_of_terms_are_looked_for_at_once(store: SqlStore, kept: dict[ArticleId, str]) -> None:
    terms = [f"term{number}" for number in range(1000)]
    assert [kept[one] for one in store.candidates([*terms, "央行"], NOW)] == ["yuan"]


_WILD = st.text("数字币央行軟體a5gsyé -.'’《·", min_size=1, max_size=8)


@given(term=_WILD, before=_WILD, after=_WILD, wildcard=st.booleans())
def test_the_index_misses_nothing_that_a_rule_finds(
    term: str, before: str, after: str, wildcard: bool
) -> None:
    term = f"{term}*" if wildcard else term
    body = f"{before}{term.rstrip('*')}{after}"
    try:
        judge = compile_rules(RuleBook(rules=(Rule(id=RuleId("r"), query=(term,), weight=1.0),)))
    except RuleError:
        assume(False)
    assume(judge.classify(title="", body=body).hits)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        search.create(connection)
        search.index(connection, 1, an_article(title="", body=body))
        assert search.matching(connection, [term]) in ({1}, None)
    engine.dispose()
