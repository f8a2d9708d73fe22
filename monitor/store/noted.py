"""Which message ids are known at a Telegram address, and which answers of the bot have an unknown one."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, or_, select, update

from monitor.core.outbox import MOST_NOTED, shares_sequence
from monitor.store import tables as t

_own = t.own_messages.c
_open = t.open_answers.c


def note(connection: Connection, address: str, message_id: int) -> None:
    """Remember an id; the lowest ones of its row of numbers are forgotten in time."""
    known = select(_own.message_id).where(_own.address == address, _own.message_id == message_id)
    if connection.scalar(known) is not None:
        return
    this = {"address": address, "message_id": message_id, "shared": shares_sequence(address)}
    connection.execute(insert(t.own_messages).values(**this))
    row = _row_of(address)
    newest_first = select(_own.message_id).where(row).order_by(_own.message_id.desc())
    surplus = connection.scalar(newest_first.limit(1).offset(MOST_NOTED))
    if surplus is not None:
        connection.execute(delete(t.own_messages).where(row, _own.message_id <= surplus))


def noted(connection: Connection, address: str, after: int) -> frozenset[int]:
    """The ids above `after` in the address's row of numbers."""
    above = select(_own.message_id).where(_row_of(address), _own.message_id > after)
    return frozenset(connection.scalars(above))


def newest(connection: Connection, address: str) -> int | None:
    """The highest id known in the address's row of numbers."""
    found: int | None = connection.scalar(select(func.max(_own.message_id)).where(_row_of(address)))
    return found


def begin_answer(connection: Connection, address: str, now: datetime) -> int:
    """An answer is about to leave; returns the number by which it is ended or dropped."""
    begun = insert(t.open_answers).values(address=address, since=now).returning(_open.id)
    return int(connection.execute(begun).scalar_one())


def may_be_there(connection: Connection, address: str | None, since: datetime, below: int | None) -> None:
    """Nothing will tell any more where a message is that may have arrived: it counts as an open answer."""
    if address is not None:
        connection.execute(insert(t.open_answers).values(address=address, since=since, below=below))


def drop_answer(connection: Connection, number: int) -> None:
    """The answer has no id: it was refused or never left. Or its id is noted."""
    connection.execute(delete(t.open_answers).where(_open.id == number))


def bound_answers(connection: Connection, address: str, message_id: int, begun_before: datetime) -> None:
    """Answers begun before that lie below this id, wherever they are."""
    settled = (_open.address == address) & _open.below.is_(None) & (_open.since <= begun_before)
    connection.execute(update(t.open_answers).where(settled).values(below=message_id))


def answer_open(connection: Connection, address: str, above: int) -> bool:
    """Whether an answer of unknown id may lie above this id."""
    somewhere = (_open.address == address) & or_(_open.below.is_(None), _open.below > above)
    return bool(connection.scalar(select(exists().where(somewhere))))


def _row_of(address: str) -> ColumnElement[bool]:
    # Private chats and basic groups are numbered together.
    return _own.shared if shares_sequence(address) else _own.address == address
