"""What the archive tells of past articles and stories: for the bot's answers, statistics and backtests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from monitor.core.messages import Report
from monitor.core.model import (
    Article,
    ArticleId,
    ChatName,
    Reason,
    RuleId,
    SourceId,
    Standing,
    Story,
    StoryId,
    Tier,
    Verdict,
)
from monitor.core.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An article as it was kept: judged, decided upon and placed."""

    article_id: ArticleId
    article: Article
    verdict: Verdict
    reason: Reason
    words: str  # of the decision
    placed: tuple[str, ...]  # why it belongs to its story, in words
    story_id: StoryId
    source_name: str
    source_tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Messages that are due at a chat and have not reached it, for one reason."""

    chat: ChatName
    why: str  # of the last try; "" when there was none
    number: int
    since: datetime  # when the first of them was queued


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A report that may tell the event of another one."""

    article_id: ArticleId
    story: Story
    samples: tuple[int, ...]  # of its text, see `fingerprint.containment`
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a backtest looks at of every article; the verdict in full is read only when asked for."""

    article_id: ArticleId
    source_id: SourceId
    story_id: StoryId
    title: str
    score: float
    relevant: bool
    reason: Reason
    seen_at: datetime
    published_at: datetime | None
    rules_version: str  # of the book that judged it
    fired: frozenset[RuleId]
    verdict: Callable[[], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """The three times of a story's first alert."""

    source_id: SourceId
    source_name: str
    published_at: datetime | None
    day_only: bool  # published_at tells the day alone
    seen_at: datetime
    sent_at: datetime | None  # to the first chat that was told; None while nobody was


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """Who had an alerted story first, and when the issuing authority itself published."""

    story_id: StoryId
    title: str
    standing: Standing
    report: Report
    primary: Report | None  # the first report by an authority; the same as `report` when it was first
