"""`policywire sources add` and `import`: from an address or a reader's list to sources in config.yaml."""

import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError
from ruamel.yaml import YAML
from scrapy.crawler import AsyncCrawlerProcess

from monitor.batch import zone_for
from monitor.config.catalog import catalog
from monitor.config.document import read_text
from monitor.config.edit import checked, save, with_sources
from monitor.config.fields import address
from monitor.core.errors import UserError
from monitor.core.language import language_of
from monitor.core.model import Feed, Method
from monitor.core.settings import Config, Network
from monitor.crawl import adapt, new_process, run_until_done, trust
from monitor.trial import ForgetfulMemory
from spiders.discover import Way, best
from spiders.gate import site_of
from spiders.opml import Subscription
from spiders.scout import ScoutSpider, stranger

POLITE = timedelta(seconds=1)  # between two requests to a site that was never asked before
MOST_FEEDS = 5_000  # of one list, that are imported
LONGEST_NAME = 200  # characters
_USUAL_PORT = {"http": ":80", "https": ":443"}
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
    return known_addresses(config).get(same_address(url), "")


def known_addresses(config: Config) -> dict[str, str]:
    """In words who has which address, in the form of `same_address`."""
    shipped = {
        same_address(feed.url): f"in the catalogue as {source.id}: write it under sources.use"
        for source in catalog()
        for feed in source.feeds
    }
    watched = {
        same_address(feed.url): f"watched as {source.id}"
        for source in config.sources
        for feed in source.feeds
    }
    return shipped | watched


def same_address(url: str) -> str:
    """One form for every spelling of an address: without scheme, `www.`, fragment and closing slash, the
    host in lower case."""
    scheme, _, rest = url.strip().partition("#")[0].partition("://")
    place = re.search(r"[/?]|$", rest)
    end = place.start() if place else 0
    host = rest[:end].lower().removeprefix("www.").removesuffix(_USUAL_PORT.get(scheme.lower(), ""))
    return host + rest[end:].rstrip("/")


# ── a reader's list ──


def imported(feeds: Sequence[Subscription], config: Config) -> tuple[list[Section], list[str]]:
    """The sources to add, and one line in words for every feed that is added, known or left out."""
    taken, known = taken_ids(config), known_addresses(config)
    sections: list[Section] = []
    lines: list[str] = []
    for feed in feeds[:MOST_FEEDS]:
        if trouble := _trouble_with(feed.url):
            lines.append(f"left out {feed.url} ({trouble})")
            continue
        if who := known.get(same_address(feed.url)):
            lines.append(f"known    {feed.url} ({who})")
            continue
        section = _section_of_feed(feed, new_id(feed.url, taken), config)
        taken.add(section["id"])
        known[same_address(feed.url)] = f"the same as {feed.url}"
        sections.append(section)
        lines.append(f"added    {feed.url} as {section['id']}")
        if feed.homepage and "homepage" not in section:
            lines.append(f"         without its homepage: {_trouble_with(feed.homepage)}")
    if len(feeds) > MOST_FEEDS:
        lines.append(f"left out {len(feeds) - MOST_FEEDS} feeds: more than {MOST_FEEDS:,} in one list")
    return sections, lines


def _section_of_feed(feed: Subscription, source_id: str, config: Config) -> Section:
    section: Section = {"id": source_id, "url": feed.url}
    if feed.title:
        section["name"] = feed.title[:LONGEST_NAME]
    if feed.homepage and not _trouble_with(feed.homepage):
        section["homepage"] = feed.homepage
    if (zone := zone_for(feed.url, config.sources)).key != "UTC":
        section["timezone"] = zone.key
    return section


def _trouble_with(url: str) -> str:
    """Why config.yaml would not take this address; "" when it would."""
    try:
        address(url)
    except PydanticCustomError as error:
        return error.message()
    return ""
