"""Says whose act a report is about, by the term sets of the rule book."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.core.model import Authority
from monitor.core.rules.clauses import Sight, Spot

# A deputy's wish names the body it is addressed to, which has done nothing yet: so "none" is asked before it.
_NAMED = (
    Authority.PARTY,
    Authority.CENTRAL,
    Authority.NONE,
    Authority.MINISTRY,
    Authority.COURT,
    Authority.LOCAL,
)
_PRESUMED = (Authority.CENTRAL, Authority.MINISTRY)

Bodies = tuple[tuple[Authority, frozenset[int]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """The term ids that stand for each authority."""

    named: Bodies
    presumed: Bodies  # for reports that name no body: what such an act usually is

    def of(self, title: Sight, lead: Sight) -> Authority:
        """The highest body named in the headline, else in the lead, else the one such an act presumes."""
        for asked in (self.named, self.presumed):
            for sight in (title, lead):
                found = self._first(sight, asked)
                if found is not None:
                    return found
        return Authority.NONE

    def _first(self, sight: Sight, asked: Bodies) -> Authority | None:
        places = dict(self.named).get(Authority.LOCAL, frozenset())
        ends = {(spot.field, spot.end) for spot in _spots(sight, places)}
        for authority, terms in asked:
            spots = _spots(sight, terms)
            # 上海税务部门: a ministry's name right behind a place is its office there.
            if authority is Authority.MINISTRY and ends:
                spots = [spot for spot in spots if not _follows(spot, ends)]
            if spots:
                return authority
        return None


def authorities_in(sets: Mapping[str, frozenset[int]]) -> Authorities:
    """The authorities a book can tell apart: its sets named authority_* and presumed_*."""
    return Authorities(
        named=_bodies(_NAMED, "authority", sets), presumed=_bodies(_PRESUMED, "presumed", sets)
    )


def _bodies(asked: Iterable[Authority], begin: str, sets: Mapping[str, frozenset[int]]) -> Bodies:
    names = ((authority, f"{begin}_{authority.value}") for authority in asked)
    return tuple((authority, sets[name]) for authority, name in names if name in sets)


def _spots(sight: Sight, terms: frozenset[int]) -> Sequence[Spot]:
    return [spot for term in terms & sight.spots.keys() for spot in sight.spots[term]]


def _follows(spot: Spot, ends: Iterable[tuple[object, int]]) -> bool:
    return any(field == spot.field and end in (spot.start, spot.start - 1) for field, end in ends)
