"""What is gathered, folded into one message, released, or kept for a parked chat."""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.core.digest import MOST_IN_A_DIGEST
from monitor.core.errors import StoreError
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState
from monitor.core.model import ChatName, DeliveryId, Due, Priority, Reason, Send, StoryId
from monitor.store import folding
from monitor.store.sql import SqlStore
from tests.builders import NOW, a_verdict
from tests.store.desk import DESK, FUND, keep, keys_of, later, queue, send, the_source

LEASE = timedelta(minutes=2)
S, K = DeliveryState, DeliveryKind
MORNING = later(hours=6)


def gather(store: SqlStore, *priorities: Priority, chat: ChatName = DESK) -> tuple[Delivery, ...]:
    """Gather one story of each priority until the morning, a minute apart, and return them."""
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        for number, priority in enumerate(priorities):
            story = work.open_story(f"story {number}", NOW)
            article_id = keep(work, story_id=story.id, verdict=a_verdict(priority=priority))
            work.add_alert(story.id, article_id, send(chat, gather_until=MORNING), later(minutes=number))
    return store.gathered(MORNING)


def fold(
    store: SqlStore, deliveries: Iterable[Delivery], key: str = "digest:1", chat: ChatName = DESK
) -> int:
    ids = [one.id for one in deliveries]
    return store.fold(ids, chat=chat, key=key, heading="Overnight", silent=True, now=MORNING)


def claim(store: SqlStore, now: datetime = MORNING) -> tuple[Delivery, ...]:
    return store.claim(now, LEASE, 10, ())


def test_only_the_chats_asked_for_are_read(store: SqlStore) -> None:
    gather(store, Priority.LOW)
    gather(store, Priority.LOW, chat=FUND)
    queue(store, (DESK, FUND))
    assert [one.chat for one in store.gathered(MORNING, [FUND])] == [FUND]
    assert [one.chat for one in store.open_alerts(MORNING, [DESK])] == [DESK]
    assert (store.gathered(MORNING, []), store.open_alerts(MORNING, [])) == ((), ())


def test_what_is_gathered_for_a_chat_that_is_no_more_is_an_orphan(store: SqlStore) -> None:
    gather(store, Priority.LOW, Priority.LOW)
    gather(store, Priority.LOW, chat=FUND)
    queue(store, (ChatName("told at once"),))
    assert store.orphans([]) == (DESK, FUND)
    assert store.orphans([DESK]) == (FUND,)
    assert store.orphans([DESK, FUND]) == ()
    store.release([one.id for one in store.gathered(MORNING, [FUND])], MORNING)
    assert store.orphans([DESK]) == ()


def test_one_decision_may_tell_one_chat_now_and_another_later(store: SqlStore) -> None:
    due = (Due(chat=DESK, silent=True), Due(chat=FUND, gather_until=MORNING))
    decision = Send(due=due, reason=Reason.NEW_STORY, words="new")
    queue(store, (), decision=decision)
    (now,) = claim(store, NOW)
    (then,) = store.gathered(MORNING)
    assert (now.chat, now.state, now.silent) == (DESK, S.CLAIMED, True)
    assert (then.chat, then.state, then.not_before, then.silent) == (FUND, S.GATHERED, MORNING, False)
    assert then.alert is not None
    assert then.alert.words == "new"


def test_what_is_gathered_is_not_due_and_comes_oldest_first(store: SqlStore) -> None:
    gather(store, Priority.LOW, Priority.NORMAL)
    assert store.gathered(MORNING - timedelta(seconds=1)) == ()
    assert keys_of(store.gathered(MORNING)) == [("story:1", DESK), ("story:2", DESK)]
    assert claim(store) == ()
    assert store.next_due_at(NOW) is None


def test_a_digest_tells_the_most_urgent_first_then_the_newest(store: SqlStore) -> None:
    found = gather(store, Priority.LOW, Priority.NORMAL, Priority.BREAKING, Priority.NORMAL)
    assert fold(store, found) == 4
    (digest,) = claim(store)
    assert (digest.kind, digest.key, digest.notice, digest.silent) == (
        K.DIGEST,
        "digest:1",
        "Overnight",
        True,
    )
    assert digest.alert is None
    assert [alert.story.title for alert in digest.gathered] == ["story 2", "story 3", "story 1", "story 0"]
    assert store.counts() == dict.fromkeys(S, 0) | {S.FOLDED: 4, S.CLAIMED: 1}
    assert store.gathered(MORNING) == ()


