"""Send through the Telegram Bot API, and turn each of its answers into an error that names the reaction."""

import json
import os
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

import httpx
from telegram import (
    Bot,
    ChatMemberAdministrator,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
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
    ButtonsRefused,
    ChatGone,
    ChatMigrated,
    MessageRefused,
    NotOurs,
    NotSent,
    RetryLater,
    SendError,
    TokenRefused,
    TopicGone,
    Unexplained,
    Unsure,
)
from monitor.core.messages import Button, Message
from monitor.core.outbox import shares_sequence
from monitor.core.settings import Channel, Chat

# PTB's own 5 s makes "was it delivered?" a daily question; a busy Bot API server takes longer than that.
_READ_TIMEOUT = 30.0
_CONNECT_TIMEOUT = 10.0
_CONNECTIONS = 32  # above the number of chats served at once

_GENERAL = 1  # the topic every forum has; its id is refused when sent (tdlib/telegram-bot-api #447)

# What a 400 is about, by its words; the first pattern found decides. Some come in capitals, some do not, and
# python-telegram-bot changes the case of most.
_TROUBLES: tuple[tuple[type[SendError], re.Pattern[str]], ...] = tuple(
    (error, re.compile(words, re.IGNORECASE))
    for error, words in (
        (TopicGone, r"message thread not found|topic_closed|topic_deleted|topic_id_invalid"),
        (
            ChatGone,
            r"chat not found|not enough rights|have no rights|administrator rights|need to be a|not a member"
            r"|chat_write_forbidden|chat_restricted|chat_admin_required|user_is_blocked|peer_id_invalid"
            r"|user not found|group chat was deactivated|chat_id is empty|no write access|channel_private"
            r"|user_banned_in_channel|chat_forbidden|chat_guest_send_forbidden|chat_send_(plain|text)s?_forbidden"
            r"|input_user_deactivated|user_is_bot",
        ),
        (
            ButtonsRefused,
            r"button_data_invalid|button_url_invalid|button_type_invalid|reply[_ ]markup|inline keyboard"
            r"|keyboard button|wrong http url",
        ),
        (NotOurs, r"message can't be edited|message_author_required"),
        (
            MessageRefused,
            r"can't parse entit|entities_too_long|entity_\w+_invalid|(message|text|caption) is too long"
            r"|(message|caption)_too_long|message_empty|message text is empty|must be non-empty"
            r"|must be encoded in utf-8|message to edit not found|message_id_invalid|identifier is not"
            r"|is not modified|message_not_modified|message to be replied not found|replied message not found"
            r"|reply_message_id_invalid",
        ),
    )
)
_NO_SUCH_MESSAGE = re.compile(
    r"message to edit not found|message_id_invalid|identifier is not", re.IGNORECASE
)
_SLOW_MODE = re.compile(r"slowmode_wait_?(\d*)", re.IGNORECASE)
_SLOW = timedelta(minutes=1)  # where a group in slow mode does not tell how long
_UNTOLD_PAUSE = timedelta(seconds=60)  # a 429 that does not say how long
_LONGEST_PAUSE = timedelta(days=30)  # what is asked beyond that is a mistake
_LARGEST_ID = 2**52  # as the Bot API documents for the largest of its ids
_SAME_ALREADY = re.compile(r"message is not modified|message_not_modified", re.IGNORECASE)
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class TelegramSender:
    """A Sender over python-telegram-bot. `start` before the first message, `close` after the last."""

    def __init__(
        self, token: str, *, api_url: str, proxy: str | None = None, read_timeout: float = _READ_TIMEOUT
    ) -> None:
        # PTB's own opt-in to durations as timedelta; without it every 429 costs a deprecation warning.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._token = token
        self._request = QuietRequest(
            connection_pool_size=_CONNECTIONS,
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=read_timeout,
            write_timeout=read_timeout,
            pool_timeout=_CONNECT_TIMEOUT,
            proxy=proxy,
            httpx_kwargs={"trust_env": False},  # no proxy but that one: NO_PROXY was obeyed by who named it
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

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        """Send the message as HTML, or as plain text when it has none. Raises a SendError."""
        # Forbidden to fail: an answer is worth sending when what it answers was deleted.
        reply = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
        accepted = await self._asked(
            self._bot.send_message,
            chat_id=_address(chat),
            text=message.html or message.plain,
            parse_mode=ParseMode.HTML if message.html else None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            disable_notification=message.silent,
            message_thread_id=None if chat.thread == _GENERAL else chat.thread,
            reply_parameters=reply,
            reply_markup=_keyboard(message.buttons),
        )
        return _id_of(accepted)

    async def edit(self, chat: Chat, message_id: int, message: Message) -> bool:
        """Make the message read like this; False when there is none of this id. Raises a SendError."""
        try:
            edited = await self._asked(
                self._bot.edit_message_text,
                chat_id=_address(chat),
                message_id=message_id,
                text=message.html or message.plain,
                parse_mode=ParseMode.HTML if message.html else None,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=_keyboard(message.buttons),
            )
        except MessageRefused as refusal:
            if _SAME_ALREADY.search(str(refusal)):
                return True
            if _NO_SUCH_MESSAGE.search(str(refusal)):
                return False
            raise
        if _id_of(edited) != message_id:
            raise Unsure("the answer is about another message")
        return True

    async def delete(self, chat: Chat, message_id: int) -> bool:
        """Take a message back; False when it cannot be, or is gone. Raises a SendError."""
        try:
            return await self._asked(self._bot.delete_message, chat_id=_address(chat), message_id=message_id)
        except (MessageRefused, NotOurs):
            return False

    async def reads_back(self, chat: Chat) -> bool:
        """Telegram tells by an edit whether a message is there. Raises a SendError.

        Not where the bot has the right to edit what others wrote, which only channels give: an edit at random
        would overwrite their posts.
        """
        if chat.channel is not Channel.TELEGRAM:
            return False
        if shares_sequence(chat.id):  # a private chat or a basic group
            return True
        me = await self._asked(
            self._bot.get_chat_member, chat_id=_address(chat), user_id=int(self._token.split(":")[0])
        )
        return not (isinstance(me, ChatMemberAdministrator) and me.can_edit_messages)

    async def _asked(
        self, method: Callable[Asked, Awaitable[Answer]], *args: Asked.args, **fields: Asked.kwargs
    ) -> Answer:
        try:
            return await method(*args, **fields)
        except TelegramError as error:
            # No cause is kept: the chain holds the request, whose address holds the token.
            raise self._translated(error) from None
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            # PTB builds a Message out of whatever JSON came back; a proxy's page can be JSON, too.
            raise Unsure(f"the answer is not a message ({type(error).__name__})") from None

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
                return _refusal(words)
            case NetworkError():
                return _network_trouble(error, words)
            case _:
                return Unsure(words)

    def _words(self, error: TelegramError) -> str:
        # PTB quotes a body it cannot parse: a proxy's page is no news for the log.
        first = error.message.split(". Parsing the server response")[0].splitlines() or [""]
        return first[0].replace(self._token, "***")[:200] or type(error).__name__


class QuietRequest(HTTPXRequest):
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


def _address(chat: Chat) -> str:
    if not chat.id:
        raise ChatGone(f"chat {chat.name} has no id")
    return chat.id


def _keyboard(rows: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(button.label, callback_data=button.press) for button in row] for row in rows]
    )


def _refusal(words: str) -> SendError:
    if slow := _SLOW_MODE.search(words):
        return RetryLater(timedelta(seconds=int(slow[1][:6])) if slow[1] else _SLOW)
    named = (error for error, pattern in _TROUBLES if pattern.search(words))
    return next(named, Unexplained)(words)


def _pause(error: RetryAfter) -> timedelta:
    # A timedelta by the opt-in above, an int of seconds should a user's environment refuse it.
    after: object = error.retry_after
    if isinstance(after, int | float):
        after = timedelta(seconds=min(after, _LONGEST_PAUSE.total_seconds()))
    if not isinstance(after, timedelta):
        return _UNTOLD_PAUSE
    return min(max(after, timedelta(0)), _LONGEST_PAUSE)


def _id_of(answer: object) -> int:
    """The id of the message that was sent or edited; what a proxy makes up may have anything there."""
    number = getattr(answer, "message_id", None)
    if type(number) is not int or not 0 < number < _LARGEST_ID:
        raise Unsure("the answer is not a message")
    return number


def _network_trouble(error: NetworkError, words: str) -> SendError:
    return NotSent(words) if isinstance(error.__cause__, _NEVER_LEFT) else Unsure(words)
