"""Everything is kept in memory, for tests and for one-off runs: the same promises without a disk."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.core.errors import LeaseLost, StoreError
from monitor.core.model import (
    Alert,
    AlertId,
    Article,
    ArticleId,
    ChatName,
    Decision,
    Delivery,
    DeliveryId,
    DeliveryState,
    Fingerprint,
    Hold,
    Reason,
    RobotsText,
    Skip,
    Source,
    SourceId,
    SourceState,
    Story,
    StoryId,
    Verdict,
)
from monitor.core.ports import MOST_ALIKE
from monitor.store import due
from monitor.store.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    article: Article
    verdict: Verdict
    decision: Decision
    story_id: StoryId
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelves:
    """All that is kept. The dicts are changed in a copy only; the values in them never."""

    sources: dict[SourceId, Source] = field(default_factory=dict)
    watched: dict[SourceId, bool] = field(default_factory=dict)
    states: dict[SourceId, SourceState] = field(default_factory=dict)
    robots: dict[str, RobotsText] = field(default_factory=dict)
    keys: dict[tuple[SourceId, str], ArticleId] = field(default_factory=dict)
    articles: dict[ArticleId, _Kept] = field(default_factory=dict)
    bands: dict[int, tuple[ArticleId, ...]] = field(default_factory=dict)
    urls: dict[str, tuple[ArticleId, ...]] = field(default_factory=dict)
    stories: dict[StoryId, Story] = field(default_factory=dict)
    alerts: dict[AlertId, Alert] = field(default_factory=dict)
    deliveries: dict[DeliveryId, Delivery] = field(default_factory=dict)
    held: dict[ChatName, datetime] = field(default_factory=dict)
    moved: dict[ChatName, str] = field(default_factory=dict)

    def copy(self) -> "_Shelves":
        return _Shelves(**{name: dict(getattr(self, name)) for name in self.__slots__})


class MemoryWork:
    """The `Work` of an open transaction: it changes a draft that a clean exit puts in place."""

    def __init__(self, draft: _Shelves) -> None:
        self._draft = draft

    def keep_sources(self, sources: Collection[Source], now: datetime) -> None:
        self._draft.watched.clear()
        for source in sources:
            self._draft.sources[source.id] = source
            self._draft.watched[source.id] = True
            self._draft.states.setdefault(source.id, SourceState(source_id=source.id, next_poll_at=now))

    def source_state(self, source_id: SourceId) -> SourceState | None:
        return self._draft.states.get(source_id)

    def save_source_state(self, state: SourceState) -> None:
        self._must_know(state.source_id)
        self._draft.states[state.source_id] = state

    def robots(self, origin: str) -> RobotsText | None:
        return self._draft.robots.get(origin)

    def save_robots(self, robots: RobotsText) -> None:
        self._draft.robots[robots.origin] = robots

    def known_keys(self, source_id: SourceId, keys: Collection[str]) -> frozenset[str]:
        return frozenset(key for key in keys if (source_id, key) in self._draft.keys)

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
        self._must_know(article.source_id)
        self._must_have(story_id)
        article_id = ArticleId(len(self._draft.articles) + 1)
        self._draft.articles[article_id] = _Kept(
            article=article,
            verdict=verdict,
            decision=decision,
            story_id=story_id,
            fingerprint=fingerprint,
        )
        for key in keys:
            self._draft.keys.setdefault((article.source_id, key), article_id)
        for band in dict.fromkeys(fingerprint.bands):
            self._draft.bands[band] = (*self._draft.bands.get(band, ()), article_id)
        if url := article.canonical_url:
            self._draft.urls[url] = (*self._draft.urls.get(url, ()), article_id)
        return article_id

    def similar(
        self, fingerprint: Fingerprint, canonical_url: str, since: datetime
    ) -> tuple[tuple[Story, Fingerprint], ...]:
        alike = [self._draft.bands.get(band, ()) for band in fingerprint.bands]
        alike.append(self._draft.urls.get(canonical_url, ()))
        ids = {one for found in alike for one in sorted(found)[-MOST_ALIKE:]}
        kept = [self._draft.articles[article_id] for article_id in sorted(ids)]
        pairs = ((self._draft.stories[one.story_id], one.fingerprint) for one in kept)
        return tuple((story, mark) for story, mark in pairs if story.last_seen_at >= since)

    def open_story(self, title: str, now: datetime) -> Story:
        story_id = StoryId(len(self._draft.stories) + 1)
        story = Story(id=story_id, title=title, opened_at=now, last_seen_at=now)
        self._draft.stories[story_id] = story
        return story

    def save_story(self, story: Story) -> None:
        self._must_have(story.id)
        self._draft.stories[story.id] = story

    def add_alert(self, story_id: StoryId, article_id: ArticleId, decision: Decision, now: datetime) -> bool:
        if isinstance(decision, Skip):
            return False
        key = f"story:{story_id}"
        chats = [chat for chat in dict.fromkeys(decision.chats) if not self._queued(key, chat)]
        if not chats:
            return False
        alert = self._alert(story_id, article_id, decision.reason, now)
        not_before = decision.until if isinstance(decision, Hold) else None
        for chat in chats:
            self._queue(key, chat, now, alert=alert, not_before=not_before)
        return True

    def add_notice(self, key: str, text: str, chat: ChatName, now: datetime) -> bool:
        if self._queued(key, chat):
            return False
        self._queue(key, chat, now, notice=text)
        return True

    def _alert(self, story_id: StoryId, article_id: ArticleId, reason: Reason, now: datetime) -> Alert:
        self._must_have(story_id)
        if article_id not in self._draft.articles:
            raise StoreError(f"no article {article_id} is kept")
        kept = self._draft.articles[article_id]
        source = self._draft.sources[kept.article.source_id]
        alert = Alert(
            id=AlertId(len(self._draft.alerts) + 1),
            story=self._draft.stories[story_id],
            article=kept.article,
            verdict=kept.verdict,
            source_name=source.name,
            source_tier=source.tier,
            reason=reason,
            decided_at=now,
        )
        self._draft.alerts[alert.id] = alert
        return alert

    def _queued(self, key: str, chat: ChatName) -> bool:
        return any(one.key == key and one.chat == chat for one in self._draft.deliveries.values())

    def _queue(
        self,
        key: str,
        chat: ChatName,
        now: datetime,
        *,
        alert: Alert | None = None,
        notice: str = "",
        not_before: datetime | None = None,
    ) -> None:
        delivery = Delivery(
            id=DeliveryId(len(self._draft.deliveries) + 1),
            key=key,
            chat=chat,
            state=DeliveryState.QUEUED,
            queued_at=now,
            alert=alert,
            notice=notice,
            not_before=not_before,
        )
        self._draft.deliveries[delivery.id] = delivery

    def _must_know(self, source_id: SourceId) -> None:
        if source_id not in self._draft.sources:
            raise StoreError(f"no source {source_id!r} is kept: keep_sources comes first")

    def _must_have(self, story_id: StoryId) -> None:
        if story_id not in self._draft.stories:
            raise StoreError(f"no story {story_id} is kept")


class MemoryStore:
    """A Store and an Outbox that end with the process; may be used from several threads."""

    def __init__(self) -> None:
        self._shelves = _Shelves()
        self._turn = Turn()

    @contextmanager
    def work(self) -> Iterator[MemoryWork]:
        with self._write() as draft:
            yield MemoryWork(draft)

    def due_sources(self, now: datetime) -> tuple[SourceState, ...]:
        ready = (state for state in self.source_states() if state.next_poll_at <= now)
        return tuple(sorted(ready, key=lambda state: (state.next_poll_at, state.source_id)))

    def source_states(self) -> tuple[SourceState, ...]:
        shelves = self._shelves
        return tuple(shelves.states[source_id] for source_id in sorted(shelves.watched))

    def recent_alerts(self, limit: int) -> tuple[Delivery, ...]:
        shelves = self._shelves
        alerted = [one for one in shelves.deliveries.values() if one.alert is not None]
        newest = sorted(alerted, key=_age, reverse=True)[:limit]
        return tuple(_told_anew(one, shelves) for one in newest)

    def find_article(self, article_id: ArticleId) -> tuple[Article, Verdict, Reason, str] | None:
        kept = self._shelves.articles.get(article_id)
        if kept is None:
            return None
        return kept.article, kept.verdict, kept.decision.reason, kept.decision.words

    def article_count(self) -> int:
        return len(self._shelves.articles)

    def close(self) -> None:
        """Nothing to let go."""

    # outbox, the reading end

    def claim(
        self, now: datetime, lease: timedelta, limit: int, busy: Collection[ChatName]
    ) -> tuple[Delivery, ...]:
        with self._write() as draft:
            owed = _owed(draft.deliveries)
            picked = due.pick(owed, held=draft.held, busy=busy, now=now, limit=limit)
            for one in picked:
                delivery = draft.deliveries[one.id]
                draft.deliveries[one.id] = replace(
                    delivery,
                    state=DeliveryState.CLAIMED,
                    claimed_until=now + lease,
                    attempts=delivery.attempts + 1,
                    maybe_sent=one.in_doubt,
                )
            return tuple(_told_anew(draft.deliveries[one.id], draft) for one in picked)

    def end_leases(self, now: datetime) -> int:
        with self._write() as draft:
            left = [
                one
                for one in draft.deliveries.values()
                if one.state is DeliveryState.CLAIMED and one.claimed_until and one.claimed_until > now
            ]
            for one in left:
                draft.deliveries[one.id] = replace(one, claimed_until=now)
            return len(left)

    def settle(self, delivery: Delivery) -> None:
        with self._write() as draft:
            kept = draft.deliveries.get(delivery.id)
            ours = kept and kept.state is DeliveryState.CLAIMED and kept.attempts == delivery.attempts
            if not kept or not ours:
                raise LeaseLost(f"lost the lease of delivery {delivery.id} ({delivery.key})")
            still = delivery.state is DeliveryState.CLAIMED
            draft.deliveries[delivery.id] = replace(
                kept,
                state=delivery.state,
                not_before=delivery.not_before,
                claimed_until=delivery.claimed_until if still else None,
                message_id=delivery.message_id,
                why=delivery.why,
                maybe_sent=delivery.maybe_sent,
                settled_at=delivery.settled_at,
            )

    def hold_chat(self, chat: ChatName, until: datetime) -> None:
        with self._write() as draft:
            draft.held[chat] = until

    def park_chat(self, chat: ChatName, why: str, now: datetime) -> int:
        with self._write() as draft:
            still_open = [one for one in _of(draft, chat) if one.state in due.OPEN]
            for one in still_open:
                draft.deliveries[one.id] = replace(
                    one,
                    state=DeliveryState.PARKED,
                    maybe_sent=one.maybe_sent or _given_up(one, now),
                    claimed_until=None,
                    why=why,
                    settled_at=now,
                )
            return len(still_open)

    def unpark_chat(self, chat: ChatName) -> int:
        with self._write() as draft:
            parked = [one for one in _of(draft, chat) if one.state is DeliveryState.PARKED]
            for one in parked:
                draft.deliveries[one.id] = replace(
                    one, state=DeliveryState.QUEUED, not_before=None, settled_at=None
                )
            return len(parked)

    def move_chat(self, chat: ChatName, new_id: str) -> None:
        with self._write() as draft:
            draft.moved[chat] = new_id

    def chat_id(self, chat: ChatName) -> str | None:
        return self._shelves.moved.get(chat)

    def counts(self) -> dict[DeliveryState, int]:
        states = [one.state for one in self._shelves.deliveries.values()]
        return {state: states.count(state) for state in DeliveryState}

    def next_due_at(self, now: datetime) -> datetime | None:
        shelves = self._shelves
        return due.next_due_at(_owed(shelves.deliveries), held=shelves.held, now=now)

    @contextmanager
    def _write(self) -> Iterator[_Shelves]:
        # Readers see the shelves as they were until the draft takes their place.
        with self._turn.taken():
            draft = self._shelves.copy()
            yield draft
            self._shelves = draft


def _of(shelves: _Shelves, chat: ChatName) -> list[Delivery]:
    return [one for one in shelves.deliveries.values() if one.chat == chat]


def _given_up(one: Delivery, now: datetime) -> bool:
    """Its sender is gone or unsure: it may have arrived."""
    expired = one.claimed_until is not None and one.claimed_until <= now
    return one.state is DeliveryState.UNSURE or (one.state is DeliveryState.CLAIMED and expired)


def _told_anew(delivery: Delivery, shelves: _Shelves) -> Delivery:
    """The delivery with its story and source as they stand today."""
    if delivery.alert is None:
        return delivery
    source = shelves.sources[delivery.alert.article.source_id]
    alert = replace(
        delivery.alert,
        story=shelves.stories[delivery.alert.story.id],
        source_name=source.name,
        source_tier=source.tier,
    )
    return replace(delivery, alert=alert)


def _owed(deliveries: Mapping[DeliveryId, Delivery]) -> list[due.Owed]:
    return [
        due.Owed(
            id=one.id,
            chat=one.chat,
            state=one.state,
            queued_at=one.queued_at,
            not_before=one.not_before,
            claimed_until=one.claimed_until,
            maybe_sent=one.maybe_sent,
        )
        for one in deliveries.values()
        if one.state in due.OPEN
    ]


def _age(delivery: Delivery) -> tuple[datetime, int]:
    return delivery.queued_at, delivery.id
