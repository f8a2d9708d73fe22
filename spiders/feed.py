"""Lists to entries: RSS 0.9x–2.0, RDF, Atom and JSON Feed, told apart by content; the other kinds by name.

The fast path is a strict lxml parse; what is not well-formed is mended and read in lxml's recovering mode,
and when that finds fewer items than the text holds, feedparser has a try.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape, unescape
from itertools import islice
from typing import Any
from urllib.parse import urljoin

import feedparser
from lxml import etree

from monitor.core.model import Entry, Feed, ListFields, Method, Source
from spiders import plain
from spiders.api import NotJsonError, json_feed, json_list, load_json
from spiders.charset import decode
from spiders.listing import html_list, script_text
from spiders.prolog import EndlessPrologError, without_prolog
from spiders.raw import LARGEST, Raw, absolute, entry_of
from spiders.sitemap import sitemap, unzipped

SLOW_PATH_LIMIT = 1_000_000  # characters; feedparser needs seconds per megabyte

_NAMESPACES = {
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/atom/ns#": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
}
_TITLES = ("title", "dc:title", "media:title")
_SUMMARIES = ("description", "summary", "dc:description", "media:description", "itunes:summary", "tagline")
_CONTENTS = ("content:encoded", "content", "xhtml:body", "xhtml:div", "fulltext")
_GUIDS = ("guid", "id", "dc:identifier")
_DATES = (
    "pubdate", "published", "issued", "dc:date", "dcterms:created", "dcterms:issued", "date", "created",
    "updated", "modified", "dcterms:modified", "lastbuilddate",
)  # fmt: skip
_LANGUAGES = ("language", "dc:language")
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_Fields = dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one fetch of a feed held; `problem` names in words what is wrong with it, "" when all is well."""

    entries: tuple[Entry, ...] = ()
    title: str = ""
    problem: str = ""
    parts: tuple[str, ...] = ()  # further addresses that belong to this list: the parts of a sitemap index


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A feed before its items become entries."""

    raws: list[Raw]
    title: str = ""
    home: str = ""
    language: str = ""
    problem: str = ""
    parts: tuple[str, ...] = ()


def parse_list(
    body: bytes, *, source: Source, feed: Feed, url: str, content_type: str = "", now: datetime
) -> Listing:
    """Read a list of any kind; never raises, whatever the bytes.

    Text is plain, links absolute (relative ones against xml:base, else `url`) and only http(s), at most
    `LARGEST` items are read. A cut-off document yields its complete items and a problem.
    """
    body = unzipped(body) if feed.method is Method.SITEMAP else body
    text = decode(body, content_type).lstrip("\ufeff \t\r\n")
    if not text:
        return Listing(problem="empty: the server sent nothing")
    document = _read(text, feed, url)
    base = url or document.home
    entries = tuple(
        entry_of(raw, source=source, base=base, language=document.language, now=now) for raw in document.raws
    )
    problem = document.problem or ("" if entries or document.parts else "empty: no items")
    title = plain.title_text(document.title)
    return Listing(entries=entries, title=title, problem=problem, parts=document.parts)


def _read(text: str, feed: Feed, url: str) -> _Document:
    if feed.method is Method.LISTING and feed.fields is not None:
        return _html(text, feed.fields)
    if feed.method is Method.SITEMAP:
        raws, parts, problem = sitemap(text, url)
        return _Document(raws=raws, parts=parts, problem=problem)
    if feed.method is Method.JSON or text[0] in "{[":
        return _json(text, feed)
    return _xml(text)


def _html(text: str, fields: ListFields) -> _Document:
    try:
        raws, problem = html_list(text, fields)
    except NotJsonError as error:
        return _Document(raws=[], problem=_html_or(text, str(error)))
    return _Document(raws=raws, problem=problem)


def _json(text: str, feed: Feed) -> _Document:
    try:
        if feed.fields is not None:
            inside = feed.fields.inside
            raws, problem = json_list(script_text(text, inside) if inside else text, feed.fields)
            return _Document(raws=raws, problem=problem)
        document = load_json(text)
    except NotJsonError as error:
        return _Document(raws=[], problem=_html_or(text, str(error)))
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return _Document(raws=[], problem="not a feed: JSON without items")
    title, home = document.get("title"), document.get("home_page_url")
    return _Document(raws=json_feed(document), title=str(title or ""), home=str(home or ""))


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


def _xml(text: str) -> _Document:
    start = _START.search(text, 0, _HEAD)
    if start is None:
        return _Document(raws=[], problem=_html_or(text, "not a feed: no RSS, RDF or Atom in it"))
    try:
        cleaned = without_prolog(text[start.start() :])
    except EndlessPrologError as error:
        return _Document(raws=[], problem=f"unreadable: {error}")
    try:
        return _from_tree(_strict(cleaned))
    except etree.XMLSyntaxError:
        return _tolerant(cleaned)


def _html_or(text: str, otherwise: str) -> str:
    return "not a feed but an HTML page" if _HTML.search(text, 0, _HEAD) else otherwise


def _strict(text: str) -> etree._Element:
    return etree.fromstring(text.encode("utf-8", "replace"), _parser(recover=False))


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8", recover=recover, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _tolerant(text: str) -> _Document:
    """Read what is not well-formed."""
    mended = _LOOSE.sub(_mend, _ILLEGAL.sub("", text))
    document = _recovered(mended)
    expected = len(_ITEM_START.findall(_HIDDEN.sub("", mended)))
    if len(document.raws) < min(expected, LARGEST) and len(mended) <= SLOW_PATH_LIMIT:
        second = _by_feedparser(mended)
        document = second if len(second.raws) > len(document.raws) else document
    return _judged(document, mended, expected)


def _judged(document: _Document, text: str, expected: int) -> _Document:
    cut_off = not re.search(r"</(?:\w{1,20}:)?(?:rss|feed|rdf|channel)\s*>\s*\Z", text[-200:], re.IGNORECASE)
    if cut_off:
        complete = document.raws if _ends_complete(text) else document.raws[: max(expected - 1, 0)]
        return _with(document, complete, "cut off: the document ends before its end")
    if len(document.raws) < min(expected, LARGEST):
        lost = expected - len(document.raws)
        return _with(document, document.raws, f"unreadable in part: {lost} of {expected} items lost")
    return document


def _with(document: _Document, raws: list[Raw], problem: str) -> _Document:
    return _Document(
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


def _recovered(text: str) -> _Document:
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), _parser(recover=True))
    except etree.XMLSyntaxError:
        return _Document(raws=[], problem="unreadable: no XML")
    return _from_tree(root) if root is not None else _Document(raws=[], problem="unreadable: no XML")


# ── from the tree to raw items ──


def _from_tree(root: etree._Element) -> _Document:
    items = list(islice(root.iter("{*}item", "{*}entry"), LARGEST))
    if not items:  # perhaps in capitals, or behind a prefix that nothing declares
        items = [element for element in root.iter(etree.Element) if _is_item(element)][:LARGEST]
    head = _fields(_head(root))
    based = any(True for _ in root.iterfind(f".//*[@{_XML_BASE}]")) or _XML_BASE in root.attrib
    return _Document(
        raws=[_raw(item, based) for item in items],
        title=_text(head, _TITLES),
        home=_link(head),
        language=_text(head, _LANGUAGES) or str(root.get(_XML_LANG) or ""),
        problem="" if items or _name(root.tag) in ("rss", "feed", "rdf:rdf", "channel") else "not a feed",
    )


def _is_item(element: etree._Element) -> bool:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower() in ("item", "entry")


def _head(root: etree._Element) -> etree._Element:
    return next((child for child in root if _name(child.tag) == "channel"), root)


def _fields(parent: etree._Element) -> _Fields:
    fields: _Fields = {}
    for child in parent:
        fields.setdefault(_name(child.tag), []).append(child)
    return fields


@lru_cache(maxsize=1_000)
def _name(tag: Any) -> str:
    """`prefix:local` in lower case, with the usual prefix of the namespace; the feed's own has none."""
    if not isinstance(tag, str):
        return "?"
    namespace, brace, local = tag.rpartition("}")
    if not brace:
        return local.lower()
    prefix = _NAMESPACES.get(namespace[1:].lower())
    if prefix is None:
        return f"?{local}".lower()
    return f"{prefix}:{local}".lower() if prefix else local.lower()


