"""What every store promises about alerts and their delivery."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.core.errors import LeaseLost
from monitor.core.messages import Delivery, DeliveryState
from monitor.core.model import DeliveryId, Due, Hold, Reason, Send, Skip, Tier
from monitor.store.sql import SqlStore, open_store
from tests.builders import NOW, a_verdict, an_article
from tests.store.desk import DESK, FUND, SEND, keep, keys_of, later, queue, send, the_source

LEASE = timedelta(minutes=2)
S = DeliveryState


def claim(
    store: SqlStore, now: datetime = NOW, limit: int = 10, busy: tuple[Any, ...] = ()
) -> tuple[Delivery, ...]:
    return store.claim(now, LEASE, limit, busy)


def claim_one(store: SqlStore, now: datetime = NOW) -> Delivery:
    (delivery,) = claim(store, now)
    return delivery


# queueing


def test_an_alert_is_queued_once_for_each_chat(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("one", NOW)
        article_id = keep(work, story_id=story.id)
        both = send(DESK, FUND, DESK)
        assert work.add_alert(story.id, article_id, SEND, NOW)
        assert work.add_alert(story.id, article_id, both, later(seconds=1))
        assert not work.add_alert(story.id, article_id, both, later(seconds=2))
    assert keys_of(store.recent_alerts(5)) == [(f"story:{story.id}", "fund"), (f"story:{story.id}", "desk")]
    assert keys_of(store.recent_alerts(1)) == [(f"story:{story.id}", "fund")]


@pytest.mark.parametrize(
    "decision",
    [Skip(reason=Reason.BACKLOG, words="old"), send()],
    ids=["a skip", "no chats"],
)
def test_nothing_is_queued_for(store: SqlStore, decision: Skip | Send) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("one", NOW)
        assert not work.add_alert(story.id, keep(work, story_id=story.id), decision, NOW)
    assert store.recent_alerts(5) == ()


def test_a_delivery_carries_all_a_message_needs(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("one", NOW)
        work.add_alert(story.id, keep(work, story_id=story.id), SEND, NOW)
        work.save_story(replace(story, reports=2, alerted_at=NOW))
        work.keep_sources([the_source(name="PBC", tier=Tier.STATE_CHANNEL)], NOW)
    delivery = claim_one(store)
    alert = delivery.alert
    assert alert is not None
    assert (alert.article, alert.verdict) == (an_article(), a_verdict())
    assert alert.story == replace(story, reports=2, alerted_at=NOW)
    assert (alert.source_name, alert.source_tier) == ("PBC", Tier.STATE_CHANNEL)
    assert (alert.reason, alert.decided_at) == (Reason.NEW_STORY, NOW)
    assert store.recent_alerts(1) == (delivery,)


def test_a_notice_is_queued_once_per_key_and_chat(store: SqlStore) -> None:
    with store.work() as work:
        assert work.add_notice("notice:silent", "no news from pbc", DESK, NOW)
        assert not work.add_notice("notice:silent", "again", DESK, later(days=1))
        assert work.add_notice("notice:silent", "no news from pbc", FUND, later(seconds=1))
    first, second = claim(store, later(seconds=1))
    assert (first.chat, first.notice, first.alert) == (DESK, "no news from pbc", None)
    assert second.chat == FUND
    assert store.recent_alerts(5) == ()


# claiming


def test_a_claim_takes_the_oldest_of_each_chat(store: SqlStore) -> None:
    queue(store, (DESK,), (DESK, FUND), (FUND,))
    assert keys_of(claim(store, later(minutes=1))) == [("story:1", "desk"), ("story:2", "fund")]
    assert claim(store, later(minutes=1)) == ()


def test_a_claim_respects_the_limit_and_the_busy_chats(store: SqlStore) -> None:
    queue(store, (DESK, FUND))
    assert keys_of(claim(store, busy=(DESK,), limit=0)) == []
    assert keys_of(claim(store, busy=(DESK,))) == [("story:1", "fund")]
    assert keys_of(claim(store, limit=1)) == [("story:1", "desk")]


def test_a_claim_is_written_down_with_its_lease(store: SqlStore) -> None:
    queue(store, (DESK,))
    delivery = claim_one(store)
    assert (delivery.state, delivery.attempts, delivery.claimed_until) == (S.CLAIMED, 1, NOW + LEASE)
    assert not delivery.maybe_sent
    assert store.recent_alerts(1) == (delivery,)


def test_a_held_alert_is_gathered_until_its_hour(store: SqlStore) -> None:
    until = later(hours=6)
    night = Hold(due=(Due(chat=DESK, gather_until=until),), reason=Reason.QUIET_HOURS, words="night")
    queue(store, (DESK,), decision=night)
    assert claim(store, until) == ()
    assert store.next_due_at(NOW) is None
    assert store.gathered(until - timedelta(seconds=1)) == ()
    assert keys_of(store.gathered(until)) == [("story:1", "desk")]


def test_a_lease_that_ran_out_comes_back_in_doubt(store: SqlStore) -> None:
    queue(store, (DESK,))
    claim(store)
    assert claim(store, NOW + LEASE - timedelta(seconds=1)) == ()
    again = claim_one(store, NOW + LEASE)
    assert (again.attempts, again.maybe_sent) == (2, True)


def test_a_new_life_ends_the_leases_of_the_last(store: SqlStore) -> None:
    queue(store, (DESK,))
    claim_one(store)
    assert claim(store) == ()
    assert store.end_leases(NOW) == 1
    assert store.end_leases(NOW) == 0
    assert claim_one(store).maybe_sent


def test_one_that_waits_does_not_hold_up_the_next(store: SqlStore) -> None:
    queue(store, (DESK,), (DESK,))
    first = claim_one(store, later(minutes=1))
    store.settle(replace(first, state=S.WAITING, not_before=later(hours=1), why="no connection"))
    second = claim_one(store, later(minutes=1))
    assert keys_of((first, second)) == [("story:1", "desk"), ("story:2", "desk")]
    store.settle(replace(second, state=S.QUEUED))
    assert keys_of(claim(store, later(hours=1))) == [("story:1", "desk")]


# settling


@pytest.mark.parametrize("state", [S.SENT, S.DEAD])
def test_a_final_outcome_is_final(store: SqlStore, state: DeliveryState) -> None:
    queue(store, (DESK,))
    outcome = replace(
        claim_one(store),
        state=state,
        message_id=2**40,
        why="w",
        settled_at=later(seconds=3),
        claimed_until=None,
    )
    store.settle(outcome)
    assert store.recent_alerts(1) == (outcome,)
    assert claim(store, later(days=9)) == ()
    assert store.next_due_at(NOW) is None


@pytest.mark.parametrize("state", [S.WAITING, S.UNSURE, S.QUEUED])
def test_an_outcome_that_is_not_final_is_due_again(store: SqlStore, state: DeliveryState) -> None:
    queue(store, (DESK,))
    store.settle(replace(claim_one(store), state=state, not_before=later(minutes=5), why="try later"))
    assert claim(store, later(minutes=4)) == ()
    assert store.next_due_at(later(minutes=4)) == later(minutes=5)
    again = claim_one(store, later(minutes=5))
    assert (again.attempts, again.maybe_sent, again.why) == (2, state is S.UNSURE, "try later")


def test_the_second_holder_of_a_lease_has_it(store: SqlStore) -> None:
    queue(store, (DESK,))
    slow = claim_one(store)
    claimed_again = claim_one(store, NOW + LEASE)
    with pytest.raises(LeaseLost, match="lost the lease"):
        store.settle(replace(slow, state=S.SENT, message_id=1))
    store.settle(replace(claimed_again, state=S.SENT, message_id=2))
    with pytest.raises(LeaseLost, match="lost the lease"):
        store.settle(replace(claimed_again, state=S.SENT, message_id=3))
    assert store.recent_alerts(1)[0].message_id == 2


# chats


def test_a_held_chat_yields_nothing_before_its_time(store: SqlStore) -> None:
    queue(store, (DESK, FUND))
    store.hold_chat(DESK, later(seconds=30), NOW)
    store.hold_chat(DESK, later(seconds=40), NOW)
    assert keys_of(claim(store)) == [("story:1", "fund")]
    assert store.next_due_at(NOW) == later(seconds=40)
    assert keys_of(claim(store, later(seconds=40))) == [("story:1", "desk")]


def test_a_parked_chat_keeps_its_queue(store: SqlStore) -> None:
    queue(store, (DESK, FUND), (DESK,), (DESK,))
    sent = claim_one_of(store, "desk")
    store.settle(replace(sent, state=S.SENT, message_id=1))
    claim_one_of(store, "desk")
    assert store.park_chat(DESK, "kicked", later(minutes=1)) == 2
    assert claim(store, later(days=1), busy=(FUND,)) == ()
    parked = [one for one in store.recent_alerts(9) if one.state is S.PARKED]
    assert {(one.why, one.settled_at, one.maybe_sent) for one in parked} == {
        ("kicked", later(minutes=1), False)
    }
    assert store.unpark_chat(DESK) == 2
    assert store.unpark_chat(DESK) == 0
    assert keys_of(claim(store, later(days=1), busy=(FUND,))) == [("story:2", "desk")]


@pytest.mark.parametrize("how", ["unsure", "lease ran out"])
def test_parking_does_not_forget_a_doubt(store: SqlStore, how: str) -> None:
    queue(store, (DESK,))
    delivery = claim_one(store)
    if how == "unsure":
        store.settle(replace(delivery, state=S.UNSURE))
    store.park_chat(DESK, "kicked", NOW + LEASE)
    store.unpark_chat(DESK)
    assert claim_one(store, NOW + LEASE).maybe_sent


def test_a_chat_that_moved_is_remembered(store: SqlStore) -> None:
    assert store.chat_id(DESK, "-1") is None
    store.hold_chat(DESK, NOW, NOW)
    assert store.chat_id(DESK, "-1") is None
    store.move_chat(DESK, "-1001", "-1")
    store.move_chat(DESK, "-1002", "-1")
    assert store.chat_id(DESK, "-1") == "-1002"


def test_a_move_holds_for_the_id_that_was_configured_only(store: SqlStore) -> None:
    store.move_chat(DESK, "-1001", "-1")
    assert store.chat_id(DESK, "-2") is None


def test_a_hold_set_in_the_future_is_over(store: SqlStore) -> None:
    queue(store, (DESK,))
    store.hold_chat(DESK, later(hours=9), later(hours=8))  # then the clock was set back
    assert store.held_chats(NOW) == {}
    assert keys_of(claim(store)) == [("story:1", "desk")]
    store.hold_chat(FUND, later(hours=9), later(seconds=9))  # as much as any clock is corrected by
    assert store.held_chats(NOW) == {FUND: later(hours=9)}


def test_what_is_known_of_a_try_is_kept(store: SqlStore) -> None:
    queue(store, (DESK,))
    waiting = replace(claim_one(store), state=S.WAITING, not_before=NOW, waits_since=NOW)
    store.settle(replace(waiting, doubts=2, proved_absent=True))
    again = claim_one(store)
    assert (again.doubts, again.proved_absent, again.waits_since) == (2, True, NOW)
    store.park_chat(DESK, "kicked", NOW)
    store.unpark_chat(DESK)
    assert claim_one(store).doubts == 0  # a person says that the chat is well


# figures


def test_counts_name_every_state(store: SqlStore) -> None:
    queue(store, (DESK, FUND), (DESK,))
    claim(store, limit=1)
    assert store.counts() == dict.fromkeys(S, 0) | {S.QUEUED: 2, S.CLAIMED: 1}


def test_the_next_due_is_never_past_and_waits_for_what_is_in_flight(store: SqlStore) -> None:
    assert store.next_due_at(NOW) is None
    queue(store, (DESK,), (DESK,))
    assert store.next_due_at(later(hours=1)) == later(hours=1)
    claim(store, later(hours=1))
    assert store.next_due_at(later(hours=1)) == later(hours=1) + LEASE


def test_what_is_due_and_not_delivered(store: SqlStore) -> None:
    assert store.undelivered(NOW) == ()
    queue(store, (DESK,), (DESK,), (FUND,))
    queue(store, (DESK,), decision=send(DESK, gather_until=later(hours=1)))
    failed = claim_one_of(store, DESK)
    waiting = replace(
        failed, state=S.WAITING, not_before=later(hours=3), claimed_until=None, why="no network"
    )
    store.settle(waiting)
    found = [(one.chat, one.why, one.number, one.since) for one in store.undelivered(later(minutes=1))]
    assert found == [
        (DESK, "no network", 1, NOW),
        (DESK, "", 1, later(seconds=1)),
        (FUND, "", 1, later(seconds=2)),
    ]
    store.park_chat(DESK, "kicked", later(minutes=1))
    assert [one.chat for one in store.undelivered(later(minutes=1))] == [FUND]


def claim_one_of(store: SqlStore, chat: str) -> Delivery:
    (delivery,) = claim(store, later(minutes=1), busy=tuple({DESK, FUND} - {chat}))
    return delivery


def test_the_chats_that_are_held(store: SqlStore) -> None:
    store.hold_chat(DESK, later(seconds=30), NOW)
    store.hold_chat(FUND, later(seconds=10), NOW)
    assert store.held_chats(later(seconds=20)) == {DESK: later(seconds=30)}


HERE, THERE = "-1001000000001", "-1001000000002"


def in_doubt(store: SqlStore, address: str = HERE) -> Delivery:
    """An alert that may have arrived at this address."""
    queue(store, (DESK,))
    (delivery,) = store.claim(NOW + LEASE, LEASE, 1, (), {DESK: address})
    store.settle(replace(delivery, state=S.UNSURE, maybe_sent=True, not_before=NOW, settled_at=None))
    return delivery


@pytest.mark.parametrize("what", ["stopped", "resumed"])
def test_one_that_may_have_arrived_counts_although_its_chat_is_parked(store: SqlStore, what: str) -> None:
    delivery = in_doubt(store)
    store.park_chat(DESK, "kicked", NOW)
    if what == "resumed":
        store.unpark_chat(DESK)
    assert store.others_in_doubt(HERE, DeliveryId(99))
    assert not store.others_in_doubt(HERE, delivery.id)
    assert not store.others_in_doubt(THERE, DeliveryId(99))


def test_a_chat_that_left_the_configuration_is_remembered_where_it_was(store: SqlStore) -> None:
    in_doubt(store)
    (delivery,) = store.claim(NOW + LEASE, LEASE, 1, (), {})
    store.settle(replace(delivery, state=S.PARKED))
    assert store.others_in_doubt(HERE, DeliveryId(99))


def test_one_that_goes_to_another_address_may_still_be_at_the_old_one(store: SqlStore) -> None:
    in_doubt(store)
    assert not store.answer_open(HERE, 0)
    store.claim(NOW + LEASE, LEASE, 1, (), {DESK: THERE})
    assert (store.answer_open(HERE, 0), store.answer_open(THERE, 0)) == (True, False)


@pytest.mark.parametrize(
    ("outcome", "above_40", "above_41"),
    [
        ({"state": S.SENT, "message_id": 41}, True, False),
        ({"state": S.SENT, "message_id": 41, "maybe_sent": False}, False, False),
        ({"state": S.DEAD}, True, True),
    ],
    ids=["sent again, above the first copy", "found", "given up"],
)
def test_a_copy_of_unknown_id_may_be_there_after(
    store: SqlStore, outcome: dict[str, Any], above_40: bool, above_41: bool
) -> None:
    in_doubt(store)
    (delivery,) = store.claim(NOW + LEASE, LEASE, 1, (), {DESK: HERE})
    store.settle(replace(delivery, settled_at=NOW, **outcome))
    assert (store.answer_open(HERE, 40), store.answer_open(HERE, 41)) == (above_40, above_41)


def test_whoever_is_where_a_chat_is_held_is_held(store: SqlStore) -> None:
    queue(store, (FUND,))
    store.hold_chat(DESK, later(hours=9), NOW, HERE)
    assert store.claim(later(minutes=1), LEASE, 9, (), {FUND: HERE}) == ()
    assert keys_of(store.claim(later(minutes=1), LEASE, 9, (), {FUND: THERE})) == [("story:1", "fund")]


def test_a_database_is_told_from_any_other_for_ever(store: SqlStore, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    assert store.database_id() == store.database_id() != other.database_id()
    other.close()
