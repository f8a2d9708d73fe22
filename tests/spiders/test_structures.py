"""Small pages of our own writing, each built the way a common kind of site is, and what a reader expects."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.core.model import Selectors
from spiders.article import Page, extract_page

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
FIRST = (
    "The harbour council voted on Monday to open the northern pier to night ferries, ending a "
    "ban of nine years."
)
MIDDLE = (
    "Operators had asked for the change since spring, said Dana Okoro, who chairs the council, and "
    "a trial in June drew few complaints.",
    "Under the new order ferries may land until two in the morning, provided that engines stay "
    "below a set noise "
    "level, which inspectors will measure at the quay.",
    "Shipping companies welcomed the vote, while a residents' group said it would ask a court to review it.",
    "The port's own figures show that traffic after ten at night has doubled since 2021, mostly freight.",
)
LAST = "The order takes effect on the first of January."
PARTS = (FIRST, *MIDDLE, LAST)
PROSE = "".join(f"<p>{part}</p>" for part in PARTS)
TITLE = "Council opens northern pier to night ferries"
TEASER = "An unrelated report about orchards, apples and the people who pick them, told at some length here."
CARD = "<div class='{}'><a href='/{}'><h3>Orchards report a record harvest number {}</h3></a><p>{}</p></div>"
COMMENT = (
    "I have lived by this pier for years, and frankly nobody ever asked us what we think about it at all."
)
STATISTICS = "Port statistics"
BIO = "Robin Castellan writes about ports, trade and the sea, and lives in a lighthouse with two cats."
CALL = "Sign up for our harbour newsletter, delivered every Friday."
NAV = (
    "<nav><ul><li><a href=/a>Home</a></li><li><a href=/b>Ports</a></li><li><a href=/c>Weather</a>"
    "</li></ul></nav>"
)
FOOT = "<footer><p>Copyright 2026, The Example Times, and all who sail in her.</p></footer>"
ZH_TITLE = "关于北部码头夜间通航的通知"
ZH_FIRST = "各有关单位，经研究决定，自明年一月一日起，北部码头恢复夜间通航，现将有关事项通知如下。"
ZH_MIDDLE = (
    "一、各航运单位应当加强船舶噪声管理，靠泊期间发动机噪声不得高于规定限值，并接受现场检测。",
    "二、港口管理机构要做好夜间值守工作，发现问题及时处置，按月汇总情况并报送主管部门。",
    "三、沿线居民反映的问题，由所在街道统一受理，在五个工作日内予以答复，不得推诿。",
)
ZH_LAST = "本通知自印发之日起施行，此前规定与本通知不一致的，以本通知为准。"
ZH_PARTS = (ZH_FIRST, *ZH_MIDDLE, ZH_LAST)
ZH_SIGNATURE = ("某市交通运输局", "2026年11月23日", "（此件公开发布）")
ZH_PROSE = "".join(f"<p>　　{part}</p>" for part in ZH_PARTS)
ZH_NEWS = "另有消息称，果园今年迎来大丰收，果农们喜笑颜开，纷纷表示满意。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A page, its text paragraph by paragraph, and the minute or day it was published."""

    html: str | bytes
    parts: tuple[str, ...] = PARTS
    title: str = TITLE
    at: str = ""
    zone: str = "UTC"
    url: str = "https://news.example/story"


def official_case(html: str | bytes) -> Case:
    return Case(html=html, parts=ZH_PARTS, title=ZH_TITLE, at="2026-11-23T01:30", zone="Asia/Shanghai")


def whole(body: str, head: str = "", lang: str = "en") -> str:
    return (
        f"<!DOCTYPE html><html lang={lang}><head><title>{TITLE} - The Example Times</title>{head}"
        f"</head>{body}</html>"
    )


def cards(count: int, css: str = "x9f") -> str:
    return "".join(CARD.format(css, n, n, TEASER) for n in range(count))


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def official(body: str, head: str = "") -> str:
    return (
        f"<html><head><meta charset=utf-8><title>{ZH_TITLE}_某市交通运输局</title>{head}</head><body>"
        f"<div class=top><a href=/>首页</a> | <a href=/zw>政务公开</a></div>{body}"
        "<div class=bq>主办单位：某市交通运输局 备案号：某备00000000号</div></body></html>"
    )


