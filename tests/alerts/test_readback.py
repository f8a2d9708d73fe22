"""Reading back: where a doubtful message is looked for, and what the answers prove."""

from collections.abc import Callable

import pytest

from alerts.readback import Range, Reading, misses_needed
from monitor.core.errors import (
    ChatGone,
    MessageRefused,
    NotOurs,
    NotSent,
    RetryLater,
    SendError,
    TokenRefused,
    Unsure,
)
from monitor.core.outbox import (
    DOUBT_WAIT,
    Doubtful,
    FoundAt,
    Gone,
    NotDelivered,
    Outcome,
    ProvedAbsent,
    RetryAfter,
    TokenBad,
    Unproved,
)
from tests.alerts.desk import seconds


class Wall:
    """A chat as edits see it: ids of ours, of others, and what goes wrong at an id, once each."""

    def __init__(self, *, ours: set[int] = frozenset(), others: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.ours, self.others = ours, others
        self.troubles: dict[int, list[SendError]] = {}
        self.looked: list[int] = []

    async def edit(self, message_id: int) -> bool:
        self.looked.append(message_id)
        if troubles := self.troubles.get(message_id):
            raise troubles.pop(0)
        if message_id in self.others:
            raise NotOurs("message can't be edited")
        return message_id in self.ours


async def read(
    wall: Wall, *, above: int = 100, ours: tuple[int, ...] = (), misses: int = 3
) -> tuple[Outcome, Reading]:
    reading = Reading(wall.edit, Range(above=above, ours=frozenset(ours), misses=misses))
    return await reading.find(), reading


async def test_right_above_the_last_known_id() -> None:
    wall = Wall(ours={101})
    assert (await read(wall))[0] == FoundAt(message_id=101)
    assert wall.looked == [101]


async def test_others_wrote_in_between() -> None:
    wall = Wall(ours={121}, others=set(range(101, 121)))
    assert (await read(wall))[0] == FoundAt(message_id=121)


async def test_a_run_of_gaps_is_the_end() -> None:
    wall = Wall(others={101, 103})
    assert (await read(wall))[0] == ProvedAbsent()
    assert wall.looked == [101, 102, 103, 104, 105, 106]


async def test_what_the_bot_said_besides_is_left_alone_and_shows_that_the_chat_goes_on() -> None:
    wall = Wall(ours={101, 120, 122})
    outcome, _ = await read(wall, ours=(101, 120))
    assert outcome == FoundAt(message_id=122)
    assert not {101, 120} & set(wall.looked)


async def test_too_many_others_prove_nothing() -> None:
    outcome, reading = await read(Wall(others=set(range(101, 400))))
    assert outcome == Unproved()
    assert reading.reached == 130  # the next search goes on from there


async def test_a_refused_look_proves_nothing() -> None:
    wall = Wall()
    wall.troubles[101] = [MessageRefused("CHANNEL_TOO_LARGE")]
    assert (await read(wall))[0] == Unproved()


async def test_a_lost_answer_is_asked_again_and_delays_what_follows() -> None:
    wall = Wall()
    wall.troubles[102] = [Unsure("timeout"), NotSent("refused"), Unsure("reset")]
    outcome, _ = await read(wall)
    assert outcome == ProvedAbsent(wait=DOUBT_WAIT)
    assert wall.looked == [101, 102, 102, 102, 102, 103]


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (lambda: RetryLater(seconds(7)), RetryAfter(after=seconds(7))),
        (lambda: ChatGone("kicked"), Gone(why="kicked")),
        (lambda: TokenRefused("401"), TokenBad(why="401")),
        (lambda: Unsure("timeout"), Doubtful(why="timeout")),
        (lambda: NotSent("refused"), NotDelivered(why="refused")),
    ],
)
async def test_trouble_ends_the_search_and_says_how_far_it_came(
    trouble: Callable[[], SendError], outcome: Outcome
) -> None:
    wall = Wall(others={101, 102})
    wall.troubles[103] = [trouble() for _ in range(4)]
    found, reading = await read(wall)
    assert (found, reading.reached) == (outcome, 102)


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (RetryLater(seconds(7)), RetryAfter(after=DOUBT_WAIT)),
        (RetryLater(seconds(700)), RetryAfter(after=seconds(700))),
        (NotSent("refused"), Doubtful(why="refused")),
    ],
)
async def test_an_edit_that_may_still_be_under_way_is_waited_for(last: SendError, outcome: Outcome) -> None:
    wall = Wall()
    wall.troubles[101] = [Unsure("timeout"), Unsure("timeout"), Unsure("timeout"), last]
    assert (await read(wall))[0] == outcome


@pytest.mark.parametrize(
    ("address", "misses"),
    [("7", 20), ("-9", 20), ("-100123", 20), ("-1001000000001", 8), ("-1000000000000", 8), ("@channel", 8)],
    ids=["person", "basic group", "a long number of one", "supergroup", "the first of these", "channel"],
)
def test_how_many_gaps_are_the_end(address: str, misses: int) -> None:
    assert misses_needed(address) == misses
