"""What waits for a digest, what held back messages become, and what no storm is made of."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.digests import Digester
from monitor.core.messages import DeliveryState
from monitor.core.model import Priority, Reason
from monitor.core.settings import AlertPolicy, Chat, DigestPlan, Every, QuietHours
from tests.builders import a_chat, a_config
from tests.newsroom import Newsroom, outlet

REUTERS, CAIXIN = outlet("Reuters"), outlet("Caixin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=SHANGHAI).astimezone(UTC)
HOUR = timedelta(hours=1)
HEADLINES = (
    "China's central bank issues rules on digital yuan wallets",
    "China's cyberspace regulator issues rules on labelling AI-generated content",
    "China's market regulator fines food delivery platform over exclusive dealing",
    "China issues measures on security assessment of cross-border data transfers",
)

Open = Callable[..., Newsroom]


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Open]:
    rooms = []

    def open_room(*chats: Chat, **policy: object) -> Newsroom:
        room = Newsroom.opened(tmp_path, *chats, policy=AlertPolicy(timezone=SHANGHAI, **policy))  # type: ignore[arg-type]
        rooms.append(room)
        return room

    yield open_room
    for room in rooms:
        room.store.close()


def delivered(room: Newsroom, at: datetime) -> list[str]:
    """What the chats read at this time, digests made first as the service does."""
    Digester(room.store, config=lambda: a_config(chats=room.chats)).fold_due(at)
    return room.deliver(at)


def urgent_first(**changes: object) -> Chat:
    plan = DigestPlan(every=Every.DAILY, at=time(8))
    values: dict[str, Any] = {"instant": Priority.BREAKING, "digest": plan}
    return a_chat(**values | changes)


def test_the_less_urgent_wait_for_the_morning_and_come_together(newsroom: Open) -> None:
    room = newsroom(urgent_first())
    for title in HEADLINES[1:3]:
        assert room.report(REUTERS, title, NOON).decision.reason is Reason.DIGEST
    assert delivered(room, NOON + 19 * HOUR) == []
    (digest,) = delivered(room, NOON + 20 * HOUR)
    assert digest.startswith("Digest: 2 alerts\n\n• China")
    assert all(f"• {title}" in digest for title in HEADLINES[1:3])
    assert delivered(room, NOON + 44 * HOUR) == []


def test_a_digest_of_one_is_that_alert(newsroom: Open) -> None:
    room = newsroom(urgent_first())
    room.report(REUTERS, HEADLINES[1], NOON)
    (alert,) = delivered(room, NOON + 20 * HOUR)
    assert alert.startswith(HEADLINES[1])


def test_quiet_hours_end_in_one_message(newsroom: Open) -> None:
    room = newsroom(a_chat(), quiet=QuietHours(start=time(11), end=time(14)))
    for title in HEADLINES[1:]:
        assert room.report(REUTERS, title, NOON).decision.reason is Reason.QUIET_HOURS
    assert delivered(room, NOON + HOUR) == []
    (digest,) = delivered(room, NOON + 2 * HOUR)
    assert digest.startswith("Digest: 3 alerts")


def test_what_comes_above_the_daily_cap_spills_into_the_digest(newsroom: Open) -> None:
    room = newsroom(a_chat(daily_cap=2))
    reasons = [room.report(REUTERS, title, NOON).decision.reason for title in HEADLINES[1:]]
    assert reasons == [Reason.NEW_STORY, Reason.NEW_STORY, Reason.DAILY_CAP]
    assert len(delivered(room, NOON)) == 2
    next_day = NOON + 13 * HOUR  # one in the morning: a new day, a new cap
    title = "China's internet watchdog launches campaign against online fraud"
    assert room.report(REUTERS, title, next_day).decision.reason is Reason.NEW_STORY


def test_what_could_not_be_sent_in_time_is_told_together(newsroom: Open) -> None:
    room = newsroom(a_chat())
    for title in HEADLINES:
        room.report(REUTERS, title, NOON)
    room.store.hold_chat(room.chats[0].name, NOON + HOUR, NOON)  # Telegram was away
    fresh = "China's internet watchdog launches campaign against online fraud"
    room.report(REUTERS, fresh, NOON + HOUR)
    messages = delivered(room, NOON + HOUR)
    assert len(messages) == 2
    assert any(message.startswith("Catch-up digest: 4 alerts\n\n") for message in messages)
    assert any(message.startswith(fresh) for message in messages)


def test_an_outage_ends_in_full_digests_however_its_alerts_came(newsroom: Open) -> None:
    room = newsroom(a_chat())
    digester = Digester(room.store, config=lambda: a_config(chats=room.chats))
    back = NOON + 11 * HOUR
    room.store.hold_chat(room.chats[0].name, back, NOON)
    for number in range(40):
        at = NOON + number * timedelta(minutes=15)
        room.report(outlet(f"Outlet {number}"), f"{HEADLINES[number % 4]}, batch {number} of {number}", at)
        digester.fold_due(at)
    told = delivered(room, back)
    assert [message.partition("\n")[0] for message in told] == [
        "Catch-up digest: 15 alerts",
        "Catch-up digest: 15 alerts",
        "Catch-up digest: 10 alerts",
    ]
    assert [message.count("• ") for message in told] == [15, 15, 10]


def test_late_ones_and_twos_join_the_digest_that_waits_in_their_order(newsroom: Open) -> None:
    room = newsroom(a_chat())
    digester = Digester(room.store, config=lambda: a_config(chats=room.chats))
    back = NOON + 6 * HOUR
    room.store.hold_chat(room.chats[0].name, back, NOON)
    for number in range(20):
        title = f"{HEADLINES[number % 4]}, batch {number} of {number}"
        room.report(outlet(f"Outlet {number}"), title, NOON + number * timedelta(minutes=1))
    for minutes in (29, 32, 33, 34, 60, 200):
        digester.fold_due(NOON + minutes * timedelta(minutes=1))
    fresh = "China's internet watchdog launches campaign against online fraud"
    room.report(REUTERS, fresh, back - timedelta(minutes=31))
    first, second = delivered(room, back)
    assert first.startswith("Catch-up digest: 15 alerts\n")
    assert second.startswith("Catch-up digest: 6 alerts\n")
    assert [f"batch {number} of" in first for number in range(20)] == [True] * 15 + [False] * 5
    assert fresh in second
    assert delivered(room, back + HOUR) == []


def test_what_is_late_at_once_is_told_in_full_digests_in_order(newsroom: Open) -> None:
    room = newsroom(a_chat())
    for number in range(20):
        title = f"{HEADLINES[number % 4]}, batch {number} of {number}"
        room.report(outlet(f"Outlet {number}"), title, NOON + number * timedelta(minutes=1))
    first, second = delivered(room, NOON + 2 * HOUR)
    assert (first.count("• "), second.count("• ")) == (15, 5)
    assert [f"batch {number} of" in first for number in range(20)] == [True] * 15 + [False] * 5


def test_a_digest_that_is_too_long_becomes_two(newsroom: Open) -> None:
    room = newsroom(a_chat(), quiet=QuietHours(start=time(11), end=time(14)))
    for number in range(1, 18):
        title = f"China's cyberspace regulator publishes batch {number} of algorithm filings"
        room.report(outlet(f"Outlet {number}"), title, NOON)
    told = delivered(room, NOON + 2 * HOUR)
    assert [message.partition("\n")[0] for message in told] == [
        "Digest: 17 alerts (1/2)",
        "Digest: 17 alerts (2/2)",
    ]
    assert [message.count("• ") for message in told] == [8, 9]


def test_what_was_gathered_for_a_chat_that_is_gone_is_left_to_the_courier(newsroom: Open) -> None:
    room = newsroom(urgent_first())
    room.report(REUTERS, HEADLINES[1], NOON)
    without = Digester(room.store, config=lambda: a_config(chats=(a_chat("other"),)))
    assert without.fold_due(NOON) == 1
    assert without.fold_due(NOON) == 0
    assert room.store.counts()[DeliveryState.QUEUED] == 1


def test_a_clock_that_was_set_back_does_not_silence_what_is_owed(newsroom: Open) -> None:
    room = newsroom(a_chat())
    room.report(REUTERS, HEADLINES[1], NOON)
    (alert,) = delivered(room, NOON - 24 * HOUR)
    assert alert.startswith(HEADLINES[1])
