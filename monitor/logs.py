"""Logging for the whole process: one line per event, to stderr, secrets struck out wherever they appear."""

import logging
import re
import sys
from typing import Any

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


def redact(text: str) -> str:
    """Strike out whatever looks like a bot token."""
    return _TOKEN.sub("[token]", text)


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
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in _LOUD


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
