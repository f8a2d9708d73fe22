"""A webhook gets one signed POST per message, and each of its answers has its consequence."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from aiohttp import web

from alerts.webhook import WebhookSender
from monitor.core.errors import ChatGone, MessageRefused, NotSent, RetryLater, SendError, Unsure
from monitor.core.messages import Message
from monitor.core.settings import Channel, Chat
from tests.builders import NOW, a_chat
from tests.fakes import FakeClock

HELLO = Message(html="<b>数字人民币</b>", plain="数字人民币", key="story:17@0")


@asynccontextmanager
async def receiver(answer: Callable[[], web.StreamResponse]) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """A web server on loopback that keeps what it gets."""
    got: list[web.Request] = []

    async def take(request: web.Request) -> web.StreamResponse:
        await request.read()
        got.append(request)
        return answer()

    async with listening(take) as url:
        yield url, got


@asynccontextmanager
async def listening(take: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


def hook(url: str, **changes: str) -> Chat:
    return a_chat(**{"id": url, "channel": Channel.WEBHOOK} | changes)


async def sent(chat: Chat) -> None:
    sender = WebhookSender(FakeClock())
    try:
        await sender.send(chat, HELLO)
    finally:
        await sender.close()


async def test_a_message_is_posted_and_signed() -> None:
    async with receiver(lambda: web.Response(status=204)) as (url, got):
        await sent(hook(url, secret="s3cret"))
    (request,) = got
    body = await request.read()
    assert json.loads(body) == {
        "type": "message",
        "key": "story:17@0",
        "chat": "desk",
        "text": "数字人民币",
        "html": "<b>数字人民币</b>",
        "silent": False,
    }
    moment = str(int(NOW.timestamp()))
    text = b"story:17@0." + moment.encode() + b"." + body
    mac = base64.b64encode(hmac.new(b"s3cret", text, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-id"] == "story:17@0"
    assert request.headers["webhook-timestamp"] == moment
    assert request.headers["webhook-signature"] == f"v1,{mac}"


async def test_without_a_secret_there_is_no_signature() -> None:
    async with receiver(lambda: web.Response()) as (url, got):
        await sent(hook(url))
    assert "webhook-signature" not in got[0].headers


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (302, ChatGone),
        (400, MessageRefused),
        (401, ChatGone),
        (410, ChatGone),
        (429, RetryLater),
        (500, Unsure),
    ],
)
async def test_an_answer_has_its_consequence(status: int, trouble: type[SendError]) -> None:
    async with receiver(lambda: web.Response(status=status)) as (url, _):
        with pytest.raises(trouble):
            await sent(hook(url))


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("7", timedelta(seconds=7)),
        ("Tue, 24 Nov 2026 08:01:00 GMT", timedelta(seconds=60)),
        ("Tue, 24 Nov 2026 07:00:00 GMT", timedelta(0)),
        ("9" * 5000, timedelta(days=1)),
        ("soon", timedelta(seconds=60)),
    ],
    ids=["seconds", "a date", "a date gone by", "absurd", "nothing usable"],
)
async def test_patience_is_as_long_as_asked(written: str, after: timedelta) -> None:
    def answer() -> web.Response:
        return web.Response(status=429, headers={"Retry-After": written})

    async with receiver(answer) as (url, _):
        with pytest.raises(RetryLater) as asked:
            await sent(hook(url))
    assert asked.value.after == after


async def test_nobody_listens_so_nothing_was_sent_and_no_address_is_told() -> None:
    with pytest.raises(NotSent) as refused:
        await sent(hook("http://127.0.0.1:9/hook?token=s3cret"))
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_only_the_head_of_an_answer_is_read() -> None:
    """Its body may be endless."""
    asked = asyncio.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        asked.set()
        with suppress(ConnectionError):
            while True:
                await answer.write(b"x" * 10_000)
                await asyncio.sleep(0)
        return answer

    async with listening(trickle) as url:
        await sent(hook(url))
    assert asked.is_set()


async def test_a_receiver_that_never_answers_holds_nothing_up_for_long() -> None:
    over = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    async with listening(hang) as url:
        sender = WebhookSender(FakeClock(), patience=0.05)
        with pytest.raises(Unsure, match="TimeoutError"):
            await sender.send(hook(url), HELLO)
        over.set()
        await sender.close()


async def test_an_address_that_cannot_be_used() -> None:
    with pytest.raises(ChatGone):
        await sent(hook("http://[::1/hook"))


async def test_what_was_posted_cannot_be_changed() -> None:
    sender = WebhookSender(FakeClock())
    assert await sender.edit(hook("http://a.cn"), 1, HELLO) is False
    assert await sender.reads_back(hook("http://a.cn")) is False
