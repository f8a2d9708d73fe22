"""Dates as feeds and pages write them, in English, Chinese and a few European languages; none is invented."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = timedelta(days=2)  # beyond `now`; a date further ahead is an error or an announcement
LONGEST = 200  # characters looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A moment as published; `day_only` says no clock time was given and `at` is that day's midnight."""

    at: datetime
    day_only: bool = False


def parse_date(text: str, *, zone: ZoneInfo, now: datetime) -> Dated | None:
    """Read the date in a short text; None when there is none or it lies outside 1990 … now + 2 days.

    `zone` is meant where the text names none, and by `CST` where that zone keeps Chinese time.
    """
    plain = _in_standard_form(text)
    if plain is None:
        text = _fold(text)
        plain = _in_standard_form(text)
    if plain is not None:
        return Dated(at=plain) if EARLIEST <= plain <= now + LATEST else None
    for read in _READERS:
        try:
            dated = read(text, zone, now)
        except (ValueError, OverflowError):  # the 31st of February, hour 25, year 0
            return None
        if dated is not None:
            return dated if EARLIEST <= dated.at <= now + LATEST else None
    return None


def _fold(text: str) -> str:
    text = text[:LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


# ── what most feeds send; the readers below give the same, more slowly ──

_RFC_822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) "
    r"((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d) (?:GMT|UTC|([+-][01]\d)([0-5]\d))",
    re.ASCII,
)
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.\d+)?(Z|[+-][01]\d:[0-5]\d)", re.ASCII
)
_SHORT_MONTHS = {
    "Jan": "01", "Feb": "02", "Mar": "03", "Apr": "04", "May": "05", "Jun": "06",
    "Jul": "07", "Aug": "08", "Sep": "09", "Oct": "10", "Nov": "11", "Dec": "12",
}  # fmt: skip


def _in_standard_form(text: str) -> datetime | None:
    """The moment of a date that is exactly RFC 822 or RFC 3339, with its zone; None for all other texts."""
    iso = _iso(text)
    if not iso:
        return None
    try:
        at = datetime.fromisoformat(iso)
        return at if at.tzinfo is UTC else at.astimezone(UTC)
    except (ValueError, OverflowError):  # the 31st of February
        return None


def _iso(text: str) -> str:
    """Such a date the way Python's own reader in C takes it, several times faster than number by number."""
    if text[4:5] == "-":
        match = _RFC_3339.fullmatch(text)
        return match[1] + match[2] if match else ""
    match = _RFC_822.fullmatch(text)
    if match is None:
        return ""
    day, month, year, clock, hours, minutes = match.groups()
    if month not in _SHORT_MONTHS:
        return ""
    return f"{year}-{_SHORT_MONTHS[month]}-{day:0>2}T{clock}{hours or '+00'}:{minutes or '00'}"


# ── clocks and zones ──

_CLOCK = re.compile(
    r"(?<![\d+:.])(?P<half>上午|下午|晚上|晚间|傍晚|凌晨|清晨|早上|早晨|中午)?\s*"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?!\d)(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"|\.(?P<minute3>[0-5]\d)(?=\s?(?:[AaPp]\.?[Mm]\b|[A-Z]{2,4}\b|$))|(?=\s?[AaPp]\.?[Mm]\b)"
    r"|[时点](?:(?P<minute2>\d{1,2})分(?:(?P<second2>\d{1,2})秒)?)?)"
    r"\s*(?P<ampm>[AaPp]\.?[Mm]\b\.?)?\s*(?P<zone>.*)"
)
_BASIC_CLOCK = re.compile(r"T(\d{2})(\d{2})(\d{2})?(?:[.,]\d+)?(.*)")
_OFFSET = re.compile(r"(?:GMT|UTC|UT)?\s*([+-])(\d{1,2})(?::?(\d{2}))?(?!\d)")
_ZONE_NAME = re.compile(r"\(?([A-Za-z]{1,5})\b")
_ZONES = {
    "Z": 0.0, "UT": 0.0, "UTC": 0.0, "GMT": 0.0, "WET": 0.0, "BST": 1.0, "WEST": 1.0, "CET": 1.0, "MEZ": 1.0,
    "CEST": 2.0, "MESZ": 2.0, "EET": 2.0, "EEST": 3.0, "MSK": 3.0, "IST": 5.5, "HKT": 8.0, "SGT": 8.0,
    "BJT": 8.0, "AWST": 8.0, "JST": 9.0, "KST": 9.0, "AEST": 10.0, "AEDT": 11.0, "EST": -5.0, "EDT": -4.0,
    "CST": -6.0, "CDT": -5.0, "MST": -7.0, "MDT": -6.0, "PST": -8.0, "PDT": -7.0,
}  # fmt: skip
# Names that leave open whether the clocks are set to summer.
_REGIONS = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
}
_CHINA = timedelta(hours=8)
_AFTER_NOON = frozenset({"下午", "晚上", "晚间", "傍晚"})


