"""HTML lists: what selectors find, and what the parser finds by itself."""

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.core.model import Feed, ListFields, Method
from spiders.api import NotJsonError
from spiders.feed import Listing, parse_list
from spiders.listing import MOST_ITEMS, html_list, in_address, lead, script_text
from tests.builders import a_source

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://site.example/news/index.html"


def read(body: str | bytes, method: Method = Method.LISTING, **fields: Any) -> Listing:
    feed = Feed(name="list", url=URL, method=method, fields=ListFields(**{"items": "li", **fields}))
    raw = body if isinstance(body, bytes) else body.encode()
    return parse_list(raw, source=a_source(), feed=feed, url=URL, now=NOW)


def row(body: str, **fields: Any) -> tuple[str, str, str]:
    listing = read(f"<ul>{body}</ul>", **fields)
    (entry,) = listing.entries
    return entry.title, entry.link, f"{entry.published_at:%m-%d}" if entry.published_at else ""


@pytest.mark.parametrize(
    ("item", "fields", "wanted"),
    [
        ("<li><a href='a.html'>A title</a></li>", {}, ("A title", "https://site.example/news/a.html", "")),
        ("<li><a href='/a'>Tit...</a></li>", {}, ("Tit...", "https://site.example/a", "")),
        ("<li><a href='/a' title='Title'>Ti…</a></li>", {}, ("Title", "https://site.example/a", "")),
        ("<li><a href='/a' title='hint'>Title</a></li>", {}, ("Title", "https://site.example/a", "")),
        ("<li><a href='/a'>T</a> [2026-11-20]</li>", {}, ("T", "https://site.example/a", "11-20")),
        ("<li><a href='/a'>T</a>（11月21日）</li>", {}, ("T", "https://site.example/a", "11-21")),
        (
            "<li><a href='/2026/11/19/a'>T</a></li>",
            {},
            ("T", "https://site.example/2026/11/19/a", "11-19"),
        ),
        (
            "<li><i>11-18</i><b>Name</b><a href='/b' data-at='2026-11-17'>x</a></li>",
            {"title": "b", "date": "a::attr(data-at)"},
            ("Name", "https://site.example/b", "11-17"),
        ),
        (
            "<li><a href='/x'>no</a><h3><a href='/y'>Yes</a></h3></li>",
            {"link": "h3 a"},
            ("Yes", "https://site.example/y", ""),
        ),
        (
            "<li><a href='/x'>T</a></li><p><em>2026-11-16</em></p>",
            {"date": "+ p em"},
            ("T", "https://site.example/x", "11-16"),
        ),
        (
            "<li><a href='/x'>T</a></li><em>2026-11-15</em>",
            {"date": ".none, + em"},
            ("T", "https://site.example/x", "11-15"),
        ),
        (
            "<li><a href='/p'><img src='p.jpg'></a></li><li><a href='/p'>Picture and words</a></li>",
            {},
            ("Picture and words", "https://site.example/p", ""),
        ),
        ("<a href='/q'>Itself</a>", {"items": "a"}, ("Itself", "https://site.example/q", "")),
        ("<li><a href='/q'>A < B & C</a></li>", {}, ("A < B & C", "https://site.example/q", "")),
    ],
    ids=[
        "first link", "a cut title without more", "the whole title in an attribute", "a hint is no title",
        "date beside the link", "date in brackets", "date in the address", "selectors", "link by selector",
        "date inside the next element", "date is the next element", "picture and headline are one",
        "the item is the link", "characters stay",
    ],
)  # fmt: skip
def test_an_item(item: str, fields: dict[str, Any], wanted: tuple[str, str, str]) -> None:
    assert row(item, **fields) == wanted


def test_navigation_is_left_out() -> None:
    listing = read(
        "<ul><li>words</li><li><a href='#top'>Top</a></li><li><a href='javascript:x()'>More</a></li>"
        "<li><a href=''>Empty</a></li><li><a href='/a'>News</a></li></ul>"
    )
    assert [entry.title for entry in listing.entries] == ["News"]


def test_the_base_of_the_page_counts() -> None:
    listing = read("<base href='https://other.example/x/'><ul><li><a href='a'>News</a></li></ul>")
    assert listing.entries[0].link == "https://other.example/x/a"


