"""When a page was published: what it declares, what it shows near its headline, what its address says."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from spiders.body import Block
from spiders.dates import Dated, parse_date
from spiders.metadata import Metadata

# Names of metas that carry the first publication, the most trustworthy first. Times of modification, of the
# page's generation (`others`) and of a site's migration (`createdate`) are left out on purpose.
_METAS = (
    "article:published_time", "og:article:published_time", "datepublished", "firstpublishedtime", "pubdate",
    "publishdate", "publish_date", "publishtime", "publish_time",
    "og:published_time", "og:release_date", "publication_date", "publish-date",
    "parsely-pub-date", "sailthru.date", "bt:pubdate", "weibo:article:create_at", "apub:time",
    "cxenseparse:recs:publishtime", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created",
    "dcterms.date", "dc.date", "citation_publication_date", "citation_online_date", "releasedate", "pdate",
    "originalpublicationdate", "displaydate", "article_date_original", "pub_date", "published",
    "article:published", "article.published", "published_at", "published-date", "publisheddate",
    "publicationdate", "publish-time", "published_time", "publishedtime", "article.pubdate",
    "article:publish_date", "prism.publicationdate", "rnews:datepublished", "dcsext.articlefirstpublished",
    "shareaholic:article_published_time", "mediator_published_time", "dc.date.available", "dc.date.published",
    "dcterms.available", "dcterms.published", "article:created_time", "datecreated", "_pubtime",
    "date", "time",
)  # fmt: skip
_CLOCK = (
    r"(?:\d{1,2}[:.]\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\b\.?)?|\d{1,2}\s?[AaPp]\.?[Mm]\b\.?)"
    r"(?:\s?\(?(?:[A-Z]{2,5}\b\)?)(?:\s?[+-]\d{1,2}(?::?\d{2})?)?)?"
)
_WORDED = (
    r"(?:\d{1,2}(?:st|nd|rd|th)?(?:[ .-]| of )[ ]?[A-Z][a-zéûä]{2,9}\.?,?|[A-Z][A-Za-z]{2,8}\.? "
    r"\d{1,2}(?:st|nd|rd|th)?,?)"
    r"[ -](?:19|20)\d{2}\b"
)
_FULL = re.compile(
    r"(?:19|20)\d{2}\s?(?:年|[-/.])\s?\d{1,2}\s?(?:月|[-/.])\s?\d{1,2}(?:\s?日)?"
    r"(?:[\sT　]*\d{1,2}[:：时]\d{2}(?:[:：]\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    rf"|(?:{_CLOCK}(?: on |[,\s·•|–-]+)(?:[A-Z][a-z]{{2,8}},? )?)?{_WORDED}(?:[,\s·•|@–—-]*(?:(?:at|"
    rf"@) )?{_CLOCK})?"
    r"|\d{1,2}\.\d{1,2}\.(?:19|20)\d{2}(?:[,\s]*\d{1,2}[:.]\d{2})?"
    r"|\d{1,2}/\d{1,2}/(?:19|20)\d{2}(?:[,\s]*\d{1,2}:\d{2}(?:\s?[AaPp]\.?[Mm])?)?"
)
_LABEL = re.compile(
    r"(?:发布|发表|公布|发文|印发|成文|出版|更新)?\s*(?:时间|日期)\s*[:：]|(?:Published|Posted|"
    r"Date)\b\s*(?:on)?\s*:?",
    re.IGNORECASE,
)
_CHANGED = re.compile(r"更新|修改|updated|modified|last edited|生效|施行|实施", re.IGNORECASE)
_IN_PATH = re.compile(
    r"/((?:19|20)\d{2})[-/]?(0[1-9]|1[0-2])[-/]?(0[1-9]|[12]\d|3[01])(?=[/_\-.]|\d{0,8}[/_\-.])"
    r"|/t((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])_"
)
_LONGEST_LABEL = 24  # characters before a date that may say what it is the date of
_LONGEST_LINE = 160  # characters of a block that may be a line of dates and not prose
_PARAGRAPH = 160  # bytes of running text that no line of dates has
_PARAGRAPHS = 3
_LINKED = 10  # characters of a link in a list item that is another article's headline
_ABOVE, _BELOW = 6, 14  # blocks around the headline that are looked at


def page_date(
    about: Metadata,
    blocks: Sequence[Block],
    *,
    title: str,
    url: str,
    chosen: Sequence[str],
    zone: ZoneInfo,
    now: datetime,
) -> Dated | None:
    """The moment of first publication, never later than a day from `now`.

    `chosen` are the texts a site's own selector found; then JSON-LD, metas, `time` elements, the lines near
    the headline, the address, the page's scripts. A day alone is refined by a line near the headline that has
    its minute. Only a page that names no publication is dated by its last change.
    """
    shown = _shown(blocks, title, zone, now)
    declared = next(_dated((*chosen, *_declared(about)), zone, now), None)
    if declared is not None:
        return _refined(declared, shown, zone)
    return (
        shown
        or _in_address(url, zone, now)
        or next(_dated(about.states, zone, now), None)
        or _changed(about, blocks, title, zone, now)
    )


def _declared(about: Metadata) -> Iterator[str]:
    yield about.claims.get("datePublished", "")
    for name in _METAS:
        yield about.metas.get(name, "")
    yield from about.published
    yield from about.times
    yield about.claims.get("dateCreated", "")
    yield about.claims.get("uploadDate", "")


def _dated(texts: Iterable[str], zone: ZoneInfo, now: datetime) -> Iterator[Dated]:
    return (dated for text in texts if (dated := _read(text, zone, now)) is not None)


def _read(text: str, zone: ZoneInfo, now: datetime) -> Dated | None:
    if not text:
        return None
    dated = _not_ahead(parse_date(text, zone=zone, now=now), now)
    if dated is not None:
        return dated
    found = _FULL.search(text)
    return _not_ahead(parse_date(found.group(), zone=zone, now=now), now) if found else None


def _not_ahead(dated: Dated | None, now: datetime) -> Dated | None:
    """A page tells of the past; a day's slack is for zones and for clocks that are wrong."""
    return dated if dated is not None and dated.at <= now + timedelta(days=1) else None


