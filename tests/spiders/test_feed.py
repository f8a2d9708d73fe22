"""Feeds, ordinary, awkward and hostile."""

from datetime import UTC, datetime

import pytest

from monitor.core.model import Feed
from spiders.feed import Listing, parse_list
from tests.builders import a_source

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
ITEM = "<item><title>t{0}</title><link>/{0}</link></item>"


def read(body: bytes) -> Listing:
    url = "https://a.cn/feed"
    return parse_list(body, source=a_source(), feed=Feed(name="f", url=url), url=url, now=NOW)


def rss(items: str) -> bytes:
    return f"<rss><channel><title>c</title>{items}</channel></rss>".encode()


def test_a_relative_link_is_resolved() -> None:
    assert read(rss(ITEM.format(1))).entries[0].link == "https://a.cn/1"


def test_a_bare_ampersand_loses_nothing() -> None:
    listing = read(rss("<item><title>A & B&nbsp;C</title><link>https://a.cn/?a=1&b=2</link></item>"))
    assert (listing.entries[0].title, listing.entries[0].link) == ("A & B C", "https://a.cn/?a=1&b=2")


def test_a_cut_off_feed_yields_its_complete_items() -> None:
    listing = read(rss(ITEM.format(1) + ITEM.format(2))[:-40])
    assert [entry.title for entry in listing.entries] == ["t1"]
    assert listing.problem.startswith("cut off")


@pytest.mark.parametrize(
    ("body", "problem"),
    [(b"", "empty"), (b"<!doctype html><html><body>login", "HTML page"),
     (bytes(range(256)) * 9, "not a feed"), (b"{" * 100_000, "not JSON")],
    ids=["empty", "html", "binary", "brackets"],
)  # fmt: skip
def test_what_is_no_feed_is_named(body: bytes, problem: str) -> None:
    listing = read(body)
    assert not listing.entries
    assert problem in listing.problem


def test_entities_are_never_expanded() -> None:
    listing = read(
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss("<item><title>q&x;</title></item>")
    )
    assert listing.entries[0].title == "q&x;"
