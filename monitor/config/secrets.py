"""What of the configuration must never show: addresses that carry credentials, keys, the proxy's password."""

from collections.abc import Iterator

from monitor.config.environment import Environment
from monitor.core.settings import Channel, Config


def secrets_of(environment: Environment, config: Config | None = None) -> Iterator[str]:
    """Every secret, as it was written; the database's address only as far as it holds a password."""
    yield environment.token
    yield environment.proxy
    if "@" in environment.database_url:
        yield environment.database_url
    if config is None:
        return
    for chat in config.chats:
        yield chat.secret
        if chat.channel is not Channel.TELEGRAM:
            yield chat.id
    if config.llm is not None:
        yield config.llm.key
        if "@" in config.llm.api_url:
            yield config.llm.api_url
    if "@" in config.telegram.api_url:
        yield config.telegram.api_url
