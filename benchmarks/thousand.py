"""1,000 loopback sources polled each minute for three minutes: missed polls, memory, CPU.

    python -m benchmarks.thousand [--sources 1000] [--minutes 3]

Runs the whole service as a user would, in a process of its own, against 1,000 addresses of this machine's
loopback network (127.1.x.y), each a site of its own. Prints polls wanted and seen per source, the service's
resident memory at each half minute, and its CPU time.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from aiohttp import web

ITEMS = 20


async def main(count: int, minutes: float) -> int:
    """Run the measurement; 1 when a poll was missed."""
    polls: Counter[str] = Counter()
    conditional = 0
    started = format_datetime(datetime.now(UTC))

    async def answer(request: web.Request) -> web.Response:
        nonlocal conditional
        if request.path != "/feed.xml":
            return web.Response(status=404)
        polls[request.host] += 1
        if request.headers.get("If-None-Match"):
            conditional += 1
            return web.Response(status=304)
        return web.Response(text=_feed(request.host, started), headers={"ETag": '"1"'})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    addresses = [f"127.1.{n // 250}.{n % 250 + 1}" for n in range(count)]
    port = 0
    for address in addresses:
        await web.TCPSite(runner, address, port).start()
        port = runner.addresses[0][1]
    with tempfile.TemporaryDirectory() as folder:
        _write_config(Path(folder), [f"{address}:{port}" for address in addresses])
        memory, cpu = await _measure(Path(folder), minutes)
    await runner.cleanup()
    return _report(polls, conditional, count, minutes, memory, cpu)


def _title(host: str, number: int) -> str:
    """Eight made-up words, different for every item of every host."""
    chance = random.Random(f"{host} {number}")
    return " ".join("".join(chance.choices("bcdfghklmnprstvaeiou", k=6)) for _ in range(8))


def _feed(host: str, at: str) -> str:
    items = "".join(
        f"<item><title>{_title(host, n)}</title><link>http://{host}/{n}</link><guid>{n}</guid>"
        f"<pubDate>{at}</pubDate><description>{'Nothing of note happened here. ' * 20}</description></item>"
        for n in range(ITEMS)
    )
    return f"<rss version='2.0'><channel><title>{host}</title>{items}</channel></rss>"


def _write_config(folder: Path, origins: list[str]) -> None:
    shipped = (Path(__file__).parents[1] / "config.yaml").read_text(encoding="utf-8")
    sources = "\n".join(
        f"    - {{id: s{n}, url: 'http://{origin}/feed.xml', every: 1m, delay: 0s, fetch_pages: false}}"
        for n, origin in enumerate(origins)
    )
    trusted = ", ".join(f"'{origin}'" for origin in origins)
    (folder / "config.yaml").write_text(
        f"chats:\n  - {{name: desk, id: 1}}\nsources:\n  use: []\n  add:\n{sources}\n"
        f"network:\n  trusted: [{trusted}]\n{shipped[shipped.index(chr(10) + 'rules:') :]}",
        encoding="utf-8",
    )


async def _measure(folder: Path, minutes: float) -> tuple[list[tuple[float, float]], float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "--config", str(folder / "config.yaml"), "run"),
        env={
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder}/bench.db",
            "LISTEN_ADDR": "127.0.0.1:0",
            "LOG_LEVEL": "ERROR",
        },
    )
    began = time.monotonic()
    memory: list[tuple[float, float]] = []
    while time.monotonic() - began < minutes * 60 + 10:
        await asyncio.sleep(30)
        memory.append((time.monotonic() - began, _resident_mb(process.pid)))
    cpu = _cpu_seconds(process.pid)
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.wait(), 15)
    return memory, cpu / (time.monotonic() - began)


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _report(
    polls: Counter[str],
    conditional: int,
    count: int,
    minutes: float,
    memory: list[tuple[float, float]],
    cpu: float,
) -> int:
    wanted = int(minutes)
    missed = sum(max(wanted - seen, 0) for seen in polls.values()) + wanted * (count - len(polls))
    print(f"sources {count}, polls {sum(polls.values())}, conditional {conditional}")
    fewest = min(polls.values(), default=0)
    print(f"fewest polls of a source {fewest}, wanted at least {wanted}, missed {missed}")
    print("memory MB: " + ", ".join(f"{at:.0f} s {mb:.0f}" for at, mb in memory))
    print(f"CPU {cpu:.0%} of one core")
    return 1 if missed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=3)
    chosen = parser.parse_args()
    sys.exit(asyncio.run(main(chosen.sources, chosen.minutes)))
