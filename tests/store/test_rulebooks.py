"""Rule books are kept by version and come back as they were."""

from monitor.core.model import Priority, Rule, RuleBook, RuleId, TermSet, Topic
from monitor.core.relevance import Relevance
from monitor.store.sql import SqlStore
from tests.builders import NOW, an_article
from tests.store.desk import keep, later, the_source

BOOK = RuleBook(
    rules=(
        Rule(
            id=RuleId("a"),
            query="@coin AND 罚款",
            topic=Topic.ECNY,
            weight=2.5,
            needs=("中国", "China"),
            unless="price",
        ),
        Rule(id=RuleId("b"), query=("cash", "现金"), priority=Priority.BREAKING),
    ),
    sets=(TermSet(name="coin", terms=("e-CNY", "数字人民币")), TermSet(name="none", terms=())),
    threshold=2.0,
    model=Relevance(version="abc", trained_on="def", weights={"title": {"x": 1.0}, "lead": {}, "rules": {}}),
)


def test_a_book_comes_back_as_it_was_kept(store: SqlStore) -> None:
    store.keep_rules("one", BOOK, NOW)
    store.keep_rules("two", RuleBook(rules=()), NOW)
    assert store.rules_kept("one") == BOOK
    assert store.rules_kept("two") == RuleBook(rules=())
    assert store.rules_kept("three") is None


def test_of_the_learned_part_only_its_version_is_kept(store: SqlStore) -> None:
    store.keep_rules("one", BOOK, NOW)
    kept = store.rules_kept("one")
    assert kept is not None
    assert kept.model is not None
    assert kept.model.weights == {}


def test_a_book_that_is_known_stays_as_it_is(store: SqlStore) -> None:
    store.keep_rules("one", BOOK, NOW)
    store.keep_rules("one", RuleBook(rules=()), later(days=1))
    assert store.rules_kept("one") == BOOK


def test_the_newest_articles_come_first(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        ids = [keep(work, article=an_article(title=f"report {number}")) for number in range(3)]
    assert store.newest(2) == (ids[2], ids[1])
    assert store.newest(9) == tuple(reversed(ids))
