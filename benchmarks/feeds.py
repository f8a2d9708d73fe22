"""Feeds, ours and the libraries' readings of the saved ones: items, titles and dates right, feeds a second.

python -m benchmarks.feeds            one table, one run; `time` is in units of ours
python -m benchmarks.feeds --misses   what each reader got wrong, feed by feed

The table compares the same work: bytes to entries, all of them whole. Below it stands what most polls are: a
list whose entries are all kept already. There we read the bytes as far as telling every item apart and dating
it needs, make the keys of each and look these up in a set that holds them all (the service asks its
database); no entry is made. The libraries know nothing of that and parse the same bytes as before. Nothing is
carried over from one round to the next, on either side. All times are processor time.
"""

import gzip
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import fastfeedparser
import feedparser

from monitor.core.identity import entry_keys
from monitor.core.model import Feed, Kind, ListFields, Method, Source, SourceId, Tier
from spiders.feed import parse_list, skim_list
from spiders.raw import named

FEEDS = Path(__file__).parents[2] / "shared" / "fixtures" / "feeds"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROUNDS = 5
_QUOTES = str.maketrans("“”„‘’‚", "\"\"\"'''")
_GOV_CN = ListFields(items="$[*]", title="TITLE", link="URL", date="DOCRELPUBTIME")
# Dates the manifest only quotes, or (the first) gives with the PM of its text left out.
_DATES_BY_HAND = {
    ("nbcny-odd-date-2023", "first"): "2023-12-16T14:02:33Z",
    ("uol-windows1252-2018", "first"): "2018-09-24T22:42:40Z",
    ("uol-windows1252-2018", "last"): "2018-09-24T22:18:49Z",
    ("ilmessaggero-italian-dates-2022", "first"): "2022-11-15T23:38:15Z",
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A saved feed and what its manifest expects of it."""

    id: str
    url: str
    body: bytes
    is_json: bool
    expected: dict[str, Any]

    @cached_property
    def ends(self) -> dict[str, dict[str, str]]:
        """The expected first and last item, where the manifest gives them."""
        return {end: self._end(end) for end in ("first", "last") if self.expected.get(end)}

    def _end(self, end: str) -> dict[str, str]:
        by_hand = _DATES_BY_HAND.get((self.id, end))
        return {**self.expected[end], **({"published": by_hand} if by_hand else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a reader says of one item; the date as `2026-11-24T01:30:00Z`, or a day, or ""."""

    title: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How many of the expected things one reader found in all the feeds, and what it got wrong."""

    feeds: int
    items: int
    titles: int
    dates: int
    misses: tuple[str, ...]


Reader = Callable[[Sample], list[Item]]


def samples() -> Iterator[Sample]:
    """Every saved feed of the manifest."""
    for line in (FEEDS / "manifest.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        yield Sample(
            id=record["id"],
            url=record["url"] or "",
            body=gzip.decompress((FEEDS / record["file"]).read_bytes()),
            is_json=record["format"] == "json",
            expected=record["expected"],
        )


# ── the readers ──

_SOURCE = Source(
    id=SourceId("saved"),
    name="saved",
    homepage="https://saved.example/",
    kind=Kind.BUSINESS_MEDIA,
    tier=Tier.REPORTING,
    feeds=(),
)


def ours(sample: Sample) -> list[Item]:
    """This project's parser, from bytes to entries."""
    listing = parse_list(sample.body, source=_SOURCE, feed=_feed(sample), url=sample.url, now=NOW)
    return [
        Item(title=entry.title, date=_moment(entry.published_at, day_only=entry.day_only))
        for entry in listing.entries
    ]


def nothing_new(feeds: list[Sample]) -> Reader:
    """This project's poll of any of these feeds, all of whose entries are kept already."""
    kept = frozenset().union(*(own for sample in feeds for own in _keys(sample)))

    def poll(sample: Sample) -> list[Item]:
        new = [own for own in _keys(sample) if own.isdisjoint(kept)]
        assert not new, f"{sample.id}: {len(new)} entries are not known again"
        return []

    return poll


def _keys(sample: Sample) -> tuple[frozenset[str], ...]:
    skim = skim_list(sample.body, source=_SOURCE, feed=_feed(sample), url=sample.url, now=NOW)
    return entry_keys(list(named(skim.heads).values()), "saved")


def _feed(sample: Sample) -> Feed:
    return Feed(
        name="saved",
        url=sample.url or "https://saved.example/feed",
        method=Method.JSON if sample.is_json else Method.FEED,
        fields=_GOV_CN if sample.is_json else None,
    )


def _moment(at: datetime | None, *, day_only: bool = False) -> str:
    if at is None:
        return ""
    return at.strftime("%Y-%m-%d" if day_only else "%Y-%m-%dT%H:%M:%SZ")


def by_feedparser(sample: Sample) -> list[Item]:
    """feedparser as it comes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own stand-in for `updated`
        return [
            Item(title=entry.get("title", ""), date=_from_tuple(entry))
            for entry in feedparser.parse(sample.body).entries
        ]


def _from_tuple(entry: Any) -> str:
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", parsed) if parsed else ""


def by_fastfeedparser(sample: Sample) -> list[Item]:
    """fastfeedparser as it comes."""
    try:
        entries = fastfeedparser.parse(sample.body).entries
    except Exception:  # a library that raises has read nothing
        return []
    return [Item(title=entry.get("title") or "", date=_from_iso(entry)) for entry in entries]


def _from_iso(entry: Any) -> str:
    text = entry.get("published") or entry.get("updated") or ""
    try:
        return _moment(datetime.fromisoformat(text).astimezone(UTC))
    except ValueError:
        return ""


READERS: tuple[tuple[str, Reader], ...] = (
    ("policywire", ours),
    ("feedparser", by_feedparser),
    ("fastfeedparser", by_fastfeedparser),
)
NOTHING_NEW = "our poll that finds nothing new"


# ── judging ──


def squeezed(text: str) -> str:
    """Text as the manifest wants it compared: no white space, plain quotes."""
    return "".join(text.translate(_QUOTES).split())


def score(read: Reader, feeds: list[Sample]) -> Score:
    """Read every feed once and compare."""
    items = titles = dates = whole = 0
    misses: list[str] = []
    for sample in feeds:
        found = read(sample)
        expected = sample.expected["n_items"]
        whole += len(found) == expected
        items += min(len(found), expected)
        if len(found) != expected:
            misses.append(f"{sample.id}: {len(found)} of {expected} items")
        titles += _right(sample, found, "title", misses)
        dates += _right(sample, found, "published", misses)
    return Score(feeds=whole, items=items, titles=titles, dates=dates, misses=tuple(misses))


def _right(sample: Sample, found: list[Item], key: str, misses: list[str]) -> int:
    right = 0
    for end, item in sample.ends.items():
        if key not in item:
            continue
        got = found[0 if end == "first" else -1] if found else Item()
        said = got.title if key == "title" else got.date
        # A day alone is right where it is midnight of that day too: the libraries know no days.
        same = squeezed(said) == squeezed(item[key]) or said == f"{item[key]}T00:00:00Z"
        right += same
        if not same:
            misses.append(f"{sample.id} {end} {key}: {said[:40]!r}, not {item[key][:40]!r}")
    return right


def wanted(feeds: list[Sample], key: str) -> int:
    """How many first and last items of the manifest have this field."""
    return sum(key in item for sample in feeds for item in sample.ends.values())


def pace(read: Reader, feeds: list[Sample]) -> float:
    """Seconds of processor time for one round over all feeds."""
    started = time.process_time()
    for sample in feeds:
        read(sample)
    return time.process_time() - started


def medians(feeds: list[Sample]) -> dict[str, float]:
    """Seconds of a round over all feeds, for every reader and for our poll that finds nothing new.

    Round by round in turn, so that a busy machine slows all alike.
    """
    readers = (*READERS, (NOTHING_NEW, nothing_new(feeds)))
    rounds = [{name: pace(read, feeds) for name, read in readers} for _ in range(ROUNDS)]
    return {name: statistics.median(one[name] for one in rounds) for name, _ in readers}


def polls_in_words(feeds: list[Sample], seconds: dict[str, float]) -> str:
    """The line below the table."""
    ratios = [f"{name} {seconds[name] / seconds[NOTHING_NEW]:.1f}" for name in seconds if name != NOTHING_NEW]
    return (
        f"{NOTHING_NEW}: {len(feeds) / seconds[NOTHING_NEW]:.0f} feeds/s; "
        f"reading the same bytes whole takes times as long: {', '.join(ratios)}"
    )


def fraction(part: int, whole: int) -> str:
    """`3/4`."""
    return f"{part}/{whole}"


def main() -> None:
    """Print the table, or the misses."""
    if not FEEDS.exists():
        print("nothing to measure: the saved feeds (../shared) are absent, as on a user's checkout")
        return
    feeds = list(samples())
    scores = {name: score(read, feeds) for name, read in READERS}
    if "--misses" in sys.argv:
        for name, result in scores.items():
            print(f"{name}\n  " + ("\n  ".join(result.misses) or "no misses"))
        return
    seconds = medians(feeds)
    gold = sum(sample.expected["n_items"] for sample in feeds)
    print(f"{len(feeds)} feeds, {sum(len(sample.body) for sample in feeds) / 1e6:.1f} MB, {gold} items")
    print(f"{'':16}{'feeds whole':>12}{'items':>12}{'titles':>9}{'dates':>9}{'feeds/s':>9}{'time':>7}")
    for name, result in scores.items():
        print(
            f"{name:16}{fraction(result.feeds, len(feeds)):>12}{fraction(result.items, gold):>12}"
            f"{fraction(result.titles, wanted(feeds, 'title')):>9}"
            f"{fraction(result.dates, wanted(feeds, 'published')):>9}"
            f"{len(feeds) / seconds[name]:>9.0f}{seconds[name] / seconds['policywire']:>7.1f}"
        )
    print(polls_in_words(feeds, seconds))


if __name__ == "__main__":
    main()
