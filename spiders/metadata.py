"""What a page says about itself outside its text: meta elements, JSON-LD, its title."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from lxml import etree

from spiders.tree import Element, text_of

_LARGEST_SCRIPT = 600_000  # characters of one JSON-LD script
_MOST_NODES = 5_000  # JSON values looked at in one script
_ARTICLE_TYPES = re.compile(r"Article|Posting|Report|Legislation|WebPage", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Metas by lower-cased name, the JSON-LD claims of the article, and the titles a page carries."""

    metas: dict[str, str] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)  # headline, datePublished, articleBody, author …
    published: tuple[str, ...] = ()  # what elements marked as the time of publication say
    times: tuple[str, ...] = ()  # what other `time` elements beside the headline say
    states: tuple[str, ...] = ()  # publication times in scripts that hold a page's state
    headings: tuple[str, ...] = ()  # the h1 elements
    window_title: str = ""
    declared_language: str = ""
    author: str = ""
    without_script: str = ""  # what the page says to readers that run no scripts


def read_metadata(root: Element) -> Metadata:
    """Read what the page declares; must run before scripts are removed."""
    window = root.find(".//title")
    metas, claims = _metas(root), _claims(root)
    dated = "datePublished" in claims
    return Metadata(
        metas=metas,
        claims=claims,
        # What the article's own JSON-LD says is never overruled by these: they need not be looked for.
        published=() if dated else tuple(filter(None, map(_moment, _marked_as_published(root)))),
        times=() if dated else _times_beside_headline(root),
        states=() if dated else _states(root),
        author=_author(metas, claims),
        headings=tuple(filter(None, (text_of(h1) for h1 in root.iter("h1")))),
        window_title=text_of(window) if window is not None else "",
        without_script=" ".join(text_of(element) for element in root.iter("noscript"))[:2000],
        declared_language=root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "",
    )


