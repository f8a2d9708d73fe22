"""What /healthz tells: red while something needs a person, green again when it is mended."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from monitor import logs
from monitor.config.environment import Environment
from monitor.core.errors import ChatGone, NotSent, SendError
from monitor.core.settings import Channel
from monitor.service import Service
from monitor.store.sql import SqlStore
from tests.alerts.desk import DESK, OPS, a_store, databases  # noqa: F401 - a fixture
from tests.builders import a_chat, a_config, a_state
from tests.fakes import FakeClock, FakeSender
from tests.store.desk import the_source

HOOK = "https://example.org/hook/s3cret"
CONFIG = a_config(chats=(a_chat("desk", id="7"), a_chat("ops", id=HOOK, channel=Channel.WEBHOOK)))


@pytest.fixture(autouse=True)
def nothing_hidden() -> Iterator[None]:
    yield
    logs.hide(())


class House:
    """A service that is never run: only asked how it is."""

    def __init__(self, *troubles: SendError) -> None:
        self.clock = FakeClock()
        self.store = a_store(SqlStore)
        self.service = Service(
            config=CONFIG,
            config_path=Path("config.yaml"),
            environment=Environment(),
            store=self.store,
            process=cast("Any", None),  # nothing is polled
            clock=self.clock,
            sender=FakeSender(*troubles),
        )

    async def alert(self, chat: Any = DESK) -> None:
        with self.store.work() as work:
            work.add_notice("notice:one", "one", chat, self.clock.now())
        await self.pass_time(timedelta(0))

    async def pass_time(self, span: timedelta) -> None:
        self.clock.advance(span)
        while await self.service.courier.deliver_due():
            pass


async def test_telegram_out_of_reach() -> None:
    house = House(*[NotSent("no connection")] * 2)
    await house.alert()
    assert house.service.health().ok
    house.clock.advance(timedelta(minutes=6))
    health = house.service.health()
    assert health.problems == ("chat desk: 1 message waits since 2026-11-24 08:00 UTC: no connection",)
    await house.pass_time(timedelta(0))
    await house.pass_time(timedelta(minutes=6))
    assert house.service.health().ok


async def test_a_parked_chat() -> None:
    house = House(ChatGone("kicked"))
    await house.alert()
    health = house.service.health()
    assert health.problems[0].startswith("chat desk takes no messages: kicked")
    assert health.details["parked"] == {"desk": "kicked"}
    house.store.unpark_chat(DESK)
    await house.pass_time(timedelta(0))
    assert house.service.health().ok


async def test_a_job_that_failed() -> None:
    async def fails() -> None:
        raise RuntimeError("a bug")

    async def works() -> None:
        pass

    house = House()
    await house.service.jobs.run("making digests", fails)
    assert house.service.health().problems == ("making digests failed: RuntimeError (the log tells more)",)
    await house.service.jobs.run("making digests", works)
    assert house.service.health().ok


async def test_no_secret_shows() -> None:
    house = House(ChatGone(f"no way to {HOOK}"))
    await house.alert(OPS)
    health = house.service.health()
    assert "[secret]" in health.problems[0]
    assert "s3cret" not in f"{health.problems}{health.details}"


def save(text: str) -> None:
    Path("config.yaml").write_text(text, "utf-8")


async def test_a_refused_configuration_is_named_and_is_no_problem_to_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    house = House()
    save("chats: [3]\n")
    house.clock.advance(timedelta(hours=3))
    await house.service.watcher.reload()
    (trouble,) = house.service.troubles()
    assert trouble.startswith(
        "config.yaml is refused, the rules of 2026-11-24 08:00 are in force: config.yaml:1"
    )
    health = house.service.health()
    assert health.ok
    assert health.details["config_refused"] == trouble
    save("chats: [{name: desk, id: 7}]\nrules: {list: [{id: yuan, terms: [digital yuan]}]}\n")
    await house.service.watcher.reload()
    assert house.service.troubles() == ()
    assert house.service.health().details["config_refused"] == ""


async def test_the_bot_tells_of_what_ails_the_service() -> None:
    house = House(ChatGone("kicked"))
    await house.alert()
    with house.store.work() as work:
        work.keep_sources([the_source()], house.clock.now())
        work.save_source_state(a_state(source_id=the_source().id, failures=1, problem="HTTP 500"))
    # A parked chat the bot names itself, with the way back.
    assert house.service.troubles() == ("every source fails; is the network there?",)
    assert len(house.service.health().problems) == 2
