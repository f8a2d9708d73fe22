"""The database file: made, reopened, refused with clear words, and whole after every fault."""

import logging
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table, create_engine, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable

from monitor.core.errors import StoreError, UserError
from monitor.store import tables
from monitor.store.engine import database_path
from monitor.store.sql import SqlStore, open_store
from tests.builders import NOW, an_article
from tests.store.desk import DESK, FUND, keep, queue


def test_the_file_and_its_folder_are_for_this_user_alone(sql: SqlStore, database_url: str) -> None:
    path = database_path(database_url)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_migrations_make_the_tables_of_the_code(sql: SqlStore, database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        compared = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=compared)
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The search index is SQLite's own kind of table, with shadow tables beside it."""
    return kind != "table" or not (name or "").startswith("article_search")


def test_the_file_is_kept_the_safe_way(sql: SqlStore) -> None:
    with sql._read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_opening_leaves_logging_alone(database_url: str) -> None:
    before = (list(logging.getLogger().handlers), logging.getLogger("alembic").level, logging.root.level)
    open_store(database_url).close()
    assert before == (
        list(logging.getLogger().handlers),
        logging.getLogger("alembic").level,
        logging.root.level,
    )


def test_what_was_kept_is_there_after_reopening(sql: SqlStore, database_url: str) -> None:
    queue(sql, (DESK, FUND))
    kept = sql.recent_alerts(9)
    sql.close()
    again = open_store(database_url)
    assert again.recent_alerts(9) == kept
    assert again.article_count() == 1
    again.close()


def test_a_copy_taken_in_mid_life_has_every_committed_row(sql: SqlStore, tmp_path: Path) -> None:
    queue(sql, (DESK,))
    copy = tmp_path / "copy"
    with sql.work() as work:
        keep(work)
        shutil.copytree(tmp_path / "var", copy)
    after = open_store(f"sqlite:///{copy / 'policywire.db'}")
    assert after.article_count() == 1
    assert after.recent_alerts(9) == sql.recent_alerts(9)
    after.close()


def test_a_newer_schema_is_refused(sql: SqlStore, database_url: str) -> None:
    sql.close()
    with closing(sqlite3.connect(database_path(database_url))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="made by a newer policywire"):
        open_store(database_url)


def test_a_file_of_another_kind_is_refused_and_left_alone(database_url: str) -> None:
    path = database_path(database_url)
    path.parent.mkdir()
    path.write_bytes(b"dear diary, " * 400)
    with pytest.raises(StoreError, match="not a SQLite database, or it is damaged"):
        open_store(database_url)
    assert path.read_bytes() == b"dear diary, " * 400


@pytest.mark.parametrize("spoilt", [1, 12, -2], ids="page {}".format)
def test_one_damaged_page_is_noticed_and_left_alone(sql: SqlStore, database_url: str, spoilt: int) -> None:
    queue(sql, *[(DESK,)] * 20)
    sql.close()
    path = database_path(database_url)
    whole = path.read_bytes()
    pages = [whole[start : start + 4096] for start in range(0, len(whole), 4096)]
    pages[spoilt] = b"\xff" * 4096
    damaged = b"".join(pages)
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match="damaged: move it aside"):
        open_store(database_url)
    assert path.read_bytes() == damaged


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file_is_refused(sql: SqlStore, database_url: str) -> None:
    sql.close()
    database_path(database_url).chmod(0o400)
    with pytest.raises(StoreError, match="Permission denied"):
        open_store(database_url)


def test_a_database_that_turned_read_only_says_so(sql: SqlStore) -> None:
    with sql._read() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(StoreError, match="read-only"):
        sql.hold_chat(DESK, NOW, NOW)


def test_a_database_locked_by_another_program_says_so(sql: SqlStore, database_url: str) -> None:
    with sql._read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    with closing(sqlite3.connect(database_path(database_url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another program"):
            sql.hold_chat(DESK, NOW, NOW)
        assert sql.article_count() == 0
        other.execute("ROLLBACK")
    sql.hold_chat(DESK, NOW, NOW)


def test_a_full_disk_loses_nothing_and_work_goes_on_after(sql: SqlStore) -> None:
    queue(sql, (DESK,))
    _limit_pages(sql, 1)  # SQLite takes the present size for the least
    with pytest.raises(StoreError, match="the disk is full"):
        _keep_much(sql)
    assert sql.article_count() == 1
    _limit_pages(sql, 100_000)
    _keep_much(sql)
    assert sql.article_count() == 2


def _limit_pages(sql: SqlStore, pages: int) -> None:
    with sql._read() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def _keep_much(sql: SqlStore) -> None:
    with sql.work() as work:
        keep(work, article=an_article(body="x" * 100_000))


@pytest.mark.parametrize(
    "url",
    ["", "policywire.db", "sqlite://", "sqlite:///:memory:", "mysql://localhost/policywire"],
    ids=["nothing", "a bare path", "no file", "in memory", "another engine"],
)
def test_a_url_that_names_no_file_is_a_users_mistake(url: str) -> None:
    with pytest.raises(UserError, match="write sqlite:///path"):
        open_store(url)


def test_a_time_without_a_zone_is_refused(sql: SqlStore) -> None:
    naive = datetime(2026, 11, 24)  # noqa: DTZ001  # the very thing to refuse
    with pytest.raises(StatementError, match="without a zone"):
        sql.hold_chat(DESK, naive, NOW)


@pytest.mark.parametrize("table", tables.metadata.sorted_tables, ids=lambda table: table.name)
def test_the_tables_are_valid_for_postgresql_too(table: Table) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
    assert "INSERT INTO" in str(insert(table).compile(dialect=dialect))
