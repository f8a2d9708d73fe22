"""Awkward sites: the shipped catalogue against small pages of our own writing that imitate their structure.

A case is a folder with `case.toml`: which source and list of the catalogue, the files that answer in turn,
and what must come of them. A new site needs a folder here and nothing else.
"""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config.catalog import catalog
from monitor.core.model import Entry, Feed, Selectors, Source
from spiders.article import extract_page
from spiders.feed import parse_list
from spiders.listing import lead
from spiders.sites.hosts import selectors_for

FOLDERS = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/case.toml"))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def told(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))


def chosen(case: dict[str, Any]) -> tuple[Source, Feed]:
    source = next(source for source in catalog() if source.id == case["source"])
    return source, next(feed for feed in source.feeds if feed.name == case["feed"])


def when(entry: Entry, source: Source) -> str:
    assert entry.published_at is not None
    local = entry.published_at.astimezone(source.timezone)
    return local.date().isoformat() if entry.day_only else local.isoformat()


def test_the_list_gives_its_items(folder: Path) -> None:
    case = told(folder)
    source, feed = chosen(case)
    *shells, last = [(folder / name).read_bytes() for name in case["files"]]
    url = feed.url
    for shell in shells:
        url = lead(shell.decode(), feed.leads_to, url)
        assert url == case["leads_to"]
    listing = parse_list(last, source=source, feed=feed, url=url, now=NOW)
    assert listing.problem == ""
    assert [[e.title, e.link, when(e, source)] for e in listing.entries] == case["entries"]


@pytest.mark.parametrize("name", ["pbc"])
def test_the_page_gives_its_article(name: str) -> None:
    case = told(Path(__file__).parent / "cases" / name)
    source, _ = chosen(case)
    wanted, url = case["page"], case["entries"][0][1]
    own = source.selectors if source.selectors != Selectors() else selectors_for(url)
    body = (Path(__file__).parent / "cases" / name / wanted["file"]).read_bytes()
    page = extract_page(body, url=url, selectors=own, zone=source.timezone, now=NOW + timedelta(hours=1))
    assert page.title == wanted["title"]
    assert page.published_at == datetime.fromisoformat(wanted["published_at"])
    assert page.text.startswith(wanted["first"])
    assert wanted["absent"] not in page.text
