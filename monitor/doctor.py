"""`policywire doctor`: everything that can keep an alert from its chat, each line with its mend."""

import asyncio
import shutil
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from alerts.channels import AppriseSender
from alerts.llm import NOT_INSTALLED, write
from alerts.pace import address_of
from alerts.probe import Probe
from alerts.webhook import WebhookSender
from monitor import logs
from monitor.config.environment import Environment, read_environment
from monitor.config.load import load
from monitor.config.secrets import secrets_of
from monitor.core.errors import (
    ConfigError,
    ModelError,
    ModelUnavailable,
    SendError,
    StoreError,
    TokenRefused,
    UserError,
)
from monitor.core.machine import Task
from monitor.core.messages import DeliveryState, Message
from monitor.core.ports import Sender
from monitor.core.settings import Channel, Chat, Config, Telegram
from monitor.store.checkup import Checkup, check_up
from monitor.store.engine import database_path
from monitor.store.sql import SqlStore, open_store

LEAST_ROOM = 500_000_000  # bytes: a database, its log and a backup of some 100,000 articles
MOST_SKEW = timedelta(seconds=30)  # of the clock: more makes "published" and quiet hours wrong
LATE = timedelta(hours=1)  # an alert that waits longer shows that nobody delivers

_PATIENCE = 10.0  # seconds for a connection
_TEST = Message(
    html="policywire doctor: this is a test.", plain="policywire doctor: this is a test.", silent=True
)
_ONE_WORD = Task(instructions="Answer with the single word: ready", item="Are you ready?")
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the table."""

    name: str
    words: str
    ok: bool = True
    mend: str = ""


def trouble(name: str, words: object, mend: str) -> Finding:
    """A finding that needs a person. No secret shows."""
    return Finding(name=name, words=logs.redact(str(words)), ok=False, mend=mend)


async def examine(
    path: Path,
    env: Mapping[str, str],
    *,
    send: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Finding, ...]:
    """Look at everything; with `send` a silent test message goes to every chat."""
    findings: list[Finding] = []
    config, environment = _read(path, env, findings)
    if environment is not None:
        logs.hide(secrets_of(environment, config))
    findings += _permissions(path, environment)
    if environment is None:
        return tuple(findings)
    findings += _disk(environment)
    store = _database(environment, findings, now())
    try:
        findings += await _outside(config, environment, store, send=send, now=now)
    finally:
        if store is not None:
            store.close()
    return tuple(findings)


# ── configuration and files ──


def _read(
    path: Path, env: Mapping[str, str], findings: list[Finding]
) -> tuple[Config | None, Environment | None]:
    try:
        environment = read_environment(env, path.parent / ".env")
    except ConfigError as mistake:
        findings.append(trouble("environment", mistake, "see docs/operating.md, “Environment”"))
        return None, None
    try:
        config = load(path, environment.values)
    except ConfigError as mistake:
        findings.append(trouble("config", mistake, "mend that line; policywire check tells the next one"))
        return None, environment
    words = (
        f"{path}: {len(config.sources)} sources, {len(config.rules.rules)} rules, {len(config.chats)} chats"
    )
    findings.append(Finding(name="config", words=words))
    return config, environment


def _permissions(path: Path, environment: Environment | None) -> list[Finding]:
    return list(wide_open(path, environment)) or [
        Finding(name="permissions", words="nobody else reads secrets")
    ]


def wide_open(path: Path, environment: Environment | None) -> Iterator[Finding]:
    """The files with secrets or people's words that others on this machine may read."""
    files = [path.parent / ".env"]
    if environment is not None:
        database = _database_file(environment)
        files += [database.with_name(database.name + end) for end in ("", "-wal", "-shm")] if database else []
    for file in files:
        mode = _mode(file)
        if mode & 0o077:
            yield trouble("permissions", f"others may read {file} (mode {mode:04o})", f"chmod 600 {file}")


def _mode(file: Path) -> int:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except OSError:  # there is none: nothing to read
        return 0


def _database_file(environment: Environment) -> Path | None:
    try:
        return database_path(environment.database_url)
    except UserError:  # told where the database is looked at
        return None


