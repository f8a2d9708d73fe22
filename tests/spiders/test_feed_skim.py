"""A list that is only skimmed tells the same of its items as one that is read whole."""

import gzip
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.core.model import Entry, Feed, ListFields, Method
from spiders.feed import Skim, parse_list, skim_list
from spiders.raw import Head
from tests.builders import a_source
from tests.shared import SHARED, needs_shared

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
URL = "https://a.cn/feed"
FEEDS = sorted((SHARED / "fixtures" / "feeds").glob("*.gz"))
LONG = "<p>The notice takes effect on the day it is published.</p>" * 5
RSS = f"""<?xml version="1.0"?><rss xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>c</title>
<item><title>One &amp; two</title><link>/1</link><guid isPermaLink="false">g1</guid>
<pubDate>Tue, 24 Nov 2026 08:00:00 +0800</pubDate><description><![CDATA[{LONG}]]></description></item>
<item><title>央行通知</title><link>https://a.cn/2</link><dc:date>2026-11-23</dc:date>
<description>{LONG.replace("<", "&lt;")}</description></item>
<item><description>{LONG.replace("<", "&lt;")}</description></item></channel></rss>"""
JSON_FEED = '{"version": "1", "items": [{"id": "1", "url": "/1", "title": "t", "content_text": "text"}]}'
PAGE = '<ul><li><a href="/1.html">A headline</a></li><li><a href="/2.html">Another headline</a></li></ul>'
SITEMAP = "<urlset><url><loc>https://a.cn/1</loc><lastmod>2026-11-24</lastmod></url></urlset>"
FEED = Feed(name="f", url=URL)
LISTING = Feed(name="f", url=URL, method=Method.LISTING, fields=ListFields(items="li"))


def both(body: bytes, feed: Feed = FEED) -> tuple[Skim, tuple[Entry, ...], str, tuple[str, ...]]:
    asked: dict[str, Any] = {"source": a_source(), "feed": feed, "url": URL, "now": NOW}
    listing = parse_list(body, **asked)
    return skim_list(body, **asked), listing.entries, listing.problem, listing.parts


def heads(entries: tuple[Entry, ...]) -> tuple[Head, ...]:
    return tuple(
        Head(title=e.title, link=e.link, guid=e.guid, published_at=e.published_at, day_only=e.day_only)
        for e in entries
    )


def check(body: bytes, feed: Feed = FEED) -> None:
    skim, entries, problem, parts = both(body, feed)
    assert (skim.heads, skim.problem, skim.parts) == (heads(entries), problem, parts)
    assert skim.entries(range(len(entries))) == entries


@pytest.mark.parametrize(
    ("body", "feed"),
    [
        (RSS.encode(), FEED),
        (RSS.encode("utf-8-sig"), FEED),
        (b"\n " + RSS.encode(), FEED),
        (RSS.encode("utf-16"), FEED),
        (RSS.encode("gb18030"), FEED),
        (RSS.replace("One", "One\x01").encode(), FEED),
        (RSS.replace("</p>", "&nbsp;", 1).encode(), FEED),
        (RSS.replace("</p>", "\x02", 1).encode(), FEED),
        (RSS.replace("</channel>", "").encode(), FEED),
        (RSS[: RSS.index("央行")].encode(), FEED),
        (b"<rss><channel/></rss>", FEED),
        (b"<!-- never closed <rss>", FEED),
        (b"<?xml version='1.0'?><!-- never closed <rss>", FEED),
        (PAGE.encode(), FEED),
        (b"", FEED),
        (JSON_FEED.encode(), FEED),
        (PAGE.encode(), LISTING),
        (SITEMAP.encode(), Feed(name="f", url=URL, method=Method.SITEMAP)),
    ],
    ids=[
        "well-formed", "with a mark", "behind blanks", "UTF-16", "GB18030", "a control in a title",
        "an entity in a text", "a control in a text", "tags that do not match", "cut off", "no items",
        "no root", "no end of the prolog", "no feed", "nothing", "JSON Feed", "an HTML list", "a sitemap",
    ],
)  # fmt: skip
def test_a_skim_tells_what_the_whole_list_tells(body: bytes, feed: Feed) -> None:
    check(body, feed)


def test_only_the_entries_asked_for_are_made() -> None:
    skim, entries, *_ = both(RSS.encode())
    assert skim.entries([1]) == (entries[1],)
    assert skim.entries([2, 0]) == (entries[2], entries[0])
    assert skim.entries([]) == ()
    assert "takes effect" in entries[0].summary


@pytest.mark.parametrize(
    "wound", [b"&", b"<", b"\x00", b"]]>", b"<!-- ", b"<![CDATA[", b"<description>", b"?>"]
)
def test_a_skim_agrees_on_feeds_with_a_wound_anywhere(wound: bytes) -> None:
    whole = RSS.encode()
    for at in range(0, len(whole), 7):
        check(whole[:at] + wound + whole[at:])


@needs_shared
@pytest.mark.parametrize("path", FEEDS, ids=[path.name for path in FEEDS])
def test_a_skim_agrees_on_saved_feeds_whole_and_broken(path: Any) -> None:
    body = gzip.decompress(path.read_bytes())
    check(body)
    chance = random.Random(len(body))
    for _ in range(3):
        at = chance.randrange(len(body))
        check(body[:at])
        check(body[:at] + b"&" + body[at:])
