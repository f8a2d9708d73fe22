"""Send through the Telegram Bot API, and turn each of its answers into an error that names the reaction."""

import json
import os
import re
from datetime import timedelta

import httpx
from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.error import ChatMigrated as TelegramChatMigrated
from telegram.request import HTTPXRequest

from monitor.core.errors import (
    ChatGone,
    ChatMigrated,
    MessageRefused,
    NotSent,
    RetryLater,
    SendError,
    TokenRefused,
    Unsure,
)
from monitor.core.model import Chat, Message

# PTB's own 5 s makes "was it delivered?" a daily question; a busy Bot API server takes longer than that.
_READ_TIMEOUT = 30.0
_CONNECT_TIMEOUT = 10.0
_CONNECTIONS = 32  # above the number of chats served at once

# Telegram documents one message a second per chat and 20 a minute per group; a little slower is safe.
_CHAT_GAP = timedelta(seconds=1.05)
_GROUP_GAP = timedelta(seconds=3.1)

_CHAT_TROUBLE = re.compile(
    r"chat not found|not enough rights|have no rights|administrator rights|need to be a|not a member"
    r"|chat_write_forbidden|chat_restricted|chat_admin_required|user_is_blocked|peer_id_invalid"
    r"|user not found|group chat was deactivated|chat_send_plain_forbidden"
    r"|message thread not found|topic_closed|topic_deleted|chat_id is empty",
    re.IGNORECASE,
)
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def gap_between_messages(chat_id: str) -> timedelta:
    """The least time between two messages to one Telegram chat; groups and channels have negative ids."""
    return _GROUP_GAP if chat_id.startswith(("-", "@")) else _CHAT_GAP


class TelegramSender:
    """A Sender over python-telegram-bot. `start` before the first message, `close` after the last."""

    def __init__(
        self, token: str, *, api_url: str, proxy: str | None = None, read_timeout: float = _READ_TIMEOUT
    ) -> None:
        # PTB's own opt-in to durations as timedelta; without it every 429 costs a deprecation warning.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._token = token
        self._request = _QuietRequest(
            connection_pool_size=_CONNECTIONS,
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=read_timeout,
            write_timeout=read_timeout,
            pool_timeout=_CONNECT_TIMEOUT,
            proxy=proxy,
        )
        base = api_url.rstrip("/")
        try:
            self._bot = Bot(
                token,
                base_url=f"{base}/bot",
                base_file_url=f"{base}/file/bot",
                request=self._request,
                get_updates_request=self._request,
            )
        except InvalidToken as error:
            raise TokenRefused("the bot token is empty") from error

    async def start(self) -> None:
        """Open the connection pool. Nothing is asked of Telegram: the service starts while it is down."""
        await self._request.initialize()

    async def close(self) -> None:
        await self._request.shutdown()

    async def send(self, chat: Chat, message: Message) -> int | None:
        """Send the message as HTML, or as plain text when it has none. Raises a SendError."""
        if not chat.id:
            raise ChatGone(f"chat {chat.name} has no id")
        try:
            accepted = await self._bot.send_message(
                chat_id=chat.id,
                text=message.html or message.plain,
                parse_mode=ParseMode.HTML if message.html else None,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                disable_notification=message.silent,
            )
        except TelegramError as error:
            # No cause is kept: the chain holds the request, whose address holds the token.
            raise self._translated(error) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # PTB builds a Message out of whatever JSON came back; a proxy's page can be JSON, too.
            raise Unsure(f"the answer is not a message ({type(error).__name__})") from None
        return accepted.message_id

    def _translated(self, error: TelegramError) -> SendError:
        words = self._words(error)
        match error:
            case RetryAfter():
                return RetryLater(_pause(error))
            case TelegramChatMigrated():
                return ChatMigrated(error.new_chat_id)
            case Forbidden():
                return ChatGone(words)
            case InvalidToken():
                return TokenRefused("Telegram refuses the bot token")
            case BadRequest():
                return ChatGone(words) if _CHAT_TROUBLE.search(words) else MessageRefused(words)
            case NetworkError():
                return _network_trouble(error, words)
            case _:
                return Unsure(words)

    def _words(self, error: TelegramError) -> str:
        # PTB quotes a body it cannot parse: a proxy's page is no news for the log.
        first = error.message.split(". Parsing the server response")[0].splitlines() or [""]
        return first[0].replace(self._token, "***")[:200] or type(error).__name__


class _QuietRequest(HTTPXRequest):
    """PTB's transport, but a broken answer is not written to the log in full."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        try:
            answer = json.loads(payload)
        except ValueError as error:
            raise TelegramError("Invalid server response") from error
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        return answer


def _pause(error: RetryAfter) -> timedelta:
    # A timedelta by the opt-in above, an int of seconds should a user's environment refuse it.
    after = error.retry_after
    return after if isinstance(after, timedelta) else timedelta(seconds=after)


def _network_trouble(error: NetworkError, words: str) -> SendError:
    return NotSent(words) if isinstance(error.__cause__, _NEVER_LEFT) else Unsure(words)
