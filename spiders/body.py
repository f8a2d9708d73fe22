"""Finds an article in its page: blocks of text are weighed, and the element with most of it is taken."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from spiders.asides import (
    APPENDIX_OPENS,
    ASIDE_ROLES,
    ASIDE_TAGS,
    CONTENT,
    DISCUSSION_OPENS,
    SKIPPED_TAGS,
    is_aside,
    is_never,
)
from spiders.tree import Element

# Removed with all they hold: nothing in them is read by a reader of the article.
_SILENT = (
    "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "canvas", "video", "audio",
    "select", "button", "textarea", "input", "map", "math", "link", "meta", "title",
    "img", "picture", "source",
)  # fmt: skip
# Merged into the text around them, which makes the tree small at the speed of C.
_INLINE = (
    "span", "b", "strong", "i", "em", "font", "u", "small", "big", "sup", "sub", "abbr", "cite", "code",
    "mark",
    "ins", "del", "s", "label", "time", "q", "o:p", "st1:chsdate", "wbr", "bdo", "kbd", "tt", "strike",
    "nobr",
)  # fmt: skip
_PARAGRAPHS = frozenset(
    {"p", "li", "td", "th", "blockquote", "pre", "dd", "dt", "h2", "h3", "h4", "h5", "h6", "center"}
)
_FRAMES = frozenset({"body", "html", "article", "main"})
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
SENTENCE = re.compile(r"[。！？；，、,!?;…]|[.:：](?:\s|$|[”\"'’)])")
_MOST_BLOCKS = 30_000
_ROWS = frozenset({"td", "th", "li", "dd", "dt", "h2", "h3", "h4", "h5", "h6"})
_HEADLINE = 24  # bytes of a link that may be a headline; names, numbers and times are shorter
_LONGEST_OPENER = 40  # characters of a line that may open an appendix
_LARGEST_TEASER = 700  # bytes
_OTHER_HALF = 2.2  # times a part, at most, weighs a text of which it is the heavier half
_MOST_SCRAPS = 1.5  # a paragraph
_HOLDS_ARTICLE: Any = etree.XPath("boolean(.//h1 | .//main | .//*[@itemprop='articleBody'])")
_HOLDS_A_PAGE: Any = etree.XPath("boolean(.//h1 | .//main) or count(.//p) > 5 or count(.//div | .//td) > 25")
_NAMED_INLINE: Any = etree.XPath(
    "//span[@id='zoom' or @id='Zoom' or @id='content' or @id='UCAP-CONTENT'] | //font[@id]"
)


@dataclass(slots=True, kw_only=True)
class Block:
    """A run of text without a break in it."""

    text: str
    linked: int  # characters of it that are links
    tag: str
    aside: bool

    @property
    def link_share(self) -> float:
        """How much of the text is links."""
        return self.linked / len(self.text)

    def weight(self) -> int:
        """Bytes of running text (one a letter, three a Chinese character); 0 for menus, captions, numbers."""
        size = len(self.text.encode())
        if self.aside or size < 30 or self.link_share > 0.5 or not SENTENCE.search(self.text):
            return 0
        return size - 2 * self.linked if self.linked < size // 2 else 0


@dataclass(slots=True, kw_only=True)
class Node:
    """An element that holds blocks start … end."""

    element: Element
    parent: "Node | None"
    start: int
    end: int = 0
    weight: int = 0  # of all blocks in it, teasers of other articles left out
    own: int = 0  # of the paragraphs right in it
    score: float = 0.0  # the same and half of those one deeper
    prose: int = 0  # blocks with weight
    scraps: int = 0  # blocks without, rows and list items aside: names, times, "Reply"
    headlines: int = 0  # blocks that are one long link
    size: int = 0
    linked: int = 0
    aside: bool = False
    believed: bool = False  # its name is beyond doubt
    css_class: str = ""
    name: str = ""  # its id


@dataclass(slots=True, kw_only=True)
class Outline:
    """A page as blocks in reading order and the elements that hold them."""

    blocks: list[Block] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    teasers: list[Node] = field(default_factory=list)

    def node_of(self, element: Element) -> Node | None:
        """The node made of this element."""
        return next((node for node in self.nodes if node.element is element), None)

    def named(self, candidates: Sequence[str]) -> Iterator[list[Node]]:
        """For each of these ids ("#zoom") and classes (".TRS_Editor") on the page the nodes that bear it."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            if node.name:
                found.setdefault(f"#{node.name}", []).append(node)
            for word in node.css_class.split():
                found.setdefault(f".{word}", []).append(node)
        return (found[candidate] for candidate in candidates if candidate in found)


