"""What a rule book would have made of the archive, told as stories.

Nothing is changed and nothing is sent. Whether a report was part of a new source's backlog cannot be known
again, nor whether it passed on an old document; where this was noted when it came in, it still counts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.classify import LONGEST_TEXT
from monitor.core.decide import chats_for
from monitor.core.model import Article, Field, Reason, StoryId, Tier, Topic, Verdict
from monitor.core.ports import Archive
from monitor.core.rules.changes import changes, in_words
from monitor.core.rules.lexicon import Automaton, Lexicon
from monitor.core.settings import Config
from monitor.core.text import normalise
from monitor.rejudge import Side, Trial, rejudge

MOST_MEASURED = 5000  # articles: a share of a fifth is told to within a hundredth
_MOST_NAMED = 3
_PASSED_OVER = frozenset({Reason.BACKLOG, Reason.TOO_OLD, Reason.RECIRCULATED, Reason.RUMOUR})


# ── what a desk would have been told ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story that would have alerted, as its first report that speaks has it."""

    story_id: StoryId
    title: str
    source_id: str
    seen_at: datetime
    topics: tuple[Topic, ...]
    score: float
    why: str  # the strongest reason; in a comparison: what makes the difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The stories a configuration would have alerted."""

    articles: int
    judged_again: int
    stories: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The stories that another configuration would have alerted in addition, and those it would not have."""

    articles: int
    judged_again: int
    kept: int  # stories that both alert
    gained: tuple[Told, ...]
    lost: tuple[Told, ...]
    changed: tuple[str, ...]  # what is different in the rules, in words


def backtest(archive: Archive, config: Config, since: datetime) -> Backtest:
    """Which stories of the archive the configuration would have alerted, oldest first."""
    count = _Count()
    stories: dict[StoryId, Told] = {}
    for trial in count.of(rejudge(archive, [_side(config)], since)):
        if trial.judged.story_id not in stories and _speaks(trial, 0, config):
            verdict = trial.verdict(0)
            stories[trial.judged.story_id] = _told(trial, verdict, _main_reason(verdict))
    return Backtest(articles=count.articles, judged_again=count.again, stories=tuple(stories.values()))


def compare(archive: Archive, old: Config, new: Config, since: datetime) -> Comparison:
    """Which stories the new configuration gains and loses, each with what made the difference."""
    count = _Count()
    before: dict[StoryId, Told] = {}
    after: dict[StoryId, Told] = {}
    for trial in count.of(rejudge(archive, [_side(old), _side(new)], since)):
        for side, (config, stories) in enumerate(((old, before), (new, after))):
            if trial.judged.story_id not in stories and _speaks(trial, side, config):
                why = difference(trial.verdict(0), trial.verdict(1))
                stories[trial.judged.story_id] = _told(trial, trial.verdict(side), why)
    return Comparison(
        articles=count.articles,
        judged_again=count.again,
        kept=len(before.keys() & after.keys()),
        gained=tuple(told for story, told in after.items() if story not in before),
        lost=tuple(told for story, told in before.items() if story not in after),
        changed=in_words(changes(old.rules, new.rules)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewWords:
    """One language's words for what a change would have done."""

    found: str  # {articles} {new} {old}
    gained: str  # {stories}
    lost: str  # {stories}
    none: str
    named: str  # {count} {titles} {more}
    more: str  # {count}
    title: str  # {title}
    semicolon: str


ENGLISH_PREVIEW = PreviewWords(
    found="Last 7 days, {articles:,} articles. Stories alerted: {new}, with the rules as they are {old}.",
    gained="Gained {stories}",
    lost="Lost {stories}",
    none="0.",
    named="{count}: {titles}{more}.",
    more=" and {count} more",
    title="“{title}”",
    semicolon="; ",
)


def preview(
    archive: Archive, old: Config, new: Config, now: datetime, words: PreviewWords = ENGLISH_PREVIEW
) -> str:
    """Three lines on what the change would have done in the last seven days."""
    found = compare(archive, old, new, now - timedelta(days=7))
    counted = words.found.format(
        articles=found.articles, new=found.kept + len(found.gained), old=found.kept + len(found.lost)
    )
    gained = words.gained.format(stories=_named(found.gained, words))
    return "\n".join((counted, gained, words.lost.format(stories=_named(found.lost, words))))