def _with_clock(day: date, rest: str, zone: tzinfo) -> Dated:
    """The moment of `day` at the clock time and in the zone that `rest` gives, if any."""
    match = _CLOCK.search(rest)
    if match is None:
        return _at(day, time(), zone, day_only=True)
    hour = _hour(match)
    minute = int(match["minute"] or match["minute2"] or match["minute3"] or 0)
    second = min(int(match["second"] or match["second2"] or 0), 59)  # leap seconds
    return _moment(day, hour, minute, second, _zone(match["zone"], zone, day))


def _around(day: date, after: str, before: str, zone: tzinfo) -> Dated:
    """The moment by the clock time behind the day, or else before it ("9:30 a.m. ET on November 24")."""
    dated = _with_clock(day, after, zone)
    return dated if not dated.day_only else _with_clock(day, before, zone)


def _moment(day: date, hour: int, minute: int, second: int, zone: tzinfo) -> Dated:
    if hour == 24 and minute == second == 0:
        return _at(day + timedelta(days=1), time(), zone)
    return _at(day, time(hour, minute, second), zone)


def _at(day: date, clock: time, zone: tzinfo, *, day_only: bool = False) -> Dated:
    return Dated(at=datetime.combine(day, clock, zone).astimezone(UTC), day_only=day_only)


def _hour(match: re.Match[str]) -> int:
    hour = int(match["hour"])
    half = match["half"] or ""
    ampm = (match["ampm"] or "").lower()
    if hour < 12 and (half in _AFTER_NOON or ampm.startswith("p") or (half == "中午" and hour < 3)):
        return hour + 12
    if hour == 12 and (half == "凌晨" or ampm.startswith("a")):
        return 0
    return hour


def _zone(text: str, default: tzinfo, day: date) -> tzinfo:
    offset = _OFFSET.match(text)
    if offset is not None:
        sign = -1 if offset[1] == "-" else 1
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(sign * ahead)
    named = _ZONE_NAME.match(text)
    if named is None:
        return default
    name = named[1].upper()
    if name == "CST" and datetime.combine(day, time(), default).utcoffset() == _CHINA:
        return default  # China Standard Time; libraries read US Central, fourteen hours off
    if name in _REGIONS:
        return ZoneInfo(_REGIONS[name])
    if name not in _ZONES:
        return default
    return timezone(timedelta(hours=_ZONES[name]))


# ── forms that are nothing but digits ──

_EPOCH = re.compile(r"(\d{10}|\d{13})(?:\.\d+)?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(?:[.,]\d+)?\s*(.*))?")


def _digits(text: str, zone: tzinfo, _now: datetime) -> Dated | None:
    epoch = _EPOCH.fullmatch(text)
    if epoch is not None:
        seconds = int(epoch[1]) / (1000 if len(epoch[1]) == 13 else 1)
        return Dated(at=datetime.fromtimestamp(seconds, UTC))
    compact = _COMPACT.fullmatch(text)
    if compact is None:
        return None
    day = date(int(compact[1]), int(compact[2]), int(compact[3]))
    if compact[4] is None:
        return _at(day, time(), zone, day_only=True)
    clock = (int(compact[4]), int(compact[5]), int(compact[6] or 0))
    return _moment(day, *clock, _zone(compact[7], zone, day))


# ── year, month, day ──

