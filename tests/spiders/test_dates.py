"""Dates as they are written; none is invented."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.dates import EARLIEST, parse_date

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue, 24 Nov 2026 09:30:00 GMT", "2026-11-24T09:30"),
        ("Tue, 24 Nov 2026 09:30:00 CST", "2026-11-24T01:30"),
        ("24 Nov 26 09:30 EST", "2026-11-24T14:30"),
        ("2026-11-24T09:30:00.123-05:00", "2026-11-24T14:30"),
        ("1764000000000", "2025-11-24T16:00"),
        ("2026年11月24日 09:30", "2026-11-24T01:30"),
        ("11月24日 09:30", "2026-11-24T01:30"),
        ("12月30日 09:30", "2025-12-30T01:30"),
        ("昨天 18:20", "2026-11-23T10:20"),
        ("3小时前", "2026-11-24T07:00"),
        ("２０２６年１１月２４日　下午３：０５", "2026-11-24T07:05"),
        ("mer, 16 nov 2022 00:38:15 +0100", "2022-11-15T23:38"),
        ("Sat, Dec 16 2023 02:02:33 PM", "2023-12-16T06:02"),
        ("Nov 24, 2026, 2:30 a.m. ET", "2026-11-24T07:30"),
        ("July 4, 2026 9 am PT", "2026-07-04T16:00"),
        ("1 July 2026 09.30 BST", "2026-07-01T08:30"),
        ("9:30 a.m. GMT on the 24th of November 2026", "2026-11-24T09:30"),
    ],
)
def test_a_moment(text: str, expected: str) -> None:
    dated = parse_date(text, zone=SHANGHAI, now=NOW)
    assert dated is not None
    assert not dated.day_only
    assert dated.at.strftime("%Y-%m-%dT%H:%M") == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24",
        "发布时间：2026-11-24",
        "2026/11/24",
        "November 24, 2026",
        "今天",
        "二〇二六年十一月二十四日",
    ],
)
def test_a_day_is_midnight_in_the_sources_zone(text: str) -> None:
    dated = parse_date(text, zone=SHANGHAI, now=NOW)
    assert dated is not None
    assert dated.day_only
    assert dated.at == datetime(2026, 11, 23, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "2026", "国发〔2021〕29号", "2026-02-31", "9999-01-01", "1970-01-01", "03/04/2026", "5" * 5000],
)
def test_no_date_is_invented(text: str) -> None:
    assert parse_date(text, zone=SHANGHAI, now=NOW) is None


_OFFSETS = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@given(
    st.datetimes(EARLIEST.replace(tzinfo=None), NOW.replace(tzinfo=None), timezones=st.just(UTC)), _OFFSETS
)
def test_what_the_standards_write_comes_back(moment: datetime, zone: timezone) -> None:
    """By the short way, and with words around it by the long way."""
    at = moment.replace(microsecond=0)
    local = at.astimezone(zone)
    for text in (format_datetime(local), format_datetime(at, usegmt=True), local.isoformat()):
        for written in (text, f"Published: {text}"):
            dated = parse_date(written, zone=SHANGHAI, now=NOW)
            assert dated is not None
            assert (dated.at, dated.day_only) == (at, False)


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 31 Feb 2026 09:30:00 GMT",
        "2026-02-31T09:30:00Z",
        "Tue, 24 Nov 1989 09:30:00 GMT",
        "2026-11-27T09:30:00Z",
    ],
)
def test_standard_forms_are_held_to_the_calendar_and_the_limits(text: str) -> None:
    assert parse_date(text, zone=SHANGHAI, now=NOW) is None
