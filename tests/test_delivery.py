"""The delivering half of the service: what it says of itself, and what outlives what."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.bot import Bot
from monitor.config.environment import Environment
from monitor.core.errors import ChatGone, NotSent, SendError, TokenRefused, Unsure
from monitor.core.messages import DeliveryState, Message
from monitor.core.ports import Sender
from monitor.core.settings import Channel, Chat, Config, Telegram
from monitor.delivery import LATE, Delivery
from monitor.store.sql import SqlStore
from tests.alerts.desk import DESK, a_store, databases  # noqa: F401 - a fixture
from tests.builders import a_chat, a_config
from tests.fakes import FakeClock, FakeSender
from tests.telegram_server import TOKEN, TelegramServer

SECRET_HOOK = "https://example.org/hook/s3cret"


class House:
    """A Delivery over a store of its own."""

    def __init__(
        self, sender: Sender | None = None, config: Config | None = None, *, token: str = ""
    ) -> None:
        self.store = a_store(SqlStore)
        self.clock = FakeClock()
        self.config = config or a_config(chats=(a_chat("desk", id="7"),))
        self.delivery = self.restarted(sender, token=token)

    def restarted(self, sender: Sender | None = None, *, token: str = "") -> Delivery:
        self.delivery = Delivery(
            environment=Environment(token=token),
            config_path=Path("config.yaml"),
            store=self.store,
            clock=self.clock,
            config=lambda: self.config,
            tell=lambda _key, _text: None,
            sender=sender,
        )
        return self.delivery

    def queue(self, *texts: str) -> None:
        with self.store.work() as work:
            for text in texts:
                work.add_notice(f"notice:{text}", text, DESK, self.clock.now())

    async def deliver(self) -> None:
        while await self.delivery.courier.deliver_due():
            pass

    def late(self) -> list[str]:
        return list(self.delivery.not_delivered(LATE))

    def states(self) -> dict[str, int]:
        return {str(state): count for state, count in self.store.counts().items() if count}


@pytest.mark.parametrize(
    "first",
    [NotSent("no connection"), Unsure("no answer")],
    ids=["unreachable", "doubtful"],
)
async def test_what_is_due_for_five_minutes_is_a_problem(first: SendError) -> None:
    house = House(FakeSender(first, *[NotSent("no connection")] * 50))
    house.queue("one", "two")
    for _ in range(4):
        await house.deliver()
        house.clock.advance(timedelta(minutes=1))
    assert house.late() == []
    house.clock.advance(timedelta(minutes=1))
    await house.deliver()
    assert any("since 2026-11-24 08:00 UTC: no connection" in words for words in house.late())


async def test_what_was_never_tried_is_named_too() -> None:
    house = House(FakeSender(*[TokenRefused("refused")] * 9))
    house.queue("one", "two", "three")
    await house.deliver()
    house.clock.advance(LATE)
    assert house.late() == [
        "chat desk: 1 message waits since 2026-11-24 08:00 UTC: refused",
        "chat desk: 2 messages wait since 2026-11-24 08:00 UTC",
    ]
    assert list(house.delivery.problems()) == ["refused"]


async def test_nothing_waits_when_all_was_sent() -> None:
    house = House(FakeSender())
    house.queue("one")
    await house.deliver()
    house.clock.advance(timedelta(hours=1))
    assert house.late() == []


async def test_a_parked_chat_is_named_with_its_reason_unless_it_left_the_configuration() -> None:
    house = House(FakeSender(ChatGone("kicked")))
    house.queue("one")
    await house.deliver()
    (named,) = house.late()
    assert named.startswith("chat desk takes no messages: kicked (")
    assert "policywire alerts resume desk" in named
    house.config = a_config(chats=(a_chat("other", id="8"),))
    assert house.late() == []


async def parked(config: Config | None = None) -> House:
    house = House(FakeSender(ChatGone("not found")), config)
    house.queue("one")
    await house.deliver()
    assert house.states() == {"parked": 1}
    return house


def with_id(house: House, chat_id: str) -> Config:
    (chat,) = house.config.chats
    return replace(house.config, chats=(replace(chat, id=chat_id),))


async def test_a_parked_chat_whose_id_was_mended_receives_again() -> None:
    house = await parked()
    await house.delivery.fold_due()
    assert house.states() == {"parked": 1}
    house.config = with_id(house, "9")
    await house.delivery.fold_due()
    assert house.states() == {"queued": 1}
    await house.deliver()
    assert house.states() == {"sent": 1}


async def test_mended_at_once_by_a_reload() -> None:
    house = await parked()
    mended = with_id(house, "9")
    house.delivery.changed(house.config, mended)
    house.config = mended
    await house.delivery.fold_due()
    assert house.states() == {"queued": 1}


async def test_mended_while_the_service_was_stopped() -> None:
    house = await parked()
    await house.delivery.close()
    house.config = with_id(house, "9")
    await house.restarted(FakeSender()).fold_due()
    assert house.states() == {"queued": 1}


async def test_parked_again_under_the_new_id_it_stays_parked() -> None:
    house = await parked()
    await house.delivery.fold_due()
    house.config = with_id(house, "9")
    house.restarted(FakeSender(ChatGone("not found")))
    await house.delivery.fold_due()
    await house.deliver()
    await house.delivery.fold_due()
    await house.delivery.fold_due()
    assert house.states() == {"parked": 1}


class Slow(FakeSender):
    """Refuses only when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        if self.go.is_set():
            return await super().send(chat, message, reply_to=reply_to)
        self.asked.set()
        await self.go.wait()
        raise ChatGone("not found")


