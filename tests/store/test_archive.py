"""What the archive tells of articles and stories, and what people say of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.archive import First, Kept, Latency
from monitor.core.messages import DeliveryKind, DeliveryState, Report
from monitor.core.model import (
    ArticleId,
    Reason,
    RuleId,
    Skip,
    SourceId,
    Standing,
    Story,
    StoryId,
    Tier,
    Topic,
)
from monitor.core.ports import Archive
from monitor.store.sql import SqlStore
from tests.builders import NOW, a_hit, a_verdict, an_article, not_relevant
from tests.store.desk import DESK, FUND, SEND, keep, later, send, the_source

PBC, WIRE = SourceId("pbc"), SourceId("wire")
SOURCES = (the_source(), the_source(id=WIRE, name="The Wire", tier=Tier.COMMERCIAL))
BACKLOG = Skip(reason=Reason.BACKLOG, words="old")
S = DeliveryState


@pytest.fixture(autouse=True)
def _watched(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources(SOURCES, NOW)


def tell(store: SqlStore, *topics: Topic, minutes: int = 0, source: SourceId = PBC) -> Story:
    """An alerted story of one report."""
    seen_at = later(minutes=minutes)
    article = an_article(title=f"story {minutes}", source_id=source, seen_at=seen_at)
    with store.work() as work:
        story = work.open_story(article.title, seen_at)
        verdict = a_verdict(topics=topics or (Topic.ECNY,))
        article_id = keep(work, article=article, verdict=verdict, story_id=story.id)
        work.add_alert(story.id, article_id, SEND, seen_at)
    return story


def report(store: SqlStore, story: Story, title: str, minutes: int, source: SourceId = WIRE) -> ArticleId:
    """One more report of a story."""
    article = an_article(
        title=title, url=f"https://x/{title}", source_id=source, seen_at=later(minutes=minutes)
    )
    with store.work() as work:
        return keep(work, article=article, story_id=story.id, decision=BACKLOG)


def deliver(store: SqlStore, minutes: int = 1) -> None:
    now = later(minutes=minutes)
    for delivery in store.claim(now, timedelta(minutes=2), 10, ()):
        store.settle(replace(delivery, state=S.SENT, message_id=1, settled_at=now))


def titles(kept: Sequence[Kept]) -> list[str]:
    return [one.article.title for one in kept]


def test_the_store_is_an_archive(store: SqlStore) -> None:
    archive: Archive = store
    assert archive.latest(None, 5) == ()


# articles


def test_an_article_is_kept_with_all_that_was_decided(store: SqlStore) -> None:
    with store.work() as work:
        story = work.open_story("one", NOW)
        article_id = keep(work, story_id=story.id, decision=BACKLOG)
    assert store.kept(article_id) == Kept(
        article_id=article_id,
        article=an_article(),
        verdict=a_verdict(),
        reason=Reason.BACKLOG,
        words="old",
        placed=(),
        story_id=story.id,
        source_name="People's Bank of China",
        source_tier=Tier.AUTHORITY,
    )
    assert store.kept(ArticleId(99)) is None


@pytest.mark.parametrize("number", [2**63, 99999999999999999999, 0, -1, -(2**64)])
def test_a_number_no_row_can_have_is_unknown(store: SqlStore, number: int) -> None:
    story, article = StoryId(number), ArticleId(number)
    assert (store.kept(article), store.find_article(article)) == (None, None)
    assert (store.story(story), store.live_story(story)) == (None, None)
    assert (store.articles_of(story), store.reports_of(story), store.deliveries_of(story)) == ((), (), ())
    assert not store.press(story, 7, True, NOW)
    with store.work() as work:
        assert (work.find_story(story), work.live_story(story)) == (None, None)
        assert not work.mute_story(story, NOW)
        assert work.split_story(story, [article], NOW) is None


def test_articles_are_read_in_the_order_asked_for(store: SqlStore) -> None:
    with store.work() as work:
        ids = [keep(work, article=an_article(title=f"{number}")) for number in range(150)]
    wanted = [*reversed(ids), ArticleId(999)]
    assert [one.article_id for one in store.full(iter(wanted))] == wanted[:-1]


def test_a_stream_may_be_left_while_others_write(store: SqlStore) -> None:
    with store.work() as work:
        ids = [keep(work, article=an_article(title=f"{number}")) for number in range(101)]
    stream, judged = store.full(ids), store.judged(NOW)
    next(stream)
    next(judged)
    with store.work() as work:
        keep(work)
    assert (len(list(stream)), len(list(judged))) == (100, 101)


def test_every_article_is_judged_again_from_a_day_on(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.archive._JUDGED_LOT", 2)
    with store.work() as work:
        for number in range(5):
            article = an_article(title=f"{number}", seen_at=later(minutes=number), published_at=None)
            keep(work, article=article, verdict=a_verdict() if number % 2 else not_relevant())
    found = list(store.judged(later(minutes=1)))
    assert [(one.title, one.relevant, one.score) for one in found] == [
        ("1", True, 6.0),
        ("2", False, 0.0),
        ("3", True, 6.0),
        ("4", False, 0.0),
    ]
    assert found[0].verdict() == a_verdict()
    assert (found[0].source_id, found[0].seen_at, found[0].published_at) == (PBC, later(minutes=1), None)
    assert (found[0].reason, found[0].story_id) == (Reason.NEW_STORY, StoryId(2))


def test_the_latest_alerts_by_topic(store: SqlStore) -> None:
    tell(store, Topic.ECNY, minutes=1)
    tell(store, Topic.AI, Topic.DATA, minutes=2)
    again = tell(store, Topic.DATA, minutes=3)
    with store.work() as work:
        keep(work, article=an_article(title="never alerted"), verdict=a_verdict(topics=(Topic.DATA,)))
        work.add_alert(again.id, store_id(store, again), send(FUND), later(minutes=4))
    assert titles(store.latest(None, 5)) == ["story 3", "story 2", "story 1"]
    assert titles(store.latest(Topic.DATA, 5)) == ["story 3", "story 2"]
    assert titles(store.latest(Topic.DATA, 1)) == ["story 3"]
    assert store.latest(Topic.TRADE, 5) == ()


def store_id(store: SqlStore, story: Story) -> ArticleId:
    (article_id,) = store.articles_of(story.id)
    return article_id


# stories


def test_a_story_with_its_reports(store: SqlStore) -> None:
    story = tell(store, minutes=5)
    late = report(store, story, "late", 9)
    early = report(store, story, "early", 1)
    assert store.story(story.id) == story
    assert store.story(StoryId(99)) is None
    assert store.articles_of(story.id)[1:] == (late, early)
    assert [one.title for one in store.reports_of(story.id)] == ["early", "story 5", "late"]
    assert store.reports_of(story.id)[0] == Report(
        source_name="The Wire",
        source_tier=Tier.COMMERCIAL,
        title="early",
        url="https://x/early",
        seen_at=later(minutes=1),
        published_at=NOW,
    )
    assert store.reports_of(StoryId(99)) == ()


def test_an_alert_names_the_ten_oldest_reports(store: SqlStore) -> None:
    story = tell(store)
    for number in range(1, 12):
        report(store, story, f"{number}", number)
    (delivery,) = store.recent_alerts(1)
    assert delivery.alert is not None
    assert [one.title for one in delivery.alert.reports] == ["story 0", *map(str, range(1, 10))]
    assert len(store.reports_of(story.id)) == 12


def test_everything_sent_about_a_story(store: SqlStore) -> None:
    story = tell(store)
    tell(store, minutes=2)
    deliver(store)
    with store.work() as work:
        work.add_follow_up(story.id, ArticleId(1), Reason.DENIED, "denied", later(minutes=1))
        work.touch_story(story.id, later(minutes=2))
    kinds = [one.kind for one in store.deliveries_of(story.id)]
    assert kinds == [DeliveryKind.ALERT, DeliveryKind.FOLLOW_UP, DeliveryKind.EDIT]


def test_latencies_have_the_three_times_of_each_first_alert(store: SqlStore) -> None:
    tell(store, minutes=1)
    first = tell(store, minutes=2, source=WIRE)
    tell(store, minutes=3)
    with store.work() as work:
        work.add_follow_up(first.id, ArticleId(1), Reason.DENIED, "denied", later(minutes=9))
    (_, second, third) = store.recent_alerts(9)[::-1]
    store.fold([second.id], chat=DESK, key="d", heading="h", silent=False, now=later(minutes=4))
    deliver(store, 5)
    deliver(store, 6)
    assert third.state is S.QUEUED
    assert store.latencies(later(minutes=2)) == (
        Latency(
            source_id=WIRE,
            source_name="The Wire",
            published_at=NOW,
            day_only=False,
            seen_at=later(minutes=2),
            sent_at=None,
        ),
        Latency(
            source_id=PBC,
            source_name="People's Bank of China",
            published_at=NOW,
            day_only=False,
            seen_at=later(minutes=3),
            sent_at=later(minutes=6),
        ),
    )
    deliver(store, 7)
    assert [one.sent_at for one in store.latencies(NOW)] == [later(minutes=n) for n in (5, 7, 6)]


def test_who_had_it_first(store: SqlStore) -> None:
    rumour = tell(store, minutes=4, source=WIRE)
    report(store, rumour, "text", 90, PBC)
    report(store, rumour, "text again", 95, PBC)
    unconfirmed = tell(store, minutes=5, source=WIRE)
    with store.work() as work:
        work.save_story(replace(rumour, standing=Standing.CONFIRMED))
    wire, primary = store.reports_of(rumour.id)[:2]
    confirmed = First(
        story_id=rumour.id,
        title="story 4",
        standing=Standing.CONFIRMED,
        report=wire,
        primary=primary,
    )
    assert primary.title == "text"
    found = store.firsts(NOW)
    assert found[0] == confirmed
    assert (found[1].story_id, found[1].primary) == (unconfirmed.id, None)
    assert [one.story_id for one in store.firsts(later(minutes=5))] == [unconfirmed.id]


# presses and notes


def test_a_press_counts_once_and_may_change_its_mind(store: SqlStore) -> None:
    story = tell(store)
    assert store.press(story.id, 7, True, NOW)
    assert not store.press(story.id, 7, True, later(minutes=1))
    assert store.rule_presses() == {RuleId("ecny"): (1, 0)}
    assert store.press(story.id, 7, False, later(minutes=2))
    assert store.press(story.id, 8, True, NOW)
    assert store.rule_presses() == {RuleId("ecny"): (1, 1)}
    assert not store.press(StoryId(99), 7, True, NOW)


def test_presses_count_for_the_rules_of_the_first_alert(store: SqlStore) -> None:
    hits = (a_hit(), a_hit(), a_hit(rule=RuleId("data")))
    with store.work() as work:
        story = work.open_story("one", NOW)
        article_id = keep(work, verdict=a_verdict(hits=hits), story_id=story.id)
        work.add_alert(story.id, article_id, SEND, NOW)
        later_one = keep(work, verdict=a_verdict(hits=(a_hit(rule=RuleId("later")),)), story_id=story.id)
        work.add_alert(story.id, later_one, send(FUND), NOW)
        quiet = work.open_story("two", NOW)
    store.press(story.id, 7, False, NOW)
    store.press(quiet.id, 7, True, NOW)
    assert store.rule_presses() == {RuleId("ecny"): (0, 1), RuleId("data"): (0, 1)}


def test_the_bot_keeps_notes(store: SqlStore) -> None:
    assert store.bot_value("offset") is None
    store.set_bot_value("offset", "1")
    store.set_bot_value("offset", "2")
    assert store.bot_value("offset") == "2"
    assert store.bot_value("stranger:7") is None


def test_the_story_of_a_message_is_known_by_its_chat(store: SqlStore) -> None:
    story, other = tell(store), tell(store, minutes=1)
    for message_id in (501, 502):
        (claimed,) = store.claim(later(minutes=2), timedelta(minutes=1), 1, ())
        store.settle(replace(claimed, state=S.SENT, message_id=message_id, settled_at=NOW))
    assert store.story_at([DESK, FUND], 501) == story.id
    assert store.story_at([DESK], 502) == other.id
    assert [store.story_at([FUND], 501), store.story_at([DESK], 503), store.story_at([], 501)] == [None] * 3
