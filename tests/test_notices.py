"""Which notices the operator gets about sources: grouped, once for each break, once for each recovery."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.core.model import ChatName, Source, SourceId
from monitor.core.polling import Cause, SourceState
from monitor.core.settings import Config
from monitor.notices import BETWEEN, GATHER, MOST_NAMED, due, tell_of_sources
from monitor.store.sql import SqlStore, open_store
from tests.builders import NOW, a_config, a_source, a_state

MINUTE = timedelta(minutes=1)
DESK = ChatName("desk")


def named(name: str) -> Source:
    return a_source(id=SourceId(name), name=name.title())


def broken(name: str, **changes: Any) -> SourceState:
    values: dict[str, Any] = {
        "source_id": SourceId(name),
        "last_polled_at": NOW,
        "failures": 3,
        "cause": Cause.DNS,
        "problem": "no such name",
        "broken_since": NOW - GATHER,
    }
    return a_state(**values | changes)


def well(name: str, **changes: Any) -> SourceState:
    return a_state(source_id=SourceId(name), last_polled_at=NOW, last_ok_at=NOW, **changes)


def texts(*states: SourceState) -> list[str]:
    sources = [named(state.source_id) for state in states]
    return [notice.text for notice in due(states, sources, NOW)]


@pytest.mark.parametrize(
    ("states", "notices"),
    [
        ([well("a")], []),
        ([broken("a", failures=2, broken_since=None)], []),
        ([broken("a", broken_since=NOW - GATHER + MINUTE)], []),
        ([broken("a")], [("a",)]),
        ([broken("a"), broken("b", broken_since=NOW)], [("a", "b")]),
        ([broken("a", told_broken=True, told_at=NOW - BETWEEN)], []),
        ([broken("a"), well("b", told_broken=True, told_at=NOW - BETWEEN + MINUTE)], []),
        ([well("a", told_broken=True, told_at=NOW - BETWEEN)], [("a",)]),
        ([broken("a"), well("b", told_broken=True, told_at=NOW - BETWEEN)], [("a",), ("b",)]),
    ],
    ids=[
        "all well", "too few failures", "others may follow", "one broke", "two broke", "told already",
        "not so soon after the last", "works again", "one broke, one works again",
    ],
)  # fmt: skip
def test_who_is_told_of(states: list[SourceState], notices: list[tuple[str, ...]]) -> None:
    sources = [named(state.source_id) for state in states]
    assert [notice.sources for notice in due(states, sources, NOW)] == notices


def test_the_words_name_cause_and_problem() -> None:
    (text,) = texts(broken("wire"))
    head, line = text.splitlines()
    assert head.startswith("1 source does not work; polling goes on")
    assert line == "• Wire (wire): dns: no such name"


def test_a_source_that_only_stopped_publishing_is_told_as_frozen() -> None:
    silent = well("wire", newest_item_at=NOW - timedelta(days=60), gap=timedelta(days=1))
    (text,) = texts(replace(silent, broken_since=NOW - GATHER))
    assert "• Wire (wire): frozen: nothing new since 2026-09-25" in text


def test_a_long_list_is_cut() -> None:
    (text,) = texts(*(broken(f"s{n}") for n in range(MOST_NAMED + 5)))
    lines = text.splitlines()
    assert lines[0].startswith("25 sources do not work")
    assert len(lines) == MOST_NAMED + 2
    assert lines[-1] == "… and 5 more"


def test_sources_that_are_not_watched_are_not_told() -> None:
    assert due([broken("gone")], [named("wire")], NOW) == ()


# ── over the store ──


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path}/wire.db")
    yield opened
    opened.close()


def config(*names: str, operator: ChatName | None = DESK) -> Config:
    return a_config(operator=operator, sources=tuple(named(name) for name in names))


def keep(store: SqlStore, config: Config, *states: SourceState) -> None:
    with store.work() as work:
        work.keep_sources(config.sources, NOW)
        for state in states:
            work.save_source_state(state)


def told(store: SqlStore) -> list[str]:
    return [d.notice for d in store.claim(NOW + timedelta(days=9), MINUTE, 9, ())]


def test_each_break_and_each_recovery_is_told_once(store: SqlStore) -> None:
    desk = config("a", "b")
    keep(store, desk, broken("a"), broken("b"))
    assert tell_of_sources(store, desk, NOW) == 1
    assert tell_of_sources(store, desk, NOW + 2 * BETWEEN) == 0
    (a, b) = store.source_states()
    assert (a.told_broken, a.told_at, b.told_broken) == (True, NOW, True)
    keep(store, desk, replace(a, failures=0, cause=None, problem="", broken_since=None))
    assert tell_of_sources(store, desk, NOW + BETWEEN / 2) == 0
    assert tell_of_sources(store, desk, NOW + BETWEEN) == 1
    assert tell_of_sources(store, desk, NOW + 3 * BETWEEN) == 0
    assert [state.told_broken for state in store.source_states()] == [False, True]


def test_without_an_operator_nothing_is_queued(store: SqlStore) -> None:
    nobody = config("a", operator=None)
    keep(store, nobody, broken("a"))
    assert tell_of_sources(store, nobody, NOW) == 0
    assert not store.source_states()[0].told_broken
    assert told(store) == []


def test_the_notice_goes_to_the_operator(store: SqlStore) -> None:
    desk = config("a")
    keep(store, desk, broken("a"))
    tell_of_sources(store, desk, NOW)
    assert [text.splitlines()[1] for text in told(store)] == ["• A (a): dns: no such name"]
