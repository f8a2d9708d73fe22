"""Identity: which addresses and entries are one."""

import pytest

from monitor.core.identity import canonical_url, entry_keys, storable, without_userinfo
from monitor.core.model import Entry, SourceId


def entry(title: str = "t", link: str = "", guid: str = "") -> Entry:
    return Entry(source_id=SourceId("s"), title=title, link=link, guid=guid)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Www.Gov.CN:80/A?b=1#top", "https://www.gov.cn/A?b=1"),
        ("https://a.cn/?utm_source=x&id=7&spm=1.2&from=rss", "https://a.cn/?id=7"),
        ("https://a.cn:8443", "https://a.cn:8443/"),
        ("http://[::1]/x", "https://[::1]/x"),
        ("http://www.gov.cn", "https://www.gov.cn/"),
        ("https://a.cn//t/2026-11/24;v=1.html", "https://a.cn//t/2026-11/24;v=1.html"),
        ("http://a.cn./x", "https://a.cn/x"),
        ("tag:a.cn,2026:1", ""),
        ("g-1", ""),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://a.cn:port/", ""),
        ("https://[broken/", ""),
        ("https://a.cn/" + "x" * 5000, ""),
    ],
    ids=[
        "case, port, fragment",
        "tracking",
        "own port",
        "IPv6",
        "a bare host",
        "a bare path",
        "a dot behind the host",
        "another scheme",
        "no scheme",
        "script",
        "no host",
        "bad port",
        "bad IPv6",
        "long",
    ],
)
def test_canonical_url(url: str, expected: str) -> None:
    assert canonical_url(url) == expected
    assert canonical_url(expected) == expected


def known(first: Entry, again: Entry) -> bool:
    return bool(entry_keys([first])[0] & entry_keys([again])[0])


@pytest.mark.parametrize(
    ("first", "again", "expected"),
    [
        (entry(link="https://a.cn/1", guid="x"), entry(link="https://a.cn/1", guid="y"), True),
        (entry(link="https://a.cn/1?utm_source=q"), entry(link="http://a.cn/1"), True),
        (entry("old", guid="x"), entry("new", guid="x"), True),
        (entry("old", "https://a.cn/1", "x"), entry("new", "https://a.cn/1", "x"), True),
        (entry("a", "https://a.cn/1?t=1", "x"), entry("a", "https://a.cn/1?t=2", "x"), True),
        (entry("a", "https://a.cn/1", "x"), entry("b", "https://a.cn/2", "x"), False),
        (entry("a", "https://a.cn/1", "https://a.cn/1"), entry("b", "https://a.cn/1"), True),
        (entry("a"), entry("a"), True),
        (entry("a", "https://a.cn/1", "1"), entry("b", "https://a.cn/2", "2"), False),
    ],
    ids=[
        "new guid, same link",
        "tracking",
        "edited title without a link",
        "edited title",
        "same guid and title, new link",
        "guid given again to another item",
        "guid is the link",
        "title only",
        "another story",
    ],
)
def test_an_entry_is_known_again(first: Entry, again: Entry, expected: bool) -> None:
    assert known(first, again) is expected


@pytest.mark.parametrize(
    "listing",
    [
        [entry("a", guid="same"), entry("b", guid="same")],
        [entry("a", "https://a.cn/list"), entry("b", "https://a.cn/list")],
    ],
    ids=["one guid for all", "one link for all"],
)
def test_different_titles_stay_distinct(listing: list[Entry]) -> None:
    first, second = entry_keys(listing)
    assert first
    assert second
    assert not first & second


def test_one_guid_on_two_lists_means_two_items_unless_it_is_an_address() -> None:
    numbered, addressed = entry("a", guid="17"), entry("a", guid="https://a.cn/17")
    assert not entry_keys([numbered], "laws")[0] & entry_keys([numbered], "news")[0]
    assert entry_keys([addressed], "laws")[0] & entry_keys([addressed], "news")[0]


def test_a_guid_with_a_shared_link_knows_an_edited_title() -> None:
    section = "https://a.cn/list"
    first = entry_keys([entry("a", section, "1"), entry("b", section, "2")])
    again = entry_keys([entry("A, edited", section, "1"), entry("b", section, "2")])
    assert first[0] & again[0]
    assert not first[0] & again[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("plain", "plain"), ("国务院", "国务院"), ("x\ud800y", "x?y"), ("a\0b", "ab"), ("国\0务", "国务")],
    ids=["ascii", "han", "half a pair", "NUL", "NUL in han"],
)
def test_what_a_database_takes(text: str, expected: str) -> None:
    assert storable(text) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:word@a.cn/1?x=@", "https://a.cn/1?x=@"),
        ("https://me@a.cn", "https://a.cn"),
        ("https://a.cn/@me", "https://a.cn/@me"),
        ("not an address", "not an address"),
    ],
    ids=["name and password", "name", "in the path", "none"],
)
def test_an_address_without_its_password(url: str, expected: str) -> None:
    assert without_userinfo(url) == expected
