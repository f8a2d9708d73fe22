"""Whose turn it is, as a table: one row is one queue and who is picked from it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.core.messages import DeliveryState
from monitor.core.model import ChatName, DeliveryId
from monitor.store.due import Owed, blocked, next_due_at, pick
from tests.builders import NOW

S = DeliveryState
A, B, C = ChatName("a"), ChatName("b"), ChatName("c")
SHARED = {A: "-100", B: "-100"}


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def owed(number: int, chat: ChatName = A, state: DeliveryState = S.QUEUED, **changes: Any) -> Owed:
    values: dict[str, Any] = {
        "queued_at": at(number - 100),
        "not_before": None,
        "claimed_until": None,
        "maybe_sent": False,
    }
    return Owed(id=DeliveryId(number), chat=chat, state=state, **values | changes)


def claimed(number: int, chat: ChatName = A, *, until: float) -> Owed:
    return owed(number, chat, S.CLAIMED, claimed_until=at(until))


@pytest.mark.parametrize(
    ("queue", "picked"),
    [
        ([owed(2), owed(1)], [1]),
        ([owed(1), owed(2, B)], [1, 2]),
        ([owed(1, not_before=at(5)), owed(2)], [2]),
        ([owed(1, not_before=at(0)), owed(2)], [1]),
        ([owed(1, edit=True), owed(2)], [2]),
        ([owed(1, edit=True), owed(2, not_before=at(9))], [1]),
        ([owed(2, edit=True), owed(1, edit=True)], [1]),
        ([owed(1, edit=True), owed(2, B)], [2, 1]),
        ([claimed(1, until=5), owed(2)], []),
        ([claimed(1, until=0), owed(2)], [1]),
        ([owed(1, state=S.UNSURE, not_before=at(5)), owed(2)], [2]),
        ([owed(1, C, state=S.WAITING)], [1]),
    ],
    ids=[
        "the oldest first",
        "one for each chat",
        "what waits lets others pass",
        "its time has come",
        "messages before edits",
        "an edit when nothing else is due",
        "the oldest edit first",
        "an edit goes last among chats too",
        "one in flight stops its chat",
        "a lease that ran out is due",
        "a doubt that rests lets others pass",
        "what waited is due again",
    ],
)
def test_of_each_chat_one(queue: list[Owed], picked: list[int]) -> None:
    assert [one.id for one in pick(queue, held={}, busy=(), now=NOW, limit=9)] == picked


@pytest.mark.parametrize(
    ("queue", "held", "busy", "picked"),
    [
        ([owed(1, A), owed(2, B), owed(3, C)], {}, (), [1, 3]),
        ([claimed(1, A, until=9), owed(2, B)], {}, (), []),
        ([owed(1, A), owed(2, B)], {}, (A,), []),
        ([owed(1, A), owed(2, B)], {B: at(1)}, (), []),
        ([owed(1, A), owed(2, B)], {B: at(0)}, (), [1]),
        ([owed(1, A), owed(2, ChatName("-100"))], {}, (), [1, 2]),
    ],
    ids=[
        "one for both, one elsewhere",
        "in flight to the other",
        "the other is busy",
        "the other is held",
        "held no longer",
        "a chat named like an address is another place",
    ],
)
def test_chats_with_one_address_are_one(
    queue: list[Owed], held: dict[ChatName, datetime], busy: tuple[ChatName, ...], picked: list[int]
) -> None:
    found = pick(queue, held=held, busy=busy, now=NOW, limit=9, addresses=SHARED)
    assert [one.id for one in found] == picked


def test_no_more_than_the_limit() -> None:
    assert [one.id for one in pick([owed(2, B), owed(1)], held={}, busy=(), now=NOW, limit=1)] == [1]


def test_a_blocked_chat_blocks_its_address() -> None:
    assert blocked({C: at(1)}, (A,), NOW, SHARED) == {A, B, C}
    assert blocked({C: at(0)}, (), NOW, SHARED) == frozenset()


@pytest.mark.parametrize(
    ("queue", "held", "due_at"),
    [
        ([], {}, None),
        ([owed(1)], {}, 0),
        ([owed(1, not_before=at(7)), owed(2, not_before=at(5))], {}, 5),
        ([owed(1)], {A: at(30)}, 30),
        ([claimed(1, until=20), owed(2)], {}, 20),
        ([claimed(1, until=-20), owed(2)], {}, 0),
        ([owed(1, not_before=at(9)), owed(2, B, not_before=at(4))], {}, 4),
        ([owed(1, state=S.CLAIMED)], {}, 0),
    ],
    ids=[
        "nothing is owed",
        "never past",
        "the earlier one",
        "a held chat",
        "after the one in flight",
        "a lease that ran out",
        "the earlier chat",
        "a claim without a lease",
    ],
)
def test_next_due_at(queue: list[Owed], held: dict[ChatName, datetime], due_at: float | None) -> None:
    assert next_due_at(queue, held=held, now=NOW) == (None if due_at is None else at(due_at))


@pytest.mark.parametrize(
    ("decided", "due_now"),
    [(None, False), (-5, False), (9, False), (11, True), (8 * 3_600, True)],
    ids=["unknown", "before", "a small correction", "a larger one", "a clock that was hours ahead"],
)
def test_a_wait_decided_in_the_future_is_over(decided: float | None, due_now: bool) -> None:
    since = None if decided is None else at(decided)
    waiting = owed(1, state=S.WAITING, not_before=at(9 * 3_600), waits_since=since)
    assert bool(pick([waiting], held={}, busy=(), now=NOW, limit=9)) is due_now


@pytest.mark.parametrize(
    ("waiting", "due_now"),
    [
        (owed(1, queued_at=at(9), not_before=at(3_600)), False),
        (owed(1, queued_at=at(11), not_before=at(3_600)), True),
        (owed(1, queued_at=at(60), not_before=at(60), edit=True), False),
        (owed(1, queued_at=at(86_400), not_before=at(86_400), edit=True), True),
        (owed(1, queued_at=at(86_400), edit=True), True),
    ],
    ids=["a small correction", "queued tomorrow", "an edit's minute", "an edit of tomorrow", "at once"],
)
def test_the_turn_of_what_was_queued_in_the_future_has_come(waiting: Owed, due_now: bool) -> None:
    assert bool(pick([waiting], held={}, busy=(), now=NOW, limit=9)) is due_now
