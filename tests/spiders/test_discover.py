"""Where a site's news is found: its feeds, its sitemaps, and the list among the menus of a page."""

import gzip
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.model import Entry, Feed, ListFields, Method, SourceId
from spiders.charset import decode
from spiders.discover import (
    MOST_LINKS,
    Way,
    best,
    feed_links,
    likely_feeds,
    sitemaps,
)
from spiders.feed import parse_list
from spiders.pattern import guess_list
from tests.builders import NOW, a_source
from tests.shared import SHARED, needs_shared

URL = "https://site.example/news/"
UTC_ZONE = ZoneInfo("UTC")


# ── feeds and sitemaps ──


@pytest.mark.parametrize(
    ("page", "links"),
    [
        ("<link rel=alternate type=application/rss+xml href=/a.xml>", ["https://site.example/a.xml"]),
        ("<link rel='Alternate home' type='application/ATOM+xml' href='b'>", [f"{URL}b"]),
        ("<link rel=alternate type=application/feed+json href=//cdn.example/c>", ["https://cdn.example/c"]),
        ("<link rel=alternate hreflang=zh href=/zh/>", []),
        ("<link rel=stylesheet type=application/rss+xml href=/a.xml>", []),
        ("<a href='/rss/all.xml'>RSS</a><a href='/feedback'>F</a>", ["https://site.example/rss/all.xml"]),
        ("<a href='/news.rss#top'>RSS</a>", ["https://site.example/news.rss"]),
        (
            "<a href='/feed/'>F</a><link rel=alternate type=application/rss+xml href=/a.xml>",
            ["https://site.example/a.xml", "https://site.example/feed/"],
        ),
        ("<link rel=alternate type=application/rss+xml href='javascript:x()'>", []),
        ("", []),
        ("plain words", []),
    ],
    ids=[
        "RSS", "Atom, oddly written", "JSON Feed elsewhere", "another language", "not an alternate",
        "a link", "a link with a fragment", "declared before linked", "a script", "nothing", "text",
    ],
)  # fmt: skip
def test_the_feeds_a_page_names(page: str, links: list[str]) -> None:
    assert list(feed_links(page, URL)) == links


def test_a_page_with_a_thousand_feeds_is_cut() -> None:
    page = "".join(f"<a href='/rss/{n}.xml'>x</a>" for n in range(1_000))
    assert len(feed_links(page, URL)) == MOST_LINKS


def test_usual_places_of_feeds() -> None:
    places = likely_feeds("https://site.example/news/?page=2")
    assert places[:2] == ("https://site.example/news/feed", "https://site.example/feed")
    assert all(place.startswith("https://site.example/") for place in places)


def test_sitemaps_of_robots_come_before_the_usual_ones_and_news_first() -> None:
    robots = (
        "User-agent: *\nSitemap: https://site.example/all.xml\nsitemap:/google-news.xml\n"
        "Sitemap: https://other.example/x.xml\nDisallow: /sitemap: no\n"
    )
    assert sitemaps(robots, URL) == (
        "https://site.example/google-news.xml",
        "https://site.example/all.xml",
        "https://site.example/news-sitemap.xml",
        "https://site.example/sitemap-news.xml",
        "https://site.example/sitemap.xml",
    )


@pytest.mark.timeout(20)
def test_robots_of_nothing_but_empty_lines_are_read() -> None:
    assert len(sitemaps("\n" * 400_000 + "  SITEMAP :/a.xml\r\n", URL)) == 4


# ── a list on a page ──

MENU = "".join(f"<li><a href='/menu/{n}'>Ministries and commissions {n}</a></li>" for n in range(20))
FRIENDS = "".join(
    f"<li><a href='https://friend{n}.example/'>Friendly site number {n}</a></li>" for n in range(20)
)
TITLE = "Ministry issues notice {n} on the trade in data"
TITLE_ZH = "国家数据局关于公共数据资源登记的第{n}号通知"


def day(n: int) -> str:
    return f"{NOW - timedelta(days=n):%Y-%m-%d}"


def page(items: str, before: str = "<ul class='news'>", after: str = "</ul>") -> str:
    head = f"<html><body><ul class='menu'>{MENU}</ul>{before}"
    return f"{head}{items}{after}<ul class='links'>{FRIENDS}</ul></body></html>"


def many(pattern: str, number: int = 12, title: str = TITLE) -> str:
    return "".join(
        pattern.replace("TITLE", title).replace("{n}", str(n)).replace("DAY", day(n)) for n in range(number)
    )


