"""Reports of a story become a story of their own; what each half is worth is made out anew."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from monitor.core.messages import DeliveryKind, DeliveryState
from monitor.core.model import ArticleId, Doctype, Kind, Priority, Standing, Story, StoryId, Tier, Verdict
from monitor.store import moving
from monitor.store import tables as t
from monitor.store.rows import STORY_COLUMNS, columns_of, story_from, verdict_from_json
from monitor.store.statements import by_id, chunks, insert_row

_OFFICIAL = (Kind.OFFICIAL_CENTRAL, Kind.OFFICIAL_MINISTRY, Kind.OFFICIAL_LOCAL)
_IN_FORCE = (Doctype.LAW, Doctype.MEASURES, Doctype.NOTICE)
_URGENCY = (Priority.LOW, Priority.NORMAL, Priority.BREAKING)

_a, _d = t.articles.c, t.deliveries.c
_REPORTS = (
    select(_a.id, _a.title, _a.seen_at, _a.verdict, t.sources.c.kind, t.sources.c.tier)
    .join_from(t.articles, t.sources)
    .order_by(_a.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """What is left of a report that says how far its story is established."""

    id: ArticleId
    title: str
    seen_at: datetime
    official: bool  # of an authority itself
    tier: Tier
    verdict: Verdict


def split(
    connection: Connection, story_id: StoryId, article_ids: Collection[ArticleId], now: datetime
) -> Story | None:
    """See `Work.split_story`."""
    row = by_id(connection, t.stories, [story_id]).get(story_id)
    if row is None:
        return None
    of_story = [
        _report(one) for one in connection.execute(_REPORTS.where(_a.story_id == story_id)).mappings()
    ]
    parted = [one for one in of_story if one.id in set(article_ids)]
    if not parted or len(parted) == len(of_story):
        return None
    story = story_from(row)
    left = [one for one in of_story if one not in parted]
    return _split(connection, story, left, parted, now)


def _report(row: RowMapping) -> _Report:
    tier = Tier(row["tier"])
    return _Report(
        id=row["id"],
        title=row["title"],
        seen_at=row["seen_at"],
        official=tier is Tier.AUTHORITY and row["kind"] in _OFFICIAL,
        tier=tier,
        verdict=verdict_from_json(row["verdict"]),
    )


def _split(
    connection: Connection,
    story: Story,
    left: Sequence[_Report],
    parted: Sequence[_Report],
    now: datetime,
) -> Story:
    opening = Story(
        id=StoryId(0),
        title=parted[0].title,
        opened_at=parted[0].seen_at,
        last_seen_at=parted[-1].seen_at,
        muted_at=story.muted_at,
    )
    new_id = StoryId(insert_row(connection, t.stories, columns_of(opening, STORY_COLUMNS)))
    for lot in chunks([one.id for one in parted]):
        connection.execute(update(t.articles).where(_a.id.in_(lot)).values(story_id=new_id))
    connection.execute(insert(t.stories_apart), {"one": story.id, "other": new_id})
    moved, kept = _part_messages(connection, story.id, new_id, {one.id for one in parted})
    new = replace(opening, id=new_id, alerted_at=story.alerted_at if moved else None)
    old = replace(story, last_seen_at=now, alerted_at=None if moved and not kept else story.alerted_at)
    if moved and not kept:
        moving.hand_over_presses(connection, new_id, story.id)
    for one, reports in ((new, parted), (old, left)):
        _save(connection, _worth(one, reports, was=story.standing))
    return _worth(new, parted, was=story.standing)


def _part_messages(
    connection: Connection, story_id: StoryId, new_id: StoryId, parted: Collection[int]
) -> tuple[int, int]:
    """Let the messages go with the reports that caused them; returns in how many chats they went, stayed."""
    first = moving.first_messages(connection, story_id)
    alerts = by_id(connection, t.alerts, {row["alert_id"] for row in first.values()})
    going = [chat for chat, row in first.items() if alerts[row["alert_id"]]["article_id"] in parted]
    moving.move(connection, story_id, new_id, going)
    _withdraw(connection, story_id, parted)
    _withdraw(connection, new_id, parted, others=True)
    return len(going), len(first) - len(going)


def _withdraw(
    connection: Connection, story_id: StoryId, articles: Collection[int], *, others: bool = False
) -> None:
    """Close replies that have yet to leave and that these reports caused, or with `others` all but these."""
    alerts = connection.execute(
        select(t.alerts.c.id, t.alerts.c.article_id).where(t.alerts.c.story_id == story_id)
    )
    wrong = [row.id for row in alerts if (row.article_id in articles) is not others]
    for lot in chunks(wrong):
        replies = _d.alert_id.in_(lot) & (_d.kind == DeliveryKind.FOLLOW_UP)
        moving.close(connection, replies, DeliveryState.MUTED, "its report tells another story")


def _worth(story: Story, reports: Sequence[_Report], *, was: Standing) -> Story:
    """The story as its reports alone make it."""
    return replace(
        story,
        reports=len(reports),
        standing=_standing(reports, was),
        tier=min(one.tier for one in reports),
        doctype=_doctype(reports),
        priority=max(
            (one.verdict.priority for one in reports if one.verdict.relevant),
            key=_URGENCY.index,
            default=Priority.LOW,
        ),
    )


def _standing(reports: Sequence[_Report], was: Standing) -> Standing:
    """Confirmed with the authority's own text, unconfirmed without a reliable source, reported else.

    What was denied is only reported in both halves: which of them the denial meant is not kept, and an
    authority's denial is no text that confirms.
    """
    if all(one.tier is Tier.UNRELIABLE for one in reports):
        return Standing.UNCONFIRMED
    said_so = any(one.official and one.verdict.doctype is not Doctype.COMMENTARY for one in reports)
    return Standing.CONFIRMED if said_so and was is not Standing.DENIED else Standing.REPORTED


def _doctype(reports: Sequence[_Report]) -> Doctype:
    """Of the first report; of a draft that is in force by a later one, of that."""
    first, *later = (one.verdict.doctype for one in reports)
    if first is not Doctype.DRAFT:
        return first
    return next((one for one in reversed(later) if one in _IN_FORCE), first)


def _save(connection: Connection, story: Story) -> None:
    row: dict[str, Any] = columns_of(story, STORY_COLUMNS)
    connection.execute(update(t.stories).where(t.stories.c.id == story.id).values(**row))
