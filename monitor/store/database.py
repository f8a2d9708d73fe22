"""The open database that the parts of the store share: its transactions, and how it is closed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from monitor.store.engine import in_words, writing
from monitor.store.turn import Turn


class Database:
    """Transactions on one engine; may be used from several threads."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._writer = writing(engine)
        self._path = path
        self._turn = Turn()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._turn.taken(), in_words(self._path), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with in_words(self._path), self._engine.begin() as connection:
            yield connection
