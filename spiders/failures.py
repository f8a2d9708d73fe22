"""What went wrong with a request or a list: its cause, and the words an operator reads."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from monitor.core.polling import Cause
from spiders.blocks import block_page, js_shell

_STATUS = {
    401: "asks for a login (401)",
    403: "refuses us (403)",
    404: "not there any more (404)",
    410: "gone for good (410)",
    412: "wants a browser's cookies (412)",
    429: "asks for patience (429)",
    451: "withheld for legal reasons (451)",
}
_STATUS_CAUSES = {
    403: Cause.FORBIDDEN,
    404: Cause.GONE,
    410: Cause.GONE,
    412: Cause.COOKIE_WALL,
    429: Cause.PATIENCE,
}
_LONGEST_WAIT = timedelta(days=1)
_SHELL = "shows a page that only a browser's scripts fill (`browser: true` reads it)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What kept a list from being read."""

    words: str
    cause: Cause


class LeftAloneError(IgnoreRequest):
    """A request that was not made because its site's robots.txt could not be read now."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.words)


def status_trouble(status: int, text: str = "") -> Trouble:
    """What an HTTP status means, `text` being the page that came with it: it may be a wall against robots."""
    words = status_in_words(status)
    wall = block_page(text) if text and status not in (404, 410, 412, 429) else ""
    if wall:
        return Trouble(words=f"shows a block page ({wall}): {words}", cause=Cause.BLOCK_PAGE)
    default = Cause.SERVER if status >= 500 else Cause.ANSWER
    return Trouble(words=words, cause=_STATUS_CAUSES.get(status, default))


def list_trouble(problem: str, text: str) -> Trouble:
    """Why an answer held no list: the parser's words for it, unless it is a wall or a shell."""
    if wall := block_page(text):
        return Trouble(words=f"shows a block page ({wall}) in place of its list", cause=Cause.BLOCK_PAGE)
    if js_shell(text):
        return Trouble(words=_SHELL, cause=Cause.JS_SHELL)
    cause = next((cause for needle, cause in _PARSERS if problem.startswith(needle)), Cause.UNREADABLE)
    return Trouble(words=problem, cause=cause)


_PARSERS = (  # how the parsers begin their words, the more special first
    ("empty: nothing on the page matches", Cause.LAYOUT),
    ("empty: no items at the declared place", Cause.LAYOUT),
    ("the declared title field", Cause.LAYOUT),
    ("the page does not tell where its list is", Cause.LAYOUT),
    ("none of its pages has a date", Cause.NO_DATES),
    ("none of", Cause.LAYOUT),
    ("a selector is not CSS", Cause.LAYOUT),
    ("empty", Cause.EMPTY),
)


def status_in_words(status: int) -> str:
    """Name an HTTP status."""
    if status in _STATUS:
        return _STATUS[status]
    return f"server trouble ({status})" if status >= 500 else f"unexpected answer ({status})"


def retry_after(response: Response, now: datetime) -> timedelta | None:
    """How long the server asks to be left alone: seconds or a date, at most a day; None when it does not.

    Only a 429 or a 503 can ask for patience: with other answers the header means something else.
    """
    if response.status not in (429, 503):
        return None
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
        left = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError, TypeError):  # all of them for dates that are none
        return None
    return min(max(left, timedelta()), _LONGEST_WAIT)


class Patience:
    """Hosts that asked to be left alone, and until when; one for all crawls of a process."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def heed(self, response: Response, now: datetime) -> None:
        """Remember what a 429 or 503 asks for."""
        asked = retry_after(response, now)
        if asked:
            host = _host(response.url)
            self._until = {name: until for name, until in self._until.items() if until > now}
            self._until[host] = max(now + asked, self._until.get(host, now))

    def left(self, url: str, now: datetime) -> timedelta | None:
        """How long the host of this address still wants to be left alone; None when it may be asked."""
        until = self._until.get(_host(url))
        # One that is further ahead than any wait was set by a clock that has been put back since.
        return until - now if until is not None and now < until <= now + _LONGEST_WAIT else None


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def in_words(failure: Any) -> str:
    """Name a failed request (a Twisted Failure) by its cause."""
    return cause(failure.value)


def cause(error: BaseException) -> str:
    """Name what ended a request."""
    return trouble(error).words


def trouble(error: BaseException) -> Trouble:
    """What ended a request."""
    if isinstance(error, LeftAloneError):
        return error.trouble
    text = str(error)
    if isinstance(error, IgnoreRequest):
        return next(
            (
                Trouble(words=words or text, cause=cause)
                for needle, words, cause in _DROPPED
                if needle in text
            ),
            Trouble(words=text or "refused", cause=Cause.REFUSED),
        )
    kind = type(error).__name__
    return next(
        (Trouble(words=words, cause=cause) for needle, words, cause in _CAUSES if needle in kind + text),
        Trouble(words=_without_addresses(f"{kind}: {text[:120]}"), cause=Cause.CUT_OFF),
    )


def status_passes(status: int) -> bool:
    """Whether an answer of this status may be another one in an hour."""
    return status in (408, 425, 429) or status >= 500


def passes(error: BaseException) -> bool:
    """Whether what ended a request may be over in an hour; a refusal, or an answer too large, will not."""
    if isinstance(error, LeftAloneError):
        return True
    if isinstance(error, IgnoreRequest):
        return "asked for patience" in str(error)
    if "DownloadCancelled" in type(error).__name__ + str(error):
        return False
    return trouble(error).cause in (Cause.DNS, Cause.TIMEOUT, Cause.REFUSED, Cause.CUT_OFF)


def _without_addresses(text: str) -> str:
    """The text of an exception without addresses, which may hold a password."""
    return re.sub(r"[a-zA-Z][\w+.-]*://[^\s'\">]*", "(address)", text)


_DROPPED = (  # what middlewares say when they drop a request; "" leaves their words
    ("DOWNLOAD_MAXSIZE", "the answer is larger than allowed", Cause.CUT_OFF),
    ("max redirections", "it redirects in a circle, or too often", Cause.GONE),
    ("Forbidden by robots.txt", "", Cause.ROBOTS),
    ("asked for patience", "", Cause.PATIENCE),
)
_NO_NAME = "the name cannot be resolved (DNS), or resolves to a refused address"
_CAUSES = (
    ("CannotResolveHost", _NO_NAME, Cause.DNS),
    ("DNSLookupError", _NO_NAME, Cause.DNS),
    ("net::ERR_CERT_", "its certificate is not valid (TLS)", Cause.TLS),
    ("certificate verify failed", "its certificate is not valid (TLS)", Cause.TLS),
    ("SSL", "no secure connection (TLS)", Cause.TLS),
    ("TLS", "no secure connection (TLS)", Cause.TLS),
    ("DownloadTimeout", "did not answer in time", Cause.TIMEOUT),
    ("Timeout", "did not answer in time", Cause.TIMEOUT),
    ("DownloadConnectionRefused", "connection refused", Cause.REFUSED),
    ("ConnectionRefused", "connection refused", Cause.REFUSED),
    ("DownloadCancelled", "the answer is larger than allowed", Cause.CUT_OFF),
    ("DataLoss", "the answer was cut off", Cause.CUT_OFF),
    ("ConnectionLost", "the connection broke", Cause.CUT_OFF),
    ("ResponseFailed", "the connection broke", Cause.CUT_OFF),
)
