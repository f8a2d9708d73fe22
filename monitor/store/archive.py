"""The archive over SQL: what was kept is searched, listed, streamed and counted; presses are put down."""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Text, exists, func, select, type_coerce

from monitor.core.archive import First, Judged, Kept, Latency
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState, Report
from monitor.core.model import (
    ArticleId,
    ChatName,
    Reason,
    RuleId,
    Standing,
    Story,
    StoryId,
    Tier,
    Topic,
    Verdict,
)
from monitor.store import search
from monitor.store import tables as t
from monitor.store.database import Database
from monitor.store.deliveries import deliveries, reports_of
from monitor.store.rows import kept_from, story_from, verdict_from_json
from monitor.store.statements import by_id, chunks, is_possible, upsert
from monitor.store.stories import live

_a = t.articles.c
_KEPT = select(
    t.articles, t.sources.c.name.label("source_name"), t.sources.c.tier.label("source_tier")
).join_from(t.articles, t.sources)
# Of a verdict only what every article is asked for is taken out, and by SQLite's own reader of JSON: to read
# all of them whole takes half of a backtest.
_HIT = func.json_each(_a.verdict, "$.hits").table_valued("value")
_JUDGED = select(
    *(_a.id, _a.source_id, _a.story_id, _a.title, _a.score, _a.relevant, _a.reason, _a.seen_at),
    _a.published_at,
    func.json_extract(_a.verdict, "$.rules_version"),
    select(func.json_group_array(func.json_extract(_HIT.c.value, "$.rule"))).scalar_subquery(),
    type_coerce(_a.verdict, Text),
)
_FULL_LOT = 100  # whole articles read at once: about a megabyte
_JUDGED_LOT = 2000
_ALL = 1_000_000  # reports: no story has as many


class SqlArchive(Database):
    """The `Archive` of a database."""

    # articles

    def search(self, words: str, limit: int) -> tuple[Kept, ...]:
        with self._read() as connection:
            return _in_order(connection, search.newest(connection, words, limit))

    def candidates(self, terms: Collection[str], since: datetime) -> tuple[ArticleId, ...]:
        with self._read() as connection:
            return search.candidates(connection, terms, since)

    def latest(self, topic: Topic | None, limit: int) -> tuple[Kept, ...]:
        other = t.alerts.alias("other")
        again = exists().where(other.c.article_id == t.alerts.c.article_id, other.c.id > t.alerts.c.id)
        newest = select(t.alerts.c.article_id).join_from(t.alerts, t.articles).where(~again)
        if topic is not None:
            newest = newest.where(_a.verdict["topics"].as_string().contains(f'"{topic}"'))
        with self._read() as connection:
            ids = connection.scalars(newest.order_by(t.alerts.c.id.desc()).limit(limit))
            return _in_order(connection, [ArticleId(one) for one in ids])

    def kept(self, article_id: ArticleId) -> Kept | None:
        return next(self.full([article_id]), None)

    def full(self, ids: Iterable[ArticleId]) -> Iterator[Kept]:
        for lot in chunks(filter(is_possible, ids), _FULL_LOT):
            with self._read() as connection:
                kept = _in_order(connection, lot)
            yield from kept

    def judged(self, since: datetime) -> Iterator[Judged]:
        after = 0
        while lot := self._judged_after(after, since):
            yield from lot
            after = lot[-1].article_id

    def _judged_after(self, after: int, since: datetime) -> list[Judged]:
        lot = _JUDGED.where(_a.id > after, _a.seen_at >= since).order_by(_a.id).limit(_JUDGED_LOT)
        with self._read() as connection:
            return [_judged(row) for row in connection.execute(lot)]

    # stories

    def story(self, story_id: StoryId) -> Story | None:
        with self._read() as connection:
            row = by_id(connection, t.stories, [story_id]).get(story_id)
        return None if row is None else story_from(row)

    def live_story(self, story_id: StoryId) -> Story | None:
        with self._read() as connection:
            return live(connection, story_id)

    def articles_of(self, story_id: StoryId) -> tuple[ArticleId, ...]:
        if not is_possible(story_id):
            return ()
        ids = select(_a.id).where(_a.story_id == story_id).order_by(_a.id)
        with self._read() as connection:
            return tuple(ArticleId(one) for one in connection.scalars(ids))

    def reports_of(self, story_id: StoryId) -> tuple[Report, ...]:
        if not is_possible(story_id):
            return ()
        with self._read() as connection:
            return reports_of(connection, [story_id], _ALL).get(story_id, ())

    def deliveries_of(self, story_id: StoryId) -> tuple[Delivery, ...]:
        if not is_possible(story_id):
            return ()
        d = t.deliveries.c
        theirs = select(t.deliveries).join_from(t.deliveries, t.alerts, d.alert_id == t.alerts.c.id)
        wanted = theirs.where(t.alerts.c.story_id == story_id).order_by(d.queued_at, d.id)
        with self._read() as connection:
            return deliveries(connection, wanted)

    def story_at(self, chats: Collection[ChatName], message_id: int) -> StoryId | None:
        d = t.deliveries.c
        told = select(t.alerts.c.story_id).join_from(t.deliveries, t.alerts, d.alert_id == t.alerts.c.id)
        wanted = told.where(d.chat.in_(chats), d.message_id == message_id).order_by(d.id).limit(1)
        with self._read() as connection:
            found = connection.scalar(wanted)
        return None if found is None else StoryId(found)

    def latencies(self, since: datetime) -> tuple[Latency, ...]:
        sent = _sent_at().subquery()
        times = (
            select(
                _a.source_id,
                t.sources.c.name.label("source_name"),
                _a.published_at,
                _a.day_only,
                _a.seen_at,
                sent.c.sent_at,
            )
            .select_from(t.alerts)
            .join(t.articles, t.alerts.c.article_id == _a.id)
            .join(t.sources, _a.source_id == t.sources.c.id)
            .outerjoin(sent, sent.c.alert_id == t.alerts.c.id)
            .where(t.alerts.c.id.in_(_first_alerts(since)))
            .order_by(t.alerts.c.id)
        )
        with self._read() as connection:
            return tuple(Latency(**row) for row in connection.execute(times).mappings())

    def firsts(self, since: datetime) -> tuple[First, ...]:
        alerted = (
            select(t.stories.c.id, t.stories.c.title, t.stories.c.standing)
            .join_from(t.alerts, t.stories)
            .where(t.alerts.c.id.in_(_first_alerts(since)))
            .order_by(t.alerts.c.id)
        )
        with self._read() as connection:
            rows = connection.execute(alerted).all()
            ids = [row.id for row in rows]
            reports = reports_of(connection, ids, 1)
            primary = reports_of(connection, ids, 1, tier=Tier.AUTHORITY)
        return tuple(
            First(
                story_id=row.id,
                title=row.title,
                standing=Standing(row.standing),
                report=reports[row.id][0],
                primary=primary.get(row.id, (None,))[0],
            )
            for row in rows
        )

    # what people say, and what the bot notes

    def press(self, story_id: StoryId, user_id: int, useful: bool, now: datetime) -> bool:
        p = t.presses.c
        with self._write() as connection:
            story = live(connection, story_id)
            if story is None:
                return False
            said = select(p.useful).where(p.story_id == story.id, p.user_id == user_id)
            if connection.scalar(said) == useful:
                return False
            key = {"story_id": story.id, "user_id": user_id}
            upsert(connection, t.presses, key, {"useful": useful, "pressed_at": now})
            return True

    def rule_presses(self) -> dict[RuleId, tuple[int, int]]:
        pressed = (
            select(t.presses.c.useful, _a.verdict)
            .join_from(t.presses, t.alerts, t.presses.c.story_id == t.alerts.c.story_id)
            .join(t.articles, t.alerts.c.article_id == _a.id)
            .where(t.alerts.c.id.in_(_first_alerts()))
        )
        counts: dict[RuleId, tuple[int, int]] = {}
        with self._read() as connection:
            for row in connection.execute(pressed):
                for rule in {RuleId(hit["rule"]) for hit in row.verdict["hits"]}:
                    useful, noise = counts.get(rule, (0, 0))
                    counts[rule] = (useful + row.useful, noise + (not row.useful))
        return counts

    def bot_value(self, key: str) -> str | None:
        with self._read() as connection:
            return connection.scalar(select(t.bot_state.c.value).where(t.bot_state.c.key == key))

    def set_bot_value(self, key: str, value: str) -> None:
        with self._write() as connection:
            upsert(connection, t.bot_state, {"key": key}, {"value": value})


