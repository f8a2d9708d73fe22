"""`policywire sources add` and `import`: from an address or a reader's list to sources in config.yaml."""

import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML
from scrapy.crawler import AsyncCrawlerProcess

from monitor.batch import zone_for
from monitor.config.catalog import catalog
from monitor.config.document import read_text
from monitor.config.edit import checked, save, with_sources
from monitor.core.errors import UserError
from monitor.core.language import language_of
from monitor.core.model import Config, Feed, Method, Network, Source
from monitor.crawl import adapt, new_process, run_until_done, trust
from monitor.schedule import site_of
from monitor.trial import ForgetfulMemory
from spiders.discover import Way, best
from spiders.opml import Subscription
from spiders.scout import ScoutSpider, stranger

POLITE = timedelta(seconds=1)  # between two requests to a site that was never asked before
Section = dict[str, Any]  # a source as config.yaml writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Scouted:
    """The best way into a site, with the zone of its dates."""

    way: Way
    zone: ZoneInfo


def scout(url: str, config: Config, clock: Callable[[], datetime]) -> Scouted:
    """Look for the best way into the site. Raises UserError when there is none."""
    process = new_process()
    zone = zone_for(url, config.sources)
    spider = run_scout(process, url, zone, config.network, clock)
    way = best(spider.ways, clock())
    if way is None:
        why = f": {spider.problem}" if spider.problem else ""
        raise UserError(f"{url}: no feed, sitemap or list was found there{why}")
    return Scouted(way=way, zone=zone)


def run_scout(
    process: AsyncCrawlerProcess, url: str, zone: ZoneInfo, network: Network, clock: Callable[[], datetime]
) -> ScoutSpider:
    """Crawl with the scout, under the guard, robots and limits of every crawl."""
    crawler = process.create_crawler(ScoutSpider)
    own = urlsplit(url).netloc in network.trusted  # a machine of the user's own needs no courtesy
    site = stranger(Feed(name="page", url=url), zone, delay=timedelta() if own else POLITE)
    adapt(crawler.settings, [site], network, delays={})

    async def crawl() -> int:
        trust(network.trusted)
        await process.crawl(crawler, url=url, zone=zone, memory=ForgetfulMemory(clock))
        return 0

    run_until_done(process, crawl())
    spider = crawler.spider
    if not isinstance(spider, ScoutSpider):
        raise UserError(f"{url}: the crawl did not start")
    return spider


# ── what is written ──


def section_of(scouted: Scouted, source_id: str) -> Section:
    """The source as config.yaml writes it, defaults left out."""
    way, feed = scouted.way, scouted.way.feed
    section: Section = {"id": source_id}
    if way.title:
        section["name"] = way.title
    section |= {"url": feed.url} if feed.method is Method.FEED else {"feeds": [_feed_section(feed)]}
    language = language_of(" ".join(entry.title for entry in way.entries[:20]))
    if language and language != "en":
        section["language"] = language
    if scouted.zone.key != "UTC":
        section["timezone"] = scouted.zone.key
    return section


def _feed_section(feed: Feed) -> Section:
    section: Section = {"name": feed.name, "url": feed.url, "method": str(feed.method)}
    if feed.fields is not None:
        fields = {"items": feed.fields.items, "title": feed.fields.title, "date": feed.fields.date}
        section["fields"] = {key: value for key, value in fields.items() if value}
    return section


def as_yaml(section: Mapping[str, Any]) -> str:
    """The lines that would be written."""
    yaml = YAML()
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump({"sources": {"add": [dict(section)]}}, out)
    return out.getvalue()


def write(path: Path, sections: Iterable[Section], env: Mapping[str, str]) -> None:
    """Add the sources to the file, if it is good with them. Raises ConfigError or UserError."""
    before = read_text(path)
    after = with_sources(before, sections)
    checked(after, str(path), env)
    save(path, before, after)


# ── ids, and what is known already ──


def new_id(url: str, taken: Collection[str]) -> str:
    """A short name from the site's own, with a number where it is taken."""
    site = site_of(url)
    name = site.partition(".")[0] if ":" not in site and not site.replace(".", "").isdigit() else site
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "source"
    number = 1
    while (found := slug if number == 1 else f"{slug}-{number}") in taken:
        number += 1
    return found


def taken_ids(config: Config) -> set[str]:
    """The ids no new source may have."""
    return {source.id for source in (*config.sources, *catalog())}


def known_as(url: str, config: Config) -> str:
    """In words who has this address already; "" when nobody does."""
    watched = _source_with(url, config.sources)
    if watched is not None:
        return f"watched as {watched.id}"
    shipped = _source_with(url, catalog())
    return f"in the catalogue as {shipped.id}: write it under sources.use" if shipped is not None else ""


def _source_with(url: str, sources: Iterable[Source]) -> Source | None:
    wanted = _plain(url)
    return next((s for s in sources if any(_plain(feed.url) == wanted for feed in s.feeds)), None)


def _plain(url: str) -> str:
    return url.partition("#")[0].partition("://")[2].removeprefix("www.").rstrip("/")


def imported(feeds: Iterable[Subscription], config: Config) -> tuple[list[Section], list[str]]:
    """The sources to add, and one line in words for every feed of the list."""
    taken, lines = taken_ids(config), []
    sections: list[Section] = []
    for feed in feeds:
        known = known_as(feed.url, config)
        if known:
            lines.append(f"known    {feed.url} ({known})")
            continue
        section: Section = {"id": new_id(feed.url, taken), "url": feed.url}
        if feed.title:
            section["name"] = feed.title
        if feed.homepage:
            section["homepage"] = feed.homepage
        if (zone := zone_for(feed.url, config.sources)).key != "UTC":
            section["timezone"] = zone.key
        taken.add(section["id"])
        sections.append(section)
        lines.append(f"added    {feed.url} as {section['id']}")
    return sections, lines
