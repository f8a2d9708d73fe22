"""Every store, opened afresh for a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.store.memory import MemoryStore
from monitor.store.sql import SqlStore, open_store

AnyStore = SqlStore | MemoryStore


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'var' / 'policywire.db'}"


@pytest.fixture
def sql(database_url: str) -> Iterator[SqlStore]:
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest) -> Iterator[AnyStore]:
    if request.param == "memory":
        yield MemoryStore()
    else:
        yield request.getfixturevalue("sql")
