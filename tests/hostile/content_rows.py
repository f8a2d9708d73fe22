"""Faults of what is published: broken, odd, repeated, too much."""

from datetime import timedelta

from tests.hostile.row import (
    GOOD,
    HOUR,
    NOW,
    Came,
    Row,
    among,
    dated,
    feeds,
    item,
    named,
    rss,
    site,
    stored,
    untouched,
)
from tests.origin import PAGE, says

XXE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "{}">]>'
LAUGHS = "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a0 'ha'>{}]>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
)
QUADRATIC = f"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY q '{'q' * 50_000}'>]>"
CHINESE = "数字人民币试点扩大到六个城市，央行发布通知"
TRADITIONAL = "數字貨幣監管條例草案提交審議，諮詢期兩個月"


def entity_rows() -> list[Row]:
    bombs = {
        "billion laughs": (LAUGHS, "&a9;"),
        "quadratic blow-up": (QUADRATIC, "&q;" * 5_000),
        "an entity that is a file": (XXE.format("file:///etc/passwd"), "&x;"),
        "an entity that is an address": (XXE.format("http://127.0.0.1:INSIDE/x"), "&x;"),
    }

    def harmless(came: Came) -> None:
        untouched(came)
        assert "whole" in came.titles
        assert all(len(title) <= 500 and "root:" not in title for title in came.titles)

    return [
        Row(
            fault=fault,
            site=site(says(rss(f"<item><title>a{use}</title></item>", item("whole"), head=prolog))),
            check=harmless,
        )
        for fault, (prolog, use) in bombs.items()
    ]


def answer_rows() -> list[Row]:
    """Something else than a feed, and refusals of all kinds."""
    wrong = {
        "an HTML page instead of a feed": (says(PAGE, "text/html"), "not a feed but an HTML page"),
        "nothing instead of a feed": (says(b""), "empty: the server sent nothing"),
        "binary instead of a feed": (says(bytes(range(256)) * 40), "not a feed"),
        "a sign-in page instead of a feed": (
            says("<!DOCTYPE html><title>Sign in</title><form><input type=password></form>"),
            "not a feed but an HTML page",
        ),
        "an answer of 403": (says(status=403), "refuses us (403)"),
        "an answer of 404": (says(status=404), "not there any more (404)"),
        "an answer of 410": (says(status=410), "gone for good (410)"),
        "false gzip": (says("<rss/>", Content_Encoding="gzip"), ""),
    }
    rows = [Row(fault=f, site=site(answer), check=named(problem)) for f, (answer, problem) in wrong.items()]

    def recovers(came: Came) -> None:
        assert "server trouble (503)" in came.problem
        assert came.rounds[1]["failures"] == 0
        assert came.rounds[1]["problem"] == ""
        assert came.titles == ["back"]

    storm = site(says(status=503), says(rss(item("back"))))
    return [*rows, Row(fault="a storm of 503 passes", site=storm, check=recovers)]


def text_rows() -> list[Row]:
    half = rss(item("one", guid="1"), item("two", guid="2"), item("three", guid="3"))
    half = half[: half.rindex("three") + 2]
    ill = rss(item("plain", guid="a"), item("bad \x07 bell & nbsp", guid="b")).replace("nbsp", "&nbsp;x")

    def big5(came: Came) -> None:
        assert came.titles == [TRADITIONAL]

    return [
        Row(
            fault="a feed cut off in its third item",
            site=site(says(half)),
            check=stored("one", "two", problem="cut off"),
        ),
        Row(
            fault="junk before the feed",
            site=site(says("\r\nPHP notice\n" + rss(item("j")))),
            check=stored("j"),
        ),
        Row(
            fault="control characters and undefined references",
            site=site(says(ill)),
            check=stored("plain", "bad bell & x"),
        ),
        Row(
            fault="GBK under a utf-8 header",
            site=site(says(rss(item(CHINESE), head="").encode("gbk"), "text/xml; charset=utf-8")),
            check=stored(CHINESE),
        ),
        Row(
            fault="utf-8 under a gbk header",
            site=site(says(rss(item(CHINESE), head=""), "text/xml; charset=gbk")),
            check=stored(CHINESE),
        ),
        Row(
            fault="Big5 under an iso-8859-1 header",
            site=site(says(rss(item(TRADITIONAL), head="").encode("big5"), "text/xml; charset=iso-8859-1")),
            check=big5,
        ),
        Row(
            fault="UTF-16 without a charset",
            site=site(says(rss(item(CHINESE), head="").encode("utf-16"), "text/xml")),
            check=stored(CHINESE),
        ),
        Row(
            fault="markup, brackets and placeholders in a title",
            site=site(says(rss(item("<script>x</script> & ]]> *b* {{7*7}} %s")))),
            check=stored("<script>x</script> & ]]> *b* {{7*7}} %s"),
        ),
        Row(
            fault="a title of a megabyte",
            site=site(says(rss(item("t" * 1_000_000)))),
            check=stored("t" * 500),
        ),
        Row(
            fault="100,000 nested tags in a feed",
            site=site(says(rss(item("whole"), "<item><title>" + "<b>" * 100_000))),
            check=among("whole"),
        ),
        Row(
            fault="100,000 nested tags in a page",
            site=site(says(rss(item("deep"))), news_1=says("<div>" * 100_000 + "x", "text/html")),
            check=stored("deep"),
            config="",
        ),
        Row(
            fault="100,000 brackets of JSON",
            site=site(says("[" * 100_000)),
            check=named("not JSON"),
        ),
    ]


