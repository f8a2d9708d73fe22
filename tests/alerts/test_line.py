"""One message on its way: what a server refuses is taken away until it passes, the least useful first."""

from dataclasses import replace

import pytest

from alerts.line import Line
from alerts.pace import Pace, no_limits
from monitor.core.errors import (
    ButtonsRefused,
    ChatGone,
    ChatMigrated,
    MessageRefused,
    SendError,
    TopicGone,
    Unexplained,
)
from monitor.core.messages import Button, Message
from monitor.core.settings import Chat
from tests.builders import a_chat
from tests.fakes import FakeSender

BUTTONS = ((Button(label="Why", press="why:1"),),)
FULL = Message(html="<b>a</b>", plain="a", buttons=BUTTONS)
REFUSED, NO_BUTTONS = MessageRefused("can't parse entities"), ButtonsRefused("BUTTON_DATA_INVALID")


def a_line(sender: FakeSender, message: Message = FULL, chat: Chat | None = None) -> tuple[Line, list[str]]:
    moves: list[str] = []

    async def remember(new_id: str) -> None:
        moves.append(new_id)

    return Line(sender, Pace(no_limits, over_all=None), chat or a_chat(), message, remember), moves


@pytest.mark.parametrize(
    ("troubles", "html", "buttons", "reply_to"),
    [
        ((), "<b>a</b>", BUTTONS, 5),
        ((NO_BUTTONS,), "<b>a</b>", (), 5),
        ((REFUSED,), "", BUTTONS, 5),
        ((NO_BUTTONS, REFUSED), "", (), 5),
        ((REFUSED, REFUSED), "", (), 5),
        ((REFUSED, REFUSED, REFUSED), "", (), None),
    ],
    ids=["taken", "buttons", "markup", "both", "markup, then buttons", "and the reply"],
)
async def test_what_is_taken_away(
    troubles: tuple[SendError, ...], html: str, buttons: object, reply_to: int | None
) -> None:
    sender = FakeSender(*troubles)
    await a_line(sender)[0].send(5)
    last = sender.tried[-1]
    assert (last.message.html, last.message.buttons, last.reply_to) == (html, buttons, reply_to)
    assert len(sender.tried) == len(troubles) + 1


async def test_who_refuses_even_bare_words_takes_no_messages() -> None:
    sender = FakeSender(*[Unexplained("NEW_WORDS")] * 9)
    with pytest.raises(ChatGone, match="NEW_WORDS"):
        await a_line(sender)[0].send(5)
    assert sender.tried[-1].message == replace(FULL, html="", buttons=())


async def test_an_edit_refused_for_no_known_reason_is_a_refusal() -> None:
    with pytest.raises(Unexplained):
        await a_line(FakeSender(*[Unexplained("NEW_WORDS")] * 9))[0].edit(5)


async def test_a_message_is_taken_back() -> None:
    sender = FakeSender()
    assert await a_line(sender)[0].delete(5)
    assert sender.tried[0].deleted == 5


async def test_the_newest_id_is_asked_in_the_turn_of_each_request() -> None:
    asked: list[str] = []

    async def newest(chat: Chat) -> int:
        asked.append(chat.id)
        return len(asked)

    line, _ = a_line(FakeSender(ChatMigrated(-100)))
    line.newest_noted = newest
    await line.send(None)
    assert (asked, line.newest) == (["7", "-100"], 2)


async def test_what_is_refused_bare_stays_refused() -> None:
    with pytest.raises(MessageRefused):
        await a_line(FakeSender(*[REFUSED] * 4))[0].send(5)


async def test_no_text_is_ever_cut() -> None:
    sender = FakeSender(MessageRefused("message is too long"))
    await a_line(sender, Message(html="<b>字</b>", plain="字" * 5_000))[0].send(None)
    assert sender.tried[-1].message.plain == "字" * 5_000


async def test_a_softened_message_stays_soft_when_it_is_looked_for() -> None:
    sender = FakeSender(REFUSED)
    line, _ = a_line(sender)
    await line.edit(5)
    await line.edit(6)
    assert [tried.message.html for tried in sender.tried] == ["<b>a</b>", "", ""]


async def test_a_lost_topic_is_left_for_the_chat_itself() -> None:
    sender = FakeSender(TopicGone("TOPIC_CLOSED"))
    line, _ = a_line(sender, chat=a_chat(thread=17))
    await line.send(None)
    assert ([tried.thread for tried in sender.tried], line.lost_topic) == ([17, None], 17)


async def test_a_chat_that_is_closed_as_well_takes_nothing() -> None:
    with pytest.raises(TopicGone):
        await a_line(FakeSender(*[TopicGone("TOPIC_CLOSED")] * 2), chat=a_chat(thread=17))[0].send(None)


async def test_a_move_is_remembered_before_it_is_used() -> None:
    sender = FakeSender(ChatMigrated(-100))
    line, moves = a_line(sender)
    await line.send(None)
    assert ([tried.chat_id for tried in sender.tried], moves, line.moved) == (["7", "-100"], ["-100"], True)


async def test_a_move_in_circles_ends() -> None:
    line, moves = a_line(FakeSender(ChatMigrated(-100), ChatMigrated(7)))
    with pytest.raises(ChatMigrated):
        await line.send(None)
    assert moves == ["-100"]


async def test_nothing_is_asked_before_the_first_turn() -> None:
    line, _ = a_line(FakeSender(), replace(FULL, buttons=()))
    assert not line.asked
    await line.send(None)
    assert line.asked
