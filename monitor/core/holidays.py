"""Days on which nobody expects news: weekends, and the public holidays of mainland China or of the West.

The rules are those of the State Council (全国年节及纪念日放假办法, changed in November 2024), the lunar
festivals those of the Chinese calendar. Which days around a festival are worked in return is announced each
autumn and left out: it makes a day too few or too many count. After `LAST_YEAR` the lunar festivals are not
known, and this table needs more lines. Elsewhere the days between Christmas and New Year count as rest, and
the holidays of the United States around which its press falls silent.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from monitor.core.model import Source

# By year: first day of the Spring Festival, Qingming, Dragon Boat, Mid-Autumn.
_LUNAR = (
    (date(2024, 2, 10), date(2024, 4, 4), date(2024, 6, 10), date(2024, 9, 17)),
    (date(2025, 1, 29), date(2025, 4, 4), date(2025, 5, 31), date(2025, 10, 6)),
    (date(2026, 2, 17), date(2026, 4, 5), date(2026, 6, 19), date(2026, 9, 25)),
    (date(2027, 2, 6), date(2027, 4, 5), date(2027, 6, 9), date(2027, 9, 15)),
    (date(2028, 1, 26), date(2028, 4, 4), date(2028, 5, 28), date(2028, 10, 3)),
    (date(2029, 2, 13), date(2029, 4, 4), date(2029, 6, 16), date(2029, 9, 22)),
    (date(2030, 2, 3), date(2030, 4, 5), date(2030, 6, 5), date(2030, 9, 12)),
)
LAST_YEAR = _LUNAR[-1][0].year
_FIXED = ((1, 1, 1), (5, 1, 5), (10, 1, 7))  # month, day, days: New Year, Labour Day, National Day
_CHRISTMAS, _NEW_YEAR = (12, 24), (1, 2)  # the first day and the last of the rest between the years
_MONDAY, _THURSDAY = 0, 3
_EVE = timedelta(days=1)
_SPRING = 8  # days, from the eve on
_CHINESE = ("CN", "HK", "MO")
_CHINESE_ZONES = ("Asia/Shanghai", "Asia/Chongqing", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "PRC")
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=1_000)  # counted day by day; what lies before counts whole


def keeps_chinese_holidays(source: Source) -> bool:
    """Whether the publisher rests when China does: by its region, else by its time zone."""
    return source.region.upper() in _CHINESE if source.region else source.timezone.key in _CHINESE_ZONES


def rests(day: date, *, chinese: bool) -> bool:
    """Whether a day is a weekend or a holiday: of China, or of those who do not keep China's."""
    return day.weekday() >= 5 or day in (_holidays if chinese else _western_holidays)(day.year)


def working_time(start: datetime, end: datetime, *, zone: ZoneInfo, chinese: bool) -> timedelta:
    """How much of a span falls on days of work, by the calendar of `zone`; none when it ends too early."""
    if end <= start:
        return timedelta()
    counted_from = max(start, end - _LONGEST)
    total = counted_from - start
    for day in _days(counted_from.astimezone(zone).date(), end.astimezone(zone).date()):
        if not rests(day, chinese=chinese):
            total += _overlap(day, counted_from, end, zone)
    return total


def working_days(earlier: date, later: date, *, chinese: bool) -> int:
    """How many days of work lie between two days, the later one included."""
    return sum(not rests(day, chinese=chinese) for day in _days(earlier + _DAY, later))


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _overlap(day: date, start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    ends = datetime.combine(day + _DAY, time(), zone).astimezone(UTC)
    return min(end, ends) - max(start, begins)


@cache
def _holidays(year: int) -> frozenset[date]:
    days = {
        date(year, month, day) + timedelta(days=more)
        for month, day, length in _FIXED
        for more in range(length)
    }
    for spring, *single in _LUNAR:
        if spring.year == year:
            days.update(spring - _EVE + timedelta(days=more) for more in range(_SPRING))
            days.update(single)
    return frozenset(days)


@cache
def _western_holidays(year: int) -> frozenset[date]:
    new_year = _days(date(year, 1, 1), date(year, *_NEW_YEAR))
    christmas = _days(date(year, *_CHRISTMAS), date(year, 12, 31))
    thanksgiving = _first(_THURSDAY, date(year, 11, 1)) + timedelta(weeks=3)
    return frozenset(
        (
            *new_year,
            *christmas,
            _observed(date(year, 7, 4)),
            _first(_MONDAY, date(year, 9, 1)),
            thanksgiving,
            thanksgiving + _DAY,
        )
    )


def _first(weekday: int, day: date) -> date:
    """The first such day of the week from this day on."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _observed(day: date) -> date:
    """The weekday on which a holiday is kept: of a Saturday the day before, of a Sunday the day after."""
    return day - _DAY if day.weekday() == 5 else day + _DAY if day.weekday() == 6 else day
