"""Logging for the whole process: one line per event, to stderr, secrets struck out wherever they appear."""

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog

# A bot token: digits, a colon, thirty or more URL-safe characters (Telegram Bot API, "Authorizing your bot").
_TOKEN = re.compile(r"\d{5,}(?::|%3A)[A-Za-z0-9_-]{30,}", re.IGNORECASE)
# Heard from WARNING up only; the HTTP client logs every request with its full address, the token included.
_LOUD = (
    "httpx",
    "httpcore",
    "telegram",
    "apscheduler",
    "asyncio",
    "watchfiles",
    "scrapy",
    "scrapy-playwright",
    "twisted",
    "trafilatura",
)
# Not heard below CRITICAL: their warnings quote addresses, which hold the passwords of mail and webhooks.
_MUTE = ("apprise", "urllib3", "requests")
_WEB = ("http", "https", "socks5", "socks5h")
_SHORTEST = 6  # letters: to strike out less would tear ordinary words
_LONG = 16  # letters from which a part of an address is taken for a key

_hidden: list[str] = []  # what `hide` was given, and its parts; the longest first


def hide(secrets: Iterable[str]) -> None:
    """Strike these out from now on, instead of what was given before: whole, and their secret parts."""
    parts = {part for secret in secrets for part in _parts(secret) if len(part) >= _SHORTEST}
    written = {json.dumps(part, ensure_ascii=False)[1:-1] for part in parts}  # as JSON lines show them
    _hidden[:] = sorted(parts | written, key=len, reverse=True)


def redact(text: str) -> str:
    """Strike out whatever looks like a bot token, and what `hide` was given."""
    text = _TOKEN.sub("[token]", text)
    for secret in _hidden:
        text = text.replace(secret, "[secret]")
    return text


def _parts(secret: str) -> Iterator[str]:
    """The secret; of an address also its password, what follows its host, and long pieces of it."""
    yield secret
    try:
        address = urlsplit(secret)
        password = address.password or ""
    except ValueError:  # not an address after all
        return
    if not address.scheme or not address.netloc:
        return
    yield from (password, unquote(password))
    tail = address.path + (f"?{address.query}" if address.query else "")
    yield tail
    # Apprise knows keys in the place of a host, and puts the pieces together anew.
    pieces = tail if address.scheme in _WEB else f"{address.netloc}{tail}"
    yield from (piece for piece in re.split(r"[/?&=:@]", pieces) if len(piece) >= _LONG)


class _Redacting(structlog.stdlib.ProcessorFormatter):
    """Formats a record, traceback included, and strikes secrets out of the result."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def set_up(level: str, style: str) -> None:
    """Send every logger's records through one redacting handler.

    `style` is "console", "json", or "auto": console on a terminal, JSON otherwise.
    """
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting(foreign_pre_chain=shared, processors=_ending(console)))
    # On the handler, because Scrapy puts the loggers' own levels back at each crawl.
    handler.setLevel(level)
    handler.addFilter(_worth_a_line)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def _worth_a_line(record: logging.LogRecord) -> bool:
    name = record.name.partition(".")[0]
    if name in _MUTE:
        return record.levelno >= logging.CRITICAL
    return record.levelno >= logging.WARNING or name not in _LOUD


def _ending(console: bool) -> list[Any]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if console:
        colours = sys.stderr.isatty()
        return [
            strip,
            structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback),
        ]
    return [
        strip,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
