"""From the tree of an XML feed to its head and its items, as published."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from spiders.raw import LARGEST, Raw, absolute

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
_IN_HEAD = frozenset({*_TITLES, *_GUIDS, *_DATES, "link"})
_HAS_BASE = etree.XPath("boolean(//@xml:base)")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_Fields = dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A list before its items become entries; `problem` names in words what is wrong with it."""

    raws: list[Raw]
    title: str = ""
    home: str = ""
    language: str = ""
    problem: str = ""
    parts: tuple[str, ...] = ()


def document_of(root: etree._Element, *, texts: bool = True) -> Document:
    """What the tree of a feed holds.

    Without `texts` its items have neither summary nor content nor language, for nobody needs those to tell
    them apart.
    """
    items = list(islice(root.iter("{*}item", "{*}entry"), LARGEST))
    if not items:  # perhaps in capitals, or behind a prefix that nothing declares
        items = [element for element in root.iter(etree.Element) if _is_item(element)][:LARGEST]
    head = _fields(_head(root), _name)
    based = bool(_HAS_BASE(root))
    return Document(
        raws=[_raw(item, based, texts) for item in items],
        title=_text(head, _TITLES),
        home=_link(head),
        language=_text(head, _LANGUAGES) or str(root.get(_XML_LANG) or ""),
        problem="" if items or _name(root.tag) in ("rss", "feed", "rdf:rdf", "channel") else "not a feed",
    )


def _is_item(element: etree._Element) -> bool:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower() in ("item", "entry")


def _head(root: etree._Element) -> etree._Element:
    return next((child for child in root if _name(child.tag) == "channel"), root)


def _fields(parent: etree._Element, name_of: Callable[[Any], str]) -> _Fields:
    fields: _Fields = {}
    for child in parent:
        name = name_of(child.tag)
        if name in fields:
            fields[name].append(child)
        elif name:
            fields[name] = [child]
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


@lru_cache(maxsize=1_000)
def _name_in_head(tag: Any) -> str:
    """The name of a field that items are told apart or dated by; "" for the others, most of an item."""
    name = _name(tag)
    return name if name in _IN_HEAD else ""


def _raw(item: etree._Element, based: bool, texts: bool) -> Raw:
    fields = _fields(item, _name if texts else _name_in_head)
    title, literal = _title(fields)
    return Raw(
        title=title,
        link=_link(fields) or _permalink(fields) or str(item.get(_RDF_ABOUT) or ""),
        guid=_text(fields, _GUIDS) or str(item.get(_RDF_ABOUT) or ""),
        summary=_text(fields, _SUMMARIES) if texts else "",
        content=_text(fields, _CONTENTS) if texts else "",
        dates=tuple([_markup(e) for name in _DATES if name in fields for e in fields[name][:2]]),
        language=(_text(fields, _LANGUAGES) or str(item.get(_XML_LANG) or "")) if texts else "",
        base=_base(item) if based else "",
        literal_title=literal,
    )


def _title(fields: _Fields) -> tuple[str, bool]:
    """The first title that says anything, and whether it is declared to be text without markup."""
    for name in _TITLES:
        for element in fields.get(name, ()):
            title = _markup(element)
            if title and not title.isspace():
                return title, element.get("type") == "text" and not len(element)
    return "", False


def _text(fields: _Fields, names: tuple[str, ...]) -> str:
    for name in names:
        for element in fields.get(name, ()):
            text = _markup(element)
            if text and not text.isspace():
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
        if not href or href.isspace():
            continue
        rel = element.get("rel", "alternate")
        if rel == "alternate":
            return str(href)
        if not best and rel in ("self", "via", "related"):
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
