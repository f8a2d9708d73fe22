"""Every trouble with a list has a cause and words; parsers' own words are sorted as well."""

from datetime import timedelta
from typing import Any

import pytest
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.internet.error import ConnectionLost, ConnectionRefusedError, DNSLookupError, TimeoutError

from monitor.core.model import Feed, ListFields, Method
from monitor.core.polling import Cause
from spiders.failures import (
    LeftAloneError,
    Patience,
    Trouble,
    list_trouble,
    retry_after,
    status_trouble,
    trouble,
)
from spiders.feed import parse_list
from tests.builders import NOW, a_source

WALL = "<html><head><title>Just a moment...</title></head><body></body></html>"


@pytest.mark.parametrize(
    ("status", "text", "cause"),
    [
        (403, "", Cause.FORBIDDEN),
        (403, WALL, Cause.BLOCK_PAGE),
        (404, WALL, Cause.GONE),
        (410, "", Cause.GONE),
        (412, WALL, Cause.COOKIE_WALL),
        (429, WALL, Cause.PATIENCE),
        (503, "", Cause.SERVER),
        (503, WALL, Cause.BLOCK_PAGE),
        (202, "", Cause.ANSWER),
    ],
)
def test_a_status_has_a_cause(status: int, text: str, cause: Cause) -> None:
    found = status_trouble(status, text)
    assert found.cause is cause
    assert str(status) in found.words


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (DNSLookupError("no"), Cause.DNS),
        (TimeoutError(), Cause.TIMEOUT),  # type: ignore[no-untyped-call]
        (ConnectionRefusedError(), Cause.REFUSED),  # type: ignore[no-untyped-call]
        (ConnectionLost(), Cause.CUT_OFF),
        (Exception("certificate verify failed"), Cause.TLS),
        (ValueError("never met"), Cause.CUT_OFF),
        (IgnoreRequest("Forbidden by robots.txt"), Cause.ROBOTS),
        (IgnoreRequest("refused: 10.0.0.1 is not a public address"), Cause.REFUSED),
        (IgnoreRequest("max redirections reached"), Cause.GONE),
        (IgnoreRequest("its server asked for patience"), Cause.PATIENCE),
        (LeftAloneError(Trouble(words="did not answer; …", cause=Cause.TIMEOUT)), Cause.TIMEOUT),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_an_error_has_a_cause(error: Exception, cause: Cause) -> None:
    found = trouble(error)
    assert found.cause is cause
    assert found.words


ITEMS = ListFields(items="li")
ROWS = ListFields(items="rows[*]", title="t", link="u")


@pytest.mark.parametrize(
    ("method", "fields", "body", "cause"),
    [
        (Method.FEED, None, "", Cause.EMPTY),
        (Method.FEED, None, "<rss version='2.0'><channel/></rss>", Cause.EMPTY),
        (Method.FEED, None, "<html><p>Sorry</p></html>", Cause.UNREADABLE),
        (Method.FEED, None, "<html><script>go()</script></html>", Cause.JS_SHELL),
        (Method.FEED, None, WALL, Cause.BLOCK_PAGE),
        (Method.LISTING, ITEMS, "<p>words and more words</p>", Cause.LAYOUT),
        (Method.LISTING, ITEMS, "<ul><li>words</li></ul>", Cause.LAYOUT),
        (Method.JSON, ROWS, '{"list": []}', Cause.LAYOUT),
        (Method.JSON, ROWS, '{"rows": [{"x": 1}]}', Cause.LAYOUT),
        (Method.JSON, ROWS, "<html>sign in</html>", Cause.UNREADABLE),
        (Method.SITEMAP, None, "<urlset><url><loc>https://a.example/</loc></url></urlset>", Cause.NO_DATES),
    ],
    ids=[
        "nothing", "feed without items", "a page", "shell", "wall", "selector finds nothing", "no links",
        "path finds nothing", "fields moved", "page for JSON", "sitemap without dates",
    ],
)  # fmt: skip
def test_a_list_that_is_none_has_a_cause(method: Method, fields: Any, body: str, cause: Cause) -> None:
    feed = Feed(name="f", url="https://site.example/", method=method, fields=fields)
    listing = parse_list(
        body.encode(), source=a_source(feeds=(feed,)), feed=feed, url="https://site.example/", now=NOW
    )
    assert listing.entries == ()
    assert list_trouble(listing.problem, body).cause is cause


def answer(status: int, asked: str, url: str = "https://site.example/") -> Response:
    return Response(url, status=status, headers={"Retry-After": asked})


@pytest.mark.parametrize(
    ("status", "asked", "expected"),
    [
        (429, "60", timedelta(seconds=60)),
        (503, "9" * 400, timedelta(days=1)),
        (404, "60", None),
        (200, "60", None),
        (429, "soon", None),
        (429, "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        (429, "Mon, 01 Jan 2026 99999999999999999999:00:00 GMT", None),
        (429, "Mon, 01 Jan 2026 00:00:00 +99999999999999999999", None),
        (429, "Mon, 01 Jan 0001 00:00:00 +2300", timedelta()),
    ],
    ids=["429", "for ever", "404", "200", "words", "year", "hour", "zone", "long ago"],
)
def test_only_some_answers_can_ask_for_patience(status: int, asked: str, expected: timedelta | None) -> None:
    assert retry_after(answer(status, asked), NOW) == expected


def test_patience_is_kept_by_host_and_not_longer_than_a_clock_can_mean() -> None:
    patience = Patience()
    patience.heed(answer(429, "60"), NOW)
    assert patience.left("https://me@site.example/other", NOW) == timedelta(seconds=60)
    assert patience.left("https://another.example/", NOW) is None
    assert patience.left("https://site.example/", NOW - timedelta(days=400)) is None


def test_an_unknown_error_tells_no_address() -> None:
    found = trouble(ValueError("bad: https://me:word@site.example/feed?key=1 (sic)"))
    assert found.words == "ValueError: bad: (address) (sic)"