def _disk(environment: Environment) -> list[Finding]:
    file = _database_file(environment)
    if file is None:
        return []
    folder = next(parent for parent in file.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:.1f} GB free beside the database"
    if free >= LEAST_ROOM:
        return [Finding(name="disk", words=words)]
    return [trouble("disk", words, f"make room on the disk of {folder}: at least {LEAST_ROOM / 1e9:.1f} GB")]


# ── the database ──


def _database(environment: Environment, findings: list[Finding], now: datetime) -> SqlStore | None:
    """Look at the database; returns it opened when it is sound and of this version."""
    try:
        file = database_path(environment.database_url)
        if not file.exists():
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
        words = f"{len(overdue)} alerts wait since {overdue[0].queued_at:%Y-%m-%d %H:%M} UTC"
        yield trouble("outbox", words, "is policywire run running? GET /healthz tells what stops it")
        return
    counts = store.counts()
    waiting = sum(counts.get(state, 0) for state in (DeliveryState.QUEUED, DeliveryState.WAITING))
    yield Finding(name="outbox", words=f"{waiting} messages wait, none of them long")


# ── the outside ──


async def _outside(
    config: Config | None,
    environment: Environment,
    store: SqlStore | None,
    *,
    send: bool,
    now: Callable[[], datetime],
) -> list[Finding]:
    chats = _present(config, store)
    findings = await _whole("proxy", _proxy(environment))
    findings += await _whole("token", _telegram(config, environment, chats, store, send=send, now=now))
    findings += await _whole("channels", _other_channels(chats))
    findings += await _whole("llm", _language_model(config, environment))
    if send:
        findings += await _whole("tests", _send_elsewhere(chats, store, now))
    return findings


async def _whole(name: str, look: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        return await look
    # The edge of one look: what surprises a library must not hide the other lines of the table.
    except Exception as surprise:
        words = f"could not be looked at: {type(surprise).__name__}: {surprise}"
        return [trouble(name, words, "check the settings named there; else please report this")]


async def _send_elsewhere(
    chats: list[Chat], store: SqlStore | None, now: Callable[[], datetime]
) -> list[Finding]:
    webhook = WebhookSender(_Present(now))
    senders: dict[Channel, Sender] = {Channel.WEBHOOK: webhook, Channel.APPRISE: AppriseSender()}
    try:
        return await _send_tests(chats, senders, store, now)
    finally:
        await webhook.close()


async def _telegram(
    config: Config | None,
    environment: Environment,
    chats: list[Chat],
    store: SqlStore | None,
    *,
    send: bool,
    now: Callable[[], datetime],
) -> list[Finding]:
    if not environment.token:
        return [Finding(name="token", words="no TELEGRAM_BOT_TOKEN: alerts are drawn in the terminal")]
    api_url = (config.telegram if config else Telegram()).api_url
    findings = await _clock(api_url, environment, now)
    async with _probe(environment, api_url) as probe:
        try:
            bot_id, username = await probe.me()
        except TokenRefused as error:
            mend = "copy it again from @BotFather into TELEGRAM_BOT_TOKEN"
            return [*findings, trouble("token", error, mend)]
        except SendError as error:
            mend = "check the network and HTTPS_PROXY"
            return [*findings, trouble("token", f"nobody answers for it: {error}", mend)]
        findings.append(Finding(name="token", words=f"the bot is @{username}"))
        findings += await _chats(chats, probe, bot_id)
        if send:
            findings += await _send_tests(chats, {Channel.TELEGRAM: probe}, store, now)
    return findings


@asynccontextmanager
async def _probe(environment: Environment, api_url: str) -> AsyncIterator[Probe]:
    proxy = environment.proxy_for(api_url)
    probe = Probe(environment.token, api_url=api_url, proxy=proxy, read_timeout=_PATIENCE)
    await probe.start()
    try:
        yield probe
    finally:
        await probe.close()


async def _proxy(environment: Environment) -> list[Finding]:
    if not environment.proxy:
        return []
    mend = "start the proxy, or mend HTTPS_PROXY"
    return [await _reachable("proxy", environment.proxy, mend)]


async def _clock(api_url: str, environment: Environment, now: Callable[[], datetime]) -> list[Finding]:
    # What the environment says of proxies was read already, and this machine is asked without any.
    client = httpx.AsyncClient(proxy=environment.proxy_for(api_url), timeout=_PATIENCE, trust_env=False)
    try:
        async with client:
            answer = await client.get(api_url)
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError) as error:
        words = f"{urlsplit(api_url).hostname} does not tell the time ({type(error).__name__})"
        return [trouble("clock", words, "check the network and HTTPS_PROXY")]
    skew = now() - theirs
    words = f"{abs(skew.total_seconds()):.0f} s {'ahead of' if skew > timedelta(0) else 'behind'} Telegram's"
    if abs(skew) > MOST_SKEW:
        return [trouble("clock", words, "set this machine's clock: timedatectl set-ntp true")]
    return [Finding(name="clock", words=words)]


