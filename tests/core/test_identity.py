"""Identity: which addresses and entries are one."""

import pytest

from monitor.core.identity import canonical_url, entry_keys
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
        (entry("a"), entry("a"), True),
        (entry("a", "https://a.cn/1", "1"), entry("b", "https://a.cn/2", "2"), False),
    ],
    ids=["new guid, same link", "tracking", "edited title", "title only", "another story"],
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
