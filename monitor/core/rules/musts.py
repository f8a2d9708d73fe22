"""Tells what is found in a report wherever a clause holds: without it the clause need not be tried."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from monitor.core.model import Field
from monitor.core.rules.clauses import (
    AllOf,
    AnyOf,
    AtLeast,
    Clause,
    InField,
    Near,
    Not,
    Sight,
    Terms,
    parts_of,
)


class Must(NamedTuple):
    """Where a clause holds, one of these terms is found: in this field, or (None) in any."""

    ids: frozenset[int]
    field: Field | None = None


def must_have(clause: Clause, field: Field | None = None) -> tuple[Must, ...]:
    """What is found wherever the clause holds within the field."""
    if isinstance(clause, Terms):
        return (Must(clause.ids, field),)
    if isinstance(clause, AllOf | Near | InField | AtLeast):
        within = clause.field if isinstance(clause, InField) else field
        return tuple(must for part in parts_of(clause) for must in must_have(part, within))
    if isinstance(clause, AnyOf):
        sides = [must_have(part, field) for part in clause.parts]
        return (_one_of(sides),) if all(sides) else ()
    if isinstance(clause, Not) and isinstance(clause.part, Not):
        return must_have(clause.part.part, field)
    return ()  # a trait, or a NOT, which holds for want of words


def _one_of(sides: Sequence[tuple[Must, ...]]) -> Must:
    """What is found whichever side holds; of each side what adds the fewest terms."""
    ids: frozenset[int] = frozenset()
    fields: set[Field | None] = set()
    for side in sorted(sides, key=len):
        least = min(side, key=lambda must: len(must.ids - ids))
        ids |= least.ids
        fields.add(least.field)
    return Must(ids, fields.pop() if len(fields) == 1 else None)


@dataclass(frozen=True, slots=True)
class Musts:
    """What the queries of a rule book cannot hold without, each with a number of its own."""

    of_terms: Mapping[Field | None, Mapping[int, Sequence[int]]]  # numbers met by a term found there

    @classmethod
    def of(cls, numbers: Mapping[Must, int]) -> "Musts":
        """Turned about, to be looked up by what is found."""
        found: dict[Field | None, dict[int, list[int]]] = {}
        for must, number in numbers.items():
            of_field = found.setdefault(must.field, defaultdict(list))
            for term in must.ids:
                of_field[term].append(number)
        return cls(found)

    def met(self, whole: Sight) -> frozenset[int]:
        """Numbers of those that a report has. Only what it is shown as a whole tells."""
        met: set[int] = set()
        for field, numbers in self.of_terms.items():
            for term in (whole.within[field] if field else whole).spots:
                met.update(numbers.get(term, ()))
        return frozenset(met)