def _present(config: Config | None, store: SqlStore | None) -> list[Chat]:
    """The configured chats, under their new ids where they moved."""
    chats = config.chats if config else ()
    if store is None:
        return list(chats)
    return [replace(chat, id=store.chat_id(chat.name, chat.id) or chat.id) for chat in chats]


async def _chats(chats: list[Chat], probe: Probe, bot_id: int) -> list[Finding]:
    return [await _chat(chat, probe, bot_id) for chat in chats if chat.channel is Channel.TELEGRAM]


async def _chat(chat: Chat, probe: Probe, bot_id: int) -> Finding:
    name = f"chat {chat.name}"
    try:
        obstacle = await probe.obstacle(chat, bot_id)
    except SendError as error:
        return trouble(name, f"cannot be looked at: {error}", "try again later")
    if obstacle is not None:
        return trouble(name, obstacle.problem, obstacle.mend)
    topic = f", topic {chat.thread}" if chat.thread else ""
    return Finding(name=name, words=f"the bot may post{topic}")


async def _send_tests(
    chats: list[Chat], senders: Mapping[Channel, Sender], store: SqlStore | None, now: Callable[[], datetime]
) -> list[Finding]:
    """Send a test to every chat of these channels, the way alerts go."""
    found = []
    for chat in chats:
        sender, name = senders.get(chat.channel), f"test to {chat.name}"
        if sender is None:
            continue
        try:
            message_id = await sender.send(chat, replace(_TEST, key=f"doctor:{now():%Y%m%dT%H%M%S}"))
        except SendError as error:
            found.append(trouble(name, error, f"see the line about {chat.name}, or try again"))
            continue
        # Else a running service that looks for a doubtful alert could take this for it.
        if store is not None and message_id is not None:
            store.note_message(address_of(chat), message_id)
        found.append(Finding(name=name, words="sent"))
    return found


@dataclass(frozen=True, slots=True)
class _Present:
    """A Clock out of a function."""

    tell: Callable[[], datetime]

    def now(self) -> datetime:
        return self.tell()


async def _other_channels(chats: list[Chat]) -> list[Finding]:
    found = []
    for chat in chats:
        name = f"{chat.channel} {chat.name}"
        if chat.channel is Channel.WEBHOOK:
            found.append(await _reachable(name, chat.id, "check the address and the network"))
        elif chat.channel is Channel.APPRISE:
            found.append(Finding(name=name, words="is only tried with --send"))
    return found


async def _language_model(config: Config | None, environment: Environment) -> list[Finding]:
    """Whether the endpoint writes: one word is asked of it, as texts are."""
    llm = config.llm if config else None
    if llm is None:
        return []
    try:
        await write(llm, _ONE_WORD, proxy=environment.proxy_for(llm.api_url))
    except ModelUnavailable as error:
        mend = (
            "check llm.api_url and the key" if error.lasting else "try again later; alerts do not wait for it"
        )
        return [trouble("llm", error, mend if str(error) != NOT_INSTALLED else "see there")]
    except ModelError as error:
        return [trouble("llm", error, "check llm.model")]
    return [Finding(name="llm", words=f"{llm.model} answers")]


async def _reachable(name: str, address: str, mend: str) -> Finding:
    """Whether somebody listens at the address; only its host and port are named, the rest may be secret."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(host, port)
    except ValueError:
        return trouble(name, "its address cannot be read", mend)
    except TimeoutError:
        return trouble(name, f"{host}:{port} does not answer", mend)
    except OSError as error:
        return trouble(
            name, f"{host}:{port} cannot be reached: {error.strerror or type(error).__name__}", mend
        )
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return Finding(name=name, words=f"{host}:{port} answers")
