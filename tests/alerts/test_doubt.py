"""Kinds of messages, doubt and trouble through the whole courier, over the wire where the wire matters."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.pace import Pace, no_limits
from alerts.telegram import TelegramSender
from monitor.core.errors import (
    ChatGone,
    MessageRefused,
    NotOurs,
    NotSent,
    RetryLater,
    SendError,
    TokenRefused,
    TopicGone,
    Unsure,
)
from monitor.core.messages import DeliveryState, Message
from monitor.core.model import ChatName
from monitor.core.settings import Chat
from tests.alerts.desk import DESK, OPS, Desk, seconds
from tests.alerts.test_telegram import RIGHTS
from tests.builders import a_chat, a_config
from tests.fakes import FakeSender, Tried
from tests.telegram_server import TOKEN, Fault, TelegramServer, migrated, refused

S = DeliveryState
GROUP = a_chat("desk", id="-1001000000001")
OPS_ID = "-1001000000009"
ONE_SUPERGROUP_MORE = a_config(chats=(GROUP, a_chat("ops", id=OPS_ID)))
ONE_GROUP = a_config(chats=(GROUP, a_chat("ops", id="8")), operator=OPS)


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def wired(server: TelegramServer) -> AsyncIterator[Desk]:
    """A desk with a group in which somebody wrote before."""
    sender = TelegramSender(TOKEN, api_url=server.url, read_timeout=0.3)
    await sender.start()
    desk = Desk(sender, config=ONE_GROUP)
    desk.store.note_message(GROUP.id, server.people_write(GROUP.id, 3))
    yield desk
    await sender.close()


LOST_ANSWERS = {
    "reset, delivered": Fault(reset=True, delivered=True),
    "reset": Fault(reset=True),
    "500, delivered": Fault(status=500, description="Internal Server Error", delivered=True),
    "500": Fault(status=500, description="Internal Server Error"),
    "502, delivered": Fault(status=502, body=b"<html>Bad Gateway</html>", delivered=True),
    "502": Fault(status=502, body=b"<html>Bad Gateway</html>"),
    "slow, delivered": Fault(hang=0.4, reset=True, delivered=True),
    "slow": Fault(hang=0.4, reset=True),
    "delivered late": Fault(hang=0.4, reset=True, late=True),
    "half an answer": Fault(cut=True),
    "an answer without message": Fault(status=200, body=b'{"ok":true}', delivered=True),
    "a page instead of an answer": Fault(status=200, body=b"<html>sign in</html>"),
}


@pytest.mark.parametrize("fault", LOST_ANSWERS.values(), ids=LOST_ANSWERS)
@pytest.mark.parametrize("others", [0, 5], ids=["alone", "others write, too"])
async def test_one_post_whatever_becomes_of_the_answer(
    server: TelegramServer, wired: Desk, fault: Fault, others: int
) -> None:
    server.faults.append(fault)
    wired.queue_alert("One")
    wired.queue("two")
    await wired.deliver_all()
    server.people_write(GROUP.id, others)
    assert wired.counts() == {S.UNSURE: 1, S.QUEUED: 1}  # nothing goes where it is looked for
    await asyncio.sleep(fault.hang / 2)  # the slow ones have arrived long before a minute has passed
    await wired.pass_time(60)
    assert [text.split("\n")[0] for text in server.texts()] == ["One · pbc.gov.cn", "two"]
    assert wired.counts() == {S.SENT: 2}
    assert wired.only().message_id == server.messages[0].message_id
    assert server.violated() == {}


async def test_after_a_crash_it_is_looked_for_as_well(server: TelegramServer, wired: Desk) -> None:
    wired.queue_alert("One")
    addresses = {DESK: GROUP.id}
    (claimed,) = wired.store.claim(wired.clock.now(), seconds(120), 5, (), addresses)
    assert claimed.last_known_id == 103
    # It arrived, then the process was killed.
    await wired.sender.send(GROUP, Message(html="", plain="One"))
    wired.courier = wired.a_courier()
    wired.store.end_leases(wired.clock.now())
    await wired.deliver_all()
    assert len(server.messages) == 1
    assert wired.only().message_id == 104


async def test_what_the_bot_answers_meanwhile_is_not_taken_for_it(
    server: TelegramServer, wired: Desk
) -> None:
    server.faults.append(Fault(reset=True))
    wired.queue_alert("One")
    await wired.deliver_all()
    answer = await wired.sender.send(GROUP, Message(html="", plain="an answer"))
    assert answer is not None
    wired.store.note_message(GROUP.id, answer)
    await wired.pass_time(60)
    await wired.pass_time(60)
    assert [text.split(" ")[0] for text in server.texts()] == ["an", "One"]


async def test_nothing_is_looked_for_below_the_first_message_known(
    server: TelegramServer, wired: Desk
) -> None:
    told = server.post(OPS_ID, "told by an earlier installation")
    server.faults.append(Fault(reset=True))
    wired.queue("first", "second", chat=OPS)
    wired.config = ONE_SUPERGROUP_MORE
    await wired.deliver_all()
    assert wired.counts() == {S.UNSURE: 1, S.SENT: 1}
    await wired.pass_time(60)
    assert server.texts() == [told.text, "second", "(possible repeat) first"]
    assert "editMessageText" not in {method for method, _ in server.calls}


async def test_where_an_answer_has_an_unknown_id_nothing_is_edited(
    server: TelegramServer, wired: Desk
) -> None:
    server.faults.append(Fault(reset=True))
    wired.queue("one")
    await wired.deliver_all()
    wired.store.begin_answer(GROUP.id, wired.clock.now())
    answer = server.post(GROUP.id, "an answer, its acknowledgement lost")
    await wired.pass_time(60)
    assert server.texts() == [answer.text, "(possible repeat) one"]
    assert "editMessageText" not in {method for method, _ in server.calls}


@pytest.mark.parametrize("why", ["another is in doubt", "too much was said"])
async def test_where_something_of_ours_may_lie_unknown_nothing_is_edited(
    server: TelegramServer, wired: Desk, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    server.faults.append(Fault(reset=True))
    wired.queue("one")
    await wired.deliver_all()
    if why == "too much was said":
        monkeypatch.setattr("alerts.doubts.MOST_NOTED", 2)
        wired.store.note_message(GROUP.id, server.post(GROUP.id, "an answer").message_id)
        wired.store.note_message(GROUP.id, server.post(GROUP.id, "another").message_id)
    else:
        wired.queue("older", chat=OPS)
        (other,) = wired.store.claim(wired.clock.now() + seconds(60), seconds(0), 1, (DESK,), {OPS: GROUP.id})
        doubt = {"state": S.UNSURE, "maybe_sent": True, "not_before": wired.clock.now() + seconds(9_999)}
        wired.store.settle(replace(other, **doubt))  # type: ignore[arg-type]
    await wired.pass_time(60)
    assert server.texts()[-1] == "(possible repeat) one"
    assert "editMessageText" not in {method for method, _ in server.calls}


async def test_what_the_bot_says_while_an_alert_waits_for_its_turn_is_below_it(
    server: TelegramServer, wired: Desk
) -> None:
    class Talkative(Pace):
        """The bot has the turn before each request."""

        @asynccontextmanager
        async def turn(self, chat: Chat) -> AsyncIterator[None]:
            answer = server.post(GROUP.id, "an answer")
            wired.store.note_message(GROUP.id, answer.message_id)
            async with super().turn(chat):
                yield

    wired.courier = wired.a_courier(Talkative(no_limits, over_all=None))
    server.faults.append(Fault(reset=True))
    wired.queue_alert("One")
    await wired.deliver_all()
    assert wired.only().last_known_id == 104  # 103 when it was claimed


@pytest.mark.parametrize("known", [True, False], ids=["its id is known", "its id is not"])
async def test_what_the_bot_says_between_two_looks_is_left_alone(
    server: TelegramServer, wired: Desk, known: bool
) -> None:
    class Talkative(Pace):
        """The bot has the turn before the first look."""

        spoken = False

        @asynccontextmanager
        async def turn(self, chat: Chat) -> AsyncIterator[None]:
            if len(server.calls) > 1 and not self.spoken:
                self.spoken = True
                answer = server.post(GROUP.id, "an answer")
                number = wired.store.begin_answer(GROUP.id, wired.clock.now())
                if known:
                    at = {"message_id": answer.message_id, "begun_before": wired.clock.now() - seconds(60)}
                    wired.store.end_answer(number, GROUP.id, **at)  # type: ignore[arg-type]
            async with super().turn(chat):
                yield

    wired.courier = wired.a_courier(Talkative(no_limits, over_all=None))
    server.faults.append(Fault(reset=True))
    wired.queue("one")
    await wired.deliver_all()
    await wired.pass_time(60)
    await wired.deliver_all()
    repeat = "one" if known else "(possible repeat) one"
    assert server.texts() == ["an answer", repeat]


async def test_private_chats_know_what_the_bot_says_in_others(server: TelegramServer, wired: Desk) -> None:
    wired.queue("first", chat=OPS)
    wired.config = a_config(chats=(GROUP, a_chat("ops", id="8")))
    await wired.deliver_all()
    for number in range(13):  # a reader asks the bot
        wired.store.note_message("21", server.people_write("21"))
        wired.store.note_message("21", server.post("21", f"answer {number}").message_id)
    server.faults.append(Fault(reset=True, delivered=True))
    wired.queue("second", chat=OPS)
    await wired.deliver_all()
    await wired.pass_time(60)
    await wired.pass_time(61)
    assert server.texts("8") == ["first", "second"]
    assert len(server.texts("21")) == 13


async def test_one_that_hid_behind_deleted_messages_is_met_and_the_second_taken_back(
    server: TelegramServer, wired: Desk
) -> None:
    server.people_write(GROUP.id, 10)
    server.forget_people()  # the group deletes what people write
    server.faults.append(Fault(reset=True, delivered=True))
    wired.queue("one")
    await wired.deliver_all()
    await wired.pass_time(60)
    await wired.deliver_all()
    (stays,) = server.messages
    assert wired.counts() == {S.SENT: 1}
    assert [method for method, _ in server.calls if method == "deleteMessage"] == ["deleteMessage"]
    assert wired.store.noted_messages(GROUP.id, 103) == {stays.message_id, stays.message_id + 1}


@pytest.mark.parametrize(
    ("below", "calls"),
    [(NotOurs("message can't be edited"), 3), (Unsure("timeout"), 1)],
    ids=["others wrote", "no answer"],
)
async def test_what_was_proved_absent_and_was_is_sent_once(below: SendError, calls: int) -> None:
    sender = FakeSender(arrived=())
    desk = Desk(sender, config=ONE_GROUP)
    desk.store.note_message(GROUP.id, 1)
    desk.queue("one")
    (claimed,) = desk.store.claim(desk.clock.now(), seconds(120), 1, (), {DESK: GROUP.id})
    desk.store.settle(replace(claimed, state=S.WAITING, proved_absent=True))
    sender.tried.extend([Tried(GROUP.id, Message(html="", plain=""))] * 8)  # the next id is 9
    sender.troubles.extend([None, *[below] * 3])
    await desk.deliver_all()
    assert desk.counts() == {S.SENT: 1}
    assert sum(tried.edited is not None for tried in sender.tried) == calls


async def test_patience_asked_of_a_look_below_is_kept() -> None:
    pace = Pace(no_limits, over_all=None)
    desk = Desk(FakeSender(None, RetryLater(seconds(30)), arrived=()), config=ONE_GROUP, pace=pace)
    desk.store.note_message(GROUP.id, 1)
    desk.queue("one")
    (claimed,) = desk.store.claim(desk.clock.now(), seconds(120), 1, (), {DESK: GROUP.id})
    desk.store.settle(replace(claimed, state=S.WAITING, proved_absent=True))
    desk.sender.tried.extend([Tried(GROUP.id, Message(html="", plain=""))] * 8)  # type: ignore[attr-defined]
    await desk.deliver_all()
    assert desk.counts() == {S.SENT: 1}
    assert pace.held_for(GROUP) > 29


async def test_a_channel_that_never_tells_is_parked_after_three_repeats_and_one_an_hour_later() -> None:
    sender = FakeSender(*[Unsure("no answer")] * 99)
    desk = Desk(sender)
    desk.queue("one")
    tried = []
    for _ in range(20):
        await desk.pass_time(300)
        tried.append(len(sender.tried))
    assert [tried.count(many) for many in (1, 2, 3, 4, 5)] == [1, 1, 1, 13, 4]
    ((_, words),) = desk.told
    assert "sent 5 times without an answer that can be trusted: no answer" in words
    desk.store.unpark_chat(DESK)
    await desk.deliver_all()
    assert len(sender.tried) == 6


async def test_an_alert_of_which_nothing_is_known_is_repeated_with_a_mark(
    server: TelegramServer, wired: Desk
) -> None:
    server.faults.append(Fault(reset=True))
    wired.queue("first", chat=OPS)
    await wired.deliver_all()
    await wired.pass_time(60)
    assert server.texts() == ["(possible repeat) first"]


async def test_a_channel_whose_posts_of_others_the_bot_may_edit_is_left_alone(
    server: TelegramServer, wired: Desk
) -> None:
    server.membership[GROUP.id] = {"status": "administrator"} | dict.fromkeys(
        (*RIGHTS, "can_edit_messages"), True
    )
    server.faults.append(Fault(reset=True, delivered=True))
    wired.queue("one")
    await wired.deliver_all()
    await wired.pass_time(60)
    assert server.texts() == ["one", "(possible repeat) one"]
    assert "editMessageText" not in {method for method, _ in server.calls}


async def test_rights_that_cannot_be_asked_keep_it_in_doubt() -> None:
    class Silent(FakeSender):
        async def reads_back(self, chat: Chat) -> bool:
            raise NotSent("refused")

    desk = Desk(Silent(Unsure("timeout")))
    desk.queue("one")
    await desk.deliver_all()
    await desk.pass_time(60)
    assert desk.counts() == {S.UNSURE: 1}


async def test_a_digest_of_which_nothing_is_known_waits_an_hour_first() -> None:
    sender = FakeSender(Unsure("timeout"))
    desk = Desk(sender)
    desk.queue_alert("One", gather_until=desk.clock.now())
    (gathered,) = desk.store.gathered(desk.clock.now())
    told = {"chat": DESK, "key": "digest:1", "heading": "Today", "silent": True, "now": desk.clock.now()}
    assert desk.store.fold([gathered.id], **told) == 1  # type: ignore[arg-type]
    await desk.deliver_all()
    assert sender.tried[0].message.silent
    await desk.pass_time(60)
    await desk.pass_time(3_599)
    assert len(sender.tried) == 1
    await desk.pass_time(1)
    assert len(sender.tried) == 2
    assert desk.counts() == {S.FOLDED: 1, S.SENT: 1}


async def test_an_hour_without_telegram_ends_in_order_and_unmarked() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    sender = TelegramSender(TOKEN, api_url=f"http://127.0.0.1:{port}")
    await sender.start()
    desk = Desk(sender, config=ONE_GROUP)
    desk.queue("one", "two", "three")
    for _ in range(12):
        await desk.pass_time(300)
    assert desk.counts() == {S.WAITING: 1, S.QUEUED: 2}
    async with TelegramServer(port=port) as server:
        await desk.pass_time(300)
    assert server.texts() == ["one", "two", "three"]
    await sender.close()


# ── kinds ──


async def test_a_follow_up_answers_the_first_message(server: TelegramServer, wired: Desk) -> None:
    told = wired.queue_alert("One")
    await wired.deliver_all()
    told.follow_up()
    await wired.deliver_all()
    first, second = server.messages
    assert second.reply_to == first.message_id


async def test_an_edit_changes_the_message_and_makes_no_new_one(server: TelegramServer, wired: Desk) -> None:
    told = wired.queue_alert("One")
    await wired.deliver_all()
    told.touch()
    await wired.deliver_all()
    assert len(server.messages) == 1
    assert [method for method, _ in server.calls] == ["sendMessage", "editMessageText"]
    assert wired.counts() == {S.SENT: 2}


@pytest.mark.parametrize(
    ("trouble", "state", "tries"),
    [
        (None, S.SENT, 1),
        (NotOurs("message can't be edited"), S.SENT, 1),
        (NotSent("refused"), S.SENT, 2),
        (Unsure("timeout"), S.SENT, 2),
    ],
    ids=["gone", "not ours", "no connection", "doubtful"],
)
async def test_an_edit_is_repeated_until_answered_and_forgotten_with_its_message(
    trouble: SendError | None, state: DeliveryState, tries: int
) -> None:
    sender = FakeSender(None, trouble, arrived=())
    desk = Desk(sender)
    told = desk.queue_alert("One")
    await desk.deliver_all()
    told.touch()
    await desk.deliver_all()
    await desk.pass_time(60)
    assert desk.counts() == {state: 2}
    assert [tried.edited for tried in sender.tried] == [None, *[1] * tries]


# ── chats ──

FORUM = "-1001000000500"
TOPICS = a_config(
    chats=(a_chat("desk", id=FORUM, thread=17), a_chat("fund", id=FORUM, thread=18), a_chat("ops", id="8")),
    operator=OPS,
)
FUND = ChatName("fund")


async def test_topics_of_a_forum_take_turns_and_are_held_together() -> None:
    sender = FakeSender(RetryLater(seconds(40)))
    desk = Desk(sender, config=TOPICS)
    desk.queue("one")
    desk.queue("two", chat=FUND)
    assert await desk.courier.deliver_due() == 1
    assert await desk.courier.deliver_due() == 0
    await desk.pass_time(40)
    assert [(tried.message.plain, tried.thread) for tried in sender.tried] == [
        ("one", 17),
        ("one", 17),
        ("two", 18),
    ]


async def test_a_closed_topic_gives_way_to_the_chat_and_is_told_once(
    server: TelegramServer, wired: Desk
) -> None:
    wired.config = TOPICS
    server.topics[FORUM] = {18}
    wired.queue("one", "two")
    wired.queue("other", chat=FUND)
    await wired.deliver_all()
    posted = {m.text: m.thread for m in server.messages}
    assert posted == {"one": None, "two": None, "other": 18}
    assert len(server.calls) == 4
    ((key, words),) = wired.told
    assert key == "topic-gone:desk:17"
    assert "Topic 17 of chat desk is closed or deleted" in words


async def test_a_forum_closed_to_the_bot_is_parked() -> None:
    desk = Desk(FakeSender(*[TopicGone("TOPIC_CLOSED")] * 2), config=TOPICS)
    desk.queue("one")
    await desk.deliver_all()
    assert desk.store.parked_chats() == {DESK: "TOPIC_CLOSED"}


async def test_the_topics_of_a_forum_move_together(server: TelegramServer, wired: Desk) -> None:
    wired.config = TOPICS
    server.topics["-1001000000600"] = {17, 18}
    server.faults.append(migrated(-1001000000600))
    wired.queue("one")
    wired.queue("two", chat=FUND)
    await wired.deliver_all()
    await wired.deliver_all()
    assert [m.chat_id for m in server.messages] == ["-1001000000600", "-1001000000600"]
    assert server.violated() == {}
    assert wired.store.chat_id(FUND, FORUM) == "-1001000000600"
    wired.courier = wired.a_courier()
    wired.queue("three")
    await wired.deliver_all()
    assert server.messages[-1].chat_id == "-1001000000600"


async def test_a_chat_that_is_given_another_id_is_at_that_one(server: TelegramServer, wired: Desk) -> None:
    wired.config = a_config(chats=(a_chat("desk", id="-55"),))
    server.faults.append(migrated(-1001000000600))
    wired.queue("one")
    await wired.deliver_all()
    wired.config = a_config(chats=(a_chat("desk", id="-1001000000222"),))
    wired.queue("two")
    await wired.deliver_all()
    wired.courier = wired.a_courier()
    wired.queue("three")
    await wired.deliver_all()
    wired.config = a_config(chats=(a_chat("desk", id="-55"),))
    wired.queue("four")
    await wired.deliver_all()
    assert [m.chat_id[-3:] for m in server.messages] == ["600", "222", "222", "600"]


async def test_a_clock_set_back_silences_nobody() -> None:
    sender = FakeSender(NotSent("no network"))
    desk = Desk(sender)
    desk.clock.advance(timedelta(hours=8))
    desk.queue("one")
    await desk.deliver_all()
    desk.clock.advance(timedelta(hours=-8))
    desk.queue("two")
    await desk.deliver_all()
    assert desk.counts() == {S.SENT: 2}


async def test_a_refused_token_is_tried_again_when_the_clock_was_set_back() -> None:
    sender = FakeSender(TokenRefused("unauthorized"))
    desk = Desk(sender)
    desk.clock.advance(timedelta(days=1))
    desk.queue("one")
    await desk.deliver_all()
    assert not desk.courier.healthy
    desk.clock.advance(timedelta(days=-1))
    await desk.deliver_all()
    assert desk.counts() == {S.SENT: 1}
    assert desk.courier.healthy


@pytest.mark.parametrize(
    "words", ["CHAT_STRANGE_FORBIDDEN", "have no write access to the chat", "CHANNEL_PRIVATE"]
)
async def test_a_chat_that_refuses_even_bare_words_is_parked_and_nothing_lost(
    server: TelegramServer, wired: Desk, words: str
) -> None:
    server.chat_faults[GROUP.id] = refused(words)
    wired.queue_alert("One")
    wired.queue_alert("Two")
    await wired.deliver_all()
    assert wired.counts() == {S.PARKED: 2}
    ((_, told),) = wired.told
    assert words.lower() in told.lower()


async def test_an_edit_refused_for_no_known_reason_parks_nothing(server: TelegramServer, wired: Desk) -> None:
    told = wired.queue_alert("One")
    await wired.deliver_all()
    told.touch()
    server.faults.extend([refused("STRANGE_EDIT")] * 9)
    await wired.deliver_all()
    assert wired.counts() == {S.SENT: 1, S.DEAD: 1}
    assert wired.store.parked_chats() == {}


async def test_doubt_in_a_chat_that_just_moved_knows_of_no_ids(server: TelegramServer, wired: Desk) -> None:
    server.faults.extend([migrated(-1001000000600), Fault(reset=True)])
    wired.queue("one")
    await wired.deliver_all()
    await wired.pass_time(60)
    assert server.texts() == ["(possible repeat) one"]


async def test_a_wait_of_hours_survives_a_restart_and_is_told() -> None:
    sender = FakeSender(RetryLater(seconds(40_000)))
    desk = Desk(sender)
    desk.queue("one")
    await desk.deliver_all()
    desk.courier = desk.a_courier()
    await desk.pass_time(39_999)
    assert len(sender.tried) == 1
    await desk.pass_time(1)
    assert desk.counts() == {S.SENT: 1}
    ((key, words),) = desk.told
    assert key.startswith("flood:desk:")
    assert "until 2026-11-24 19:06 UTC" in words


async def test_a_parked_chat_resumes_with_what_it_was_owed_and_with_what_came_meanwhile() -> None:
    sender = FakeSender(ChatGone("kicked"))
    desk = Desk(sender)
    desk.queue("one")
    await desk.deliver_all()
    desk.queue("two")
    await desk.deliver_all()
    assert desk.counts() == {S.PARKED: 2}
    desk.store.unpark_chat(DESK)
    await desk.deliver_all()
    assert [tried.message.plain for tried in sender.tried] == ["one", "one", "two"]


async def test_a_token_revoked_while_running_stops_all_and_is_named_nowhere(
    server: TelegramServer, wired: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    server.token = "123456:another"
    wired.queue_alert("One")
    wired.queue("two", chat=OPS)
    await wired.deliver_all()
    assert wired.courier.problem == "Telegram refuses the bot token"
    assert wired.counts().get(S.SENT) is None
    server.token = TOKEN
    await wired.pass_time(300)
    await wired.deliver_all()
    assert wired.courier.healthy
    assert wired.counts() == {S.SENT: 2}
    assert TOKEN not in caplog.text
    assert TOKEN not in wired.only().why


async def test_refused_markup_goes_out_plain(server: TelegramServer, wired: Desk) -> None:
    server.faults.append(refused("can't parse entities: unexpected end tag"))
    wired.queue_alert("One")
    await wired.deliver_all()
    (posted,) = server.messages
    assert not posted.html
    assert wired.counts() == {S.SENT: 1}


async def test_a_given_up_alert_is_told() -> None:
    desk = Desk(FakeSender(*[MessageRefused("message is too long")] * 9))
    desk.queue_alert("One")
    await desk.deliver_all()
    assert desk.counts() == {S.DEAD: 1}
    ((_, words),) = desk.told
    assert words == "The message story:1 for chat desk was given up: message is too long."
