"""What a person may ask about one article or story: every step with its reason, in words."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.archive import First, Kept, Latency
from monitor.core.messages import DeliveryKind, DeliveryState
from monitor.core.model import ArticleId, BodyFrom, Reason, RuleId, Standing, StoryId, Verdict
from monitor.core.ports import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class WayWords:
    """One language's words for the way of an article."""

    source: str
    read: str
    judged: str
    story: str
    decision: str
    delivery: str
    tier: str  # {name} {id} {tier}
    no_title: str
    times: str  # {published} {seen}
    unknown_time: str
    body: Mapping[BodyFrom, str]
    problem: str  # {body} {problem}
    issued: str  # {issuer}
    verdict: Callable[[Verdict], Sequence[str]]
    told: str  # {id} {title} {standing} {reports} {muted}
    standings: Mapping[Standing, str]
    reports: Callable[[int], str]
    muted: str  # {at}
    report: str  # {at} {source} {title}
    decided: Callable[[Reason, str], str]  # the reason, and the words recorded with it
    reasons: Mapping[Reason, str]
    delivered: str  # {kind} {chat} {state} {at} {tries} {why}
    kinds: Mapping[DeliveryKind, str]
    states: Mapping[DeliveryState, str]
    tries: Callable[[int], str]
    why: str  # {why}
    nothing_owed: str


ENGLISH = WayWords(
    source="Source",
    read="Read",
    judged="Judged",
    story="Story",
    decision="Decision",
    delivery="Delivery",
    tier="{name} ({id}), tier {tier}",
    no_title="(no title)",
    times="published {published}, seen {seen}",
    unknown_time="at an unknown time",
    body={
        BodyFrom.PAGE: "text from its page",
        BodyFrom.FEED: "text from the feed",
        BodyFrom.NOWHERE: "no text but the feed's claims",
    },
    problem="{body}; {problem}",
    issued="issued by {issuer}",
    verdict=Verdict.reasons,
    told="story {id}: {title} ({standing}, {reports}{muted})",
    standings={standing: standing.value for standing in Standing},
    reports=lambda count: "1 report" if count == 1 else f"{count} reports",
    muted=", muted since {at}",
    report="{at} {source}: {title}",
    decided=lambda reason, words: f"{reason}: {words}",
    reasons={reason: reason.value for reason in Reason},
    delivered="{kind} to {chat}: {state}{at}{tries}{why}",
    kinds={kind: kind.value for kind in DeliveryKind},
    states={state: state.value for state in DeliveryState},
    tries=lambda count: f", {count} tries" if count > 1 else "",
    why=" ({why})",
    nothing_owed="nothing was owed to anybody",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an article's way, in words."""

    name: str
    lines: tuple[str, ...]


def why(
    archive: Archive, article_id: ArticleId, zone: ZoneInfo, words: WayWords = ENGLISH
) -> tuple[Step, ...]:
    """The way of an article: source, reading, verdict, story, decision, delivery; empty when unknown."""
    kept = archive.kept(article_id)
    return _Way(archive, kept, zone, words).steps() if kept is not None else ()


def why_story(
    archive: Archive, story_id: StoryId, zone: ZoneInfo, words: WayWords = ENGLISH
) -> tuple[Step, ...]:
    """The way of the article that stands for a story; empty when unknown."""
    kept = stands_for(archive, story_id)
    return _Way(archive, kept, zone, words).steps() if kept is not None else ()


def stands_for(archive: Archive, story_id: StoryId) -> Kept | None:
    """The article that a story was alerted with, else its first one; None when unknown."""
    ids = archive.articles_of(story_id)
    alerted = [d.alert.article for d in archive.deliveries_of(story_id) if d.alert is not None]
    kept = list(archive.full(ids))
    return next((one for one in kept if one.article in alerted), kept[0] if kept else None)


@dataclass(frozen=True, slots=True)
class _Way:
    """Puts the way of one article into words."""

    archive: Archive
    kept: Kept
    zone: ZoneInfo
    words: WayWords

    def steps(self) -> tuple[Step, ...]:
        words, kept = self.words, self.kept
        tier = words.tier.format(
            name=kept.source_name, id=kept.article.source_id, tier=kept.source_tier.value
        )
        return (
            Step(name=words.source, lines=(tier,)),
            Step(name=words.read, lines=tuple(self._reading())),
            Step(name=words.judged, lines=tuple(words.verdict(kept.verdict))),
            Step(name=words.story, lines=tuple(self._story())),
            Step(name=words.decision, lines=(words.decided(kept.reason, kept.words),)),
            Step(name=words.delivery, lines=tuple(self._deliveries()) or (words.nothing_owed,)),
        )

    def _reading(self) -> Iterator[str]:
        words, article = self.words, self.kept.article
        yield article.title or words.no_title
        if article.url:
            yield article.url
        yield words.times.format(published=self._when(article.published_at), seen=self._when(article.seen_at))
        body = words.body[article.body_from]
        yield words.problem.format(body=body, problem=article.problem) if article.problem else body
        if issuer := " ".join(filter(None, [article.issuer, article.document_number])):
            yield words.issued.format(issuer=issuer)

    def _story(self) -> Iterator[str]:
        words, story = self.words, self.archive.story(self.kept.story_id)
        if story is None:
            return
        yield words.told.format(
            id=story.id,
            title=story.title,
            standing=words.standings[story.standing],
            reports=words.reports(story.reports),
            muted=words.muted.format(at=self._when(story.muted_at)) if story.muted_at else "",
        )
        yield from self.kept.placed
        for report in self.archive.reports_of(story.id)[:10]:
            yield words.report.format(
                at=self._when(report.seen_at), source=report.source_name, title=report.title
            )

    def _deliveries(self) -> Iterator[str]:
        words = self.words
        for one in self.archive.deliveries_of(self.kept.story_id):
            yield words.delivered.format(
                kind=words.kinds[one.kind],
                chat=one.chat,
                state=words.states[one.state],
                at=f" {self._when(one.settled_at)}" if one.settled_at else "",
                tries=words.tries(one.attempts),
                why=words.why.format(why=one.why) if one.why else "",
            )

    def _when(self, at: datetime | None) -> str:
        if at is None:
            return self.words.unknown_time
        try:
            return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"
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
