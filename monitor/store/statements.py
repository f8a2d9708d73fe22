"""The few statements that every part of the store makes: rows put in, changed or looked up in lots."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, Table, bindparam, insert, select, update

Value = TypeVar("Value")

LARGEST_ID = 2**63 - 1
_CHUNK = 500  # values in one IN list; SQLite took 999 for a long time


def chunks(values: Iterable[Value], size: int = _CHUNK) -> Iterator[tuple[Value, ...]]:
    """The values in lots that fit one IN list."""
    left = iter(values)
    while lot := tuple(islice(left, size)):
        yield lot


def is_possible(row_id: int) -> bool:
    """Whether a row can have this number; one that is too large for a column is known to nobody."""
    return 0 < row_id <= LARGEST_ID


def insert_row(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    """Put one row in and return its number."""
    # Beside the statement, not in it: composed with its values it would cost three times as much.
    key = connection.execute(insert(table), dict(row)).inserted_primary_key
    assert key is not None, "one row goes in at a time"
    return int(key[0])


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows in, none at all if there are none."""
    if rows:
        connection.execute(insert(table), rows)


def upsert(
    connection: Connection,
    table: Table,
    key: dict[str, Any],
    row: dict[str, Any],
    first: dict[str, Any] | None = None,
) -> None:
    """Change the row of this key, or insert it, then with the columns of `first` too.

    Two plain statements do, in any dialect, since the transaction holds the write lock.
    """
    this = [table.c[name] == value for name, value in key.items()]
    if not connection.execute(update(table).where(*this).values(**row)).rowcount:
        connection.execute(insert(table).values(**key, **row, **(first or {})))


def by_id(connection: Connection, table: Table, ids: Iterable[Any]) -> dict[Any, RowMapping]:
    """The rows of these ids, by id."""
    found: dict[Any, RowMapping] = {}
    for lot in chunks(one for one in ids if isinstance(one, str) or is_possible(one)):
        rows = connection.execute(_of_ids(table), {"ids": lot}).mappings()
        found.update((row["id"], row) for row in rows)
    return found


@cache
def _of_ids(table: Table) -> Select[Any]:
    return select(table).where(table.c.id.in_(bindparam("ids", expanding=True)))