@pytest.mark.parametrize(
    ("body", "fields", "problem"),
    [
        ("", {}, "empty: the server sent nothing"),
        ("plain words", {}, "not an HTML page"),
        ("<p>words</p>", {}, "empty: nothing on the page matches “li”; has the layout changed?"),
        ("<ul><li>words</li></ul>", {}, "none of 1 items has a title and a link"),
        ("<ul><li>x</li></ul>", {"items": "li["}, "a selector is not CSS"),
        ("<ul><li>x</li></ul>", {"link": "a["}, "a selector is not CSS"),
        ("<html>sign in</html>", {"inside": "data.html"}, "not a feed but an HTML page"),
        ('{"data": {}}', {"inside": "data.html"}, "not an HTML page"),
    ],
    ids=["nothing", "text", "no match", "no links", "items no CSS", "link no CSS", "HTML for JSON", "moved"],
)
def test_a_problem_is_named(body: str, fields: dict[str, Any], problem: str) -> None:
    listing = read(body, **fields)
    assert listing.entries == ()
    assert listing.problem.startswith(problem)


@pytest.mark.parametrize(
    "body",
    [
        "<ul><li><a href='/a'>x" * 30_000,
        "<div>" * 100_000 + "<li><a href='/a'>x</a></li>",
        "<ul>" + ("<li><i>" * 100 + "</i></li>" * 100) * 100,
        "<li a='" + "x" * 2_000_000,
        "<?xml version='1.0'?><rss><channel><li><a href='/a'>x</a></li></channel></rss>",
        b"\x00\xff\xfe<li>\x80<a href='/a'>x",
    ],
    ids=["unclosed", "deep", "nested items", "one huge attribute", "XML", "binary"],
)
def test_wild_pages_end_and_stay_bounded(body: str | bytes) -> None:
    assert len(read(body).entries) <= MOST_ITEMS


def test_json_in_a_page_is_found_by_its_script() -> None:
    page = '<script id="state" type="application/json">{"list": [{"t": "甲", "id": 7}]}</script>'
    listing = read(
        page, Method.JSON, items="list[*]", title="t", link="https://site.example/{id}", inside="#state"
    )
    assert [(e.title, e.link) for e in listing.entries] == [("甲", "https://site.example/7")]
    assert script_text("no markup", "#state") == ""


def test_html_that_should_be_json_raises() -> None:
    with pytest.raises(NotJsonError):
        html_list("<html>", ListFields(items="li", inside="data.html"))


@pytest.mark.parametrize(
    ("page", "template", "address"),
    [
        ("<i data='7'></i>", "/list_{i::attr(data)}.json", "https://site.example/list_7.json"),
        ("<i>7</i>", "{i}.json", "https://site.example/news/7.json"),
        ("<i data='id:7'></i>", "/{i::attr(data) after id:}", "https://site.example/7"),
        ("<i q=\"{'a':1,'b':'甲'}\"></i>", "/q{?i::attr(q)}", "https://site.example/q?a=1&b=%E7%94%B2"),
        ("<i data='7'></i>", "/{b}", ""),
        ("<i q='no json'></i>", "/q{?i::attr(q)}", ""),
        ("<i q='[1]'></i>", "/q{?i::attr(q)}", ""),
        ("<i data='7'></i>", "/{i::attr(data) after id:}", ""),
        ("nothing", "/{i}", ""),
    ],
    ids=[
        "attribute", "text", "after a word", "query", "no such element", "no JSON", "no object",
        "no such word", "no page",
    ],
)  # fmt: skip
def test_a_first_answer_leads_to_the_list(page: str, template: str, address: str) -> None:
    assert lead(page, template, URL) == address


@pytest.mark.parametrize(
    ("link", "day"),
    [
        ("https://a.cn/20261124/x/c.html", "2026-11-24"),
        ("https://a.cn/2026-11/24/content_1.htm", "2026-11-24"),
        ("https://a.cn/n1/2026/1124/c1001-1.html", "2026-11-24"),
        ("https://a.cn/202611/t20261124_17.shtml", "2026-11-24"),
        ("https://a.cn/a/202611/24/WS1.html", "2026-11-24"),
        ("https://a.cn/113469/2026112409121234567/index.html", ""),
        ("https://a.cn/2026/report.html", ""),
    ],
)
def test_a_day_in_an_address(link: str, day: str) -> None:
    assert in_address(link) == day
