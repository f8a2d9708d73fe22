"""Lists to entries: RSS 0.9x–2.0, RDF, Atom and JSON Feed, told apart by content; the other kinds by name.

The fast path is a strict lxml parse; what is not well-formed is mended and read in lxml's recovering mode,
and when that finds fewer items than the text holds, feedparser has a try.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import unescape
from typing import Any

import feedparser
from lxml import etree

from monitor.core.model import Entry, Feed, ListFields, Method, Source
from spiders import plain
from spiders.api import NotJsonError, json_feed, json_list, load_json
from spiders.charset import decode
from spiders.items import Document, document_of
from spiders.lift import without_long_texts
from spiders.listing import html_list, script_text
from spiders.prolog import EndlessPrologError, root_at
from spiders.raw import LARGEST, Head, Raw, entry_of, head_of
from spiders.sitemap import sitemap, unzipped

SLOW_PATH_LIMIT = 1_000_000  # characters; feedparser needs seconds per megabyte
LONGEST_TEXT = 2_500_000  # characters; libxml2 refuses a text above 10 MB, so nothing longer is taken out
_BLANKS = "\ufeff \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one fetch of a feed held; `problem` names in words what is wrong with it, "" when all is well."""

    entries: tuple[Entry, ...] = ()
    title: str = ""
    problem: str = ""
    parts: tuple[str, ...] = ()  # further addresses that belong to this list: the parts of a sitemap index


@dataclass(frozen=True, slots=True, kw_only=True)
class Skim:
    """What one fetch of a list held, read only as far as telling its items apart and dating them needs."""

    heads: tuple[Head, ...]  # as a `Listing` has entries
    problem: str
    parts: tuple[str, ...]
    entries: Callable[[Collection[int]], tuple[Entry, ...]]  # reads those at these places of `heads` whole


def parse_list(
    body: bytes, *, source: Source, feed: Feed, url: str, content_type: str = "", now: datetime
) -> Listing:
    """Read a list of any kind; never raises, whatever the bytes.

    Text is plain, links absolute (relative ones against xml:base, else `url`) and only http(s), at most
    `LARGEST` items are read. A cut-off document yields its complete items and a problem.
    """
    asked = _Asked(source=source, feed=feed, url=url, now=now)
    document = _read(_received(body, content_type, feed), asked)
    return Listing(
        entries=_entries(document, asked, range(len(document.raws))),
        title=plain.title_text(document.title),
        problem=_problem(document),
        parts=document.parts,
    )


