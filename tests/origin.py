"""A small news site on loopback for whole-service tests: feeds, pages, robots, and what was asked of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from aiohttp import web


@dataclass(slots=True)
class Origin:
    """What is served, and what was asked."""

    port: int = 0
    items: list[tuple[str, str]] = field(default_factory=list)  # title, text
    published_at: datetime | None = None
    robots: str = "User-agent: *\nAllow: /\n"
    robots_status: int = 200
    feed_status: int = 200
    feed_headers: dict[str, str] = field(default_factory=dict)
    page_delay: float = 0.0
    requests: list[tuple[str, bool]] = field(default_factory=list)  # path, conditional

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def paths(self) -> Counter[str]:
        return Counter(path for path, _ in self.requests)

    def etag(self) -> str:
        return f'"{len(self.items)}"'

    def feed(self) -> str:
        at = self.published_at
        items = "".join(
            f"<item><title>{escape(title)}</title><link>http://{self.address}/news/{number}</link>"
            f"<guid>{number}</guid><pubDate>{format_datetime(at - timedelta(minutes=number))}</pubDate>"
            "</item>"
            for number, (title, _) in enumerate(self.items)
            if at is not None
        )
        return (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>Origin</title>{items}</channel></rss>'
        )

    def page(self, number: int) -> str:
        title, text = self.items[number]
        return (
            f"<!doctype html><html><head><title>{escape(title)}</title></head><body><article>"
            f"<h1>{escape(title)}</h1><p>{escape(text)}</p></article></body></html>"
        )


@asynccontextmanager
async def serve(origin: Origin) -> AsyncIterator[Origin]:
    """Serve an origin on a free loopback port until the block ends."""

    async def answer(request: web.Request) -> web.Response:
        origin.requests.append((request.path, "If-None-Match" in request.headers))
        if request.path == "/robots.txt":
            return web.Response(text=origin.robots, status=origin.robots_status)
        if request.path == "/feed.xml":
            return _feed(origin, request)
        await asyncio.sleep(origin.page_delay)
        return web.Response(text=origin.page(int(request.path.rpartition("/")[2])), content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", origin.port)
    await site.start()
    origin.port = runner.addresses[0][1]
    try:
        yield origin
    finally:
        await runner.cleanup()


def _feed(origin: Origin, request: web.Request) -> web.Response:
    if origin.feed_status != 200:
        return web.Response(status=origin.feed_status, headers=origin.feed_headers)
    if request.headers.get("If-None-Match") == origin.etag():
        return web.Response(status=304)
    headers = {"ETag": origin.etag(), **origin.feed_headers}
    return web.Response(text=origin.feed(), content_type="application/rss+xml", headers=headers)
