"""Faults of servers: what they send, how, when, and whither."""

import gzip
from datetime import UTC
from email.utils import format_datetime
from importlib import import_module
from typing import Any

from tests.hostile.row import (
    HOUR,
    NOW,
    Came,
    Row,
    also,
    asked,
    cut_short,
    feeds,
    item,
    named,
    rss,
    site,
    stored,
    untouched,
)
from tests.origin import (
    PAGE,
    Answer,
    Site,
    deflate_bomb,
    endless,
    gzip_bomb,
    redirects,
    revalidates,
    says,
    short_body,
    silence,
    slow_body,
)

TOO_SLOW = named("did not answer in time")
SPELLINGS = (
    "127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]",
    "017700000001",
)  # fmt: skip
PRIVATE = ("http://10.0.0.7/", "http://192.168.1.1/", "http://169.254.169.254/latest/", "http://[fe80::1]/")
OTHER_SCHEMES = ("file:///etc/passwd", "data:text/xml,<rss/>", "ftp://127.0.0.1/x", "javascript:alert(1)")


def trouble_rows() -> list[Row]:
    return [
        *bomb_rows(),
        Row(fault="a body shorter than promised", site=site(short_body), check=named("")),
        Row(
            fault="a chain of 50 redirects",
            site=site(redirects("/c?n={n}"), c=redirects("/c?n={n}")),
            check=named("it redirects in a circle, or too often"),
        ),
    ]


def bomb_rows() -> list[Row]:
    """They unpack to a gibibyte, the last one to a quarter of it. One site, so that they come one by one."""
    bombs = {
        "gzip": (gzip_bomb(), "gzip"),
        "deflate": (deflate_bomb(), "deflate"),
        "double gzip": (gzip.compress(gzip_bomb(), 1), "gzip, gzip"),
    }
    try:
        brotli = import_module("brotli")
    except ImportError:  # then nobody is told that we take it
        pass
    else:
        bombs["brotli"] = (brotli.compress(bytes(256 * 1024 * 1024), quality=1), "br")
    shared = Site(
        answers={
            f"/{n}.xml": [says(body, Content_Encoding=encoding)]
            for n, (body, encoding) in enumerate(bombs.values())
        }
    )
    shared.answers["/endless.xml"] = [endless]
    stream = "http://{address}/endless.xml"
    return [
        Row(fault="an endless stream", site=shared, check=cut_short, url=stream),
        *(
            Row(fault=f"{fault} bomb", site=shared, check=cut_short, url=f"http://{{address}}/{n}.xml")
            for n, fault in enumerate(bombs)
        ),
    ]


def patience_rows() -> list[Row]:
    date = format_datetime((NOW + 2 * HOUR).astimezone(UTC), usegmt=True)

    def left_alone(came: Came) -> None:
        assert came.rounds[0]["wait"] > 4_000  # the date was set when the rows were written down
        assert came.site.times("/feed.xml") == 1  # though the second round finds it due

    def one_page_then_rest(came: Came) -> None:
        pages = [path for path, _ in came.site.asked if path.startswith("/news/")]
        assert len(pages) == 1
        assert len(came.articles) == 3
        left_alone(came)

    def row(fault: str, answer: Answer) -> Row:
        return Row(fault=fault, site=site(answer), check=left_alone)

    # Relevant by their titles, so that they are kept (and told) though their pages are still owed.
    titles = [f"People's Bank of China issues digital yuan rules, part {word}" for word in ("a", "b", "c")]
    pages = site(says(rss(*(item(title, link=f"/news/{n}") for n, title in enumerate(titles)))))
    pages.answers["*"] = [says(status=429, Retry_After="7200")]
    pages.answers["/robots.txt"] = [says("", "text/plain")]
    robots = site(says(rss(item())), robots__txt=says(status=429, Retry_After="7200"))

    def robots_left_alone(came: Came) -> None:
        assert came.rounds[0]["wait"] > 4_000  # the date was set when the rows were written down
        assert came.site.times("/feed.xml") == 0

    return [
        row("429 with Retry-After in seconds", says(status=429, Retry_After="7200")),
        row("503 with Retry-After as a date", says(status=503, Retry_After=date)),
        Row(fault="429 on an article page", site=pages, check=one_page_then_rest, config=""),
        Row(fault="429 on robots.txt", site=robots, check=robots_left_alone),
    ]


def robots_rows() -> list[Row]:
    good = says(rss(item("allowed")))

    def robots(text: str, kind: str = "text/plain", status: int = 200) -> Site:
        return site(good, robots__txt=says(text, kind, status=status))

    deny, not_now = asked("/feed.xml", 0), "the site is left alone for now"

    def slowed(came: Came) -> None:
        stored("allowed")(came)
        assert came.rounds[0]["delay"] >= 0.4

    return [
        Row(
            fault="robots.txt denies",
            site=robots("User-agent: *\nDisallow: /"),
            check=also(named("Forbidden by robots.txt"), deny),
        ),
        Row(
            fault="robots.txt asks for a crawl-delay",
            site=robots("User-agent: *\nCrawl-delay: 0.4"),
            check=slowed,
        ),
        Row(fault="robots.txt is not there", site=site(good), check=stored("allowed")),
        Row(
            fault="robots.txt is in trouble",
            site=robots("", status=503),
            check=also(named(not_now), deny),
        ),
        Row(fault="robots.txt is an HTML page", site=robots(PAGE, "text/html"), check=stored("allowed")),
        Row(
            fault="robots.txt of a megabyte",
            site=robots("User-agent: *\nDisallow: /feed.xml\n" + "# filler\n" * 120_000),
            check=also(named("Forbidden by robots.txt"), deny),
        ),
    ]


