"""Sitemaps (sitemaps.org 0.9, with Google's news extension): their pages become items, the newest first."""

import zlib
from urllib.parse import urlsplit

from lxml import etree

from spiders.prolog import EndlessPrologError, without_prolog
from spiders.raw import Raw, absolute

MOST_PAGES = 1_000  # of one sitemap, the newest; a plain one lists a whole site, not its news
MOST_PARTS = 3  # of an index, the newest; parts of parts are not read
LARGEST_UNZIPPED = 8 * 1024 * 1024  # bytes


def unzipped(body: bytes) -> bytes:
    """The body of a `.xml.gz`, cut at `LARGEST_UNZIPPED`; any other body as it is."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, LARGEST_UNZIPPED)
    except zlib.error:
        return body


def sitemap(text: str, url: str) -> tuple[list[Raw], tuple[str, ...], str]:
    """The pages, the parts of an index that are worth reading, and the problem in words; never raises.

    A page of a plain sitemap has no title (its own page tells) and its `lastmod` for a date; one without
    any date is left out, for it may be years old. Parts lie on the index's own host.
    """
    try:
        root = _root(without_prolog(text))
    except EndlessPrologError as error:
        return [], (), f"unreadable: {error}"
    if root is None:
        return [], (), "unreadable: no XML"
    name = _local(root)
    if name == "sitemapindex":
        return [], _parts(root, url), ""
    if name != "urlset":
        return [], (), "not a sitemap" + (" but an HTML page" if name == "html" else "")
    dated = [(raw.dates[0], raw) for element in root if (raw := _page(element)) and raw.dates]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    pages = [raw for _, raw in dated[:MOST_PAGES]]
    return pages, (), "" if pages or not len(root) else "none of its pages has a date"


def _root(text: str) -> etree._Element | None:
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None


def _parts(root: etree._Element, url: str) -> tuple[str, ...]:
    """The newest parts; of undated ones the first, where sites put the newest."""
    host = urlsplit(url).netloc
    dated = [(_text(part, "lastmod"), absolute(_text(part, "loc"), url)) for part in root]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    own = [one for _, one in dated if one and urlsplit(one).netloc == host and one != url]
    return tuple(dict.fromkeys(own))[:MOST_PARTS]


def _page(element: etree._Element) -> Raw | None:
    link = _text(element, "loc")
    if not link:
        return None
    news = next((child for child in element if _local(child) == "news"), None)
    lastmod = _text(element, "lastmod")
    if news is None:
        return Raw(link=link, dates=(lastmod,) if lastmod else ())
    publication = next((child for child in news if _local(child) == "publication"), None)
    published = _text(news, "publication_date")
    return Raw(
        title=_text(news, "title"),
        link=link,
        dates=tuple(filter(None, (published, lastmod))),
        language=_text(publication, "language") if publication is not None else "",
    )


def _text(parent: etree._Element, name: str) -> str:
    return next(((child.text or "").strip() for child in parent if _local(child) == name), "")


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()
