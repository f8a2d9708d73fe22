"""Deliveries read whole: with their alerts, the stories' reports, and what a digest gathered."""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, func, select

from monitor.core.messages import Alert, Delivery, DeliveryKind, MachineText, Report
from monitor.core.model import Priority, Tier
from monitor.store import tables as t
from monitor.store.rows import alert_from, delivery_from, report_from, text_from
from monitor.store.statements import by_id, chunks

_MOST_REPORTS = 10  # of a story, in an alert
_URGENCY = {Priority.BREAKING: 2, Priority.NORMAL: 1, Priority.LOW: 0}


def deliveries(connection: Connection, wanted: Select[Any]) -> tuple[Delivery, ...]:
    """The deliveries that `wanted` selects whole from the table, in its order."""
    rows = connection.execute(wanted).mappings().all()
    folded = _folded(connection, [row["id"] for row in rows if row["kind"] == DeliveryKind.DIGEST])
    told = {alert_id for alert_ids in folded.values() for alert_id in alert_ids}
    alerts = alerts_by_id(connection, (told | {row["alert_id"] for row in rows}) - {None})
    first_ids = _message_ids(connection, {row["first_id"] for row in rows} - {None})
    return tuple(
        delivery_from(
            row,
            alerts.get(row["alert_id"]),
            gathered=_ranked(alerts[alert_id] for alert_id in folded.get(row["id"], ())),
            first_message_id=first_ids.get(row["first_id"]),
        )
        for row in rows
    )


def _ranked(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """The most urgent first, and of these the newest."""
    newest_first = sorted(alerts, key=lambda alert: (alert.decided_at, alert.id), reverse=True)
    return tuple(sorted(newest_first, key=lambda alert: _URGENCY[alert.verdict.priority], reverse=True))


def _folded(connection: Connection, digests: Collection[int]) -> dict[int, list[int]]:
    """The alerts each digest tells, by the digest's row."""
    found: dict[int, list[int]] = {}
    d = t.deliveries.c
    for lot in chunks(digests):
        for row in connection.execute(select(d.digest_id, d.alert_id).where(d.digest_id.in_(lot))):
            found.setdefault(row.digest_id, []).append(row.alert_id)
    return found


def _message_ids(connection: Connection, ids: Collection[int]) -> dict[int, int | None]:
    return {key: row["message_id"] for key, row in by_id(connection, t.deliveries, ids).items()}


def alerts_by_id(connection: Connection, ids: Collection[int]) -> dict[int, Alert]:
    """The alerts of these ids, with all they point at."""
    alerts = by_id(connection, t.alerts, ids)
    articles = by_id(connection, t.articles, {row["article_id"] for row in alerts.values()})
    stories = by_id(connection, t.stories, {row["story_id"] for row in alerts.values()})
    sources = by_id(connection, t.sources, {row["source_id"] for row in articles.values()})
    reports = reports_of(connection, stories, _MOST_REPORTS)
    texts = _texts(connection, articles)
    return {key: _alert(row, articles, stories, sources, reports, texts) for key, row in alerts.items()}


def _alert(
    row: RowMapping,
    articles: dict[Any, RowMapping],
    stories: dict[Any, RowMapping],
    sources: dict[Any, RowMapping],
    reports: dict[int, tuple[Report, ...]],
    texts: dict[int, tuple[MachineText, ...]],
) -> Alert:
    article = articles[row["article_id"]]
    return alert_from(
        row,
        story=stories[row["story_id"]],
        article=article,
        source=sources[article["source_id"]],
        reports=reports.get(row["story_id"], ()),
        texts=texts.get(row["article_id"], ()),
    )


def _texts(connection: Connection, article_ids: Iterable[int]) -> dict[int, tuple[MachineText, ...]]:
    """What language models wrote about each article."""
    found: dict[int, tuple[MachineText, ...]] = {}
    for lot in chunks(article_ids):
        for row in connection.execute(_of_articles(), {"articles": lot}).mappings():
            found[row["article_id"]] = (*found.get(row["article_id"], ()), text_from(row))
    return found


@cache
def _of_articles() -> Select[Any]:
    c = t.machine_texts.c
    made = c.article_id.in_(bindparam("articles", expanding=True)) & c.made_at.is_not(None)
    return select(t.machine_texts).where(made).order_by(c.article_id, c.kind, c.language)


def reports_of(
    connection: Connection, story_ids: Iterable[int], most: int, *, tier: Tier | None = None
) -> dict[int, tuple[Report, ...]]:
    """The oldest reports of each story, `most` at most, oldest first; of one tier of sources or of all."""
    found: dict[int, tuple[Report, ...]] = {}
    for lot in chunks(story_ids):
        values = {"stories": lot, "most": most, "tier": tier}
        for row in connection.execute(_oldest(tier is None), values).mappings():
            found[row["story_id"]] = (*found.get(row["story_id"], ()), report_from(row))
    return found


@cache
def _oldest(any_tier: bool) -> Select[Any]:
    """The statement of `reports_of`; made once, since composing it costs more than running it."""
    a, s = t.articles.c, t.sources.c
    place = func.row_number().over(partition_by=a.story_id, order_by=(a.seen_at, a.id)).label("place")
    ranked = (
        select(a.story_id, a.title, a.url, a.seen_at, a.published_at, place)
        .add_columns(s.name.label("source_name"), s.tier.label("source_tier"))
        .join_from(t.articles, t.sources)
        .where(a.story_id.in_(bindparam("stories", expanding=True)))
    )
    first = (ranked if any_tier else ranked.where(s.tier == bindparam("tier"))).subquery()
    return select(first).where(first.c.place <= bindparam("most")).order_by(first.c.story_id, first.c.place)
