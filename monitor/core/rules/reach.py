"""Tells which parts of a query can never hold, whatever a report says."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from monitor.core.model import Field, Topic
from monitor.core.rules.clauses import (
    AllOf,
    AnyOf,
    AtLeast,
    Clause,
    InField,
    LanguageIs,
    Not,
    SourceIs,
    Terms,
    TierIs,
    TopicIs,
    Trait,
    parts_of,
    term_ids,
)


class _Denied(NamedTuple):
    """Terms that a NOT excludes, in one field or in all (None)."""

    field: Field | None
    ids: frozenset[int]


class Reach(NamedTuple):
    """What is known of the world a query meets."""

    names: Sequence[str]  # of the terms, by id
    topics: frozenset[Topic]  # that rules can give points before topic: is asked
    sources: frozenset[str]  # ids; empty when they are not known

    def obstacle(self, clause: Clause) -> str:
        """Why the clause can never hold, in words; "" when it can."""
        return self._never(clause, None, ())

    def dead_ends(self, clause: Clause) -> Iterator[str]:
        """In words: what has no effect in an OR, since it can never hold or another side takes it in."""
        yield from self._dead_ends(clause, None, ())

    def _dead_ends(self, clause: Clause, scope: Field | None, denied: tuple[_Denied, ...]) -> Iterator[str]:
        if isinstance(clause, AnyOf):
            for at, part in enumerate(clause.parts):
                others = (*clause.parts[:at], *_wider(clause.parts[at + 1 :], part))
                # A rule may well be written for more sources than are chosen.
                if why := self._replace(sources=frozenset())._never(part, scope, denied):
                    yield f"one side of its OR can never hold: {why}"
                elif any(_takes_in(other, part) for other in others):
                    yield f"one side of its OR adds nothing to the others: {self._named(part)}"
        scope, denied = _within(clause, scope, denied)
        for part in () if isinstance(clause, Not) else parts_of(clause):
            yield from self._dead_ends(part, scope, denied)

    def _never(self, clause: Clause, scope: Field | None, denied: tuple[_Denied, ...]) -> str:
        if isinstance(clause, Terms):
            return self._never_found(clause, scope, denied)
        if isinstance(clause, InField) and scope not in (None, clause.field):
            return f"{clause.field}: stands inside {scope}:"
        if isinstance(clause, Not):
            return self._never(clause.part.part, scope, denied) if isinstance(clause.part, Not) else ""
        if isinstance(clause, Trait):
            return self._unmet(clause)
        if isinstance(clause, AtLeast) and not _shows_places(clause.part):
            return "ATLEAST counts places, and there is no term to be found at any"
        scope, denied = _within(clause, scope, denied)
        reasons = [self._never(part, scope, denied) for part in parts_of(clause)]
        if isinstance(clause, AnyOf):
            return reasons[0] if all(reasons) else ""
        return next(filter(None, reasons), "") or _clash(clause)

    def _never_found(self, clause: Terms, scope: Field | None, denied: tuple[_Denied, ...]) -> str:
        if not clause.ids:
            return "it names an empty set"
        gone = frozenset().union(*(each.ids for each in denied if each.field in (None, scope)))
        return f"what it asks for is also excluded: {self._named(clause)}" if clause.ids <= gone else ""

    def _unmet(self, trait: Trait) -> str:
        if isinstance(trait, TopicIs) and trait.topic not in self.topics:
            return f"no rule without a topic: clause gives {trait.topic} points"
        if isinstance(trait, SourceIs) and self.sources and not any(map(trait.allows, self.sources)):
            return f"no chosen source is called {trait.name}{'*' * trait.prefix}"
        return ""

    def _named(self, clause: Clause) -> str:
        ids = sorted(term_ids(clause))
        rest = f" and {len(ids) - 2} more" if len(ids) > 2 else ""
        return ", ".join(f"“{self.names[term]}”" for term in ids[:2]) + rest


def _within(
    clause: Clause, scope: Field | None, denied: tuple[_Denied, ...]
) -> tuple[Field | None, tuple[_Denied, ...]]:
    if isinstance(clause, InField):
        return clause.field, denied
    if isinstance(clause, AllOf):
        excluded = [part.part for part in _demands(clause) if isinstance(part, Not)]
        return scope, (*denied, *(found for part in excluded for found in _excludes(part, scope)))
    return scope, denied


def _demands(clause: Clause) -> Iterator[Clause]:
    """Everything that must hold for the clause to hold, ANDs within ANDs taken apart."""
    if isinstance(clause, AllOf):
        for part in clause.parts:
            yield from _demands(part)
    else:
        yield clause


def _excludes(clause: Clause, scope: Field | None) -> Iterator[_Denied]:
    """What may not be found anywhere when the clause must not hold."""
    if isinstance(clause, Terms):
        yield _Denied(scope, clause.ids)
    elif isinstance(clause, AnyOf | InField):
        field = clause.field if isinstance(clause, InField) else scope
        for part in parts_of(clause):
            yield from _excludes(part, field)


def _clash(clause: Clause) -> str:
    """Two demands on where a report comes from that no report meets."""
    traits = [part for part in _demands(clause) if isinstance(part, Trait)]
    for at, one in enumerate(traits):
        for other in traits[:at]:
            if differ := next((words for words, apart in _APART if apart(one, other)), ""):
                return differ
    return ""


def _tiers_apart(one: Trait, other: Trait) -> bool:
    if not isinstance(one, TierIs) or not isinstance(other, TierIs):
        return False
    return one.worst < other.best or other.worst < one.best


def _languages_apart(one: Trait, other: Trait) -> bool:
    return isinstance(one, LanguageIs) and isinstance(other, LanguageIs) and one != other


def _sources_apart(one: Trait, other: Trait) -> bool:
    if not isinstance(one, SourceIs) or not isinstance(other, SourceIs):
        return False
    longer, shorter = (one, other) if len(one.name) >= len(other.name) else (other, one)
    return not (shorter.allows(longer.name) or (longer.prefix and longer.name == shorter.name))


_APART: tuple[tuple[str, Callable[[Trait, Trait], bool]], ...] = (
    ("no source stands on two tiers", _tiers_apart),
    ("no report is in two languages", _languages_apart),
    ("no report comes from two sources", _sources_apart),
)


def _shows_places(clause: Clause) -> bool:
    return not isinstance(clause, Not) and (
        isinstance(clause, Terms) or any(map(_shows_places, parts_of(clause)))
    )


def _takes_in(wide: Clause, narrow: Clause) -> bool:
    """Does `wide` hold whenever `narrow` does? False when in doubt."""
    if wide == narrow:
        return True
    if isinstance(wide, Terms) and isinstance(narrow, Terms):
        return narrow.ids <= wide.ids
    if isinstance(wide, InField) and isinstance(narrow, InField) and wide.field is narrow.field:
        return _takes_in(wide.part, narrow.part)
    if isinstance(narrow, AllOf):
        return any(_takes_in(wide, part) for part in narrow.parts)
    return isinstance(narrow, InField) and _takes_in(wide, narrow.part)


def _wider(others: Sequence[Clause], part: Clause) -> list[Clause]:
    # Of two equal sides only the second is said to add nothing.
    return [other for other in others if not _takes_in(part, other)]
