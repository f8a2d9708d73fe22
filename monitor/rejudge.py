"""Kept articles judged again by another rule book, each only where the change can matter to it.

A source's tier is the one it has today: a verdict that is not given again keeps the tier of its own day.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from functools import partial
from itertools import islice, repeat, takewhile
from math import inf

from monitor.core.archive import Judged, Kept
from monitor.core.classify import Judge, classify_article, compile_rules
from monitor.core.errors import RuleError
from monitor.core.model import ArticleId, Field, RuleBook, Verdict
from monitor.core.ports import Archive
from monitor.core.rules.changes import Names, Needed, Suspects, changes
from monitor.core.rules.lexicon import Automaton, Lexicon
from monitor.core.rules.regexes import compile_regex
from monitor.core.text import Normalised, normalise

ENOUGH = 2000  # articles: to judge so few again costs less than to ask the index for another list of terms
_LOT = 500
_ROUNDING = 1e-5  # scores are rounded to six places
_HAN = re.compile("[\u4e00-\u9fff]+")


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
    late: Callable[[int], Verdict] | None = (
        None  # no side finds it relevant; judges it when asked all the same
    )

    def relevant(self, side: int) -> bool:
        """Whether it is relevant to this side; cheaper than its verdict."""
        again = self.again[side]
        return self.judged.relevant if again is None else again.relevant

    def verdict(self, side: int) -> Verdict:
        """What this side says of it."""
        if self.late:
            return self.late(side)
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
    due = [[plan.due(one) for plan in plans] for one in lot]
    wanted = [one.article_id for one, marks in zip(lot, due, strict=True) if Due.OPEN in marks]
    whole = {kept.article_id: kept for kept in archive.full(wanted)}
    thresholds = tuple(plan.side.book.threshold for plan in plans)
    none = (None,) * len(plans)
    for one, marks in zip(lot, due, strict=True):
        kept = whole.get(one.article_id)
        again = tuple(map(_judged_again, plans, marks, repeat(kept))) if kept else none
        late = partial(_late, archive, plans, one, marks) if not kept and Due.IRRELEVANT in marks else None
        yield Trial(judged=one, kept=kept, again=again, thresholds=thresholds, late=late)


def _judged_again(plan: "_Plan", mark: "Due", kept: Kept) -> Verdict | None:
    return classify_article(plan.side.judge, kept.article, kept.source_tier) if mark is not Due.NOT else None


def _late(
    archive: Archive, plans: Sequence["_Plan"], one: Judged, marks: Sequence["Due"], side: int
) -> Verdict:
    [kept] = archive.full([one.article_id])
    again = _judged_again(plans[side], marks[side], kept)
    return again or _asked(one.verdict(), plans[side].side.book.threshold)


def _asked(verdict: Verdict, threshold: float) -> Verdict:
    """The same verdict where another threshold makes no odds."""
    return verdict if verdict.threshold == threshold else replace(verdict, threshold=threshold)


# ── which articles must be judged again ──


class Due(Enum):
    """What one side has to do with an article."""

    NOT = auto()  # the stored verdict serves
    IRRELEVANT = auto()  # its verdict may be another one, but none that finds it relevant
    OPEN = auto()


class _Title:
    """Tells which automata find something in a title, each asked once."""

    __slots__ = ("_folded", "_found", "_texts")

    def __init__(self, title: str) -> None:
        self._texts = {Field.TITLE: title}
        self._folded: dict[Field, Normalised] = {}
        self._found: dict[int, bool] = {}

    def has(self, automaton: Automaton) -> bool:
        if (key := id(automaton)) not in self._found:
            # Folded when first asked: most articles are settled without their title.
            self._folded = self._folded or {Field.TITLE: normalise(self._texts[Field.TITLE])}
            self._found[key] = any(automaton.search(self._folded, self._texts))
        return self._found[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """Suspects with the articles that the index named for them; None stands for all."""

    suspects: Suspects
    having: frozenset[ArticleId] | None
    touching: frozenset[ArticleId] | None
    titles: tuple[Automaton, ...] = ()  # of the others each of these must find something in the title

    def holds(self, one: Judged, title: _Title) -> bool:
        if self.suspects.relevant and not one.relevant:
            return False
        if self.touching is not None and one.article_id not in self.touching:
            return False
        if one.fired and not one.fired.isdisjoint(self.suspects.fired):
            return True
        if self.having is not None and one.article_id not in self.having:
            return False
        return not self.titles or all(map(title.has, self.titles))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scopes:
    """All that the changes from one book to another may touch."""

    each: tuple[_Scope, ...]
    topics_rise: float
    threshold: float  # of the new book

    def due(self, one: Judged) -> Due:
        """An article that was not relevant is, at the most, by what all that holds adds to its score."""
        title = _Title(one.title)
        room = self.threshold - _ROUNDING - one.score - self.topics_rise
        held = False
        for scope in self.each:
            if scope.holds(one, title):
                if one.relevant or scope.suspects.rise >= room:
                    return Due.OPEN
                room -= scope.suspects.rise
                held = True
        return Due.IRRELEVANT if held else Due.NOT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    index: "_Index"
    side: Side
    scopes: dict[str, _Scopes | None]  # by stored version; None: all its articles

    def due(self, one: Judged) -> Due:
        version = one.rules_version
        if version == self.side.version:
            return Due.NOT
        if version not in self.scopes:
            self.scopes[version] = self._scopes(version)
        scopes = self.scopes[version]
        if scopes is None or (one.score >= self.side.book.threshold) != one.relevant:
            return Due.OPEN
        return scopes.due(one)

    def _scopes(self, version: str) -> _Scopes | None:
        old = self.index.archive.rules_kept(version)
        if old is None:
            return None
        found = changes(old, self.side.book)
        if found.everything:
            return None
        return _Scopes(
            each=tuple(map(self._scope, found.suspects)),
            topics_rise=found.topics_rise if self.side.book.model is None else inf,
            threshold=self.side.book.threshold,
        )

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
            words = frozenset(map(_askable, names))
            self._known[names] = (
                None if "" in words else frozenset(self.archive.candidates(words, self._since))
            )
        return self._known[names]

    def finding(self, names: Names) -> Automaton:
        """What finds these terms in a text."""
        if names not in self._finding:
            lexicon = Lexicon(())
            lexicon.clause(tuple(names), "", "")
            self._finding[names] = lexicon.automaton()
        return self._finding[names]


def _askable(name: str) -> str:
    """A term that every text has which has this one, and that the index knows; "" when there is none.

    The index knows words, not expressions; but of Chinese characters it knows any that stand together.
    """
    if not name.startswith("/"):
        return name
    anchor = compile_regex(name[1:-1], 0, partial(RuleError, "", "")).anchor
    return anchor if _HAN.fullmatch(anchor) else ""