_YEAR_FIRST = re.compile(
    r"(?<![\d.])(?P<year>\d{4})(?: ?年 ?(?P<m1>\d{1,2}) ?月 ?(?P<d1>\d{1,2}) ?[日号]?"
    r"|(?P<sep>[-/.]) ?(?P<m2>\d{1,2})(?P=sep) ?(?P<d2>\d{1,2})(?!\d))(?P<rest>.*)"
)
_DASH_BEFORE_CLOCK = re.compile(r"-(?=\d{2}:\d{2}:\d{2})")
_HANZI_DATE = re.compile(
    r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
)
_HANZI = {char: value for value, char in enumerate("零一二三四五六七八九十")} | {"〇": 0, "○": 0, "两": 2}


def _year_first(text: str, zone: tzinfo, _now: datetime) -> Dated | None:
    match = _YEAR_FIRST.search(text)
    if match is None:
        return None
    day = date(int(match["year"]), int(match["m1"] or match["m2"]), int(match["d1"] or match["d2"]))
    rest = match["rest"]
    basic = _BASIC_CLOCK.match(rest)
    if basic is not None:
        return _moment(day, int(basic[1]), int(basic[2]), int(basic[3] or 0), _zone(basic[4], zone, day))
    return _around(day, _DASH_BEFORE_CLOCK.sub("", rest, count=1), text[: match.start()], zone)


def _hanzi_numerals(text: str, zone: tzinfo, _now: datetime) -> Dated | None:
    match = _HANZI_DATE.search(text)
    if match is None:
        return None
    year = int("".join(str(_HANZI[char]) for char in match[1]))
    return _at(date(year, _hanzi_number(match[2]), _hanzi_number(match[3])), time(), zone, day_only=True)


def _hanzi_number(text: str) -> int:
    tens, ten, units = text.rpartition("十")
    if not ten:
        return _HANZI[text]
    return 10 * (_HANZI[tens] if tens else 1) + (_HANZI[units] if units else 0)


# ── month and day, the year being understood ──

_MONTH_DAY = re.compile(r"(?<![\d年])(\d{1,2}) ?月 ?(\d{1,2}) ?[日号](.*)")
_DASHED_MONTH_DAY = re.compile(r"\[?(\d{2})[-/](\d{2})\]?(?: (\d{1,2}:\d{2}(?::\d{2})?))?")


def _without_year(text: str, zone: tzinfo, now: datetime) -> Dated | None:
    match = _MONTH_DAY.search(text) or _DASHED_MONTH_DAY.fullmatch(text)
    if match is None:
        return None
    day = _nearest(int(match[1]), int(match[2]), now.astimezone(zone).date())
    return _with_clock(day, match[3] or "", zone)


def _nearest(month: int, day: int, today: date) -> date:
    """The latest such day that is not beyond tomorrow; a news list looks back, not ahead."""
    for year in range(today.year + 1, today.year - 8, -1):
        try:
            candidate = date(year, month, day)
        except ValueError:  # the 29th of February
            continue
        if candidate <= today + timedelta(days=1):
            return candidate
    raise ValueError(f"no such day: {month}-{day}")


# ── names of months ──

_MONTH_NAMES = (
    "jan january janvier januar gennaio gen enero ene janeiro januari",
    "feb february fevrier fev februar febbraio febrero fevereiro februari",
    "mar march mars marz maerz mrz marzo marco maart",
    "apr april avril avr aprile abril abr",
    "may mai maggio mag mayo maio mei",
    "jun june juin juni giugno giu junio junho",
    "jul july juillet juil juli luglio lug julio julho",
    "aug august aout agosto ago augustus",
    "sep sept september septembre settembre set septiembre setembro",
    "oct october octobre okt oktober ottobre ott octubre outubro out",
    "nov november novembre noviembre novembro",
    "dec december decembre dez dezember dicembre dic diciembre dezembro",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_WORD = r"([^\W\d_]{3,10})\.?"
_DAY_MONTH_YEAR = re.compile(
    rf"(?<![\d:])(\d{{1,2}})(?:st|nd|rd|th|º)?\.?[ -](?:(?:de|of) )?{_WORD},?[ -](?:de )?"
    r"(\d{4}|\d{2})(?![\d:])(.*)"
)
_MONTH_DAY_YEAR = re.compile(
    rf"(?<!\w){_WORD} (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?:at )?(\d{{4}})(?![\d:])(.*)|"
    r" (\d{1,2}:\d{2}(?::\d{2})?)(?: ([A-Z]{2,5}))? (\d{4})$)"
)


def _month(word: str) -> int | None:
    plain = "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))
    return _MONTHS.get(plain)


def _day_month_year(text: str, zone: tzinfo, _now: datetime) -> Dated | None:
    for match in _DAY_MONTH_YEAR.finditer(text):
        month = _month(match[2])
        if month is not None:
            day = date(_full_year(match[3]), month, int(match[1]))
            return _around(day, match[4], text[: match.start()], zone)
    return None


def _month_day_year(text: str, zone: tzinfo, _now: datetime) -> Dated | None:
    for match in _MONTH_DAY_YEAR.finditer(text):
        month = _month(match[1])
        if month is None:
            continue
        if match[7]:  # asctime: Tue Nov 24 09:30:00 2026
            return _with_clock(
                date(int(match[7]), month, int(match[2])), f"{match[5]} {match[6] or ''}", zone
            )
        return _around(date(int(match[3]), month, int(match[2])), match[4], text[: match.start()], zone)
    return None


def _full_year(text: str) -> int:
    """RFC 2822 section 4.3: two digits below 50 are of this century."""
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 50 else 1900)


