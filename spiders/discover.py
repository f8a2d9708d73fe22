"""Where a site tells what is new: its feeds, its sitemaps, and which of them is best; nothing is fetched."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.core.model import Entry, Feed
from spiders.raw import absolute
from spiders.tree import parse_html

MOST_LINKS = 5  # feeds and sitemaps that a page or robots.txt names, looked at
STILL_FRESH = timedelta(days=60)  # age of the newest item up to which a list counts as alive

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
_FEED_PATHS = ("feed", "rss.xml", "feed.xml", "rss", "atom.xml", "index.xml")
_SITEMAP_PATHS = ("news-sitemap.xml", "sitemap-news.xml", "sitemap.xml")
_LOOKS_LIKE_FEED = re.compile(r"(?:^|[/._-])(?:rss|atom|feed)s?(?:[/._-]|\.xml|$)|\.rss$", re.IGNORECASE)
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way in that was tried, with what it would bring."""

    feed: Feed
    title: str = ""
    entries: tuple[Entry, ...] = ()

    @property
    def newest_at(self) -> datetime | None:
        """When its newest item is dated."""
        return max((e.published_at for e in self.entries if e.published_at), default=None)

    def newest(self, number: int) -> tuple[Entry, ...]:
        """Its newest items; undated ones in the order of the list, last."""
        dated = sorted((e for e in self.entries if e.published_at), key=_published, reverse=True)
        return (*dated, *(e for e in self.entries if not e.published_at))[:number]

    def alive(self, now: datetime) -> bool:
        """Whether its newest item is young enough; undated items say nothing against it."""
        return bool(self.entries) and (self.newest_at is None or now - self.newest_at <= STILL_FRESH)


def _published(entry: Entry) -> datetime:
    assert entry.published_at is not None
    return entry.published_at


def best(ways: Sequence[Way], now: datetime) -> Way | None:
    """The first way that is alive, dated ones before undated; else the one with the newest item."""
    found = [way for way in ways if way.entries]
    alive = [way for way in found if way.alive(now)]
    dated = [way for way in alive if way.newest_at]
    if alive:
        return (dated or alive)[0]
    return max(found, key=lambda way: way.newest_at or now, default=None)


# ── feeds and sitemaps ──


def feed_links(page: str, url: str) -> tuple[str, ...]:
    """The feeds a page names: by rel=alternate first, then by links that look like one."""
    root = parse_html(page) if "<" in page else None
    if root is None:
        return ()
    declared = [
        link.get("href", "")
        for link in root.iter("link")
        if "alternate" in link.get("rel", "").lower() and link.get("type", "").lower() in _FEED_TYPES
    ]
    hrefs = (a.get("href", "").partition("#")[0] for a in root.iter("a"))
    linked = [href for href in hrefs if _LOOKS_LIKE_FEED.search(href)]
    return _addresses((*declared, *linked), url)[:MOST_LINKS]


def likely_feeds(url: str) -> tuple[str, ...]:
    """Where feeds usually lie: below the page, and at the root of its host."""
    below = url.partition("?")[0].rstrip("/") + "/feed"
    return _addresses((below, *(f"/{path}" for path in _FEED_PATHS)), url)


def sitemaps(robots: str, url: str) -> tuple[str, ...]:
    """The sitemaps that robots.txt names, news ones first, then where they usually lie; on its host."""
    host = urlsplit(url).netloc
    named = [one for one in _addresses(_SITEMAP_LINE.findall(robots), url) if urlsplit(one).netloc == host]
    named.sort(key=lambda address: "news" not in address.lower())
    return tuple(dict.fromkeys((*named[:MOST_LINKS], *_addresses([f"/{p}" for p in _SITEMAP_PATHS], url))))


def _addresses(links: Iterable[str], url: str) -> tuple[str, ...]:
    found = (absolute(link, url) for link in links if link.strip())
    return tuple(dict.fromkeys(link.partition("#")[0] for link in found if link))
