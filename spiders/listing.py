"""HTML pages that list articles: what the catalogue's CSS selectors point at becomes items.

Beautiful Soup reads them, with lxml below it: its selectors are the CSS of browsers (`:has`, `:is`, `:not`),
in which people who add a site write them. Article pages, a hundred times as many, are read by lxml alone.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urljoin

import soupsieve
from bs4 import BeautifulSoup, Tag

from monitor.core.model import ListFields
from spiders.api import NotJsonError, field_text, load_json
from spiders.raw import Raw

MOST_ITEMS = 1_000  # of one page
MOST_TAGS = 40_000  # of one page; a tag costs about 1 KB of memory, and the rest of the page is not looked at
LONGEST_PAGE = 4_000_000  # characters
DEEPEST = 300  # elements in each other; selectors look upwards, so a deeper page would cost minutes
MOST_NODES = 300  # elements and texts of an item; what holds more is a frame around items
LONGEST_OWN_TEXT = 60  # characters beside the link in which a date without a selector is looked for

_ATTRIBUTE = re.compile(r"::attr\(([\w:-]+)\)\s*$")
_INSTRUCTION = re.compile(r"<\?[^<>]*>")
_HOLE = re.compile(r"\{(\??)([^{}]{1,400}?)(?: after ([^{}]{1,80}))?\}")
_IN_ADDRESS = re.compile(  # /20261124/, /2026-11/24/, /2026/11/24/, t20261124_17.html
    r"/(20\d\d)[-/]?([01]\d)[-/]?([0-3]\d)(?:/|[-_]\d)|/t(20\d\d)([01]\d)([0-3]\d)_\d"
)


class SelectorError(ValueError):
    """A selector that is no CSS; `str()` says which and why."""


def html_list(text: str, fields: ListFields) -> tuple[list[Raw], str]:
    """The items of a page, and the problem in words. Raises NotJsonError when HTML in JSON was declared.

    Items without a title or a usable link are navigation and left out. A date that no selector finds is
    looked for in the few words beside the link, then in the address.
    """
    markup = field_text(load_json(text), fields.inside) if fields.inside else text
    if "<" not in markup:
        return [], "not an HTML page"
    page = _soup(markup)
    base = page.find("base", href=True)
    try:
        found = soupsieve.select(fields.items, page, limit=MOST_ITEMS)
        href = str(base["href"]) if base else ""
        raws = _once_each(raw for item in found if (raw := _raw(item, fields, href)))
    except (soupsieve.SelectorSyntaxError, SelectorError) as error:
        return [], f"a selector is not CSS: {str(error).splitlines()[0]}"
    if not found:
        return [], f"empty: nothing on the page matches “{fields.items}”; has the layout changed?"
    return raws, "" if raws else f"none of {len(found)} items has a title and a link"


def _once_each(raws: Iterable[Raw]) -> list[Raw]:
    """One item per address: a picture and a headline often link to the same article."""
    best: dict[str, Raw] = {}
    for raw in raws:
        known = best.get(raw.link)
        if known is None or len(raw.title) > len(known.title):
            best[raw.link] = raw
    return list(best.values())


def script_text(text: str, selector: str) -> str:
    """What stands in the script element that holds a page's JSON; "" when there is none."""
    found = _soup(text).select_one(selector) if "<" in text else None
    return found.get_text() if found is not None else ""


def lead(text: str, template: str, base: str) -> str:
    """The address a first answer leads to, "" when the page lacks what the template asks for.

    A hole `{selector::attr(x)}` takes an attribute's (or an element's) text, `{… after WORD}` what stands
    behind a word in it, `{?…}` a JSON object in it, written as a query.
    """
    page = _soup(text) if "<" in text else BeautifulSoup("", "lxml")
    missing = False

    def fill(hole: re.Match[str]) -> str:
        nonlocal missing
        value = _first(page, hole[2]).partition(hole[3])[2] if hole[3] else _first(page, hole[2])
        value = _query(value) if hole[1] else value.strip()
        missing = missing or not value
        return value

    filled = _HOLE.sub(fill, template)
    return "" if missing else urljoin(base, filled)


def _query(text: str) -> str:
    """A JSON object as a query; sites write it into an attribute with single quotes."""
    try:
        said = load_json(text.replace("'", '"'))
    except NotJsonError:
        return ""
    if not isinstance(said, dict):
        return ""
    pairs = {str(k): v if isinstance(v, str) else json.dumps(v) for k, v in said.items()}
    return "?" + urlencode(pairs)