def identity_rows() -> list[Row]:
    one, two = "First text of the day", "Second text of the day"

    def page(link: str, **more: str) -> str:
        return item(one, link=link, **more)

    return [
        Row(
            fault="one guid for all items",
            site=site(says(rss(item(one, link="/1", guid="x"), item(two, link="/2", guid="x")))),
            check=stored(one, two),
        ),
        Row(
            fault="a new guid at every fetch",
            site=site(says(rss(page("/1", guid="g1"))), says(rss(page("/1", guid="g2")))),
            check=stored(one),
        ),
        Row(
            fault="tracking parameters in the link",
            site=site(says(rss(page("/1?utm_source=a&spm=1"))), says(rss(page("/1?utm_source=b&spm=2")))),
            check=stored(one),
        ),
        Row(
            fault="a title edited under its guid",
            site=site(says(rss(item(one, guid="g"))), says(rss(item("Corrected: " + one, guid="g")))),
            check=stored(one),
        ),
        Row(
            fault="a known item with a new date",
            site=site(
                says(rss(item(one, guid="g", more=dated(NOW - 3 * HOUR)))),
                says(rss(item(one, guid="g", more=dated(NOW)))),
            ),
            check=stored(one),
        ),
        Row(
            fault="no guid, no link, no title, broken links",
            site=site(
                says(
                    rss(
                        "<item><title>bare</title></item>",
                        "<item><description>nothing else</description></item>",
                        item("relative", link="news/7"),
                        item("broken", link="http://[broken/"),
                        item("empty", link=""),
                    )
                )
            ),
            check=stored("bare", "relative", "broken", "empty"),
            config="",
        ),
    ]


def date_rows() -> list[Row]:
    odd = {
        "no date": "<pubDate></pubDate>",
        "1970": "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>",
        "9999": "<pubDate>Fri, 31 Dec 9999 23:59:59 GMT</pubDate>",
        "400 days ahead": dated(NOW + timedelta(days=400)),
        "words": "<pubDate>in the year of the horse</pubDate>",
        "5,000 digits": f"<pubDate>{'1' * 5_000}</pubDate>",
    }

    def undated(came: Came) -> None:
        stored(*odd)(came)
        assert [article["published_at"] for article in came.articles] == [None] * len(odd)
        assert came.rounds[0]["newest_item_at"] is None

    items = (item(title, link=f"/{n}", more=more) for n, (title, more) in enumerate(odd.items()))
    return [Row(fault="dates that are none", site=site(says(rss(*items))), check=undated)]


def flood_rows() -> list[Row]:
    many = 600
    big = rss(*(item(f"Item number {n} of many", link=f"/n/{n}") for n in range(many)))
    backlog = rss(
        *(
            item(f"{GOOD} step {n}", link=f"/b/{n}", more=dated(NOW - timedelta(days=2 + n)))
            for n in range(30)
        )
    )
    late = rss(item(f"{GOOD} of old", link="/old", more=dated(NOW - timedelta(days=3))))
    fresh = rss(item("Today", link="/today"))

    def pages_bounded(came: Came) -> None:
        assert len(came.articles) == many
        first = [path for path, _ in came.site.asked if path.startswith("/n/")]
        assert len(first) == 40, (len(first), came.rounds)

    def no_alert(came: Came) -> None:
        assert len(came.articles) == 30
        assert set(came.reasons) == {"backlog"}

    def only_the_new_list_is_backlog(came: Came) -> None:
        assert sorted(came.titles) == sorted(["Today", f"{GOOD} of old"])
        assert [a["reason"] for a in came.articles if "old" in a["title"]] == ["backlog"]

    calendar = "".join(f"<li><a href='/day/{n}'>Day number {n} of the calendar</a></li>" for n in range(60))
    endless_days = site(calendar=says(f"<ul>{calendar}</ul><a href='/calendar?n=2'>next</a>", "text/html"))

    def no_deeper(came: Came) -> None:
        paths = {path for path, _ in came.site.asked}
        assert len(paths) <= 2 + 40
        assert "/calendar?n=2" not in paths
        assert len(came.articles) == 60

    index = "<sitemapindex>{}</sitemapindex>".format(
        "".join(f"<sitemap><loc>http://HERE/map?n={n}</loc></sitemap>" for n in range(50))
    )

    def parts_bounded(came: Came) -> None:
        assert len({path for path, _ in came.site.asked if path.startswith("/map?")}) == 3

    return [
        Row(fault="a feed of many entries", site=site(says(big)), check=pages_bounded, config=""),
        Row(fault="a first run on a full feed", site=site(says(backlog)), check=no_alert),
        Row(
            fault="a second list that is read for the first time later",
            site=site(says(fresh), late__xml=[says(status=500), says(late)]),
            url=feeds("http://{address}/feed.xml", "http://{address}/late.xml"),
            check=only_the_new_list_is_backlog,
        ),
        Row(
            fault="an endless calendar of links",
            site=endless_days,
            url="feeds: [{url: 'http://{address}/calendar', method: listing, fields: {items: li}}]",
            check=no_deeper,
            config="",
        ),
        Row(
            fault="a sitemap index without end",
            site=site(map=says(index)),
            url="feeds: [{url: 'http://{address}/map', method: sitemap}]",
            check=parts_bounded,
        ),
    ]


CONTENT_ROWS = [
    *entity_rows(),
    *answer_rows(),
    *text_rows(),
    *identity_rows(),
    *date_rows(),
    *flood_rows(),
]
