"""What `sources add` and `import` write: short names, nothing twice, no defaults."""

from zoneinfo import ZoneInfo

import pytest

from monitor.adding import Scouted, as_yaml, imported, known_as, new_id, section_of
from monitor.config.catalog import catalog
from monitor.core.model import Entry, Feed, ListFields, Method, SourceId
from spiders.discover import Way
from spiders.opml import Subscription
from tests.builders import a_config, a_source

UTC_ZONE = ZoneInfo("UTC")


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
