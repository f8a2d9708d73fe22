"""Every store, opened afresh for a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.store.sql import SqlStore, open_store


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'var' / 'policywire.db'}"


@pytest.fixture
def sql(database_url: str) -> Iterator[SqlStore]:
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture(params=["sqlite"])
def store(request: pytest.FixtureRequest) -> SqlStore:
    """The store of the contract tests; another engine joins as another parameter."""
    found = request.getfixturevalue({"sqlite": "sql"}[request.param])
    assert isinstance(found, SqlStore)
    return found
