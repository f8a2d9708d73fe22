"""What a query becomes: a small tree of clauses over term ids, and when each of them holds."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from monitor.core.model import Field, Tier, Topic


class Spot(NamedTuple):
    """A term found: offsets are those of the normalised field."""

    field: Field
    start: int
    end: int
    term: int


Spots = Mapping[int, Sequence[Spot]]
_FIELDS = tuple(Field)  # going through the class itself takes five times as long


class Sight(NamedTuple):
    """What a clause is shown of one article: the terms found in the scope being tried, and its origin."""

    spots: Spots
    within: Mapping[Field, "Sight"]  # the same, narrowed to a field; made once, as most clauses ask for one
    texts: Mapping[Field, str]
    tier: Tier | None = None
    source: str = ""
    language: str = ""
    topics: frozenset[Topic] = frozenset()  # that rules without a topic: clause gave points


def showing(blank: Sight, found: Sequence[Spot], lead_of_body: int = 0) -> Sight:
    """What clauses see of these spots; `blank` sees none and knows the rest.

    So many characters of the body stand in for a summary that is missing: `summary:` looks there, too.
    """
    spots: dict[int, list[Spot]] = defaultdict(list)
    parts: dict[Field, dict[int, list[Spot]]] = {field: defaultdict(list) for field in _FIELDS}
    for spot in found:
        spots[spot.term].append(spot)
        parts[spot.field][spot.term].append(spot)
        if spot.field is Field.BODY and spot.end <= lead_of_body:
            parts[Field.SUMMARY][spot.term].append(spot)
    within = {field: _narrowed(blank, field, parts[field]) for field in _FIELDS}
    return blank._replace(spots=dict(spots), within=within)


def told(sight: Sight, topics: frozenset[Topic]) -> Sight:
    """The same when it is known what the report is about."""
    blank = blank_of(sight._replace(topics=topics))
    within = {field: _narrowed(blank, field, part.spots) for field, part in sight.within.items()}
    return blank._replace(spots=sight.spots, within=within)


def _narrowed(blank: Sight, field: Field, spots: Spots) -> Sight:
    if not spots:
        return blank
    within = dict(blank.within)
    here = blank._replace(spots=dict(spots), within=within)
    within[field] = here  # title:(title:a) looks into the title twice
    return here


def blank_of(sight: Sight) -> Sight:
    """The same report with nothing found."""
    within: dict[Field, Sight] = {}
    blank = sight._replace(spots={}, within=within)
    within.update(dict.fromkeys(_FIELDS, blank))
    return blank


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
        if len(ids) == 1:
            return spots.get(*ids)
        found = [i for i in ids if i in spots] if len(ids) < len(spots) else ids.intersection(spots)
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
        return self.part.holds(sight.within[self.field])


@dataclass(frozen=True, slots=True)
class TierIs:
    """tier: the source stands between these tiers."""

    best: int
    worst: int

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        return () if sight.tier is not None and self.best <= sight.tier <= self.worst else None


@dataclass(frozen=True, slots=True)
class SourceIs:
    """source: the report came from the source of this id, or from one whose id begins like this."""

    name: str  # in small letters
    prefix: bool

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        return () if self.allows(sight.source.lower()) else None

    def allows(self, source: str) -> bool:
        """Is this source meant?"""
        return source.startswith(self.name) if self.prefix else source == self.name


@dataclass(frozen=True, slots=True)
class LanguageIs:
    """lang: the report is in this language."""

    code: str

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        return () if sight.language == self.code else None


@dataclass(frozen=True, slots=True)
class TopicIs:
    """topic: rules without such a clause gave this topic points."""

    topic: Topic

    def holds(self, sight: Sight) -> Sequence[Spot] | None:
        return () if self.topic in sight.topics else None


Trait = TierIs | SourceIs | LanguageIs | TopicIs  # asks about the report, not about its words


def term_ids(clause: Clause) -> frozenset[int]:
    """Every term the clause mentions."""
    if isinstance(clause, Terms):
        return clause.ids
    return frozenset().union(*(term_ids(part) for part in parts_of(clause)))


def inside(clause: Clause) -> Iterator[Clause]:
    """The clause and every clause within it."""
    yield clause
    for part in parts_of(clause):
        yield from inside(part)


def may_hold_without_terms(clause: Clause) -> bool:
    """Could the clause hold for a report that has none of its terms?"""
    return _without_terms(clause)[0]


def _without_terms(clause: Clause) -> tuple[bool, bool]:
    # (may hold, may fail), where no term is found and nothing is known of the source.
    if isinstance(clause, Trait):
        return True, True
    if isinstance(clause, Not):
        hold, fail = _without_terms(clause.part)
        return fail, hold
    if isinstance(clause, InField):
        return _without_terms(clause.part)
    if isinstance(clause, AnyOf | AllOf):
        holds, fails = zip(*map(_without_terms, clause.parts), strict=True)
        return (any(holds), all(fails)) if isinstance(clause, AnyOf) else (all(holds), any(fails))
    return False, True  # a term; NEAR and ATLEAST, which need one


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
