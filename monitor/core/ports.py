"""The seams: four protocols, no more. Scrapy itself is the fetch seam.

Stores are synchronous and are called from worker threads; only `Sender` is async.
"""

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from monitor.core.model import (
    Article,
    ArticleId,
    Chat,
    ChatName,
    Decision,
    Delivery,
    DeliveryState,
    Fingerprint,
    Message,
    Reason,
    RobotsText,
    Source,
    SourceId,
    SourceState,
    Story,
    StoryId,
    Verdict,
)

MOST_ALIKE = 20


class Clock(Protocol):
    """Tells the present; tests bring their own."""

    def now(self) -> datetime:
        """The present as aware UTC."""
        ...


class Work(Protocol):
    """One transaction. Writers take the lock when the transaction opens, before they read."""

    # sources
    def keep_sources(self, sources: Collection[Source], now: datetime) -> None:
        """Make these the watched sources: new ones are due at `now`, known ones keep their state."""
        ...

    def source_state(self, source_id: SourceId) -> SourceState | None: ...

    def save_source_state(self, state: SourceState) -> None: ...

    def robots(self, origin: str) -> RobotsText | None: ...

    def save_robots(self, robots: RobotsText) -> None: ...

    # articles and stories
    def known_keys(self, source_id: SourceId, keys: Collection[str]) -> frozenset[str]:
        """Which of these entry keys this source has already delivered."""
        ...

    def add_article(
        self,
        article: Article,
        *,
        keys: Collection[str],
        verdict: Verdict,
        decision: Decision,
        story_id: StoryId,
        fingerprint: Fingerprint,
    ) -> ArticleId:
        """Keep an article with its verdict, decision and place, and its bands for later look-ups."""
        ...

    def similar(
        self, fingerprint: Fingerprint, canonical_url: str, since: datetime
    ) -> tuple[tuple[Story, Fingerprint], ...]:
        """Stories last seen at or after `since` that hold a report sharing a band or the canonical URL
        (an empty URL matches nothing), each with that report's fingerprint.

        Of a band or URL the newest `MOST_ALIKE` reports are looked at, so that a headline that comes back
        a thousand times costs no more than one that comes back twenty times.
        """
        ...

    def open_story(self, title: str, now: datetime) -> Story: ...

    def save_story(self, story: Story) -> None: ...

    # outbox, the writing end
    def add_alert(self, story_id: StoryId, article_id: ArticleId, decision: Decision, now: datetime) -> bool:
        """Queue the story for every chat of a Send or Hold; a chat that has it already is left alone.
        True when at least one delivery was queued."""
        ...

    def add_notice(self, key: str, text: str, chat: ChatName, now: datetime) -> bool:
        """Queue a notice for the operator; False when this key was queued for the chat before."""
        ...


class Store(Protocol):
    """Where everything is kept."""

    def work(self) -> AbstractContextManager[Work]:
        """Open a transaction: committed on a clean exit, rolled back on an exception. Raises StoreError."""
        ...

    def due_sources(self, now: datetime) -> tuple[SourceState, ...]:
        """Watched sources whose next poll is due, the longest overdue first."""
        ...

    def source_states(self) -> tuple[SourceState, ...]:
        """Every watched source, by id."""
        ...

    def recent_alerts(self, limit: int) -> tuple[Delivery, ...]:
        """The newest deliveries of alerts, newest first."""
        ...

    def find_article(self, article_id: ArticleId) -> tuple[Article, Verdict, Reason, str] | None:
        """An article with its verdict, and the reason and words of its decision."""
        ...

    def article_count(self) -> int: ...

    def close(self) -> None: ...


class Outbox(Protocol):
    """The reading end of the outbox, used by the courier alone."""

    def claim(
        self, now: datetime, lease: timedelta, limit: int, busy: Collection[ChatName]
    ) -> tuple[Delivery, ...]:
        """Take up to `limit` due deliveries, oldest first, at most one per chat and none for a `busy` chat.

        The claim is committed before this returns. Due are: queued, waiting and unsure ones whose
        `not_before` has passed, and claims whose lease ran out; the last two come back with `maybe_sent`.
        A chat that is held (see `hold_chat`) or has a claim in flight yields nothing.
        """
        ...

    def end_leases(self, now: datetime) -> int:
        """End at `now` the claims that a previous life left behind; returns how many.

        For the only courier of a database, before its first claim; the instance lock makes it the only one.
        """
        ...

    def settle(self, delivery: Delivery) -> None:
        """Record the outcome the courier decided: state, times, message id, words and doubt.

        Raises LeaseLost when the row, found by its id, is no longer claimed by this attempt: the lease ran
        out and was taken again, or the chat was parked.
        """
        ...

    def hold_chat(self, chat: ChatName, until: datetime) -> None:
        """Nothing for this chat is due before `until`; survives a restart."""
        ...

    def park_chat(self, chat: ChatName, why: str, now: datetime) -> int:
        """Park every open delivery of the chat, claimed ones too; returns how many."""
        ...

    def unpark_chat(self, chat: ChatName) -> int:
        """Queue again what was parked; returns how many."""
        ...

    def move_chat(self, chat: ChatName, new_id: str) -> None:
        """Remember the chat's new Telegram id."""
        ...

    def chat_id(self, chat: ChatName) -> str | None:
        """The id remembered by `move_chat`, if any."""
        ...

    def counts(self) -> dict[DeliveryState, int]: ...

    def next_due_at(self, now: datetime) -> datetime | None:
        """When `claim` will next have something, `now` at the earliest, for waking up in time."""
        ...


class Sender(Protocol):
    """Puts one message in front of a person."""

    async def send(self, chat: Chat, message: Message) -> int | None:
        """Send, and return the message id if the channel has one. Raises a SendError; see errors.py."""
        ...
