"""What the answer to one message means for more than that message: its chat, the token, the operator."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from alerts.line import Line
from alerts.pace import address_of
from alerts.record import Record
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState
from monitor.core.model import ChatName, DeliveryId
from monitor.core.outbox import (
    TOKEN_WAIT,
    Doubtful,
    NotDelivered,
    Outcome,
    RetryAfter,
    TokenBad,
    Tripped,
    Unproved,
    held_until,
)
from monitor.core.ports import Clock, Outbox
from monitor.core.settings import Channel, Chat, Config

_LONG_HOLD = timedelta(minutes=10)  # a person should know of a longer silence

Tell = Callable[[str, str], None]  # queues a notice under a key that makes it unique


class Reactions:
    """Holds and parks chats, judges the bot's token and tells the operator, as the outcomes demand.

    `parked` is told of a chat that was parked, as it was configured when the request left.
    """

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        record: Record,
        *,
        config: Callable[[], Config],
        tell: Tell,
        parked: Callable[[Chat], None],
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._record = record
        self._config = config
        self._tell = tell
        self._parked = parked
        self._refused_at: datetime | None = None  # when the token was refused last
        self._trips: Counter[DeliveryId] = Counter()
        self.lost_topics: set[tuple[ChatName, int]] = set()
        self.problems: dict[str, str] = {}  # what stops the courier, in words, by what it is about

    # ── the token ──

    @property
    def token_refused(self) -> bool:
        return self._refused_at is not None

    def telegram_slots(self, free: int, *, quiet: bool, now: datetime) -> int:
        """How many messages may go to Telegram: all that are free unless the token was refused.

        After that one in a while, when all is `quiet`, is enough to learn whether it is good again.
        """
        if self._refused_at is None:
            return free
        # A refusal in the future is over: the clock was set back.
        if self._refused_at <= now < self._refused_at + TOKEN_WAIT:
            return 0
        return 1 if quiet else 0

    def _judge_token(self, outcome: Outcome) -> None:
        if isinstance(outcome, TokenBad):
            self.problems["token"] = outcome.why
            self._refused_at = self._clock.now()
        elif not isinstance(outcome, NotDelivered | Doubtful | Tripped | Unproved):
            self.problems.pop("token", None)
            self._refused_at = None

    # ── the chat ──

    def trip(self, delivery: Delivery, bug: Exception, *, left: bool) -> Tripped:
        """Our own code failed on it."""
        self._trips[delivery.id] += 1
        why = f"an error in our own code: {type(bug).__name__}"
        self.problems[f"bug:{delivery.id}"] = f"delivery {delivery.id}: {why}"
        return Tripped(why=why, left=left, times=self._trips[delivery.id])

    async def react(self, chat: Chat, settled: Delivery, outcome: Outcome) -> None:
        """Before the outcome is recorded: what else must not go out any more."""
        if chat.channel is Channel.TELEGRAM:
            self._judge_token(outcome)
        self.problems.pop(f"bug:{address_of(chat)}", None)
        if not isinstance(outcome, Tripped) or settled.state is DeliveryState.DEAD:
            self.problems.pop(f"bug:{settled.id}", None)
            self._trips.pop(settled.id, None)
        now = self._clock.now()
        if until := held_until(settled, outcome, now):
            since = settled.waits_since or now
            await self._record(self._outbox.hold_chat, chat.name, until, since, address_of(chat))
        if isinstance(outcome, RetryAfter) and outcome.after >= _LONG_HOLD:
            await self._tell_of_flood(chat.name, settled)

    async def _tell_of_flood(self, chat: ChatName, settled: Delivery) -> None:
        until = f"{settled.not_before:%Y-%m-%d %H:%M} UTC"
        text = f"Telegram takes no messages for chat {chat} until {until}; they are kept and sent then."
        await self._notify(chat, f"flood:{chat}:{until}", text)

    async def close_chat(self, name: ChatName, why: str, configured: Chat | None) -> None:
        """Park the chat with all that is owed to it, in one transaction: a crash leaves no message behind."""
        now = self._clock.now()
        await self._record(self._outbox.park_chat, name, why, now)
        if configured is not None:
            await self._record(self._parked, configured)
        text = f"Chat {name} takes no messages: {why}. What is due there is kept until that is mended."
        await self._notify(name, f"chat-gone:{name}:{now:%Y-%m-%d}", text)

    async def topic_lost(self, line: Line) -> None:
        """Remember the topic that the line met closed or deleted, if it did, and say so."""
        topic, name = line.lost_topic, line.chat.name
        if topic is None:
            return
        self.lost_topics.add((name, topic))
        text = (
            f"Topic {topic} of chat {name} is closed or deleted; its messages go to the chat without a topic."
        )
        await self._notify(None, f"topic-gone:{name}:{topic}", text)

    # ── the operator ──

    async def given_up(self, settled: Delivery) -> None:
        """Tell of one that will never be sent."""
        if settled.state is DeliveryState.DEAD and settled.kind is not DeliveryKind.NOTICE:
            text = f"The message {settled.key} for chat {settled.chat} was given up: {settled.why}."
            await self._notify(None, f"dead:{settled.id}", text)

    async def _notify(self, about: ChatName | None, key: str, text: str) -> None:
        """Tell the operator, unless that would go to the chat it is about."""
        if self._config().operator not in (None, about):
            await self._record(self._tell, key, text)
