"""Two stories become one: each chat has one message of it, and what was said of either is kept."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.core.messages import Delivery, DeliveryKind, DeliveryState
from monitor.core.model import ChatName, Reason, StoryId
from monitor.store.sql import SqlStore
from tests.builders import NOW, an_article
from tests.store.desk import DESK, FUND, keep, later, send, the_source

LEASE = timedelta(minutes=2)
S, K = DeliveryState, DeliveryKind


def opened(store: SqlStore, *chats: ChatName, **due: Any) -> StoryId:
    """A story with one report, owed to these chats."""
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("a story", NOW)
        article_id = keep(work, story_id=story.id)
        if work.add_alert(story.id, article_id, send(*chats, **due), NOW):
            work.save_story(replace(story, alerted_at=NOW))
    return story.id


def deliver(store: SqlStore, now: datetime = NOW) -> list[Delivery]:
    """Send everything that is due; the message ids are the deliveries' own."""
    sent = []
    while claimed := store.claim(now, LEASE, 20, ()):
        for one in claimed:
            message_id = one.first_message_id if one.kind is K.EDIT else int(one.id)
            store.settle(replace(one, state=S.SENT, message_id=message_id, settled_at=now))
            sent.append(one)
    return sent


def merge(store: SqlStore, into: StoryId, gone: StoryId) -> None:
    with store.work() as work:
        work.merge_stories(into, gone)


def states(store: SqlStore, *stories: StoryId) -> list[dict[ChatName, DeliveryState]]:
    with store.work() as work:
        return [work.chats_told(story_id) for story_id in stories]


@pytest.mark.parametrize(
    ("ours", "theirs", "after", "due"),
    [
        ({}, {}, S.QUEUED, NOW),
        ({}, {"gather_until": later(hours=1)}, S.QUEUED, NOW),
        ({"gather_until": later(hours=9)}, {}, S.QUEUED, NOW),
        ({"gather_until": later(hours=9)}, {"gather_until": later(hours=1)}, S.GATHERED, later(hours=1)),
        ({"gather_until": later(hours=1)}, {"gather_until": later(hours=9)}, S.GATHERED, later(hours=1)),
    ],
    ids=["both now", "ours now", "theirs now", "theirs sooner", "ours sooner"],
)
def test_a_chat_hears_once_and_at_the_earlier_time(
    store: SqlStore, ours: dict[str, Any], theirs: dict[str, Any], after: DeliveryState, due: datetime
) -> None:
    into, gone = opened(store, DESK, **ours), opened(store, DESK, **theirs)
    merge(store, into, gone)
    assert states(store, into, gone) == [{DESK: after}, {DESK: S.MERGED}]
    if after is S.GATHERED:
        assert [one.key for one in store.gathered(due)] == [f"story:{into}"]
        assert store.gathered(due - timedelta(seconds=1)) == ()
    assert [one.key for one in deliver(store)] == ([] if after is S.GATHERED else [f"story:{into}"])
    merged = next(one for one in store.recent_alerts(9) if one.state is S.MERGED)
    assert merged.why == f"told by story {into}"


@pytest.mark.parametrize(("ours", "theirs"), [(True, True), (True, False), (False, True)])
def test_one_of_two_that_makes_a_sound_is_heard(store: SqlStore, ours: bool, theirs: bool) -> None:
    into, gone = opened(store, DESK, silent=ours), opened(store, DESK, silent=theirs)
    merge(store, into, gone)
    (told,) = deliver(store)
    assert told.silent is (ours and theirs)


def test_of_a_parked_chat_one_message_is_left(store: SqlStore) -> None:
    into = opened(store, DESK, gather_until=later(hours=1))
    gone = opened(store, DESK)
    store.park_chat(DESK, "kicked", NOW)
    merge(store, into, gone)
    assert states(store, into, gone) == [{DESK: S.PARKED}, {DESK: S.MERGED}]
    store.unpark_chat(DESK)
    assert [one.key for one in deliver(store)] == [f"story:{into}"]


@pytest.mark.parametrize("doubt", [S.CLAIMED, S.UNSURE, S.WAITING])
def test_what_may_have_left_stays_a_message_of_the_story_that_went(
    store: SqlStore, doubt: DeliveryState
) -> None:
    gone = opened(store, DESK)
    (first,) = store.claim(NOW, LEASE, 9, ())
    if doubt is not S.CLAIMED:
        store.settle(replace(first, state=doubt, maybe_sent=True, not_before=later(hours=1)))
    into = opened(store, DESK)
    merge(store, into, gone)
    assert states(store, into, gone) == [{DESK: S.QUEUED}, {DESK: doubt}]


