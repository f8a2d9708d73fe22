"""The demo's news site: three outlets on loopback ports, each with a feed, a robots.txt and article pages."""

from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from importlib.resources import files
from typing import Any

from aiohttp import web
from ruamel.yaml import YAML


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One outlet of the demo and where it listens."""

    id: str
    name: str
    language: str
    tier: int
    kind: str
    origin: str  # host:port


@asynccontextmanager
async def news_site(now: datetime) -> Any:
    """Serve the outlets until the block ends; yields them with their origins."""
    content = YAML(typ="safe").load(
        files("monitor.demo").joinpath("articles.yaml").read_text(encoding="utf-8")
    )
    runners: list[web.AppRunner] = []
    outlets: list[Outlet] = []
    try:
        for described in content["outlets"]:
            articles = [a for a in content["articles"] if a["outlet"] == described["id"]]
            runner = web.AppRunner(_outlet(described, articles, now), access_log=None)
            runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            outlets.append(Outlet(**described, origin=f"127.0.0.1:{runner.addresses[0][1]}"))
        yield tuple(outlets)
    finally:
        for runner in runners:
            await runner.cleanup()


def _outlet(described: dict[str, Any], articles: list[dict[str, Any]], now: datetime) -> web.Application:
    app = web.Application()

    async def feed(request: web.Request) -> web.Response:
        items = "".join(_items(articles, request.host, now))
        name = escape(described["name"])
        channel = f"<channel><title>{name}</title>{items}</channel>"
        body = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0">{channel}</rss>'
        return web.Response(text=body, content_type="application/rss+xml")

    async def page(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if number >= len(articles):
            raise web.HTTPNotFound
        return web.Response(text=_page(articles[number], described, now), content_type="text/html")

    async def robots(_: web.Request) -> web.Response:
        return web.Response(text="User-agent: *\nAllow: /\n")

    app.router.add_get("/feed.xml", feed)
    app.router.add_get(r"/news/{number:\d+}", page)
    app.router.add_get("/robots.txt", robots)
    return app


def _items(articles: list[dict[str, Any]], host: str, now: datetime) -> Iterator[str]:
    for number, article in enumerate(articles):
        link = f"http://{host}/news/{number}"
        yield (
            f"<item><title>{escape(article['title'])}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{format_datetime(_published(article, now))}</pubDate></item>"
        )


def _page(article: dict[str, Any], outlet: dict[str, Any], now: datetime) -> str:
    title = escape(article["title"])
    at = _published(article, now).isoformat()
    return (
        f'<!doctype html><html lang="{outlet["language"]}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="article:published_time" content="{at}"></head><body><article><h1>{title}</h1>'
        f"<p>{escape(article['text'])}</p></article></body></html>"
    )


def _published(article: dict[str, Any], now: datetime) -> datetime:
    return now - timedelta(minutes=article["age"])
