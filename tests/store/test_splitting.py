"""One story becomes two: messages go with the report that caused them, and each half is worth its reports."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from monitor.core.messages import DeliveryState
from monitor.core.model import (
    ArticleId,
    ChatName,
    Doctype,
    Kind,
    Priority,
    Reason,
    Source,
    SourceId,
    Standing,
    Story,
    StoryId,
    Tier,
)
from monitor.core.ports import Work
from monitor.store.sql import SqlStore
from tests.builders import NOW, a_source, a_verdict, an_article, not_relevant
from tests.store.desk import DESK, FUND, keep, later, send
from tests.store.test_merging import deliver

S = DeliveryState
PBC = a_source(id=SourceId("pbc"), kind=Kind.OFFICIAL_CENTRAL, tier=Tier.AUTHORITY)
STATE = a_source(id=SourceId("xinhua"), kind=Kind.STATE_MEDIA, tier=Tier.AUTHORITY)
WIRE = a_source(id=SourceId("wire"), tier=Tier.REPORTING)
RUMOUR = a_source(id=SourceId("rumour"), tier=Tier.UNRELIABLE)


def report(work: Work, story: Story, source: Source = WIRE, **verdict: Any) -> ArticleId:
    article = an_article(source_id=source.id, title=f"by {source.id}")
    return keep(work, story_id=story.id, article=article, verdict=a_verdict(**verdict))


def a_story(work: Work, **changes: Any) -> Story:
    work.keep_sources([PBC, STATE, WIRE, RUMOUR], NOW)
    story = replace(work.open_story("a story", NOW), **changes)
    work.save_story(story)
    return story


def alert(work: Work, story: Story, article_id: ArticleId, *chats: ChatName) -> None:
    work.add_alert(story.id, article_id, send(*chats), NOW)
    work.save_story(replace(story, alerted_at=NOW))


def halves(store: SqlStore, story_id: StoryId, *parted: ArticleId) -> tuple[Story, Story]:
    """Split these off; returns what is left, and the new story."""
    with store.work() as work:
        new = work.split_story(story_id, parted, later(hours=1))
        left = work.find_story(story_id)
    assert new is not None
    assert left is not None
    assert store.story(new.id) == new
    return left, new


def test_the_messages_go_with_the_report_that_was_alerted(store: SqlStore) -> None:
    with store.work() as work:
        story = a_story(work)
        told, other = report(work, story), report(work, story)
        alert(work, story, told, DESK)
    deliver(store)
    with store.work() as work:
        work.add_follow_up(story.id, told, Reason.DENIED, "denied", NOW)
        work.touch_story(story.id, NOW)
    store.press(story.id, 1, True, NOW)
    left, new = halves(store, story.id, told)
    assert (left.alerted_at, new.alerted_at) == (None, NOW)
    assert store.deliveries_of(left.id) == ()
    assert [one.key for one in deliver(store)] == [f"story:{new.id}:denied:{told}", f"edit:{new.id}"]
    assert list(store.rule_presses().values()) == [(1, 0)]
    with store.work() as work:  # what is left can alert again
        assert work.add_alert(left.id, other, send(DESK), NOW)
        assert work.chats_told(left.id) == {DESK: S.QUEUED}


def test_what_is_split_off_was_told_to_nobody(store: SqlStore) -> None:
    with store.work() as work:
        story = a_story(work)
        told, other = report(work, story), report(work, story)
        alert(work, story, told, DESK)
    left, new = halves(store, story.id, other)
    assert (left.alerted_at, new.alerted_at) == (NOW, None)
    assert [one.key for one in store.deliveries_of(left.id)] == [f"story:{left.id}"]


def test_each_chat_keeps_the_story_of_its_message(store: SqlStore) -> None:
    with store.work() as work:
        story = a_story(work)
        first, second = report(work, story), report(work, story)
        alert(work, story, first, DESK)
        alert(work, story, second, FUND)
    left, new = halves(store, story.id, second)
    assert (left.alerted_at, new.alerted_at) == (NOW, NOW)
    with store.work() as work:
        assert work.chats_told(left.id) == {DESK: S.QUEUED}
        assert work.chats_told(new.id) == {FUND: S.QUEUED}


@pytest.mark.parametrize("parted", ["the denial", "what was alerted"])
def test_a_follow_up_about_the_other_event_stays_unsaid(store: SqlStore, parted: str) -> None:
    with store.work() as work:
        story = a_story(work)
        told, denial = report(work, story), report(work, story)
        alert(work, story, told, DESK)
    deliver(store)
    with store.work() as work:
        work.add_follow_up(story.id, denial, Reason.DENIED, "denied", NOW)
    halves(store, story.id, denial if parted == "the denial" else told)
    assert deliver(store) == []
    assert store.counts()[S.MUTED] == 1


@pytest.mark.parametrize(
    ("was", "sources", "standing", "tier"),
    [
        (Standing.REPORTED, [WIRE, RUMOUR], Standing.REPORTED, Tier.REPORTING),
        (Standing.CONFIRMED, [WIRE, RUMOUR], Standing.REPORTED, Tier.REPORTING),
        (Standing.CONFIRMED, [RUMOUR], Standing.UNCONFIRMED, Tier.UNRELIABLE),
        (Standing.REPORTED, [RUMOUR, PBC], Standing.CONFIRMED, Tier.AUTHORITY),
        (Standing.REPORTED, [WIRE, STATE], Standing.REPORTED, Tier.AUTHORITY),
        (Standing.DENIED, [WIRE, PBC], Standing.REPORTED, Tier.AUTHORITY),
    ],
)
@pytest.mark.parametrize("half", ["left", "new"])
def test_how_far_each_half_is_established(
    store: SqlStore, was: Standing, sources: Sequence[Source], standing: Standing, tier: Tier, half: str
) -> None:
    with store.work() as work:
        story = a_story(work, standing=was, tier=Tier.AUTHORITY)
        wanted = [report(work, story, source) for source in sources]
        others = [report(work, story)]
    left, new = halves(store, story.id, *(wanted if half == "new" else others))
    found = new if half == "new" else left
    assert (found.standing, found.tier) == (standing, tier)


def test_an_authority_that_comments_confirms_nothing(store: SqlStore) -> None:
    with store.work() as work:
        story = a_story(work)
        report(work, story)
        comment = report(work, story, PBC, doctype=Doctype.COMMENTARY)
    _, new = halves(store, story.id, comment)
    assert new.standing is Standing.REPORTED


@pytest.mark.parametrize(
    ("told", "doctype"),
    [
        ([Doctype.DRAFT, Doctype.MEASURES], Doctype.MEASURES),
        ([Doctype.DRAFT, Doctype.COMMENTARY], Doctype.DRAFT),
        ([Doctype.NOTICE, Doctype.MEASURES], Doctype.NOTICE),
    ],
)
def test_the_stage_of_a_half(store: SqlStore, told: Sequence[Doctype], doctype: Doctype) -> None:
    with store.work() as work:
        story = a_story(work)
        report(work, story)
        parted = [report(work, story, doctype=one) for one in told]
    assert halves(store, story.id, *parted)[1].doctype is doctype


def test_the_urgency_of_each_half(store: SqlStore) -> None:
    with store.work() as work:
        story = a_story(work, priority=Priority.BREAKING)
        report(work, story, priority=Priority.NORMAL)
        report(work, story, priority=Priority.BREAKING, relevant=False)
        parted = [report(work, story, priority=one) for one in (Priority.LOW, Priority.BREAKING)]
    left, new = halves(store, story.id, *parted)
    assert (left.priority, new.priority) == (Priority.NORMAL, Priority.BREAKING)


def test_irrelevant_reports_are_not_urgent(store: SqlStore) -> None:
    with store.work() as work:
        story = a_story(work)
        report(work, story)
        parted = keep(work, story_id=story.id, verdict=not_relevant())
    assert halves(store, story.id, parted)[1].priority is Priority.LOW


def test_both_halves_of_a_muted_story_are_muted(store: SqlStore) -> None:
    with store.work() as work:
        story = a_story(work, muted_at=NOW)
        report(work, story)
        parted = report(work, story)
    assert [one.muted_at for one in halves(store, story.id, parted)] == [NOW, NOW]
