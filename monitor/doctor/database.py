"""The database: sound, of this version, and no alert waiting in it for long."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from monitor.config.environment import Environment
from monitor.core.errors import StoreError, UserError
from monitor.core.messages import DeliveryState
from monitor.doctor.files import nearest_folder
from monitor.doctor.finding import Finding, trouble
from monitor.store.checkup import Checkup, check_up
from monitor.store.engine import database_path
from monitor.store.sql import SqlStore, open_store

LATE = timedelta(hours=1)  # an alert that waits longer shows that nobody delivers


def look_at_database(environment: Environment, findings: list[Finding], now: datetime) -> SqlStore | None:
    """Look at the database; returns it opened when it is sound and of this version."""
    try:
        file = database_path(environment.database_url)
        if obstacle := _obstacle(file):
            findings.append(obstacle)
            return None
        if not os.path.exists(file):
            findings.append(Finding(name="database", words=f"{file} is made at the first start"))
            return None
        found = check_up(file)
        findings.append(_state(file, found))
        if not found.current:
            return None
        store = open_store(environment.database_url)
        findings += _backlog(store, now)
    except UserError as mistake:
        findings.append(trouble("database", mistake, "mend DATABASE_URL"))
    except StoreError as error:
        findings.append(trouble("database", error, "see the words: disk, rights, or a backup"))
    else:
        return store
    return None


def _obstacle(file: Path) -> Finding | None:
    """Why neither the database nor the files beside it, its log and its lock, can be made."""
    folder = nearest_folder(file)
    words, mend = f"{file} cannot be made or kept: {folder}", "or name another place in DATABASE_URL"
    if not folder.is_dir():
        return trouble("database", f"{words} is no folder", f"move it away, {mend}")
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return trouble("database", f"{words} is mounted read-only", f"mount it writable, {mend}")
    as_effective = os.access in os.supports_effective_ids
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=as_effective):
        return trouble("database", f"{words} may not be written", f"chown or chmod {folder}, {mend}")
    return None


def _state(file: Path, found: Checkup) -> Finding:
    if found.damage:
        mend = "move it aside to start afresh, or put a backup in its place"
        return trouble("database", f"{file} is damaged: {found.damage}", mend)
    if not found.known:
        words = f"{file} was made by a newer policywire (schema {found.schema})"
        return trouble("database", words, "install that version, or name another file")
    if not found.current:
        return Finding(name="database", words=f"{file} is sound; the next start brings its schema up to date")
    return Finding(name="database", words=f"{file} is sound and can be written, schema {found.schema}")


def _backlog(store: SqlStore, now: datetime) -> Iterator[Finding]:
    for chat, why in sorted(store.parked_chats().items()):
        yield trouble("parked", f"chat {chat}: {why}", f"mend that, then policywire alerts resume {chat}")
    overdue = [
        one for one in store.open_alerts(now - LATE) if one.not_before is None or one.not_before <= now
    ]
    if overdue:
        words = f"alerts wait since {overdue[0].queued_at:%Y-%m-%d %H:%M} UTC ({len(overdue)})"
        yield trouble("outbox", words, "is policywire run running? GET /healthz tells what stops it")
        return
    counts = store.counts()
    waiting = sum(counts.get(state, 0) for state in (DeliveryState.QUEUED, DeliveryState.WAITING))
    yield Finding(name="outbox", words=f"{waiting} messages wait, none of them long")
