"""Ask Telegram what stands in the way of alerts: the token, each chat, the rights there, its topic."""

from dataclasses import dataclass

from telegram import ChatFullInfo, ChatMember
from telegram.constants import ChatAction, ChatMemberStatus, ChatType

from alerts.telegram import TelegramSender
from monitor.core.errors import (
    ChatGone,
    ChatMigrated,
    MessageRefused,
    NotSent,
    RetryLater,
    SendError,
    TokenRefused,
    TopicGone,
    Unsure,
)
from monitor.core.settings import Channel, Chat

_MENDS: tuple[tuple[type[SendError], str], ...] = (
    (ChatGone, "write to the bot or add it there; check the chat's id"),
    (TopicGone, "open the topic again, or change thread:"),
    (ChatMigrated, "write the new number as the chat's id"),
    (TokenRefused, "copy it again from @BotFather into TELEGRAM_BOT_TOKEN"),
    (NotSent, "check the network and HTTPS_PROXY"),
    (Unsure, "look whether it came; check the network and HTTPS_PROXY"),
    (RetryLater, "wait so long, then try again"),
    (MessageRefused, "please report this: the test is plain text"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What keeps alerts from a chat, and what a person can do about it."""

    problem: str
    mend: str


class Probe(TelegramSender):
    """The real sender, which can also look without sending."""

    async def me(self) -> tuple[int, str]:
        """The bot's number and name. Raises a SendError."""
        user = await self._asked(self._bot.get_me)
        return user.id, user.username or ""

    async def obstacle(self, chat: Chat, bot_id: int) -> Obstacle | None:
        """What keeps the bot from posting in a chat, if anything. A SendError: nobody can tell."""
        try:
            told = await self._asked(self._bot.get_chat, chat_id=chat.id)
            if told.type == ChatType.PRIVATE:
                await self._asked(self._bot.send_chat_action, chat_id=chat.id, action=ChatAction.TYPING)
                return None
            member = await self._asked(self._bot.get_chat_member, chat_id=chat.id, user_id=bot_id)
            return _missing_right(told, member) or await self._topic_trouble(chat, told)
        except ChatGone as error:
            return Obstacle(problem=str(error), mend=mend_of(error))

    async def _topic_trouble(self, chat: Chat, told: ChatFullInfo) -> Obstacle | None:
        if chat.thread is None:
            return None
        if not told.is_forum:
            return Obstacle(
                problem="has no topics", mend="take thread: out, or switch topics on in the group"
            )
        try:
            await self._asked(
                self._bot.send_chat_action,
                chat_id=chat.id,
                action=ChatAction.TYPING,
                message_thread_id=chat.thread,
            )
        except TopicGone as error:
            return Obstacle(problem=f"topic {chat.thread}: {error}", mend=mend_of(error))
        return None


def mend_of(error: SendError, channel: Channel = Channel.TELEGRAM) -> str:
    """What a person can do about a message that did not go out."""
    if channel is not Channel.TELEGRAM and isinstance(error, ChatGone):
        return "check the address"
    return next((mend for kind, mend in _MENDS if isinstance(error, kind)), "try again later")


def _missing_right(told: ChatFullInfo, member: ChatMember) -> Obstacle | None:
    match member.status:
        case ChatMemberStatus.LEFT | ChatMemberStatus.BANNED:
            return Obstacle(problem="the bot is not a member", mend="add the bot there")
        case ChatMemberStatus.OWNER:
            return None
        case ChatMemberStatus.ADMINISTRATOR:
            may = told.type != ChatType.CHANNEL or getattr(member, "can_post_messages", False)
            return None if may else _may_not("give the bot the right to post messages")
        case ChatMemberStatus.RESTRICTED:
            may = getattr(member, "can_send_messages", False)
            return None if may else _may_not("lift the restriction of the bot")
        case _:
            return _missing_of_members(told)


def _missing_of_members(told: ChatFullInfo) -> Obstacle | None:
    if told.type == ChatType.CHANNEL:
        return _may_not("make the bot an administrator who may post")
    if told.permissions and told.permissions.can_send_messages is False:
        return _may_not("let members write, or make the bot an administrator")
    return None


def _may_not(mend: str) -> Obstacle:
    return Obstacle(problem="the bot may not post", mend=mend)
