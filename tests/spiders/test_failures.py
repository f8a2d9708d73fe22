"""Every trouble with a list has a cause and words; parsers' own words are sorted as well."""

from typing import Any

import pytest
from scrapy.exceptions import IgnoreRequest
from twisted.internet.error import ConnectionLost, ConnectionRefusedError, DNSLookupError, TimeoutError

from monitor.core.model import Cause, Feed, ListFields, Method
from spiders.failures import LeftAloneError, Trouble, list_trouble, status_trouble, trouble
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
