"""Digests come when planned, once a day on every day, and take up what comes too late or too thick."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.core.digest import FLOOD, LATE, LEAST_FOLDED, catch_up, midnight, next_digest
from monitor.core.messages import Delivery
from monitor.core.model import Priority
from monitor.core.settings import DigestPlan, Every
from tests.builders import NOW, a_delivery, a_verdict, an_alert

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
AT_EIGHT = DigestPlan(every=Every.DAILY, at=time(8))
AT_HALF_PAST_TWO = DigestPlan(every=Every.DAILY, at=time(2, 30))


@pytest.mark.parametrize(
    ("plan", "zone", "now", "due"),
    [
        (DigestPlan(every=Every.HOURLY), SHANGHAI, "2026-11-24T08:59:59", "2026-11-24T09:00"),
        (DigestPlan(every=Every.HOURLY), SHANGHAI, "2026-11-24T09:00", "2026-11-24T10:00"),
        (AT_EIGHT, SHANGHAI, "2026-11-23T23:00", "2026-11-24T00:00"),
        (AT_EIGHT, SHANGHAI, "2026-11-24T00:00", "2026-11-25T00:00"),
        (None, SHANGHAI, "2026-11-24T00:00", "2026-11-25T00:00"),
        (AT_HALF_PAST_TWO, BERLIN, "2026-03-28T12:00", "2026-03-29T01:30"),
        (AT_HALF_PAST_TWO, BERLIN, "2026-03-29T01:30", "2026-03-30T00:30"),
        (AT_HALF_PAST_TWO, BERLIN, "2026-10-24T12:00", "2026-10-25T00:30"),
        (AT_HALF_PAST_TWO, BERLIN, "2026-10-25T00:30", "2026-10-26T01:30"),
    ],
    ids=[
        "at the full hour",
        "never at once again",
        "in the desk's zone",
        "tomorrow",
        "where no digest is planned",
        "a time the clock skips",
        "and once on that day",
        "a time the clock shows twice: the first",
        "and not the second",
    ],
)
def test_next_digest(plan: DigestPlan | None, zone: ZoneInfo, now: str, due: str) -> None:
    at = next_digest(plan, zone, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert at == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_daily_digest_comes_once_on_every_day_of_a_year() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    days = []
    while now.year == 2026:
        now = next_digest(AT_HALF_PAST_TWO, BERLIN, now)
        days.append(now.astimezone(BERLIN).date())
    assert len(days) == len(set(days)) == 366  # the last one is New Year's


def test_the_day_begins_at_the_desk() -> None:
    assert midnight(SHANGHAI, datetime(2026, 11, 24, 20, tzinfo=UTC)) == datetime(
        2026, 11, 24, 16, tzinfo=UTC
    )


def waiting(count: int, age: timedelta, priority: Priority = Priority.NORMAL) -> tuple[Delivery, ...]:
    alert = an_alert(verdict=a_verdict(priority=priority))
    return tuple(a_delivery(id=number, queued_at=NOW - age, alert=alert) for number in range(count))


@pytest.mark.parametrize(
    ("open_alerts", "folded"),
    [
        (waiting(LEAST_FOLDED - 1, LATE), 0),
        (waiting(LEAST_FOLDED, LATE), LEAST_FOLDED),
        (waiting(LEAST_FOLDED, LATE, Priority.BREAKING), LEAST_FOLDED),
        ((*waiting(LEAST_FOLDED, LATE), *waiting(5, timedelta(0))), LEAST_FOLDED),
        (waiting(FLOOD - 1, timedelta(0)), 0),
        (waiting(FLOOD, timedelta(0)), FLOOD),
        ((*waiting(FLOOD, timedelta(0)), *waiting(1, timedelta(0), Priority.BREAKING)), FLOOD),
    ],
    ids=[
        "two late ones come one by one",
        "late ones are told together",
        "late breaking ones, too",
        "fresh ones keep their own message",
        "many",
        "too many",
        "a breaking one among too many",
    ],
)
def test_catch_up(open_alerts: tuple[Delivery, ...], folded: int) -> None:
    assert len(catch_up(open_alerts, NOW)) == folded
