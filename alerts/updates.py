"""What people write to the bot and press: asked of Telegram by long polling, as types of our own."""

import os
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from telegram import Bot, BotCommand, CallbackQuery, MaybeInaccessibleMessage, Message
from telegram import Update as TelegramUpdate
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from alerts.telegram import QuietRequest
from monitor.core.errors import NotSent, PolicywireError, RetryLater, TokenRefused

_LONG_POLL = timedelta(seconds=30)  # Telegram allows 50 s
_TIMEOUT = 10.0  # seconds, of a connection and of what comes on top of the long poll
_KINDS = ("message", "callback_query")
_LONGEST_TOAST = 200  # characters Telegram shows after a press

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something was written: a chat, and in a forum its topic."""

    chat_id: int
    private: bool = False
    username: str = ""  # of a public group
    channel: bool = False
    thread: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A person wrote a message."""

    number: int
    person: int  # Telegram's number of the user
    place: Place
    message_id: int
    text: str
    reply_to: int | None = None
    language: str = ""  # the person's, as Telegram tells it: zh-hans, en


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A person pressed a button."""

    number: int
    person: int
    press_id: str
    press: str
    place: Place | None  # None: the message is not ours to know
    message_id: int | None
    language: str = ""  # the person's, as Telegram tells it


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something that concerns nobody here; of a message, where it is."""

    number: int
    place: Place | None = None
    message_id: int | None = None


Update = Written | Pressed | Unknown


class OtherPoller(PolicywireError):  # noqa: N818 - says the reaction, as core/errors.py does
    """Somebody else receives this bot's messages (409): another process, or a webhook."""


class Inbox:
    """The receiving end of the bot. `start` before the first call, `close` after the last."""

    def __init__(
        self,
        token: str,
        *,
        api_url: str,
        proxy: str | None = None,
        long_poll: timedelta = _LONG_POLL,
        timeout: float = _TIMEOUT,
    ) -> None:
        # PTB's own opt-in to durations as timedelta; without it every 429 costs a deprecation warning.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._token = token
        self._long_poll = long_poll
        # One connection polls: a Bot of its own, so that sending never waits behind it.
        self._request = _Sifting(
            connection_pool_size=4,
            connect_timeout=timeout,
            read_timeout=timeout,
            write_timeout=timeout,
            pool_timeout=timeout,
            proxy=proxy,
            httpx_kwargs={"trust_env": False},  # as the sender
        )
        base = f"{api_url.rstrip('/')}/bot"
        self._bot = Bot(token, base_url=base, request=self._request, get_updates_request=self._request)

    async def start(self) -> None:
        """Open the connections. Nothing is asked of Telegram: the service starts while it is down."""
        await self._request.initialize()

    async def close(self) -> None:
        await self._request.shutdown()

    async def username(self) -> str:
        """The bot's own name, without the @. Raises as `fetch` does."""
        return (await self._asked(self._bot.get_me())).username or ""

    async def announce(self, commands: Mapping[str, str], language: str = "") -> None:
        """Tell Telegram the commands and what they do, for its menu: of the people with this language, or of
        all who have none of their own. Raises as `fetch` does."""
        told = [BotCommand(name, does) for name, does in commands.items()]
        await self._asked(self._bot.set_my_commands(told, language_code=language or None))

    async def fetch(self, offset: int | None) -> Sequence[Update]:
        """Wait for updates from `offset` on; all before it count as handled.

        Raises OtherPoller, TokenRefused, RetryLater, or NotSent for any other trouble.
        """
        found = await self._asked(
            self._bot.get_updates(offset=offset, timeout=self._long_poll, allowed_updates=_KINDS)
        )
        return [_understood(one) for one in found]

    async def answer_press(self, press_id: str, words: str = "", *, to_read: bool = False) -> None:
        """End the little clock on a button and show a few words, to be closed by hand if they are `to_read`.

        A late answer is nobody's trouble.
        """
        shown = words if len(words) <= _LONGEST_TOAST else words[: _LONGEST_TOAST - 1] + "…"
        with suppress(TelegramError):
            await self._bot.answer_callback_query(press_id, text=shown or None, show_alert=to_read or None)

    async def _asked(self, answer: Awaitable[Answer]) -> Answer:
        try:
            return await answer
        except TelegramError as error:
            # No cause is kept: the chain holds the request, whose address holds the token.
            raise self._translated(error) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # PTB builds updates out of whatever JSON came back; a proxy's page can be JSON, too.
            raise NotSent(f"the answer is none of Telegram's ({type(error).__name__})") from None

    def _translated(self, error: TelegramError) -> PolicywireError:
        words = (error.message.splitlines() or [""])[0].replace(self._token, "***")[:200]
        match error:
            case Conflict():
                return OtherPoller(words)
            case InvalidToken():
                return TokenRefused("Telegram refuses the bot token")
            case RetryAfter(retry_after=after):
                return RetryLater(after if isinstance(after, timedelta) else timedelta(seconds=after))
            case _:
                return NotSent(words or type(error).__name__)


class _Sifting(QuietRequest):
    """The inbox's transport. An update that PTB cannot read is emptied: else it would come again for ever."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        answer: dict[str, Any] = QuietRequest.parse_json_payload(payload)
        result = answer.get("result")
        if isinstance(result, list):
            answer["result"] = [_readable(one) for one in result]
        return answer


def _readable(update: Any) -> Any:
    try:
        TelegramUpdate.de_json(update)
    except (KeyError, TypeError, ValueError, AttributeError):
        numbered = isinstance(update, dict) and "update_id" in update
        return {"update_id": update["update_id"]} if numbered else update
    return update


def _understood(update: TelegramUpdate) -> Update:
    number = update.update_id
    if update.callback_query is not None:
        return _pressed(number, update.callback_query)
    if update.message is not None:
        return _written(number, update.message)
    return Unknown(number=number)


def _written(number: int, message: Message) -> Update:
    person = message.from_user
    # What is forwarded, or was put together by another bot, are not the sender's own words.
    foreign = message.forward_origin is not None or message.via_bot is not None
    if person is None or person.is_bot or not message.text or foreign:
        return Unknown(number=number, place=_place(message), message_id=message.message_id)
    replied = message.reply_to_message
    return Written(
        number=number,
        person=person.id,
        place=_place(message),
        message_id=message.message_id,
        text=message.text,
        reply_to=replied.message_id if replied else None,
        language=person.language_code or "",
    )


def _pressed(number: int, query: CallbackQuery) -> Pressed:
    message = query.message
    return Pressed(
        number=number,
        person=query.from_user.id,
        press_id=query.id,
        press=query.data or "",
        place=_place(message) if message else None,
        message_id=message.message_id if message else None,
        language=query.from_user.language_code or "",
    )


def _place(message: MaybeInaccessibleMessage) -> Place:
    # Outside a topic of a forum a reply carries an id, too, which is refused when sent back
    # (tdlib/telegram-bot-api #447); of an old message nothing but its chat and id is told.
    in_topic = isinstance(message, Message) and message.is_topic_message
    return Place(
        chat_id=message.chat.id,
        private=message.chat.type == "private",
        username=message.chat.username or "",
        channel=message.chat.type == "channel",
        thread=message.message_thread_id if in_topic and isinstance(message, Message) else None,
    )