def _refined(dated: Dated, shown: Dated | None, zone: ZoneInfo) -> Dated:
    if not dated.day_only or shown is None or shown.day_only:
        return dated
    same_day = dated.at.astimezone(zone).date() == shown.at.astimezone(zone).date()
    return shown if same_day else dated


# ── near the headline ──


def _shown(blocks: Sequence[Block], title: str, zone: ZoneInfo, now: datetime) -> Dated | None:
    at = _headline(blocks, title)
    return _first(_near(blocks, at), zone, now) or _labelled(blocks, zone, now)


def _near(blocks: Sequence[Block], at: int) -> list[Block]:
    """The lines around the headline, as far as the third paragraph; other articles' lists have dates too."""
    below: list[Block] = []
    paragraphs = 0
    for block in blocks[at : at + _BELOW]:
        if block.weight() >= _PARAGRAPH:
            paragraphs += 1
        if paragraphs == _PARAGRAPHS:
            break
        below.append(block)
    return [*below, *reversed(blocks[max(0, at - _ABOVE) : at])]


def _headline(blocks: Sequence[Block], title: str) -> int:
    squeezed = re.sub(r"\W+", "", title)[:40]
    if not squeezed:
        return 0
    likely = (i for i, block in enumerate(blocks) if len(squeezed) <= len(block.text) < len(title) + 60)
    exact = [i for i in likely if squeezed in re.sub(r"\W+", "", blocks[i].text)]
    heads = [i for i in exact if blocks[i].tag in ("h1", "h2")]
    return next(iter(heads or exact), 0)


def _first(lines: Sequence[Block], zone: ZoneInfo, now: datetime, *, changed: bool = False) -> Dated | None:
    """The first date with a clock time, else the first day."""
    day = None
    for block in lines:
        if block.tag == "li" and block.linked >= _LINKED:
            continue
        dated = _in_line(block.text, zone, now, changed=changed)
        if dated is not None and not dated.day_only:
            return dated
        day = day or dated
    return day


def _in_line(text: str, zone: ZoneInfo, now: datetime, *, changed: bool = False) -> Dated | None:
    """The first date of a line that is not of a change, or with `changed` the first that is."""
    if len(text) > _LONGEST_LINE:
        return None
    before = 0
    for found in _FULL.finditer(text):
        label = text[max(before, found.start() - _LONGEST_LABEL) : found.start()]
        before = found.end()
        if (_CHANGED.search(label) is not None) is not changed:
            continue
        dated = _not_ahead(parse_date(found.group(), zone=zone, now=now), now)
        if dated is not None:
            return dated
    return None


def _changed(
    about: Metadata, blocks: Sequence[Block], title: str, zone: ZoneInfo, now: datetime
) -> Dated | None:
    declared = (about.claims.get("dateModified", ""), about.metas.get("article:modified_time", ""))
    at = _headline(blocks, title)
    return _first(_near(blocks, at), zone, now, changed=True) or next(_dated(declared, zone, now), None)


def _labelled(blocks: Sequence[Block], zone: ZoneInfo, now: datetime) -> Dated | None:
    lines = [block for block in blocks if len(block.text) <= _LONGEST_LINE and _LABEL.search(block.text)]
    return _first(lines, zone, now)


# ── the address ──


def _in_address(url: str, zone: ZoneInfo, now: datetime) -> Dated | None:
    found = _IN_PATH.search(url)
    if found is None:
        return None
    year, month, day = (part for part in found.groups() if part)
    return parse_date(f"{year}-{month}-{day}", zone=zone, now=now)
