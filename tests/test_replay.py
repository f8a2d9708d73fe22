"""Real feeds and pages, replayed on loopback through the whole service: nothing is lost on the way."""

import gzip
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.shared import SHARED, needs_shared
from tests.test_service import Place

pytestmark = [pytest.mark.slow, needs_shared]

ANSWERS = {"xml": "application/xml", "json": "application/json", "html": "text/html"}


def manifest(kind: str) -> list[dict[str, Any]]:
    text = (SHARED / "fixtures" / kind / "manifest.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@asynccontextmanager
async def hosts(*files: dict[str, tuple[bytes, str]]) -> AsyncIterator[list[str]]:
    """Serve each mapping of path to body and type on a port of its own; yields their host:port."""
    runners = []
    try:
        for served in files:
            runner = web.AppRunner(_app(served), access_log=None)
            runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield [f"127.0.0.1:{runner.addresses[0][1]}" for runner in runners]
    finally:
        for runner in runners:
            await runner.cleanup()


def _app(served: dict[str, tuple[bytes, str]]) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        if request.path not in served:
            return web.Response(status=404)
        body, kind = served[request.path]
        return web.Response(body=body, headers={"Content-Type": kind})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    return app


def write_config(folder: Path, sources: list[str], trusted: list[str]) -> Place:
    place = Place(folder, [])
    path = folder / "config.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("  add:\n", "  add:\n" + "".join(f"    - {line}\n" for line in sources), 1)
    names = ", ".join(f"'{origin}'" for origin in trusted)
    path.write_text(text.replace("trusted: []", f"trusted: [{names}]"), encoding="utf-8")
    return place


async def test_every_well_formed_feed_arrives_whole(tmp_path: Path) -> None:
    feeds = [feed for feed in manifest("feeds") if feed["strict_xml_ok"] and feed["expected"]["n_items"]]
    bodies = [gzip.decompress((SHARED / "fixtures/feeds" / feed["file"]).read_bytes()) for feed in feeds]
    async with hosts(*({"/feed.xml": (body, "application/xml")} for body in bodies)) as origins:
        sources = [
            f"{{id: {feed['id']}, url: 'http://{origin}/feed.xml', fetch_pages: false, delay: 0s}}"
            for feed, origin in zip(feeds, origins, strict=True)
        ]
        place = write_config(tmp_path, sources, origins)
        out, _ = await place.finish("once", "--json")
    rows = {row["source"]: row for row in json.loads(out[out.rindex("\n[\n") + 1 if "\n[\n" in out else 0 :])}
    whole = {feed["id"]: feed["expected"]["n_items"] for feed in feeds}
    assert {source: row["problem"] for source, row in rows.items() if row["problem"]} == {}
    kept = {source: row["new"] for source, row in rows.items()}
    # Items that repeat another of the same feed are one article.
    assert {source: n for source, n in whole.items() if not n - 2 <= kept[source] <= n} == {}
    assert sum(kept.values()) >= sum(whole.values()) - 4


async def test_pages_are_read_and_a_positive_arrives_with_its_reason(tmp_path: Path) -> None:
    pages = [
        page
        for page in manifest("pages")
        if page["kind"] == "article" and page["expected"].get("usable") and page["expected"].get("first")
    ]
    served = {
        f"/{page['id']}": (
            gzip.decompress((SHARED / "fixtures/pages" / page["file"]).read_bytes()),
            "text/html",
        )
        for page in pages
    }
    at = format_datetime(datetime.now(UTC))
    items = "".join(
        f"<item><title>{escape(page['expected']['title'])}</title><link>/{page['id']}</link>"
        f"<guid>{page['id']}</guid><pubDate>{at}</pubDate></item>"
        for page in pages
    )
    own = "国家网信办发布数据出境安全评估办法"
    items += f"<item><title>{own}</title><guid>own</guid><pubDate>{at}</pubDate></item>"
    served["/feed.xml"] = (f"<rss><channel>{items}</channel></rss>".encode(), "application/xml")
    async with hosts(served) as (origin,):
        place = write_config(
            tmp_path, [f"{{id: pages, url: 'http://{origin}/feed.xml', delay: 0s}}"], [origin]
        )
        out, _ = await place.finish("once", "--json")
    assert own in out
    assert "Why" in out
    with sqlite3.connect(tmp_path / "wire.db") as database:
        bodies = dict(database.execute("SELECT url, body FROM articles").fetchall())
    found = [
        page["id"]
        for page in pages
        if _flat(page["expected"]["first"]) in _flat(bodies.get(f"http://{origin}/{page['id']}", ""))
    ]
    # At most MOST_PAGES pages of a source are fetched at a poll; the others keep the feed's own text.
    assert len(found) >= 0.88 * min(len(pages), 40)


def _flat(text: str) -> str:
    quotes = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})
    return re.sub(r"\s+", "", text).translate(quotes)
