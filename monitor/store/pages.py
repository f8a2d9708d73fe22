"""The pages that sources are owed: entries put down until their pages can be read."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from monitor.core.model import Entry, SourceId
from monitor.core.polling import PageOwed
from monitor.store import tables as t
from monitor.store.rows import Row
from monitor.store.statements import upsert

MOST_OWED = 200  # pages of one source; a site that answers none of its pages shall not fill the disk

_p = t.pages_owed.c


class Pages:
    """The part of a transaction that is about pages owed."""

    _connection: Connection

    def owe_page(self, owed: PageOwed) -> bool:
        source_id, link = owed.entry.source_id, owed.entry.link
        others = select(func.count()).where(_p.source_id == source_id, _p.link != link)
        if int(self._connection.scalar(others) or 0) >= MOST_OWED:
            return False
        row = {
            "entry": _entry_to_json(owed.entry),
            "keys": sorted(owed.keys),
            "first_sight": owed.first_sight,
            "seen_at": owed.seen_at,
            "tries": owed.tries,
            "next_try_at": owed.next_try_at,
        }
        upsert(self._connection, t.pages_owed, {"source_id": source_id, "link": link}, row)
        return True

    def settle_page(self, source_id: SourceId, link: str) -> None:
        gone = delete(t.pages_owed).where(_p.source_id == source_id, _p.link == link)
        self._connection.execute(gone)

    def pages_owed(self, source_id: SourceId) -> tuple[PageOwed, ...]:
        theirs = select(t.pages_owed).where(_p.source_id == source_id).order_by(_p.next_try_at, _p.link)
        return tuple(map(_owed_from, self._connection.execute(theirs).mappings()))


def _entry_to_json(entry: Entry) -> dict[str, Any]:
    at = entry.published_at
    return asdict(entry) | {"published_at": None if at is None else at.isoformat()}


def _owed_from(row: Row) -> PageOwed:
    kept = dict(row["entry"])
    at = kept.pop("published_at")
    return PageOwed(
        entry=Entry(**kept, published_at=None if at is None else datetime.fromisoformat(at)),
        keys=frozenset(row["keys"]),
        first_sight=row["first_sight"],
        seen_at=row["seen_at"],
        tries=row["tries"],
        next_try_at=row["next_try_at"],
    )
