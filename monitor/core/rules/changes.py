"""Tells two rule books apart, and which articles the one may judge otherwise than the other.

A verdict hangs on the terms found in a report and on where it comes from. So an article of the archive needs
to be judged again only where a rule that fired on it is another now, or where it has a term that decides: one
of those a new query cannot hold without, or one that a changed set won or lost. And of one that was not
relevant the score must be able to rise far enough.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from math import inf

from monitor.core.errors import RuleError
from monitor.core.model import Field, Rule, RuleBook, RuleId, TermSet
from monitor.core.rules.advice import asked_by_judging
from monitor.core.rules.clauses import Clause, Terms, TopicIs, inside
from monitor.core.rules.musts import Must, must_have
from monitor.core.rules.query import Reader, parse

Names = frozenset[str]  # terms as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A list of terms of which an article must have one, in this field or (None) in any."""

    names: Names
    field: Field | None = None


class How(StrEnum):
    """What happened to a rule."""

    ADDED = "added"
    REMOVED = "removed"  # or switched off
    REWRITTEN = "rewritten"
    REWEIGHED = "reweighed"  # it fires where it did, and counts for something else
    REWORDED = "reworded"  # its own text stands, a set that it names has changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One rule that is not what it was."""

    rule: RuleId
    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """Which articles one change may touch.

    Those on which one of the rules `fired`, and those that have a term of each list of `having` (None: no
    others). Of these only the ones that have a term of `touching`, when there is such a list, and that were
    `relevant`, if asked. Their score may rise by `rise` points through this, and by no more.
    """

    fired: frozenset[RuleId] = frozenset()
    having: tuple[Needed, ...] | None = None
    touching: Names | None = None
    relevant: bool = False
    rise: float = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different, and where it can matter."""

    rules: tuple[Change, ...]
    sets: tuple[str, ...]  # names of the sets that won or lost terms
    suspects: tuple[Suspects, ...]
    topics_rise: float  # by which a score may rise besides, through rules that ask for topics
    everything: str = ""  # in words, why every article must be judged again; "" when not
    threshold: tuple[float, float]  # the old and the new one


def changes(old: RuleBook, new: RuleBook) -> Changes:
    """What the new book does otherwise. Both are books that a judge was made of."""
    terms = _Terms()
    before, after = terms.read(old), terms.read(new)
    listed = tuple(_listed(before, after, terms))
    sets = {name: terms.names(ids) for name, ids in _set_changes(before, after) if ids}
    return Changes(
        rules=tuple(change for change, _ in listed),
        sets=tuple(sets),
        suspects=(
            *(suspects for _, suspects in listed),
            *_of_judging(sets, new),
            *_of_order(old, new),
        ),
        topics_rise=sum(_rise(rule, before, after) for rule in _asking_topics(before, after)),
        everything=_everything(old, new),
        threshold=(old.threshold, new.threshold),
    )


# ── books read ──


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    rules: Mapping[RuleId, Rule]
    clauses: Mapping[RuleId, tuple[Clause, ...]]  # query, needs and unless, as far as they are written
    sets: Mapping[str, frozenset[int]]


class _Terms:
    """Numbers the terms of both books by their names alone; how they are spelled matters to nobody here."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def names(self, ids: Iterable[int]) -> Names:
        known = tuple(self._ids)
        return frozenset(known[term] for term in ids)

    def read(self, book: RuleBook) -> _Read:
        sets = _Sets(book.sets, self._ids)
        reader = Reader(
            term=lambda written: Terms(sets.any((" ".join(written.split()),))),
            regex=lambda written: Terms(sets.any((f"/{written}/",))),
            term_set=lambda name: Terms(sets.expanded(name)),
            refuse=partial(RuleError, "", ""),
        )
        return _Read(
            rules={rule.id: rule for rule in book.rules},
            clauses={rule.id: tuple(_clauses(rule, sets, reader)) for rule in book.rules},
            sets={each.name: sets.expanded(each.name) for each in book.sets},
        )


class _Sets:
    """The sets of one book, those they name included."""

    def __init__(self, sets: Iterable[TermSet], ids: dict[str, int]) -> None:
        self._sets = {each.name: each.terms for each in sets}
        self._ids = ids
        self._expanded: dict[str, frozenset[int]] = {}

    def expanded(self, name: str) -> frozenset[int]:
        if name not in self._expanded:
            self._expanded[name] = self.any(self._sets[name])
        return self._expanded[name]

    def any(self, terms: Iterable[str]) -> frozenset[int]:
        found: set[int] = set()
        for term in terms:
            if term.startswith("@"):
                found |= self.expanded(term[1:].strip())
            else:
                found.add(self._ids.setdefault(term, len(self._ids)))
        return frozenset(found)


def _clauses(rule: Rule, sets: _Sets, reader: Reader) -> Iterator[Clause]:
    for query in (rule.query, rule.needs, rule.unless):
        if query:
            yield parse(query, reader) if isinstance(query, str) else Terms(sets.any(query))


# ── rules compared ──


