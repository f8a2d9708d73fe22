"""The database itself: opened, checked, migrated, and its troubles put in words."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from monitor.core.errors import StoreError, UserError

_BUSY_MS = 5000

_PRAGMAS = (
    f"PRAGMA busy_timeout={_BUSY_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # NORMAL may forget the last commits at a power cut: a doubled alert
    "PRAGMA foreign_keys=ON",
    # Keys of reports fall on pages all over their table: at the usual 1,000 pages each would be copied
    # from the log after two hand-overs; at 4,000 (16 MB) it is copied once for many.
    "PRAGMA wal_autocheckpoint=4000",
)

# Names of SQLite's result codes, see https://www.sqlite.org/rescode.html; extended ones begin with these.
_WORDS = {
    "SQLITE_FULL": "the disk is full: make room, nothing that was kept is lost",
    "SQLITE_BUSY": "it is locked by another program: close that one",
    "SQLITE_LOCKED": "it is locked by another program: close that one",
    "SQLITE_READONLY": "it is read-only: give this user the right to write the file and its folder",
    "SQLITE_CANTOPEN": "it cannot be opened: check that the path is a file in a folder this user may write",
    "SQLITE_NOTADB": "it is not a SQLite database, or it is damaged: move it aside to start afresh",
    "SQLITE_CORRUPT": "it is damaged: move it aside to start afresh, or put a backup in its place",
    "SQLITE_IOERR": "reading or writing it failed: check the disk",
}


def database_path(url: str) -> Path:
    """The file a `sqlite:///` URL names. Raises UserError for any other URL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UserError(f"not a database URL: {url!r} (write sqlite:///path/to/file.db)") from error
    if parsed.get_backend_name() != "sqlite":
        raise UserError(f"no store for {parsed.get_backend_name()} (write sqlite:///path/to/file.db)")
    if parsed.database in (None, "", ":memory:"):
        raise UserError("the database URL names no file (write sqlite:///path/to/file.db)")
    return Path(str(parsed.database))


def open_engine(path: Path) -> Engine:
    """Open the file, made for this user alone if it is missing, sound and at the newest schema."""
    _make_private(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
        json_serializer=partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    try:
        with in_words(path), writing(engine).begin() as connection:
            _check(connection, path)
            _migrate(connection, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take the write lock before they read."""
    return engine.execution_options(immediate=True)


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn the driver's errors into StoreErrors a person can act upon."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the database {path} cannot be used: {_reason(error)}") from error
    except PoolTimeout as error:
        raise StoreError(f"the database {path} cannot be used: every connection is taken") from error


def _reason(error: DBAPIError) -> str:
    name = getattr(error.orig, "sqlite_errorname", "")
    for code, words in _WORDS.items():
        if name.startswith(code):
            return words
    return str(error.orig)


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(f"the database {path} cannot be opened: {error.strerror}") from error


def _set_up(connection: Any, _record: object) -> None:
    # The driver's own idea of when a transaction begins would let readers in before writers have the lock:
    # https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#pysqlite-serializable
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _check(connection: Connection, path: Path) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        detail = " ".join(str(found).split())
        raise StoreError(f"the database {path} cannot be used: {_WORDS['SQLITE_CORRUPT']} ({detail})")


def _migrate(connection: Connection, path: Path) -> None:
    config = _alembic()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    present = set(MigrationContext.configure(connection).get_current_heads())
    if not present <= known:
        raise StoreError(
            f"the database {path} was made by a newer policywire (schema {', '.join(sorted(present))}): "
            "install that version, or name another file"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _alembic() -> Config:
    # Made in code, without an ini file: a service must not have its logging set up by a migration.
    config = Config()
    folder = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
