"""When a source counts as broken: transport, parsing and freshness, judged apart, rest days forgiven."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.health import (
    UNKNOWN_SILENCE,
    Aspect,
    Condition,
    allowed_silence,
    aspect_of,
    is_fresh,
    judge_health,
    remembered,
    rhythm_in_words,
    rhythm_of,
    silence_in_words,
    usual_gap,
)
from monitor.core.holidays import keeps_chinese_holidays, rests, working_days, working_time
from monitor.core.model import Source
from monitor.core.polling import Cause, SourceState
from tests.builders import NOW, a_source, a_state

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def polled(**changes: Any) -> SourceState:
    """Polled a minute ago, with an item of the day before; publishes daily."""
    values: dict[str, Any] = {
        "last_polled_at": NOW - timedelta(minutes=1),
        "last_ok_at": NOW - timedelta(minutes=1),
        "newest_item_at": NOW - DAY,
        "gap": DAY,
    }
    return a_state(**values | changes)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


# ── the judgement ──


@pytest.mark.parametrize(
    ("changes", "condition", "cause", "apart"),
    [
        ({}, Condition.WELL, None, (True, True, True)),
        ({"last_polled_at": None, "newest_item_at": None}, Condition.NEW, None, (None, None, None)),
        ({"failures": 1, "cause": Cause.DNS}, Condition.FAILING, Cause.DNS, (False, None, True)),
        ({"failures": 3, "cause": Cause.FORBIDDEN}, Condition.BROKEN, Cause.FORBIDDEN, (False, None, True)),
        ({"failures": 3, "cause": Cause.LAYOUT}, Condition.BROKEN, Cause.LAYOUT, (True, False, True)),
        ({"failures": 9}, Condition.BROKEN, None, (None, None, True)),
        ({"newest_item_at": ago(days=30)}, Condition.BROKEN, Cause.FROZEN, (True, True, False)),
        (
            {"newest_item_at": ago(days=30), "cause": Cause.NO_DATES},
            Condition.BROKEN,
            Cause.NO_DATES,
            (True, False, False),
        ),
        ({"newest_item_at": None}, Condition.WELL, None, (True, True, None)),
        (
            {"newest_item_at": None, "cause": Cause.NO_DATES},
            Condition.WELL,
            Cause.NO_DATES,
            (True, False, None),
        ),
        ({"cause": Cause.SERVER}, Condition.WELL, Cause.SERVER, (True, True, True)),
        (
            {"failures": 3, "cause": Cause.TIMEOUT, "newest_item_at": ago(days=30)},
            Condition.BROKEN,
            Cause.TIMEOUT,
            (False, None, False),
        ),
    ],
    ids=[
        "well", "not polled yet", "one failed poll", "three in a row", "reached but not read",
        "failed before causes were kept", "frozen", "dates no longer readable", "never had dates",
        "dates cannot be read", "one of several lists fails", "unreachable and silent",
    ],
)  # fmt: skip
def test_a_source_is_judged(
    changes: dict[str, Any],
    condition: Condition,
    cause: Cause | None,
    apart: tuple[bool | None, bool | None, bool | None],
) -> None:
    health = judge_health(polled(**changes), a_source(), NOW)
    assert (health.condition, health.cause) == (condition, cause)
    assert (health.transport, health.parse, health.fresh) == apart


def test_the_words_say_why() -> None:
    failed = polled(failures=4, cause=Cause.COOKIE_WALL, problem="wants a browser's cookies (412)")
    assert judge_health(failed, a_source(), NOW).words == "wants a browser's cookies (412)"
    frozen = judge_health(polled(newest_item_at=ago(days=28)), a_source(), NOW)
    assert frozen.words == "nothing new since 2026-10-27 (20 working days, usually every 1 days)"
    undated = polled(newest_item_at=ago(days=28), cause=Cause.NO_DATES)
    assert judge_health(undated, a_source(), NOW).words == "none of its items has a date that can be read"
    never_dated = polled(newest_item_at=None, cause=Cause.NO_DATES)
    assert judge_health(never_dated, a_source(), NOW).words == "none of its items has a date that can be read"


@pytest.mark.parametrize(
    ("cause", "aspect"),
    [
        (Cause.ROBOTS, Aspect.TRANSPORT),
        (Cause.PATIENCE, Aspect.TRANSPORT),
        (Cause.JS_SHELL, Aspect.PARSE),
        (Cause.NO_DATES, Aspect.PARSE),
        (Cause.FROZEN, Aspect.CONTENT),
    ],
)
def test_each_cause_spoils_one_aspect(cause: Cause, aspect: Aspect) -> None:
    assert aspect_of(cause) is aspect


# ── since when ──


def test_the_moment_it_broke_is_kept_until_it_is_well() -> None:
    source, later = a_source(), NOW + HOUR
    failing = remembered(polled(failures=2), source, NOW)
    assert failing.broken_since is None
    broken = remembered(polled(failures=3), source, NOW)
    assert broken.broken_since == NOW
    still = remembered(polled(failures=4, broken_since=NOW), source, later)
    assert still.broken_since == NOW
    tried_again = remembered(polled(failures=1, broken_since=NOW), source, later)
    assert tried_again.broken_since == NOW
    well = remembered(polled(broken_since=NOW), source, later)
    assert well.broken_since is None


# ── freshness ──


@pytest.mark.parametrize(
    ("newest", "gap", "declared", "fresh"),
    [
        (ago(hours=20), timedelta(minutes=5), None, True),
        (ago(hours=30), timedelta(minutes=5), None, False),
        (ago(days=3), DAY, None, True),
        (ago(days=8), DAY, None, False),
        (ago(days=8), DAY, timedelta(days=7), True),
        (ago(days=40), DAY, timedelta(days=7), False),
        (ago(days=9), None, None, True),
        (ago(days=12), None, None, False),
        (NOW + DAY, DAY, None, True),
    ],
    ids=[
        "a busy one may sleep a night", "but not longer", "a daily one may miss three days", "but not a week",
        "declared weekly", "declared weekly and silent for six weeks", "unknown rhythm",
        "unknown rhythm and silent for longer", "dated in the future",
    ],
)  # fmt: skip
def test_silence_is_measured_by_the_rhythm(
    newest: datetime, gap: timedelta | None, declared: timedelta | None, fresh: bool
) -> None:
    state, source = polled(newest_item_at=newest, gap=gap), a_source(rhythm=declared)
    assert is_fresh(state, source, NOW) is fresh


def test_without_any_date_nothing_is_said_of_freshness() -> None:
    state = polled(newest_item_at=None)
    assert is_fresh(state, a_source(), NOW) is None
    assert silence_in_words(state, a_source(), NOW) == ""


@pytest.mark.parametrize(
    ("newest", "now", "fresh"),
    [
        (datetime(2026, 11, 20, 16, tzinfo=SHANGHAI), datetime(2026, 11, 23, 9, tzinfo=SHANGHAI), True),
        (datetime(2026, 9, 30, 17, tzinfo=SHANGHAI), datetime(2026, 10, 8, 15, tzinfo=SHANGHAI), True),
        (datetime(2026, 2, 13, 17, tzinfo=SHANGHAI), datetime(2026, 2, 24, 15, tzinfo=SHANGHAI), True),
        (datetime(2026, 11, 16, 17, tzinfo=SHANGHAI), datetime(2026, 11, 18, 18, tzinfo=SHANGHAI), False),
        (datetime(2026, 12, 23, 17, tzinfo=SHANGHAI), datetime(2026, 12, 29, 9, tzinfo=SHANGHAI), False),
    ],
    ids=["a weekend", "National Day week", "Spring Festival", "two working days", "Christmas, not kept"],
)
def test_rest_days_do_not_alarm(newest: datetime, now: datetime, fresh: bool) -> None:
    busy = polled(newest_item_at=newest.astimezone(UTC), gap=HOUR)
    assert is_fresh(busy, a_source(region="CN", timezone=SHANGHAI), now.astimezone(UTC)) is fresh


@pytest.mark.parametrize(
    ("newest", "now", "fresh"),
    [
        (datetime(2026, 12, 23, 16, tzinfo=UTC), datetime(2027, 1, 4, 10, tzinfo=UTC), True),
        (datetime(2026, 11, 25, 22, tzinfo=UTC), datetime(2026, 11, 30, 20, tzinfo=UTC), True),
        (datetime(2026, 9, 4, 20, tzinfo=UTC), datetime(2026, 9, 8, 10, tzinfo=UTC), True),
        (datetime(2026, 7, 2, 20, tzinfo=UTC), datetime(2026, 7, 6, 15, tzinfo=UTC), True),
        (datetime(2026, 9, 30, 16, tzinfo=UTC), datetime(2026, 10, 2, 18, tzinfo=UTC), False),
    ],
    ids=["between the years", "Thanksgiving", "Labor Day", "Independence Day", "China's National Day"],
)
def test_rest_days_elsewhere_do_not_alarm(newest: datetime, now: datetime, fresh: bool) -> None:
    assert is_fresh(polled(newest_item_at=newest, gap=HOUR), a_source(region="US"), now) is fresh


# ── rhythm ──


def test_a_declared_rhythm_stands_above_the_learned_one() -> None:
    assert rhythm_of(polled(gap=DAY), a_source(rhythm=HOUR)) == HOUR
    assert rhythm_of(polled(gap=DAY), a_source()) == DAY
    assert rhythm_of(polled(gap=None), a_source()) is None
    assert allowed_silence(polled(gap=None), a_source()) == UNKNOWN_SILENCE


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (None, "not known yet"),
        (timedelta(minutes=2), "every 0.1 h"),
        (timedelta(hours=12.4), "every 12 h"),
        (timedelta(days=1.5), "every 1.5 days"),
    ],
)
def test_a_rhythm_in_words(gap: timedelta | None, words: str) -> None:
    assert rhythm_in_words(polled(gap=gap), a_source()) == words


def test_silence_of_an_unknown_rhythm_names_none() -> None:
    words = silence_in_words(polled(newest_item_at=ago(days=200), gap=None), a_source(), NOW)
    assert words == "nothing new since 2026-05-08 (140 working days)"


@pytest.mark.parametrize(
    ("dates", "gap"),
    [
        ([], None),
        ([ago(days=n) for n in range(2)], DAY),
        ([ago(minutes=n) for n in range(300)], None),
        ([ago(hours=n) for n in range(30)], DAY),
        ([ago(hours=n) for n in (0, 0, 0, 0, 0, 0)], None),
        ([ago(minutes=n, days=7 * w) for w in range(3) for n in range(60)], 5 * DAY),
        ([ago(days=2), ago(days=3)], DAY),
        ([ago(days=n, hours=h) for n in range(10) for h in range(5)], DAY),
        ([ago(days=7 * n) for n in range(8)], 5 * DAY),
        ([ago(days=n) for n in (0, 1, 4, 5, 6)], DAY),
    ],
    ids=[
        "no dates", "two days", "a busy morning, or a batch", "a busy day and a half", "one date for all",
        "a batch a week", "a weekend's two", "five a day", "weekly", "a weekend between",
    ],
)  # fmt: skip
def test_the_gap_is_learned_from_the_newest_items(dates: list[datetime], gap: timedelta | None) -> None:
    assert usual_gap(dates, a_source()) == gap


def test_old_items_do_not_count() -> None:
    daily = [ago(days=n) for n in range(30)]
    assert usual_gap([*daily, *(ago(days=100 * n) for n in range(1, 99))], a_source()) == DAY


# ── lists without dates ──


@pytest.mark.parametrize(
    ("taken", "declared", "fresh"),
    [
        (None, None, None),
        (ago(days=2), None, True),
        (ago(days=14), None, False),
        (ago(days=14), 7 * DAY, True),
    ],
    ids=["nothing was taken yet", "lately", "not for two weeks", "which is usual with it"],
)
def test_undated_lists_are_as_fresh_as_what_was_last_taken(
    taken: datetime | None, declared: timedelta | None, fresh: bool | None
) -> None:
    state = polled(newest_item_at=None, newest_taken_at=taken, gap=None, cause=Cause.NO_DATES)
    assert is_fresh(state, a_source(rhythm=declared), NOW) is fresh


def test_an_undated_list_that_stands_still_is_frozen() -> None:
    state = polled(newest_item_at=None, newest_taken_at=ago(days=28), gap=None, cause=Cause.NO_DATES)
    health = judge_health(state, a_source(), NOW)
    assert (health.condition, health.cause, health.parse) == (Condition.BROKEN, Cause.FROZEN, False)
    assert health.words == "nothing new since 2026-10-27 (20 working days)"


# ── the calendar ──


@pytest.mark.parametrize(
    ("day", "chinese", "rest"),
    [
        (date(2026, 11, 24), True, False),
        (date(2026, 11, 21), False, True),
        (date(2026, 10, 1), True, True),
        (date(2026, 10, 1), False, False),
        (date(2025, 1, 28), True, True),
        (date(2025, 2, 4), True, True),
        (date(2025, 2, 5), True, False),
        (date(2027, 4, 5), True, True),
        (date(2027, 6, 9), True, True),
        (date(2027, 9, 15), True, True),
        (date(2031, 5, 1), True, True),
        (date(2026, 12, 23), False, False),
        (date(2026, 12, 24), False, True),
        (date(2026, 12, 31), True, False),
        (date(2026, 1, 2), False, True),
        (date(2027, 11, 25), False, True),
        (date(2027, 11, 26), False, True),
        (date(2027, 11, 18), False, False),
        (date(2026, 7, 3), False, True),
        (date(2027, 7, 5), False, True),
        (date(2028, 7, 4), False, True),
        (date(2028, 7, 5), False, False),
        (date(2026, 9, 7), False, True),
        (date(2031, 1, 23), True, False),
    ],
    ids=[
        "a Tuesday", "a Saturday", "National Day", "National Day elsewhere", "eve of the Spring Festival",
        "its last day", "the day after", "Qingming", "Dragon Boat", "Mid-Autumn", "fixed dates go on",
        "before Christmas Eve", "Christmas Eve", "the last day of the year, in China", "after New Year",
        "Thanksgiving", "the day after it", "the Thursday before it", "the Fourth on a Saturday",
        "the Fourth on a Sunday", "the Fourth", "the day after the Fourth", "Labor Day",
        "the lunar ones are not known so far ahead",
    ],
)  # fmt: skip
def test_rest_days(day: date, chinese: bool, rest: bool) -> None:
    assert rests(day, chinese=chinese) is rest


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (NOW, NOW, 0),
        (NOW, NOW - DAY, 0),
        (NOW - 2 * HOUR, NOW, 2),
        (NOW - 7 * DAY, NOW, 120),
        (datetime(2026, 11, 21, 3, tzinfo=UTC), datetime(2026, 11, 22, 3, tzinfo=UTC), 0),
    ],
    ids=["nothing", "backwards", "within a day", "a week", "within a weekend"],
)
def test_working_time(start: datetime, end: datetime, hours: float) -> None:
    assert working_time(start, end, zone=ZoneInfo("UTC"), chinese=False) == hours * HOUR


def test_working_time_of_ages_past_is_not_counted_day_by_day() -> None:
    ages = working_time(datetime(1, 1, 2, tzinfo=UTC), NOW, zone=SHANGHAI, chinese=True)
    assert ages > 2000 * 365 * DAY


def test_working_days_count_the_later_day() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    assert working_days(friday, monday, chinese=True) == 1
    assert working_days(friday, friday, chinese=True) == 0


@pytest.mark.parametrize(
    ("source", "keeps"),
    [
        (a_source(region="CN"), True),
        (a_source(region="hk"), True),
        (a_source(region="INT", timezone=SHANGHAI), False),
        (a_source(timezone=SHANGHAI), True),
        (a_source(), False),
    ],
    ids=["China", "Hong Kong", "a foreign one that writes Beijing time", "by its zone", "elsewhere"],
)
def test_who_keeps_chinese_holidays(source: Source, keeps: bool) -> None:
    assert keeps_chinese_holidays(source) is keeps
