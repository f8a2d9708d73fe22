"""A process that delivers what an outbox owes until it is killed; time passes as fast as in its parent."""

import asyncio

from alerts.courier import Courier
from alerts.pace import Pace
from alerts.telegram import TelegramSender
from monitor.core.outbox import DOUBT_WAIT
from monitor.core.settings import Config
from monitor.store.sql import SqlStore, open_store
from tests.builders import a_chat, a_config
from tests.fast_loop import LoopClock, run_fast
from tests.telegram_server import TOKEN

GROUPS = tuple(a_chat(f"group {number}", id=f"-100100000000{number}") for number in range(1, 7))
PEOPLE = tuple(a_chat(f"person {number}", id=str(number)) for number in range(1, 5))
CHATS = (*GROUPS, *PEOPLE, a_chat("channel", id="@channel"), a_chat("basic group", id="-9"))
CONFIG: Config = a_config(chats=CHATS)


def a_courier(store: SqlStore, sender: TelegramSender, clock: LoopClock, config: Config = CONFIG) -> Courier:
    return Courier(store, sender, clock, config=lambda: config, pace=Pace())


def deliver(database_url: str, api_url: str, speed: float, zero: float) -> None:
    """Run as the service does after a start: leases of the last life end, then everything due goes out."""
    run_fast(_deliver(database_url, api_url, zero), speed=speed)


async def _deliver(database_url: str, api_url: str, zero: float) -> None:
    store, clock = open_store(database_url), LoopClock(zero=zero)
    store.end_leases(clock.now() + DOUBT_WAIT)
    sender = TelegramSender(TOKEN, api_url=api_url)
    await sender.start()
    await a_courier(store, sender, clock).run(asyncio.Event())
