"""When digests are due, and when what is open had better be told in one."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.core.messages import Delivery
from monitor.core.model import Priority
from monitor.core.settings import DigestPlan, Every

_UNPLANNED = DigestPlan(every=Every.DAILY, at=time(8))  # what a chat without a digest spills into

# An alert that could not be sent for this long is no news any more: it is told with its fellows.
LATE = timedelta(minutes=30)
# A group takes 20 messages a minute: this many would keep it ringing for two minutes.
FLOOD = 40
LEAST_FOLDED = 3  # fewer are told one by one
# Alerts a digest holds: with the caps of their parts so many always fit into one message.
MOST_IN_A_DIGEST = 15
DIGEST, CATCH_UP = "digest", "catch-up"  # what the keys of the two kinds begin with


def next_digest(plan: DigestPlan | None, zone: ZoneInfo, now: datetime) -> datetime:
    """When the next digest after `now` is due, in UTC.

    A daily one comes once on every day of the zone's calendar: where the clock skips its time (spring) it
    comes at the instant that time would have been, where the clock shows it twice (autumn) at the first.
    """
    plan = plan or _UNPLANNED
    if plan.every is Every.HOURLY:
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return hour + timedelta(hours=1)
    day = now.astimezone(zone).date()
    at = datetime.combine(day, plan.at, tzinfo=zone).astimezone(UTC)
    if at > now:
        return at
    return datetime.combine(day + timedelta(days=1), plan.at, tzinfo=zone).astimezone(UTC)


def midnight(zone: ZoneInfo, now: datetime) -> datetime:
    """When the zone's present day began, in UTC."""
    return datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone).astimezone(UTC)


def late(waiting: Sequence[Delivery], now: datetime) -> tuple[Delivery, ...]:
    """Which open alerts are no news any more."""
    return tuple(one for one in waiting if now - one.queued_at >= LATE)


def catch_up(waiting: Sequence[Delivery], now: datetime) -> tuple[Delivery, ...]:
    """Which open alerts of one chat belong into a new catch-up digest; empty when none do.

    They do when several are late (the service or Telegram was away), or when there are too many to be told
    one by one. Breaking ones that are not late keep a message of their own.
    """
    several = late(waiting, now)
    if len(several) >= LEAST_FOLDED:
        return several
    if len(waiting) >= FLOOD:
        return tuple(one for one in waiting if not _breaking(one))
    return ()


def _breaking(delivery: Delivery) -> bool:
    return delivery.alert is not None and delivery.alert.verdict.priority is Priority.BREAKING
