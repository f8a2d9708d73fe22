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
    RetryAfter,
    TokenBad,
    TopicGone,
    Tripped,
    Unproved,
    Vanished,
    backoff,
    outcome_of,
    repeated_enough,
    repeats_marked,
    settle,
    shares_sequence,
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
        (NotDelivered(why="no route"), timedelta(seconds=4)),
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


def test_three_repeats_are_enough() -> None:
    assert [repeated_enough(a_delivery(doubts=doubts)) for doubts in (0, 3, 4)] == [False, False, True]


def test_a_wait_says_since_when() -> None:
    assert settle(claimed(), NotDelivered(why="no route"), NOW).waits_since == NOW
    assert settle(claimed(waits_since=NOW), Accepted(message_id=1), NOW).waits_since is None


def test_what_was_proved_absent_is_known_as_such_and_doubted_no_more() -> None:
    settled = settle(claimed(maybe_sent=True, doubts=2), ProvedAbsent(), NOW)
    assert (settled.proved_absent, settled.maybe_sent, settled.doubts) == (True, False, 0)
