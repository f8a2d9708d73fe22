"""What machines ask of the service: /healthz and Prometheus /metrics."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

_PATIENCE = 0.5  # seconds that a request under way may take at the end: the whole stop stays under ten


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the service does its job, and, if not, why not."""

    problems: tuple[str, ...]
    details: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Nothing is wrong that a person should mend."""
        return not self.problems


class Metrics:
    """The figures of one running service; their names are documented in docs/operating.md."""

    def __init__(self) -> None:
        own = self.registry = CollectorRegistry()
        self.polls = Counter("policywire_polls", "Polls of sources, by outcome.", ["outcome"], registry=own)
        self.articles = Counter("policywire_articles", "New articles kept.", registry=own)
        self.flagged = Counter("policywire_flagged", "Articles judged relevant.", registry=own)
        self.failing = Gauge("policywire_sources_failing", "Sources whose last poll failed.", registry=own)
        self.causes = Gauge("policywire_sources_broken", "Broken sources, by cause.", ["cause"], registry=own)
        self.freshness = Gauge(
            "policywire_source_newest_item_age_seconds",
            "Age of the newest item of a source.",
            ["source"],
            registry=own,
        )
        self.deliveries = Gauge("policywire_deliveries", "Deliveries, by state.", ["state"], registry=own)
        self.healthy = Gauge("policywire_healthy", "1 while nothing needs a person.", registry=own)

    def sources(self, broken: Mapping[str, int], ages: Mapping[str, float]) -> None:
        """Replace the figures: how many are broken, by cause; seconds since the newest item, by source."""
        self.causes.clear()
        for cause, number in broken.items():
            self.causes.labels(cause).set(number)
        self.freshness.clear()
        for source, age in ages.items():
            self.freshness.labels(source).set(age)


class HealthServer:
    """Serves health and metrics on the service's own loop."""

    def __init__(self, health: Callable[[], Health], metrics: Metrics) -> None:
        self._health = health
        self._metrics = metrics
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; raises OSError when the address is taken."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._prometheus)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_PATIENCE)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the listener."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        health = await asyncio.to_thread(self._health)
        body = {"ok": health.ok, "problems": list(health.problems), **health.details}
        return web.json_response(body, status=200 if health.ok else 503)

    async def _prometheus(self, _: web.Request) -> web.Response:
        await asyncio.to_thread(self._health)  # refreshes the gauges
        text = generate_latest(self._metrics.registry)
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