def _named(stories: Sequence[Told], words: PreviewWords) -> str:
    if not stories:
        return words.none
    titles = words.semicolon.join(words.title.format(title=told.title) for told in stories[:_MOST_NAMED])
    more = words.more.format(count=len(stories) - _MOST_NAMED) if len(stories) > _MOST_NAMED else ""
    return words.named.format(count=len(stories), titles=titles, more=more)


class _Count:
    """Counts the articles that go by."""

    def __init__(self) -> None:
        self.articles = 0
        self.again = 0

    def of(self, trials: Iterable[Trial]) -> Iterator[Trial]:
        for trial in trials:
            self.articles += 1
            self.again += trial.kept is not None
            yield trial


def _side(config: Config) -> Side:
    return Side.of(config.rules, config.rules_version)


def _speaks(trial: Trial, side: int, config: Config) -> bool:
    """Would this report alone have alerted its story?"""
    if not trial.relevant(side) or not chats_for(trial.verdict(side), config.chats):
        return False
    judged, kept = trial.judged, trial.kept
    if judged.relevant and judged.reason in _PASSED_OVER:
        return False
    if kept is not None and kept.source_tier is Tier.UNRELIABLE and not config.alerts.rumours:
        return False
    if judged.published_at is None:
        return True
    grace = timedelta(days=1) if kept is not None and kept.article.day_only else timedelta()
    return judged.seen_at - judged.published_at <= config.alerts.max_age + grace


def _told(trial: Trial, verdict: Verdict, why: str) -> Told:
    judged = trial.judged
    return Told(
        story_id=judged.story_id,
        title=judged.title,
        source_id=judged.source_id,
        seen_at=judged.seen_at,
        topics=verdict.topics,
        score=verdict.score,
        why=why,
    )


def _main_reason(verdict: Verdict) -> str:
    lines = zip(verdict.hits, verdict.reasons(), strict=False)  # the hits come first among the reasons
    return max(lines, key=lambda line: line[0].points, default=(None, ""))[1]


def difference(was: Verdict, now: Verdict) -> str:
    """What moved a score, in words."""
    parts = list(_moved(was, now))
    if was.threshold != now.threshold:
        parts.append(f"threshold {was.threshold:g} → {now.threshold:g}")
    if was.score != now.score:
        parts.append(f"score {was.score:g} → {now.score:g}")
    return "; ".join(parts) or f"other chats or another age limit, score {now.score:g}"


def _moved(was: Verdict, now: Verdict) -> Iterator[str]:
    before = {hit.rule: hit for hit in was.hits}
    after = {hit.rule: hit for hit in now.hits}
    for rule, hit in after.items():
        if rule not in before:
            yield (
                f"{rule} {hit.points:+g} (“{hit.matches[0].text}”)"
                if hit.matches
                else f"{rule} {hit.points:+g}"
            )
        elif before[rule].points != hit.points:
            yield f"{rule} {before[rule].points:+g} → {hit.points:+g}"
    yield from (f"{rule} {hit.points:+g} fell away" for rule, hit in before.items() if rule not in after)


# ── how common terms are ──


def shares(archive: Archive, terms: Sequence[str]) -> dict[str, float]:
    """In which share of the newest articles each term stands, as rules find it; empty when there are none."""
    if not terms:
        return {}
    lexicon = Lexicon(())
    lexicon.clause(tuple(terms), "", "terms")
    automaton = lexicon.automaton()
    counts: Counter[int] = Counter()
    articles = 0
    for kept in archive.full(archive.newest(MOST_MEASURED)):
        articles += 1
        counts.update(_found(automaton, kept.article))
    return {name: counts[term] / articles for term, name in enumerate(automaton.terms) if articles}


def _found(automaton: Automaton, article: Article) -> set[int]:
    texts = {Field.TITLE: article.title, Field.SUMMARY: article.summary, Field.BODY: article.body}
    written = {field: text[:LONGEST_TEXT] for field, text in texts.items() if text}
    folded = {field: normalise(text) for field, text in written.items()}
    return {spot.term for spot in automaton.search(folded, written).spots}