def skim_list(
    body: bytes, *, source: Source, feed: Feed, url: str, content_type: str = "", now: datetime
) -> Skim:
    """Read a list like `parse_list`, but leave what only new entries need until it is asked for.

    That is most of the work: plain text from markup, and of an XML feed even the parsing of its long texts.
    """
    asked = _Asked(source=source, feed=feed, url=url, now=now)
    received = _received(body, content_type, feed)
    light = _skimmed(received, asked)
    document = light or _read(received, asked)
    base = url or document.home
    return Skim(
        heads=tuple([head_of(raw, source=source, base=base, now=now) for raw in document.raws]),
        problem=_problem(document),
        parts=document.parts,
        entries=partial(_entries_at, received if light else document, asked),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a list was asked for, and when."""

    source: Source
    feed: Feed
    url: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    """A document as it came."""

    text: str
    utf8: bytes | None  # the same, where it came so

    def utf8_from(self, at: int) -> bytes:
        """What begins at this character."""
        if self.utf8 is None:
            return self.text[at:].encode("utf-8", "replace")
        return self.utf8[len(self.text[:at].encode()) :] if at else self.utf8


def _received(body: bytes, content_type: str, feed: Feed) -> _Received:
    body = unzipped(body) if feed.method is Method.SITEMAP else body
    whole = _as_utf8(body)
    text = (decode(body, content_type) if whole is None else whole).lstrip(_BLANKS)
    if whole is None:
        return _Received(text=text, utf8=None)
    return _Received(text=text, utf8=body[len(whole[: len(whole) - len(text)].encode()) :])


def _as_utf8(body: bytes) -> str | None:
    """The text where `decode` would read it as UTF-8 too; None where that takes a closer look."""
    if b"\0" in body[:2]:
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _entries(document: Document, asked: _Asked, places: Collection[int]) -> tuple[Entry, ...]:
    base, language = asked.url or document.home, document.language
    return tuple(
        [
            entry_of(document.raws[place], source=asked.source, base=base, language=language, now=asked.now)
            for place in places
        ]
    )


def _entries_at(found: Document | _Received, asked: _Asked, places: Collection[int]) -> tuple[Entry, ...]:
    if not places:
        return ()
    return _entries(_read(found, asked) if isinstance(found, _Received) else found, asked, places)


def _problem(document: Document) -> str:
    return document.problem or ("" if document.raws or document.parts else "empty: no items")


def _skimmed(received: _Received, asked: _Asked) -> Document | None:
    """An XML feed less its long texts; None when it is none, or has to be read whole to be read at all."""
    text = received.text
    if asked.feed.method is not Method.FEED or not text or text[0] in "{[":
        return None
    start = _START.search(text, 0, _HEAD)
    try:
        at = root_at(text, start.start()) if start else -1
    except EndlessPrologError:
        return None
    if at < 0 or len(text) > LONGEST_TEXT:
        return None
    document = without_long_texts(received.utf8_from(at))
    if document is None:
        return None
    try:
        return document_of(_strict(document), texts=False)
    except etree.XMLSyntaxError:
        return None


def _read(received: _Received, asked: _Asked) -> Document:
    text, feed = received.text, asked.feed
    if not text:
        return Document(raws=[], problem="empty: the server sent nothing")
    if feed.method is Method.LISTING and feed.fields is not None:
        return _html(text, feed.fields)
    if feed.method is Method.SITEMAP:
        raws, parts, problem = sitemap(text, asked.url)
        return Document(raws=raws, parts=parts, problem=problem)
    if feed.method is Method.JSON or text[0] in "{[":
        return _json(text, feed)
    return _xml(received)


def _html(text: str, fields: ListFields) -> Document:
    try:
        raws, problem = html_list(text, fields)
    except NotJsonError as error:
        return Document(raws=[], problem=_html_or(text, str(error)))
    return Document(raws=raws, problem=problem)


def _json(text: str, feed: Feed) -> Document:
    try:
        if feed.fields is not None:
            inside = feed.fields.inside
            raws, problem = json_list(script_text(text, inside) if inside else text, feed.fields)
            return Document(raws=raws, problem=problem)
        document = load_json(text)
    except NotJsonError as error:
        return Document(raws=[], problem=_html_or(text, str(error)))
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return Document(raws=[], problem="not a feed: JSON without items")
    title, home = document.get("title"), document.get("home_page_url")
    return Document(raws=json_feed(document), title=str(title or ""), home=str(home or ""))


# ── from text to a tree ──

_START = re.compile(r"<(?:\?xml|rss|feed|rdf:rdf|channel|\w{1,20}:(?:rss|feed|rdf))\b", re.IGNORECASE)
_ITEM_START = re.compile(r"<(?:\w{1,20}:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_HTML = re.compile(r"<(?:!doctype html|html|body|head|script|title)\b", re.IGNORECASE)
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOOSE = re.compile(  # an ampersand or a less-than sign that begins nothing, and what they may stand in
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<(?=[\s\d=])|&(?!(?:amp|lt|gt|quot|apos);)(#?\w{1,32};)?", re.DOTALL
)
_HEAD = 8_192  # characters before the feed's first tag in which a server may have left junk


def _xml(received: _Received) -> Document:
    text = received.text
    start = _START.search(text, 0, _HEAD)
    if start is None:
        return Document(raws=[], problem=_html_or(text, "not a feed: no RSS, RDF or Atom in it"))
    try:
        at = root_at(text, start.start())
    except EndlessPrologError as error:
        return Document(raws=[], problem=f"unreadable: {error}")
    try:
        return document_of(_strict(received.utf8_from(at)))
    except etree.XMLSyntaxError:
        return _tolerant(text[at:])


def _html_or(text: str, otherwise: str) -> str:
    return "not a feed but an HTML page" if _HTML.search(text, 0, _HEAD) else otherwise


def _strict(document: bytes) -> etree._Element:
    return etree.fromstring(document, _parser(recover=False))


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8", recover=recover, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _tolerant(text: str) -> Document:
    """Read what is not well-formed."""
    mended = _LOOSE.sub(_mend, _ILLEGAL.sub("", text))
    document = _recovered(mended)
    expected = len(_ITEM_START.findall(_HIDDEN.sub("", mended)))
    if len(document.raws) < min(expected, LARGEST) and len(mended) <= SLOW_PATH_LIMIT:
        second = _by_feedparser(mended)
        document = second if len(second.raws) > len(document.raws) else document
    return _judged(document, mended, expected)


def _judged(document: Document, text: str, expected: int) -> Document:
    cut_off = not re.search(r"</(?:\w{1,20}:)?(?:rss|feed|rdf|channel)\s*>\s*\Z", text[-200:], re.IGNORECASE)
    if cut_off:
        complete = document.raws if _ends_complete(text) else document.raws[: max(expected - 1, 0)]
        return _with(document, complete, "cut off: the document ends before its end")
    if len(document.raws) < min(expected, LARGEST):
        lost = expected - len(document.raws)
        return _with(document, document.raws, f"unreadable in part: {lost} of {expected} items lost")
    return document


def _with(document: Document, raws: list[Raw], problem: str) -> Document:
    return Document(
        raws=raws, title=document.title, home=document.home, language=document.language, problem=problem
    )


def _ends_complete(text: str) -> bool:
    """Whether the last item that begins also ends."""
    visible = _HIDDEN.sub("", text)
    ends = re.findall(r"</(?:\w{1,20}:)?(?:item|entry)\s*>", visible, re.IGNORECASE)
    return len(ends) >= len(_ITEM_START.findall(visible))


def _mend(match: re.Match[str]) -> str:
    whole, reference = match[0], match[1]
    if whole.startswith("<"):
        return whole if len(whole) > 1 else "&lt;"
    if reference is None:
        return "&amp;"
    text = unescape(whole)
    if text == whole:
        return "&amp;" + reference
    return _ILLEGAL.sub("", text).replace("&", "&amp;").replace("<", "&lt;")


def _recovered(text: str) -> Document:
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), _parser(recover=True))
    except etree.XMLSyntaxError:
        return Document(raws=[], problem="unreadable: no XML")
    return document_of(root) if root is not None else Document(raws=[], problem="unreadable: no XML")


# ── the tolerant library ──


def _by_feedparser(text: str) -> Document:
    parsed = feedparser.parse(
        text.encode("utf-8", "replace"),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    return Document(
        raws=[_from_feedparser(entry) for entry in parsed.entries[:LARGEST]],
        title=str(parsed.feed.get("title", "")),
        home=str(parsed.feed.get("link", "")),
        language=str(parsed.feed.get("language", "")),
    )


def _from_feedparser(entry: Any) -> Raw:
    contents = entry.get("content") or [{}]
    return Raw(
        title=str(entry.get("title", "")),
        link=str(entry.get("link", "")),
        guid=str(entry.get("id", "")),
        summary=str(entry.get("summary", "")),
        content=str(contents[0].get("value", "")),
        # Not entry.get: for a missing `updated` feedparser warns, and hands out `published` in its place.
        dates=tuple(str(dict.get(entry, name, "")) for name in ("published", "created", "updated")),
    )
