"""Telegram: its time, the token, the bot's rights in each chat, and a test message."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from alerts.channels import AppriseSender
from alerts.pace import address_of
from alerts.probe import Probe, mend_of
from alerts.webhook import WebhookSender
from monitor.config.environment import Environment
from monitor.core.errors import SendError, TokenRefused
from monitor.core.messages import Message
from monitor.core.ports import Sender
from monitor.core.settings import Channel, Chat, Telegram
from monitor.doctor.finding import Finding, trouble
from monitor.store.sql import SqlStore

MOST_SKEW = timedelta(seconds=30)  # of the clock: more makes "published" and quiet hours wrong

_PATIENCE = 10.0  # seconds for a connection
_TEST = Message(
    html="policywire doctor: this is a test.", plain="policywire doctor: this is a test.", silent=True
)


async def look_at_telegram(
    settings: Telegram,
    environment: Environment,
    chats: Sequence[Chat],
    store: SqlStore | None,
    *,
    send: bool,
    now: Callable[[], datetime],
) -> list[Finding]:
    """The token, the bot's rights in each chat and, with `send`, a test message there."""
    if not environment.token:
        return [Finding(name="token", words="no TELEGRAM_BOT_TOKEN: alerts are drawn in the terminal")]
    api_url = settings.api_url
    findings = await _clock(api_url, environment, now)
    async with _probe(environment, api_url) as probe:
        try:
            bot_id, username = await probe.me()
        except TokenRefused as error:
            return [*findings, trouble("token", error, mend_of(error))]
        except SendError as error:
            words = f"nobody answers for it: {error}"
            return [*findings, trouble("token", words, "check the network and HTTPS_PROXY")]
        findings.append(Finding(name="token", words=f"the bot is @{username}"))
        findings += await _chats(chats, probe, bot_id)
        if send:
            findings += await _send_tests(chats, {Channel.TELEGRAM: probe}, store, now)
    return findings


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


@asynccontextmanager
async def _probe(environment: Environment, api_url: str) -> AsyncIterator[Probe]:
    proxy = environment.proxy_for(api_url)
    probe = Probe(environment.token, api_url=api_url, proxy=proxy, read_timeout=_PATIENCE)
    await probe.start()
    try:
        yield probe
    finally:
        await probe.close()


async def _chats(chats: Sequence[Chat], probe: Probe, bot_id: int) -> list[Finding]:
    return [await _chat(chat, probe, bot_id) for chat in chats if chat.channel is Channel.TELEGRAM]


async def _chat(chat: Chat, probe: Probe, bot_id: int) -> Finding:
    name = f"chat {chat.name}"
    try:
        obstacle = await probe.obstacle(chat, bot_id)
    except SendError as error:
        return trouble(name, f"cannot be looked at: {error}", mend_of(error))
    if obstacle is not None:
        return trouble(name, obstacle.problem, obstacle.mend)
    # Telegram takes "typing" in a closed topic, too.
    topic = f", topic {chat.thread} is there (whether it is closed, --send tells)" if chat.thread else ""
    return Finding(name=name, words=f"the bot may post{topic}")


async def send_elsewhere(
    chats: Sequence[Chat], store: SqlStore | None, now: Callable[[], datetime]
) -> list[Finding]:
    """A test to every chat that is no Telegram chat."""
    webhook = WebhookSender(_Present(now))
    senders: dict[Channel, Sender] = {Channel.WEBHOOK: webhook, Channel.APPRISE: AppriseSender()}
    try:
        return await _send_tests(chats, senders, store, now)
    finally:
        await webhook.close()


async def _send_tests(
    chats: Sequence[Chat],
    senders: Mapping[Channel, Sender],
    store: SqlStore | None,
    now: Callable[[], datetime],
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
            found.append(trouble(name, error, mend_of(error, chat.channel)))
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
