"""Reads an article's page: title, text, date, language, issuer, document number, or the problem with it."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from itertools import islice
from zoneinfo import ZoneInfo

import trafilatura

from monitor.core.identity import canonical_url
from monitor.core.language import language_of
from monitor.core.model import Article, BodyFrom, Entry, Selectors, Source
from spiders.body import Block, Outline, article_blocks, article_node, readable_outline, simplify
from spiders.charset import decode
from spiders.issuer import document_number_of, issuer_of
from spiders.metadata import Metadata, read_metadata, title_of
from spiders.page_dates import page_date
from spiders.tree import Element, alternatives, parse_html, remove, select, values
from spiders.trim import as_article, text_of_blocks

BODY_CANDIDATES = (
    "#UCAP-CONTENT", ".TRS_Editor", ".TRS_UEDITOR", "#zoom", "#Zoom", "#BodyLabel", ".pages_content",
    ".article_con", ".zsy_comain", "#vsb_content", ".v_news_content", "#detailContent", "#p-detail",
    ".rm_txt_con", "#rwb_zw", ".left_zw",
)  # fmt: skip
SHORT = 240  # bytes of text under which a result is doubted: 80 Chinese characters, some forty English words
_SAMPLE = 24  # letters or characters that stand together in one text only
_LEAST = 60  # bytes under which a text is none
_MOST_BODIES = 20  # elements looked at for one selector
_LARGEST_DOUBTED = 400_000  # characters of a page for which a second, slower opinion is worth its time


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an article's page says; `problem` tells in words why it cannot be used, "" when it can."""

    title: str = ""
    text: str = ""
    published_at: datetime | None = None
    day_only: bool = False
    language: str = ""
    issuer: str = ""
    document_number: str = ""
    problem: str = ""


def extract_page(
    html: str | bytes,
    *,
    url: str,
    selectors: Selectors,
    zone: ZoneInfo,
    now: datetime,
    header_charset: str = "",
    title_hint: str = "",
) -> Page:
    """Read a page; never raises.

    `zone` is meant by dates that name none; `title_hint` is what a list said, for a page without a title.
    """
    text = decode(html, _as_content_type(header_charset)) if isinstance(html, bytes) else html
    if not _looks_like_html(text):
        return Page(title=title_hint, problem="not HTML")
    root = parse_html(text)
    if root is None:
        return Page(title=title_hint, problem="not HTML")
    return _read(root, text, url=url, selectors=selectors, zone=zone, now=now, title_hint=title_hint)


def _as_content_type(charset: str) -> str:
    return charset if not charset or "=" in charset else f"text/html; charset={charset}"


def _looks_like_html(text: str) -> bool:
    head = text[:2000].lstrip("\ufeff \t\r\n")
    return (
        not head.startswith(("{", "[", "%PDF", "PK\x03\x04"))
        and re.search(r"<[a-zA-Z!]", text[:20_000]) is not None
    )


