"""Rows become nouns here, and nouns rows."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from monitor.core.model import (
    Alert,
    Article,
    Authority,
    BodyFrom,
    Delivery,
    DeliveryState,
    Field,
    Fingerprint,
    Hit,
    Match,
    Priority,
    Reason,
    SourceState,
    Story,
    Tier,
    Topic,
    Validator,
    Verdict,
)

Row = Mapping[str, Any] | RowMapping  # a row is as typed as its table, which mypy cannot see

STATE_COLUMNS = (
    "next_poll_at",
    "first_polled_at",
    "last_polled_at",
    "last_ok_at",
    "newest_item_at",
    "failures",
    "problem",
    "delay",
)
STORY_COLUMNS = ("title", "opened_at", "last_seen_at", "reports", "alerted_at")
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
DELIVERY_COLUMNS = (
    "id",
    "key",
    "chat",
    "queued_at",
    "notice",
    "not_before",
    "claimed_until",
    "attempts",
    "maybe_sent",
    "message_id",
    "why",
    "settled_at",
)


def columns_of(noun: object, names: tuple[str, ...]) -> dict[str, Any]:
    """The named fields of a noun, for the columns of the same names."""
    return {name: getattr(noun, name) for name in names}


def _picked(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def state_row(state: SourceState) -> dict[str, Any]:
    """The columns of a source's polling memory."""
    validators = [{"url": v.url, "etag": v.etag, "last_modified": v.last_modified} for v in state.validators]
    return columns_of(state, STATE_COLUMNS) | {"validators": validators}


def state_from(row: Row) -> SourceState:
    """The polling memory in a row of `sources`."""
    validators = tuple(Validator(**validator) for validator in row["validators"])
    return SourceState(source_id=row["id"], validators=validators, **_picked(row, STATE_COLUMNS))


def story_from(row: Row) -> Story:
    """The story in a row."""
    return Story(id=row["id"], **_picked(row, STORY_COLUMNS))


def fingerprint_from(row: Row) -> Fingerprint:
    """The fingerprint kept with an article."""
    return Fingerprint(bands=row["bands"], shingles=frozenset(row["shingles"]))


def article_from(row: Row) -> Article:
    """The article in a row."""
    article = _picked(row, ARTICLE_COLUMNS)
    return Article(**article | {"body_from": BodyFrom(article["body_from"])})


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict with all its evidence, as JSON keeps it."""
    return {
        "relevant": verdict.relevant,
        "score": verdict.score,
        "threshold": verdict.threshold,
        "topics": list(verdict.topics),
        "authority": verdict.authority,
        "priority": verdict.priority,
        "hits": [_hit_to_json(hit) for hit in verdict.hits],
        "notes": list(verdict.notes),
        "rules_version": verdict.rules_version,
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
    )


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


def alert_from(row: Row, *, story: Row, article: Row, source: Row) -> Alert:
    """The alert in a row, with the rows it points at."""
    return Alert(
        id=row["id"],
        story=story_from(story),
        article=article_from(article),
        verdict=verdict_from_json(article["verdict"]),
        source_name=source["name"],
        source_tier=Tier(source["tier"]),
        reason=Reason(row["reason"]),
        decided_at=row["decided_at"],
    )


def delivery_from(row: Row, alert: Alert | None) -> Delivery:
    """The delivery in a row, with its alert."""
    return Delivery(state=DeliveryState(row["state"]), alert=alert, **_picked(row, DELIVERY_COLUMNS))
