"""The reading end of the outbox over SQL: claim, settle, gather, and what is known of chats."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, exists, func, or_, select, true, update

from monitor.core.archive import Undelivered
from monitor.core.errors import LeaseLost
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState, MachineText, TextWanted
from monitor.core.model import ArticleId, ChatName, DeliveryId
from monitor.store import due, folding, machine, noted, queue, settling
from monitor.store import tables as t
from monitor.store.database import Database
from monitor.store.deliveries import deliveries
from monitor.store.statements import chunks, upsert

_DATABASE_ID = "database_id"
_d = t.deliveries.c


class SqlOutbox(Database):
    """The `Outbox` of a database."""

    def claim(
        self,
        now: datetime,
        lease: timedelta,
        limit: int,
        busy: Collection[ChatName],
        addresses: Mapping[ChatName, str] | None = None,
    ) -> tuple[Delivery, ...]:
        places = addresses or {}
        with self._write() as connection:
            held = _held(connection, now, places)
            closed = {*due.blocked(held, busy, now, places), *_parked(connection)}
            owed = queue.owed(connection, now, closed)
            picked = due.pick(owed, held=held, busy=busy, now=now, limit=limit, addresses=places)
            for one in picked:
                settling.take(connection, one, now, lease, places.get(one.chat))
            order = {one.id: place for place, one in enumerate(picked)}
            claimed = deliveries(connection, select(t.deliveries).where(_d.id.in_(order)))
            return tuple(sorted(claimed, key=lambda delivery: order[delivery.id]))

    def database_id(self) -> str:
        with self._write() as connection:
            known = connection.scalar(select(t.bot_state.c.value).where(t.bot_state.c.key == _DATABASE_ID))
            if known is not None:
                return str(known)
            made = secrets.token_hex(8)
            upsert(connection, t.bot_state, {"key": _DATABASE_ID}, {"value": made})
            return made

    def end_leases(self, now: datetime) -> int:
        left = (_d.state == DeliveryState.CLAIMED) & (_d.claimed_until > now)
        with self._write() as connection:
            return connection.execute(update(t.deliveries).where(left).values(claimed_until=now)).rowcount

    def settle(self, delivery: Delivery) -> None:
        ours = select(t.deliveries).where(
            _d.id == delivery.id, _d.state == DeliveryState.CLAIMED, _d.attempts == delivery.attempts
        )
        with self._write() as connection:
            row = connection.execute(ours).mappings().one_or_none()
            if row is None:
                raise LeaseLost(f"lost the lease of delivery {delivery.id} ({delivery.key})")
            outcome = settling.outcome(delivery, row)
            connection.execute(update(t.deliveries).where(_d.id == delivery.id).values(**outcome))
            if delivery.state is DeliveryState.SENT and delivery.message_id is not None:
                settling.arrived(connection, delivery, row, delivery.message_id)
            if delivery.state is DeliveryState.DEAD:
                settling.given_up(connection, delivery, row)

    def note_message(self, address: str, message_id: int) -> None:
        with self._write() as connection:
            noted.note(connection, address, message_id)

    def noted_messages(self, address: str, after: int) -> frozenset[int]:
        with self._read() as connection:
            return noted.noted(connection, address, after)

    def newest_noted(self, address: str) -> int | None:
        with self._read() as connection:
            return noted.newest(connection, address)

    # what the bot answers

    def begin_answer(self, address: str, now: datetime) -> int:
        with self._write() as connection:
            return noted.begin_answer(connection, address, now)

    def end_answer(self, number: int, address: str, message_id: int, *, begun_before: datetime) -> None:
        with self._write() as connection:
            noted.note(connection, address, message_id)
            noted.drop_answer(connection, number)
            noted.bound_answers(connection, address, message_id, begun_before)

    def drop_answer(self, number: int) -> None:
        with self._write() as connection:
            noted.drop_answer(connection, number)

    def answer_open(self, address: str, above: int) -> bool:
        with self._read() as connection:
            return noted.answer_open(connection, address, above)

    def others_in_doubt(self, address: str, besides: DeliveryId) -> bool:
        tried = _d.state.in_((DeliveryState.UNSURE, DeliveryState.CLAIMED))
        stopped = _d.maybe_sent & _d.state.in_((DeliveryState.QUEUED, DeliveryState.PARKED))
        at_large = or_(tried, stopped) & (_d.kind != DeliveryKind.EDIT)
        here = (_d.claimed_address == address) & (_d.id != besides)
        with self._read() as connection:
            return bool(connection.scalar(select(exists().where(here, at_large))))

    def in_doubt(self, address: str, until: datetime) -> bool:
        looked_for = _d.state.in_((DeliveryState.UNSURE, DeliveryState.CLAIMED)) & _d.maybe_sent
        soon = or_(_d.not_before.is_(None), _d.not_before <= until)
        with self._read() as connection:
            here = exists().where(_d.claimed_address == address, looked_for, soon)
            return bool(connection.scalar(select(here)))

    # many in one

    def open_alerts(
        self, queued_before: datetime, chats: Collection[ChatName] | None = None
    ) -> tuple[Delivery, ...]:
        still_open = select(t.deliveries).where(
            folding.UNDELIVERED, _d.kind == DeliveryKind.ALERT, _d.queued_at < queued_before, _among(chats)
        )
        with self._read() as connection:
            return deliveries(connection, still_open.order_by(_d.queued_at, _d.id))

    def gathered(self, until: datetime, chats: Collection[ChatName] | None = None) -> tuple[Delivery, ...]:
        # A digest whose time was decided by a clock that was set back since is due as well.
        ripe = or_(_d.not_before <= until, _d.queued_at > until + due.SLACK)
        waiting = (_d.state == DeliveryState.GATHERED) & ripe & _among(chats)
        with self._read() as connection:
            return deliveries(connection, select(t.deliveries).where(waiting).order_by(_d.queued_at, _d.id))

    def orphans(self, chats: Collection[ChatName]) -> tuple[ChatName, ...]:
        others = select(_d.chat).where(_d.state == DeliveryState.GATHERED, _d.chat.not_in(chats))
        with self._read() as connection:
            return tuple(connection.scalars(others.distinct().order_by(_d.chat)))

    def fold(
        self,
        ids: Collection[DeliveryId],
        *,
        chat: ChatName,
        key: str,
        heading: str,
        silent: bool,
        now: datetime,
    ) -> int:
        with self._write() as connection:
            return folding.fold(connection, ids, chat=chat, key=key, heading=heading, silent=silent, now=now)

    def open_digest(self, chat: ChatName, beginning: str) -> Delivery | None:
        with self._read() as connection:
            return folding.open_digest(connection, chat, beginning)

    def join_digest(
        self, digest: DeliveryId, ids: Collection[DeliveryId], *, heading: str, silent: bool, now: datetime
    ) -> int:
        with self._write() as connection:
            return folding.join(connection, digest, ids, heading=heading, silent=silent, now=now)

    def release(self, ids: Collection[DeliveryId], now: datetime) -> int:
        # Since when it waits for its turn is told by its time, which is over.
        turn = case((_d.not_before <= now, _d.not_before))
        with self._write() as connection:
            parked = _parked(connection)
            released = 0
            for lot in chunks(ids):
                waiting = update(t.deliveries).where(_d.id.in_(lot), _d.state == DeliveryState.GATHERED)
                for chat, why in parked.items():
                    stopped = {"state": DeliveryState.PARKED, "not_before": None, "why": why}
                    released += connection.execute(waiting.where(_d.chat == chat).values(**stopped)).rowcount
                queued = waiting.values(state=DeliveryState.QUEUED, not_before=turn)
                released += connection.execute(queued).rowcount
            return released

    # chats

    def hold_chat(self, chat: ChatName, until: datetime, since: datetime, address: str | None = None) -> None:
        held = {"held_until": until, "held_since": since, "held_address": address}
        with self._write() as connection:
            upsert(connection, t.chats, {"name": chat}, held)

    def held_chats(self, now: datetime) -> dict[ChatName, datetime]:
        with self._read() as connection:
            return _held(connection, now)

    def park_chat(self, chat: ChatName, why: str, now: datetime) -> int:
        expired = (_d.state == DeliveryState.CLAIMED) & (_d.claimed_until <= now)
        in_doubt = _d.maybe_sent | expired | (_d.state == DeliveryState.UNSURE)
        with self._write() as connection:
            upsert(connection, t.chats, {"name": chat}, {"parked_why": why})
            parked = connection.execute(
                update(t.deliveries)
                .where(_d.chat == chat, _d.state.in_(due.OPEN))
                .values(
                    state=DeliveryState.PARKED,
                    maybe_sent=in_doubt,
                    claimed_until=None,
                    why=why,
                    settled_at=now,
                )
            )
            return parked.rowcount

    def parked_chats(self) -> dict[ChatName, str]:
        with self._read() as connection:
            return _parked(connection)

    def unpark_chat(self, chat: ChatName) -> int:
        parked = (_d.chat == chat) & (_d.state == DeliveryState.PARKED)
        with self._write() as connection:
            connection.execute(update(t.chats).where(t.chats.c.name == chat).values(parked_why=None))
            queued = connection.execute(
                update(t.deliveries)
                .where(parked)
                .values(state=DeliveryState.QUEUED, not_before=None, settled_at=None, doubts=0)
            )
            return queued.rowcount

    def move_chat(self, chat: ChatName, new_id: str, configured_id: str) -> None:
        # What is under way goes to the new address, whose message ids begin anew.
        under_way = (_d.chat == chat) & (_d.state == DeliveryState.CLAIMED)
        with self._write() as connection:
            upsert(connection, t.chats, {"name": chat}, {"moved_to": new_id, "moved_from": configured_id})
            connection.execute(
                update(t.deliveries).where(under_way).values(claimed_address=new_id, last_known_id=None)
            )

    def chat_id(self, chat: ChatName, configured_id: str) -> str | None:
        moved = t.chats.c.moved_from == configured_id
        with self._read() as connection:
            return connection.scalar(select(t.chats.c.moved_to).where(t.chats.c.name == chat, moved))

    # what a language model writes

    def text_wanted(
        self, wishes: Mapping[ChatName, machine.Wish], *, since: datetime, now: datetime
    ) -> TextWanted | None:
        with self._read() as connection:
            return machine.wanted(connection, wishes, since=since, now=now)

    def keep_text(
        self, article_id: ArticleId, text: MachineText, chats: Collection[ChatName], now: datetime
    ) -> int:
        with self._write() as connection:
            return machine.keep(connection, article_id, text, chats, now)

    def put_off_text(self, wanted: TextWanted, why: str, next_try_at: datetime | None) -> None:
        with self._write() as connection:
            machine.put_off(connection, wanted, why, next_try_at)

    # figures

    def counts(self) -> dict[DeliveryState, int]:
        by_state = select(_d.state, func.count().label("number")).group_by(_d.state)
        with self._read() as connection:
            found = {row.state: row.number for row in connection.execute(by_state)}
        return {state: found.get(state, 0) for state in DeliveryState}

    def undelivered(self, now: datetime) -> tuple[Undelivered, ...]:
        # One that was gathered waits only since its time came.
        gathered = (_d.state == DeliveryState.QUEUED) & (_d.not_before > _d.queued_at)
        since = func.min(case((gathered, _d.not_before), else_=_d.queued_at))
        tried = _d.state.in_((DeliveryState.CLAIMED, DeliveryState.WAITING, DeliveryState.UNSURE))
        ripe = (_d.state == DeliveryState.QUEUED) & (_d.not_before.is_(None) | (_d.not_before <= now))
        with self._read() as connection:
            open_ones = select(_d.chat, _d.why, func.count().label("number"), since.label("since")).where(
                tried | ripe, _d.chat.not_in(_parked(connection))
            )
            found = connection.execute(
                open_ones.group_by(_d.chat, _d.why).order_by(since, _d.chat, _d.why.desc())
            )
            return tuple(
                Undelivered(chat=row.chat, why=row.why, number=row.number, since=row.since) for row in found
            )

    def next_due_at(self, now: datetime) -> datetime | None:
        with self._read() as connection:
            owed = queue.owed(connection, now, _parked(connection), ahead=True)
            return due.next_due_at(owed, held=_held(connection, now), now=now)


def _among(chats: Collection[ChatName] | None) -> ColumnElement[bool]:
    return true() if chats is None else _d.chat.in_(chats)


def _held(
    connection: Connection, now: datetime, addresses: Mapping[ChatName, str] | None = None
) -> dict[ChatName, datetime]:
    """The chats held at `now`, and those that are where one was then."""
    c = t.chats.c
    in_force = or_(
        c.held_since.is_(None), c.held_since <= now + due.SLACK
    )  # the clock may have been set back
    held = select(c.name, c.held_until, c.held_address).where(c.held_until > now, in_force)
    rows = connection.execute(held.order_by(c.held_until)).all()
    by_address = {row.held_address: row.held_until for row in rows}
    there = {chat: by_address[place] for chat, place in (addresses or {}).items() if place in by_address}
    return there | {row.name: row.held_until for row in rows}


def _parked(connection: Connection) -> dict[ChatName, str]:
    parked = select(t.chats.c.name, t.chats.c.parked_why).where(t.chats.c.parked_why.is_not(None))
    return {row.name: row.parked_why for row in connection.execute(parked)}
