"""What every list parser hands on: items as published, and how they become entries."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from monitor.core.model import Entry, Source
from spiders import plain
from spiders.dates import Dated, parse_date

LARGEST = 20_000  # items read from one list
LONGEST_URL = 4_096
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


def entry_of(raw: Raw, *, source: Source, base: str, language: str, now: datetime) -> Entry:
    """The entry as the list claims it; an item may lack anything, even a title."""
    title = plain.literal_text(raw.title, plain.TITLE) if raw.literal_title else plain.title_text(raw.title)
    link = absolute(raw.link, raw.base or base)
    summary = plain.summary_text(raw.summary)
    content = plain.content_text(raw.content)
    dated = _first_date(raw.dates, source, now)
    return Entry(
        source_id=source.id,
        title=title,
        link=link,
        guid=" ".join(raw.guid.split())[:LONGEST_URL],
        summary=summary,
        content=content,
        published_at=dated.at if dated else None,
        day_only=dated.day_only if dated else False,
        language=(raw.language or language).strip().replace("_", "-").lower()[:20],
    )


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