def _in_order(connection: Connection, ids: Collection[ArticleId]) -> tuple[Kept, ...]:
    found: dict[ArticleId, Kept] = {}
    for lot in chunks(ids):
        for row in connection.execute(_KEPT.where(_a.id.in_(lot))).mappings():
            found[row["id"]] = kept_from(row)
    return tuple(found[one] for one in ids if one in found)


class _Verdict:
    """A verdict as written; read when first asked for, and once: a backtest asks several times in a row."""

    __slots__ = ("_read", "_written")

    def __init__(self, written: str) -> None:
        self._written = written
        self._read: Verdict | None = None

    def __call__(self) -> Verdict:
        if self._read is None:
            self._read = verdict_from_json(json.loads(self._written))
        return self._read


@lru_cache(maxsize=10_000)
def _fired(written: str) -> frozenset[RuleId]:
    # Most articles share theirs with many others: no rule at all, or one or two.
    return frozenset(json.loads(written))


def _judged(row: Any) -> Judged:
    article_id, source_id, story_id, title, score, relevant, reason, seen_at, published_at, *verdict = row
    version, fired, written = verdict
    return Judged(
        article_id=article_id,
        source_id=source_id,
        story_id=story_id,
        title=title,
        score=score,
        relevant=relevant,
        reason=Reason(reason),
        seen_at=seen_at,
        published_at=published_at,
        rules_version=version,
        fired=_fired(fired),
        verdict=_Verdict(written),
    )


def _first_alerts(since: datetime | None = None) -> Select[Any]:
    """The first alert of each story that was not merged into another, if it was decided at or after `since`;
    later ones are follow-ups, or the same for another chat."""
    of_story = (
        select(func.min(t.alerts.c.id).label("id"))
        .join_from(t.alerts, t.stories)
        .where(t.stories.c.merged_into.is_(None))
        .group_by(t.alerts.c.story_id)
        .subquery()
    )
    first = select(of_story.c.id)
    if since is None:
        return first
    return first.join(t.alerts, t.alerts.c.id == of_story.c.id).where(t.alerts.c.decided_at >= since)


def _sent_at() -> Select[Any]:
    """When each alert reached its first chat, by itself or in a digest."""
    d, digest = t.deliveries.c, t.deliveries.alias("digest")
    sent = (d.state == DeliveryState.SENT) | (digest.c.state == DeliveryState.SENT)
    return (
        select(d.alert_id, func.min(func.coalesce(digest.c.settled_at, d.settled_at)).label("sent_at"))
        .select_from(t.deliveries)
        .outerjoin(digest, d.digest_id == digest.c.id)
        .where(d.kind == DeliveryKind.ALERT, sent)
        .group_by(d.alert_id)
    )
