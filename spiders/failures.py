"""What went wrong with a request, in the words an operator reads."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

_STATUS = {
    401: "asks for a login (401)",
    403: "refuses us (403)",
    404: "not there any more (404)",
    410: "gone for good (410)",
    412: "wants a browser's cookies (412)",
    429: "asks for patience (429)",
    451: "withheld for legal reasons (451)",
}
_LONGEST_WAIT = timedelta(days=1)


def status_in_words(status: int) -> str:
    """Name an HTTP status."""
    if status in _STATUS:
        return _STATUS[status]
    return f"server trouble ({status})" if status >= 500 else f"unexpected answer ({status})"


def retry_after(response: Response, now: datetime) -> timedelta | None:
    """How long the server asks to be left alone: seconds or a date, at most a day; None when it does not."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta()), _LONGEST_WAIT)


def in_words(failure: Any) -> str:
    """Name a failed request (a Twisted Failure) by its cause."""
    return cause(failure.value)


def cause(error: BaseException) -> str:
    """Name what ended a request."""
    if isinstance(error, IgnoreRequest):
        return str(error) or "refused"
    kind = type(error).__name__
    text = str(error)
    for needle, words in _CAUSES:
        if needle in kind or needle in text:
            return words
    return f"{kind}: {text[:120]}"


_CAUSES = (
    ("CannotResolveHost", "the name cannot be resolved (DNS), or resolves to a refused address"),
    ("DNSLookupError", "the name cannot be resolved (DNS), or resolves to a refused address"),
    ("certificate verify failed", "its certificate is not valid (TLS)"),
    ("SSL", "no secure connection (TLS)"),
    ("TLS", "no secure connection (TLS)"),
    ("DownloadTimeout", "did not answer in time"),
    ("Timeout", "did not answer in time"),
    ("DownloadConnectionRefused", "connection refused"),
    ("ConnectionRefused", "connection refused"),
    ("DownloadCancelled", "the answer is larger than allowed"),
    ("DataLoss", "the answer was cut off"),
    ("ConnectionLost", "the connection broke"),
    ("ResponseFailed", "the connection broke"),
)
