"""The list of articles on a page of which nothing is known: which of its repeated patterns it is."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.core.model import ListFields
from spiders.dates import parse_date
from spiders.listing import html_list, in_address
from spiders.raw import Raw, absolute
from spiders.tree import parse_html, select

MOST_PATTERNS = 6  # of the repeated ones of a page, the most promising, that are tried
FEWEST_ITEMS = 5  # of a list; less is a menu
MOST_REFINED = 3  # of them, that are tried with selectors of headline and date
MOST_ELEMENTS = 10_000  # of a page, in which dates are looked for
MOST_COUNTED = 40  # items; more do not make it more of a list
LEAST_SCORE = 0.1  # below it a pattern is a menu, not a list

_NAME = re.compile(r"-?[A-Za-z_][A-Za-z0-9_-]*")
_PASSING = re.compile(r"first|last|odd|even|active|current|cur|on", re.IGNORECASE)
_NUMBERED = re.compile(r"[0-9]{3}")
_HEADINGS = ("h2", "h3", "h4", "[class*=title]")
_LONGEST_DATE = 40  # characters of an element that holds nothing but a date
_NO_DATE = ("a", "li", "tr", "script", "style", "option")
_IN_ADDRESS = 0.8  # what a date counts that stands in the address alone
_LEVELS = 4  # from the link up to the element that repeats
_SHORTEST_TITLE, _LONGEST_TITLE = 12, 240  # in columns: a Chinese character takes two
_USUAL_TITLE = 24


def guess_list(page: str, *, url: str, zone: ZoneInfo, now: datetime) -> ListFields | None:
    """The repeated pattern of a page that looks most like a list of articles; None when there is none.

    That is: many links with titles of fair length, dates beside them.
    """
    root = parse_html(page) if "<" in page else None
    if root is None:
        return None
    judge = _Judge(page=page, url=url, zone=zone, now=now, dates=_date_elements(root, zone, now))
    patterns = {css: links for css, links in _patterns(root).items() if len(links) >= FEWEST_ITEMS}
    promising = sorted(patterns, key=lambda css: judge.promise(patterns[css]), reverse=True)
    tried = [ListFields(items=css) for css in promising[:MOST_PATTERNS]]
    good = dict.fromkeys(
        (*tried[:MOST_REFINED], *sorted(tried, key=judge.score, reverse=True)[:MOST_REFINED])
    )
    found = max((judge.refined(one, root) for one in good), key=judge.score, default=None)
    return found if found is not None and judge.score(found) >= LEAST_SCORE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """A link with a title of fair length, and the element around it that may be what repeats."""

    item: Any
    title: str
    href: str


def _patterns(root: Any) -> dict[str, list[_Link]]:
    """By selector: the elements that hold a link with a fair title."""
    found: dict[str, dict[Any, _Link]] = {}
    for anchor in root.iter("a"):
        title, href = _words(anchor), anchor.get("href", "")
        if not href or not _fair(title):
            continue
        for item in _upwards(anchor):
            for css in _selectors(item):
                found.setdefault(css, {}).setdefault(item, _Link(item=item, title=title, href=href))
    return {css: list(links.values()) for css, links in found.items()}


def _upwards(anchor: Any) -> Iterator[Any]:
    element = anchor
    for _ in range(_LEVELS):
        if element is None or element.tag in ("body", "html"):
            return
        yield element
        element = element.getparent()


def _selectors(item: Any) -> Iterator[str]:
    parent = item.getparent()
    if parent is None:
        return
    within = _path(parent)
    yield f"{within} > {item.tag}"
    if "." in (named := _css(item)):
        yield f"{within} > {named}"
        yield named


def _path(element: Any, depth: int = 3) -> str:
    """A selector of the frame: down from the nearest element with a name of its own."""
    name, parent = _css(element), element.getparent()
    if name != element.tag or parent is None or depth == 0:
        return name
    return f"{_path(parent, depth - 1)} > {name}"


def _css(element: Any) -> str:
    own = element.get("id", "").strip()
    if _NAME.fullmatch(own) and not _passes(own):
        return f"#{own}"
    names = [name for name in element.get("class", "").split() if _NAME.fullmatch(name)]
    lasting = next((name for name in names if not _passes(name)), "")
    return f"{element.tag}.{lasting}" if lasting else str(element.tag)


def _passes(name: str) -> bool:
    """Whether a name tells of one item or one moment, not of all the list's items."""
    return bool(_PASSING.fullmatch(name)) or ("-" not in name and bool(_NUMBERED.search(name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Says how much a pattern of one page looks like a list of articles."""

    page: str
    url: str
    zone: ZoneInfo
    now: datetime
    dates: frozenset[Any]  # the page's elements that hold nothing but a date
    _read: dict[ListFields, list[Raw]] = field(default_factory=dict)

    def promise(self, links: Sequence[_Link]) -> float:
        """A quick estimate of `score`."""
        seen = links[:MOST_COUNTED]
        dated = sum(self._dated_link(link) for link in seen) / len(seen)
        return _looks(len(links), dated, [link.title for link in seen]) * self._own([x.href for x in seen])

    def score(self, fields: ListFields) -> float:
        """Between 0 and 1: as many as forty items of this site, all with titles of fair length and dates."""
        raws = self.raws(fields)
        fair = [raw for raw in raws if _fair(raw.title)]
        if len(fair) < FEWEST_ITEMS:
            return 0.0
        dated = sum(self._dated_raw(raw) for raw in fair) / len(fair)
        looks = _looks(len(fair), dated, [raw.title for raw in fair])
        return looks * (len(fair) / len(raws)) ** 2 * self._own([raw.link for raw in fair])

    def refined(self, fields: ListFields, root: Any) -> ListFields:
        """The same with selectors of headline and date where they bring more than the plain link does."""
        plain = self.raws(fields)
        titled = next((one for one in _headed(fields, root) if _shortens(plain, self.raws(one))), fields)
        dates = self._date_selectors(root, titled.items)
        dated = [replace(titled, date=css) for css in dates]
        only_dated = [replace(one, items=f"{one.items}:has({one.date})") for one in dated]
        return max((titled, *dated, *only_dated), key=self.score)

    def raws(self, fields: ListFields) -> list[Raw]:
        """The items that lead somewhere else."""
        if fields not in self._read:
            here = self.url.partition("#")[0]
            raws, _ = html_list(self.page, fields)
            self._read[fields] = [raw for raw in raws if self._absolute(raw) not in ("", here)]
        return self._read[fields]

    def _absolute(self, raw: Raw) -> str:
        return absolute(raw.link, raw.base or self.url)

    def _dated_raw(self, raw: Raw) -> float:
        address = in_address(raw.link)
        if any(self._is_date(text) for text in raw.dates if text != address):
            return 1.0
        return _IN_ADDRESS if address else 0.0

    def _dated_link(self, link: _Link) -> float:
        """1 with a date in an element of its own or beside the link, less with one in the address only."""
        if any(element in self.dates for element in link.item.iter()):
            return 1.0
        beside = _words(link.item).replace(link.title, " ").strip()
        if len(beside) <= _LONGEST_DATE and self._is_date(beside):
            return 1.0
        return _IN_ADDRESS if in_address(link.href) else 0.0

    def _date_selectors(self, root: Any, items: str) -> list[str]:
        """Selectors of elements that hold nothing but a date, the two that most items have."""
        having: Counter[str] = Counter()
        for item in islice(select(root, items), MOST_COUNTED):
            having.update({_css(element) for element in item.iter() if element in self.dates})
        return [css for css, _ in having.most_common(2)]

    def _is_date(self, words: str) -> bool:
        return bool(words) and parse_date(words, zone=self.zone, now=self.now) is not None

    def _own(self, links: Sequence[str]) -> float:
        """Less for links to other hosts, which are friends and partners."""
        host = urlsplit(self.url).netloc
        own = sum(urlsplit(absolute(link, self.url)).netloc == host for link in links)
        return 0.3 + 0.7 * own / len(links)


def _date_elements(root: Any, zone: ZoneInfo, now: datetime) -> frozenset[Any]:
    """The elements that hold a date and nothing else."""
    small = (e for e in root.iter() if e.tag not in _NO_DATE and len(e) <= 2)
    texts = ((element, _words(element)) for element in islice(small, MOST_ELEMENTS))
    return frozenset(
        element
        for element, words in texts
        if 0 < len(words) <= _LONGEST_DATE and parse_date(words, zone=zone, now=now) is not None
    )


def _looks(number: int, dated: float, titles: Sequence[str]) -> float:
    length = sum(_columns(title) for title in titles) / len(titles)
    return min(number, MOST_COUNTED) / MOST_COUNTED * (0.1 + 0.9 * dated) * min(length / _USUAL_TITLE, 1)


def _headed(fields: ListFields, root: Any) -> Iterator[ListFields]:
    for heading in _HEADINGS:
        if next(select(root, f"{fields.items} {heading}"), None) is not None:
            yield replace(fields, title=heading)


def _shortens(plain: Sequence[Raw], headed: Sequence[Raw]) -> bool:
    """Whether every item keeps a title, and a shorter one: the link holds more than its headline."""
    full = {raw.link: raw.title for raw in plain}
    same = [raw for raw in headed if raw.link in full]
    return len(same) == len(full) and all(
        raw.title in full[raw.link] and len(raw.title) < len(full[raw.link]) for raw in same
    )


# ── words ──


def _words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _fair(title: str) -> bool:
    return _SHORTEST_TITLE <= _columns(title) <= _LONGEST_TITLE


def _columns(text: str) -> int:
    return sum(2 if letter > "\u2e80" else 1 for letter in text)
