"""Pages as trees: parsed whatever they hold, and asked with CSS selectors."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cssselect import HTMLTranslator, SelectorError
from lxml import etree

Element = Any  # lxml's stubs know too little of trees to be of help here

LARGEST = 4_000_000  # characters of a page that are parsed; the rest is cut off
_EARLY_CLOSER = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_HUGE = 20_000  # characters of a tag
_HUGE_TAG = re.compile(rf"<[a-zA-Z][^<>]{{{_HUGE},}}>?")
_MOST_ATTRIBUTES = 5_000  # of one tag; libxml2 compares each with all the others
_META = re.compile(r"""\s*meta\[\s*(?:name|property|itemprop)\s*=\s*["']?([^"'\]]+)["']?\s*\]\s*""")
_ATTRIBUTE = re.compile(r"::attr\(([\w:-]+)\)\s*$")


def parse_html(text: str) -> Element | None:
    """The page's tree, or None when nothing in it can be read as HTML.

    Closers of html and body are dropped first: some sites write them long before the end, and libxml2 then
    gives up the text behind them.
    """
    text = _EARLY_CLOSER.sub("", _DECLARATION.sub("", text[:LARGEST]))
    if max(map(len, text.split("<"))) > _HUGE:  # a hundred times faster than the pattern
        text = _HUGE_TAG.sub(_unless_swollen, text)
    # The plain parser: lxml.html looks up a Python class for every element it hands out.
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(text.replace("\0", ""), parser)
    except UnicodeEncodeError:  # lone surrogates
        return etree.fromstring(text.encode("utf-8", "replace").decode("utf-8"), parser)
    except (etree.LxmlError, ValueError):  # nothing but white space or declarations
        return None


def _unless_swollen(tag: re.Match[str]) -> str:
    return "" if tag.group().count("=") > _MOST_ATTRIBUTES else tag.group()


def select(root: Element, selector: str) -> Iterator[Element]:
    """Elements that match, alternatives ("h1.title, h1") in the order they are written."""
    for part in alternatives(selector):
        compiled = _compiled(part)
        if compiled is not None:
            yield from compiled(root)


def values(root: Element, metas: dict[str, str], selector: str) -> Iterator[str]:
    """Texts that match: of a meta its content (names in any case), of `::attr(x)` the attribute."""
    for part in alternatives(selector):
        meta = _META.fullmatch(part)
        if meta is not None:
            yield metas.get(meta[1].strip().lower(), "")
            continue
        attribute = _ATTRIBUTE.search(part)
        for element in select(root, _ATTRIBUTE.sub("", part)):
            yield element.get(attribute[1], "") if attribute else text_of(element)


def remove(element: Element) -> None:
    """Take an element out of its tree; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def text_of(element: Element) -> str:
    """All text in an element, runs of white space made one blank."""
    return " ".join("".join(element.itertext()).split())


def alternatives(selector: str) -> list[str]:
    """The parts of a selector list, commas inside brackets left alone."""
    return [part.strip() for part in re.split(r",(?![^(\[]*[)\]])", selector) if part.strip()]


@lru_cache(maxsize=1024)
def _compiled(selector: str) -> Any:
    """None for what is not CSS; the catalogue's checks tell its author, a page must not."""
    try:
        return etree.XPath(HTMLTranslator().css_to_xpath(selector))
    except (SelectorError, etree.XPathError):
        return None
