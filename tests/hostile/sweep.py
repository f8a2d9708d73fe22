"""Sweeps a configuration a few times in a process of its own and writes what came of it, as JSON.

    python -m tests.hostile.sweep config.yaml result.json rounds deadline

Scrapy's reactor lives once in a process, and only a process of its own can be asked for its memory. The
service is the real one with a shorter patience; names that end in .test are resolved here, and the intake of
a source called `raising` fails.
"""

import json
import os
import re
import socket
import sqlite3
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from monitor.config.environment import read_environment
from monitor.config.load import load
from monitor.crawl import Swept, new_process, run_until_done
from monitor.intake import Intake
from monitor.service import Service
from monitor.store.sql import open_store
from tests.fakes import FakeSender

real_getaddrinfo = socket.getaddrinfo


def resolve(host: str, *rest: Any, **named: Any) -> Any:
    """A name server of our own: one name points inwards, one is never answered."""
    if host == "hang.test":
        threading.Event().wait(120)
    return real_getaddrinfo("127.0.0.1" if host == "inside.test" else host, *rest, **named)


class Moody:
    """The intake, except that one source's articles make it raise."""

    def __init__(self, real: Intake) -> None:
        self.real = real

    def take(self, articles: Any, *, source: Any, **named: Any) -> Any:
        if source.id == "raising":
            raise RuntimeError("a bug of ours")
        return self.real.take(articles, source=source, **named)


def main(config_path: Path, result: Path, rounds: int, deadline: int) -> None:
    socket.getaddrinfo = cast("Any", resolve)
    environment = read_environment(os.environ, None)
    database = environment.database_url.removeprefix("sqlite:///")
    store = open_store(environment.database_url)
    process = new_process()
    process.settings.set("DOWNLOAD_TIMEOUT", deadline, priority="cmdline")
    swept: list[Swept] = []
    service = Service(
        config=load(config_path, environment.values),
        config_path=config_path,
        environment=environment,
        store=store,
        process=process,
        sender=FakeSender(),
        on_swept=swept.append,
    )
    service.present.intake = cast("Intake", Moody(service.present.intake))

    async def sweeps() -> int:
        told = []
        for _ in range(rounds):
            swept.clear()

            await service.once()
            told.append({"order": [s.source_id for s in swept], "states": states(database)})
            make_due(database)
        answer.update(rounds=told, peak=peak())
        return 0

    answer: dict[str, Any] = {}
    run_until_done(process, sweeps())
    store.close()
    result.write_text(json.dumps(answer), encoding="utf-8")


def states(database: str) -> dict[str, dict[str, Any]]:
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM sources")]
    for row in rows:
        due = datetime.fromisoformat(row["next_poll_at"]).replace(tzinfo=UTC)
        row["wait"] = (due - datetime.now(UTC)).total_seconds()
    return {row["id"]: row for row in rows}


def peak() -> float:
    """The most memory this process held, in MB. Not `ru_maxrss`, which begins with the parent's own."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes) / 1024


def make_due(database: str) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE sources SET next_poll_at = '2020-01-01 00:00:00.000000'")
        connection.execute("UPDATE pages_owed SET next_try_at = '2020-01-01 00:00:00.000000'")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
