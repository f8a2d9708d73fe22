"""Which stories would have alerted: by one configuration, and by another in comparison."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.backtest import Backtest, Comparison, backtest, compare, difference, preview, shares
from monitor.core.classify import compile_rules
from monitor.core.model import (
    ChatName,
    Priority,
    Query,
    Reason,
    Rule,
    RuleBook,
    RuleId,
    Skip,
    SourceId,
    StoryId,
    TermSet,
    Tier,
    Topic,
)
from monitor.core.settings import Chat, Config
from monitor.store.sql import SqlStore, open_store
from tests.builders import NOW, a_chat, a_config, a_hit, a_verdict, an_article
from tests.store.desk import keep, later, the_source

RUMOUR_MILL = SourceId("mill")
SINCE = NOW - timedelta(days=1)


def a_rule(rule: str, query: Query, **changes: Any) -> Rule:
    return Rule(**{"id": RuleId(rule), "query": query, "topic": Topic.FINTECH, "weight": 4.0} | changes)


BOOK = RuleBook(
    rules=(a_rule("cash", "cash"), a_rule("coin", "@coin")), sets=(TermSet(name="coin", terms=("e-CNY",)),)
)
CONFIG = a_config(rules=BOOK, rules_version="old")


def with_rules(*rules: Rule, config: Config = CONFIG, **changes: Any) -> Config:
    return replace(config, rules=replace(BOOK, rules=rules, **changes), rules_version="new")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    found = open_store(f"sqlite:///{tmp_path / 'archive.db'}")
    with found.work() as work:
        mill = the_source(id=RUMOUR_MILL, name="The Mill", tier=Tier.UNRELIABLE)
        work.keep_sources([the_source(), mill], NOW)
    found.keep_rules("old", BOOK, NOW)
    yield found
    found.close()


def tell(
    store: SqlStore,
    title: str,
    *,
    minutes: int = 0,
    story: StoryId | None = None,
    reason: Reason | None = None,
    tier: Tier = Tier.AUTHORITY,
    **changes: Any,
) -> StoryId:
    """Keep one report as CONFIG judged it, in a story of its own or in an older one."""
    seen_at = later(minutes=minutes)
    told = {"title": title, "body": "", "language": "en", "seen_at": seen_at, "published_at": seen_at}
    article = an_article(**told | changes)
    verdict = compile_rules(BOOK, "old").classify(
        title=title, tier=tier, source=article.source_id, language="en"
    )
    usual = Reason.NEW_STORY if verdict.relevant else Reason.NOT_RELEVANT
    with store.work() as work:
        story = story or work.open_story(title, seen_at).id
        decision = Skip(reason=reason or usual, words="for a test")
        keep(work, article=article, verdict=verdict, decision=decision, story_id=story)
    return story


def titles(found: Backtest | Comparison) -> Any:
    if isinstance(found, Backtest):
        return [told.title for told in found.stories]
    return [[told.title for told in stories] for stories in (found.gained, found.lost)]


def test_a_backtest_names_each_story_once_with_its_main_reason(store: SqlStore) -> None:
    story = tell(store, "cash is king")
    tell(store, "more cash", minutes=1, story=story)
    tell(store, "bank holiday", minutes=2)
    tell(store, "e-CNY for cash", minutes=3)
    found = backtest(store, CONFIG, SINCE)
    assert (found.articles, found.judged_again) == (4, 0)
    assert titles(found) == ["cash is king", "e-CNY for cash"]
    told = found.stories[0]
    assert (told.story_id, told.topics, told.score) == (story, (Topic.FINTECH,), 4.0)
    assert told.why == "cash (fintech) +4: “cash” in title"


def test_only_what_was_seen_since_then_is_looked_at(store: SqlStore) -> None:
    tell(store, "cash of old")
    tell(store, "cash of today", minutes=60)
    assert titles(backtest(store, CONFIG, later(minutes=30))) == ["cash of today"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"reason": Reason.BACKLOG}, False),
        ({"reason": Reason.TOO_OLD}, False),
        ({"reason": Reason.RECIRCULATED}, False),
        ({"reason": Reason.RUMOUR}, False),
        ({"reason": Reason.ALREADY_ALERTED}, True),
        ({"reason": Reason.MUTED}, True),
        ({"published_at": None}, True),
        ({"published_at": later(days=-8)}, False),
    ],
    ids=str,
)
def test_what_was_passed_over_for_its_age_or_origin_stays_so(
    store: SqlStore, changes: dict[str, Any], told: bool
) -> None:
    tell(store, "cash is king", **changes)
    assert bool(backtest(store, CONFIG, SINCE).stories) is told


@pytest.mark.parametrize(
    ("changes", "gained"),
    [
        ({}, True),
        ({"published_at": later(days=-7, hours=-12)}, False),
        ({"published_at": later(days=-7, hours=-12), "day_only": True}, True),
        ({"source_id": RUMOUR_MILL, "tier": Tier.UNRELIABLE}, False),
    ],
    ids=["fresh", "too old", "a bare day counts from its end", "a rumour"],
)
def test_a_story_gained_must_be_fresh_and_no_rumour(
    store: SqlStore, changes: dict[str, Any], gained: bool
) -> None:
    tell(store, "bank holiday", **changes)
    found = compare(store, CONFIG, with_rules(a_rule("bank", "bank")), SINCE)
    assert bool(found.gained) is gained


def test_rumours_count_where_they_are_asked_for(store: SqlStore) -> None:
    tell(store, "bank holiday", source_id=RUMOUR_MILL, tier=Tier.UNRELIABLE)
    asking = replace(CONFIG, alerts=replace(CONFIG.alerts, rumours=True))
    found = compare(store, CONFIG, with_rules(a_rule("bank", "bank"), config=asking), SINCE)
    assert titles(found) == [["bank holiday"], []]


def test_a_story_that_no_chat_takes_is_not_told(store: SqlStore) -> None:
    tell(store, "cash is king", reason=Reason.NO_CHAT)
    deaf: Chat = a_chat(topics=(Topic.AI,))
    assert backtest(store, replace(CONFIG, chats=(deaf,)), SINCE).stories == ()
    picky = a_chat(at_least=Priority.BREAKING, name=ChatName("picky"))
    found = compare(store, CONFIG, replace(CONFIG, chats=(picky,)), SINCE)
    assert titles(found) == [[], ["cash is king"]]
    assert found.lost[0].why == "other chats or another age limit, score 4"


def test_a_comparison_says_what_is_gained_and_lost_and_why(store: SqlStore) -> None:
    tell(store, "cash is king")
    tell(store, "bank holiday", minutes=1)
    tell(store, "e-CNY arrives", minutes=2)
    tell(store, "nothing at all", minutes=3)
    new = with_rules(a_rule("bank", "bank"), a_rule("coin", "@coin", weight=6.0), threshold=3.5)
    found = compare(store, CONFIG, new, SINCE)
    assert (found.articles, found.judged_again, found.kept) == (4, 3, 1)
    assert titles(found) == [["bank holiday"], ["cash is king"]]
    assert found.gained[0].why == "bank +4 (“bank”); threshold 3 → 3.5; score 0 → 4"
    assert found.lost[0].why == "cash +4 fell away; threshold 3 → 3.5; score 4 → 0"
    assert found.changed == ("added: bank", "removed: cash", "reweighed: coin", "threshold: 3 → 3.5")


def test_a_story_that_another_report_alerts_now_is_not_lost(store: SqlStore) -> None:
    story = tell(store, "cash is king")
    tell(store, "bank holiday", minutes=1, story=story)
    found = compare(store, CONFIG, with_rules(a_rule("bank", "bank")), SINCE)
    assert (found.kept, titles(found)) == (1, [[], []])


def test_a_difference_names_what_moved() -> None:
    was, now = (
        a_verdict(),
        a_verdict(score=5.0, hits=(a_hit(points=3.0), a_hit(rule=RuleId("x"), matches=()))),
    )
    assert difference(was, now) == "ecny +6 → +3; x +6; score 6 → 5"


def test_a_preview_is_three_lines(store: SqlStore) -> None:
    for minute in range(5):
        tell(store, f"cash {minute}", minutes=minute)
    tell(store, "bank holiday", minutes=9)
    new = with_rules(a_rule("bank", "bank"))
    assert preview(store, CONFIG, new, NOW).splitlines() == [
        "Last 7 days, 6 articles. Stories alerted: 1, with the rules as they are 5.",
        "Gained 1: “bank holiday”.",
        "Lost 5: “cash 0”; “cash 1”; “cash 2” and 2 more.",
    ]
    assert preview(store, CONFIG, CONFIG, NOW).splitlines()[1:] == ["Gained 0.", "Lost 0."]


def test_shares_count_terms_as_rules_find_them(store: SqlStore) -> None:
    assert shares(store, ["cash"]) == {}
    for title in ("Banks and cash", "The bank said", "embankment", "数字人民币试点"):
        tell(store, title)
    found = shares(store, ["bank", "cash", "cs:Bank", "数字人民币"])
    assert found == {"bank": 0.5, "cash": 0.25, "cs:Bank": 0.25, "数字人民币": 0.25}
    assert shares(store, []) == {}
