"""What a claim and its outcome leave in a row of the outbox, and beside it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from monitor.core.messages import Delivery, DeliveryKind, DeliveryState
from monitor.core.outbox import DOUBT_WAIT
from monitor.store import due, folding, noted
from monitor.store import tables as t
from monitor.store.owing import owe_edit

_d = t.deliveries.c


def take(connection: Connection, one: due.Owed, now: datetime, lease: timedelta, address: str | None) -> None:
    """Claim it, with what is known of the place it goes to."""
    place = (
        _place_of_doubt(connection, one, now, address)
        if one.in_doubt
        else {"claimed_address": address, "last_known_id": address and noted.newest(connection, address)}
    )
    connection.execute(
        update(t.deliveries)
        .where(_d.id == one.id)
        .values(
            state=DeliveryState.CLAIMED,
            claimed_until=now + lease,
            attempts=_d.attempts + 1,
            maybe_sent=one.in_doubt,
            **place,
        )
    )


def _place_of_doubt(
    connection: Connection, one: due.Owed, now: datetime, address: str | None
) -> dict[str, Any]:
    """What is recorded of where the earlier try of one in doubt may be."""
    before = connection.scalar(select(_d.claimed_address).where(_d.id == one.id))
    # A chat that left the configuration: where it was, nothing else may be edited.
    if address is None or address == before:
        return {}
    noted.may_be_there(connection, before, now, below=None)
    return {"claimed_address": address, "last_known_id": None}


def outcome(delivery: Delivery, row: RowMapping) -> dict[str, Any]:
    """The columns of the claimed row as the courier settled it."""
    if _grown(delivery, row) and row["kind"] == DeliveryKind.EDIT:
        again = {"state": DeliveryState.QUEUED, "queued_at": row["not_before"], "attempts": 0, "why": ""}
        return again | {"maybe_sent": False, "claimed_until": None, "settled_at": None}
    return {
        "state": delivery.state,
        "not_before": delivery.not_before,
        "claimed_until": delivery.claimed_until if delivery.state is DeliveryState.CLAIMED else None,
        "message_id": delivery.message_id,
        "last_known_id": delivery.last_known_id,
        "why": delivery.why,
        "maybe_sent": delivery.maybe_sent,
        "doubts": delivery.doubts,
        "proved_absent": delivery.proved_absent,
        "waits_since": delivery.waits_since,
        "settled_at": delivery.settled_at,
    }


def _grown(delivery: Delivery, row: RowMapping) -> bool:
    """Sent, but the story changed after it was claimed."""
    return delivery.state is DeliveryState.SENT and row["revision"] > delivery.revision


def arrived(connection: Connection, delivery: Delivery, row: RowMapping, message_id: int) -> None:
    """Note where the message is, and owe the edit that became due meanwhile."""
    if row["kind"] == DeliveryKind.EDIT:
        return
    if address := row["claimed_address"]:
        noted.note(connection, address, message_id)
        if delivery.settled_at is not None:
            if delivery.maybe_sent and row["maybe_sent"]:  # sent again: an earlier try may be there as well
                noted.may_be_there(connection, address, delivery.settled_at, below=message_id)
            # It left within the time a request takes; answers that left as long before lie below it.
            noted.bound_answers(connection, address, message_id, delivery.settled_at - 2 * DOUBT_WAIT)
    if _grown(delivery, row):
        key = row["key"].replace("story:", "edit:", 1)
        owe_edit(connection, row, key, delivery.settled_at or row["claimed_until"])


def given_up(connection: Connection, delivery: Delivery, row: RowMapping) -> None:
    """It will never be sent: what a digest was to tell is told otherwise; one that may have arrived will
    never be looked for."""
    if row["kind"] == DeliveryKind.DIGEST and delivery.settled_at is not None:
        folding.unfold(connection, delivery, delivery.settled_at)
    if delivery.maybe_sent and delivery.settled_at is not None and row["kind"] != DeliveryKind.EDIT:
        noted.may_be_there(connection, row["claimed_address"], delivery.settled_at, below=None)
