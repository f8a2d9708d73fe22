"""What a report says in any language: document numbers, amounts, months and periods, numbers in a series."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.documents import documents_of, without_numbers
from monitor.core.lexicon import Lexicon, stem
from monitor.core.numerals import CHINESE_NUMBER, chinese_number, chinese_value
from monitor.core.text import keep_case, normalise

_READ = 1_000  # characters that are read; what is longer is no title and no lead
_SCALES = {
    "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12,
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6,
    "b": 1e9, "bn": 1e9, "bln": 1e9, "billion": 1e9, "t": 1e12, "tn": 1e12, "trillion": 1e12,
}  # fmt: skip
_WORDED_SCALES = {"万": 1e4, "亿": 1e8, "万亿": 1e12, "成": 10}  # a 成 is a tenth: ten percent
_SHARES = ("%", "个百分点", "percent", "per cent", "pct", "percentage point", "成")

_AMOUNT = re.compile(
    r"(?<![a-z\d.])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*-?"
    r"(万亿|千万|百万|[千万亿]|(?:thousand|million|billion|trillion|mln|bln|mn|bn|tn|[kmbt]))?(?![a-z\d])"
    r"\s*(%|个百分点|percent|per cent|pct|[\u4e00-\u9fff]{1,2}|[a-z]+)?"
)
_COUNTED = re.compile(rf"({CHINESE_NUMBER})(余|多)?(部门|[名家起批国款项条例省市倍届轮宗人辆])")

_WORDED = re.compile("([一二两三四五六七八九十][零〇一二两三四五六七八九十百千]*)(万亿|[万亿成])?")

_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTHS = {name: i for i, name in enumerate(_MONTH_NAMES, 1)} | {
    name[:3]: i for i, name in enumerate(_MONTH_NAMES, 1) if name != "may"
}
_ENGLISH_DAY = re.compile(
    rf"\b({'|'.join(_MONTHS)})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?! ?%)|"
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({'|'.join(_MONTHS)})\b"
)
# "may" and "march" are also verbs: only with a preposition before them.
_ENGLISH_MONTH = re.compile(
    r"\b(?:in|of|since|for|from|until|by|through|to|between|during) (?:early |late |mid-)?"
    rf"({'|'.join(_MONTHS)})\b"
)
_CHINESE_DAY = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])\s*月\s*(\d{1,2})\s*[日号]")
_CHINESE_MONTHS = re.compile(
    r"(?<!\d)(1[0-2]|0?[1-9])\s*月?\s*[-~至到]\s*(1[0-2]|0?[1-9])\s*月|"
    r"(?<!\d)(1[0-2]|0?[1-9])\s*月(?:份)?(?!\s*\d{1,2}\s*[日号])"
)
_PERIODS = (
    ("q1", re.compile(r"\bq1\b|first[- ]quarter|[一1]季度|首季")),
    ("q2", re.compile(r"\bq2\b|second[- ]quarter|[二2]季度")),
    ("q3", re.compile(r"\bq3\b|third[- ]quarter|(?<!前)[三3]季度")),
    ("q4", re.compile(r"\bq4\b|fourth[- ]quarter|[四4]季度")),
    ("h1", re.compile(r"\bh1\b|first[- ]half|上半年")),
    ("h2", re.compile(r"\bh2\b|second[- ]half|下半年")),
    ("9m", re.compile(r"first (?:nine|three quarters)|前三季度")),
)
_FIRST_MONTHS = re.compile(r"前([二两三四五六七八十]|十一)个?月|first (\w+) months")
_ENGLISH_NUMBERS = {
    word: value
    for value, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}

_EDITIONS = "round|batch|edition|session|meeting|summit|package|test|anniversary|expo|fair|forum|congress"
_PARTS = "week|round|batch|phase|episode|season|issue|volume|part|list|catalogue|catalog|tranche|bulletin"
_SERIES = re.compile(
    rf"第\s*(\d+|{CHINESE_NUMBER})\s*([期批次轮届号周集章款]|季度|年度)|(首)([批期轮届])(?!个)|"
    rf"\b(?:({_PARTS}) (?:no\.?|number|#)? ?(\d+|one|two|three|four|five|six|seven|eight|nine|ten)|"
    rf"(\d+)(?:st|nd|rd|th) (?:[\w-]+ ){{0,3}}({_EDITIONS})|"
    r"(first|second|third|fourth|fifth|sixth) (round|batch|phase))\b"
)
_ORDINALS = {word: i for i, word in enumerate(("first", "second", "third", "fourth", "fifth", "sixth"), 1)}
_SERIES_WORDS = {
    "轮": "round", "批": "batch", "届": "session", "周": "week", "期": "issue", "季度": "quarter",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The checkable statements of one text, spelt the same whatever the language."""

    documents: frozenset[str] = frozenset()  # the text's own: 银发[2021]237, ministry of commerce 公告[2026]1
    cited: frozenset[str] = frozenset()  # those it implements, repeals or explains
    unsigned: frozenset[str] = frozenset()  # numbers without an issuer: 公告[2026]1
    amounts: frozenset[str] = frozenset()  # the value in full and %, when a share: 120000000, 13.3%
    counted: frozenset[str] = frozenset()  # value, space, what is counted (a Chinese counter or English stem)
    days: frozenset[str] = frozenset()  # month-day: 03-14
    months: frozenset[int] = frozenset()  # named without a day
    periods: frozenset[str] = frozenset()  # q1 … q4, h1, h2, 9m, 1m … 12m for the first so many months
    series: frozenset[str] = frozenset()  # word, space, number: batch 3


