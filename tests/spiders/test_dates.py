"""Dates as they are written; none is invented."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from spiders.dates import parse_date

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
