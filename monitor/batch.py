"""The batch doors: JSON lines in and out, without network or database, one item at a time."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.core.classify import Judge
from monitor.core.errors import UserError
from monitor.core.grouping import group
from monitor.core.language import language_of
from monitor.core.lexicon import Lexicon
from monitor.core.model import Entry, Feed, Kind, Source, SourceId, Tier, Verdict
from monitor.core.profile import Profile, profile_of
from spiders.article import Page, extract_page
from spiders.feed import parse_list
from spiders.gate import site_of
from spiders.sites.hosts import selectors_for

CHINA = ZoneInfo("Asia/Shanghai")
UTC_ZONE = ZoneInfo("UTC")


def judge_lines(lines: Iterable[str], judge: Judge, *, name: str) -> Iterator[dict[str, Any]]:
    """Judge items one by one; a line that is no item is a UserError naming file and line."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            item = _item(line, f"{name}:{number}")
            verdict = judge.classify(
                title=item.get("title") or "",
                summary=item.get("summary") or "",
                body=item.get("body") or "",
                source=outlet_id(item.get("source") or ""),
                language=item.get("lang") or "",
            )
            yield {"id": item["id"], **verdict_fields(verdict)}


def outlet_id(name: str) -> str:
    """An outlet's name as the catalogue writes its id: "China Daily" is china-daily."""
    return "-".join(name.casefold().split())


def _item(line: str, where: str) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not JSON: {error} (write one JSON object a line)") from error
    if not isinstance(item, dict) or "id" not in item or "title" not in item:
        raise UserError(f"{where}: an item needs at least id and title")
    texts = ("title", "summary", "body", "source", "lang")
    wrong = next((key for key in texts if not isinstance(item.get(key) or "", str)), None)
    if wrong:
        raise UserError(f"{where}: {wrong} must be text")
    return item


def verdict_fields(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain JSON values."""
    return {
        "relevant": verdict.relevant,
        "score": round(verdict.score, 3),
        "topics": [str(topic) for topic in verdict.topics],
        "tier": str(verdict.authority),
        "priority": str(verdict.priority),
        "doctype": str(verdict.doctype),
        "reasons": list(verdict.reasons()),
    }


def group_lines(lines: Iterable[str], lexicon: Lexicon, *, name: str) -> Iterator[dict[str, Any]]:
    """Group items into stories; a line that is no item is a UserError naming file and line.

    The order of the items does not matter. An item without a date counts as just published: it takes the
    newest date among the others.
    """
    places = [(line, f"{name}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    items = [(_item(line, where), where) for line, where in places]
    dates = [_published(item, where) for item, where in items]
    newest = max((date for date in dates if date is not None), default=datetime(1970, 1, 1, tzinfo=UTC))
    profiles = [
        profile_of_item(item, lexicon, date or newest) for (item, _), date in zip(items, dates, strict=True)
    ]
    for (item, _), story in zip(items, group(profiles), strict=True):
        yield {"id": item["id"], "story": f"s{story}"}


def profile_of_item(item: dict[str, Any], lexicon: Lexicon, published_at: datetime) -> Profile:
    """The profile for grouping of one item as the batch doors take it."""
    title, lead = item.get("title") or "", item.get("summary") or item.get("body") or ""
    return profile_of(
        lexicon,
        title=title,
        lead=lead,
        published_at=published_at,
        outlet=item.get("source") or "",
        language=item.get("lang") or language_of(f"{title}\n{lead[:200]}"),
    )


def _published(item: dict[str, Any], where: str) -> datetime | None:
    written = item.get("published")
    if not written:
        return None
    try:
        date = datetime.fromisoformat(written)
    except (TypeError, ValueError) as error:
        raise UserError(f"{where}: published: {written!r} is no date (write 2021-09-24)") from error
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def extract_fields(body: bytes, *, url: str, now: datetime, sources: Sequence[Source]) -> dict[str, Any]:
    """What a saved page says, as plain JSON values."""
    page = read_page(body, url=url, now=now, sources=sources)
    return {
        "title": page.title,
        "published": _written(page.published_at, page.day_only, zone_for(url, sources)),
        "language": page.language,
        "issuer": page.issuer,
        "document_number": page.document_number,
        "text": page.text,
        "problem": page.problem,
    }


def read_page(body: bytes, *, url: str, now: datetime, sources: Sequence[Source]) -> Page:
    """Extract a page with the selectors and the zone known for its host."""
    return extract_page(body, url=url, selectors=selectors_for(url), zone=zone_for(url, sources), now=now)


def source_for(url: str, sources: Sequence[Source]) -> Source | None:
    """The source that lists this very address, else the first one of the same site."""
    for source in sources:
        if any(feed.url == url for feed in source.feeds):
            return source
    site = site_of(url)
    return next((source for source in sources if site_of(source.homepage) == site), None)


def zone_for(url: str, sources: Sequence[Source]) -> ZoneInfo:
    """The zone of dates that name none: the source's, else China's for .cn hosts, else UTC."""
    source = source_for(url, sources) if url else None
    if source is not None:
        return source.timezone
    return CHINA if (urlsplit(url).hostname or "").endswith((".cn", ".中国")) else UTC_ZONE


def entries_fields(
    body: bytes, *, url: str, now: datetime, sources: Sequence[Source]
) -> Iterator[dict[str, Any]]:
    """The entries of a saved feed, as plain JSON values; an unreadable feed is a UserError."""
    source = source_for(url, sources) or _stranger(url, zone_for(url, sources))
    feed = next((feed for feed in source.feeds if feed.url == url), Feed(name="feed", url=url))
    listing = parse_list(body, source=source, feed=feed, url=url, now=now)
    if not listing.entries and listing.problem:
        raise UserError(f"{url or 'the file'}: {listing.problem}")
    for entry in listing.entries:
        yield _entry_fields(entry, source.timezone)


def _entry_fields(entry: Entry, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "title": entry.title,
        "link": entry.link,
        "id": entry.guid,
        "published": _written(entry.published_at, entry.day_only, zone),
        "summary": entry.summary,
    }


def _stranger(url: str, zone: ZoneInfo) -> Source:
    return Source(
        id=SourceId("feed"),
        name=url,
        homepage=url,
        kind=Kind.INTERNATIONAL,
        tier=Tier.REPORTING,
        feeds=(Feed(name="feed", url=url),),
        timezone=zone,
    )


def _written(at: datetime | None, day_only: bool, zone: ZoneInfo) -> str | None:
    if at is None:
        return None
    return at.astimezone(zone).date().isoformat() if day_only else at.isoformat().replace("+00:00", "Z")


def read_bytes(path: Path) -> bytes:
    """A file's bytes, unpacked when it is gzipped; one that cannot be read is a UserError."""
    try:
        body = path.read_bytes()
        return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read: {error}") from error