def facts_of(text: str, lexicon: Lexicon, *, document_number: str = "") -> Facts:
    """Read the facts of a text. `document_number` is its own, known from elsewhere; "" if none."""
    text = text[:_READ]
    folded = normalise(text).text
    named = documents_of(folded, lexicon)
    known = documents_of(normalise(document_number[:_READ]).text, lexicon)
    own = named.own | known.own
    rest = without_numbers(folded)
    series = frozenset(_series(rest))
    days = frozenset(_days(rest))
    rest = _CHINESE_DAY.sub(" ", _ENGLISH_DAY.sub(" ", rest))
    months = frozenset(_months(rest)) | (frozenset({5}) if _names_may(text) else frozenset())
    periods = frozenset(_periods(rest))
    numbers = [
        (v, what) for v, what in _amounts(_CHINESE_MONTHS.sub(" ", _SERIES.sub(" ", rest))) if not _is_year(v)
    ]
    return Facts(
        documents=own,
        cited=named.cited - own,
        unsigned=named.unsigned | known.unsigned,
        amounts=frozenset(value for value, _ in numbers),
        counted=frozenset(f"{value} {what}" for value, what in numbers if what),
        days=days,
        months=months,
        periods=periods,
        series=series,
    )


def figures_of(text: str) -> frozenset[float]:
    """Every number of a text by its value, shares like any other: 1.2 billion and 12亿 are one figure."""
    folded = normalise(text).text
    values = {float(value.removesuffix("%")) for value, _ in _amounts(folded)}
    worded = {
        chinese_value(digits) * _WORDED_SCALES.get(scale, 1) for digits, scale in _WORDED.findall(folded)
    }
    return frozenset(values | worded)


def _is_year(value: str) -> bool:
    return len(value) == 4 and value[:2] in {"19", "20"}


def _amounts(folded: str) -> Iterator[tuple[str, str]]:
    """Each number as its full value ("%" after a share), with what is counted or ""."""
    for whole, part, scale, unit in _AMOUNT.findall(folded):
        value = float(whole.replace(",", "") + part) * _SCALES.get(scale, 1)
        if unit.startswith(_SHARES):
            yield f"{value:.6g}%", "%"
        else:
            yield f"{round(value, 2):.12g}", _counted_as(unit)
    for digits, _, what in _COUNTED.findall(folded):
        value = chinese_number(digits)
        if value > 1:
            yield str(value), what[0]


def _counted_as(unit: str) -> str:
    return unit[0] if unit and not unit.isascii() else stem(unit)


def _days(folded: str) -> Iterator[str]:
    for month, day in _CHINESE_DAY.findall(folded):
        yield f"{int(month):02}-{int(day):02}"
    for month, day, day_first, month_last in _ENGLISH_DAY.findall(folded):
        yield f"{_MONTHS[month or month_last]:02}-{int(day or day_first):02}"


def _months(folded: str) -> Iterator[int]:
    for start, end, single in _CHINESE_MONTHS.findall(folded):
        yield int(single or end)
        if start:
            yield int(start)
    yield from (_MONTHS[name] for name in _ENGLISH_MONTH.findall(folded))


def _names_may(text: str) -> bool:
    return re.search(r"\bMay(?: (?:data|figures|exports|imports|CPI|PPI))\b", keep_case(text)) is not None


def _periods(folded: str) -> Iterator[str]:
    yield from (name for name, pattern in _PERIODS if pattern.search(folded))
    for chinese, english in _FIRST_MONTHS.findall(folded):
        months = chinese_number(chinese) if chinese else _ENGLISH_NUMBERS.get(english, 0)
        if months:
            yield f"{months}m"


def _series(folded: str) -> Iterator[str]:
    for found in _SERIES.finditer(folded):
        number, word = _series_parts([part for part in found.groups() if part])
        yield f"{_SERIES_WORDS.get(word, word)} {number}"


def _series_parts(parts: list[str]) -> tuple[int, str]:
    """Number and word of a marker, whichever comes first."""
    one, other = parts
    return (_value(one), other) if _is_number(one) else (_value(other), one)


def _is_number(text: str) -> bool:
    return (
        text.isdecimal() or text == "首" or text in _ORDINALS or _CHINESE_DIGITS.fullmatch(text) is not None
    )


def _value(text: str) -> int:
    if text.isdecimal():
        return int(text)
    if text == "首":
        return 1
    return _ORDINALS.get(text) or _ENGLISH_NUMBERS.get(text) or chinese_number(text)


_CHINESE_DIGITS = re.compile(CHINESE_NUMBER)
