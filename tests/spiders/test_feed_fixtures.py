"""The saved feeds against what their manifest expects: how many items, and what the first and last say."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.model import Entry, Feed, ListFields, Method, Source
from spiders.feed import Listing, parse_list
from tests.builders import a_source
from tests.shared import SHARED, needs_shared

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
FEEDS = SHARED / "fixtures" / "feeds"
MANIFEST = FEEDS / "manifest.jsonl"
LINES = [json.loads(line) for line in MANIFEST.read_text("utf-8").splitlines()] if MANIFEST.exists() else []
GOV_CN = ListFields(items="$[*]", title="TITLE", link="URL", date="DOCRELPUBTIME")
QUOTES = str.maketrans("“”„‘’‚", "\"\"\"'''")
ENDS = (("first", 0), ("last", -1))

# Dates we hold against the manifest, or where it only quotes the text; each worked out by hand from the feed.
DATES_BY_HAND = {
    # The feed says 02:02:33 PM; feedparser, whose output the manifest holds, drops the PM.
    ("nbcny-odd-date-2023", "first"): "2023-12-16T14:02:33Z",
    # Weekday and month in Portuguese, three hours behind UTC; feedparser reads no date.
    ("uol-windows1252-2018", "first"): "2018-09-24T22:42:40Z",
    ("uol-windows1252-2018", "last"): "2018-09-24T22:18:49Z",
    # Weekday and month in Italian, an hour ahead of UTC; feedparser reads no date.
    ("ilmessaggero-italian-dates-2022", "first"): "2022-11-15T23:38:15Z",
}

pytestmark = needs_shared


def source_of(line: dict[str, Any]) -> Source:
    """Dates without a zone are Chinese time in a Chinese feed."""
    return a_source(timezone=ZoneInfo("Asia/Shanghai" if line.get("lang") == "zh" else "UTC"))


def read(line: dict[str, Any]) -> Listing:
    url = line["url"] or ""
    listed = line["format"] == "json"
    feed = Feed(
        name="f",
        url=url or "https://a.cn/feed",
        method=Method.JSON if listed else Method.FEED,
        fields=GOV_CN if listed else None,
    )
    body = gzip.decompress((FEEDS / line["file"]).read_bytes())
    return parse_list(body, source=source_of(line), feed=feed, url=url, now=NOW)


def plain(text: str) -> str:
    return "".join(text.translate(QUOTES).split())


def date_text(entry: Entry, source: Source) -> str:
    if entry.published_at is None:
        return ""
    if entry.day_only:
        return entry.published_at.astimezone(source.timezone).date().isoformat()
    return entry.published_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def claims(entry: Entry, source: Source) -> dict[str, str]:
    return {
        "title": plain(entry.title),
        "link": entry.link,
        "id": entry.guid,
        "published": date_text(entry, source),
    }


def expected_claims(line: dict[str, Any], end: str) -> dict[str, str]:
    expected = {key: str(value) for key, value in line["expected"][end].items() if key != "published_raw"}
    by_hand = DATES_BY_HAND.get((line["id"], end))
    if by_hand:
        expected["published"] = by_hand
    return expected | ({"title": plain(expected["title"])} if "title" in expected else {})


@pytest.mark.parametrize("line", LINES, ids=[line["id"] for line in LINES])
def test_every_item_is_found(line: dict[str, Any]) -> None:
    assert len(read(line).entries) == line["expected"]["n_items"]


@pytest.mark.parametrize(
    ("line", "end", "place"),
    [
        pytest.param(line, end, place, id=f"{line['id']}-{end}")
        for line in LINES
        for end, place in ENDS
        if line["expected"].get(end)
    ],
)
def test_an_item_says_what_the_feed_says(line: dict[str, Any], end: str, place: int) -> None:
    expected = expected_claims(line, end)
    got = claims(read(line).entries[place], source_of(line))
    assert {key: got[key] for key in expected} == expected


@pytest.mark.parametrize(
    "line", [one for one in LINES if not one["expected"]["n_items"]],
    ids=[one["id"] for one in LINES if not one["expected"]["n_items"]],
)  # fmt: skip
def test_a_feed_without_items_names_its_problem(line: dict[str, Any]) -> None:
    assert read(line).problem


def test_every_date_by_hand_is_of_a_saved_feed() -> None:
    present = {(line["id"], end) for line in LINES for end, _ in ENDS if line["expected"].get(end)}
    assert set(DATES_BY_HAND) <= present