def test_old_alerts_that_nobody_saw_are_folded_and_others_left_alone(store: SqlStore) -> None:
    queue(store, (DESK,), (DESK,), (DESK,), (FUND,), (DESK,))
    for outcome in (S.SENT, S.UNSURE):
        (first,) = store.claim(later(minutes=1), LEASE, 10, (FUND,))
        store.settle(replace(first, state=outcome, maybe_sent=outcome is S.UNSURE, not_before=MORNING))
    with store.work() as work:
        work.add_notice("notice:1", "hello", DESK, NOW)
    everything = [DeliveryId(number) for number in range(1, 9)]
    open_alerts = store.open_alerts(later(hours=1))
    assert keys_of(open_alerts) == [("story:3", DESK), ("story:4", FUND), ("story:5", DESK)]
    assert keys_of(store.open_alerts(later(seconds=3))) == [("story:3", DESK)]
    folded = store.fold(everything, chat=DESK, key="k", heading="h", silent=False, now=NOW)
    assert folded == 2
    assert keys_of(store.open_alerts(later(hours=1))) == [("story:4", FUND)]


@pytest.mark.parametrize("again", ["same key", "nothing left", "nothing asked"])
def test_folding_twice_makes_one_digest(store: SqlStore, again: str) -> None:
    found = gather(store, Priority.LOW, Priority.LOW, Priority.LOW)
    assert fold(store, found[:2]) == 2
    match again:
        case "same key":
            assert fold(store, found) == 0
        case "nothing left":
            assert fold(store, found[:2], key="digest:2") == 0
        case _:
            assert fold(store, (), key="digest:2") == 0
    assert store.counts() == dict.fromkeys(S, 0) | {S.FOLDED: 2, S.GATHERED: 1, S.QUEUED: 1}


