"""Stories over SQL: candidates and members for grouping, merging, splitting."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select, update

from monitor.core.archive import Alike
from monitor.core.errors import StoreError
from monitor.core.mark import Mark
from monitor.core.messages import DeliveryKind, DeliveryState
from monitor.core.model import ArticleId, Story, StoryId
from monitor.core.profile import Profile, from_fields
from monitor.core.stories import FIRST_MEMBERS, LAST_MEMBERS
from monitor.store import lookup, moving, splitting
from monitor.store import tables as t
from monitor.store.rows import STORY_COLUMNS, columns_of, story_from
from monitor.store.statements import by_id, insert_row

_a, _d = t.articles.c, t.deliveries.c


class Stories:
    """The part of a `Work` that keeps stories."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def similar(self, mark: Mark, canonical_url: str, since: datetime) -> tuple[Alike, ...]:
        rows = lookup.find(self._connection, mark.keys, canonical_url, since)
        return tuple(
            Alike(
                article_id=row["article_id"],
                story=story_from(row),
                samples=row["samples"],
                profile=from_fields(row["profile"]),
            )
            for row in rows
        )

    def members(self, story_ids: Collection[StoryId]) -> dict[StoryId, tuple[Profile, ...]]:
        found: dict[StoryId, tuple[Profile, ...]] = {}
        if story_ids:
            for row in self._connection.execute(_speakers(), {"stories": list(story_ids)}):
                found[row.story_id] = (*found.get(row.story_id, ()), from_fields(row.profile))
        return found

    def first_with_key(self, key: int) -> datetime | None:
        oldest = select(func.min(t.story_keys.c.article_id)).where(t.story_keys.c.key == key)
        article_id = self._connection.scalar(oldest)
        if article_id is None:
            return None
        return self._connection.scalar(select(_a.seen_at).where(_a.id == article_id))

    def open_story(self, title: str, now: datetime) -> Story:
        story = Story(id=StoryId(0), title=title, opened_at=now, last_seen_at=now)
        row = columns_of(story, STORY_COLUMNS)
        return replace(story, id=StoryId(insert_row(self._connection, t.stories, row)))

    def save_story(self, story: Story) -> None:
        changed = self._connection.execute(
            update(t.stories).where(t.stories.c.id == story.id).values(**columns_of(story, STORY_COLUMNS))
        )
        if not changed.rowcount:
            raise StoreError(f"no story {story.id} is kept")

    def find_story(self, story_id: StoryId) -> Story | None:
        row = by_id(self._connection, t.stories, [story_id]).get(story_id)
        return None if row is None else story_from(row)

    def live_story(self, story_id: StoryId) -> Story | None:
        return live(self._connection, story_id)

    def mute_story(self, story_id: StoryId, at: datetime | None) -> bool:
        story = self.live_story(story_id)
        if story is None:
            return False
        self.save_story(replace(story, muted_at=at))
        if at is not None:
            of_story = _d.alert_id.in_(select(t.alerts.c.id).where(t.alerts.c.story_id == story.id))
            speaking = _d.kind != DeliveryKind.EDIT  # an edit makes no sound
            moving.close(self._connection, of_story & speaking, DeliveryState.MUTED, "the story was muted")
        return True

    # merging and splitting

    def merge_stories(self, into: StoryId, gone: StoryId) -> None:
        title = select(t.stories.c.title).where(t.stories.c.id == into).scalar_subquery()
        moving.hand_over(self._connection, into, gone)
        moving.hand_over_presses(self._connection, into, gone)
        moving.hand_over_partings(self._connection, into, gone)
        self._connection.execute(update(t.articles).where(_a.story_id == gone).values(story_id=into))
        self._connection.execute(
            update(t.stories).where(t.stories.c.merged_into == gone).values(merged_into=into)
        )
        self._connection.execute(
            update(t.stories).where(t.stories.c.id == gone).values(merged_into=into, title=title, reports=0)
        )

    def split_story(
        self, story_id: StoryId, article_ids: Collection[ArticleId], now: datetime
    ) -> Story | None:
        return splitting.split(self._connection, story_id, article_ids, now)

    def kept_apart(self, story_id: StoryId) -> frozenset[StoryId]:
        return moving.apart_from(self._connection, story_id)


def live(connection: Connection, story_id: StoryId) -> Story | None:
    """The story, or the one it was merged into; None when there is no such story."""
    row = by_id(connection, t.stories, [story_id]).get(story_id)
    if row is None:
        return None
    return story_from(row) if row["merged_into"] is None else live(connection, row["merged_into"])


@cache
def _speakers() -> Select[Any]:
    """The profiles of the first and the newest reports of stories; made once, as composing it costs most."""
    ranked = (
        select(
            _a.id,
            _a.story_id,
            _a.profile,
            func.row_number().over(partition_by=_a.story_id, order_by=_a.id).label("place"),
            func.count().over(partition_by=_a.story_id).label("count"),
        )
        .where(and_(_a.story_id.in_(bindparam("stories", expanding=True)), _a.profile.is_not(None)))
        .subquery()
    )
    r = ranked.c
    speaks = or_(r.place <= FIRST_MEMBERS, r.place > r.count - LAST_MEMBERS)
    return select(r.story_id, r.profile).where(speaks).order_by(r.story_id, r.id)
