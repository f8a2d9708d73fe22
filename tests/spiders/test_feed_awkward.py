"""Chinese feeds as publishers really send them, the tolerant second reading, and feeds that mean harm."""

import json
from datetime import UTC, datetime
from unittest.mock import patch
from zoneinfo import ZoneInfo

import feedparser
import pytest

from monitor.core.model import Feed
from spiders.feed import Listing, parse_list
from spiders.raw import LARGEST
from tests.builders import a_source

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)  # 18:00 in Beijing
URL = "https://www.a.gov.cn/xw/feed.xml"
LINK = "https://www.a.gov.cn/xw/1.html"
QUERY_LINK = "https://www.a.gov.cn/a?x=1&y=2"
TITLE = "中国人民银行发布数字人民币试点工作通知"
RARE = "朱镕基与喆、堃、珺谈人工智能"  # 镕, 喆, 堃 and 珺 are in GBK and not in GB2312
FOUR_BYTES = "\U00020bb7野家谈数字人民币"  # outside the basic plane: four bytes in GB18030
TRADITIONAL = "金融管理局公布穩定幣發行人監管制度"
RFC = "Tue, 24 Nov 2026 09:30:00 +0800"
AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def read(body: bytes, content_type: str = "") -> Listing:
    feed = Feed(name="f", url=URL)
    source = a_source(timezone=ZoneInfo("Asia/Shanghai"))
    return parse_list(body, source=source, feed=feed, url=URL, content_type=content_type, now=NOW)


def item(title: str = TITLE, date: str = RFC, link: str = LINK) -> str:
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{date}</pubDate></item>"


def rss(items: str = "", *, declaration: str = '<?xml version="1.0"?>') -> str:
    inside = items or item()
    return f'{declaration}<rss version="2.0"><channel><title>政策</title>{inside}</channel></rss>'


def declared(charset: str, items: str = "") -> str:
    return rss(items, declaration=f'<?xml version="1.0" encoding="{charset}"?>')


def atom(entry: str, attributes: str = "") -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{entry}</feed>'.encode()


RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://www.a.gov.cn/"><title>c</title></channel>
<item rdf:about="{LINK}"><title>{TITLE}</title><dc:date>2026-11-24T09:30+08:00</dc:date></item></rdf:RDF>"""
BASED_ENTRY = (
    f"<entry><title>{TITLE}</title><link href='1.html'/>"
    "<published>2026-11-24T09:30:00+08:00</published></entry>"
)
JSON_FEED = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "title": "c",
     "items": [{"id": "1", "url": "1.html", "title": TITLE, "date_published": "2026-11-24T09:30:00+08:00"}]}
)  # fmt: skip
BASED_TWICE = BASED_ENTRY.replace("<entry>", "<entry xml:base='/xw/'>")
TWO = rss(item() + item("第二条"))
HTML_TITLE = "中国人民银行&ldquo;数字人民币&rdquo;&nbsp;通知&mdash;&mdash;全文"

AWKWARD = {
    "GBK undeclared": (rss().encode("gbk"), TITLE),
    "GBK labelled utf-8": (declared("utf-8").encode("gbk"), TITLE),
    "gb2312 on GBK bytes with rare characters": (declared("gb2312", item(RARE)).encode("gbk"), RARE),
    "Big5": (declared("Big5", item(TRADITIONAL)).encode("big5"), TRADITIONAL),
    "Big5 undeclared": (rss(item(TRADITIONAL)).encode("big5"), TRADITIONAL),
    "UTF-16 with a mark": (declared("UTF-16").encode("utf-16"), TITLE),
    "UTF-16 without a mark": (declared("UTF-16").encode("utf-16-le"), TITLE),
    "UTF-8 labelled gb2312": (declared("gb2312").encode(), TITLE),
    "GB18030": (declared("GB18030", item(FOUR_BYTES)).encode("gb18030"), FOUR_BYTES),
    "bare ampersands": (rss(item("AI & 数字经济", link=QUERY_LINK)).encode(), "AI & 数字经济"),
    "a bare less-than sign": (rss(item("通胀 < 3% & 数字经济")).encode(), "通胀 < 3% & 数字经济"),
    "cut off inside an item": (TWO.encode()[:-70], TITLE),
    "cut off inside a character": (TWO.encode().partition("二".encode())[0] + b"\xe4\xba", TITLE),
    "warnings before the declaration": (b"<br />\n<b>Warning</b>: mysql in /a.php\n" + rss().encode(), TITLE),
    "blank lines before the declaration": (b"\r\n\r\n \xef\xbb\xbf" + rss().encode(), TITLE),
    "HTML entities undefined in XML": (rss(item(HTML_TITLE)).encode(), "中国人民银行“数字人民币” 通知——全文"),
    "CDATA with markup": (rss(item(f"<![CDATA[<b>{TITLE}</b>]]>")).encode(), TITLE),
    "CDATA with an ampersand": (rss(item("<![CDATA[AI & 数字经济]]>")).encode(), "AI & 数字经济"),
    "markup escaped twice": (rss(item("数字人民币&amp;amp;AI")).encode(), "数字人民币&AI"),
    "control characters": (rss(item(TITLE + "\x0b\x00")).encode(), TITLE),
    "stray end tag": (rss(item() + "</div>").encode(), TITLE),
    "undeclared prefix": (rss(item().replace("</item>", "<media:x>1</media:x></item>")).encode(), TITLE),
    "upper-case tags": (rss().replace("item>", "ITEM>").replace("title>", "TITLE>").encode(), TITLE),
    "RDF": (RDF.encode(), TITLE),
    "Atom with xml:base": (atom(BASED_ENTRY, 'xml:base="https://www.a.gov.cn/xw/"'), TITLE),
    "Atom with xml:base on the entry": (
        atom(BASED_TWICE, 'xml:base="https://www.a.gov.cn/"'), TITLE),
    "JSON Feed": (JSON_FEED.encode(), TITLE),
    "relative link": (rss(item(link="./1.html")).encode(), TITLE),
    "link without a scheme": (rss(item(link="//www.a.gov.cn/xw/1.html")).encode(), TITLE),
    "line breaks inside link and title": (rss(item(f"\n  {TITLE}\n", link=f"\n {LINK}\n")).encode(), TITLE),
}  # fmt: skip


@pytest.mark.parametrize(("body", "title"), AWKWARD.values(), ids=AWKWARD.keys())
def test_an_awkward_feed_is_read(body: bytes, title: str) -> None:
    first = read(body).entries[0]
    link = QUERY_LINK if b"x=1&y=2" in body else LINK
    assert (first.title, first.published_at, first.link) == (title, AT, link)


def beijing(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour - 8, minute, tzinfo=UTC)


DATES = {
    "2026年11月24日 09:30": AT,
    "2026年11月24日09时30分": AT,
    "11月24日 09:30": AT,
    "昨天 18:20": beijing(23, 18, 20),
    "今天 09:30": AT,
    "3小时前": beijing(24, 15, 0),
    "25分钟前": beijing(24, 17, 35),
    "刚刚": NOW,
    "Tue, 24 Nov 2026 09:30:00 CST": AT,
    "2026-11-24 09:30:00": AT,
    "2026-11-24 09:30": AT,
    "2026/11/24 09:30": AT,
    "发布时间：2026-11-24 09:30": AT,
    "发布时间:2026年11月24日 09:30 来源：新华社": AT,
    "２０２６－１１－２４　０９：３０": AT,
    "2026年11月24日 上午9:30": AT,
    "2026年11月24日 下午5:30": beijing(24, 17, 30),
    "1795483800": AT,
    "1795483800000": AT,
    "20261124093000": AT,
    "Tue, 24 Nov 2026 01:30:00 GMT": AT,
    "2026-11-24T09:30:00.000+0800": AT,
    "二〇二六年十一月二十四日": datetime(2026, 11, 23, 16, tzinfo=UTC),
}


@pytest.mark.parametrize(("text", "at"), DATES.items(), ids=DATES.keys())
def test_a_date_is_read_in_beijing_time(text: str, at: datetime) -> None:
    assert read(rss(item(date=text)).encode()).entries[0].published_at == at


@pytest.mark.parametrize("text", ["", "待定", "2026年13月40日", "0000-00-00 00:00:00", "2036-11-24 09:30"])
def test_no_date_is_invented(text: str) -> None:
    assert read(rss(item(date=text)).encode()).entries[0].published_at is None


def test_a_header_names_the_charset_where_the_document_does_not() -> None:
    body = rss(item(TRADITIONAL)).encode("big5")
    assert read(body, "text/xml; charset=big5").entries[0].title == TRADITIONAL


# ── the second reading ──

CLOSED_EARLY = rss(item()) + item("第二条") + item("第三条") + "</channel></rss>"


def test_items_behind_an_early_end_are_read_by_feedparser() -> None:
    listing = read(CLOSED_EARLY.encode())
    assert [entry.title for entry in listing.entries] == [TITLE, "第二条", "第三条"]
    assert {entry.published_at for entry in listing.entries} == {AT}
    assert listing.problem == ""


def test_a_large_broken_feed_is_not_given_to_the_slow_reader() -> None:
    padding = f"<!-- {'x' * 1_000_001} -->"
    with patch.object(feedparser, "parse", side_effect=AssertionError("too slow for this")):
        listing = read(CLOSED_EARLY.replace("<channel>", "<channel>" + padding, 1).encode())
    assert [entry.title for entry in listing.entries] == [TITLE]
    assert listing.problem == "unreadable in part: 2 of 3 items lost"


def test_a_well_formed_feed_never_meets_feedparser() -> None:
    with patch.object(feedparser, "parse", side_effect=AssertionError("not needed")):
        assert len(read(rss().encode()).entries) == 1


def test_feedparser_tells_published_from_updated() -> None:
    changed = CLOSED_EARLY.replace(RFC, "Tue, 24 Nov 2026 09:30:00 CST").replace("pubDate", "updated")
    assert {entry.published_at for entry in read(changed.encode()).entries} == {AT}


# ── feeds that mean harm ──

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<!DOCTYPE rss [<!ENTITY a0 "ha">{LAUGHS}]>' + rss(item("q&a11;"), declaration="")
QUADRATIC = f'<!DOCTYPE rss [<!ENTITY a "{"x" * 7_000}">]>' + rss(item("q" + "&a;" * 50_000), declaration="")
REMOTE = '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">' + rss(declaration="")


@pytest.mark.parametrize("body", [BOMB, QUADRATIC], ids=["a billion laughs", "quadratic"])
def test_an_entity_bomb_stays_small(body: str) -> None:
    (entry,) = read(body.encode()).entries
    assert entry.title.startswith("q&a")
    assert len(entry.title) < 2_000


def test_a_remote_dtd_is_not_asked_for() -> None:
    assert read(REMOTE.encode()).entries[0].title == TITLE


@pytest.mark.parametrize(
    "body",
    [
        rss("<a>" * 100_000),
        rss(item() + "<a>" * 100_000 + "</a>" * 100_000),
        rss(f"<item><description>{'<div>' * 100_000}</description></item>"),
        rss("<item>" * 30_000),
        rss(item("<b " * 100_000)),
        rss(item("<![CDATA[" * 100_000)),
        rss("<!--" * 100_000),
        "<!DOCTYPE rss [" * 50_000 + rss(),
        "[" * 100_000,
        '{"items":' * 100_000,
        rss(item("&" * 200_000)),
        rss(item(date="9" * 200_000)),
        rss(item(link="https://" + "a" * 200_000)),
    ],
    ids=["open tags", "nested tags", "nested in an item", "open items", "open attributes", "open CDATA",
         "open comments", "open DTDs", "JSON brackets", "JSON objects", "ampersands",
         "a long date", "a long link"],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_a_hostile_size_is_survived(body: str) -> None:
    listing = read(body.encode())
    assert listing.problem or listing.entries
    assert all(len(entry.title) < 2_000 and len(entry.link) < 5_000 for entry in listing.entries)


@pytest.mark.timeout(60)
def test_no_more_items_are_read_than_the_limit() -> None:
    listing = read(rss("".join(item(f"第{n}条", "", f"/{n}") for n in range(LARGEST + 10))).encode())
    assert len(listing.entries) == LARGEST
    assert listing.entries[-1].title == f"第{LARGEST - 1}条"
    assert listing.problem == ""