WORDPRESS = whole(
    "<body class='post-template-default single single-post tag-newsletter with-sidebar'>" + NAV +
    "<div class='content-sidebar-wrap'><div id=post-7 class='post-7 post type-post hentry "
    "category-social tag-share'>"
    f"<h1 class=entry-title>{TITLE}</h1><p class=entry-meta>By <a href=/u>Robin Castellan</a> "
    "<time class='entry-date published' datetime='2026-11-23T07:30:00-05:00'>November 23, 2026</time></p>"
    f"<div class=entry-content>{PROSE}<div class=sharedaddy><p>Share this:</p></div>"
    f"<div class=jp-relatedposts><p>{TEASER}</p></div></div></div>"
    f"<div id=comments class=comments-area><h2>3 thoughts on “{TITLE}”</h2>" + f"<p>{COMMENT}</p>" * 12 +
    f"</div><div class=widget-area><p>{CALL}</p></div></div>" + FOOT
)  # fmt: skip
GHOST = whole(
    f"<body>{NAV}<main><article class='gh-article post tag-ports'><header class=gh-article-header>"
    f"<h1>{TITLE}</h1>"
    "<div class=gh-article-meta>Robin Castellan <time datetime=2026-11-23>23 Nov 2026</time> — 3 "
    "min read</div></header>"
    f"<section class='gh-content gh-canvas'>{PROSE}<div class='kg-card kg-signup-card'><p>{CALL}</p>"
    f"</div></section>"
    f"</article></main><section class=gh-read-next><h2>Read more</h2>{cards(3)}</section>{FOOT}"
)
ARC = whole(
    f"<body><div id=fusion-app>{NAV}<h1>{TITLE}</h1><div class='byline-container'>By Robin Castellan</div>"
    "<div class=c-ts>Nov. 23, 2026 at 7:30 a.m. EST</div>"
    f"<article class='article-body-wrapper'>"
    f"{PROSE.replace('</p>', '</p><div class=ad-slot>Advertisement</div>', 3)}"
    f"<div class='author-bio-block'><p>{BIO}</p></div></article>"
    f"<div class=results-list-container>{cards(8)}</div></div>{FOOT}"
)
NEXT_JS = whole(
    f"<body><div id=__next><h1>{TITLE}</h1><p>{FIRST}</p><button>Load the story</button></div>",
    head=ld('{"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "datePublished": '
            '"2020-01-01"},'
    ' {"@type": "NewsArticle", "datePublished": "2026-11-23T12:30:00Z", "dateModified": '
    '"2026-11-24T01:00:00Z",'
    f' "articleBody": "{chr(32).join(PARTS)}"}}]}}'),
)  # fmt: skip
STATE = whole(
    f"<body><div id=root><h1>{TITLE}</h1>{PROSE}</div>"
    '<script>window.__STATE__={"story":{"publishedAt":"2026-11-23T12:30:00Z","id":7}}</script>'
)
AMP = (
    f"<!doctype html><html amp lang=en><head><title>{TITLE}</title>"
    f"{ld('{broken')}</head><body><amp-sidebar><p>{TEASER}</p>"
    f"</amp-sidebar><h1>{TITLE}</h1><amp-social-share></amp-social-share><p>Published 23/11/2026 12:30</p>"
    f"<div class=amp-wp-article-content>{PROSE}</div></body></html>"
)
TABLES = (
    f"<html><head><title>{TITLE}</title></head><body><table><tr><td><a href=1>Home</a><br><a href=2>"
    f"Ports</a></td>"
    f"<td><table><tr><td><font size=5><b>{TITLE}</b></font></td></tr><tr><td>23 November 2026</td></tr>"
    f"<tr><td>{'<br><br>'.join(PARTS)}</td></tr></table></td></tr></table></body></html>"
)
TRS = official(
    f"<div class=xl><h1>{ZH_TITLE}</h1><div>发布时间：2026-11-23 09:30　来源：某市交通运输局</div>"
    f"<div class='view TRS_UEDITOR'><div class=TRS_Editor>{ZH_PROSE}</div></div><p>【打印】【关闭】</p></div>"
)
UCAP = official(
    f"<div class=article><h1 id=ti>{ZH_TITLE}</h1><div class=pages-date>2026-11-23 09:30</div>"
    f"<div class=pages_content id=UCAP-CONTENT>{ZH_PROSE}</div></div><div class=related><h3>相关稿件</h3>"
    + "".join(f"<li><a href=/{n}>果园迎来丰收的第{n}条消息</a></li>" for n in range(9)) + "</div>",
    head="<meta name=firstpublishedtime content='2026-11-23-09:30:00'>",
)  # fmt: skip
GBK = official(f"<h1>{ZH_TITLE}</h1><p>2026年11月23日 09:30</p><div id=zoom>{ZH_PROSE}</div>").replace(
    "utf-8", "gb2312"
)
ZH_THREAD = official(
    f"<div class=q1><h3>{ZH_TITLE}</h3><div>2026-11-23 09:30 字号：A- A+ 来源：某报</div>{ZH_PROSE}"
    "<div class=q2><h4>热门评论 48条"
    "</h4>" + f"<div><div>某某</div><div>3小时前</div><p>{ZH_NEWS}</p><div>赞</div></div>" * 30
    + "</div></div>"
)  # fmt: skip
ZH_SIGNED = official(
    f"<h1>{ZH_TITLE}</h1><div class=con>{ZH_PROSE}<p>某市交通运输局</p><p>2026年11月23日</p><p>"
    f"（此件公开发布）</p></div>"
)
THREAD = whole(
    f"<body>{NAV}<div class=a1><h1>{TITLE}</h1>{PROSE}</div><div class=b2>" +
    f"<div class=b3><div>reader</div><div>3 hours ago</div><p>{COMMENT}</p><div>Reply</div>"
    f"</div>" * 40 + f"</div>{FOOT}",
    head="<meta name=date content='2026-11-23T12:30:00Z'>",
)  # fmt: skip
TEASERS_FIRST = whole(
    f"<body>{NAV}<div class=u1>{cards(14)}</div><div class=u2><h1>{TITLE}</h1>{PROSE}</div>{FOOT}"
)
TEASERS_AFTER = whole(
    f"<body>{NAV}<div class=u2><h1>{TITLE}</h1>{PROSE}</div><div class=u1>{cards(30)}</div>{FOOT}"
)
NAMED_TEASERS = whole(
    f"<body><article><h1>{TITLE}</h1>{PROSE}</article><section class=related-stories>{cards(30)}</section>"
)
LIVE = whole(
    f"<body>{NAV}<main><h1>{TITLE}</h1><p>Updated Nov 24, 2026, 11:00 a.m. ET Published Nov 23, "
    f"2026, 7:30 a.m. ET</p>"
    "<div class=stream>" +
    "".join(f"<div class=entry><a href='#e{n}'>1{n}:05 GMT</a><h2>Update number {n}</h2><p>{part}</p></div>"
            for n, part in enumerate(PARTS)) + "</div></main>"
)  # fmt: skip
ELEMENTOR = whole(
    f"<body><div class='elementor elementor-7'><div class='elementor-widget "
    f"elementor-widget-heading'><h1>{TITLE}</h1></div>"
    f"<div class='elementor-widget elementor-widget-text-editor'><div "
    f"class=elementor-widget-container>{PROSE}</div></div>"
    f"<div class='elementor-widget elementor-widget-share-buttons'><p>{CALL}</p></div></div>"
)
TAILWIND = whole(
    f"<body><div class='hidden lg:block grid'><h1>{TITLE}</h1><div class='prose md:hidden:x'>{PROSE}"
    f"</div></div>"
    f"<div class='hidden'><p>{TEASER}</p></div>"
)
BIO_AND_CALLS = whole(
    f"<body><article><h1>{TITLE}</h1><p>By Robin Castellan</p><p>5 min read</p><p>{FIRST}</p>"
    + "".join(f"<p>{part}"
              f"</p>" for part in MIDDLE[:2]) + f"<p>{CALL}</p><p>Read more: <a href=/o>Orchards "
                                                f"report harvest</a></p>"
    f"<p>A ferry at dusk, with gulls over it. (Image: Example)</p>"
    + "".join(f"<p>{part}</p>" for part in MIDDLE[2:]) + f"<p>{LAST}</p><p>{BIO}</p><h3>Latest stories</h3>"
    + "".join(f"<p><a href=/{n}>Orchards report a record harvest {n}</a>"
              f"</p>" for n in range(5)) + "</article>",
    head="<meta name=author content='Robin Castellan'>",
)  # fmt: skip
REFERENCES = whole(
    f"<body><article><h1>{TITLE}</h1>{PROSE}<h2>Sources</h2><ul><li><a href=http://a.example>A "
    f"census of night ferries</a>"
    "</li><li><a href=http://b.example>Noise at the quays, a study</a></li>"
    f"<li><a href=http://c.example>{STATISTICS}</a></li></ul><p>{BIO}</p></article>"
)
COOKIES = whole(
    f"<body><div id=onetrust-consent-sdk><p>"
    f"{'We value your privacy, and we use cookies to make it so. ' * 30}</p></div>"
    f"<div role=dialog><p>{TEASER * 20}</p></div><div class=k1><h1>{TITLE}</h1>{PROSE}</div>"
)
KICKER_TIME = whole(
    "<body><div class=k><time datetime='2026-11-23T12:30:00Z'>yesterday</time><h1>"
    + TITLE
    + f"</h1>{PROSE}</div>"
    "<aside><time datetime='2026-11-20T00:00:00Z'>Friday</time></aside>"
)
ASP_NET = whole(
    f"<body><form id=form1 method=post><table><tr><td>{NAV}</td></tr><tr><td><h1>{TITLE}</h1>{PROSE}"
    f"</td></tr>"
    f"</table></form><form class=s><p>{TEASER}</p></form>"
)
FRAMES = whole(
    f"<body>{NAV}<main><article><header><h1>{TITLE}</h1></header>"
    + "".join(
        f"<div data-component=text-block class=k1><div class=k2><p>{part}</p></div></div>" for part in PARTS
    )
    + "<div data-component=links-block><ul><li><a href=/x>Orchards report a record harvest</a></li>"
    "</ul></div>"
    f"</article></main>{cards(10)}{FOOT}"
)
HALVES = ["".join(f"<p>{part}</p>" for part in half) for half in (PARTS[:3], PARTS[3:])]
CUT_IN_TWO = whole(
    f"<body><div class=m><h1>{TITLE}</h1><div class=p1>{HALVES[0]}</div><div class=ad-slot>Gap</div>"
    f"<div class=p2>{HALVES[1]}</div></div><div>{cards(6)}</div>"
)
ZH_SECTIONS = official(
    f"<div class=art><h2>{ZH_TITLE}</h2><p>来源：某报　2026-11-23 09:30</p>"
    + "".join(f"<section><section><p><span>{part}</span></p></section></section>" for part in ZH_PARTS)
    + f"<p>（责编：张三、李四）</p></div><div class=tj><h3>推荐阅读</h3>{f'<p>{ZH_NEWS}</p>' * 12}</div>"
)
ZH_BREAKS = official(
    f"<h1>{ZH_TITLE}</h1><div class=c>　　{'<br/><br/>　　'.join(ZH_PARTS)}</div><ul>"
    + "".join(f"<li><a href=/{n}>果园迎来丰收的第{n}条消息</a>2026-11-0{n}</li>" for n in range(1, 9))
    + "</ul>"
)

