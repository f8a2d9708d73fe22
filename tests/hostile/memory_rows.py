"""Faults that would be remembered for too long, or forgotten too soon: patience, pages owed, lists, guids."""

import json
from typing import Any

from tests.hostile.row import GOOD, NOW, Came, Row, also, asked, item, rss, site, stored
from tests.origin import Answer, Site, says

SENTENCES = (
    "The People's Bank of China said it would widen the digital yuan pilot to six more cities next month. "
    "Banks in these cities must open wallets for merchants from January, it said in a notice on Tuesday."
)
TOLD = f"<!doctype html><html><body><article><h1>{GOOD}</h1><p>{SENTENCES}</p></article></body></html>"
DAY = "86400"
BEYOND = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"


def patience_rows() -> list[Row]:
    foreign = site()
    foreign.answers["*"] = [says(status=429, Retry_After=DAY)]

    async def links_away(request: Any) -> Any:
        links = (item(f"{GOOD} {n}", link=f"http://{foreign.address}/{n}") for n in range(2))
        return await says(rss(*links))(request)

    def not_parked(came: Came) -> None:
        assert came.rounds[0]["failures"] == 0
        assert came.rounds[0]["wait"] < 3_600
        assert len(foreign.asked) == 2  # its robots.txt, and one page: the second is not asked for

    def gone(fault: str, answer: Answer) -> Row:
        pages = site(says(rss(item("gone one", link="/p"))), p=[answer])

        def kept_and_not_parked(came: Came) -> None:
            stored("gone one")(came)
            assert came.rounds[0]["wait"] < 3_600

        return Row(fault=fault, site=pages, check=kept_and_not_parked, config="")

    return [
        Row(
            fault="a day of patience asked by the host of its links",
            site=site(links_away),
            check=not_parked,
            config="",
            neighbours=(foreign,),
        ),
        gone("Retry-After on a page that is gone", says(status=404, Retry_After=DAY)),
        gone("Retry-After beyond all years", says(status=404, Retry_After=BEYOND)),
    ]


def page_rows() -> list[Row]:
    lastmod = f"<lastmod>{NOW.isoformat()}</lastmod>"
    untitled = f"<urlset><url><loc>http://HERE/p</loc>{lastmod}</url></urlset>"
    in_trouble = site(map__xml=[says(untitled)], p=[says(status=503), says(TOLD, "text/html")])
    forbidden = site(
        says(rss(item("Notice number 7", link="/p"))), p=[says(status=403), says(TOLD, "text/html")]
    )

    def judged_by_its_page(came: Came) -> None:
        assert came.rounds[0]["problem"] == "1 page owed"
        assert came.rounds[1]["problem"] == ""
        assert came.titles == [GOOD]
        assert came.articles[0]["body_from"] == "page"
        assert came.articles[0]["relevant"] == 1

    return [
        Row(
            fault="a page in trouble at first",
            site=in_trouble,
            url="feeds: [{name: s, method: sitemap, url: 'http://{address}/map.xml'}]",
            check=judged_by_its_page,
            config="",
        ),
        Row(
            fault="a page that is forbidden",
            site=forbidden,
            check=also(stored("Notice number 7"), asked("/p", 1)),
            config="",
        ),
    ]


def list_rows() -> list[Row]:
    index = says(
        "<sitemapindex><sitemap><loc>http://HERE/news.xml</loc></sitemap></sitemapindex>", ETag='"1"'
    )
    lastmod = f"<lastmod>{NOW.isoformat()}</lastmod>"
    urls = "".join(f"<url><loc>http://HERE/n/{n}</loc>{lastmod}</url>" for n in range(2))
    parts = [says(status=503), says(f"<urlset>{urls}</urlset>")]

    def read_later(came: Came) -> None:
        assert (came.rounds[0]["failures"], came.rounds[1]["failures"]) == (1, 0)
        assert len(came.articles) == 2
        assert [headers.get("If-None-Match") for headers in came.site.headers("/index.xml")] == [None] * 2

    def stands_in(came: Came) -> None:
        assert came.rounds[0]["problem"] == ("list f0: not there any more (404); read by its list f1 instead")
        assert came.titles == ["stood in"]

    def both_kept(came: Came) -> None:
        assert sorted(came.titles) == ["of list a", "of list b"]

    undated = [rss(*_undated(f"v{n}")) for n in (1, 2)]

    def backlog(came: Came) -> None:
        assert "taken as a backlog" in came.rounds[1]["problem"]
        assert len(came.articles) == 12
        assert "new-story" not in came.reasons

    same_guid = {
        f"/{name}.xml": [says(rss(item(f"of list {name}", link=f"/{name}/1", guid="1")))] for name in "ab"
    }
    return [
        Row(
            fault="an index of sitemaps whose part fails at first",
            site=site(index__xml=[index], news__xml=parts),
            url="feeds: [{name: s, method: sitemap, url: 'http://{address}/index.xml'}]",
            check=read_later,
            config="",
        ),
        Row(
            fault="a list that is gone, with another to stand in",
            site=site(f0__xml=says(status=404), f1__xml=says(rss(item("stood in")))),
            url="feeds: [{name: f0, url: 'http://{address}/f0.xml'}, "
            "{name: f1, use: fallback, url: 'http://{address}/f1.xml'}]",
            check=stands_in,
        ),
        Row(
            fault="two lists that number their items alike",
            site=Site(answers=same_guid),
            url="feeds: [{name: a, url: 'http://{address}/a.xml'}, {name: b, url: 'http://{address}/b.xml'}]",
            check=both_kept,
        ),
        Row(
            fault="a site remade, its undated list under new addresses",
            site=site(*map(says, undated)),
            check=backlog,
        ),
    ]


def _undated(version: str) -> list[str]:
    words = ("bank", "tax", "court", "data", "rail", "port")
    return [
        f"<item><title>{GOOD}, rule on {word}</title><link>/{version}/{word}</link></item>" for word in words
    ]


def text_rows() -> list[Row]:
    odd = {"id": "x\ud800", "url": "http://HERE/bad", "title": "half \ud800 pair"}
    good = {"id": "1", "url": "http://HERE/good", "title": "beside it"}
    listing = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [odd, good]})

    def both_kept(came: Came) -> None:
        assert came.problem == ""
        assert len(came.articles) == 2
        assert "beside it" in came.titles

    secret = site(says(rss(item("guarded", link="http://me:word@HERE/p"))))

    def without_password(came: Came) -> None:
        stored("guarded")(came)
        assert came.site.times("/robots.txt") == 1
        assert came.articles[0]["url"] == f"http://{came.site.address}/p"

    return [
        Row(
            fault="half a surrogate pair in a guid",
            site=site(says(listing, "application/feed+json")),
            check=both_kept,
        ),
        Row(fault="a password in a link", site=secret, check=without_password, config=""),
    ]


MEMORY_ROWS = [*patience_rows(), *page_rows(), *list_rows(), *text_rows()]
