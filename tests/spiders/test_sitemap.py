"""Sitemaps: of news, of whole sites, and their indexes."""

import gzip
from datetime import UTC, datetime

import pytest

from monitor.core.model import Feed, Method
from spiders.feed import Listing, parse_list
from spiders.sitemap import LARGEST_UNZIPPED, MOST_PAGES, MOST_PARTS, unzipped
from tests.builders import a_source

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://site.example/sitemap.xml"
HEAD = (
    '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
)


def read(body: str | bytes) -> Listing:
    feed = Feed(name="map", url=URL, method=Method.SITEMAP)
    raw = body if isinstance(body, bytes) else body.encode()
    return parse_list(raw, source=a_source(), feed=feed, url=URL, now=NOW)


def page(number: int, lastmod: str = "2026-11-23T08:00:00Z") -> str:
    return f"<url><loc>https://site.example/{number}</loc><lastmod>{lastmod}</lastmod></url>"


def test_a_news_sitemap_has_titles_dates_and_languages() -> None:
    listing = read(
        f"{HEAD}<url><loc>https://site.example/1</loc><n:news><n:publication><n:name>Site</n:name>"
        "<n:language>zh-cn</n:language></n:publication><n:publication_date>2026-11-24T09:00:00+08:00"
        "</n:publication_date><n:title>标题 &amp; more</n:title></n:news></url></urlset>"
    )
    (entry,) = listing.entries
    assert (entry.title, entry.link, entry.language) == ("标题 & more", "https://site.example/1", "zh-cn")
    assert entry.published_at == datetime(2026, 11, 24, 1, tzinfo=UTC)


def test_a_plain_sitemap_is_read_from_its_newest_end() -> None:
    days = [f"2026-11-{day:02}" for day in (3, 20, 1)]
    listing = read(HEAD + "".join(page(n, day) for n, day in enumerate(days)) + "</urlset>")
    assert [entry.link[-1] for entry in listing.entries] == ["1", "0", "2"]
    assert all(entry.title == "" for entry in listing.entries)


def test_of_a_whole_site_only_the_newest_are_taken() -> None:
    listing = read(HEAD + "".join(page(n) for n in range(MOST_PAGES + 50)) + "</urlset>")
    assert len(listing.entries) == MOST_PAGES


def test_of_an_index_the_newest_parts_of_its_own_host_are_read() -> None:
    parts = "".join(
        f"<sitemap><loc>{loc}</loc><lastmod>2026-11-{day}</lastmod></sitemap>"
        for day, loc in [
            ("01", "/old.xml"), ("24", "/a.xml"), ("23", "/b.xml"), ("22", "/c.xml"), ("25", URL),
            ("25", "https://elsewhere.example/x.xml"), ("25", "file:///etc/passwd"),
        ]
    )  # fmt: skip
    listing = read(f"<sitemapindex>{parts}</sitemapindex>")
    assert listing.parts == tuple(f"https://site.example/{name}.xml" for name in "abc")
    assert len(listing.parts) == MOST_PARTS
    assert listing.problem == ""


def test_a_zipped_sitemap_is_unpacked_and_a_bomb_is_not() -> None:
    assert len(read(gzip.compress((HEAD + page(1) + "</urlset>").encode())).entries) == 1
    assert len(unzipped(gzip.compress(b"<" * (LARGEST_UNZIPPED + 10)))) == LARGEST_UNZIPPED
    assert unzipped(b"\x1f\x8bno gzip") == b"\x1f\x8bno gzip"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<rss><channel/></rss>", "not a sitemap"),
        ("<html><body>sign in</body></html>", "not a sitemap but an HTML page"),
        ("words", "unreadable: no XML"),
        (HEAD + "<url><loc>https://site.example/1</loc></url></urlset>", "none of its pages has a date"),
        (HEAD + "</urlset>", "empty: no items"),
        (
            '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>',
            "none of its pages has a date",
        ),
        ("<a>" * 100_000, "not a sitemap"),
        ("<!DOCTYPE[" * 100_000, "unreadable: its document type does not end"),
    ],
    ids=["feed", "HTML", "text", "undated", "empty", "entities", "deep", "open DTDs"],
)
def test_a_problem_is_named(body: str, problem: str) -> None:
    listing = read(body)
    assert listing.entries == ()
    assert listing.problem == problem


def test_a_cut_sitemap_gives_what_is_complete() -> None:
    assert len(read(HEAD + page(1) + page(2) + "<url><loc>https://si").entries) == 2


def test_a_part_with_a_broken_address_is_passed_over() -> None:
    parts = "".join(f"<sitemap><loc>{loc}</loc></sitemap>" for loc in ("http://[bad/x.xml", "/good.xml"))
    assert read(f"<sitemapindex>{parts}</sitemapindex>").parts == ("https://site.example/good.xml",)