def simplify(root: Element, keep: Sequence[Element] = ()) -> None:
    """Take out of the tree what carries no text and merge inline markup; `keep` stay elements."""
    for element in (*keep, *_NAMED_INLINE(root)):
        if element.tag in _INLINE:
            element.tag = "div"
    etree.strip_elements(root, *_SILENT, with_tail=False)
    etree.strip_tags(root, *_INLINE)


def readable_outline(root: Element, claimed: Sequence[Element] = ()) -> Outline:
    """Read a simplified tree into blocks and nodes.

    Names tell what stands beside the article, and lie on some pages ("main-with-sidebar"): where they hide
    most of the running text, and what they hide reads more like an article than the rest, only the
    most telling names and the elements made for such things are believed. The `claimed` elements, which
    a site's selectors chose, stand beside nothing.
    """
    frames = frozenset(one for element in claimed for one in (element, *element.iterancestors()))
    reader = _Reader(is_aside, frames)
    page = reader.read(root)
    if reader.hidden <= 2 * reader.shown:
        return page
    bare = _Reader(is_never, frames).read(root)
    return bare if _best(bare) > 2 * _best(page) else page


def _is_prose(block: Block) -> bool:
    return len(block.text) >= 40 and block.link_share < 0.5 and SENTENCE.search(block.text) is not None


def _best(page: Outline) -> float:
    return max(map(_worth, page.nodes), default=0.0)


class _Reader:
    def __init__(self, names_aside: Callable[[str], bool], frames: frozenset[Element]) -> None:
        self.names_aside = names_aside
        self.frames = frames
        self.out = Outline()
        self.open: list[Node] = []
        self.parts: list[str] = []
        self.linked = 0
        self.links = 0  # open ones
        self.asides = 0  # open ones
        self.believed = 0  # likewise
        self.hidden = 0  # characters of running text that names hide, believable names left out
        self.shown = 0

    def read(self, root: Element) -> Outline:
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                if self._is_skipped(element):
                    walker.skip_subtree()
            else:
                self._leave(element)
            if len(self.out.blocks) > _MOST_BLOCKS:
                break
        self._flush()
        while self.open:
            self._close()
        return self.out

    def _is_skipped(self, element: Element) -> bool:
        """Enter an element, and tell whether nothing in it is worth reading."""
        self._enter(element)
        node = self.open[-1]
        return node.element is element and node.believed

    def _enter(self, element: Element) -> None:
        tag = element.tag
        if tag == "a":
            self.links += _leads_away(element)
        elif tag == "br":
            self._flush()
        else:
            self._flush()
            node = self._opened(element)
            if tag not in _FRAMES and element not in self.frames and self._stands_aside(node):
                node.aside = True
                self.asides += 1
                node.believed = tag in SKIPPED_TAGS or is_never(_names(node))
                self.believed += node.believed
                if node.believed:
                    return
        self._take(element.text)

    def _opened(self, element: Element) -> Node:
        node = Node(
            element=element,
            parent=self.open[-1] if self.open else None,
            start=len(self.out.blocks),
            css_class=element.get("class") or "",
            name=element.get("id") or "",
        )
        self.open.append(node)
        self.out.nodes.append(node)
        return node

    def _stands_aside(self, node: Node) -> bool:
        element = node.element
        if element.tag in ASIDE_TAGS:
            return True
        if element.tag == "form":  # old ASP.NET pages are one form
            return not _HOLDS_A_PAGE(element)
        style = element.get("style")
        if style and _HIDDEN.search(style):
            return True
        if element.get("hidden") is not None or element.get("role") in ASIDE_ROLES:
            return not _HOLDS_ARTICLE(element)
        named = bool(node.css_class or node.name) and self.names_aside(_names(node))
        return named and not _HOLDS_ARTICLE(element)

    def _leave(self, element: Element) -> None:
        tag = element.tag
        if tag == "a":
            self.links -= _leads_away(element)
        elif tag != "br":
            self._flush()
            self._close()
        self._take(element.tail)

    def _take(self, text: str | None) -> None:
        if text:
            self.parts.append(text)
            if self.links:
                self.linked += len(text.strip())

    def _flush(self) -> None:
        if not self.parts:
            return
        text = " ".join("".join(self.parts).split())
        linked = self.linked
        self.parts.clear()
        self.linked = 0
        if not text or not self.open:
            return
        self._add(text, min(linked, len(text)), self.open[-1])

    def _add(self, text: str, linked: int, node: Node) -> None:
        tag = node.element.tag
        if len(text) < _LONGEST_OPENER and not self.asides:
            self._see_opener(text, node.parent if tag in _PARAGRAPHS and node.parent else node)
        block = Block(text=text, linked=linked, tag=tag, aside=self.asides > 0)
        self.out.blocks.append(block)
        node.size += len(text)
        node.linked += linked
        weight = block.weight()
        if weight:
            node.weight += weight
            node.prose += 1
            holder = node.parent if tag in _PARAGRAPHS and node.parent else node
            holder.own += weight
            self.shown += len(text)
        elif block.aside:
            self.hidden += len(text) if not self.believed and _is_prose(block) else 0
        elif block.link_share > 0.9 and len(text.encode()) >= _HEADLINE:
            node.headlines += 1
        elif tag not in _ROWS and not (node.parent and node.parent.element.tag in _ROWS):
            node.scraps += 1

    def _see_opener(self, text: str, holder: Node) -> None:
        """An element whose first words are "related articles" holds them, whatever its name."""
        if (
            holder.start != len(self.out.blocks)
            or holder.element.tag in _FRAMES
            or holder.element in self.frames
        ):
            return
        if APPENDIX_OPENS.match(text) or DISCUSSION_OPENS.match(text):
            holder.aside = holder.believed = True
            self.asides += 1
            self.believed += 1

    def _close(self) -> None:
        node = self.open.pop()
        self.asides -= node.aside
        self.believed -= node.believed
        node.end = len(self.out.blocks)
        node.score += node.own
        parent = node.parent
        if parent is None:
            return
        parent.size += node.size
        parent.linked += node.linked
        parent.prose += node.prose
        parent.scraps += node.scraps
        parent.headlines += node.headlines
        if _is_teaser(node):
            self.out.teasers.append(node)
        else:
            parent.weight += node.weight
            if _is_frame(node):
                parent.own += node.own
            else:
                parent.score += node.own / 2


