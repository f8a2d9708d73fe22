"""Deliveries a second of the outbox alone, and the share of a core they need at Telegram's own 30 a second.

    python -m benchmarks.outbox [--alerts 1500] [--backlog 2000] [--folder .]

A delivery is claimed and settled as the courier does it: each step one transaction on disk (SQLite, WAL,
synchronous FULL). Rounds claim for 20 chats at once, as the courier does at most; the backlog waits for a
chat that is held. Prints the rate on the wall, which the disk decides, and the CPU time per delivery.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.core.model import ChatName
from monitor.core.outbox import Accepted, settle
from monitor.store.sql import SqlStore, open_store
from tests.builders import an_article
from tests.store.desk import keep, send, the_source

CHATS = tuple(ChatName(f"chat {number}") for number in range(20))
ADDRESSES = {chat: f"-100{number}" for number, chat in enumerate(CHATS)}
HELD = ChatName("held")
START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LEASE = timedelta(seconds=120)
TELEGRAM_LIMIT = 30  # messages a second over all chats


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run took: seconds on the wall, seconds of CPU."""

    deliveries: int
    wall: float
    cpu: float

    def in_words(self) -> str:
        a_second, each = self.deliveries / self.wall, self.cpu / self.deliveries
        return (
            f"{self.deliveries} deliveries: {a_second:.0f} a second, {each * 1000:.2f} ms of CPU each; "
            f"{each * TELEGRAM_LIMIT:.1%} of a core at {TELEGRAM_LIMIT} a second"
        )


def fill(store: SqlStore, alerts: int, backlog: int) -> None:
    """Owe alerts to the chats in turn, and a backlog to the held chat."""
    store.hold_chat(HELD, START + timedelta(days=1), START)
    with store.work() as work:
        work.keep_sources([the_source()], START)
        for number in range(alerts + backlog):
            chat = CHATS[number % len(CHATS)] if number < alerts else HELD
            story = work.open_story(f"story {number}", START)
            article_id = keep(work, story_id=story.id, article=an_article(title=f"story {number}"))
            work.add_alert(story.id, article_id, send(chat), START + timedelta(milliseconds=number))


def drain(store: SqlStore) -> Measured:
    """Claim and settle until nothing is due."""
    now, done = START + timedelta(hours=1), 0
    wall, cpu = time.perf_counter(), time.process_time()
    while claimed := store.claim(now, LEASE, len(CHATS), (), ADDRESSES):
        for delivery in claimed:
            done += 1
            store.settle(settle(delivery, Accepted(message_id=done), now))
    return Measured(deliveries=done, wall=time.perf_counter() - wall, cpu=time.process_time() - cpu)


def main() -> None:
    """Measure without and with a backlog."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--alerts", type=int, default=1500)
    parser.add_argument("--backlog", type=int, default=2000)
    parser.add_argument(
        "--folder", type=Path, default=Path(), help="where the database is put: its disk counts"
    )
    options = parser.parse_args()
    for backlog in (0, options.backlog):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            store = open_store(f"sqlite:///{folder}/outbox.db")
            fill(store, options.alerts, backlog)
            measured = drain(store)
            store.close()
        print(f"backlog of {backlog}: {measured.in_words()}")


if __name__ == "__main__":
    main()
