"""`policywire doctor`: everything that can keep an alert from its chat, each line with its mend."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from monitor import logs
from monitor.config.environment import Environment
from monitor.config.secrets import secrets_of
from monitor.core.settings import Chat, Config
from monitor.doctor.database import look_at_database
from monitor.doctor.files import disk, permissions, read
from monitor.doctor.finding import Finding, trouble
from monitor.doctor.outside import language_model, look_at_proxy, other_channels
from monitor.doctor.telegram import look_at_telegram, send_elsewhere
from monitor.store.sql import SqlStore


async def examine(
    path: Path,
    env: Mapping[str, str],
    *,
    send: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Finding, ...]:
    """Look at everything; with `send` a silent test message goes to every chat."""
    findings: list[Finding] = []
    config, environment = read(path, env, findings)
    if environment is not None:
        logs.hide(secrets_of(environment, config))
    findings += permissions(path, environment)
    if environment is None:
        return tuple(findings)
    findings += disk(environment)
    store = look_at_database(environment, findings, now())
    try:
        findings += await _outside(config, environment, store, send=send, now=now)
    finally:
        if store is not None:
            store.close()
    return tuple(findings)


async def _outside(
    config: Config | None,
    environment: Environment,
    store: SqlStore | None,
    *,
    send: bool,
    now: Callable[[], datetime],
) -> list[Finding]:
    findings = await _whole("proxy", look_at_proxy(environment))
    if config is None:  # it may name another server for the bot, and it names the chats
        return [*findings, Finding(name="token", words="not looked at: mend config first")]
    chats = _present(config, store)
    telegram = look_at_telegram(config.telegram, environment, chats, store, send=send, now=now)
    findings += await _whole("token", telegram)
    findings += await _whole("channels", other_channels(chats))
    findings += await _whole("llm", language_model(config, environment))
    if send:
        findings += await _whole("tests", send_elsewhere(chats, store, now))
    return findings


async def _whole(name: str, look: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        return await look
    # The edge of one look: what surprises a library must not hide the other lines of the table.
    except Exception as surprise:
        words = f"could not be looked at: {type(surprise).__name__}: {surprise}"
        return [trouble(name, words, "check the settings named there; else please report this")]


def _present(config: Config, store: SqlStore | None) -> list[Chat]:
    """The configured chats, under their new ids where they moved."""
    if store is None:
        return list(config.chats)
    return [replace(chat, id=store.chat_id(chat.name, chat.id) or chat.id) for chat in config.chats]
