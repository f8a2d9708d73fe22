"""A story's first message is replied to and edited in place, whatever happens meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.core.messages import Delivery, DeliveryKind, DeliveryState
from monitor.core.model import ChatName, DeliveryId, Due, Reason, Story, StoryId, Tier
from monitor.store import noted
from monitor.store.sql import SqlStore
from tests.builders import NOW, an_article
from tests.store.desk import DESK, FUND, keep, keys_of, later, send, the_source

LEASE = timedelta(minutes=2)
GROUP, OTHER, NEW = "-1001000000001", "-1001000000002", "-1001000000003"
HERE = {DESK: GROUP, FUND: OTHER}
S, K = DeliveryState, DeliveryKind


def tell(store: SqlStore, *chats: ChatName, **due: Any) -> Story:
    """Owe a new story to these chats."""
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("a story", NOW)
        work.add_alert(story.id, keep(work, story_id=story.id), send(*(chats or (DESK,)), **due), NOW)
    return story


def claim(store: SqlStore, now: datetime = NOW) -> tuple[Delivery, ...]:
    return store.claim(now, LEASE, 10, (), HERE)


def settle(store: SqlStore, delivery: Delivery, message_id: int | None = 41, **changes: Any) -> None:
    sent = {"state": S.SENT, "message_id": message_id, "settled_at": NOW}
    store.settle(replace(delivery, **sent | changes))


def told(store: SqlStore, *chats: ChatName) -> Story:
    """A story whose first message was sent, with ids 41, 42 …"""
    story = tell(store, *chats)
    for number, delivery in enumerate(claim(store)):
        settle(store, delivery, 41 + number)
    return story


def follow(store: SqlStore, story_id: StoryId, reason: Reason = Reason.DENIED, now: datetime = NOW) -> int:
    with store.work() as work:
        article_id = keep(work, article=an_article(title="denied"), story_id=story_id)
        return work.add_follow_up(story_id, article_id, reason, "the bank denies it", now)


def touch(store: SqlStore, story_id: StoryId, not_before: datetime = NOW) -> int:
    with store.work() as work:
        return work.touch_story(story_id, not_before)


# follow-ups


def test_a_follow_up_replies_to_the_first_message_of_each_chat(store: SqlStore) -> None:
    story = told(store, DESK, FUND)
    assert follow(store, story.id) == 2
    desk, fund = claim(store)
    assert (desk.key, desk.kind, desk.first_message_id) == (f"story:{story.id}:denied:2", K.FOLLOW_UP, 41)
    assert (fund.chat, fund.first_message_id) == (FUND, 42)
    assert desk.alert is not None
    assert (desk.alert.reason, desk.alert.words) == (Reason.DENIED, "the bank denies it")
    assert desk.alert.article.title == "denied"
    assert keys_of(store.recent_alerts(2)) == [(desk.key, FUND), (desk.key, DESK)]


@pytest.mark.parametrize("reason", [Reason.HIGHER_TIER, Reason.CONTRADICTED, Reason.MORE_URGENT])
def test_what_changes_nothing_for_good_is_told_once(store: SqlStore, reason: Reason) -> None:
    story = told(store, DESK)
    assert [follow(store, story.id, reason), follow(store, story.id, reason)] == [1, 0]
    assert store.recent_alerts(1)[0].key == f"story:{story.id}:{reason}"
    assert follow(store, story.id, Reason.CONFIRMED) == 1
    with store.work() as work:
        work.add_alert(story.id, keep(work, story_id=story.id), send(DESK, FUND), NOW)
    assert follow(store, story.id, reason) == 0  # the fund's first message has yet to leave


@pytest.mark.parametrize("reason", [Reason.DENIED, Reason.CONFIRMED, Reason.CORRECTED, Reason.NEW_STAGE])
def test_a_change_of_standing_is_told_every_time_but_once_per_report(store: SqlStore, reason: Reason) -> None:
    story = told(store, DESK)
    assert [follow(store, story.id, reason), follow(store, story.id, reason)] == [1, 1]
    with store.work() as work:
        (_, report, _) = store.articles_of(story.id)
        assert work.add_follow_up(story.id, report, reason, "again", NOW) == 0


def test_each_chat_hears_of_it_in_its_turn(store: SqlStore) -> None:
    story = told(store, DESK, FUND)
    turns = {FUND: Due(chat=FUND, gather_until=later(hours=8), silent=True)}
    with store.work() as work:
        report = keep(work, story_id=story.id)
        assert work.add_follow_up(story.id, report, Reason.DENIED, "denied", NOW, turns) == 2
    (desk,) = claim(store)
    assert (desk.chat, desk.silent) == (DESK, False)
    settle(store, desk)
    assert store.counts()[S.GATHERED] == 0
    assert store.next_due_at(NOW) == later(hours=8)
    (fund,) = claim(store, later(hours=8))
    assert (fund.kind, fund.chat, fund.silent, fund.first_message_id) == (K.FOLLOW_UP, FUND, True, 42)


def test_a_turn_at_once_may_be_silent(store: SqlStore) -> None:
    story = told(store)
    with store.work() as work:
        turns = {DESK: Due(chat=DESK, silent=True)}
        work.add_follow_up(story.id, keep(work, story_id=story.id), Reason.DENIED, "", NOW, turns)
    assert claim(store)[0].silent


def test_who_is_told_and_how_far_that_is(store: SqlStore) -> None:
    story = tell(store, DESK, FUND)
    with store.work() as work:
        assert work.chats_told(StoryId(99)) == {}
        assert work.chats_told(story.id) == {DESK: S.QUEUED, FUND: S.QUEUED}
    settle(store, claim(store)[0])
    follow(store, story.id)
    with store.work() as work:
        assert work.chats_told(story.id) == {DESK: S.SENT, FUND: S.CLAIMED}


def test_what_is_gathered_is_hastened(store: SqlStore) -> None:
    story = tell(store, DESK, FUND, gather_until=later(hours=9), silent=True)
    with store.work() as work:
        assert work.hasten(story.id, [FUND, FUND]) == 1
        assert work.hasten(story.id, [FUND]) == 0
    (fund,) = claim(store)
    assert (fund.chat, fund.kind, fund.silent, fund.queued_at) == (FUND, K.ALERT, True, NOW)
    settle(store, fund)
    with store.work() as work:
        assert work.hasten(story.id, [DESK], now=later(hours=1), silent=False) == 1
    (desk,) = claim(store, later(hours=1))
    assert (desk.chat, desk.silent, desk.queued_at) == (DESK, False, later(hours=1))


def test_what_is_hastened_for_a_parked_chat_is_parked(store: SqlStore) -> None:
    story = tell(store, gather_until=later(hours=9))
    store.park_chat(DESK, "kicked", NOW)
    with store.work() as work:
        assert work.hasten(story.id, [DESK]) == 1
    (parked,) = store.recent_alerts(1)
    assert (parked.state, parked.why) == (S.PARKED, "kicked")


@pytest.mark.parametrize("state", [S.QUEUED, S.WAITING, S.DEAD, S.PARKED])
def test_who_has_not_been_told_gets_no_follow_up(store: SqlStore, state: DeliveryState) -> None:
    story = tell(store)
    if state is not S.QUEUED:
        settle(store, claim(store)[0], None, state=state)
    assert follow(store, story.id) == 0


@pytest.mark.parametrize("doubt", ["claimed", "unsure", "claimed again"])
def test_who_may_have_been_told_gets_it_after_the_first(store: SqlStore, doubt: str) -> None:
    story = tell(store)
    (first,) = claim(store)
    if doubt != "claimed":
        settle(store, first, None, state=S.UNSURE, maybe_sent=True, not_before=later(minutes=1))
    if doubt == "claimed again":
        (first,) = claim(store, later(minutes=1))
        settle(store, first, None, state=S.WAITING, not_before=later(minutes=2))
    assert follow(store, story.id) == 1
    assert claim(store) == ()
    if doubt != "claimed":
        (first,) = claim(store, later(minutes=2))
        assert first.kind is K.ALERT
    settle(store, first, 44)
    (reply,) = claim(store, later(minutes=2))
    assert (reply.kind, reply.first_message_id) == (K.FOLLOW_UP, 44)


def test_a_story_told_in_a_digest_is_followed_up_below_the_digest(store: SqlStore) -> None:
    story = tell(store, gather_until=NOW)
    (gathered,) = store.gathered(NOW)
    assert follow(store, story.id) == 0
    store.fold([gathered.id], chat=DESK, key="digest:1", heading="h", silent=False, now=NOW)
    assert follow(store, story.id) == 1  # below the digest, which goes out first
    (digest,) = claim(store)
    assert digest.kind is K.DIGEST
    assert follow(store, story.id) == 1
    assert claim(store) == ()
    settle(store, digest, 55)
    for _ in range(2):
        (reply,) = claim(store)
        assert (reply.kind, reply.first_message_id) == (K.FOLLOW_UP, 55)
        settle(store, reply, 56)
    assert touch(store, story.id) == 0


@pytest.mark.parametrize(("state", "followed"), [(S.WAITING, 1), (S.UNSURE, 1), (S.PARKED, 1), (S.DEAD, 0)])
def test_a_digest_that_will_never_come_is_not_followed_up(
    store: SqlStore, state: DeliveryState, followed: int
) -> None:
    story = tell(store, gather_until=NOW)
    (gathered,) = store.gathered(NOW)
    store.fold([gathered.id], chat=DESK, key="digest:1", heading="h", silent=False, now=NOW)
    settle(store, claim(store)[0], None, state=state)
    assert follow(store, story.id) == followed


# edits


def test_many_changes_end_in_one_edit(store: SqlStore) -> None:
    story = told(store, DESK, FUND)
    assert touch(store, story.id, later(minutes=5)) == 2
    assert touch(store, story.id, later(minutes=9)) == 2
    assert claim(store, later(minutes=4)) == ()
    assert store.next_due_at(NOW) == later(minutes=5)
    desk, fund = claim(store, later(minutes=5))
    assert (desk.key, desk.kind, desk.revision) == (f"edit:{story.id}", K.EDIT, 2)
    assert (desk.first_message_id, fund.first_message_id) == (41, 42)
    assert desk.alert is not None
    assert desk.alert.reason is Reason.NEW_STORY
    assert len(store.recent_alerts(9)) == 2


def test_an_edit_shows_the_story_and_its_reports_as_they_are_now(store: SqlStore) -> None:
    story = told(store)
    with store.work() as work:
        late = an_article(title="second", url="https://x/2", seen_at=later(hours=1))
        keep(work, article=late, story_id=story.id)
        work.save_story(replace(story, reports=2, tier=Tier.AUTHORITY))
        work.touch_story(story.id, NOW)
    (edit,) = claim(store)
    assert edit.alert is not None
    assert [(one.title, one.source_name) for one in edit.alert.reports] == [
        (an_article().title, the_source().name),
        ("second", the_source().name),
    ]
    assert (edit.alert.story.reports, edit.alert.story.tier) == (2, Tier.AUTHORITY)


def test_an_edit_that_was_sent_is_made_again_when_the_story_changes(store: SqlStore) -> None:
    story = told(store)
    touch(store, story.id)
    settle(store, claim(store)[0], None)
    assert claim(store, later(hours=1)) == ()
    assert touch(store, story.id, later(hours=2)) == 1
    (again,) = claim(store, later(hours=2))
    assert (again.revision, again.attempts, again.maybe_sent) == (2, 1, False)


@pytest.mark.parametrize("outcome", [S.SENT, S.WAITING])
def test_a_change_during_an_edit_is_told_by_the_next(store: SqlStore, outcome: DeliveryState) -> None:
    story = told(store)
    touch(store, story.id)
    (edit,) = claim(store)
    assert touch(store, story.id, later(minutes=5)) == 1
    settle(store, edit, None, state=outcome, not_before=None)
    (again,) = claim(store, later(minutes=5))
    assert (again.id, again.revision) == (edit.id, 2)
    settle(store, again, None)
    assert claim(store, later(hours=9)) == ()
    assert store.counts()[S.SENT] == 2


@pytest.mark.parametrize("trouble", [S.WAITING, S.UNSURE])
def test_an_edit_in_trouble_keeps_its_time(store: SqlStore, trouble: DeliveryState) -> None:
    story = told(store)
    touch(store, story.id)
    settle(store, claim(store)[0], None, state=trouble, not_before=later(minutes=5))
    assert touch(store, story.id, later(minutes=1)) == 1
    assert claim(store, later(minutes=4)) == ()
    assert claim(store, later(minutes=5))[0].revision == 2


@pytest.mark.parametrize("message_id", [41, None], ids=["with an id", "without one"])
def test_a_change_while_the_first_message_is_under_way_is_edited_in(
    store: SqlStore, message_id: int | None
) -> None:
    story = tell(store)
    (first,) = claim(store)
    assert touch(store, story.id) == 0
    settle(store, first, message_id)
    assert [(one.key, one.first_message_id) for one in claim(store)] == (
        [(f"edit:{story.id}", 41)] if message_id else []
    )


def test_a_message_without_an_id_cannot_be_edited(store: SqlStore) -> None:
    story = tell(store)
    settle(store, claim(store)[0], None)
    assert touch(store, story.id) == 0


def test_new_messages_go_before_edits(store: SqlStore) -> None:
    touch(store, told(store).id, later(hours=-1))
    news = tell(store)
    assert keys_of(claim(store)) == [(f"story:{news.id}", DESK)]


def test_a_further_change_does_not_put_off_an_edit_that_is_due(store: SqlStore) -> None:
    story = told(store)
    touch(store, story.id)
    store.park_chat(DESK, "kicked", NOW)
    store.unpark_chat(DESK)
    touch(store, story.id, later(hours=1))
    assert claim(store)[0].revision == 2


@pytest.mark.parametrize("known", ["new", "waiting", "sent before"])
def test_an_edit_waits_for_a_parked_chat(store: SqlStore, known: str) -> None:
    story = told(store)
    if known != "new":
        touch(store, story.id)
    if known == "sent before":
        settle(store, claim(store)[0], None)
    store.park_chat(DESK, "kicked", NOW)
    touch(store, story.id)
    assert claim(store, later(days=1)) == ()
    assert store.unpark_chat(DESK) == 1
    assert claim(store, later(days=1))[0].kind is K.EDIT


# addresses and message ids


def test_chats_of_one_group_take_turns(store: SqlStore) -> None:
    tell(store, DESK, FUND)
    group = {DESK: GROUP, FUND: GROUP}
    (desk,) = store.claim(NOW, LEASE, 9, (), group)
    assert store.claim(NOW, LEASE, 9, (), group) == ()
    settle(store, desk, 41)
    assert store.claim(NOW, LEASE, 9, (DESK,), group) == ()
    (fund,) = store.claim(NOW, LEASE, 9, (), group)
    assert (fund.chat, fund.last_known_id) == (FUND, 41)


def test_the_newest_message_of_an_address_is_known(store: SqlStore) -> None:
    told(store)
    store.note_message(GROUP, 60)
    store.note_message(GROUP, 60)
    store.note_message(OTHER, 99)
    assert store.noted_messages(GROUP, 0) == {41, 60}
    assert store.noted_messages(GROUP, 41) == {60}
    tell(store)
    assert claim(store)[0].last_known_id == 60


def test_a_doubtful_one_keeps_what_was_known_when_the_doubt_arose(store: SqlStore) -> None:
    told(store)
    tell(store)
    (doubtful,) = claim(store)
    settle(store, doubtful, None, state=S.UNSURE, maybe_sent=True, not_before=later(minutes=1))
    tell(store)
    settle(store, claim(store)[0], 43)
    (again,) = claim(store, later(minutes=1))
    assert (again.id, again.last_known_id) == (doubtful.id, 41)
    settle(store, again, None, state=S.UNSURE, last_known_id=43, not_before=later(minutes=2))
    assert claim(store, later(minutes=2))[0].last_known_id == 43


def test_at_a_new_address_nothing_is_known(store: SqlStore) -> None:
    told(store)
    tell(store)
    (doubtful,) = claim(store)
    settle(store, doubtful, None, state=S.UNSURE, maybe_sent=True)
    (again,) = store.claim(NOW, LEASE, 9, (), {DESK: NEW})
    assert (again.maybe_sent, again.last_known_id) == (True, None)


def test_what_goes_out_while_a_chat_moves_is_noted_at_its_new_address(store: SqlStore) -> None:
    tell(store)
    (delivery,) = claim(store)
    store.move_chat(DESK, NEW, GROUP)
    settle(store, delivery, 2)
    assert store.noted_messages(GROUP, 0) == frozenset()
    assert store.noted_messages(NEW, 0) == {2}


def test_of_messages_without_an_address_no_id_is_known(store: SqlStore) -> None:
    tell(store)
    settle(store, store.claim(NOW, LEASE, 9, ())[0], 41)
    tell(store)
    assert claim(store)[0].last_known_id is None


def test_only_the_newest_messages_are_remembered(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noted, "MOST_NOTED", 5)
    for message_id in range(8):
        store.note_message(GROUP, message_id)
        store.note_message(OTHER, message_id)
    assert store.noted_messages(GROUP, -1) == {3, 4, 5, 6, 7}


# muting


def test_a_muted_story_keeps_what_it_had_to_say(store: SqlStore) -> None:
    story = told(store, DESK)
    with store.work() as work:
        work.add_alert(story.id, keep(work, story_id=story.id), send(FUND, gather_until=NOW), NOW)
    follow(store, story.id)
    touch(store, story.id)
    with store.work() as work:
        work.mute_story(story.id, NOW)
        assert work.chats_told(story.id) == {DESK: S.SENT, FUND: S.MUTED}
    assert store.gathered(NOW) == ()
    (edit,) = claim(store)
    assert edit.kind is K.EDIT
    assert store.counts()[S.MUTED] == 2
    with store.work() as work:
        work.mute_story(story.id, None)
    assert store.counts()[S.MUTED] == 2


@pytest.mark.parametrize("doubt", ["claimed", "unsure", "waiting"])
def test_what_may_have_left_is_not_muted(store: SqlStore, doubt: str) -> None:
    story = tell(store)
    (first,) = claim(store)
    if doubt != "claimed":
        settle(store, first, None, state=S(doubt), maybe_sent=True, not_before=later(minutes=1))
    with store.work() as work:
        work.mute_story(story.id, NOW)
        assert work.chats_told(story.id) == {DESK: S(doubt)}


def test_a_parked_message_of_a_muted_story_stays_where_it_is(store: SqlStore) -> None:
    story = tell(store)
    store.park_chat(DESK, "kicked", NOW)
    with store.work() as work:
        work.mute_story(story.id, NOW)
    assert store.unpark_chat(DESK) == 0


def test_a_story_is_muted_and_speaks_again(store: SqlStore) -> None:
    story = tell(store)
    with store.work() as work:
        assert work.mute_story(story.id, NOW)
    assert store.story(story.id) == replace(story, muted_at=NOW)
    with store.work() as work:
        assert work.mute_story(story.id, None)
        assert not work.mute_story(StoryId(99), NOW)
    assert store.story(story.id) == story


# ── one row of numbers ──


def test_private_chats_and_basic_groups_know_each_others_messages(store: SqlStore) -> None:
    for address, message_id in (("7", 10), ("-9", 11), ("21", 12), (GROUP, 99), ("@channel", 98)):
        store.note_message(address, message_id)
    assert store.noted_messages("7", 10) == store.noted_messages("-55", 10) == {11, 12}
    assert (store.newest_noted("-9"), store.newest_noted(GROUP), store.newest_noted(NEW)) == (12, 99, None)
    tell(store)
    assert store.claim(NOW, LEASE, 9, (), {DESK: "7"})[0].last_known_id == 12


def test_of_one_row_of_numbers_only_the_newest_are_remembered(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noted, "MOST_NOTED", 5)
    for message_id in range(1, 9):
        store.note_message(str(message_id), message_id)
    assert store.noted_messages("7", 0) == {4, 5, 6, 7, 8}


# ── answers of the bot ──


def test_an_answer_is_open_until_its_id_is_known(store: SqlStore) -> None:
    number = store.begin_answer(GROUP, NOW)
    assert (store.answer_open(GROUP, 5), store.answer_open(OTHER, 5)) == (True, False)
    store.end_answer(number, GROUP, 6, begun_before=NOW)
    assert not store.answer_open(GROUP, 5)
    assert store.noted_messages(GROUP, 0) == {6}


def test_an_answer_that_was_refused_is_no_message(store: SqlStore) -> None:
    store.drop_answer(store.begin_answer(GROUP, NOW))
    assert not store.answer_open(GROUP, 0)


def test_a_lost_answer_lies_below_the_next(store: SqlStore) -> None:
    store.begin_answer(GROUP, NOW)
    store.begin_answer(GROUP, later(seconds=59))
    next_one = store.begin_answer(GROUP, later(seconds=60))
    store.end_answer(next_one, GROUP, 9, begun_before=NOW)
    assert store.answer_open(GROUP, 9)  # the second may still arrive
    later_one = store.begin_answer(GROUP, later(minutes=3))
    store.end_answer(later_one, GROUP, 12, begun_before=later(minutes=2))
    assert [store.answer_open(GROUP, above) for above in (8, 9, 11, 12)] == [True, True, True, False]


@pytest.mark.parametrize(("after", "open_still"), [(119, True), (120, False)])
def test_an_alert_sent_long_after_a_lost_answer_lies_above_it(
    store: SqlStore, after: int, open_still: bool
) -> None:
    store.begin_answer(GROUP, NOW)
    tell(store)
    settle(store, claim(store)[0], 43, settled_at=later(seconds=after))
    assert store.answer_open(GROUP, 43) is open_still


def test_who_speaks_is_told_of_a_doubt(store: SqlStore) -> None:
    tell(store)
    assert not store.in_doubt(GROUP, later(minutes=2))
    settle(store, claim(store)[0], None, state=S.UNSURE, maybe_sent=True, not_before=later(minutes=1))
    assert store.in_doubt(GROUP, later(minutes=2))
    assert not store.in_doubt(GROUP, later(seconds=59))  # a digest may wait for an hour
    assert not store.in_doubt(OTHER, later(minutes=2))


def test_another_message_in_doubt_is_known(store: SqlStore) -> None:
    tell(store)
    (first,) = claim(store)
    assert not store.others_in_doubt(GROUP, first.id)
    assert store.others_in_doubt(GROUP, DeliveryId(99))
    settle(store, first, None, state=S.UNSURE, maybe_sent=True)
    assert store.others_in_doubt(GROUP, DeliveryId(99))
    assert not store.others_in_doubt(OTHER, DeliveryId(99))
    settle(store, claim(store)[0], 41)
    assert not store.others_in_doubt(GROUP, DeliveryId(99))
