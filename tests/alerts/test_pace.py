"""The pace: never more requests than Telegram documents, and no chat waits for another."""

import asyncio
from collections.abc import Iterable

import pytest

from alerts.pace import Limit, Pace, address_of, telegram_limits
from monitor.core.settings import Channel, Chat
from tests.builders import a_chat
from tests.fast_loop import run_skipping

GROUP, PERSON = a_chat("group", id="-1001000000001"), a_chat("person", id="7")


async def requests(pace: Pace, chat: Chat, count: int, *, taking: float = 0.0) -> list[float]:
    """The times at which so many requests, one after the other, were let through."""
    times = []
    for _ in range(count):
        async with pace.turn(chat):
            times.append(asyncio.get_running_loop().time())
            await asyncio.sleep(taking)
    return times


def busiest(times: Iterable[float], span: float) -> int:
    """The most requests in any span of so many seconds."""
    ordered = sorted(times)
    return max(sum(1 for at in ordered if start <= at < start + span) for start in ordered)


@pytest.mark.parametrize(
    ("taking", "a_minute"), [(0.0, 20), (0.2, 20), (1.5, 20)], ids=["at once", "fast", "slow"]
)
def test_a_group_gets_twenty_a_minute_and_a_hundred_within_330_seconds(taking: float, a_minute: int) -> None:
    times = run_skipping(requests(Pace(), GROUP, 100, taking=taking))
    assert (busiest(times, 60), busiest(times, 1)) == (a_minute, 1)
    assert times[-1] - times[0] < 330


def test_a_person_gets_one_a_second() -> None:
    times = run_skipping(requests(Pace(), PERSON, 61))
    assert busiest(times, 1) == 1
    assert times[-1] - times[0] == pytest.approx(61.2)


def test_chats_do_not_wait_for_each_other() -> None:
    async def both() -> tuple[list[float], list[float]]:
        pace = Pace()
        crowd, few = await asyncio.gather(requests(pace, GROUP, 100), requests(pace, PERSON, 5))
        return crowd, few

    _, few = run_skipping(both())
    assert few[-1] < 5


def test_all_chats_together_stay_below_thirty_a_second() -> None:
    async def many() -> list[float]:
        pace = Pace()
        chats = [a_chat(f"person {number}", id=str(number)) for number in range(1, 201)]
        times = await asyncio.gather(*(requests(pace, chat, 2, taking=0.1) for chat in chats))
        return [at for of_chat in times for at in of_chat]

    times = run_skipping(many())
    assert busiest(times, 1) <= 28
    assert max(times) < 20


def test_topics_of_a_forum_share_their_pace() -> None:
    async def two() -> list[float]:
        pace = Pace()
        topics = [a_chat(f"topic {thread}", id="-1001000000001", thread=thread) for thread in (2, 3)]
        times = await asyncio.gather(*(requests(pace, topic, 15) for topic in topics))
        return [at for of_topic in times for at in of_topic]

    times = run_skipping(two())
    assert (busiest(times, 60), busiest(times, 1)) == (20, 1)


def test_a_request_that_fails_counts_too() -> None:
    async def fails() -> float:
        pace = Pace()
        with pytest.raises(OSError, match="reset"):
            async with pace.turn(PERSON):
                raise OSError("reset")
        return pace.ready_in(PERSON)

    assert run_skipping(fails()) == pytest.approx(1.02)


def test_an_idle_chat_is_forgotten() -> None:
    async def crowd() -> int:
        pace = Pace()
        for number in range(50):
            await requests(pace, a_chat(str(number), id=str(number + 1)), 1)
            await asyncio.sleep(2)
        return len(pace._windows)

    assert run_skipping(crowd()) == 1


def test_who_waits_for_a_closed_chat_keeps_its_place() -> None:
    async def most_open() -> int:
        pace, open_now, most = Pace(), 0, 0

        async def request(chat: Chat) -> None:
            nonlocal open_now, most
            async with pace.turn(chat):
                open_now += chat is PERSON
                most = max(most, open_now)
                await asyncio.sleep(0.3)
                open_now -= chat is PERSON

        await request(PERSON)
        pace.close(PERSON, 5)
        first = asyncio.create_task(request(PERSON))
        await asyncio.sleep(3)
        await request(a_chat("other", id="9"))  # for which idle ones are forgotten
        await asyncio.gather(first, request(PERSON))
        return most

    assert run_skipping(most_open()) == 1


@pytest.mark.parametrize(
    ("chat", "limits"),
    [
        (PERSON, ((1, 1.0),)),
        (GROUP, ((1, 1.0), (20, 60.0))),
        (a_chat(id="@channel"), ((1, 1.0), (20, 60.0))),
        (a_chat(id="https://hook.example/", channel=Channel.WEBHOOK), ()),
    ],
    ids=["person", "group", "channel", "webhook"],
)
def test_limits(chat: Chat, limits: tuple[tuple[int, float], ...]) -> None:
    assert telegram_limits(chat) == tuple(Limit(most=most, seconds=seconds) for most, seconds in limits)


def test_a_chat_without_id_is_known_by_its_name() -> None:
    assert address_of(a_chat("console", id="")) == "console"


def test_patience_is_remembered_by_address_until_it_has_passed() -> None:
    async def asked() -> list[float]:
        pace = Pace()
        pace.hold(GROUP, 30)
        pace.hold(GROUP, 10)  # a shorter one changes nothing
        left = [pace.held_for(GROUP), pace.held_for(a_chat("topic", id=GROUP.id)), pace.held_for(PERSON)]
        await asyncio.sleep(31)
        return [*left, pace.held_for(GROUP)]

    same_chat, its_topic, another, afterwards = run_skipping(asked())
    assert same_chat == pytest.approx(30, abs=1)
    assert its_topic == pytest.approx(30, abs=1)
    assert (another, afterwards) == (0, 0)


def test_a_closed_chat_lets_nothing_through_and_holds_up_no_other() -> None:
    async def let_through() -> list[float]:
        pace = Pace()
        pace.close(GROUP, 30)
        return [*await requests(pace, PERSON, 1), *await requests(pace, GROUP, 1)]

    person, group = run_skipping(let_through())
    assert person < 1
    assert group >= 30


def test_a_doubt_is_known_until_it_is_written_down() -> None:
    pace = Pace()
    pace.doubt(GROUP)
    assert (pace.in_doubt(GROUP), pace.in_doubt(PERSON)) == (True, False)
    pace.settled(address_of(GROUP))
    assert not pace.in_doubt(GROUP)
