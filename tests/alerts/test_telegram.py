"""Every answer of Telegram, through the real client, becomes the error that names the reaction."""

import logging
import socket
import traceback
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from alerts.telegram import TelegramSender, gap_between_messages
from monitor.core.errors import (
    ChatGone,
    ChatMigrated,
    MessageRefused,
    NotSent,
    RetryLater,
    SendError,
    TokenRefused,
    Unsure,
)
from monitor.core.model import Message
from tests.builders import a_chat
from tests.telegram_server import TOKEN, Fault, TelegramServer, blocked, flood, migrated, refused

HELLO = Message(html="<b>hello</b> &amp; bye", plain="hello & bye")


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def sender(server: TelegramServer) -> AsyncIterator[TelegramSender]:
    sender = TelegramSender(TOKEN, api_url=server.url, read_timeout=0.3)
    await sender.start()
    yield sender
    await sender.close()


async def test_a_message_arrives_as_html_without_preview(
    server: TelegramServer, sender: TelegramSender
) -> None:
    assert await sender.send(a_chat(), HELLO) == 101
    (posted,) = server.messages
    assert (posted.chat_id, posted.text, posted.tags) == ("7", "hello & bye", ("b",))
    assert not posted.preview
    assert not posted.silent


async def test_a_message_without_html_goes_plain(server: TelegramServer, sender: TelegramSender) -> None:
    await sender.send(a_chat(id="@channel"), Message(html="", plain="1 < 2 <b>", silent=True))
    (posted,) = server.messages
    assert (posted.chat_id, posted.text, posted.html, posted.silent) == ("@channel", "1 < 2 <b>", False, True)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (migrated(-100123), ChatMigrated),
        (blocked(), ChatGone),
        (refused("chat not found"), ChatGone),
        (refused("not enough rights to send text messages to the chat"), ChatGone),
        (refused("TOPIC_CLOSED"), ChatGone),
        (refused("can't parse entities: Unsupported start tag"), MessageRefused),
        (refused("message is too long"), MessageRefused),
        (refused("ENTITIES_TOO_LONG"), MessageRefused),
        (Fault(status=401, description="Unauthorized"), TokenRefused),
        (Fault(status=404, description="Not Found"), TokenRefused),
        (Fault(status=409, description="Conflict"), Unsure),
        (Fault(status=500, description="Internal Server Error"), Unsure),
        (Fault(status=502, description="Bad Gateway"), Unsure),
        (Fault(status=502, body=b"<html>proxy</html>"), Unsure),
        (Fault(reset=True), Unsure),
        (Fault(reset=True, delivered=True), Unsure),
        (Fault(hang=1.0), Unsure),
        (Fault(status=200, body=b'{"ok":true,"result":{"mess'), Unsure),
        (Fault(status=200, body=b"[1]"), Unsure),
        (Fault(status=200, body=b"{}"), Unsure),
        (Fault(status=200, body=b'{"ok":true,"result":{"message_id":"x"}}'), Unsure),
    ],
)
async def test_answers(
    server: TelegramServer, sender: TelegramSender, fault: Fault, error: type[SendError]
) -> None:
    server.faults.append(fault)
    with pytest.raises(error) as caught:
        await sender.send(a_chat(), HELLO)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert "proxy" not in str(caught.value)


async def test_patience_is_told_exactly(server: TelegramServer, sender: TelegramSender) -> None:
    server.faults.append(flood(40_000))
    with pytest.raises(RetryLater) as caught:
        await sender.send(a_chat(), HELLO)
    assert caught.value.after == timedelta(seconds=40_000)


async def test_the_new_id_of_a_chat_is_told(server: TelegramServer, sender: TelegramSender) -> None:
    server.faults.append(migrated(-100123))
    with pytest.raises(ChatMigrated) as caught:
        await sender.send(a_chat(), HELLO)
    assert caught.value.to == -100123


async def test_no_connection_is_no_delivery() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        sender = TelegramSender(TOKEN, api_url=f"http://127.0.0.1:{unused.getsockname()[1]}")
        await sender.start()
        with pytest.raises(NotSent):
            await sender.send(a_chat(), HELLO)
        await sender.close()


async def test_a_foreign_token_and_an_empty_one(server: TelegramServer) -> None:
    sender = TelegramSender("999:wrong", api_url=server.url)
    await sender.start()
    with pytest.raises(TokenRefused, match="refuses the bot token"):
        await sender.send(a_chat(), HELLO)
    await sender.close()
    with pytest.raises(TokenRefused, match="empty"):
        TelegramSender("", api_url=server.url)


async def test_a_chat_without_id_is_not_tried(server: TelegramServer, sender: TelegramSender) -> None:
    with pytest.raises(ChatGone, match="chat desk has no id"):
        await sender.send(a_chat(id=""), HELLO)
    assert server.calls == []


async def test_a_broken_answer_is_not_logged(
    server: TelegramServer, sender: TelegramSender, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.append(Fault(status=200, body=b"secret page"))
    with caplog.at_level(logging.DEBUG), pytest.raises(Unsure):
        await sender.send(a_chat(), HELLO)
    assert "secret page" not in caplog.text


@pytest.mark.parametrize(("chat_id", "seconds"), [("7", 1.05), ("-1001", 3.1), ("@channel", 3.1)])
def test_groups_get_a_slower_pace(chat_id: str, seconds: float) -> None:
    assert gap_between_messages(chat_id).total_seconds() == seconds