# ── relative forms ──

_AGO = re.compile(r"(\d{1,4}|[一二两三四五六七八九十半])\s*个?(秒钟?|分钟?|小时|钟头|天|周|星期)之?以?前")
_ENGLISH_AGO = re.compile(r"(\d{1,4}|an?) (second|sec|minute|min|hour|hr|day|week)s? ago", re.IGNORECASE)
_NAMED_DAY = re.compile(r"(今天|今日|昨天|昨日|前天|yesterday|today)(.*)", re.IGNORECASE)
_JUST_NOW = re.compile(r"刚刚|刚才|just now", re.IGNORECASE)
_SECONDS = {"秒": 1, "分": 60, "小": 3600, "钟": 3600, "天": 86400, "周": 604800, "星": 604800,
            "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}  # fmt: skip
_DAYS_BACK = {"今天": 0, "今日": 0, "today": 0, "昨天": 1, "昨日": 1, "yesterday": 1, "前天": 2}
_MAX_RELATIVE = 40  # characters; a longer text only mentions "yesterday"


def _relative(text: str, zone: tzinfo, now: datetime) -> Dated | None:
    if len(text) > _MAX_RELATIVE:
        return None
    if _JUST_NOW.search(text):
        return Dated(at=now.astimezone(UTC))
    ago = _AGO.search(text) or _ENGLISH_AGO.search(text)
    if ago is not None:
        return _ago(ago[1], ago[2][0].lower(), zone, now)
    named = _NAMED_DAY.search(text)
    if named is None:
        return None
    day = now.astimezone(zone).date() - timedelta(days=_DAYS_BACK[named[1].lower()])
    return _with_clock(day, named[2], zone)


def _ago(count: str, unit: str, zone: tzinfo, now: datetime) -> Dated:
    number = 0.5 if count == "半" else int(count) if count.isdecimal() else _HANZI.get(count, 1)
    seconds = _SECONDS[unit]
    at = now - timedelta(seconds=number * seconds)
    if seconds < 86400 or number < 1:
        return Dated(at=at.astimezone(UTC))
    return _at(at.astimezone(zone).date(), time(), zone, day_only=True)


# ── numbers in the order day, month, year ──

_DAY_FIRST = re.compile(r"(?<![\d.])(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)(.*)")


def _day_first(text: str, zone: tzinfo, _now: datetime) -> Dated | None:
    """Only where the order is beyond doubt: dotted (German, Russian), or one of the two above twelve."""
    match = _DAY_FIRST.search(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if match[2] == "." or first > 12 or first == second:
        return _with_clock(date(year, second, first), match[5], zone)
    if second > 12:
        return _with_clock(date(year, first, second), match[5], zone)
    return None


_Reader = Callable[[str, tzinfo, datetime], Dated | None]
_READERS: tuple[_Reader, ...] = (
    _digits,
    _year_first,
    _day_month_year,
    _month_day_year,
    _hanzi_numerals,
    _without_year,
    _relative,
    _day_first,
)