async def test_mended_while_the_request_to_the_old_id_is_under_way() -> None:
    house = House(sender := Slow())
    house.queue("one")
    trying = asyncio.create_task(house.delivery.courier.deliver_due())
    await sender.asked.wait()
    mended = with_id(house, "9")
    house.delivery.changed(house.config, mended)
    house.config = mended
    sender.go.set()
    await trying
    assert house.states() == {"parked": 1}
    await house.delivery.fold_due()
    await house.deliver()
    assert house.states() == {"sent": 1}


async def test_the_address_of_a_webhook_is_not_written_down(tmp_path: Path) -> None:
    hook = a_chat("desk", id=SECRET_HOOK, channel=Channel.WEBHOOK)
    house = await parked(a_config(chats=(hook,)))
    await house.delivery.fold_due()
    kept = everything_in(tmp_path)
    assert b"not found" in kept
    assert b"s3cret" not in kept


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("*.db*"))


def test_another_api_url_is_told_to_wait_for_the_next_start() -> None:
    house = House(FakeSender())
    before = house.config
    after = replace(before, telegram=Telegram(api_url="http://127.0.0.1:8081"))
    assert house.delivery.changed(before, before) == ""
    assert house.delivery.changed(before, after) == "telegram.api_url takes effect at the next start."
    house.config = after
    assert list(house.delivery.problems()) == [
        "telegram.api_url was changed: that takes effect at the next start"
    ]
    assert house.delivery.changed(after, before) == ""


async def test_a_bot_that_fails_stops_no_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_bot: Bot, _stop: asyncio.Event) -> None:
        raise AssertionError("a bug of the bot")

    monkeypatch.setattr(Bot, "run", fails)
    async with TelegramServer() as server:
        config = a_config(chats=(a_chat("desk", id="7"),), telegram=Telegram(api_url=server.url))
        house = House(config=config, token=TOKEN)
        await house.delivery.open()
        stop = asyncio.Event()
        running = asyncio.create_task(house.delivery.run(stop))
        await until(lambda: bool(list(house.delivery.problems())))
        assert list(house.delivery.problems()) == ["the bot failed and is tried again soon: AssertionError"]
        house.queue("one")
        house.delivery.courier.wake()
        await until(lambda: house.store.counts()[DeliveryState.SENT] == 1)
        stop.set()
        await running
        await house.delivery.close()


async def test_a_courier_that_fails_takes_the_bot_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    async def listens(_bot: Bot, stop: asyncio.Event) -> None:
        try:
            await stop.wait()
        finally:
            ended.append("the bot")

    monkeypatch.setattr(Bot, "run", listens)
    async with TelegramServer() as server:
        config = a_config(chats=(a_chat("desk", id="7"),), telegram=Telegram(api_url=server.url))
        house = House(config=config, token=TOKEN)

        async def fails(_stop: asyncio.Event) -> None:
            await asyncio.sleep(0)
            raise AssertionError("a bug of the courier")

        monkeypatch.setattr(house.delivery.courier, "run", fails)
        with pytest.raises(ExceptionGroup):
            await house.delivery.run(asyncio.Event())
        assert ended == ["the bot"]
        await house.delivery.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; the test's own time limit ends it otherwise."""
    while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
        await asyncio.sleep(0.005)
