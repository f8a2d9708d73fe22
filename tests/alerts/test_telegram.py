"""Every answer of Telegram, through the real client, becomes the error that names the reaction."""

import logging
import socket
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.telegram import TelegramSender
from monitor.core.errors import (
    ButtonsRefused,
    ChatGone,
    ChatMigrated,
    MessageRefused,
    NotOurs,
    NotSent,
    RetryLater,
    SendError,
    TokenRefused,
    TopicGone,
    Unexplained,
    Unsure,
)
from monitor.core.messages import Button, Message
from monitor.core.settings import Channel, Chat
from tests.builders import a_chat
from tests.telegram_server import TOKEN, Fault, TelegramServer, blocked, flood, migrated, refused

# What a proxy or a broken server may say instead of the message.
NO_MESSAGES = (
    b'{"ok":true,"result":true}',
    b'{"ok":true,"result":5}',
    *(
        b'{"ok":true,"result":{"message_id":%s,"date":1,"chat":{"id":1,"type":"private"}}}' % id
        for id in (b'"x7"', b"null", b"0", b"-3", b"true", b"99999999999999999999999")
    ),
)

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
        (refused("have no write access to the chat"), ChatGone),
        (refused("CHANNEL_PRIVATE"), ChatGone),
        (refused("USER_BANNED_IN_CHANNEL"), ChatGone),
        (refused("CHAT_SEND_TEXT_FORBIDDEN"), ChatGone),
        (refused("CHAT_SEND_PLAIN_FORBIDDEN"), ChatGone),
        (refused("CHAT_FORBIDDEN"), ChatGone),
        (refused("SLOWMODE_WAIT_7"), RetryLater),
        (refused("SOMETHING_NEW"), Unexplained),
        (refused("message text is empty"), MessageRefused),
        (refused("BUTTON_DATA_INVALID"), ButtonsRefused),
        (refused("TOPIC_CLOSED"), TopicGone),
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
        *((Fault(status=200, body=body), Unsure) for body in NO_MESSAGES),
        (flood(10**30), Unsure),
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


@pytest.mark.parametrize(("words", "wait"), [("SLOWMODE_WAIT_7", 7), ("SLOWMODE_WAIT", 60)])
async def test_slow_mode_is_patience(
    server: TelegramServer, sender: TelegramSender, words: str, wait: int
) -> None:
    server.faults.append(refused(words))
    with pytest.raises(RetryLater) as caught:
        await sender.send(a_chat(), HELLO)
    assert caught.value.after == timedelta(seconds=wait)


@pytest.mark.parametrize("told", [None, -5, 0, 10**12, 10**30, 2.5])
async def test_whatever_a_429_says_it_is_patience(
    server: TelegramServer, sender: TelegramSender, told: Any
) -> None:
    server.faults.append(Fault(status=429, description="Too Many", parameters={"retry_after": told}))
    with pytest.raises((RetryLater, Unsure)) as caught:
        await sender.send(a_chat(), HELLO)
    if isinstance(caught.value, RetryLater):
        assert timedelta(0) <= caught.value.after <= timedelta(days=30)


async def test_a_text_refused_is_told_from_one_refused_for_no_known_reason(
    server: TelegramServer, sender: TelegramSender
) -> None:
    server.faults.append(refused("message is too long"))
    with pytest.raises(MessageRefused) as caught:
        await sender.send(a_chat(), HELLO)
    assert not isinstance(caught.value, Unexplained)


async def test_a_message_is_taken_back_once(server: TelegramServer, sender: TelegramSender) -> None:
    posted = server.post("7", "hello")
    assert await sender.delete(a_chat(id="7"), posted.message_id)
    assert server.messages == []
    assert not await sender.delete(a_chat(id="7"), posted.message_id)
    server.people_write("7")
    assert not await sender.delete(a_chat(id="7"), posted.message_id + 1)


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


# ── what a message carries ──

BUTTONS = ((Button(label="Why", press="why:1"), Button(label="Mute", press="mute:1")),)
FORUM = "-1001000000500"


async def test_a_message_goes_to_its_topic_with_its_buttons_and_silently(
    server: TelegramServer, sender: TelegramSender
) -> None:
    server.topics[FORUM] = {17}
    loud = replace(HELLO, buttons=BUTTONS, silent=True)
    await sender.send(a_chat(id=FORUM, thread=17), loud)
    (posted,) = server.messages
    assert (posted.thread, posted.silent) == (17, True)
    assert posted.buttons == ((("Why", "why:1"), ("Mute", "mute:1")),)


async def test_the_general_topic_is_the_chat_itself(server: TelegramServer, sender: TelegramSender) -> None:
    server.topics[FORUM] = {17}
    await sender.send(a_chat(id=FORUM, thread=1), HELLO)
    assert server.messages[0].thread is None