def _soup(markup: str) -> BeautifulSoup:
    """The page as a tree; one nested deeper than any honest page counts as empty."""
    pieces = _INSTRUCTION.sub("", markup[:LONGEST_PAGE]).split("<", MOST_TAGS)
    page = BeautifulSoup("<".join(pieces[:MOST_TAGS]), "lxml")
    return BeautifulSoup("", "lxml") if _too_deep(page) else page


def _too_deep(page: BeautifulSoup) -> bool:
    depths = {id(page): 0}
    for node in page.descendants:
        if isinstance(node, Tag):
            depth = depths[id(node)] = depths[id(node.parent)] + 1
            if depth > DEEPEST:
                return True
    return False


def _raw(item: Tag, fields: ListFields, base: str) -> Raw | None:
    if next(islice(item.descendants, MOST_NODES, None), None) is not None:
        return None
    anchor = _anchor(item, fields.link)
    link = _first(item, fields.link) if "::attr(" in fields.link else _href(anchor)
    title = _first(item, fields.title) if fields.title else _whole(anchor or item)
    if not title or not link or link.startswith(("#", "javascript:")):
        return None
    beside = "" if fields.date else _beside(item, title)
    dates = (_first(item, fields.date) if fields.date else beside, in_address(link))
    return Raw(
        title=title,
        link=link,
        guid=_first(item, fields.id) if fields.id else "",
        summary=_first(item, fields.summary) if fields.summary else "",
        content=_first(item, fields.content) if fields.content else "",
        dates=tuple(filter(None, dates)),
        base=base,
        literal_title=True,
    )


def in_address(link: str) -> str:
    """The day that many sites write into an article's address, as YYYY-MM-DD; "" when there is none."""
    found = _IN_ADDRESS.search(link)
    return "-".join(part for part in found.groups() if part) if found else ""


def _anchor(item: Tag, selector: str) -> Tag | None:
    css = _ATTRIBUTE.sub("", selector) or "a[href]"
    if not selector and item.name == "a":
        return item
    return next(iter(_tags(item, css)), None)


def _href(anchor: Tag | None) -> str:
    return str(anchor.get("href", "")).strip() if anchor is not None else ""


def _beside(item: Tag, title: str) -> str:
    text = " ".join(item.get_text(" ").replace(title, " ").split())
    return text if len(text) <= LONGEST_OWN_TEXT else ""


def _first(item: Tag, selector: str) -> str:
    """The first text that the alternatives of a selector find."""
    for css, attribute in _alternatives(selector):
        for tag in _tags(item, css):
            text = str(tag.get(attribute.lower()) or "") if attribute else _whole(tag)
            if text.strip():
                return " ".join(text.split())
    return ""


def _whole(tag: Tag) -> str:
    """An element's text, or its title attribute where the text was cut to fit a column."""
    text = " ".join(tag.get_text(" ").split())
    attribute = str(tag.get("title") or "").strip()
    return attribute if attribute and (not text or text.endswith(("…", "..."))) else text


def _tags(item: Tag, css: str) -> Iterator[Tag]:
    """Elements inside the item; `+ x y` means the element behind it, which must be an x, or the y in it."""
    if not css:
        yield item
        return
    if not css.startswith("+"):
        yield from _compiled(css).iselect(item)
        return
    first, _, rest = css[1:].strip().partition(" ")
    behind = item.find_next_sibling()
    if behind is None or not _compiled(first).match(behind):
        return
    yield from _compiled(rest).iselect(behind) if rest.strip() else [behind]


def _alternatives(selector: str) -> Iterator[tuple[str, str]]:
    """The parts of a selector list with the attribute each asks for, commas inside brackets left alone."""
    for part in re.split(r",(?![^(\[]*[)\]])", selector):
        attribute = _ATTRIBUTE.search(part)
        yield _ATTRIBUTE.sub("", part).strip(), attribute[1] if attribute else ""


def _compiled(css: str) -> Any:
    try:
        return soupsieve.compile(css)  # which keeps the last few hundred
    except soupsieve.SelectorSyntaxError as error:
        raise SelectorError(f"“{css}”: {str(error).splitlines()[0]}") from error
