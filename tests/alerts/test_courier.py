"""The courier: what is due goes out once, to the right chat, and trouble never loses it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from alerts.digests import Digester
from alerts.pace import Limit, Pace
from alerts.telegram import TelegramSender
from monitor.core.digest import LATE
from monitor.core.errors import (
    ChatGone,
    ChatMigrated,
    LeaseLost,
    MessageRefused,
    NotSent,
    RetryLater,
    SendError,
    StoreError,
    TokenRefused,
    Unsure,
)
from monitor.core.messages import Delivery, DeliveryState, Message
from monitor.core.model import ChatName
from monitor.core.settings import Chat
from monitor.store.sql import SqlStore
from tests.alerts.desk import DESK, OPS, Desk, a_store, seconds
from tests.builders import a_config
from tests.fakes import FakeSender
from tests.telegram_server import TOKEN, Fault, TelegramServer, blocked, flood, migrated, refused

S = DeliveryState


def fake_desk(*troubles: SendError | None, store: SqlStore | None = None) -> tuple[Desk, FakeSender]:
    sender = FakeSender(*troubles)
    return Desk(sender, store), sender


async def test_all_that_is_due_goes_out_in_order() -> None:
    desk, sender = fake_desk()
    desk.queue("one", "two", "three")
    await desk.deliver_all()
    assert [tried.message.plain for tried in sender.tried] == ["one", "two", "three"]
    assert desk.counts() == {S.SENT: 3}
    assert desk.courier.counters == {"sent": 3, "retried": 0, "parked": 0, "dead": 0}
    assert await desk.courier.deliver_due() == 0


async def test_429_holds_its_chat_for_as_long_as_told_and_no_other() -> None:
    desk, sender = fake_desk(RetryLater(seconds(40)))
    desk.queue("one", "two")
    await desk.deliver_all()
    desk.queue("other", chat=OPS)
    desk.clock.advance(seconds(39.9))
    await desk.deliver_all()
    assert [tried.chat_id for tried in sender.tried] == ["7", "-8"]
    desk.clock.advance(seconds(0.1))
    await desk.deliver_all()
    assert [tried.message.plain for tried in sender.tried] == ["one", "other", "one", "two"]


async def test_no_connection_is_tried_again_for_ever_and_unmarked() -> None:
    desk, sender = fake_desk(*(NotSent("refused") for _ in range(12)))
    desk.queue("one")
    for _ in range(13):
        await desk.deliver_all()
        desk.clock.advance(timedelta(minutes=5))
    assert desk.counts() == {S.SENT: 1}
    assert {tried.message.plain for tried in sender.tried} == {"one"}
    assert desk.courier.counters["retried"] == 12


async def test_without_a_connection_messages_keep_their_order() -> None:
    desk, sender = fake_desk(NotSent("refused"), NotSent("refused"))
    desk.queue("one", "two")
    for _ in range(3):
        await desk.deliver_all()
        desk.clock.advance(seconds(2))
    assert [tried.message.plain for tried in sender.tried] == ["one", "one", "one", "two"]


async def test_a_doubtful_send_waits_a_minute_is_marked_and_holds_up_nothing() -> None:
    desk, sender = fake_desk(Unsure("read timeout"))
    desk.queue("one", "two")
    await desk.deliver_all()
    assert desk.counts() == {S.UNSURE: 1, S.SENT: 1}
    desk.clock.advance(seconds(59))
    assert await desk.courier.deliver_due() == 0
    desk.clock.advance(seconds(1))
    await desk.deliver_all()
    assert [tried.message.plain for tried in sender.tried] == ["one", "two", "(possible repeat) one"]


async def test_a_moved_chat_is_written_to_at_once_and_for_good() -> None:
    desk, sender = fake_desk(ChatMigrated(-100))
    desk.queue("one", "two")
    await desk.deliver_all()
    assert [tried.chat_id for tried in sender.tried] == ["7", "-100", "-100"]
    assert desk.store.chat_id(DESK, "7") == "-100"


async def test_a_chat_that_moves_in_circles_waits() -> None:
    desk, _ = fake_desk(ChatMigrated(-100), ChatMigrated(7))
    desk.queue("one")
    await desk.deliver_all()
    assert desk.counts() == {S.WAITING: 1}


async def test_a_dead_chat_is_parked_with_its_queue_and_the_operator_told() -> None:
    desk, sender = fake_desk(ChatGone("bot was kicked"))
    desk.queue("one", "two")
    await desk.deliver_all()
    assert desk.counts() == {S.PARKED: 2}
    assert len(sender.tried) == 1
    ((key, words),) = desk.told
    assert key == "chat-gone:desk:2026-11-24"
    assert "Chat desk takes no messages: bot was kicked" in words
    desk.store.unpark_chat(DESK)
    await desk.deliver_all()
    assert desk.counts() == {S.SENT: 2}


@pytest.mark.parametrize("operator", [None, DESK], ids=["none", "the dead chat itself"])
async def test_no_notice_without_another_chat_to_put_it(operator: ChatName | None) -> None:
    desk, _ = fake_desk(ChatGone("bot was kicked"))
    desk.config = a_config(operator=operator)
    desk.queue("one")
    await desk.deliver_all()
    assert desk.told == []


async def test_a_chat_that_left_the_configuration_is_parked_unsent() -> None:
    desk, sender = fake_desk()
    desk.queue("one", "two", chat=ChatName("gone"))
    await desk.deliver_all()
    assert desk.counts() == {S.PARKED: 2}
    assert sender.tried == []


async def test_a_refused_token_stops_everything_keeps_the_queue_and_is_tried_again() -> None:
    desk, sender = fake_desk(TokenRefused("Telegram refuses the bot token"))
    desk.queue("one", "two")
    await desk.deliver_all()
    desk.queue("other", chat=OPS)
    assert await desk.courier.deliver_due() == 0
    assert desk.courier.problem == "Telegram refuses the bot token"
    desk.clock.advance(timedelta(minutes=5))
    await desk.deliver_all()
    assert desk.courier.healthy
    assert desk.counts() == {S.SENT: 3}
    assert len(sender.tried) == 4


async def test_a_refused_text_is_sent_plain_once() -> None:
    desk, sender = fake_desk(MessageRefused("can't parse entities"))
    desk.queue("a & b")
    await desk.deliver_all()
    assert [(tried.message.html, tried.message.plain) for tried in sender.tried] == [
        ("a &amp; b", "a & b"),
        ("", "a & b"),
    ]
    assert desk.counts() == {S.SENT: 1}


async def test_a_text_refused_even_plain_is_dead() -> None:
    desk, _ = fake_desk(MessageRefused("too long"), MessageRefused("too long"))
    desk.queue("one", "two")
    await desk.deliver_all()
    assert desk.counts() == {S.DEAD: 1, S.SENT: 1}
    assert desk.courier.counters["dead"] == 1


async def test_what_a_refused_digest_was_to_tell_is_told_one_by_one() -> None:
    desk, sender = fake_desk(MessageRefused("no"), MessageRefused("no"))
    for number in range(3):
        desk.queue_alert(f"Story {number}")
    desk.clock.advance(LATE)
    digester = Digester(desk.store, config=lambda: desk.config)
    assert digester.fold_due(desk.clock.now()) == 1
    await desk.deliver_all()
    assert digester.fold_due(desk.clock.now()) == 0
    assert [tried.message.plain.partition(" ·")[0] for tried in sender.tried[2:]] == [
        f"Story {number}" for number in range(3)
    ]
    assert desk.counts() == {S.SENT: 3, S.DEAD: 1}


class FullDisk(SqlStore):
    """Refuses to write while `full`, and what `refusing` names is refused once more."""

    claims_refused = 0
    settles_refused = 0

    def claim(self, *args: object, **named: object) -> tuple[Delivery, ...]:
        if self.claims_refused:
            self.claims_refused -= 1
            raise StoreError("database or disk is full")
        return super().claim(*args, **named)  # type: ignore[arg-type]

    def settle(self, delivery: Delivery) -> None:
        if self.settles_refused:
            self.settles_refused -= 1
            raise StoreError("database or disk is full")
        super().settle(delivery)


async def test_nothing_is_sent_when_the_claim_was_not_written() -> None:
    store = a_store(FullDisk)
    desk, sender = fake_desk(store=store)
    desk.queue("one")
    store.claims_refused = 1
    assert await desk.courier.deliver_due() == 0
    assert sender.tried == []
    assert "disk is full" in desk.courier.problem
    await desk.deliver_all()
    assert desk.courier.healthy
    assert desk.counts() == {S.SENT: 1}


async def test_what_was_sent_is_written_down_as_soon_as_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alerts.record.backoff", lambda tries: seconds(0.001))
    store = a_store(FullDisk)
    desk, sender = fake_desk(store=store)
    desk.queue("one")
    store.settles_refused = 3
    await desk.deliver_all()
    assert len(sender.tried) == 1
    assert desk.counts() == {S.SENT: 1}
    assert desk.courier.healthy


class LosesLease(SqlStore):
    def settle(self, delivery: Delivery) -> None:
        raise LeaseLost(f"lost the lease of delivery {delivery.id}")


async def test_a_lost_lease_is_let_go() -> None:
    desk, sender = fake_desk(store=a_store(LosesLease))
    desk.queue("one")
    await desk.courier.deliver_due()
    assert len(sender.tried) == 1
    assert desk.courier.healthy


async def test_messages_to_one_chat_keep_their_distance() -> None:
    sender = FakeSender()
    desk = Desk(sender, pace=Pace(lambda chat: (Limit(most=1, seconds=0.1),)))
    desk.queue("one", "two", "three")
    started = asyncio.get_running_loop().time()
    await desk.deliver_all()
    assert len(sender.tried) == 3
    assert asyncio.get_running_loop().time() - started >= 0.2


class SlowSender(FakeSender):
    """Takes its time with chat 7."""

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        if chat.id == "7":
            await asyncio.sleep(30)
        return await super().send(chat, message, reply_to=reply_to)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def test_running_a_slow_chat_holds_up_no_other_and_stopping_leaves_it_doubtful(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alerts.courier._GRACE", 0.05)
    sender = SlowSender()
    desk = Desk(sender)
    stop = asyncio.Event()
    desk.queue("slow")
    running = asyncio.create_task(desk.courier.run(stop))
    await asyncio.sleep(0.02)
    desk.queue("a", "b", "c", chat=OPS)
    desk.courier.wake()
    await until(lambda: len(sender.tried) == 3)
    stop.set()
    await asyncio.wait_for(running, 2)
    assert desk.counts() == {S.CLAIMED: 1, S.SENT: 3}
    desk.clock.advance(seconds(120))
    (again,) = desk.store.claim(desk.clock.now(), seconds(120), 5, ())
    assert again.maybe_sent


class Broken(FakeSender):
    """Our own code fails on some messages."""

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        if "bad" in message.plain:
            raise ZeroDivisionError("a bug")
        return await super().send(chat, message, reply_to=reply_to)


async def test_a_bug_stops_no_other_delivery_and_is_given_up_with_a_notice() -> None:
    desk = Desk(Broken())
    desk.queue_alert("bad news")
    desk.queue("good", "better")
    with capture_logs() as logged:
        await desk.deliver_all()
        assert desk.counts() == {S.UNSURE: 1, S.SENT: 2}
        for _ in range(4):
            assert "an error in our own code: ZeroDivisionError" in desk.courier.problem
            await desk.pass_time(60)
    assert len(logged) == 5
    assert desk.courier.healthy
    assert desk.counts() == {S.DEAD: 1, S.SENT: 2}
    ((key, words),) = desk.told
    assert key.startswith("dead:")
    assert "an error in our own code: ZeroDivisionError" in words


# ── over the wire ──

REPEATED = "(possible repeat) one"


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def wired(server: TelegramServer) -> AsyncIterator[Desk]:
    sender = TelegramSender(TOKEN, api_url=server.url, read_timeout=0.3)
    await sender.start()
    yield Desk(sender)
    await sender.close()


@pytest.mark.parametrize(
    ("fault", "wait", "posts"),
    [
        (None, 0, ["one"]),
        (migrated(-100), 0, ["one"]),
        (refused("can't parse entities: unexpected end tag"), 0, ["one"]),
        (Fault(status=502, description="Bad Gateway"), 60, [REPEATED]),
        (Fault(reset=True), 60, [REPEATED]),
        (Fault(reset=True, delivered=True), 60, ["one", REPEATED]),
        (Fault(hang=0.5), 60, [REPEATED]),
    ],
    ids=["none", "migrated", "markup", "502", "reset", "lost answer repeats", "slow"],
)
async def test_one_fault_on_the_wire(
    server: TelegramServer, wired: Desk, fault: Fault | None, wait: float, posts: list[str]
) -> None:
    server.faults.append(fault)
    wired.queue("one")
    await wired.deliver_all()
    await wired.pass_time(wait)
    assert server.texts() == posts
    assert wired.counts() == {S.SENT: 1}


async def test_flood_control_on_the_wire_is_obeyed(server: TelegramServer, wired: Desk) -> None:
    server.faults.append(flood(1))
    wired.queue("one", "two")
    await wired.deliver_all()
    wired.queue("other", chat=OPS)
    await wired.deliver_all()
    assert server.texts() == ["other"]
    await asyncio.sleep(1.05)
    wired.clock.advance(seconds(1.05))
    await wired.deliver_all()
    assert server.texts("7") == ["one", "two"]
    assert server.violated() == {}
    assert set(server.most_open.values()) == {1}


async def test_a_chat_that_threw_the_bot_out_gets_nothing_more(server: TelegramServer, wired: Desk) -> None:
    server.chat_faults["7"] = blocked()
    wired.queue("one", "two")
    await wired.deliver_all()
    assert len(server.calls) == 1
    assert wired.counts() == {S.PARKED: 2}