def _read(
    root: Element,
    source: str,
    *,
    url: str,
    selectors: Selectors,
    zone: ZoneInfo,
    now: datetime,
    title_hint: str,
) -> Page:
    about = read_metadata(root)
    claimed = _Claimed.read(root, about, selectors)
    bodies = [element for group in claimed.bodies for element in group]
    simplify(root, keep=bodies)
    page = readable_outline(root, bodies)
    title = claimed.title or title_of(about) or title_hint
    body, is_claimed = _body(page, claimed, title, about.author)
    text = text_of_blocks(body)
    if not (is_claimed and _reads_like_prose(text)):
        text = _second_opinion(text, source, about)
    dated = page_date(about, page.blocks, title=title, url=url, chosen=claimed.dates, zone=zone, now=now)
    problem = problem_with(text, page, about, source)
    return Page(
        title=title,
        text="" if problem else text,
        published_at=dated.at if dated else None,
        day_only=dated.day_only if dated else False,
        language=language_of(f"{title}\n{text}", about.declared_language),
        issuer=issuer_of(about, page.blocks, claimed.issuer),
        document_number=document_number_of(page.blocks, body, title=title, chosen=claimed.number),
        problem=problem,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    """What the selectors found before the tree was simplified; bodies in groups, the most trusted first."""

    title: str
    dates: tuple[str, ...]
    issuer: str
    number: str
    bodies: tuple[tuple[Element, ...], ...]

    @classmethod
    def read(cls, root: Element, about: Metadata, selectors: Selectors) -> "_Claimed":
        def first(selector: str) -> str:
            return next((value for value in values(root, about.metas, selector) if value.strip()), "").strip()

        for selector in selectors.remove:
            for element in list(select(root, selector)):
                remove(element)
        groups = [tuple(select(root, one)) for one in alternatives(selectors.body)]
        return cls(
            title=first(selectors.title),
            dates=tuple(islice(values(root, about.metas, selectors.date), 5)),
            issuer=first(selectors.issuer),
            number=first(selectors.document_number),
            bodies=tuple(group[:_MOST_BODIES] for group in groups if group),
        )


def _body(page: Outline, claimed: _Claimed, title: str, author: str) -> tuple[list[Block], bool]:
    """The blocks of the first claimed element that holds text, and True; else of the one found by weight."""
    named = page.named(BODY_CANDIDATES)
    chosen = ([node for element in group if (node := page.node_of(element))] for group in claimed.bodies)
    for nodes in (*chosen, *named):
        best = max(nodes, key=lambda node: node.size, default=None)
        if best is not None and best.size >= _LEAST // 3 and best.linked < best.size * 0.6:
            return as_article(article_blocks(page, best), title, author), True
    found = article_node(page)
    return (as_article(article_blocks(page, found), title, author) if found else []), False


def _second_opinion(text: str, source: str, about: Metadata) -> str:
    """A longer text than a doubtful one: the page's own JSON-LD, else a general extractor's."""
    size = len(text.encode())
    declared = about.claims.get("articleBody", "")
    weight = len(declared.encode())
    if weight > max(1.6 * size, SHORT) or (weight > 2 * SHORT and _tell_apart(text, declared)):
        return plain(declared)
    if size >= SHORT or len(source) > _LARGEST_DOUBTED:
        return text
    other = trafilatura.extract(source, fast=True, include_comments=False, include_tables=False) or ""
    return other if len(other.encode()) > 2 * size else text


def _tell_apart(text: str, declared: str) -> bool:
    """Whether nothing of what the page declares as its text is in the text found: another was found."""
    found, said = (re.sub(r"\W+", "", one) for one in (text, declared))
    return not any(
        said[at : at + _SAMPLE] in found for at in range(0, len(said) - _SAMPLE, len(said) // 5 or 1)
    )


def plain(text: str) -> str:
    """Text whose white space is single blanks and line ends; markup in it removed."""
    text = re.sub(r"<[^<>]{1,300}>", "\n", unescape(text)) if "<" in text or "&" in text else text
    return "\n".join(line for line in (" ".join(part.split()) for part in text.splitlines()) if line)


# ── problems ──

_BLOCKED = re.compile(
    r"验证码|安全验证|人机验证|滑动验证|访问(?:过于)?频繁|访问被(?:拒绝|拦截)|captcha|access denied|"
    r"request unsuccessful|incapsula|unusual traffic|verify (?:that )?you are (?:a )?human|just a moment|"
    r"checking your browser|"
    r"are you a robot|__jsl_clearance|attention required|请求被拦截|web ?应用防火墙",
    re.IGNORECASE,
)
_WANTS_SCRIPT = re.compile(
    r"enable javascript|requires? javascript|javascript (?:is|has been|to be) (?:disabled|required|enabled)|"
    r"启用 ?javascript|开启 ?javascript|without javascript|turn on javascript",
    re.IGNORECASE,
)
_SHORT_NOTE = 600  # bytes; the sentences of a challenge are fewer
_SHORT_PAGE = 1200  # characters; likewise all that a challenge shows
_PINYIN = re.compile(r"[\u4e00-\u9fff]\([a-zà-ǜ]{1,6}\s?\)")
_SENTENCE_END = re.compile(r"[。！？；…]|[.!?][\s”\"'’)]|[.!?]$")


def problem_with(text: str, page: Outline, about: Metadata, source: str) -> str:
    """Why a page's text cannot be used, in words; "" when it can."""
    size = len(text.encode())
    if size < _SHORT_NOTE and _blocked(page, about, source):
        return "block page"
    if len(_PINYIN.findall(text[:20_000])) >= 10:
        return "machine-spun text: pinyin between its characters"
    prose = _reads_like_prose(text)
    if prose and size >= SHORT:
        return ""
    wants_script = _WANTS_SCRIPT.search(f"{about.without_script}\n{text}") is not None
    if prose and not wants_script:
        return ""
    if wants_script or (_bare(page) and "<script" in source):
        return "page needs a script"
    return "no article text found"


def _blocked(page: Outline, about: Metadata, source: str) -> bool:
    """Whether what a reader sees is a challenge; in a tiny page its script may be all there is to tell."""
    shown = about.window_title + "\n" + "\n".join(block.text for block in page.blocks[:80])
    if len(shown) > _SHORT_PAGE:
        return _BLOCKED.search(about.window_title) is not None
    return _BLOCKED.search(shown if len(source) > 10_000 else source) is not None


def _bare(page: Outline) -> bool:
    return sum(len(block.text.encode()) for block in page.blocks) < 1500


def _reads_like_prose(text: str) -> bool:
    """Whether a fair part of the text is sentences, and not rows of names and numbers."""
    lines = [len(line.encode()) for line in text.splitlines() if _SENTENCE_END.search(line)]
    prose = sum(size for size in lines if size >= 24)
    return prose >= _LEAST and prose >= 0.2 * len(text.encode())


# ── completing an entry ──


def complete(
    entry: Entry, page: Page | None, *, source: Source, seen_at: datetime, problem: str = ""
) -> Article:
    """The entry's claims completed by its page; `problem` says why there is no page, if so."""
    body, body_from = _best_body(entry, page)
    published_at, day_only = _best_date(entry, page, source.timezone)
    title = _best_title(entry, page)
    declared = entry.language or next(iter(source.languages), "")
    return Article(
        source_id=entry.source_id,
        title=title,
        url=entry.link,
        canonical_url=canonical_url(entry.link) if entry.link else "",
        seen_at=seen_at,
        summary=entry.summary,
        body=body,
        body_from=body_from,
        language=language_of(f"{title}\n{body or entry.summary}", declared),
        published_at=published_at,
        day_only=day_only,
        issuer=page.issuer if page else "",
        document_number=page.document_number if page else "",
        problem=problem or (page.problem if page else ""),
    )


def _best_body(entry: Entry, page: Page | None) -> tuple[str, BodyFrom]:
    if page is not None and page.text and not page.problem:
        return page.text, BodyFrom.PAGE
    return (entry.content, BodyFrom.FEED) if entry.content else ("", BodyFrom.NOWHERE)


def _best_title(entry: Entry, page: Page | None) -> str:
    title = entry.title.strip()
    if page is None or not page.title or page.problem == "block page":
        return title
    return page.title if not title or title.endswith(("…", "...")) else title


def _best_date(entry: Entry, page: Page | None, zone: ZoneInfo) -> tuple[datetime | None, bool]:
    """The feed's date; its day alone is refined by the page's minute of the same day."""
    if entry.published_at is None:
        return (page.published_at, page.day_only) if page else (None, False)
    if not entry.day_only or page is None or page.published_at is None or page.day_only:
        return entry.published_at, entry.day_only
    same_day = page.published_at.astimezone(zone).date() == entry.published_at.astimezone(zone).date()
    return (page.published_at, False) if same_day else (entry.published_at, True)