def _raw(item: etree._Element, based: bool) -> Raw:
    fields = _fields(item)
    title = next((e for name in _TITLES for e in fields.get(name, ()) if _markup(e).strip()), None)
    return Raw(
        title=_markup(title) if title is not None else "",
        link=_link(fields) or _permalink(fields) or str(item.get(_RDF_ABOUT) or ""),
        guid=_text(fields, _GUIDS) or str(item.get(_RDF_ABOUT) or ""),
        summary=_text(fields, _SUMMARIES),
        content=_text(fields, _CONTENTS),
        dates=tuple(_markup(e) for name in _DATES for e in fields.get(name, ())[:2]),
        language=_text(fields, _LANGUAGES) or str(item.get(_XML_LANG) or ""),
        base=_base(item) if based else "",
        literal_title=title is not None and title.get("type") == "text" and not len(title),
    )


def _text(fields: _Fields, names: tuple[str, ...]) -> str:
    for name in names:
        for element in fields.get(name, ()):
            text = _markup(element)
            if text.strip():
                return text
    return ""


def _markup(element: etree._Element) -> str:
    """An element's inside: text, or the markup that a publisher left unescaped."""
    if not len(element):
        return element.text or ""
    inside = "".join(str(etree.tostring(child, encoding="unicode")) for child in element)
    return escape(element.text or "") + inside


def _link(fields: _Fields) -> str:
    best = ""
    for element in fields.get("link", ()):
        href = element.get("href") or element.text or ""
        if not href.strip():
            continue
        if element.get("rel", "alternate") == "alternate":
            return str(href)
        if not best and element.get("rel") in ("self", "via", "related"):
            best = href
    return best


def _permalink(fields: _Fields) -> str:
    for element in (*fields.get("guid", ()), *fields.get("id", ())):
        text = (element.text or "").strip()
        if element.get("isPermaLink", "true").lower() != "false" and text.startswith(("http://", "https://")):
            return str(text)
    return ""


def _base(item: etree._Element) -> str:
    bases = [str(e.get(_XML_BASE)) for e in (item, *item.iterancestors()) if e.get(_XML_BASE)]
    base = ""
    for part in reversed(bases):
        try:
            base = urljoin(base, part)
        except ValueError:
            continue
    return base if absolute(base, "") else ""


# ── the tolerant library ──


def _by_feedparser(text: str) -> _Document:
    parsed = feedparser.parse(
        text.encode("utf-8", "replace"),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    return _Document(
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
