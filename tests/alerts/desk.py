"""A desk for the courier's tests: a real outbox, a clock that moves when told, notices kept apart."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from alerts.courier import Courier
from alerts.pace import Pace, no_limits
from monitor.core.messages import Delivery, DeliveryState
from monitor.core.model import ChatName, Reason
from monitor.core.ports import Sender
from monitor.core.settings import Config
from monitor.store.engine import open_engine
from monitor.store.sql import SqlStore
from tests.builders import a_chat, a_config, an_article
from tests.fakes import FakeClock
from tests.store.desk import keep, send, the_source

DESK, OPS = ChatName("desk"), ChatName("ops")
TWO_CHATS = a_config(chats=(a_chat("desk", id="7"), a_chat("ops", id="-8")), operator=OPS)

Kind = TypeVar("Kind", bound=SqlStore)

_folder: list[Path] = []
_opened: list[SqlStore] = []


@pytest.fixture(autouse=True)
def databases(tmp_path: Path) -> Iterator[None]:
    """Where `a_store` puts its files; a test module imports this to have it."""
    _folder.append(tmp_path)
    yield
    _folder.clear()
    while _opened:
        _opened.pop().close()


def a_store(kind: type[Kind]) -> Kind:
    """A new store in the test's own folder, closed at its end."""
    path = _folder[0] / f"{len(_opened)}.db"
    store = kind(open_engine(path), path)
    _opened.append(store)
    return store


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


class Desk:
    """A courier over an outbox of its own."""

    def __init__(
        self,
        sender: Sender,
        store: SqlStore | None = None,
        *,
        config: Config = TWO_CHATS,
        pace: Pace | None = None,
    ) -> None:
        self.store = store or a_store(SqlStore)
        self.clock = FakeClock()
        self.config = config
        self.told: list[tuple[str, str]] = []
        self.sender = sender
        self.courier = self.a_courier(pace)

    def a_courier(self, pace: Pace | None = None) -> Courier:
        """Another courier over the same outbox, as after a restart; patience is kept by the desk's clock."""
        by_our_clock = Pace(no_limits, over_all=None, seconds=lambda: self.clock.now().timestamp())
        return Courier(
            self.store,
            self.sender,
            self.clock,
            config=lambda: self.config,
            pace=pace or by_our_clock,
            tell=lambda *notice: self.told.append(notice),
        )

    def queue(self, *texts: str, chat: ChatName = DESK) -> None:
        """Owe notices."""
        with self.store.work() as work:
            for text in texts:
                work.add_notice(f"notice:{text}", text, chat, self.clock.now())

    def queue_alert(self, title: str = "News", *, chat: ChatName = DESK, **changes: Any) -> "Told":
        """Owe an alert about a story of its own."""
        with self.store.work() as work:
            work.keep_sources([the_source()], self.clock.now())
            story = work.open_story(title, self.clock.now())
            article_id = keep(work, story_id=story.id, article=an_article(title=title))
            work.add_alert(story.id, article_id, send(chat, **changes), self.clock.now())
        return Told(self, story.id, article_id)

    async def deliver_all(self) -> None:
        while await self.courier.deliver_due():
            pass

    async def pass_time(self, count: float) -> None:
        """Let seconds pass, then deliver what is due."""
        self.clock.advance(seconds(count))
        await self.deliver_all()

    def counts(self) -> dict[DeliveryState, int]:
        return {state: count for state, count in self.store.counts().items() if count}

    def only(self) -> Delivery:
        """The one alert that is kept."""
        (delivery,) = self.store.recent_alerts(5)
        return delivery


class Told:
    """A story somebody is told of."""

    def __init__(self, desk: Desk, story_id: Any, article_id: Any) -> None:
        self._desk, self._story, self._article = desk, story_id, article_id

    def follow_up(self, reason: Reason = Reason.CONFIRMED) -> None:
        with self._desk.store.work() as work:
            work.add_follow_up(self._story, self._article, reason, "seen", self._desk.clock.now())

    def touch(self) -> None:
        with self._desk.store.work() as work:
            work.touch_story(self._story, self._desk.clock.now())
