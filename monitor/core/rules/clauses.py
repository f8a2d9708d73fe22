"""What a query becomes: a small tree of clauses over term ids, and when each of them holds."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from monitor.core.model import Field, Tier


class Spot(NamedTuple):
    """A term found: offsets are those of the normalised field."""

    field: Field
    start: int
    end: int
    term: int


class Sight(NamedTuple):
    """What a clause is shown of one article: the terms found in the scope being tried."""

    spots: Mapping[int, Sequence[Spot]]
    texts: Mapping[Field, str]
    tier: Tier | None = None


class Clause(Protocol):
    """A part of a query."""

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        """The evidence, which may be empty (a NOT, a tier); None when the clause does not hold."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """Any of these terms; a single word is a set of one."""

    ids: frozenset[int]

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        # A set may hold thousands of terms and a report hundreds of matches: walk the shorter of the two.
        spots, ids = sight.spots, self.ids
        found = [i for i in ids if i in spots] if len(ids) < len(spots) else [i for i in spots if i in ids]
        return [spot for term in sorted(found) for spot in spots[term]] or None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """OR."""

    parts: tuple[Clause, ...]

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        held = [spots for part in self.parts if (spots := part.holds(sight)) is not None]
        return [spot for spots in held for spot in spots] if held else None


@dataclass(frozen=True, slots=True)
class AllOf:
    """AND."""

    parts: tuple[Clause, ...]

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        evidence: list[Sequence[Spot]] = []
        for part in self.parts:
            spots = part.holds(sight)
            if spots is None:
                return None
            evidence.append(spots)
        return _taking_turns(evidence)


@dataclass(frozen=True, slots=True)
class Not:
    """NOT."""

    part: Clause

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        return () if self.part.holds(sight) is None else None


@dataclass(frozen=True, slots=True)
class Near:
    """NEAR/n and ONEAR/n: at most `distance` words between the two, in one field."""

    left: Clause
    right: Clause
    distance: int
    ordered: bool

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        left, right = self.left.holds(sight), self.right.holds(sight)
        if not left or not right:
            return None
        pair = self._pair(left, right, sight) or (not self.ordered and self._pair(right, left, sight))
        return pair or None

    def _pair(self, first: Sequence[Spot], second: Sequence[Spot], sight: Sight) -> Sequence[Spot]:
        following = sorted(second, key=_place)
        starts = [_place(spot) for spot in following]
        for spot in first:
            at = bisect_left(starts, (spot.field, spot.end))
            if at == len(starts) or following[at].field != spot.field:
                continue
            if self._close(sight.texts[spot.field], spot.end, following[at].start):
                return (spot, following[at])
        return ()

    def _close(self, text: str, start: int, end: int) -> bool:
        if end - start > _LONGEST_GAP * (self.distance + 1):  # no need to count the words of a whole article
            return False
        return words_between(text[start:end]) <= self.distance


@dataclass(frozen=True, slots=True)
class AtLeast:
    """ATLEAST/n: found at n separate places."""

    count: int
    part: Clause

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        apart: list[Spot] = []
        for spot in sorted(self.part.holds(sight) or (), key=_place):
            if not apart or _place(spot) >= (apart[-1].field, apart[-1].end):
                apart.append(spot)
        return apart if len(apart) >= self.count else None


@dataclass(frozen=True, slots=True)
class InField:
    """title: summary: body:"""

    field: Field
    part: Clause

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        here = {
            term: kept
            for term, spots in sight.spots.items()
            if (kept := [spot for spot in spots if spot.field is self.field])
        }
        return self.part.holds(sight._replace(spots=here))


@dataclass(frozen=True, slots=True)
class TierIs:
    """tier: the source stands between these tiers."""

    best: int
    worst: int

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        return () if sight.tier is not None and self.best <= sight.tier <= self.worst else None


def term_ids(clause: Clause) -> frozenset[int]:
    """Every term the clause mentions."""
    if isinstance(clause, Terms):
        return clause.ids
    return frozenset().union(*(term_ids(part) for part in parts_of(clause)))


def parts_of(clause: Clause) -> tuple[Clause, ...]:
    """The clauses directly inside this one."""
    if isinstance(clause, AnyOf | AllOf):
        return clause.parts
    if isinstance(clause, Near):
        return (clause.left, clause.right)
    if isinstance(clause, Not | AtLeast | InField):
        return (clause.part,)
    return ()


def words_between(gap: str) -> float:
    """Length of a gap in words; a Chinese word counts as two characters."""
    return len(_WORD.findall(gap)) + len(_HAN.findall(gap)) / 2


_WORD = re.compile("[a-z0-9\u00df-\u058f']+")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_LONGEST_GAP = 50  # characters to a word: far above any language's average


def _place(spot: Spot) -> tuple[Field, int]:
    return spot.field, spot.start


def _taking_turns(evidence: Iterable[Sequence[Spot]]) -> Sequence[Spot]:
    # The first of each part comes first, so that a shortened list still shows every part.
    queues = [list(spots) for spots in evidence]
    firsts = [spots[0] for spots in queues if spots]
    return [*firsts, *(spot for spots in queues for spot in spots[1:])]
