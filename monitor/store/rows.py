"""Rows become nouns here, and nouns rows."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from monitor.core.archive import Kept
from monitor.core.messages import Alert, Delivery, DeliveryKind, DeliveryState, MachineText, Report
from monitor.core.model import (
    Article,
    Authority,
    BodyFrom,
    Doctype,
    Field,
    Hit,
    Match,
    Priority,
    Reason,
    Standing,
    Story,
    Tier,
    Topic,
    Verdict,
)
from monitor.core.polling import Cause, ListState, SourceState, Validator
from monitor.core.relevance import Share
from monitor.core.settings import Addition

Row = Mapping[str, Any] | RowMapping  # a row is as typed as its table, which mypy cannot see

STATE_COLUMNS = (
    "next_poll_at",
    "first_polled_at",
    "last_polled_at",
    "last_ok_at",
    "newest_item_at",
    "newest_taken_at",
    "failures",
    "problem",
    "delay",
    "cause",
    "broken_since",
    "told_broken",
    "told_at",
)
STORY_COLUMNS = (
    "title",
    "opened_at",
    "last_seen_at",
    "reports",
    "alerted_at",
    "standing",
    "tier",
    "doctype",
    "priority",
    "muted_at",
    "merged_into",
)
ARTICLE_COLUMNS = (
    "source_id",
    "title",
    "url",
    "canonical_url",
    "seen_at",
    "summary",
    "body",
    "body_from",
    "language",
    "published_at",
    "day_only",
    "issuer",
    "document_number",
    "problem",
)
REPORT_COLUMNS = ("source_name", "title", "url", "seen_at", "published_at")
DELIVERY_COLUMNS = (
    "id",
    "key",
    "chat",
    "queued_at",
    "notice",
    "silent",
    "last_known_id",
    "revision",
    "not_before",
    "claimed_until",
    "attempts",
    "maybe_sent",
    "message_id",
    "why",
    "settled_at",
    "doubts",
    "proved_absent",
    "waits_since",
)


def columns_of(noun: object, names: tuple[str, ...]) -> dict[str, Any]:
    """The named fields of a noun, for the columns of the same names."""
    return {name: getattr(noun, name) for name in names}


def _picked(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def state_row(state: SourceState) -> dict[str, Any]:
    """The columns of a source's polling memory."""
    validators = [{"url": v.url, "etag": v.etag, "last_modified": v.last_modified} for v in state.validators]
    gap = None if state.gap is None else state.gap.total_seconds()
    lists = [_list_to_json(one) for one in state.lists]
    return columns_of(state, STATE_COLUMNS) | {"validators": validators, "gap": gap, "lists": lists}


def state_from(row: Row) -> SourceState:
    """The polling memory in a row of `sources`."""
    validators = tuple(Validator(**validator) for validator in row["validators"])
    picked = _picked(row, STATE_COLUMNS)
    cause = None if row["cause"] is None else Cause(row["cause"])
    gap = None if row["gap"] is None else timedelta(seconds=row["gap"])
    typed = {"cause": cause, "gap": gap, "lists": tuple(map(_list_from_json, row["lists"]))}
    return SourceState(source_id=row["id"], validators=validators, **picked | typed)


def _list_to_json(one: ListState) -> dict[str, Any]:
    at = None if one.last_ok_at is None else one.last_ok_at.isoformat()
    return asdict(one) | {"last_ok_at": at}


def _list_from_json(kept: Mapping[str, Any]) -> ListState:
    at, cause = kept["last_ok_at"], kept["cause"]
    typed = {
        "last_ok_at": None if at is None else datetime.fromisoformat(at),
        "cause": None if cause is None else Cause(cause),
    }
    return ListState(**{**kept, **typed})


def story_from(row: Row) -> Story:
    """The story in a row."""
    story = _picked(row, STORY_COLUMNS)
    typed = {
        "standing": Standing(row["standing"]),
        "tier": Tier(row["tier"]),
        "doctype": Doctype(row["doctype"]),
        "priority": Priority(row["priority"]),
    }
    return Story(id=row["id"], **story | typed)