STYLES = {
    "rows with a date": page(many("<li><a href='/a/{n}'>TITLE</a><span>DAY</span></li>")),
    "Chinese": page(many("<li><a href='/a/{n}'>TITLE</a><span>DAY</span></li>", title=TITLE_ZH)),
    "table": page(
        many("<tr><td class='t'><a href='/a/{n}'>TITLE</a></td><td>DAY</td></tr>"), "<table>", "</table>"
    ),
    "a table in each row": page(
        many("<table><tr><td><b class='n'><a href='/a/{n}'>TITLE</a></b><span class='d'>DAY</span></table>"),
        "<div>",
        "</div>",
    ),
    "cards": page(
        many(
            "<article><a href='/a/{n}'><h3>TITLE</h3><p>The lead of the story, which runs on for a while.</p>"
            "<time>DAY</time></a></article>"
        ),
        "<main>",
        "</main>",
    ),
    "summaries": page(
        many(
            "<div class='card'><h2><a href='/a/{n}'>TITLE</a></h2><p>A summary of more than sixty characters,"
            " which is why no date is looked for beside it.</p><span class='date'>DAY</span></div>"
        ),
        "<div>",
        "</div>",
    ),
    "date in the address": page(many("<li><a href='/2026/11/24/{n}.html'>TITLE</a></li>")),
    "odd and even": page(many("<li class='odd'><a href='/a/{n}'>TITLE</a>DAY</li>", 6)
        + many("<li class='even'><a href='/b/{n}'>TITLE</a>DAY</li>", 6)),
}  # fmt: skip


@pytest.mark.parametrize("text", STYLES.values(), ids=STYLES)
def test_the_list_is_found_among_the_menus(text: str) -> None:
    fields = guess_list(text, url=URL, zone=UTC_ZONE, now=NOW)
    assert fields is not None
    feed = Feed(name="list", url=URL, method=Method.LISTING, fields=fields)
    listing = parse_list(text.encode(), source=a_source(feeds=(feed,)), feed=feed, url=URL, now=NOW)
    assert len(listing.entries) >= 12
    for entry in listing.entries:
        assert entry.published_at is not None
        assert "/menu/" not in entry.link
        assert entry.title.startswith(("Ministry issues notice", "国家数据局"))
        assert entry.title.endswith(("trade in data", "号通知"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        page(""),
        page(many("<li><a href='/a/{n}'>TITLE</a><span>DAY</span></li>", 3)),
        page(many("<li><a href='/a/{n}'>More</a><span>DAY</span></li>")),
        "<html>" + "<div>" * 50_000,
    ],
    ids=["nothing", "text", "menus only", "three items", "no titles", "deep"],
)
def test_no_list_is_made_up(text: str) -> None:
    assert guess_list(text, url=URL, zone=UTC_ZONE, now=NOW) is None


# ── the choice ──


def way(name: str, *ages: float | None) -> Way:
    entries = tuple(
        Entry(
            source_id=SourceId("x"),
            title=f"{name} {n}",
            link="",
            published_at=None if age is None else NOW - timedelta(days=age),
        )
        for n, age in enumerate(ages)
    )
    return Way(feed=Feed(name=name, url=URL), entries=entries)


@pytest.mark.parametrize(
    ("ways", "chosen"),
    [
        ([], None),
        ([way("empty")], None),
        ([way("feed", 1), way("list", 0)], "feed"),
        ([way("dead", 900), way("list", 1)], "list"),
        ([way("undated", None), way("list", 1)], "list"),
        ([way("dead", 900), way("undated", None)], "undated"),
        ([way("older", 900), way("newer", 400)], "newer"),
    ],
    ids=[
        "none", "nothing in it", "the first that is alive", "a living one before a dead one",
        "a dated one before an undated", "an undated one before a dead one", "all dead",
    ],
)  # fmt: skip
def test_the_best_way(ways: list[Way], chosen: str | None) -> None:
    found = best(ways, NOW)
    assert (found.feed.name if found else None) == chosen


def test_the_newest_are_shown_undated_ones_last() -> None:
    shown = way("feed", 3, None, 1, 2).newest(3)
    assert [entry.title for entry in shown] == ["feed 2", "feed 3", "feed 0"]


def test_a_guess_is_complete_as_it_is_written_down() -> None:
    fields = guess_list(STYLES["cards"], url=URL, zone=UTC_ZONE, now=NOW)
    assert fields is not None
    assert replace(fields, items="", title="", date="") == ListFields(items="")
    assert isinstance(way("x").newest_at, datetime | None)


# ── real pages ──


def gov_lists() -> list[dict[str, Any]]:
    manifest = SHARED / "fixtures/pages/manifest.jsonl"
    if not manifest.exists():
        return []
    entries = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    return [e for e in entries if e["kind"] == "list" and ".gov.cn/" in (e.get("url") or "")]


@needs_shared
@pytest.mark.parametrize("told", gov_lists(), ids=lambda told: told["id"])
def test_the_list_of_a_state_site_is_found_whole(told: dict[str, Any]) -> None:
    body = gzip.decompress((SHARED / "fixtures/pages" / told["file"]).read_bytes())
    zone, url = ZoneInfo("Asia/Shanghai"), told["url"]
    fields = guess_list(decode(body), url=url, zone=zone, now=NOW)
    feed = Feed(name="list", url=url, method=Method.LISTING, fields=fields)
    source = a_source(feeds=(feed,), timezone=zone)
    listing = parse_list(body, source=source, feed=feed, url=url, now=NOW)
    assert len(listing.entries) == told["expected"]["n_items"]
    assert listing.entries[0].link == told["expected"]["first_item"]["url"]
    assert all(entry.published_at for entry in listing.entries)