CASES = {
    "WordPress, its classes full of tags": Case(html=WORDPRESS, at="2026-11-23T12:30"),
    "Ghost": Case(html=GHOST, at="2026-11-23"),
    "Arc": Case(html=ARC, at="2026-11-23T12:30"),
    "Next.js with the text in JSON-LD": Case(html=NEXT_JS, parts=(" ".join(PARTS),), at="2026-11-23T12:30"),
    "state in a script": Case(html=STATE, at="2026-11-23T12:30"),
    "AMP with broken JSON-LD": Case(html=AMP, at="2026-11-23T12:30"),
    "nested tables and line breaks": Case(html=TABLES, at="2026-11-23"),
    "TRS_Editor": official_case(TRS),
    "UCAP-CONTENT": official_case(UCAP),
    "GBK bytes called gb2312": official_case(GBK.encode("gb18030")),
    "a Chinese thread longer than its article": official_case(ZH_THREAD),
    "a signature and its date stay": Case(
        html=ZH_SIGNED, parts=(*ZH_PARTS, *ZH_SIGNATURE), title=ZH_TITLE
    ),
    "a thread under names that tell nothing": Case(html=THREAD, at="2026-11-23T12:30"),
    "teasers before the article, and more of them": Case(html=TEASERS_FIRST),
    "teasers behind the article, and more of them": Case(html=TEASERS_AFTER),
    "teasers whose name tells": Case(html=NAMED_TEASERS),
    "a live ticker": Case(
        html=LIVE,
        parts=tuple(line for n, part in enumerate(PARTS) for line in (f"Update number {n}", part)),
        at="2026-11-23T12:30",
    ),
    "Elementor": Case(html=ELEMENTOR),
    "Tailwind, hidden on small screens": Case(html=TAILWIND),
    "byline, calls, credits, bio and list": Case(html=BIO_AND_CALLS),
    "references stay": Case(
        html=REFERENCES,
        parts=(*PARTS, "Sources", "A census of night ferries", "Noise at the quays, a study", STATISTICS),
    ),
    "a consent wall and a dialog": Case(html=COOKIES),
    "ASP.NET, a form around everything": Case(html=ASP_NET),
    "a frame for every paragraph": Case(html=FRAMES),
    "a text cut in two by what stands between": Case(html=CUT_IN_TWO),
    "WeChat's sections, and an appendix longer than the article": official_case(ZH_SECTIONS),
    "line breaks, and a list with dates that are not this page's": Case(
        html=ZH_BREAKS, parts=ZH_PARTS, title=ZH_TITLE
    ),
    "the time above the headline": Case(html=KICKER_TIME, at="2026-11-23T12:30"),
}  # fmt: skip


