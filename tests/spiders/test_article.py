"""Pages of our own writing that imitate how real sites are built, and the saved pages with their floors."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from benchmarks import extract as measured
from monitor.core.model import BodyFrom, Entry, Selectors, Source, SourceId
from spiders.article import Page, complete, extract_page
from spiders.sites.hosts import selectors_for
from tests.builders import a_source
from tests.shared import needs_shared

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
CHINA = ZoneInfo("Asia/Shanghai")
PROSE = "为规范数据流通，推动数字经济健康发展，现就有关事项通知如下，请各单位遵照执行。"
ENGLISH = "The regulator said on Tuesday that the pilot, begun in May, would be widened to five more cities."
CHINESE_BODY = "".join(f"<p>第{n}条 {PROSE}</p>" for n in range(1, 7))
ENGLISH_BODY = "".join(f"<p>Part {n}. {ENGLISH}</p>" for n in range(1, 7))
MENU = "<ul>" + "".join(f'<li><a href="/{n}">栏目之{n}，更多</a></li>' for n in range(30)) + "</ul>"


def read(html: str | bytes, *, url: str = "https://news.example/a.html", **changes: object) -> Page:
    values: dict[str, object] = {"selectors": Selectors(), "zone": CHINA, "now": NOW} | changes
    return extract_page(html, url=url, **values)  # type: ignore[arg-type]


def page(body: str, *, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head><meta charset=utf-8>{head}</head><body>{MENU}{body}</body></html>"


def government(body: str = CHINESE_BODY) -> str:
    head = (
        "<title>关于数据流通的通知_某部</title><META NAME='ArticleTitle' content='关于数据流通的通知'>"
        "<meta name='PubDate' content='2026-11-20 09:30'><meta name='ContentSource' content='国家数据局'>"
    )
    return page(
        f"<div class='nav'>首页</div><div class='TRS_Editor'>{body}</div><div class=foot>版权所有</div>",
        head=head,
    )


# ── whole pages ──


def test_a_government_page_gives_title_text_minute_and_issuer() -> None:
    found = read(government())
    assert found.title == "关于数据流通的通知"
    assert found.text.startswith(f"第1条 {PROSE}")
    assert found.text.endswith(f"第6条 {PROSE}")
    assert (found.published_at, found.day_only) == (datetime(2026, 11, 20, 1, 30, tzinfo=UTC), False)
    assert (found.language, found.issuer, found.problem) == ("zh", "国家数据局", "")


def test_a_blog_page_is_read_without_selectors() -> None:
    json_ld = '{"@graph": [{"@type": "NewsArticle", "datePublished": "2026-11-23T22:05:00-05:00"}]}'
    head = (
        "<title>Pilot widened to five cities – The Example</title>"
        '<meta property="og:title" content="Pilot widened to five cities – The Example">'
        '<meta property="og:site_name" content="The Example">'
        f'<script type="application/ld+json">{json_ld}</script>'
    )
    body = (
        "<h1>The Example</h1><main><article><h1>Pilot widened to five cities</h1>"
        f"<div class=entry-content>{ENGLISH_BODY}</div>"
        f"<div class=related-posts><p>{ENGLISH} Related.</p></div>"
        "</article></main><div id=comments><p>First, I say, this is a long comment, indeed.</p></div>"
    )
    found = read(page(body, head=head))
    assert found.title == "Pilot widened to five cities"
    assert found.text == "\n".join(f"Part {n}. {ENGLISH}" for n in range(1, 7))
    assert found.published_at == datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
    assert found.language == "en"


def test_text_behind_an_early_closer_is_kept() -> None:
    html = government().replace("<div class='nav'>", "</body></html><div class='nav'>")
    assert "第6条" in read(html).text


def test_gbk_bytes_are_read_whatever_is_declared() -> None:
    found = read(government().encode("gb18030"))
    assert found.title == "关于数据流通的通知"
    assert "第6条" in found.text


def test_the_header_names_a_charset_that_the_page_does_not() -> None:
    html = f"<html><body><p>Überprüfung, so heißt es. {ENGLISH}</p>{ENGLISH_BODY}</body></html>"
    assert "Überprüfung" in read(html.encode("iso-8859-1"), header_charset="iso-8859-1").text


def test_paragraphs_broken_by_br_and_framed_one_by_one_are_all_kept() -> None:
    framed = "".join(f"<div class=x{n}><div class=y><p>Part {n}. {ENGLISH}</p></div></div>" for n in range(8))
    broken = "<br>".join(f"Part {n}. {ENGLISH}" for n in range(8))
    for body in (f"<article>{framed}</article>", f"<div>{broken}</div>"):
        assert read(page(f"<h1>A headline of some length</h1>{body}")).text.count(ENGLISH) == 8


def test_a_name_that_lies_does_not_hide_the_article() -> None:
    html = page(f"<div class='layout with-sidebar'><h1>A headline of some length</h1>{ENGLISH_BODY}</div>")
    assert read(html).text.count(ENGLISH) == 6


def test_what_follows_the_article_is_left_out() -> None:
    tail = f"<p>责任编辑：某某</p><p>相关阅读</p><p>另一条新闻，{PROSE}</p>"
    found = read(page(f"<h1>关于数据流通的通知</h1><div>{CHINESE_BODY}{tail}</div>"))
    assert found.text.endswith(f"第6条 {PROSE}")


def test_json_ld_holds_the_text_that_the_page_hides() -> None:
    text = " ".join([ENGLISH] * 20)
    script = (
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{text}"}}</script>'
    )
    found = read(page(f"<h1>A headline of some length</h1><p>{ENGLISH}</p>", head=script))
    assert (found.text, found.problem) == (text, "")


# ── selectors ──


def test_a_site_selector_comes_before_everything() -> None:
    html = page(
        f"<h1>Wrong headline here</h1><h3 class=t>Right headline</h3><i class=when>2026-11-02 08:00</i>"
        f"<div>{ENGLISH_BODY}</div>"
        f"<span class=txt><p>{ENGLISH}</p><b class=ad>Buy!</b></span>"
        "<b class=who>来源：央行</b><b class=no>银发〔2026〕5号</b>"
    )
    chosen = Selectors(
        title=".missing, h3.t",
        body="span.txt",
        date=".when",
        issuer=".who",
        document_number=".no",
        remove=(".ad",),
    )
    found = read(html, selectors=chosen)
    assert found.title == "Right headline"
    assert found.text == ENGLISH
    assert found.published_at == datetime(2026, 11, 2, tzinfo=UTC)
    assert (found.issuer, found.document_number) == ("央行", "银发〔2026〕5号")


@pytest.mark.parametrize(
    "selector",
    ["meta[name=Headline]", "a.x::attr(title)", 'td:contains("标题") + td'],
    ids=["meta", "attribute", "row"],
)
def test_forms_of_selectors(selector: str) -> None:
    rest = "<a class=x title='The one'>link</a><table><tr><td>标题</td><td>The one</td></tr></table>"
    html = page(rest + ENGLISH_BODY, head="<meta name=headline content='The one'>")
    assert read(html, selectors=Selectors(title=selector)).title == "The one"


def test_a_selector_that_is_no_css_or_finds_nothing_leaves_the_field_to_the_extractor() -> None:
    found = read(government(), selectors=Selectors(title="h1[[", body=".gone", date="::", remove=(">>",)))
    assert found.title == "关于数据流通的通知"
    assert "第6条" in found.text


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("http://www.pbc.gov.cn/a/index.html", "#zoom"),
        ("https://sub.people.com.cn/n1/c.html", ".rm_txt_con, #rwb_zw, #rm_txt_zw, .show_text"),
        ("https://stranger.example/", ""),
        ("http://[bad", ""),
        ("", ""),
    ],
    ids=["host", "subdomain", "stranger", "no address", "nothing"],
)
def test_shipped_selectors_are_found_by_host(url: str, body: str) -> None:
    assert selectors_for(url).body == body


# ── titles ──


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>数字人民币试点扩大_新华网</title>", "", "数字人民币试点扩大"),
        ("<title>数字人民币试点扩大-中新网</title>", "", "数字人民币试点扩大"),
        ("<title>棱镜|数字人民币试点扩大到十城_腾讯新闻</title>", "", "棱镜|数字人民币试点扩大到十城"),
        ("<title>e-CNY and cross-border payments | Site</title>", "", "e-CNY and cross-border payments"),
        ("<title>央行：试点扩大_某网</title>", "<h1>某网</h1>", "央行：试点扩大"),
        ("<title>Search words here | Site</title>", "<h1>Search for words: the headline here</h1>",
         "Search for words: the headline here"),
        ("<title>X</title>", "<h1></h1>", "X"),
        ("", "", "from the list"),
    ],
    ids=["underscore", "dash", "column kept", "dash inside", "site name in h1", "h1 first", "short", "hint"],
)  # fmt: skip
def test_title(head: str, body: str, title: str) -> None:
    assert read(page(body + CHINESE_BODY, head=head), title_hint="from the list").title == title


# ── dates ──

AT_0930 = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
DAY = datetime(2026, 11, 19, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "line", "url", "expected"),
    [
        ("<meta property='article:published_time' content='2026-11-20T01:30:00Z'>", "", "", (AT_0930, False)),
        ("<meta name=PubDate content='2026-11-20'>", "2026年11月20日 09:30 来源：某报", "", (AT_0930, False)),
        ("<meta name=PubDate content='2026-11-20'>", "2026年11月18日 09:30 来源：某报", "", (DAY, True)),
        ("", "发布时间：2026-11-20 09:30", "", (AT_0930, False)),
        ("", "<span>来源：某报</span> <span>2026/11/20</span>", "", (DAY, True)),
        ("<meta name=others content='页面生成时间 2026-11-23 10:00:00'>", "2026-11-20", "", (DAY, True)),
        (
            "<meta property='article:modified_time' content='2026-11-23'>",
            "",
            "/202611/t20261120_1.html",
            (DAY, True),
        ),
        ("", "更新时间：2026-11-22", "/2026-11/20/c_1.htm", (DAY, True)),
        ("<meta name=PubDate content='soon'>", "", "", (None, False)),
        ("<meta name=PubDate content='2031-01-01'>", "", "", (None, False)),
    ],
    ids=[
        "meta",
        "day refined",
        "other day",
        "label",
        "visible",
        "generated",
        "address",
        "changed",
        "none",
        "future",
    ],
)
def test_date(head: str, line: str, url: str, expected: tuple[datetime | None, bool]) -> None:
    html = page(f"<h1>关于数据流通的通知</h1><p>{line}</p>{CHINESE_BODY}", head=head)
    found = read(html, url=f"https://news.example{url}")
    assert (found.published_at, found.day_only) == expected


def test_a_date_inside_the_text_is_not_the_publication() -> None:
    sentence = f"自2026年1月5日 08:00起施行的办法，{PROSE * 4}"
    assert read(page(f"<h1>关于数据流通的通知</h1><p>{sentence}</p>{CHINESE_BODY}")).published_at is None


# ── issuer and document number ──

TABLE = (
    "<table><tr><td>索 引 号：</td><td>1-2</td><td>发文机关：</td><td>国务院</td></tr>"
    "<tr><td>发文字号：</td><td>国发〔2021〕29号</td><td>主题词：</td><td></td></tr></table>"
)


@pytest.mark.parametrize(
    ("body", "issuer", "number"),
    [
        (TABLE + CHINESE_BODY, "国务院", "国发〔2021〕29号"),
        (f"<p>来源：新华社 作者：某某</p>{CHINESE_BODY}", "新华社", ""),
        (f"<div class=TRS_Editor><p>银发〔2021〕237 号</p>{CHINESE_BODY}</div>", "", "银发〔2021〕237号"),
        (
            f"<p>发布机构：工业和信息化部  文号：工信部〔2024〕1号</p>{CHINESE_BODY}",
            "工业和信息化部",
            "工信部〔2024〕1号",
        ),
        (f"<p>根据国发〔2020〕1号</p>{CHINESE_BODY}", "", ""),
    ],
    ids=["table", "source line", "head of the text", "one line", "cited"],
)
def test_issuer_and_document_number(body: str, issuer: str, number: str) -> None:
    found = read(page(f"<h1>关于数据流通的通知</h1>{body}"))
    assert (found.issuer, found.document_number) == (issuer, number)


def test_an_order_number_stands_in_the_title() -> None:
    found = read(page(f"<h1>科学技术部令第24号 某某规定</h1>{CHINESE_BODY}"))
    assert found.document_number == "科学技术部令第24号"


# ── pages that are none ──


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ("", "not HTML"),
        ('{"code": 200}', "not HTML"),
        (b"%PDF-1.7 \x00\x01", "not HTML"),
        ("<html><body><div id=root></div><script src=a.js></script></body></html>", "page needs a script"),
        (
            "<body><noscript>Please enable JavaScript to run this app.</noscript></body>",
            "page needs a script",
        ),
        ("<title>安全验证</title><body><p>请输入验证码，继续访问。</p></body>", "block page"),
        ("<title>Just a moment...</title><body><p>Checking your browser.</p></body>", "block page"),
        ("<html><body><iframe src='/_Incapsula_Resource?x=1'></iframe></body></html>", "block page"),
        (
            page("<table>" + "<tr><td>example.cn</td><td>2026</td></tr>" * 900 + "</table>"),
            "no article text found",
        ),
        (
            page("<p>规(guī)范(fàn)，主(zhǔ)播(bō)行(xíng)为(wéi)。</p>" * 9),
            "machine-spun text: pinyin between its characters",
        ),
    ],
    ids=["empty", "json", "pdf", "shell", "noscript", "captcha", "challenge", "frame", "rows", "spun"],
)
def test_a_page_without_an_article_says_why(html: str | bytes, problem: str) -> None:
    found = read(html)
    assert (found.problem, found.text) == (problem, "")


def test_an_article_about_captchas_is_an_article() -> None:
    assert (
        read(page(f"<h1>验证码新规出台的背景</h1><p>验证码将被淘汰，{PROSE}</p>{CHINESE_BODY}")).problem == ""
    )


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + ENGLISH_BODY,
        "<table><tr><td>" * 40_000 + ENGLISH_BODY,
        "<body>" + ENGLISH_BODY * 1500,
        "<div " + " ".join(f"a{n}=1" for n in range(60_000)) + ">" + ENGLISH_BODY,
        "<title>" + "a - " * 50_000 + "</title>" + ENGLISH_BODY,
        "<script type='application/ld+json'>" + "[" * 100_000 + "</script>" + ENGLISH_BODY,
        "<p>\ud800\0 " + ENGLISH_BODY,
    ],
    ids=["nested", "tables", "megabyte", "attributes", "separators", "json", "no characters"],
)
def test_a_hostile_page_is_read_in_bounded_time(html: str) -> None:
    started = time.perf_counter()
    found = read(html)
    assert found.problem in ("", "no article text found")
    assert time.perf_counter() - started < 5


# ── completing an entry ──


def an_entry(**changes: object) -> Entry:
    values: dict[str, object] = {
        "source_id": SourceId("pbc"),
        "title": "Headline of the feed",
        "link": "https://news.example/a?utm_source=rss",
        "summary": "A summary.",
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]


def chinese_source() -> Source:
    return a_source(timezone=CHINA, languages=("zh",))


def test_a_page_completes_its_entry() -> None:
    found = Page(title="Other", text=ENGLISH, published_at=NOW, issuer="央行", document_number="1号")
    article = complete(an_entry(), found, source=chinese_source(), seen_at=NOW)
    assert (article.body, article.body_from) == (ENGLISH, BodyFrom.PAGE)
    assert (article.title, article.canonical_url) == ("Headline of the feed", "https://news.example/a")
    assert (article.issuer, article.document_number, article.language) == ("央行", "1号", "en")
    assert (article.published_at, article.seen_at, article.problem) == (NOW, NOW, "")


@pytest.mark.parametrize(
    ("content", "found", "body_from", "problem"),
    [
        ("Feed text.", None, BodyFrom.FEED, "403"),
        ("", None, BodyFrom.NOWHERE, "403"),
        ("Feed text.", Page(title="验证码", problem="block page"), BodyFrom.FEED, "block page"),
        ("Feed text.", Page(title="T", text="Page text."), BodyFrom.PAGE, ""),
    ],
    ids=["no page", "nothing", "unusable page", "page over feed"],
)
def test_where_the_body_comes_from(
    content: str, found: Page | None, body_from: BodyFrom, problem: str
) -> None:
    given = "" if found else "403"
    article = complete(an_entry(content=content), found, source=chinese_source(), seen_at=NOW, problem=given)
    assert (article.body_from, article.problem) == (body_from, problem)


@pytest.mark.parametrize(
    ("entry_title", "title"),
    [("Feed", "Feed"), ("Fee…", "Page"), ("Fee...", "Page"), ("", "Page")],
    ids=["kept", "ellipsis", "three dots", "empty"],
)
def test_the_entry_title_is_kept_unless_cut_off(entry_title: str, title: str) -> None:
    article = complete(an_entry(title=entry_title), Page(title="Page"), source=chinese_source(), seen_at=NOW)
    assert article.title == title


MIDNIGHT = datetime(2026, 11, 19, 16, tzinfo=UTC)  # of the 20th in China


@pytest.mark.parametrize(
    ("feed", "day_only", "shown", "expected"),
    [
        (AT_0930, False, NOW, (AT_0930, False)),
        (MIDNIGHT, True, AT_0930, (AT_0930, False)),
        (MIDNIGHT, True, AT_0930 + timedelta(days=1), (MIDNIGHT, True)),
        (MIDNIGHT, True, None, (MIDNIGHT, True)),
        (None, False, AT_0930, (AT_0930, False)),
    ],
    ids=["feed first", "minute of the page", "another day", "no date on the page", "page alone"],
)
def test_the_date_of_an_article(
    feed: datetime | None, day_only: bool, shown: datetime | None, expected: tuple[datetime, bool]
) -> None:
    entry = an_entry(published_at=feed, day_only=day_only)
    article = complete(entry, Page(title="T", published_at=shown), source=chinese_source(), seen_at=NOW)
    assert (article.published_at, article.day_only) == expected


# ── the saved pages ──

FLOORS = {
    "zh": {"title": 1.0, "date": 1.0, "body": 1.0, "length": 0.96, "refused": 1.0},
    "en": {"title": 1.0, "date": 0.88, "body": 0.94, "length": 0.87, "refused": 1.0},
    "other": {"title": 1.0, "date": 1.0, "body": 0.66, "refused": 1.0},
}


@needs_shared
@pytest.mark.parametrize("language", FLOORS)
def test_rates_on_the_saved_pages_do_not_fall(language: str) -> None:
    pages = [sample for sample in measured.samples() if sample.language == language]
    rates = measured.rates(measured.ours, pages)
    assert {key: rates[key] for key, floor in FLOORS[language].items() if rates[key] < floor} == {}
