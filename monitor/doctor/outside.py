"""What else is out there: the proxy, other channels, the language model."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from alerts.llm import NOT_INSTALLED, write
from monitor.config.environment import Environment
from monitor.core.errors import ModelError, ModelUnavailable
from monitor.core.machine import Task
from monitor.core.settings import Channel, Chat, Config
from monitor.doctor.finding import Finding, trouble

_PATIENCE = 10.0  # seconds for a connection
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_ONE_WORD = Task(instructions="Answer with the single word: ready", item="Are you ready?")


async def look_at_proxy(environment: Environment) -> list[Finding]:
    """Whether the proxy listens, where there is one."""
    if not environment.proxy:
        return []
    mend = "start the proxy, or mend HTTPS_PROXY"
    return [await _reachable("proxy", environment.proxy, mend)]


async def other_channels(chats: Sequence[Chat]) -> list[Finding]:
    """Whether somebody listens where the alerts go that do not go to Telegram."""
    found = []
    for chat in chats:
        name = f"{chat.channel} {chat.name}"
        if chat.channel is Channel.WEBHOOK:
            found.append(await _reachable(name, chat.id, "check the address and the network"))
        elif chat.channel is Channel.APPRISE:
            found.append(Finding(name=name, words="is only tried with --send"))
    return found


async def language_model(config: Config, environment: Environment) -> list[Finding]:
    """Whether the endpoint writes: one word is asked of it, as texts are."""
    llm = config.llm
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