def _is_frame(node: Node) -> bool:
    """Whether an element is there for the sake of the one paragraph in it."""
    return node.prose == 1 and node.end - node.start == 1


def _leads_away(link: Element) -> bool:
    """Footnotes, tables of contents and folding headings point into their own page."""
    href = link.get("href")
    return href is None or not (href.startswith("#") and len(href) > 1)


def _is_teaser(node: Node) -> bool:
    """Whether an element is the linked headline of another article with a sentence or two of it."""
    return node.headlines > 0 and 0 < node.prose <= 2 and node.weight < _LARGEST_TEASER


def _names(node: Node) -> str:
    return f"{node.css_class} {node.name}".lower()


# ── choosing ──


def article_node(page: Outline) -> Node | None:
    """The element that holds the article; None when nothing on the page reads like one."""
    best = max(page.nodes, key=_worth, default=None)
    if best is None or best.score <= 0:
        return None
    total = page.nodes[0].weight
    choice = best
    below = best
    for ancestor in _ancestors(best):
        if _adds_article(ancestor, choice, below, total):
            choice = ancestor
        below = ancestor
    return choice


def article_blocks(page: Outline, node: Node) -> list[Block]:
    """The blocks of an element without the teasers of other articles in it."""
    within = [
        teaser
        for teaser in page.teasers
        if node.start <= teaser.start and teaser.end <= node.end and teaser.weight < node.weight / 4
    ]
    blocks = page.blocks[node.start : node.end]
    for teaser in within:
        part = range(teaser.start - node.start, teaser.end - node.start)
        if not any(blocks[i].tag == "h1" for i in part):
            for i in part:
                blocks[i] = replace(blocks[i], aside=True)
    return blocks


def _worth(node: Node) -> float:
    """The score of an element, less where scraps outnumber paragraphs as they do in discussions."""
    return node.score / max(1.0, node.scraps / node.prose) ** 2 if node.prose else 0.0


def _ancestors(node: Node) -> Iterator[Node]:
    while node.parent is not None and node.parent.element.tag not in ("body", "html"):
        node = node.parent
        yield node


def _adds_article(ancestor: Node, choice: Node, below: Node, total: int) -> bool:
    if ancestor.weight < choice.weight * 1.02 or ancestor.linked > ancestor.size * 0.35:
        return False
    if ancestor.scraps - choice.scraps > _MOST_SCRAPS * (ancestor.prose - choice.prose) + 6:
        return False  # a discussion beneath the article
    if choice.weight < total * 0.5:  # a frame per paragraph: no single one of them is the article
        return True
    if _named_content(ancestor):
        return ancestor.weight <= choice.weight * (1.3 if _named_content(choice) else 3)
    clean = ancestor.headlines == choice.headlines and ancestor.scraps <= choice.scraps + 1
    if clean and ancestor.weight <= choice.weight * _OTHER_HALF:
        return True  # a text cut in two by what stands between
    return ancestor.weight <= choice.weight * 1.5 and below.weight < choice.weight * 1.02


def _named_content(node: Node) -> bool:
    if node.element.tag in ("article", "main") or node.element.get("itemprop") == "articleBody":
        return True
    return bool(CONTENT.search(node.css_class.lower()) or CONTENT.search(node.name.lower()))