async def test_a_reply_goes_out_even_when_what_it_answers_is_gone(
    server: TelegramServer, sender: TelegramSender
) -> None:
    first = await sender.send(a_chat(), HELLO)
    await sender.send(a_chat(), HELLO, reply_to=first)
    await sender.send(a_chat(), HELLO, reply_to=999)
    assert [posted.reply_to for posted in server.messages] == [None, 101, 999]


@pytest.mark.parametrize(
    "words",
    ["TOPIC_CLOSED", "Topic_deleted", "message thread not found", "MESSAGE THREAD NOT FOUND"],
)
async def test_troubles_of_a_topic(server: TelegramServer, sender: TelegramSender, words: str) -> None:
    server.faults.append(refused(words))
    with pytest.raises(TopicGone):
        await sender.send(a_chat(thread=17), HELLO)


@pytest.mark.parametrize("words", ["BUTTON_DATA_INVALID", "reply markup is too long", "Wrong HTTP URL"])
async def test_refused_buttons(server: TelegramServer, sender: TelegramSender, words: str) -> None:
    server.faults.append(refused(words))
    with pytest.raises(ButtonsRefused):
        await sender.send(a_chat(), HELLO)


async def test_callback_data_over_64_bytes_is_refused(server: TelegramServer, sender: TelegramSender) -> None:
    with pytest.raises(ButtonsRefused):
        await sender.send(a_chat(), replace(HELLO, buttons=((Button(label="x", press="政" * 22),),)))


# ── editing ──


@pytest.mark.parametrize(
    "body",
    [
        *NO_MESSAGES,
        b'{"ok":true,"result":{"message_id":6,"date":1,"chat":{"id":1,"type":"private"}}}',
    ],
)
async def test_an_edit_of_which_the_answer_is_no_message_is_in_doubt(
    server: TelegramServer, sender: TelegramSender, body: bytes
) -> None:
    server.faults.append(Fault(status=200, body=body))
    with pytest.raises(Unsure):
        await sender.edit(a_chat(), 5, HELLO)


async def test_patience_beyond_a_month_is_a_mistake(server: TelegramServer, sender: TelegramSender) -> None:
    server.faults.append(flood(10**12))
    with pytest.raises(RetryLater) as asked:
        await sender.send(a_chat(), HELLO)
    assert asked.value.after == timedelta(days=30)


async def test_an_edit_tells_whether_the_message_is_there(
    server: TelegramServer, sender: TelegramSender
) -> None:
    message_id = await sender.send(a_chat(), HELLO)
    assert message_id == 101
    assert await sender.edit(a_chat(), message_id, HELLO)  # the same already
    assert await sender.edit(a_chat(), message_id, Message(html="<i>new</i>", plain="new"))
    assert server.texts() == ["new"]
    assert not await sender.edit(a_chat(), message_id + 1, HELLO)
    server.people_write("7")
    with pytest.raises(NotOurs):
        await sender.edit(a_chat(), message_id + 1, HELLO)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (flood(3), RetryLater),
        (blocked(), ChatGone),
        (Fault(reset=True), Unsure),
        (refused("can't parse entities: Unsupported start tag"), MessageRefused),
    ],
)
async def test_troubles_of_an_edit(
    server: TelegramServer, sender: TelegramSender, fault: Fault, error: type[SendError]
) -> None:
    server.faults.append(fault)
    with pytest.raises(error):
        await sender.edit(a_chat(), 5, HELLO)


RIGHTS = [
    "can_be_edited",
    "is_anonymous",
    *(f"can_{right}" for right in ("manage_chat", "delete_messages", "manage_video_chats", "invite_users")),
    *(f"can_{right}" for right in ("restrict_members", "promote_members", "change_info", "post_stories")),
    *(f"can_{right}" for right in ("edit_stories", "delete_stories")),
]


@pytest.mark.parametrize(
    ("chat", "rights", "reads_back"),
    [
        (a_chat(), {}, True),
        (a_chat(id="-1001000000001"), {}, True),
        (a_chat(id="-1001000000001"), {"can_edit_messages": False}, True),
        (a_chat(id="-1001000000001"), {"can_edit_messages": True}, False),
        (a_chat(channel=Channel.WEBHOOK), {}, False),
    ],
    ids=["person", "group", "channel", "channel whose posts of others it may edit", "webhook"],
)
async def test_only_where_a_look_does_no_harm(
    server: TelegramServer, sender: TelegramSender, chat: Chat, rights: dict[str, bool], reads_back: bool
) -> None:
    if rights:
        server.membership[chat.id] = {"status": "administrator"} | dict.fromkeys(RIGHTS, False) | rights
    assert await sender.reads_back(chat) is reads_back


async def test_rights_that_cannot_be_asked_are_trouble(server: TelegramServer) -> None:
    sender = TelegramSender("999:wrong", api_url=server.url)
    await sender.start()
    with pytest.raises(TokenRefused):
        await sender.reads_back(a_chat(id="@channel"))
    await sender.close()