def _listed(before: _Read, after: _Read, terms: _Terms) -> Iterator[tuple[Change, Suspects]]:
    for rule in before.rules:
        if rule not in after.rules:
            suspects = Suspects(fired=frozenset({rule}), rise=_rise(rule, before, after))
            yield Change(rule=rule, how=How.REMOVED), suspects
    for rule in after.rules:
        if rule not in before.rules:
            suspects = Suspects(having=_needed(rule, after, terms), rise=_rise(rule, before, after))
            yield Change(rule=rule, how=How.ADDED), suspects
        else:
            yield from _compared(rule, before, after, terms)


def _compared(rule: RuleId, before: _Read, after: _Read, terms: _Terms) -> Iterator[tuple[Change, Suspects]]:
    was, now = before.rules[rule], after.rules[rule]
    fired = Suspects(fired=frozenset({rule}), rise=_rise(rule, before, after))
    if (was.query, was.needs, was.unless) != (now.query, now.needs, now.unless):
        yield Change(rule=rule, how=How.REWRITTEN), replace(fired, having=_needed(rule, after, terms))
        return
    if (was.weight, was.topic, was.priority) != (now.weight, now.topic, now.priority):
        # It holds in the scope in which it held.
        rise = max(now.weight - was.weight, 0.0)
        yield Change(rule=rule, how=How.REWEIGHED), replace(fired, rise=rise)
    if ids := _won_or_lost(rule, before, after):
        suspects = replace(fired, having=_needed(rule, after, terms), touching=terms.names(ids))
        yield Change(rule=rule, how=How.REWORDED), suspects


def _rise(rule: RuleId, before: _Read, after: _Read) -> float:
    """The most that a score can gain by the rule's firing now, or by its firing no more.

    Never more than the weight: a rule that holds in a wider scope than the title gives a part of it.
    """
    lost = -before.rules[rule].weight if rule in before.rules else 0.0
    won = after.rules[rule].weight if rule in after.rules else 0.0
    return max(lost, 0.0) + max(won, 0.0)


def _asking_topics(before: _Read, after: _Read) -> frozenset[RuleId]:
    return frozenset(
        rule
        for book in (before, after)
        for rule, clauses in book.clauses.items()
        if any(isinstance(part, TopicIs) for clause in clauses for part in inside(clause))
    )


def _needed(rule: RuleId, book: _Read, terms: _Terms) -> tuple[Needed, ...]:
    """Lists of terms of which a report has one each when the rule fires, the shortest first."""
    # The needs are the second clause, where there are any.
    clauses = book.clauses[rule][: 2 if book.rules[rule].needs else 1]
    found = {must for clause in clauses for must in must_have(clause)}
    found = {must for must in found if must.field is not None or not _repeated(must, found)}
    ranked = sorted(found, key=lambda must: (len(must.ids), min(must.ids, default=0)))
    return tuple(Needed(names=terms.names(must.ids), field=must.field) for must in ranked)


def _repeated(must: Must, among: Iterable[Must]) -> bool:
    return any(other.field is not None and other.ids == must.ids for other in among)


def _won_or_lost(rule: RuleId, before: _Read, after: _Read) -> frozenset[int]:
    """The terms that one place of the rule's text stands for in one book and not in the other."""
    found: frozenset[int] = frozenset()
    for was, now in zip(before.clauses[rule], after.clauses[rule], strict=True):
        # The same text gives the same tree.
        for left, right in zip(inside(was), inside(now), strict=True):
            if isinstance(left, Terms) and isinstance(right, Terms):
                found |= left.ids ^ right.ids
    return found


# ── the rest of a book ──


def _set_changes(before: _Read, after: _Read) -> Iterator[tuple[str, frozenset[int]]]:
    for name in dict.fromkeys((*before.sets, *after.sets)):
        yield name, before.sets.get(name, frozenset()) ^ after.sets.get(name, frozenset())


def _of_judging(sets: Mapping[str, Names], new: RuleBook) -> Iterator[Suspects]:
    """Sets speak without a rule as well: they name authority and document, and the learned part sees them."""
    for name, terms in sets.items():
        if new.model is not None or asked_by_judging(name):
            yield Suspects(having=(Needed(names=terms),), relevant=new.model is None)


def _of_order(old: RuleBook, new: RuleBook) -> Iterator[Suspects]:
    """Of two topics with the same points the one whose rule stands first comes first."""
    ids = [{rule.id: None for rule in book.rules} for book in (old, new)]
    common = ids[0].keys() & ids[1].keys()
    was, now = ([rule for rule in book if rule in common] for book in ids)
    if was != now:
        moved = frozenset(one for one, other in zip(was, now, strict=True) if one != other)
        yield Suspects(fired=moved, relevant=True)


def _everything(old: RuleBook, new: RuleBook) -> str:
    return "the learned part is another" if old.model != new.model else ""


def in_words(found: Changes) -> tuple[str, ...]:
    """One line for each kind of change."""
    kinds = Counter(change.how for change in found.rules)
    lines = [
        f"{how}: {', '.join(change.rule for change in found.rules if change.how is how)}"
        for how in How
        if kinds[how]
    ]
    if found.sets:
        lines.append(f"sets: {', '.join(found.sets)}")
    if found.threshold[0] != found.threshold[1]:
        lines.append(f"threshold: {found.threshold[0]:g} → {found.threshold[1]:g}")
    return tuple(lines)
