"""Builders of our nouns with everything filled in; a test names only what it is about."""

from datetime import UTC, datetime
from typing import Any

from monitor.core.messages import Alert, Delivery, DeliveryState
from monitor.core.model import (
    AlertId,
    Article,
    Authority,
    BodyFrom,
    ChatName,
    DeliveryId,
    Feed,
    Field,
    Hit,
    Kind,
    Match,
    Priority,
    Reason,
    RuleBook,
    RuleId,
    Source,
    SourceId,
    Story,
    StoryId,
    Tier,
    Topic,
    Verdict,
)
from monitor.core.polling import SourceState
from monitor.core.settings import AlertPolicy, Chat, Config, Network, Telegram

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def an_article(**changes: Any) -> Article:
    values: dict[str, Any] = {
        "source_id": SourceId("pbc"),
        "title": "Digital yuan pilot reaches five more cities",
        "url": "https://www.pbc.gov.cn/en/1.html",
        "canonical_url": "https://www.pbc.gov.cn/en/1.html",
        "seen_at": NOW,
        "body": "The central bank widened the digital yuan pilot. Five more cities join in January.",
        "body_from": BodyFrom.PAGE,
        "language": "en",
        "published_at": NOW,
    }
    return Article(**values | changes)


def a_hit(**changes: Any) -> Hit:
    match = Match(term="digital yuan", field=Field.TITLE, start=0, end=12, text="Digital yuan")
    values: dict[str, Any] = {"rule": RuleId("ecny"), "topic": Topic.ECNY, "points": 6.0, "matches": (match,)}
    return Hit(**values | changes)


def a_verdict(**changes: Any) -> Verdict:
    values: dict[str, Any] = {
        "relevant": True,
        "score": 6.0,
        "threshold": 3.0,
        "topics": (Topic.ECNY,),
        "authority": Authority.CENTRAL,
        "priority": Priority.NORMAL,
        "hits": (a_hit(),),
    }
    return Verdict(**values | changes)


def a_story(**changes: Any) -> Story:
    values: dict[str, Any] = {
        "id": StoryId(1),
        "title": "Digital yuan pilot reaches five more cities",
        "opened_at": NOW,
        "last_seen_at": NOW,
    }
    return Story(**values | changes)


def an_alert(**changes: Any) -> Alert:
    values: dict[str, Any] = {
        "id": AlertId(1),
        "story": a_story(),
        "article": an_article(),
        "verdict": a_verdict(),
        "source_name": "People's Bank of China",
        "source_tier": Tier.AUTHORITY,
        "reason": Reason.NEW_STORY,
        "decided_at": NOW,
    }
    return Alert(**values | changes)


def a_delivery(**changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": DeliveryId(1),
        "key": "story:1",
        "chat": ChatName("desk"),
        "state": DeliveryState.QUEUED,
        "queued_at": NOW,
        "alert": an_alert(),
    }
    return Delivery(**values | changes)


def a_chat(name: str = "desk", **changes: Any) -> Chat:
    return Chat(**{"name": ChatName(name), "id": "7"} | changes)


def a_config(**changes: Any) -> Config:
    values: dict[str, Any] = {
        "chats": (a_chat(),),
        "operator": None,
        "rules": RuleBook(rules=()),
        "sources": (),
        "alerts": AlertPolicy(),
        "network": Network(),
        "telegram": Telegram(),
        "rules_version": "test",
    }
    return Config(**values | changes)


def a_source(**changes: Any) -> Source:
    values: dict[str, Any] = {
        "id": SourceId("wire"),
        "name": "The Wire",
        "homepage": "https://wire.example/",
        "kind": Kind.BUSINESS_MEDIA,
        "tier": Tier.REPORTING,
        "feeds": (Feed(name="all", url="https://wire.example/feed.xml"),),
    }
    return Source(**values | changes)


def a_state(**changes: Any) -> SourceState:
    values: dict[str, Any] = {"source_id": SourceId("wire"), "next_poll_at": NOW}
    return SourceState(**values | changes)


def not_relevant() -> Verdict:
    return a_verdict(relevant=False, score=0.0, topics=(), hits=(), priority=Priority.LOW)
