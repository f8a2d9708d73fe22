"""Finds an article in its page: blocks of text are weighed, and the element with most of it is taken."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree

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
_ASIDE_TAGS = frozenset({"nav", "footer", "aside", "header", "figcaption", "form", "menu", "dialog"})
_ASIDE = re.compile(
    r"comment|sidebar|side-bar|\bside\b|footer|\bfoot\b|\bnav|menu|breadcrumb|crumb|share|social|related|recommend|"
    r"recirc|promo|advert|\bads?[-_\b]|subscri|newsletter|sign-?up|login|modal|popup|cookie|copyright|hotnews|"
    r"\brank|pagination|\bpager|toolbar|author-?bio|bio-|disqus|outbrain|taboola|sponsor|widget|caption|"
    r"most-?(?:read|popular)|trending|more-?(?:news|stories|from)|read-?more|also-?like|hidden|sr-only|"
    r"visually|tooltip|banner|editor_?(?:name|info)|statement|disclaim|xgyd|xgwz|xgxw|tuijian|pinglun|fenxiang"
)  # of names in lower case
_CONTENT = re.compile(
    r"(?:article|post|entry|story|news|main|detail|page)[-_]{0,2}(?:body|content|text|txt|con|copy)|"
    r"(?:body|content|text)[-_]{0,2}(?:article|post|entry|story|news|main|detail|area)|"
    r"trs_(?:ue)?editor|^content$|^zoom$|^article$|^post$|^entry$|rich-?text|prose"
)  # of names in lower case
_FRAMES = frozenset({"body", "html", "article", "main"})
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SENTENCE = re.compile(r"[。！？；，、,!?;…]|[.:：](?:\s|$|[”\"'’)])")
_MOST_BLOCKS = 30_000
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
        if self.aside or size < 30 or self.link_share > 0.5 or not _SENTENCE.search(self.text):
            return 0
        return size - 2 * self.linked if self.linked < size // 2 else 0


@dataclass(slots=True, kw_only=True)
class Node:
    """An element that holds blocks start … end."""

    element: Element
    parent: "Node | None"
    start: int
    end: int = 0
    weight: int = 0  # of all blocks in it
    score: float = 0.0  # of the paragraphs right in it, and half of those one deeper
    size: int = 0
    linked: int = 0
    aside: bool = False
    css_class: str = ""
    name: str = ""  # its id


@dataclass(slots=True, kw_only=True)
class Outline:
    """A page as blocks in reading order and the elements that hold them."""

    blocks: list[Block] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

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


def readable_outline(root: Element) -> Outline:
    """Read a simplified tree into blocks and nodes.

    Names tell what stands beside the article, and lie on some pages ("main-with-sidebar"): where they hide
    most of the running text, only the elements made for such things are left out.
    """
    page = _Reader(by_name=True).read(root)
    hidden = sum(len(block.text) for block in page.blocks if block.aside and _is_prose(block))
    shown = sum(len(block.text) for block in page.blocks if not block.aside and _is_prose(block))
    return page if hidden <= 2 * shown else _Reader(by_name=False).read(root)


def _is_prose(block: Block) -> bool:
    return len(block.text) >= 40 and block.link_share < 0.5 and _SENTENCE.search(block.text) is not None


class _Reader:
    def __init__(self, *, by_name: bool) -> None:
        self.by_name = by_name
        self.out = Outline()
        self.open: list[Node] = []
        self.parts: list[str] = []
        self.linked = 0
        self.links = 0  # open ones
        self.asides = 0  # open ones

    def read(self, root: Element) -> Outline:
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if event == "start":
                self._enter(element)
            else:
                self._leave(element)
            if len(self.out.blocks) > _MOST_BLOCKS:
                break
        self._flush()
        while self.open:
            self._close()
        return self.out

    def _enter(self, element: Element) -> None:
        tag = element.tag
        if tag == "a":
            self.links += 1
        elif tag == "br":
            self._flush()
        else:
            self._flush()
            parent = self.open[-1] if self.open else None
            node = Node(
                element=element,
                parent=parent,
                start=len(self.out.blocks),
                css_class=element.get("class") or "",
                name=element.get("id") or "",
            )
            self.open.append(node)
            self.out.nodes.append(node)
            if tag in _ASIDE_TAGS or (self.by_name and tag not in _FRAMES and _hidden_or_named(node)):
                node.aside = True
                self.asides += 1
        self._take(element.text)

    def _leave(self, element: Element) -> None:
        tag = element.tag
        if tag == "a":
            self.links -= 1
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
        node = self.open[-1]
        block = Block(text=text, linked=min(linked, len(text)), tag=node.element.tag, aside=self.asides > 0)
        self.out.blocks.append(block)
        node.size += len(text)
        node.linked += block.linked
        weight = block.weight()
        if weight:
            node.weight += weight
            self._score(node, weight)

    def _score(self, node: Node, weight: int) -> None:
        holder = node.parent if node.element.tag in _PARAGRAPHS and node.parent else node
        holder.score += weight
        if holder.parent:
            holder.parent.score += weight / 2

    def _close(self) -> None:
        node = self.open.pop()
        self.asides -= node.aside
        node.end = len(self.out.blocks)
        if node.parent is not None:
            node.parent.weight += node.weight
            node.parent.size += node.size
            node.parent.linked += node.linked


def _hidden_or_named(node: Node) -> bool:
    style = node.element.get("style")
    if style and _HIDDEN.search(style):
        return True
    return bool(node.css_class or node.name) and _aside_names(f"{node.css_class} {node.name}".lower())


@lru_cache(maxsize=16_384)
def _aside_names(names: str) -> bool:
    return bool(_ASIDE.search(names)) and not _CONTENT.search(names)


# ── choosing ──


def article_node(page: Outline) -> Node | None:
    """The element that holds the article; None when nothing on the page reads like one."""
    best = max(page.nodes, key=lambda node: node.score, default=None)
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


def _ancestors(node: Node) -> Iterator[Node]:
    while node.parent is not None and node.parent.element.tag not in ("body", "html"):
        node = node.parent
        yield node


def _adds_article(ancestor: Node, choice: Node, below: Node, total: int) -> bool:
    if ancestor.weight < choice.weight * 1.02 or ancestor.linked > ancestor.size * 0.35:
        return False
    if choice.weight < total * 0.5:  # a frame per paragraph: no single one of them is the article
        return True
    if _named_content(ancestor):
        return ancestor.weight <= choice.weight * 3
    return ancestor.weight <= choice.weight * 1.5 and below.weight < choice.weight * 1.02


def _named_content(node: Node) -> bool:
    if node.element.tag in ("article", "main") or node.element.get("itemprop") == "articleBody":
        return True
    return bool(_CONTENT.search(node.css_class.lower()) or _CONTENT.search(node.name.lower()))


# ── writing ──

_NOISE = re.compile(
    r"^[\[【(（●◆■▲]?\s*(?:责任编辑|責任編輯|责编|編輯[:：]|编辑[:：]|校对|监制|审核|打印|列印|关闭|纠错|扫一扫|分享到|分享|收藏|"
    r"字号|字体|大\s*中\s*小|来源[:：]|來源[:：]|文章来源|稿件来源|信息来源|发布时间|发布日期|浏览次数|点击数|阅读量|"
    r"版权所有|版权声明|免责声明|特别声明|举报|点赞|返回|上一篇|下一篇|原标题|关键[词字][:：]|關鍵字|标签[:：]|"
    r"您?(?:所在|当前|的)的?位置|当前位置|正文已结束|"
    r"advertisement|share this|sign up|subscribe|story continues below|continue reading|follow us|click here|"
    r"copyright|©|all rights reserved|skip to|our standards:)",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"下[载載] ?APP|APP ?下[载載]|打开APP|加入好友|LINE ?好友|Telegram|扫描?二维码|"
    r"关注.{0,12}公众号|公众号[:：]|来稿|來稿|投稿|徵稿|"
    r"订阅|訂閱|newsletter|(?:may|might) (?:receive|earn) (?:a )?(?:small )?(?:compensation|commission)|"
    r"advertiser disclosure|affiliate (?:links?|commission)|(?:follow|like) us on|download (?:our|the) app|"
    r"声明[:：]|聲明[:：]|不构成.{0,6}投资建议|all rights reserved",
    re.IGNORECASE,
)
_LONGEST_CALL = 300  # characters; a longer paragraph only mentions such a thing
_END = re.compile(
    r"^[\[【●■◆▍|]?\s*(?:相[关關](?:阅读|閱讀|新闻|新聞|链接|文章|报道|報導|稿件|推荐)|延伸(?:阅读|閱讀)|推荐(?:阅读|新闻)|"
    r"(?:热门|熱門|热点).{2,4}|(?:编辑|編輯)部?推[荐薦]|[为為]你推[荐薦]|猜你喜欢|更多.{2,6}|网友(?:评论|回应)|網友回應|"
    r"(?:最新|全部|热门|用户)评论|发表评论|我要评论|"
    r"related(?: articles?| stories| news| topics| content| posts| coverage)?|"
    r"more (?:on this|from|in) .{0,40}|"
    r"read (?:more|next)|most (?:read|popular)|recommended(?: for you)?|you (?:may|might) also like|"
    r"about the authors?|leave a (?:comment|reply)|comments)\s*[\]】:：]?$",
    re.IGNORECASE,
)


_BREADCRUMBS = 100  # bytes that look like a sentence and may stand before a headline


def as_article(blocks: Sequence[Block], title: str) -> list[Block]:
    """The blocks without what stands before the headline repeated in them and what follows the article."""
    kept = blocks[_after_headline(blocks, title) :]
    kept = kept[: _before_appendix(kept)]
    return [block for block in kept if not block.aside and not _noise(block)]


def _after_headline(blocks: Sequence[Block], title: str) -> int:
    squeezed = _squeezed(title)
    before = 0
    for at, block in enumerate(blocks[: max(12, len(blocks) // 4)] if squeezed else ()):
        if len(block.text) < 400 and _squeezed(block.text) == squeezed:
            return at + 1 if block.tag == "h1" or before <= _BREADCRUMBS else 0
        before += block.weight()
    return 0


def _before_appendix(blocks: Sequence[Block]) -> int:
    """Where a line such as "related articles" opens what is no longer the article."""
    weights = [block.weight() for block in blocks]
    total, so_far = sum(weights), 0
    for at, block in enumerate(blocks):
        if so_far * 2 > total and len(block.text) < 60 and _END.match(block.text):
            return at
        so_far += weights[at]
    return len(blocks)


def text_of_blocks(blocks: Sequence[Block]) -> str:
    """The running text of an article, a paragraph a line."""
    return "\n".join(block.text for block in blocks)


def _noise(block: Block) -> bool:
    if block.link_share > 0.6 and not (block.link_share < 1 and _SENTENCE.search(block.text)):
        return True
    if len(block.text) < 90 and _NOISE.match(block.text):
        return True
    return len(block.text) < _LONGEST_CALL and bool(_CALL.search(block.text))


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text)