def article_from(row: Row) -> Article:
    """The article in a row."""
    article = _picked(row, ARTICLE_COLUMNS)
    return Article(**article | {"body_from": BodyFrom(article["body_from"])})


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict with all its evidence, as JSON keeps it."""
    share = verdict.share
    return {
        "relevant": verdict.relevant,
        "score": verdict.score,
        "threshold": verdict.threshold,
        "topics": list(verdict.topics),
        "authority": verdict.authority,
        "priority": verdict.priority,
        "doctype": verdict.doctype,
        "hits": [_hit_to_json(hit) for hit in verdict.hits],
        "notes": list(verdict.notes),
        "rules_version": verdict.rules_version,
        "share": None if share is None else {"points": share.points, "because": list(share.because)},
    }


def _hit_to_json(hit: Hit) -> dict[str, Any]:
    return {
        "rule": hit.rule,
        "topic": hit.topic,
        "points": hit.points,
        "matches": [[m.term, m.field, m.start, m.end, m.text] for m in hit.matches],
    }


def verdict_from_json(kept: Mapping[str, Any]) -> Verdict:
    """The verdict as it was given; unknown topics or fields raise ValueError."""
    return Verdict(
        relevant=kept["relevant"],
        score=kept["score"],
        threshold=kept["threshold"],
        topics=tuple(Topic(topic) for topic in kept["topics"]),
        authority=Authority(kept["authority"]),
        priority=Priority(kept["priority"]),
        hits=tuple(_hit_from_json(hit) for hit in kept["hits"]),
        notes=tuple(kept["notes"]),
        rules_version=kept["rules_version"],
        doctype=Doctype(kept.get("doctype", Doctype.OTHER)),  # absent in verdicts of the first releases
        share=_share_from_json(kept.get("share")),
    )


def _share_from_json(kept: Mapping[str, Any] | None) -> Share | None:
    return None if kept is None else Share(points=kept["points"], because=tuple(kept["because"]))


def _hit_from_json(kept: Mapping[str, Any]) -> Hit:
    topic = kept["topic"]
    matches = (
        Match(term=term, field=Field(field), start=start, end=end, text=text)
        for term, field, start, end, text in kept["matches"]
    )
    return Hit(
        rule=kept["rule"],
        topic=None if topic is None else Topic(topic),
        points=kept["points"],
        matches=tuple(matches),
    )


def report_from(row: Row) -> Report:
    """The report in a row that names its source's columns `source_name` and `source_tier`."""
    return Report(source_tier=Tier(row["source_tier"]), **_picked(row, REPORT_COLUMNS))


def text_from(row: Row) -> MachineText:
    """The machine-made text in a row."""
    return MachineText(
        kind=Addition(row["kind"]),
        language=row["language"],
        text=row["text"],
        model=row["model"],
        made_at=row["made_at"],
    )


def alert_from(
    row: Row,
    *,
    story: Row,
    article: Row,
    source: Row,
    reports: tuple[Report, ...],
    texts: tuple[MachineText, ...] = (),
) -> Alert:
    """The alert in a row, with the rows it points at, its story's reports and the texts on its article."""
    return Alert(
        id=row["id"],
        story=story_from(story),
        article=article_from(article),
        verdict=verdict_from_json(article["verdict"]),
        source_name=source["name"],
        source_tier=Tier(source["tier"]),
        reason=Reason(row["reason"]),
        decided_at=row["decided_at"],
        words=row["words"],
        reports=reports,
        texts=texts,
    )


def delivery_from(
    row: Row, alert: Alert | None, gathered: tuple[Alert, ...] = (), first_message_id: int | None = None
) -> Delivery:
    """The delivery in a row, with its alert, what a digest gathered, and the message it follows."""
    return Delivery(
        state=DeliveryState(row["state"]),
        kind=DeliveryKind(row["kind"]),
        alert=alert,
        gathered=gathered,
        first_message_id=first_message_id,
        **_picked(row, DELIVERY_COLUMNS),
    )


def kept_from(row: Row) -> Kept:
    """The article in a row of `articles` joined with its source's `source_name` and `source_tier`."""
    return Kept(
        article_id=row["id"],
        article=article_from(row),
        verdict=verdict_from_json(row["verdict"]),
        reason=Reason(row["reason"]),
        words=row["words"],
        placed=tuple(row["placed"]),
        story_id=row["story_id"],
        source_name=row["source_name"],
        source_tier=Tier(row["source_tier"]),
    )
