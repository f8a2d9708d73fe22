"""What every list parser hands on: items as published, and how they become entries."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from monitor.core.identity import storable, without_userinfo
from monitor.core.model import Entry, Source
from spiders import plain
from spiders.dates import Dated, parse_date

LARGEST = 20_000  # items read from one list
LONGEST_URL = 4_096
_TEXTS = ("title", "link", "guid", "summary", "content", "language")
# Absolute already, and nothing in it that joining would change.
_PLAIN_LINK = re.compile(r"https?://[a-z0-9.-]+(?:/[\w/.~%+-]*(?:\?[\w/.~%+=&-]+)?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """An item as published: markup, relative links and dates untouched."""

    title: str = ""
    link: str = ""
    guid: str = ""
    summary: str = ""
    content: str = ""
    dates: tuple[str, ...] = ()  # the best first
    language: str = ""
    base: str = ""  # what the link is relative to, where the item says so
    literal_title: bool = False  # the title is declared to be text without markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What an item is known again by, and when it was published: all that one already kept is looked at for.

    The fields are those of an `Entry`.
    """

    title: str
    link: str
    guid: str = ""
    published_at: datetime | None = None
    day_only: bool = False


def head_of(raw: Raw, *, source: Source, base: str, now: datetime) -> Head:
    """The head of the entry as the list claims it; an item may lack anything, even a title."""
    dated = _first_date(raw.dates, source, now)
    return Head(
        title=plain.literal_text(raw.title, plain.TITLE)
        if raw.literal_title
        else plain.title_text(raw.title),
        link=absolute(raw.link, raw.base or base),
        guid=" ".join(raw.guid.split())[:LONGEST_URL],
        published_at=dated.at if dated else None,
        day_only=dated.day_only if dated else False,
    )


def entry_of(raw: Raw, *, source: Source, base: str, language: str, now: datetime) -> Entry:
    """The whole entry as the list claims it."""
    head = head_of(raw, source=source, base=base, now=now)
    return Entry(
        source_id=source.id,
        title=head.title,
        link=head.link,
        guid=head.guid,
        summary=plain.summary_text(raw.summary),
        content=plain.content_text(raw.content),
        published_at=head.published_at,
        day_only=head.day_only,
        language=(raw.language or language).strip().replace("_", "-").lower()[:20],
    )


def named(heads: Sequence[Head]) -> dict[int, Head]:
    """The heads that say anything, by their place in the list, as `clean` would have them."""
    # One without title and link says nothing.
    return {place: _clean_head(head) for place, head in enumerate(heads) if head.title or head.link}


def _clean_head(head: Head) -> Head:
    title, guid = storable(head.title), storable(head.guid)
    link = without_userinfo(storable(head.link))
    if (title, link, guid) == (head.title, head.link, head.guid):
        return head
    return replace(head, title=title, link=link, guid=guid)


def clean(entry: Entry) -> Entry:
    """The entry without what no database takes, and without a password in its address."""
    texts: dict[str, Any] = {name: storable(getattr(entry, name)) for name in _TEXTS}
    texts["link"] = without_userinfo(texts["link"])
    return replace(entry, **texts)


def absolute(link: str, base: str) -> str:
    """The link made absolute; "" unless it is http or https then."""
    link = "".join(link.split())
    if not link or len(link) > LONGEST_URL:
        return ""
    if _PLAIN_LINK.fullmatch(link):
        return link
    try:
        joined = urljoin(base, link)
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return ""
    return joined if parts.scheme in ("http", "https") and host else ""


def _first_date(dates: tuple[str, ...], source: Source, now: datetime) -> Dated | None:
    for text in dates:
        dated = parse_date(text, zone=source.timezone, now=now) if text else None
        if dated is not None:
            return dated
    return None