def conditional_rows() -> list[Row]:
    def row(fault: str, asks: str, **validators: str) -> Row:
        value = next(iter(validators.values()))

        def check(came: Came) -> None:
            stored("once")(came)
            assert [headers.get(asks) for headers in came.site.headers("/feed.xml")] == [None, value]
            assert came.rounds[1]["problem"] == ""

        return Row(fault=fault, site=site(revalidates(rss(item("once")), **validators)), check=check)

    modified = format_datetime(NOW.replace(microsecond=0), usegmt=True)
    return [
        row("a strong ETag", "If-None-Match", ETag='"1"'),
        row("a weak ETag", "If-None-Match", ETag='W/"1"'),
        row("only Last-Modified", "If-Modified-Since", Last_Modified=modified),
    ]


def address_rows() -> list[Row]:
    jump = site()
    jump.answers |= {f"/r{n}": [redirects(f"http://{host}:INSIDE/")] for n, host in enumerate(SPELLINGS)}
    jump.answers |= {f"/p{n}": [redirects(url)] for n, url in enumerate(PRIVATE)}
    jump.answers |= {f"/s{n}": [redirects(url)] for n, url in enumerate(OTHER_SCHEMES)}
    ways = [path for path in jump.answers if path[1:2] in "rps" and path[2:].isdigit()]
    linked = [f"http://{host}:INSIDE/a{n}" for n, host in enumerate(SPELLINGS)] + list(PRIVATE)
    links = site(says(rss(*(item(f"linked {n}", link=url) for n, url in enumerate(linked)))))
    schemes = site(says(rss(*(item(f"scheme {n}", link=url) for n, url in enumerate(OTHER_SCHEMES)))))
    meta = "<html><head><meta http-equiv=refresh content='0; url=http://127.0.0.1:INSIDE/m'></head></html>"

    def no_way_in(came: Came) -> None:
        untouched(came)
        assert came.rounds[0]["failures"] == 1
        assert "is not a public address" in came.problem
        assert came.articles == []

    def kept_without_page(came: Came) -> None:
        untouched(came)
        assert len(came.articles) == len(linked)
        assert all("not a public address" in article["problem"] for article in came.articles)

    def without_link(came: Came) -> None:
        assert [article["url"] for article in came.articles] == [""] * len(OTHER_SCHEMES)

    return [
        Row(
            fault="redirects to loopback, private and foreign schemes in any spelling",
            site=jump,
            url=feeds(*(f"http://{{address}}{path}" for path in ways)),
            check=no_way_in,
        ),
        Row(fault="links to loopback in any spelling", site=links, check=kept_without_page, config=""),
        Row(fault="links to foreign schemes", site=schemes, check=without_link, config=""),
        Row(
            fault="meta refresh to loopback",
            site=site(says(rss(item("refreshed"))), news_1=says(meta, "text/html")),
            check=also(stored("refreshed"), untouched),
            config="",
        ),
        Row(
            fault="a name that resolves inwards",
            site=site(),
            url="http://inside.test:INSIDE/feed.xml",
            check=also(named("resolves to a refused address"), untouched),
        ),
        Row(
            fault="a name server that never answers",
            site=site(),
            url="http://hang.test/feed.xml",
            check=named("did not answer in time"),
        ),
        Row(
            fault="a redirect loop",
            site=site(redirects("/feed.xml?n={n}")),
            check=named("it redirects in a circle, or too often"),
        ),
    ]


def privacy_rows() -> list[Row]:
    other = site(says(rss(item("carried"))))

    async def jump(request: Any) -> Any:
        cookie = {"Set-Cookie": "session=secret", "WWW-Authenticate": "Basic"}
        return await says(status=302, Location=f"http://{other.address}/feed.xml", **cookie)(request)

    def clean(came: Came) -> None:
        stored("carried")(came)
        (headers, *_) = other.headers("/feed.xml")
        assert not {"Cookie", "Authorization", "Referer"} & set(headers)
        assert headers["User-Agent"].startswith("policywire/")

    start = site(jump)
    return [Row(fault="cookies and a referrer over a redirect", site=start, check=clean, neighbours=(other,))]


NETWORK_ROWS = [
    *trouble_rows(),
    *patience_rows(),
    *robots_rows(),
    *conditional_rows(),
    *address_rows(),
    *privacy_rows(),
]
BESIDE = [
    *(
        Row(
            fault=f"a healthy one {n}",
            site=site(says(rss(item(f"healthy {n}")))),
            check=stored(f"healthy {n}"),
        )
        for n in range(20)
    ),
    Row(fault="a hung one: slow body", site=site(slow_body), check=TOO_SLOW),
    Row(fault="a hung one: silence", site=site(silence), check=TOO_SLOW),
    Row(fault="a hung one: silence again", site=site(silence), check=TOO_SLOW),
    Row(fault="a hung one: silence thrice", site=site(silence), check=TOO_SLOW),
    Row(
        fault="a hung one: robots.txt",
        site=site(says(rss(item())), robots__txt=silence),
        check=also(named("the site is left alone for now"), asked("/feed.xml", 0)),
    ),
]
