"""What trouble with one message means for its chat, for other channels and for what is looked for later."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web

from alerts.channels import OneWay, Switchboard
from alerts.digests import Digester
from alerts.pace import Pace, no_limits
from alerts.telegram import TelegramSender
from monitor.core.errors import ChatGone, RetryLater, SendError, TokenRefused, Unsure
from monitor.core.messages import DeliveryState, Message
from monitor.core.model import ChatName
from monitor.core.settings import Channel, Chat
from monitor.store.sql import SqlStore
from tests.alerts.desk import DESK, OPS, Desk, a_store, seconds
from tests.builders import a_chat, a_config
from tests.fakes import FakeSender
from tests.telegram_faults import Fault, flood, migrated, refused
from tests.telegram_server import TOKEN, TelegramServer

S = DeliveryState
HOOK = ChatName("hook")
GROUP = a_chat("desk", id="-1001000000001")
GROUP_AND_OPS = a_config(chats=(GROUP, a_chat("ops", id="8")), operator=OPS)
BOTH_CHANNELS = a_config(
    chats=(a_chat("desk", id="7"), a_chat("hook", id="https://example.org/hook", channel=Channel.WEBHOOK))
)


class Hook(OneWay):
    """A webhook that answers with the given troubles first."""

    def __init__(self, *troubles: SendError) -> None:
        self.troubles = list(troubles)
        self.got: list[Message] = []

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> None:
        self.got.append(message)
        if self.troubles:
            raise self.troubles.pop(0)


def two_channels(telegram: FakeSender, hook: Hook) -> Desk:
    return Desk(Switchboard({Channel.TELEGRAM: telegram, Channel.WEBHOOK: hook}), config=BOTH_CHANNELS)


class Poisoned(TelegramServer):
    """Answers like `fault` whenever a text with "Poison" is sent, and `question` to getChatMember."""

    fault: Fault | None = None
    question = ""

    async def _handle(self, request: web.Request, method: str, fields: dict[str, str]) -> web.StreamResponse:
        if method == "sendMessage" and self.fault and "Poison" in fields["text"]:
            return await self._fail(request, method, fields, self.fault)
        if method == "getChatMember" and self.question:
            return await self._fail(request, method, fields, refused(self.question))
        return await super()._handle(request, method, fields)


@pytest.fixture
async def server() -> AsyncIterator[Poisoned]:
    async with Poisoned() as server:
        yield server


@pytest.fixture
async def wired(server: Poisoned) -> AsyncIterator[Desk]:
    """A desk with a group in which somebody wrote before."""
    sender = TelegramSender(TOKEN, api_url=server.url, read_timeout=0.3)
    await sender.start()
    desk = Desk(sender, config=GROUP_AND_OPS)
    desk.store.note_message(GROUP.id, server.people_write(GROUP.id, 3))
    yield desk
    await sender.close()


def headlines(server: TelegramServer) -> list[str]:
    return [text.split(" · ")[0] for text in server.texts()]


# ── the token ──


async def test_a_refused_token_silences_telegram_alone() -> None:
    hook = Hook()
    desk = two_channels(FakeSender(*[TokenRefused("refused")] * 99), hook)
    desk.queue("one")
    await desk.deliver_all()
    desk.queue(*(f"hook {number}" for number in range(20)), chat=HOOK)
    await desk.deliver_all()
    assert len(hook.got) == 20
    assert desk.courier.problem == "refused"


async def test_what_a_webhook_takes_says_nothing_of_the_token() -> None:
    desk = two_channels(FakeSender(*[TokenRefused("refused")] * 99), Hook())
    desk.queue("one")
    desk.queue("two", chat=HOOK)
    await desk.deliver_all()
    assert desk.counts() == {S.WAITING: 1, S.SENT: 1}
    assert desk.courier.problem == "refused"


async def test_whichever_chat_something_is_owed_to_shows_that_the_token_is_good_again() -> None:
    sender = FakeSender(TokenRefused("refused"))
    desk = Desk(sender)
    desk.queue("one", chat=OPS)
    await desk.deliver_all()
    await desk.pass_time(300)
    assert desk.courier.healthy
    assert desk.counts() == {S.SENT: 1}


# ── one message the server cannot take ──


async def test_a_text_that_always_fails_holds_nobody_up_for_long_and_is_given_up(
    server: Poisoned, wired: Desk
) -> None:
    server.fault = Fault(status=500, description="Internal Server Error")
    wired.queue_alert("Poison")
    wired.clock.advance(seconds(1))
    for number in range(3):
        wired.queue_alert(f"Good {number}")
    for _ in range(5):
        await wired.pass_time(120)
    assert headlines(server) == ["Good 0", "Good 1", "Good 2"]
    for _ in range(12 * 6):
        await wired.pass_time(600)
    assert wired.counts() == {S.SENT: 3, S.DEAD: 1}
    ((_, words),) = wired.told
    assert "was given up: sent 12 times for nothing: Internal Server Error" in words


async def test_a_text_refused_in_unknown_words_lets_the_others_pass_once_a_person_resumed(
    server: Poisoned, wired: Desk
) -> None:
    server.fault = refused("TEXT_MODERATION_FAILED")
    wired.queue_alert("Poison")
    wired.clock.advance(seconds(1))
    wired.queue_alert("Good")
    await wired.deliver_all()
    assert wired.counts() == {S.PARKED: 2}
    wired.store.unpark_chat(DESK)
    await wired.deliver_all()
    assert headlines(server) == ["Good"]
    assert wired.store.parked_chats() == {}
    assert wired.counts() == {S.SENT: 1, S.WAITING: 1}


# ── what is asked before a look ──


@pytest.mark.parametrize(
    "words",
    ["member list is inaccessible", "PARTICIPANT_ID_INVALID", "CHAT_ADMIN_REQUIRED", "CHANNEL_INVALID"],
)
async def test_a_refused_question_says_nothing_of_the_alert(
    server: Poisoned, wired: Desk, words: str
) -> None:
    server.question = words
    server.faults.append(Fault(reset=True))
    wired.queue_alert("One")
    await wired.deliver_all()
    await wired.pass_time(61)
    assert headlines(server) == ["(possible repeat) One"]
    assert wired.told == []


async def test_a_basic_group_that_moves_during_the_doubt_gets_a_marked_repeat(
    server: Poisoned, wired: Desk
) -> None:
    wired.config = a_config(chats=(a_chat("desk", id="-9"),))
    wired.store.note_message("-9", server.people_write("-9", 3))
    server.faults.append(Fault(reset=True, delivered=True))
    wired.queue_alert("One")
    await wired.deliver_all()
    server.chat_faults["-9"] = migrated(-1001000000009)
    await wired.pass_time(61)
    assert headlines(server) == ["One", "(possible repeat) One"]
    assert server.messages[-1].chat_id == "-1001000000009"


# ── what else may lie where a message is looked for ──


@pytest.mark.parametrize("way", ["renamed", "topic parked"])
async def test_one_that_is_not_looked_for_any_more_is_not_overwritten(
    server: Poisoned, wired: Desk, way: str
) -> None:
    topics = (replace(GROUP, thread=5), replace(GROUP, name=OPS, thread=6))
    server.topics[GROUP.id] = {5, 6}
    wired.config = a_config(chats=topics if way == "topic parked" else (GROUP,))
    server.faults.append(Fault(reset=True, delivered=True))
    wired.queue_alert("First")
    await wired.deliver_all()
    if way == "renamed":
        wired.config = a_config(chats=(replace(GROUP, name=OPS),))
        await wired.pass_time(61)
    else:
        wired.store.park_chat(DESK, "any reason", wired.clock.now())
        wired.clock.advance(seconds(61))
    server.faults.append(Fault(reset=True, delivered=True))
    wired.queue_alert("Second", chat=OPS)
    await wired.deliver_all()
    await wired.pass_time(61)
    assert headlines(server) == ["First", "Second", "(possible repeat) Second"]


async def test_a_chat_that_leaves_during_a_doubt_and_comes_back_is_told_once(
    server: Poisoned, wired: Desk
) -> None:
    server.faults.append(Fault(reset=True, delivered=True))
    wired.queue_alert("One")
    await wired.deliver_all()
    wired.config = a_config(chats=(a_chat("ops", id="8"),))
    await wired.pass_time(61)
    wired.config = GROUP_AND_OPS
    wired.store.unpark_chat(DESK)
    await wired.deliver_all()
    assert headlines(server) == ["One"]
    assert wired.counts() == {S.SENT: 1}


async def test_a_digest_in_doubt_is_not_written_over_the_first_copy_of_a_repeat(
    server: Poisoned, wired: Desk
) -> None:
    for number in range(3):
        wired.queue_alert(f"Gathered {number}", gather_until=wired.clock.now())
    Digester(wired.store, config=lambda: wired.config).fold_due(wired.clock.now())
    server.faults.append(Fault(reset=True))
    await wired.deliver_all()
    server.people_write(GROUP.id, 31)  # more than is looked at
    await wired.pass_time(61)
    server.faults.append(Fault(reset=True, delivered=True))
    wired.queue_alert("Alert")
    await wired.deliver_all()
    await wired.pass_time(61)
    await wired.pass_time(3_600)
    assert headlines(server) == ["Alert", "(possible repeat) Alert", *headlines(server)[2:]]
    assert server.texts()[2].startswith("(possible repeat) Digest")


# ── parking ──


class Killed(BaseException):
    """The process is no more."""


class Dying(SqlStore):
    """The process is killed as the chat is parked."""

    dies = True

    def park_chat(self, *args: object) -> int:
        if self.dies:
            raise Killed
        return super().park_chat(*args)  # type: ignore[arg-type]


async def test_a_kill_while_a_chat_is_parked_leaves_no_message_behind() -> None:
    store = a_store(Dying)
    desk = Desk(FakeSender(ChatGone("kicked")), store)
    desk.queue("one")
    (claimed,) = store.claim(desk.clock.now(), seconds(120), 1, (), {DESK: "7"})
    with pytest.raises(Killed):
        await desk.courier._deliver(claimed, a_chat("desk", id="7"), None)
    store.dies = False
    desk.courier = desk.a_courier()
    await desk.pass_time(121)
    assert desk.counts() == {S.SENT: 1}


# ── webhooks ──


async def test_a_webhook_that_is_down_for_a_day_gets_everything_when_it_is_back() -> None:
    hook = Hook(*[Unsure("the webhook answers 503")] * 280)
    desk = two_channels(FakeSender(), hook)
    desk.queue("one", chat=HOOK)
    for _ in range(300):
        await desk.pass_time(300)
    assert desk.store.parked_chats() == {}
    assert desk.counts() == {S.SENT: 1}


async def test_a_message_is_known_by_one_id_for_ever_and_in_all_the_world() -> None:
    ids = []
    for _ in range(2):
        hook = Hook(Unsure("no answer"))
        desk = two_channels(FakeSender(), hook)
        told = desk.queue_alert("One", chat=HOOK)
        await desk.deliver_all()
        told.touch()  # another outlet reports the story
        desk.courier = desk.a_courier()
        await desk.pass_time(61)
        first, again = (message.key for message in hook.got)
        assert first == again
        ids.append(first)
    assert len(set(ids)) == 2


class Hanging(Hook):
    """Never answers."""

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> None:
        self.got.append(message)
        await asyncio.Event().wait()


async def test_webhooks_that_hang_hold_up_no_telegram() -> None:
    telegram, hook = FakeSender(), Hanging()
    desk = two_channels(telegram, hook)
    hooks = tuple(
        a_chat(f"hook {number}", id=f"https://example.org/{number}", channel=Channel.WEBHOOK)
        for number in range(24)
    )
    desk.config = a_config(chats=(a_chat("desk", id="7"), *hooks))
    for chat in hooks:
        desk.queue("news", chat=chat.name)
    hanging = asyncio.create_task(desk.courier.deliver_due())
    while len(hook.got) < 20:  # noqa: ASYNC110 - what is waited for tells nobody
        await asyncio.sleep(0)
    desk.queue("urgent")
    assert await desk.courier.deliver_due() == 1
    assert [tried.message.plain for tried in telegram.tried] == ["urgent"]
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)


# ── patience ──


def a_day_ahead(desk: Desk) -> None:
    desk.clock.advance(timedelta(days=1))


def an_hour_back(desk: Desk) -> None:
    desk.clock.advance(timedelta(hours=-1))


def renamed(desk: Desk) -> None:
    desk.config = a_config(chats=(replace(GROUP, name=OPS),))
    desk.queue("two", chat=OPS)


def its_twin_stays(desk: Desk) -> None:
    desk.config = a_config(chats=(replace(GROUP, name=OPS, thread=5),))
    desk.queue("two", chat=OPS)


@pytest.mark.parametrize("change", [a_day_ahead, an_hour_back, renamed, its_twin_stays])
async def test_patience_is_kept_whatever_happens_to_the_clock_or_the_name(
    change: Callable[[Desk], None],
) -> None:
    sender = FakeSender(RetryLater(seconds(40_000)))
    # By the loop's clock, which nobody sets.
    desk = Desk(sender, config=a_config(chats=(GROUP,)), pace=Pace(no_limits, over_all=None))
    desk.queue("one")
    await desk.deliver_all()
    change(desk)
    await desk.deliver_all()
    assert len(sender.tried) == 1


@pytest.mark.parametrize("change", [renamed, its_twin_stays])
async def test_patience_is_kept_over_a_restart_under_another_name(change: Callable[[Desk], None]) -> None:
    sender = FakeSender(RetryLater(seconds(40_000)))
    desk = Desk(sender, config=a_config(chats=(GROUP,)))
    desk.queue("one")
    await desk.deliver_all()
    change(desk)
    desk.courier = desk.a_courier()
    await desk.pass_time(39_000)
    assert len(sender.tried) == 1
    await desk.pass_time(1_000)
    assert desk.store.counts()[S.SENT] == 1


async def test_patience_asked_of_a_look_below_is_written_down(server: Poisoned, wired: Desk) -> None:
    server.faults.append(Fault(reset=True))
    wired.queue("one")
    await wired.deliver_all()
    wired.clock.advance(seconds(61))
    await wired.courier.deliver_due()  # it had not arrived
    server.people_write(GROUP.id)
    server.faults.extend([None, flood(40_000)])  # the message, then the look right below it
    await wired.courier.deliver_due()
    assert wired.counts() == {S.SENT: 1}
    assert wired.store.held_chats(wired.clock.now() + seconds(39_999)) != {}


async def test_told_to_wait_for_nothing_it_does_not_ask_in_circles() -> None:
    sender = FakeSender(*[RetryLater(seconds(0))] * 9)
    desk = Desk(sender)
    desk.queue("one")
    await desk.deliver_all()
    assert len(sender.tried) == 1
    for _ in range(30):
        await desk.pass_time(1)
    assert len(sender.tried) == 5  # after 1, 2, 4 and 8 seconds
