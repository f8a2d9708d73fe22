"""Send to a web address of the desk's own: one signed POST per message, safe to receive twice.

Headers and signature follow the Standard Webhooks specification, https://www.standardwebhooks.com: the id is
the same for every try, so that a receiver drops repeats; the signature is HMAC-SHA256 of `id.timestamp.body`.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from alerts.channels import OneWay
from monitor.core.errors import ChatGone, MessageRefused, NotSent, RetryLater, SendError, Unsure
from monitor.core.messages import Message
from monitor.core.ports import Clock
from monitor.core.settings import Chat

_PATIENCE = 60.0  # seconds for one message in all: a receiver that trickles must not hold its chat
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_DEFAULT_PAUSE = timedelta(seconds=60)
_LONGEST_PAUSE = timedelta(days=1)
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_GONE = frozenset({401, 403, 404, 410})


class WebhookSender(OneWay):
    """A Sender over HTTP: receivers tell repeats by their id. `close` after the last message."""

    def __init__(
        self,
        clock: Clock,
        *,
        client: Callable[[], httpx.AsyncClient] | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        self._clock = clock
        self._patience = patience
        self._make = client or _client
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> None:  # noqa: ARG002
        """POST the message; there is no message id. Raises a SendError."""
        await self._post(chat, _body(chat, message), message.key)

    async def _post(self, chat: Chat, body: bytes, key: str) -> None:
        if self._client is None:
            self._client = self._make()
        headers = signed(body, key=key, secret=chat.secret, now=self._clock.now())
        try:
            # Only the head of the answer is read: its body could be endless.
            async with (
                asyncio.timeout(self._patience),
                self._client.stream("POST", chat.id, content=body, headers=headers) as answer,
            ):
                pass
        # The address may hold a token: neither it nor the exception that quotes it goes any further.
        except _NEVER_LEFT as error:
            raise NotSent(f"no connection to the webhook ({type(error).__name__})") from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unsure(f"no answer of the webhook ({type(error).__name__})") from None
        except (httpx.InvalidURL, ValueError):
            raise ChatGone("the webhook's address cannot be used") from None
        if not answer.is_success:
            raise self._trouble(answer)

    def _trouble(self, answer: httpx.Response) -> SendError:
        words = f"the webhook answers {answer.status_code}"
        if answer.status_code == 429:
            return RetryLater(_pause(answer.headers.get("Retry-After", ""), self._clock.now()))
        # Elsewhere now: a person has to say where to, for a message is not carried to strangers.
        if answer.is_redirect or answer.status_code in _GONE:
            return ChatGone(words)
        if answer.is_client_error:
            return MessageRefused(words)
        return Unsure(words)


def signed(body: bytes, *, key: str, secret: str, now: datetime) -> dict[str, str]:
    """The headers of a message: content type, id, time and, with a secret, the signature."""
    moment = str(int(now.timestamp()))
    headers = {"Content-Type": "application/json", "webhook-id": key, "webhook-timestamp": moment}
    if secret:
        text = b".".join([key.encode(), moment.encode(), body])
        digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
        headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return headers


def _body(chat: Chat, message: Message) -> bytes:
    fields = {
        "type": "message",
        "key": message.key,
        "chat": chat.name,
        "text": message.plain,
        "html": message.html,
        "silent": message.silent,
    }
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")


def _pause(written: str, now: datetime) -> timedelta:
    """What Retry-After asks for, in seconds or as a date; a minute when it says nothing usable."""
    if written.isascii() and written.isdigit():
        return min(timedelta(seconds=int(written[:6])), _LONGEST_PAUSE)
    try:
        at = parsedate_to_datetime(written)
    except (TypeError, ValueError):
        return _DEFAULT_PAUSE
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), _LONGEST_PAUSE)


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)
