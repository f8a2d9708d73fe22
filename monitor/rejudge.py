"""Kept articles judged again by another rule book, each only where the change can matter to it.

A source's tier is the one it has today: a verdict that is not given again keeps the tier of its own day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, takewhile

from monitor.core.archive import Judged, Kept
from monitor.core.classify import Judge, classify_article, compile_rules
from monitor.core.model import ArticleId, Field, RuleBook, Verdict
from monitor.core.ports import Archive
from monitor.core.rules.changes import Names, Needed, Suspects, changes
from monitor.core.rules.lexicon import Automaton, Lexicon
from monitor.core.text import normalise

ENOUGH = 2000  # articles: to judge so few again costs less than to ask the index for another list of terms
_LOT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A rule book ready to judge the archive."""

    book: RuleBook
    version: str
    judge: Judge

    @classmethod
    def of(cls, book: RuleBook, version: str) -> "Side":
        """Compile a book. Raises RuleError."""
        return cls(book=book, version=version, judge=compile_rules(book, version))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One article with the verdict that each side gives it."""

    judged: Judged
    kept: Kept | None  # the whole article, where one side judged it again
    again: tuple[Verdict | None, ...]  # by side; None: the stored verdict serves
    thresholds: tuple[float, ...]  # by side

    def relevant(self, side: int) -> bool:
        """Whether it is relevant to this side; cheaper than its verdict."""
        again = self.again[side]
        return self.judged.relevant if again is None else again.relevant

    def verdict(self, side: int) -> Verdict:
        """What this side says of it."""
        again = self.again[side]
        return _asked(self.judged.verdict(), self.thresholds[side]) if again is None else again


def rejudge(archive: Archive, sides: Sequence[Side], since: datetime) -> Iterator[Trial]:
    """Every article seen at or after `since` under each side's book, in the order they were taken in.

    The stored verdict serves wherever the changes since it was given cannot touch it.
    """
    index = _Index(archive, since)
    plans = [_Plan(index=index, side=side, scopes={}) for side in sides]
    # What a running service takes in from now on is not looked at: the index was asked before it came.
    last = max(archive.newest(1), default=ArticleId(0))
    stream = takewhile(lambda one: one.article_id <= last, archive.judged(since))
    while lot := list(islice(stream, _LOT)):
        yield from _trials(archive, plans, lot)


def _trials(archive: Archive, plans: Sequence["_Plan"], lot: Sequence[Judged]) -> Iterator[Trial]:
    due = [[plan.is_due(one) for plan in plans] for one in lot]
    wanted = [one.article_id for one, marks in zip(lot, due, strict=True) if any(marks)]
    whole = {kept.article_id: kept for kept in archive.full(wanted)}
    thresholds = tuple(plan.side.book.threshold for plan in plans)
    for one, marks in zip(lot, due, strict=True):
        kept = whole.get(one.article_id)
        again = (
            classify_article(plan.side.judge, kept.article, kept.source_tier) if mark and kept else None
            for plan, mark in zip(plans, marks, strict=True)
        )
        yield Trial(judged=one, kept=kept, again=tuple(again), thresholds=thresholds)


def _asked(verdict: Verdict, threshold: float) -> Verdict:
    """The same verdict where another threshold makes no odds."""
    return verdict if verdict.threshold == threshold else replace(verdict, threshold=threshold)


# ── which articles must be judged again ──


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """Suspects with the articles that the index named for them; None stands for all."""

    suspects: Suspects
    having: frozenset[ArticleId] | None
    touching: frozenset[ArticleId] | None
    titles: tuple[Automaton, ...] = ()  # of the others each of these must find something in the title

    def holds(self, one: Judged) -> bool:
        if self.suspects.relevant and not one.relevant:
            return False
        if self.touching is not None and one.article_id not in self.touching:
            return False
        if one.fired & self.suspects.fired:
            return True
        return (self.having is None or one.article_id in self.having) and self._titled(one.title)

    def _titled(self, title: str) -> bool:
        if not self.titles:
            return True
        texts, folded = {Field.TITLE: title}, {Field.TITLE: normalise(title)}
        return all(any(automaton.search(folded, texts)) for automaton in self.titles)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    index: "_Index"
    side: Side
    scopes: dict[str, tuple[_Scope, ...] | None]  # by stored version; None: all its articles

    def is_due(self, one: Judged) -> bool:
        version = one.rules_version
        if version == self.side.version:
            return False
        if version not in self.scopes:
            self.scopes[version] = self._scopes(version)
        scopes = self.scopes[version]
        if scopes is None or (one.score >= self.side.book.threshold) != one.relevant:
            return True
        return any(scope.holds(one) for scope in scopes)

    def _scopes(self, version: str) -> tuple[_Scope, ...] | None:
        old = self.index.archive.rules_kept(version)
        if old is None:
            return None
        found = changes(old, self.side.book)
        return None if found.everything else tuple(map(self._scope, found.suspects))

    def _scope(self, suspects: Suspects) -> _Scope:
        touching = None if suspects.touching is None else self.index.having_one(suspects.touching)
        few = touching is not None and len(touching) <= ENOUGH
        having = None if few else self.index.having_all(suspects.having)
        titled = [each.names for each in suspects.having or () if each.field is Field.TITLE and each.names]
        titles = tuple(map(self.index.finding, titled))
        return _Scope(suspects=suspects, touching=touching, having=having, titles=titles)


class _Index:
    """Asks the archive which articles have which terms, for each list of terms once; None stands for all."""

    def __init__(self, archive: Archive, since: datetime) -> None:
        self.archive = archive
        self._since = since
        self._known: dict[Names, frozenset[ArticleId] | None] = {}
        self._finding: dict[Names, Automaton] = {}

    def having_all(self, lists: tuple[Needed, ...] | None) -> frozenset[ArticleId] | None:
        """Articles that have a term of each list, and where these are few enough some more."""
        if lists is None:
            return frozenset()
        found: frozenset[ArticleId] | None = None
        for each in lists:
            if (ids := self.having_one(each.names)) is not None:
                found = ids if found is None else found & ids
            if found is not None and len(found) <= ENOUGH:
                break
        return found

    def having_one(self, names: Names) -> frozenset[ArticleId] | None:
        """Articles that have one of these terms, and maybe some more."""
        if names not in self._known:
            # The index knows words, not expressions.
            regex = any(name.startswith("/") for name in names)
            self._known[names] = None if regex else frozenset(self.archive.candidates(names, self._since))
        return self._known[names]

    def finding(self, names: Names) -> Automaton:
        """What finds these terms in a text."""
        if names not in self._finding:
            lexicon = Lexicon(())
            lexicon.clause(tuple(names), "", "")
            self._finding[names] = lexicon.automaton()
        return self._finding[names]
