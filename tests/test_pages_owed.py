"""Pages that fail for a reason that passes: tried again at later polls, judged once their text is there."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse
from twisted.internet.error import ConnectionLost, TimeoutError

from monitor.config.lexicon import shipped_lexicon
from monitor.core.classify import compile_rules
from monitor.core.model import Entry, Feed, Reason, Rule, RuleBook, RuleId, SourceId, Topic
from monitor.core.polling import Cause, PageOwed, RobotsText
from monitor.core.settings import AlertPolicy
from monitor.crawl import Sweeper
from monitor.intake import Intake
from monitor.store.pages import MOST_OWED
from monitor.store.sql import SqlStore, open_store
from spiders.article import Page
from spiders.failures import LeftAloneError, Trouble, passes, status_passes
from spiders.news import NewsSpider
from spiders.poll import FIRST_WAIT, MOST_TRIES, Outcome, Poll, Wanted
from tests.builders import NOW, a_chat, a_config, a_source, an_article
from tests.fakes import FakeClock

WIRE = SourceId("wire")
LINK = "https://wire.example/1"
JUDGE = compile_rules(RuleBook(rules=(Rule(id=RuleId("yuan"), query="yuan", topic=Topic.ECNY, weight=4.0),)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    found = open_store(f"sqlite:///{tmp_path / 'wire.db'}")
    with found.work() as work:
        work.keep_sources([a_source()], NOW)
    yield found
    found.close()


def an_entry(**changes: Any) -> Entry:
    values: dict[str, Any] = {"source_id": WIRE, "title": "Notice 7", "link": LINK, "published_at": NOW}
    return Entry(**values | changes)


def an_owed(**changes: Any) -> PageOwed:
    values: dict[str, Any] = {
        "entry": an_entry(),
        "keys": frozenset({"link:1", "link+title:1 notice 7"}),
        "first_sight": False,
        "seen_at": NOW,
        "tries": 1,
        "next_try_at": NOW + FIRST_WAIT,
    }
    return PageOwed(**values | changes)


def wanted(tries: int = 0) -> Wanted:
    return Wanted(
        entry=an_entry(),
        keys=frozenset({"link:1"}),
        poll=Poll(source=a_source()),
        first_sight=False,
        at=NOW,
        tries=tries,
    )


def owed_in(store: SqlStore) -> tuple[PageOwed, ...]:
    with store.work() as work:
        return work.pages_owed(WIRE)


def intake(store: SqlStore) -> Intake:
    return Intake(
        store=store,
        judge=JUDGE,
        lexicon=shipped_lexicon(),
        policy=AlertPolicy(),
        chats=(a_chat(),),
    )


def take(store: SqlStore, owed: PageOwed | None = None, paid: str = "", **article: Any) -> list[Reason]:
    report = an_article(**{"source_id": WIRE, "title": "Notice 7", "body": "", "url": LINK} | article)
    taken = intake(store).take(
        [(report, an_owed().keys)], source=a_source(), first_sight=False, now=NOW, owed=owed, paid=paid
    )
    return [one.decision.reason for one in taken]


def test_what_is_owed_is_given_back_as_it_was(store: SqlStore) -> None:
    undated = an_owed(entry=an_entry(link="https://wire.example/2", published_at=None), first_sight=True)
    with store.work() as work:
        assert work.owe_page(an_owed())
        assert work.owe_page(undated)
        assert work.owe_page(replace(undated, tries=2, next_try_at=NOW))
    assert owed_in(store) == (replace(undated, tries=2, next_try_at=NOW), an_owed())
    with store.work() as work:
        work.settle_page(WIRE, LINK)
    assert [one.entry.link for one in owed_in(store)] == ["https://wire.example/2"]


def test_a_site_that_answers_nothing_does_not_fill_the_disk(store: SqlStore) -> None:
    with store.work() as work:
        for n in range(MOST_OWED):
            assert work.owe_page(an_owed(entry=an_entry(link=f"https://wire.example/more/{n}")))
        assert not work.owe_page(an_owed())


def test_a_dull_title_waits_for_its_page_and_alerts_when_that_is_relevant(store: SqlStore) -> None:
    assert take(store, owed=an_owed()) == []
    assert owed_in(store) == (an_owed(),)
    assert take(store, paid=LINK, body="The digital yuan pilot is widened.") == [Reason.NEW_STORY]
    assert owed_in(store) == ()
    assert store.article_count() == 1


def test_a_relevant_title_alerts_at_once(store: SqlStore) -> None:
    assert take(store, owed=an_owed(), title="Digital yuan pilot widened") == [Reason.NEW_STORY]
    assert owed_in(store) == ()


def test_an_entry_whose_page_never_comes_is_kept_without_it(store: SqlStore) -> None:
    assert take(store, owed=an_owed()) == []
    assert len(take(store, paid=LINK)) == 1
    assert owed_in(store) == ()


def test_a_page_is_tried_later_each_time_and_not_for_ever() -> None:
    for tries in range(MOST_TRIES - 1):
        again_at = wanted(tries).next_try_at(NOW, None)
        found = wanted(tries).found(None, problem="server trouble (503)", again_at=again_at)
        assert found.owed is not None
        assert found.owed.tries == tries + 1
        assert found.owed.next_try_at == NOW + FIRST_WAIT * 4**tries
    last = wanted(MOST_TRIES - 1).found(None, problem="server trouble (503)", again_at=NOW)
    assert (last.owed, last.paid) == (None, LINK)
    assert last.articles[0][0].problem == "server trouble (503)"


def test_a_page_is_not_tried_while_its_host_rests() -> None:
    rest = timedelta(hours=5)
    assert wanted().next_try_at(NOW, rest) == NOW + rest


def test_a_page_that_came_is_owed_no_more() -> None:
    page = Page(text="Words.")
    assert (wanted().found(page).owed, wanted().found(page).paid) == (None, "")
    assert wanted(1).found(page).paid == LINK


@pytest.mark.parametrize(("status", "expected"), [(429, True), (503, True), (404, False), (403, False)])
def test_which_answers_may_be_others_in_an_hour(status: int, expected: bool) -> None:
    assert status_passes(status) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError(), True),  # type: ignore[no-untyped-call]
        (ConnectionLost(), True),
        (LeftAloneError(Trouble(words="robots", cause=Cause.SERVER)), True),
        (IgnoreRequest("its server asked for patience"), True),
        (IgnoreRequest("Forbidden by robots.txt"), False),
        (IgnoreRequest("refused: 10.0.0.1 is not a public address"), False),
        (Exception("DownloadCancelledError: DOWNLOAD_MAXSIZE"), False),
    ],
    ids=lambda value: str(value),
)
def test_which_failures_may_be_over_in_an_hour(error: Exception, expected: bool) -> None:
    assert passes(error) is expected


def test_a_source_that_is_asked_otherwise_is_due_at_once(store: SqlStore) -> None:
    moved = a_source(feeds=(Feed(name="all", url="https://wire.example/new.xml"),))
    with store.work() as work:
        state = work.source_state(WIRE)
        assert state is not None
        later = NOW + timedelta(hours=6)
        work.save_source_state(replace(state, next_poll_at=later, failures=9, problem="gone"))
        work.keep_sources([a_source(name="Another name")], NOW)
        assert work.source_state(WIRE) == replace(state, next_poll_at=later, failures=9, problem="gone")
        work.keep_sources([moved], NOW)
        state = work.source_state(WIRE)
    assert state is not None
    assert (state.next_poll_at, state.failures, state.problem) == (NOW, 0, "")


def test_sources_that_are_due_too_late_are_found(store: SqlStore) -> None:
    with store.work() as work:
        state = work.source_state(WIRE)
        assert state is not None
        work.save_source_state(replace(state, next_poll_at=NOW + timedelta(days=400)))
    assert [one.source_id for one in store.late_sources(NOW + timedelta(days=1))] == [WIRE]
    assert store.late_sources(NOW + timedelta(days=500)) == ()


class Broken:
    """A memory that fails whenever it is asked for the time."""

    def now(self) -> datetime:
        raise RuntimeError("a bug of ours")

    def known(self, source_id: SourceId, keys: Sequence[str]) -> frozenset[str]:
        raise NotImplementedError

    def owed(self, source_id: SourceId) -> tuple[PageOwed, ...]:
        raise NotImplementedError

    def robots(self, origin: str) -> RobotsText | None:
        raise NotImplementedError

    def save_robots(self, robots: RobotsText) -> None:
        raise NotImplementedError


async def test_an_error_of_ours_on_a_page_leaves_its_entry() -> None:
    spider = NewsSpider(polls=[wanted().poll], memory=Broken(), take=lambda _: None)
    response = HtmlResponse(LINK, body=b"<p>Words.</p>", encoding="utf-8")
    (found,) = [found async for found in spider.parse_page(response, wanted())]
    ((article, _),) = found.articles
    assert (article.title, article.problem) == (
        "Notice 7",
        "the page could not be read: RuntimeError: a bug of ours",
    )


def test_what_an_address_said_that_was_corrected_meanwhile_is_dropped(store: SqlStore) -> None:
    moved = a_source(feeds=(Feed(name="all", url="https://wire.example/new.xml"),))
    sweeper = Sweeper(
        process=cast("Any", None),
        store=store,
        clock=FakeClock(NOW),
        config=lambda: a_config(sources=(moved,)),
        intake=cast("Any", None),
        on_queued=lambda: None,
        on_swept=lambda _: None,
    )
    failed = Outcome(problems=["gone"], causes=[Cause.GONE])
    sweeper._record(a_source(), failed, {})
    (state,) = store.source_states()
    assert (state.failures, state.problem) == (0, "")
    sweeper._record(moved, failed, {})
    (state,) = store.source_states()
    assert (state.failures, state.problem) == (1, "gone")
