"""Lists of feeds in OPML: read with care, written so that they can be read again."""

import pytest

from monitor.core.model import Feed, Method
from spiders.opml import LARGEST, NotOpmlError, Subscription, feeds_of, read_opml, write_opml
from tests.builders import a_source

BOMB = b"<!DOCTYPE o [<!ENTITY a 'b'><!ENTITY c '&a;&a;&a;'>]><opml><body>&c;</body></opml>"


def opml(*outlines: str) -> bytes:
    return f"<opml version='2.0'><head/><body>{''.join(outlines)}</body></opml>".encode()


def test_feeds_come_from_every_level_in_order_and_once() -> None:
    body = opml(
        "<outline text='Group'><outline text='A' title=' The  A ' xmlUrl='https://a.example/f'/></outline>",
        "<outline text='B' XMLURL='http://b.example/f' htmlUrl='http://b.example/'/>",
        "<outline text='again' xmlUrl='https://a.example/f'/>",
    )
    assert read_opml(body) == (
        Subscription(title="The A", url="https://a.example/f"),
        Subscription(title="B", url="http://b.example/f", homepage="http://b.example/"),
    )


@pytest.mark.parametrize("outline", ["<outline text='folder'/>", "<outline text='folder' xmlUrl=' '/>"])
def test_what_is_no_feed_is_left_out(outline: str) -> None:
    assert read_opml(opml(outline)) == ()


def test_addresses_are_handed_on_as_written_for_the_reader_to_name_the_bad_ones() -> None:
    bad = opml("<outline xmlUrl='http://[' htmlUrl='c:/x'/>", "<outline xmlUrl='file:///etc/passwd'/>")
    assert read_opml(bad) == (
        Subscription(title="", url="http://[", homepage="c:/x"),
        Subscription(title="", url="file:///etc/passwd"),
    )


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not XML"),
        (b"<opml><body>", "not XML"),
        (b"<rss/>", "not OPML but <rss>"),
        (BOMB, "document type"),
        (b" " * (LARGEST + 1), "larger than 4 MB"),
    ],
    ids=["nothing", "cut off", "a feed", "entities", "huge"],
)
def test_what_cannot_be_read_is_refused(body: bytes, problem: str) -> None:
    with pytest.raises(NotOpmlError, match=problem):
        read_opml(body)


def test_what_is_written_is_read_again() -> None:
    page = Feed(name="list", url="https://b.example/", method=Method.LISTING)
    sources = [a_source(name="Wire & <Co> 甲"), a_source(name="B", feeds=(page,))]
    assert read_opml(write_opml(sources).encode()) == (
        Subscription(
            title="Wire & <Co> 甲", url="https://wire.example/feed.xml", homepage="https://wire.example/"
        ),
    )
    assert [source.name for source, _ in feeds_of(sources)] == ["Wire & <Co> 甲"]
