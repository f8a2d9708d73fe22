"""What a person may ask about one article or story: every step with its reason, in words."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.archive import First, Kept, Latency
from monitor.core.messages import Delivery
from monitor.core.model import ArticleId, BodyFrom, RuleId, Story, StoryId
from monitor.core.ports import Archive

_BODY = {
    BodyFrom.PAGE: "text from its page",
    BodyFrom.FEED: "text from the feed",
    BodyFrom.NOWHERE: "no text but the feed's claims",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an article's way, in words."""

    name: str
    lines: tuple[str, ...]


def why(archive: Archive, article_id: ArticleId, zone: ZoneInfo) -> tuple[Step, ...]:
    """The way of an article: source, reading, verdict, story, decision, delivery; empty when unknown."""
    kept = archive.kept(article_id)
    if kept is None:
        return ()
    story = archive.story(kept.story_id)
    return (
        Step(
            name="Source", lines=(f"{kept.source_name} ({kept.article.source_id}), tier {kept.source_tier}",)
        ),
        Step(name="Read", lines=tuple(_reading(kept, zone))),
        Step(name="Judged", lines=kept.verdict.reasons()),
        Step(name="Story", lines=tuple(_story(kept, story, archive, zone))),
        Step(name="Decision", lines=(f"{kept.reason}: {kept.words}",)),
        Step(name="Delivery", lines=tuple(_deliveries(archive.deliveries_of(kept.story_id), zone))),
    )


def why_story(archive: Archive, story_id: StoryId, zone: ZoneInfo) -> tuple[Step, ...]:
    """The way of the article that a story was alerted with, else of its first one; empty when unknown."""
    ids = archive.articles_of(story_id)
    alerted = [d.alert.article for d in archive.deliveries_of(story_id) if d.alert is not None]
    kept = list(archive.full(ids))
    shown = next((one for one in kept if one.article in alerted), kept[0] if kept else None)
    return why(archive, shown.article_id, zone) if shown else ()


def _reading(kept: Kept, zone: ZoneInfo) -> Iterator[str]:
    article = kept.article
    yield article.title or "(no title)"
    if article.url:
        yield article.url
    yield f"published {_when(article.published_at, zone)}, seen {_when(article.seen_at, zone)}"
    yield _BODY[article.body_from] + (f"; {article.problem}" if article.problem else "")
    if article.issuer or article.document_number:
        yield " ".join(filter(None, ["issued by", article.issuer, article.document_number]))


def _story(kept: Kept, story: Story | None, archive: Archive, zone: ZoneInfo) -> Iterator[str]:
    if story is None:
        return
    muted = f", muted since {_when(story.muted_at, zone)}" if story.muted_at else ""
    yield f"story {story.id}: {story.title} ({story.standing}, {story.reports} reports{muted})"
    yield from kept.placed
    for report in archive.reports_of(story.id)[:10]:
        yield f"{_when(report.seen_at, zone)} {report.source_name}: {report.title}"


def _deliveries(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterator[str]:
    none = True
    for one in deliveries:
        none = False
        at = f" {_when(one.settled_at, zone)}" if one.settled_at else ""
        tries = f", {one.attempts} tries" if one.attempts > 1 else ""
        yield f"{one.kind} to {one.chat}: {one.state}{at}{tries}" + (f" ({one.why})" if one.why else "")
    if none:
        yield "nothing was owed to anybody"


def _when(at: datetime | None, zone: ZoneInfo) -> str:
    if at is None:
        return "at an unknown time"
    try:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
    except OverflowError:
        return f"{at:%Y-%m-%d}"


# ── statistics ──


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLatency:
    """How quick the alerts of one source were."""

    source: str
    alerts: int
    seen_p50: timedelta | None  # published to seen; None when it gives no clock times
    seen_p95: timedelta | None
    sent_p50: timedelta | None  # seen to sent; None when nothing was sent yet
    sent_p95: timedelta | None


def latency_by_source(latencies: Iterable[Latency]) -> tuple[SourceLatency, ...]:
    """Percentiles per source, the source with the most alerts first."""
    by_source: dict[str, list[Latency]] = {}
    for one in latencies:
        by_source.setdefault(one.source_name, []).append(one)
    rows = (_latency(source, ones) for source, ones in by_source.items())
    return tuple(sorted(rows, key=lambda row: (-row.alerts, row.source)))


def _latency(source: str, ones: list[Latency]) -> SourceLatency:
    seen = [o.seen_at - o.published_at for o in ones if o.published_at and not o.day_only]
    sent = [o.sent_at - o.seen_at for o in ones if o.sent_at]
    return SourceLatency(
        source=source,
        alerts=len(ones),
        seen_p50=percentile(seen, 50),
        seen_p95=percentile(seen, 95),
        sent_p50=percentile(sent, 50),
        sent_p95=percentile(sent, 95),
    )


def percentile(spans: list[timedelta], percent: int) -> timedelta | None:
    """The nearest-rank percentile; None of nothing."""
    if not spans:
        return None
    ranked = sorted(spans)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFirsts:
    """How often a source was the first with a story, and how long before the primary text."""

    source: str
    firsts: int
    before_text: timedelta | None  # median over the stories whose text came later


def firsts_by_source(firsts: Iterable[First]) -> tuple[SourceFirsts, ...]:
    """Per source, the one that was first most often first."""
    leads: dict[str, list[timedelta]] = {}
    counts: Counter[str] = Counter()
    for one in firsts:
        source = one.report.source_name
        counts[source] += 1
        if one.primary is not None and one.primary.seen_at > one.report.seen_at:
            leads.setdefault(source, []).append(one.primary.seen_at - one.report.seen_at)
    return tuple(
        SourceFirsts(source=source, firsts=count, before_text=percentile(leads.get(source, []), 50))
        for source, count in counts.most_common()
    )


# ── rules ──


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePresses:
    """What the desk thought of the alerts a rule took part in."""

    rule: RuleId
    useful: int
    noise: int

    @property
    def precision(self) -> float | None:
        """The useful share of all presses; None before the first one."""
        presses = self.useful + self.noise
        return self.useful / presses if presses else None


def presses_by_rule(archive: Archive, rules: Iterable[RuleId]) -> tuple[RulePresses, ...]:
    """Every rule with its presses, in the given order."""
    pressed = archive.rule_presses()
    none = (0, 0)
    return tuple(
        RulePresses(rule=rule, useful=pressed.get(rule, none)[0], noise=pressed.get(rule, none)[1])
        for rule in rules
    )