def read(case: Case) -> Page:
    return extract_page(case.html, url=case.url, selectors=Selectors(), zone=ZoneInfo(case.zone), now=NOW)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_text_is_the_article_and_nothing_else(case: Case) -> None:
    found = read(case)
    assert found.text.splitlines() == list(case.parts)
    assert (found.title, found.problem) == (case.title, "")


@pytest.mark.parametrize(
    "case", [c for c in CASES.values() if c.at], ids=[n for n, c in CASES.items() if c.at]
)
def test_the_date_is_that_of_publication(case: Case) -> None:
    found = read(case)
    expected = datetime.fromisoformat(case.at).replace(tzinfo=UTC)
    assert (found.published_at, found.day_only) == (expected, "T" not in case.at)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Published Nov 24, 2026, 9:30 a.m. ET", "2026-11-24T14:30"),
        ("July 4, 2026 9:30 AM ET", "2026-07-04T13:30"),
        ("24 November 2026 09:30 GMT", "2026-11-24T09:30"),
        ("Tue 24 Nov 2026 09.30 GMT", "2026-11-24T09:30"),
        ("1 July 2026 • 9:30am BST", "2026-07-01T08:30"),
        ("By A. Writer | November 24, 2026 | 9:30 AM PST", "2026-11-24T17:30"),
        ("9:30 a.m. ET on November 24, 2026", "2026-11-24T14:30"),
        ("9:30 AM · Nov 24, 2026", "2026-11-24T09:30"),
        ("Last updated on Nov 24, 2026, 10:00 UTC. First published: Nov 23, 2026, 08:00 "
         "UTC", "2026-11-23T08:00"),
        ("Updated: Nov 24, 2026, 11:05 IST", "2026-11-24T05:35"),
        ("Posted on the 24th of November 2026 at 9am", "2026-11-24T09:00"),
        ("Event on December 24, 2026 10:00 GMT", ""),
        ("Seat 12.30, row 2026", ""),
    ],
    ids=["ET", "summer ET", "GMT", "dotted", "bullet", "bars", "clock first", "clock, dot", "both",
         "changed only", "spoken", "to come", "none"],
)  # fmt: skip
def test_the_line_under_the_headline(line: str, expected: str) -> None:
    found = read(Case(html=whole(f"<body><h1>{TITLE}</h1><div>{line}</div>{PROSE}")))
    assert (found.published_at.strftime("%Y-%m-%dT%H:%M") if found.published_at else "") == expected
    assert found.text.splitlines()[-1] == LAST


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("The ministry opened a channel on Telegram, officials said, to warn of storms.", True),
        ("Subscribers of the newsletter platform lost money, the report found.", True),
        ("Subscribe to our weekly newsletter and never miss a ferry.", False),
        ("By signing up, you agree to our terms and to mail from partners.", False),
        ("The statement reads: no ferry shall land.", True),
    ],
    ids=["Telegram", "newsletter as a subject", "a call", "terms", "a statement"],
)
def test_a_call_goes_and_a_sentence_about_such_things_stays(sentence: str, kept: bool) -> None:
    found = read(Case(html=whole(f"<body><h1>{TITLE}</h1><p>{FIRST}</p><p>{sentence}</p>{PROSE}")))
    assert (sentence in found.text) is kept


def test_a_date_of_another_article_is_not_this_ones() -> None:
    assert read(Case(html=ZH_BREAKS)).published_at is None


def test_what_a_site_selector_chose_is_read_though_its_name_speaks_against_it() -> None:
    html = whole(
        f"<body><h1>{TITLE}</h1><div class=related-wrap><div class=comment-text>{PROSE}</div></div>{cards(9)}"
    )
    found = extract_page(
        html, url="", selectors=Selectors(body=".comment-text"), zone=ZoneInfo("UTC"), now=NOW
    )
    assert found.text.splitlines() == list(PARTS)


def test_another_text_than_the_declared_one_gives_way_to_it() -> None:
    declared = ld(f'{{"@type": "NewsArticle", "articleBody": "{" ".join(PARTS)}"}}')
    html = whole(f"<body><h1>{TITLE}</h1><div>{f'<p>{TEASER} {COMMENT}</p>' * 5}</div>", head=declared)
    assert read(Case(html=html)).text == " ".join(PARTS)
