"""OPML, in which feed readers keep and exchange their lists of feeds: read and written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from monitor.core.model import Method, Source

LARGEST = 4 * 1024 * 1024  # bytes of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed in a reader's list, its addresses as they are written there."""

    title: str
    url: str
    homepage: str = ""


class NotOpmlError(ValueError):
    """The file is no OPML that can be read; `str()` says why."""


def read_opml(body: bytes) -> tuple[Subscription, ...]:
    """The feeds of an OPML file in its order, each address once. Raises NotOpmlError.

    A document type, through which entities would come, is refused: no reader writes one.
    """
    if len(body) > LARGEST:
        raise NotOpmlError(f"larger than {LARGEST // 1024 // 1024} MB")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise NotOpmlError(f"not XML: {error}") from error
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:
        raise NotOpmlError("it declares a document type, which is not read")
    if root.tag != "opml":
        raise NotOpmlError(f"not OPML but <{root.tag}>")
    found: dict[str, Subscription] = {}
    for outline in root.iter("outline"):
        feed = _subscription(outline)
        if feed is not None:
            found.setdefault(feed.url, feed)
    return tuple(found.values())


def _subscription(outline: Any) -> Subscription | None:
    said = {name.lower(): " ".join(value.split()) for name, value in outline.attrib.items()}
    url = said.get("xmlurl", "")
    title = said.get("title") or said.get("text", "")
    return Subscription(title=title, url=url, homepage=said.get("htmlurl", "")) if url else None


def write_opml(sources: Iterable[Source]) -> str:
    """The feeds of the sources as OPML 2.0; lists of other kinds, which no reader takes, are left out."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "policywire"
    body = etree.SubElement(root, "body")
    for source, url in feeds_of(sources):
        etree.SubElement(
            body,
            "outline",
            {
                "type": "rss",
                "text": source.name,
                "title": source.name,
                "xmlUrl": url,
                "htmlUrl": source.homepage,
            },
        )
    return etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8").decode()


def feeds_of(sources: Iterable[Source]) -> Iterable[tuple[Source, str]]:
    """Every address of theirs that is a feed."""
    for source in sources:
        for feed in source.feeds:
            if feed.method is Method.FEED:
                yield source, feed.url
