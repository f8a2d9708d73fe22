"""What `sources add` and `import` write: short names, nothing twice, no defaults."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.adding import (
    MOST_FEEDS,
    Scouted,
    as_yaml,
    imported,
    known_as,
    new_id,
    same_address,
    section_of,
    write,
)
from monitor.config.catalog import catalog
from monitor.core.model import Entry, Feed, ListFields, Method, SourceId
from spiders.discover import Way
from spiders.opml import Subscription
from tests.builders import a_config, a_source

UTC_ZONE = ZoneInfo("UTC")
RULES = "rules: {list: [{id: r, query: a}]}\n"


@pytest.mark.parametrize(
    ("url", "taken", "name"),
    [
        ("https://www.example.org/feed", set(), "example"),
        ("https://news.example.gov.cn/list/", set(), "example"),
        ("https://example.org/feed", {"example", "example-2"}, "example-3"),
        ("http://127.0.0.1:8000/", set(), "127-0-0-1-8000"),
        ("https://数据.中国/", set(), "source"),
    ],
    ids=["host", "subdomain", "taken", "address", "a name that is not Latin"],
)
def test_an_id_comes_from_the_site(url: str, taken: set[str], name: str) -> None:
    assert new_id(url, taken) == name


def test_who_has_an_address_already() -> None:
    config = a_config(sources=(a_source(),))
    shipped = catalog()[0]
    assert known_as("http://www.wire.example/feed.xml/", config) == "watched as wire"
    assert known_as(shipped.feeds[0].url, config).startswith(f"in the catalogue as {shipped.id}")
    assert known_as("https://wire.example/other.xml", config) == ""


def way(feed: Feed, *titles: str, title: str = "") -> Way:
    entries = tuple(Entry(source_id=SourceId("x"), title=each, link="") for each in titles)
    return Way(feed=feed, title=title, entries=entries)


def test_an_english_feed_is_two_lines_and_a_name() -> None:
    feed = Feed(name="feed", url="https://a.example/feed")
    found = Scouted(way=way(feed, "Ministry issues a notice", title="A News"), zone=UTC_ZONE)
    section = section_of(found, "a")
    assert section == {"id": "a", "name": "A News", "url": "https://a.example/feed"}
    assert as_yaml(section) == (
        "sources:\n  add:\n    - id: a\n      name: A News\n      url: https://a.example/feed\n"
    )


def test_a_chinese_list_says_how_it_is_read() -> None:
    fields = ListFields(items="ul.list > li", date="span")
    feed = Feed(name="list", url="https://a.example/", method=Method.LISTING, fields=fields)
    found = Scouted(way=way(feed, "国家数据局发布通知"), zone=ZoneInfo("Asia/Shanghai"))
    assert section_of(found, "a") == {
        "id": "a",
        "feeds": [
            {
                "name": "list",
                "url": "https://a.example/",
                "method": "listing",
                "fields": {"items": "ul.list > li", "date": "span"},
            }
        ],
        "language": "zh",
        "timezone": "Asia/Shanghai",
    }


def test_two_feeds_of_one_site_get_two_names() -> None:
    feeds = [Subscription(title="", url=f"https://a.example/{n}.xml") for n in range(2)]
    sections, lines = imported(feeds, a_config(sources=(a_source(),)))
    assert [section["id"] for section in sections] == ["a", "a-2"]
    assert lines == ["added    https://a.example/0.xml as a", "added    https://a.example/1.xml as a-2"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("HTTP://X.Example/f", "https://x.example/f/", True),
        ("https://www.x.example:443/f#new", "http://x.example:80/f", True),
        ("https://x.example", "https://x.example/", True),
        ("https://x.example/F", "https://x.example/f", False),
        ("https://x.example?A=1", "https://x.example?a=1", False),
        ("https://x.example:8080/f", "https://x.example/f", False),
    ],
    ids=["scheme and host", "usual ports", "no path", "another path", "another query", "another port"],
)
def test_one_address_has_many_spellings(one: str, other: str, same: bool) -> None:
    assert (same_address(one) == same_address(other)) is same


def test_bad_addresses_of_a_list_are_left_out_each_with_its_reason() -> None:
    feeds = [
        Subscription(title="$HOME", url="https://ok.example/f", homepage="https://a b/"),
        Subscription(title="", url="https://x .example/f"),
        Subscription(title="", url="https://x.example:99999/f"),
        Subscription(title="", url="file:///etc/passwd"),
        Subscription(title="", url="HTTP://OK.example/f"),
    ]
    sections, lines = imported(feeds, a_config(sources=(a_source(),)))
    assert sections == [{"id": "ok", "url": "https://ok.example/f", "name": "$HOME"}]
    assert lines == [
        "added    https://ok.example/f as ok",
        "         without its homepage: there is a space inside the address",
        "left out https://x .example/f (there is a space inside the address)",
        "left out https://x.example:99999/f (the host or port cannot be read)",
        "left out file:///etc/passwd (this is not a web address)",
        "known    HTTP://OK.example/f (the same as https://ok.example/f)",
    ]


def test_a_list_without_end_is_cut_and_says_so() -> None:
    feeds = [Subscription(title="", url=f"https://a{n}.example/") for n in range(MOST_FEEDS + 9)]
    sections, lines = imported(feeds, a_config(sources=(a_source(),)))
    assert len(sections) == MOST_FEEDS
    assert lines[-1] == "left out 9 feeds: more than 5,000 in one list"


@pytest.mark.parametrize("breaks", ["\n", "\r\n"], ids=["as here", "as on Windows"])
def test_a_file_keeps_its_line_ends(tmp_path: Path, breaks: str) -> None:
    path = tmp_path / "config.yaml"
    text = f"chats: [{{name: desk, id: 5}}]\n{RULES}sources:\n  use: [first-set]   # ours\n"
    path.write_bytes(text.replace("\n", breaks).encode())
    write(path, [{"id": "x", "url": "https://x.example/f"}], {})
    added = "  add:\n    - id: x\n      url: https://x.example/f\n"
    assert path.read_bytes().decode() == (text + added).replace("\n", breaks)