def _metas(root: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("name") or meta.get("property") or meta.get("itemprop") or meta.get("http-equiv")
        content = (meta.get("content") or meta.get("value") or "").strip()
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def _author(metas: dict[str, str], claims: dict[str, str]) -> str:
    named = claims.get("author") or metas.get("author") or metas.get("parsely-author") or ""
    return " ".join(named.removeprefix("By ").removeprefix("by ").split())


# ── times ──

_MARKED: Any = etree.XPath("//*[@itemprop='datePublished']")
_PUBLISHED_CLASS = re.compile(r"\b(?:dt-published|entry-date|post-date|published)\b")
_CHANGED = re.compile(r"updat|modif|edited|revis|更新|修改", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"comment|related|sidebar|teaser|recommend|popular|latest|trending|promo|\bcard", re.IGNORECASE
)
_NEAR = 6  # elements up from the headline within which its time stands


def _marked_as_published(root: Element) -> Iterator[Element]:
    yield from _MARKED(root)
    for time in root.iter("time"):
        if time.get("pubdate") is not None or _PUBLISHED_CLASS.search(time.get("class") or ""):
            yield time


def _moment(element: Element) -> str:
    if _CHANGED.search(element.get("class") or ""):
        return ""
    return (
        element.get("content") or element.get("datetime") or element.get("title") or text_of(element)
    ).strip()


def _times_beside_headline(root: Element) -> tuple[str, ...]:
    """Those behind the first h1 and near it, then those above it; where no h1 is, the only time there is."""
    heading = next(root.iter("h1"), None)
    times = [element for element in root.iter("h1", "time") if element is heading or element.tag == "time"]
    if heading is None:
        said = {_moment(element) for element in times[:20]}
        return tuple(said) if len(said) == 1 else ()
    around = list(islice((one for one in heading.iterancestors() if one.tag not in ("body", "html")), _NEAR))
    at = times.index(heading)
    ordered = (*times[at + 1 : at + 30], *reversed(times[max(0, at - 3) : at]))
    return tuple(filter(None, (_moment(one) for one in ordered if _is_beside(one, around))))


def _is_beside(time: Element, around: list[Element]) -> bool:
    before = time.getprevious()
    label = (before.tail or text_of(before)[-30:]) if before is not None else time.getparent().text
    if _CHANGED.search(f"{(label or '')[-30:]} {(time.text or '')[:20]}"):
        return False
    for ancestor in time.iterancestors():
        if ancestor in around:
            return True
        if ancestor.tag in ("aside", "nav", "footer", "li"):
            return False
        if _ELSEWHERE.search(f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"):
            return False
    return False


_IN_STATE = re.compile(
    r"""["'](?:datePublished|date_published|publishedAt|published_at|publishedDate|published_date|publishDate|publish_date|"""
    r"""firstPublished(?:At|Date)?|first_published_at|publicationDate|publication_date|publishTime|publish_time)["']"""
    r"""\s*:\s*["']?([^"',}]{8,40})"""
)
_MOST_STATES = 3  # a page that names more moments than these tells of other articles


def _states(root: Element) -> tuple[str, ...]:
    """Moments of publication in the scripts; none where they are so many that they are other articles'."""
    found: dict[str, None] = {}
    for script in root.iter("script"):
        text = script.text or ""
        if len(text) <= _LARGEST_SCRIPT and "ubli" in text:
            found |= dict.fromkeys(match[1] for match in _IN_STATE.finditer(text))
    return tuple(found) if len(found) <= _MOST_STATES else ()


# ── JSON-LD ──

_CLAIMS = ("headline", "datePublished", "dateCreated", "uploadDate", "dateModified", "articleBody")
_PAGE_TYPES = re.compile(r"WebPage|WebSite|ItemPage|CollectionPage")


def _claims(root: Element) -> dict[str, str]:
    """What the article's own JSON-LD objects say; those that describe the page fill what is then missing."""
    nodes = [
        node
        for script in root.iter("script")
        if "ld+json" in (script.get("type") or "").lower()
        for node in _objects(_loaded(script.text or ""))
        if _is_article(node)
    ]
    claims: dict[str, str] = {}
    for node in sorted(nodes, key=_describes_page):
        for key in _CLAIMS:
            if isinstance(node.get(key), str) and node[key].strip():
                claims.setdefault(key, node[key].strip())
        name = _name_of(node.get("author"))
        if name:
            claims.setdefault("author", name)
    return claims


def _describes_page(node: dict[str, Any]) -> bool:
    return _PAGE_TYPES.search(str(node.get("@type"))) is not None


def _name_of(author: Any) -> str:
    if isinstance(author, list):
        author = author[0] if author else None
    if isinstance(author, dict):
        author = author.get("name")
    return author.strip() if isinstance(author, str) else ""


def _loaded(text: str) -> Any:
    text = text.strip().removeprefix("<![CDATA[").removesuffix("]]>").rstrip("; \n\t")
    if len(text) > _LARGEST_SCRIPT:
        return None
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):  # broken JSON-LD is common; the page's other signs remain
        return None


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            yield node
            waiting.extend(child for child in node.values() if isinstance(child, dict | list))


def _is_article(node: dict[str, Any]) -> bool:
    kind = node.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return any(isinstance(name, str) and _ARTICLE_TYPES.search(name) for name in kinds)


# ── title ──

_SEPARATOR = re.compile(
    r"\s*(?:[_|｜»«]+|\s[-–—·•:]+\s|--+|(?<=[^\x00-\x7f])[-–—](?=[^\x00-\x7f])|(?<=[^\x00-\x7f])[-–—](?=\w+\.\w))\s*"
)
_SITE_WORDS = re.compile(
    r"网|频道|新闻|在线|门户|日报|晚报|时报|政府|委员会|中心|栏目|首页|News|Times|Post|Blog|Magazine|\w\.[a-z]{2,4}$",
    re.IGNORECASE,
)
_LONGEST_SITE_NAME = 24  # characters of a segment that may be a site's or column's name
_LONGEST_TITLE = 300


def title_of(about: Metadata) -> str:
    """The article's headline among what the page offers; "" when it has none."""
    declared = about.metas.get("articletitle") or ""
    if declared:
        return _clean(declared)
    site = about.metas.get("og:site_name", "")
    window = without_site(about.window_title, site)
    social = without_site(about.metas.get("og:title", ""), site, only_named=bool(site))
    heading = _heading(about, f"{about.window_title} {social} {about.claims.get('headline', '')}")
    if (
        heading
        and _completes(social, heading)
        and _squeezed(about.window_title).startswith(_squeezed(social))
    ):
        return _clean(social)
    return _clean(heading or about.claims.get("headline") or social or window)


def _completes(social: str, heading: str) -> bool:
    """Whether a title is the heading with a second half ("X: how it works") that is no date."""
    return _squeezed(social).startswith(_squeezed(heading)) and not re.search(r"\d", social[len(heading) :])


def _heading(about: Metadata, others: str) -> str:
    """The h1 that shares most with the page's other titles, if any is a headline and not a site's name."""
    likely = [h1 for h1 in dict.fromkeys(about.headings) if 4 <= len(h1) <= _LONGEST_TITLE]
    if not likely or not _squeezed(others):
        return likely[0] if likely else ""
    best = max(likely, key=lambda h1: _shared(h1, others) * min(len(h1), 40))
    if _shared(best, others) < 0.3 or _names_site(best, about):
        return ""
    return best


def _names_site(heading: str, about: Metadata) -> bool:
    """Whether the heading is a mere tail of the window's title, in front of which the headline stands."""
    site = about.metas.get("og:site_name", "")
    window = _squeezed(about.window_title)
    squeezed = _squeezed(heading)
    return squeezed == _squeezed(site) or (
        window.endswith(squeezed) and not window.startswith(squeezed) and len(window) > 2 * len(squeezed)
    )


def _shared(text: str, others: str) -> float:
    pairs = _pairs(text)
    return len(pairs & _pairs(others)) / len(pairs) if pairs else 0.0


def _pairs(text: str) -> set[str]:
    text = _squeezed(text)
    return {text[i : i + 2] for i in range(len(text) - 1)}


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def without_site(title: str, site: str = "", *, only_named: bool = False) -> str:
    """A title without the names of site and column behind it; with `only_named` of plain site names only."""
    title = _clean(title)
    while True:
        breaks = list(_SEPARATOR.finditer(title))
        if not breaks or not breaks[-1].start():
            return title
        tail, head = title[breaks[-1].end() :], title[: breaks[-1].start()]
        named = bool(site) and _squeezed(tail) == _squeezed(site)
        if only_named and not named and not _SITE_WORDS.search(tail):
            return title
        if not named and (len(tail) > _LONGEST_SITE_NAME or len(head) < len(tail)):
            return title
        if not named and len(head) < 8 and not _SITE_WORDS.search(tail):
            return title
        title = head


def _clean(title: str) -> str:
    return " ".join(title.split())[:_LONGEST_TITLE]
