"""News sites on loopback for whole-service tests: a small honest one, and a hostile origin of many."""

import asyncio
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
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


# ── the hostile origin: sites that misbehave, one port each ──

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
PARAGRAPH = (
    "The authority published the text today and asked for comments until the end of the month, it said."
)
PAGE = f"<!doctype html><html><body><article><h1>Page</h1><p>{PARAGRAPH}</p></article></body></html>"


@dataclass(slots=True)
class Site:
    """What a site answers, by path, one answer after the other; the last one stays. Robots: 404."""

    answers: dict[str, list[Answer]]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # path and query, headers
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def times(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)

    def headers(self, path: str) -> list[dict[str, str]]:
        return [headers for asked, headers in self.asked if asked == path]


@asynccontextmanager
async def serve_sites(sites: Iterable[Site]) -> AsyncIterator[None]:
    """Serve each site on a free loopback port of its own until the block ends."""
    runners = []
    try:
        for site in sites:
            runner = web.AppRunner(_app_of(site), access_log=None, shutdown_timeout=0.1)
            runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            site.port = runner.addresses[0][1]
        yield
    finally:
        for runner in runners:
            await runner.cleanup()


def _app_of(site: Site) -> web.Application:
    async def respond(request: web.Request) -> web.StreamResponse:
        before = site.times(request.path_qs)
        site.asked.append((request.path_qs, dict(request.headers)))
        answers = site.answers.get(request.path) or site.answers.get("*")
        if answers is None or (request.path == "/robots.txt" and "/robots.txt" not in site.answers):
            return web.Response(status=404)
        return await answers[min(before, len(answers) - 1)](request)

    app = web.Application()
    app.router.add_get("/{path:.*}", respond)
    return app


def says(
    body: str | bytes = "", kind: str = "application/xml", *, status: int = 200, **headers: str
) -> Answer:
    """A plain answer; underscores in header names stand for hyphens."""
    raw = body.encode() if isinstance(body, str) else body
    named = {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=raw, status=status, headers=named)

    return answer


def redirects(to: str) -> Answer:
    """An answer that sends elsewhere; `{n}` in the address counts up from the request's own number."""

    async def answer(request: web.Request) -> web.Response:
        number = int(request.query.get("n", "0")) + 1
        return web.Response(status=302, headers={"Location": to.replace("{n}", str(number))})

    return answer


def revalidates(body: str, **validators: str) -> Answer:
    """An answer that is 304 when the request brings back the validator it was given."""
    said = {name.replace("_", "-"): value for name, value in validators.items()}
    asks = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}

    async def answer(request: web.Request) -> web.Response:
        if any(request.headers.get(asks[name]) == value for name, value in said.items()):
            return web.Response(status=304)
        return web.Response(text=body, content_type="application/xml", headers=said)

    return answer


async def silence(_: web.Request) -> web.StreamResponse:
    """Takes the request and never answers."""
    await asyncio.sleep(600)
    return web.Response()


async def slow_body(request: web.Request) -> web.StreamResponse:
    """Sends a byte now and then, for ever."""
    response = await _stream(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.3)


async def endless(request: web.Request) -> web.StreamResponse:
    """Sends items, as fast as they are taken, for ever."""
    response = await _stream(request)
    await response.write(b"<rss><channel>")
    items = b"<item><title>more</title></item>" * 4_000
    while True:
        await response.write(items)
        await asyncio.sleep(0.02)  # the test needs the machine for more than this


async def short_body(request: web.Request) -> web.StreamResponse:
    """Promises more than it sends, then hangs up."""
    response = web.StreamResponse(headers={"Content-Type": "application/xml", "Content-Length": "9999"})
    await response.prepare(request)
    await response.write(b"<rss><channel><item><title>half</title>")
    if request.transport is not None:
        request.transport.close()
    return response


async def _stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/xml"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    return response


BLOCK = 16 * 1024 * 1024  # of zeros, from which the bombs are made


def gzip_bomb(blocks: int = 64) -> bytes:
    """About a megabyte that unpacks to `blocks` times 16 MiB: one flushed block, repeated."""
    first = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return first + _flushed(-zlib.MAX_WBITS) * blocks


def deflate_bomb(blocks: int = 64) -> bytes:
    """The same in the zlib wrapping that HTTP calls deflate."""
    return b"\x78\x9c" + _flushed(-zlib.MAX_WBITS) * blocks


@cache
def _flushed(wbits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(bytes(BLOCK)) + packer.flush(zlib.Z_FULL_FLUSH)


@asynccontextmanager
async def honeypot() -> AsyncIterator[tuple[int, list[str]]]:
    """A port that nobody may contact: yields it, and the connections it sees."""
    seen: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await reader.readline()).decode("latin-1"))
        writer.close()

    server = await asyncio.start_server(note, "0.0.0.0", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], seen