def test_a_crash_between_the_steps_of_a_fold_undoes_all_of_it(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = gather(store, Priority.LOW, Priority.LOW)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(folding, "_tell_in", crash)
        with pytest.raises(KeyboardInterrupt):
            fold(store, found)
    assert store.counts() == dict.fromkeys(S, 0) | {S.GATHERED: 2}
    assert fold(store, found) == 2


def test_a_digest_takes_up_more_until_it_leaves(store: SqlStore) -> None:
    found = gather(store, Priority.LOW, Priority.LOW, Priority.LOW, Priority.LOW)
    assert store.open_digest(DESK, "digest") is None
    fold(store, found[:2])
    waiting = store.open_digest(DESK, "digest")
    assert waiting is not None
    assert (len(waiting.gathered), waiting.silent) == (2, True)
    assert store.open_digest(DESK, "dig") is None
    assert store.open_digest(FUND, "digest") is None

    def join(more: Sequence[Delivery]) -> int:
        ids = [one.id for one in more]
        return store.join_digest(waiting.id, ids, heading="More", silent=False, now=NOW)

    assert join(()) == 0
    assert join(found[1:3]) == 1  # the other is in it already
    (digest,) = claim(store)
    assert (digest.notice, digest.silent, len(digest.gathered)) == ("More", False, 3)
    assert join(found[3:]) == 0  # it is on its way
    assert store.open_digest(DESK, "digest") is None
    store.settle(replace(digest, state=S.UNSURE, maybe_sent=True, not_before=MORNING))
    assert join(found[3:]) == 0  # it may have arrived
    assert store.counts() == dict.fromkeys(S, 0) | {S.FOLDED: 3, S.UNSURE: 1, S.GATHERED: 1}


def test_no_digest_holds_more_than_a_message_shows(store: SqlStore) -> None:
    found = gather(store, *[Priority.LOW] * (MOST_IN_A_DIGEST + 3))
    assert fold(store, found[:-5]) == MOST_IN_A_DIGEST - 2
    (waiting,) = filter(None, [store.open_digest(DESK, "digest")])
    ids = [one.id for one in found[-5:]]
    assert store.join_digest(waiting.id, ids, heading="More", silent=True, now=NOW) == 2
    assert store.join_digest(waiting.id, ids, heading="Full", silent=True, now=NOW) == 0
    (digest,) = claim(store)
    assert (len(digest.gathered), digest.notice) == (MOST_IN_A_DIGEST, "More")
    assert store.counts()[S.GATHERED] == 3
    store.settle(replace(digest, state=S.WAITING, not_before=MORNING))
    store.release(ids, MORNING)
    assert fold(store, store.open_alerts(later(days=1)), key="digest:2") == 3


def test_all_that_one_digest_cannot_hold_stays_open(store: SqlStore) -> None:
    found = gather(store, *[Priority.LOW] * (MOST_IN_A_DIGEST + 3))
    assert fold(store, found) == MOST_IN_A_DIGEST
    assert store.counts()[S.GATHERED] == 3


@pytest.mark.parametrize("maybe_sent", [False, True])
def test_a_digest_that_is_given_up_gives_its_alerts_back(store: SqlStore, *, maybe_sent: bool) -> None:
    found = gather(store, Priority.LOW, Priority.NORMAL)
    fold(store, found)
    with store.work() as work:
        article_id = keep(work, story_id=StoryId(2))
        work.add_follow_up(StoryId(2), article_id, Reason.DENIED, "denied", NOW)
    (digest,) = claim(store)
    at = MORNING + timedelta(hours=1)
    store.settle(replace(digest, state=S.DEAD, why="too long", maybe_sent=maybe_sent, settled_at=at))
    assert store.counts() == dict.fromkeys(S, 0) | {S.QUEUED: 3, S.DEAD: 1}
    told: list[Delivery] = []
    while claimed := claim(store, at):
        told += claimed
        for one in claimed:
            store.settle(replace(one, state=S.SENT, message_id=100 + len(told), settled_at=at))
    assert [(one.key, one.queued_at, one.maybe_sent) for one in told[:2]] == [
        ("story:1", at, maybe_sent),
        ("story:2", at, maybe_sent),
    ]
    assert (told[2].kind, told[2].first_message_id) == (K.FOLLOW_UP, 102)


def test_two_threads_that_fold_the_same_make_one_digest(store: SqlStore) -> None:
    found = gather(store, Priority.LOW, Priority.LOW)
    together = threading.Barrier(2, timeout=5)
    folded = []

    def meet(key: str) -> None:
        together.wait()
        folded.append(fold(store, found, key))

    threads = [threading.Thread(target=meet, args=(key,)) for key in ("digest:1", "digest:2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(folded) == [0, 2]
    assert store.counts()[S.QUEUED] == 1


def test_released_ones_go_out_on_their_own(store: SqlStore) -> None:
    found = gather(store, Priority.LOW, Priority.LOW)
    assert store.release([found[0].id], MORNING) == 1
    assert store.release([found[0].id], MORNING) == 0
    (alone,) = claim(store)
    assert (alone.key, alone.kind, alone.not_before) == ("story:1", K.ALERT, MORNING)
    assert keys_of(store.gathered(MORNING)) == [("story:2", DESK)]


def test_the_alerts_a_chat_had_are_counted_without_those_gathered(store: SqlStore) -> None:
    queue(store, (DESK, FUND), (DESK,), (DESK,))
    found = gather(store, Priority.LOW, Priority.LOW)
    store.release([found[0].id], MORNING)
    with store.work() as work:
        work.add_notice("notice:1", "hello", DESK, later(hours=1))
        assert work.alerts_since(NOW) == {DESK: 4, FUND: 1}
        assert work.alerts_since(later(seconds=1)) == {DESK: 2}
        assert work.alerts_since(later(hours=1)) == {}
        work.mute_story(StoryId(2), NOW)
        work.merge_stories(StoryId(1), StoryId(3))
        assert work.alerts_since(NOW) == {DESK: 2, FUND: 1}


# parked chats


def test_what_a_parked_chat_is_owed_waits_for_it(store: SqlStore) -> None:
    store.park_chat(DESK, "kicked", NOW)
    queue(store, (DESK, FUND))
    found = gather(store, Priority.LOW, Priority.LOW, Priority.LOW)
    fold(store, found[:2])
    store.release([found[2].id], MORNING)
    with store.work() as work:
        work.add_notice("notice:1", "hello", DESK, NOW)
    assert keys_of(claim(store)) == [("story:1", FUND)]
    assert store.counts()[S.PARKED] == 4
    assert {one.why for one in store.recent_alerts(9) if one.state is S.PARKED} == {"kicked"}
    assert store.parked_chats() == {DESK: "kicked"}
    assert store.open_alerts(later(days=1)) == ()
    assert store.unpark_chat(DESK) == 4
    assert store.parked_chats() == {}
    assert [one.chat for one in claim(store)] == [DESK]


def test_what_a_parked_chat_gathers_stays_gathered(store: SqlStore) -> None:
    gather(store, Priority.LOW)
    assert store.park_chat(DESK, "kicked", NOW) == 0
    assert store.unpark_chat(DESK) == 0
    assert store.counts()[S.GATHERED] == 1


def test_a_chat_parked_again_has_the_newest_reason(store: SqlStore) -> None:
    store.park_chat(DESK, "kicked", NOW)
    store.park_chat(DESK, "blocked", later(hours=1))
    assert store.parked_chats() == {DESK: "blocked"}


def test_a_digest_that_cannot_be_written_folds_nothing(sql: SqlStore) -> None:
    found = gather(sql, Priority.LOW)
    with sql._read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    other = sqlite3.connect(sql._path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        fold(sql, found)
    other.close()
    assert fold(sql, found) == 1


# a clock that was set back, and what waits for something else


def test_what_was_gathered_by_a_clock_that_ran_ahead_is_due(store: SqlStore) -> None:
    gather(store, Priority.LOW)
    assert store.gathered(later(days=-365)) != ()
    assert store.gathered(later(seconds=-9)) == ()  # as much as any clock is corrected by


def test_a_follow_up_held_over_the_night_by_a_clock_that_ran_ahead_goes_out(store: SqlStore) -> None:
    queue(store, (DESK,))
    (first,) = claim(store, NOW)
    store.settle(replace(first, state=S.SENT, message_id=41, settled_at=NOW))
    with store.work() as work:
        turn = Due(chat=DESK, gather_until=later(days=9), silent=False)
        article_id = keep(work, story_id=StoryId(1))
        work.add_follow_up(StoryId(1), article_id, Reason.DENIED, "no", later(days=8), {DESK: turn})
    assert [one.kind for one in claim(store, MORNING)] == [K.FOLLOW_UP]


def test_an_edit_owed_by_a_clock_that_ran_ahead_goes_out(store: SqlStore) -> None:
    queue(store, (DESK,))
    (first,) = claim(store, NOW)
    store.settle(replace(first, state=S.SENT, message_id=41, settled_at=NOW))
    with store.work() as work:
        work.touch_story(StoryId(1), later(days=8))
    assert claim(store, later(days=8, minutes=-59)) == ()  # that may be its minute
    assert [one.kind for one in claim(store, MORNING)] == [K.EDIT]


def test_released_at_the_end_of_its_wait_it_waits_since_then(store: SqlStore) -> None:
    (alone,) = gather(store, Priority.LOW)
    store.release([alone.id], MORNING)
    assert [one.since for one in store.undelivered(MORNING)] == [MORNING]


def test_released_before_its_time_it_is_due_at_once(store: SqlStore) -> None:
    (alone,) = gather(store, Priority.LOW)
    store.release([alone.id], later(hours=1))
    assert keys_of(claim(store, later(hours=1))) == [("story:1", DESK)]


def test_a_follow_up_waits_for_the_digest_its_story_was_folded_into(store: SqlStore) -> None:
    queue(store, (DESK,), (DESK,))
    first, *_ = claim(store, later(minutes=1))
    store.settle(replace(first, state=S.UNSURE, maybe_sent=True, not_before=later(minutes=2)))
    with store.work() as work:
        article_id = keep(work, story_id=StoryId(1))
        work.add_follow_up(StoryId(1), article_id, Reason.DENIED, "denied", later(minutes=1))
    store.settle(replace(claim(store)[0], state=S.WAITING, maybe_sent=False))  # it had not arrived
    assert fold(store, store.open_alerts(MORNING)) == 2
    (digest,) = claim(store)
    assert digest.kind is K.DIGEST
    store.settle(replace(digest, state=S.SENT, message_id=41, settled_at=MORNING))
    (answer,) = claim(store)
    assert (answer.kind, answer.first_message_id) == (K.FOLLOW_UP, 41)
