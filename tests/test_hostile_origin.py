"""The real sweeper against a hostile origin: few processes, two rounds over all sites, a row per fault."""

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.hostile.content_rows import CONTENT_ROWS
from tests.hostile.memory_rows import MEMORY_ROWS
from tests.hostile.network_rows import BESIDE, NETWORK_ROWS
from tests.hostile.row import Came, Row, item, rss, site
from tests.origin import Answer, Site, honeypot, says, serve_sites
from tests.test_service import Place

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

ROWS = [*NETWORK_ROWS, *CONTENT_ROWS, *MEMORY_ROWS, *BESIDE]


def source_id(row: Row) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in row.fault).split())


def filled(text: str, row: Row, inside: int) -> str:
    address = row.site.address
    return text.replace("{address}", address).replace("INSIDE", str(inside)).replace("HERE", address)


def source_line(row: Row, inside: int) -> str:
    where = filled(row.url, row, inside)
    where = where if where.startswith("feeds:") else f"url: '{where}'"
    return f"    - {{id: {source_id(row)}, delay: 0s, {where}{', ' if row.config else ''}{row.config}}}\n"


def write_config(folder: Path, lines: str, trusted: list[str]) -> Path:
    Place(folder, [])
    path = folder / "config.yaml"
    text = path.read_text(encoding="utf-8").replace("  add:\n", f"  add:\n{lines}", 1)
    path.write_text(text.replace("trusted: []", f"trusted: [{', '.join(trusted)}]"), encoding="utf-8")
    return path


def with_the_port(sites: list[Site], inside: int) -> None:
    """Put the honeypot's port, known only now, into what the sites say."""
    for one in sites:
        for path, answers in one.answers.items():
            one.answers[path] = [_filled_in(answer, one, inside) for answer in answers]


def _filled_in(answer: Answer, one: Site, inside: int) -> Answer:
    async def filled_in(request: Any) -> Any:
        response: Any = await answer(request)
        body = getattr(response, "body", None)
        if isinstance(body, bytes) and len(body) < 100_000:
            response.body = body.replace(b"INSIDE", str(inside).encode()).replace(
                b"HERE", one.address.encode()
            )
        if "Location" in response.headers:
            response.headers["Location"] = response.headers["Location"].replace("INSIDE", str(inside))
        return response

    return filled_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process told, and what it stored."""

    told: dict[str, Any]
    articles: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the three runs."""

    network: Run
    content: Run
    beside: Run
    seen_inside: list[str]

    def of(self, row: Row) -> Came:
        own = source_id(row)
        run = self.beside if row in BESIDE else self.content if row in CONTENT_ROWS else self.network
        return Came(
            site=row.site,
            rounds=[one["states"][own] for one in run.told["rounds"]],
            articles=[article for article in run.articles if article["source_id"] == own],
            seen_inside=self.seen_inside,
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outcome(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outcome]:
    """Two rounds over the hostile sites in two processes, and one over healthy sites beside hung ones."""
    shared = site(says(rss(item("of the neighbour"))))
    every = [shared, *(one for row in ROWS for one in (row.site, *row.neighbours))]
    sites = list({id(one): one for one in every}.values())
    async with honeypot() as (inside, seen), serve_sites(sites):
        with_the_port(sites, inside)
        trusted = [f"'{one.address}'" for one in sites]
        both = "".join(
            f"    - {{id: {name}, delay: 0s, fetch_pages: false, url: 'http://{shared.address}/feed.xml'}}\n"
            for name in ("raising", "neighbour")
        )

        def run(
            name: str, rows: list[Row], more: str, rounds: int, deadline: int
        ) -> Coroutine[Any, Any, Run]:
            lines = "".join(source_line(row, inside) for row in rows) + more
            return swept(tmp_path_factory.mktemp(name), lines, trusted, rounds=rounds, deadline=deadline)

        network, content, beside = await asyncio.gather(
            run("network", [*NETWORK_ROWS, *MEMORY_ROWS], both, 2, 5),
            run("content", CONTENT_ROWS, "", 2, 5),
            run("beside", BESIDE, "", 1, 6),
        )
        yield Outcome(network=network, content=content, beside=beside, seen_inside=seen)


async def swept(folder: Path, lines: str, trusted: list[str], *, rounds: int, deadline: int) -> Run:
    path, result = write_config(folder, lines, trusted), folder / "result.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.hostile.sweep", str(path), str(result), str(rounds), str(deadline)),
        env={"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{folder}/wire.db"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode == 0, err.decode()[-3000:]
    return Run(told=json.loads(result.read_bytes()), articles=articles_in(folder))


def articles_in(folder: Path) -> list[dict[str, Any]]:
    with sqlite3.connect(folder / "wire.db") as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM articles")]


@pytest.mark.parametrize("row", ROWS, ids=source_id)
async def test_a_fault_is_survived(outcome: Outcome, row: Row) -> None:
    row.check(outcome.of(row))


async def test_nobody_went_inside(outcome: Outcome) -> None:
    assert outcome.seen_inside == []


async def test_memory_stays_bounded(outcome: Outcome) -> None:
    runs = (outcome.network, outcome.content, outcome.beside)
    assert [run.told["peak"] for run in runs if run.told["peak"] > 250] == []  # MB, at the worst moment


async def test_healthy_sources_are_done_before_the_hung_ones_are_given_up(outcome: Outcome) -> None:
    order = outcome.beside.told["rounds"][0]["order"]
    healthy = [order.index(name) for name in order if name.startswith("a-healthy")]
    assert len(healthy) == 20
    hung = [order.index(name) for name in order if name.startswith("a-hung")]
    assert len(hung) == 5
    assert max(healthy) < min(hung)


async def test_a_source_that_raises_at_every_run_harms_no_other(outcome: Outcome) -> None:
    for one in outcome.network.told["rounds"]:
        assert one["states"]["neighbour"]["problem"] == ""
        assert "1 of 1 new articles not kept yet" in one["states"]["raising"]["problem"]
    kept = [
        article["source_id"] for article in outcome.network.articles if article["title"] == "of the neighbour"
    ]
    assert kept == ["neighbour"]


async def test_every_source_is_polled_again_unless_its_server_asked_for_patience(outcome: Outcome) -> None:
    first, second = (set(one["order"]) for one in outcome.network.told["rounds"])
    resting = {source_id(row) for row in NETWORK_ROWS if row.fault.startswith(("429 ", "503 with"))}
    assert first - second == resting
