"""Each outcome of a try leads to one state; the table in docs/operating.md says the same."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.core import errors
from monitor.core.errors import SendError
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState
from monitor.core.outbox import (
    DIGEST_WAIT,
    DOUBT_WAIT,
    MOST_FRUITLESS,
    MOST_TRIPS,
    TOKEN_WAIT,
    Accepted,
    Doubtful,
    FoundAt,
    Gone,
    NotDelivered,
    Outcome,
    ProvedAbsent,
    Refused,
    RefusedAgain,
    RetryAfter,
    TokenBad,
    TopicGone,
    Tripped,
    Unproved,
    Vanished,
    backoff,
    held_until,
    outcome_of,
    patience,
    refused_bare,
    repeats_marked,
    settle,
    shares_sequence,
    unseen,
)
from tests.builders import NOW, a_delivery

S = DeliveryState
DOCS = Path(__file__).parents[2] / "docs" / "operating.md"

# As the docs name them, each with an example.
OUTCOMES: dict[str, Outcome] = {
    "accepted": Accepted(message_id=9),
    "found by reading back": FoundAt(message_id=9),
    "nothing left to edit": Vanished(),
    "proved absent by reading back": ProvedAbsent(),
    "reading back proved nothing, and it is a digest": Unproved(),
    "no trustworthy answer": Doubtful(why="read timeout"),
    "no connection": NotDelivered(why="refused"),
    "asked to wait (429)": RetryAfter(after=timedelta(seconds=38)),
    "the text refused, even plain": Refused(why="too long"),
    "even bare words refused again": RefusedAgain(why="TEXT_STRANGE"),
    "the chat gone": Gone(why="kicked"),
    "the topic gone, and the chat without it": TopicGone(why="TOPIC_CLOSED"),
    "the token refused": TokenBad(why="401"),
    "an error of ours before the request": Tripped(why="KeyError", left=False, times=1),
    "an error of ours after it": Tripped(why="KeyError", left=True, times=1),
    "the fifth error of ours": Tripped(why="KeyError", left=True, times=MOST_TRIPS),
}


def claimed(**changes: object) -> Delivery:
    return a_delivery(**{"state": S.CLAIMED, "attempts": 3, "claimed_until": NOW, **changes})


def test_the_table_in_the_docs_is_the_code() -> None:
    rows = re.findall(r"^\| ([^|]+?) \| ([a-z]+) \| ([a-z]+) \| .*\|$", DOCS.read_text(), re.MULTILINE)
    told = {name: (first, doubtful) for name, first, doubtful in rows if name in OUTCOMES}
    assert told == {
        name: (
            str(settle(claimed(), outcome, NOW).state),
            str(settle(claimed(maybe_sent=True), outcome, NOW).state),
        )
        for name, outcome in OUTCOMES.items()
    }


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_what_is_settled_is_claimed_no_more_and_either_has_its_turn_or_its_end(outcome: Outcome) -> None:
    settled = settle(claimed(), outcome, NOW)
    open_still = settled.state in (S.WAITING, S.UNSURE)
    assert settled.claimed_until is None
    assert (settled.not_before is not None) == open_still
    assert settled.settled_at == (None if open_still else NOW)


@pytest.mark.parametrize(
    ("outcome", "pause"),
    [
        (RetryAfter(after=timedelta(seconds=40_000)), timedelta(seconds=40_000)),
        (RetryAfter(after=timedelta(0)), timedelta(seconds=4)),
        (RetryAfter(after=timedelta(seconds=-7)), timedelta(seconds=4)),
        (NotDelivered(why="no route"), timedelta(seconds=4)),
        (RefusedAgain(why="TEXT_STRANGE"), DOUBT_WAIT),
        (Doubtful(why="timeout"), DOUBT_WAIT),
        (TokenBad(why="401"), TOKEN_WAIT),
        (ProvedAbsent(), timedelta(0)),
        (ProvedAbsent(wait=DOUBT_WAIT), DOUBT_WAIT),
        (Unproved(), DIGEST_WAIT),
        (Tripped(why="KeyError", left=False, times=4), DOUBT_WAIT),
    ],
)
def test_how_long_it_waits(outcome: Outcome, pause: timedelta) -> None:
    assert settle(claimed(), outcome, NOW).not_before == NOW + pause


@pytest.mark.parametrize(
    ("outcome", "before", "after"),
    [
        (Doubtful(why="timeout"), False, True),
        (NotDelivered(why="refused"), False, False),
        (NotDelivered(why="refused"), True, True),
        (RetryAfter(after=timedelta(seconds=1)), True, True),
        (ProvedAbsent(), True, False),
        (FoundAt(message_id=9), True, False),
        (Accepted(message_id=9), True, True),  # sent again: the first copy may be there, too
        (RefusedAgain(why="TEXT_STRANGE"), True, True),
        (Tripped(why="KeyError", left=True, times=1), False, True),
        (Tripped(why="KeyError", left=False, times=1), True, True),
    ],
)
def test_doubt_stays_until_it_is_resolved(outcome: Outcome, before: bool, after: bool) -> None:
    assert settle(claimed(maybe_sent=before), outcome, NOW).maybe_sent is after


def test_the_id_of_what_was_sent_is_kept_and_the_trouble_before_it_forgotten() -> None:
    sent = settle(claimed(why="timeout"), FoundAt(message_id=105), NOW)
    assert (sent.message_id, sent.why) == (105, "")


@pytest.mark.parametrize(
    ("attempts", "pause"), [(0, 1), (1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (10_000, 300)]
)
def test_backoff(attempts: int, pause: float) -> None:
    assert backoff(attempts) == timedelta(seconds=pause)


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (errors.RetryLater(timedelta(seconds=5)), RetryAfter(after=timedelta(seconds=5))),
        (errors.Unsure("timeout"), Doubtful(why="timeout")),
        (errors.NotSent("refused"), NotDelivered(why="refused")),
        (errors.ChatMigrated(-5), NotDelivered(why="the chat moved to -5")),
        (errors.ChatGone("kicked"), Gone(why="kicked")),
        (errors.TopicGone("closed"), TopicGone(why="closed")),
        (errors.MessageRefused("too long"), Refused(why="too long")),
        (errors.ButtonsRefused("bad data"), Refused(why="bad data")),
        (errors.TokenRefused("401"), TokenBad(why="401")),
        (errors.NotOurs("can't be edited"), Vanished()),
    ],
)
def test_what_an_error_means(trouble: SendError, outcome: Outcome) -> None:
    assert outcome_of(trouble) == outcome


@pytest.mark.parametrize(
    ("kind", "attempts", "repeats"),
    [
        (DeliveryKind.ALERT, 2, True),
        (DeliveryKind.NOTICE, 2, True),
        (DeliveryKind.DIGEST, 2, False),
        (DeliveryKind.DIGEST, 3, True),
    ],
)
def test_only_a_digest_waits_before_it_is_repeated(kind: DeliveryKind, attempts: int, repeats: bool) -> None:
    assert repeats_marked(a_delivery(kind=kind, attempts=attempts)) is repeats


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        *[("7", True), ("-9", True), ("-100123", True), ("-999999999999", True)],
        *[("-1000000000000", False), ("-1001234567890", False), ("@channel", False)],
        *[("https://hook.example/7", False), ("console", False), ("", False)],
    ],
)
def test_whose_messages_are_numbered_in_one_row(address: str, shared: bool) -> None:
    assert shares_sequence(address) is shared


@pytest.mark.parametrize(
    ("doubts", "harmless", "becomes"),
    [
        (1, False, (1, Unproved())),
        (3, False, (3, Unproved())),
        (4, False, (5, Unproved(rest=True))),
        (5, False, (5, Unproved())),
        (6, False, (6, Gone(why="sent 5 times without an answer that can be trusted: no answer"))),
        (99, True, (99, Unproved())),
    ],
    ids=["once", "three times", "rests an hour", "once more", "parked", "repeats do no harm"],
)
def test_what_becomes_of_doubt_where_nothing_can_be_looked_for(
    doubts: int, harmless: bool, becomes: tuple[int, Outcome]
) -> None:
    delivery, outcome = unseen(a_delivery(doubts=doubts, why="no answer"), harmless=harmless)
    assert (delivery.doubts, outcome) == becomes


@pytest.mark.parametrize(
    ("attempts", "why", "outcome"),
    [
        (1, "TEXT_STRANGE", Gone(why="TEXT_STRANGE")),
        (2, "no connection", Gone(why="TEXT_STRANGE")),
        (2, "TEXT_STRANGE", RefusedAgain(why="TEXT_STRANGE")),
    ],
    ids=["parked with the chat, never tried", "tried for another reason", "refused like this before"],
)
def test_whose_fault_a_refusal_in_unknown_words_is(attempts: int, why: str, outcome: Outcome) -> None:
    assert refused_bare(a_delivery(attempts=attempts, why=why), "TEXT_STRANGE") == outcome


@pytest.mark.parametrize(
    ("fruitless", "minutes"), [(0, 0), (2, 0), (3, 1), (4, 2), (8, 32), (9, 60), (10_000, 60)]
)
def test_what_comes_to_nothing_rests_longer_each_time(fruitless: int, minutes: int) -> None:
    assert patience(fruitless) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("outcome", "doubts"),
    [(ProvedAbsent(), MOST_FRUITLESS), (RefusedAgain(why="TEXT_STRANGE"), MOST_FRUITLESS - 1)],
)
def test_what_came_to_nothing_a_dozen_times_is_given_up(outcome: Outcome, doubts: int) -> None:
    assert settle(claimed(doubts=doubts - 1), outcome, NOW).state is S.WAITING
    settled = settle(claimed(doubts=doubts, why="HTTP 500"), outcome, NOW)
    assert (settled.state, settled.why) == (S.DEAD, "sent 12 times for nothing: HTTP 500")


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("outcome", "changes", "held"),
    [
        (RetryAfter(after=40 * SECOND), {}, 40 * SECOND),
        (NotDelivered(why="no route"), {}, 4 * SECOND),
        (Doubtful(why="timeout"), {"last_known_id": 7}, DOUBT_WAIT),
        (Doubtful(why="timeout"), {}, None),
        (Doubtful(why="timeout"), {"last_known_id": 7, "kind": DeliveryKind.EDIT}, None),
        (Tripped(why="KeyError", left=True, times=1), {"last_known_id": 7}, DOUBT_WAIT),
        (Tripped(why="KeyError", left=True, times=MOST_TRIPS), {"last_known_id": 7}, None),
        (ProvedAbsent(wait=DOUBT_WAIT), {}, DOUBT_WAIT),
        (ProvedAbsent(wait=DOUBT_WAIT), {"doubts": 9}, DOUBT_WAIT),
        (ProvedAbsent(), {"doubts": 9}, None),
        (RefusedAgain(why="TEXT_STRANGE"), {"doubts": 9}, None),
        (TokenBad(why="401"), {}, None),
        (Accepted(message_id=9), {}, None),
    ],
)
def test_what_its_chat_waits_for(
    outcome: Outcome, changes: dict[str, object], held: timedelta | None
) -> None:
    settled = settle(claimed(**changes), outcome, NOW)
    assert held_until(settled, outcome, NOW) == (held and NOW + held)


def test_a_wait_says_since_when() -> None:
    assert settle(claimed(), NotDelivered(why="no route"), NOW).waits_since == NOW
    assert settle(claimed(waits_since=NOW), Accepted(message_id=1), NOW).waits_since is None


def test_what_was_proved_absent_is_known_as_such_and_doubted_no_more() -> None:
    settled = settle(claimed(maybe_sent=True, doubts=2), ProvedAbsent(), NOW)
    assert (settled.proved_absent, settled.maybe_sent, settled.doubts) == (True, False, 2)