def test_where_ours_could_not_be_sent_theirs_is(store: SqlStore) -> None:
    into = opened(store, DESK)
    (dead,) = store.claim(NOW, LEASE, 9, ())
    store.settle(replace(dead, state=S.DEAD, settled_at=NOW))
    gone = opened(store, DESK)
    merge(store, into, gone)
    assert [one.key for one in deliver(store)] == [f"story:{gone}"]


def test_a_moved_message_takes_its_edit_and_its_follow_ups_along(store: SqlStore) -> None:
    into, gone = opened(store, DESK), opened(store, FUND)
    deliver(store)
    with store.work() as work:
        (report,) = store.articles_of(gone)
        work.add_follow_up(gone, report, Reason.DENIED, "denied", NOW)
        work.touch_story(gone, later(minutes=1))
        work.merge_stories(into, gone)
        work.touch_story(gone, NOW)
        work.touch_story(into, NOW)
    went = {(one.chat, one.key, one.alert and one.alert.story.id) for one in deliver(store, later(hours=1))}
    assert went == {
        (DESK, f"edit:{into}", into),
        (FUND, f"edit:{into}", into),
        (FUND, f"story:{into}:denied:{report}", into),
    }
    with store.work() as work:  # the report was told: not again
        assert work.add_follow_up(into, report, Reason.DENIED, "denied", NOW) == 1


def test_an_alert_that_told_others_too_is_copied(store: SqlStore) -> None:
    into, gone = opened(store, DESK), opened(store, DESK, FUND)
    deliver(store)
    merge(store, into, gone)
    assert [(one.chat, one.alert and one.alert.story.id) for one in store.deliveries_of(gone)] == [
        (DESK, gone)
    ]
    assert [one.chat for one in store.deliveries_of(into)] == [DESK, FUND]


def test_figures_count_a_merged_story_once(store: SqlStore) -> None:
    alone, into = opened(store, DESK), opened(store, DESK)
    gone, unheard = opened(store, DESK, FUND), opened(store, FUND)
    deliver(store, later(minutes=3))
    merge(store, into, gone)
    merge(store, alone, unheard)
    assert [one.story_id for one in store.firsts(NOW)] == [alone, into]
    assert [one.sent_at for one in store.latencies(NOW)] == [later(minutes=3)] * 2


def test_a_story_without_an_alert_takes_over_that_of_the_other(store: SqlStore) -> None:
    into, gone = opened(store), opened(store, DESK)
    deliver(store, later(minutes=3))
    merge(store, into, gone)
    assert [one.story_id for one in store.firsts(NOW)] == [into]
    assert [one.sent_at for one in store.latencies(NOW)] == [later(minutes=3)]


def test_what_people_think_goes_along(store: SqlStore) -> None:
    into, gone = opened(store, DESK), opened(store, FUND)
    store.press(into, 1, True, NOW)
    store.press(gone, 1, False, later(minutes=1))
    store.press(into, 2, True, later(minutes=1))
    store.press(gone, 2, False, NOW)
    store.press(gone, 3, True, NOW)
    merge(store, into, gone)
    assert list(store.rule_presses().values()) == [(2, 1)]
    assert not store.press(gone, 3, True, later(hours=1))  # noted already, of the story it went into
    assert store.press(gone, 3, False, later(hours=1))
    assert list(store.rule_presses().values()) == [(1, 2)]


def test_what_was_taken_apart_stays_apart_from_what_one_of_them_went_into(store: SqlStore) -> None:
    into, gone = opened(store, DESK), opened(store, DESK)
    with store.work() as work:
        other = keep(work, story_id=gone, article=an_article(title="The other event"))
        new = work.split_story(gone, [other], NOW)
        assert new is not None
        for _ in range(2):  # the second time nothing is left to hand over
            work.merge_stories(into, gone)
            assert work.kept_apart(into) == {new.id}
            assert work.kept_apart(new.id) == {into}
        work.merge_stories(into, new.id)
        assert work.kept_apart(into) == frozenset()


def test_the_story_that_lives_is_found_by_every_number_it_had(store: SqlStore) -> None:
    first, second, third = (opened(store, DESK) for _ in range(3))
    merge(store, second, third)
    merge(store, first, second)
    with store.work() as work:
        for story_id in (first, second, third):
            found = work.live_story(story_id)
            assert found is not None
            assert found.id == first
            assert found == store.live_story(story_id)
        assert work.live_story(StoryId(99)) is None


def test_a_merged_story_is_muted_where_it_lives(store: SqlStore) -> None:
    into, gone = opened(store, DESK), opened(store, DESK)
    merge(store, into, gone)
    with store.work() as work:
        assert work.mute_story(gone, NOW)
    found = store.story(into)
    assert found is not None
    assert found.muted_at == NOW
    assert states(store, into) == [{DESK: S.MUTED}]
