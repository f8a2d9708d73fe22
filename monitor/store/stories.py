"""Stories over SQL: candidates and members for grouping, merging, splitting."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, insert, or_, select, update

from monitor.core.archive import Alike
from monitor.core.errors import StoreError
from monitor.core.mark import Mark
from monitor.core.model import ArticleId, Story, StoryId
from monitor.core.profile import Profile, from_fields
from monitor.core.stories import FIRST_MEMBERS, LAST_MEMBERS
from monitor.store import lookup
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

    def mute_story(self, story_id: StoryId, at: datetime | None) -> bool:
        changed = self._connection.execute(
            update(t.stories).where(t.stories.c.id == story_id).values(muted_at=at)
        )
        return bool(changed.rowcount)

    # merging and splitting

    def merge_stories(self, into: StoryId, gone: StoryId) -> None:
        title = select(t.stories.c.title).where(t.stories.c.id == into).scalar_subquery()
        self._move_messages(into, gone)
        self._connection.execute(update(t.articles).where(_a.story_id == gone).values(story_id=into))
        self._connection.execute(
            update(t.stories).where(t.stories.c.merged_into == gone).values(merged_into=into)
        )
        self._connection.execute(
            update(t.stories).where(t.stories.c.id == gone).values(merged_into=into, title=title, reports=0)
        )

    def _move_messages(self, into: StoryId, gone: StoryId) -> None:
        """Give `into` the messages of `gone` in chats that have none of its own, with copies of the alerts."""
        having = select(_d.chat).where(_d.key == f"story:{into}")
        theirs = (_d.key == f"story:{gone}") & _d.chat.not_in(having)
        lone = self._connection.execute(select(_d.id, _d.alert_id).where(theirs)).all()
        copies: dict[int, int] = {}
        for row in lone:
            if row.alert_id not in copies:
                alert = dict(by_id(self._connection, t.alerts, [row.alert_id])[row.alert_id])
                del alert["id"]
                copies[row.alert_id] = insert_row(self._connection, t.alerts, alert | {"story_id": into})
            self._connection.execute(
                update(t.deliveries)
                .where(_d.id == row.id)
                .values(key=f"story:{into}", alert_id=copies[row.alert_id])
            )

    def split_story(
        self, story_id: StoryId, article_ids: Collection[ArticleId], now: datetime
    ) -> Story | None:
        of_story = self._connection.execute(
            select(_a.id, _a.title, _a.seen_at).where(_a.story_id == story_id).order_by(_a.id)
        ).all()
        parted = [row for row in of_story if row.id in set(article_ids)]
        story = self.find_story(story_id)
        if story is None or not parted or len(parted) == len(of_story):
            return None
        new = replace(
            self.open_story(parted[0].title, parted[0].seen_at),
            last_seen_at=parted[-1].seen_at,
            reports=len(parted),
            # Its reports were told with the story they were in: they are no news now.
            alerted_at=story.alerted_at,
            standing=story.standing,
            tier=story.tier,
        )
        self.save_story(new)
        self._connection.execute(
            update(t.articles).where(_a.id.in_([row.id for row in parted])).values(story_id=new.id)
        )
        self.save_story(replace(story, reports=len(of_story) - len(parted), last_seen_at=now))
        self._connection.execute(insert(t.stories_apart), {"one": story_id, "other": new.id})
        return new

    def kept_apart(self, story_id: StoryId) -> frozenset[StoryId]:
        pair = t.stories_apart.c
        rows = self._connection.execute(
            select(pair.one, pair.other).where(or_(pair.one == story_id, pair.other == story_id))
        )
        return frozenset(StoryId(other if one == story_id else one) for one, other in rows)


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
