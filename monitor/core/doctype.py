"""Names the kind of document or act a report tells of, by the term sets of the rule book."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from monitor.core.model import Doctype

# Asked in this order. A comment on a fine is a comment, a draft law a draft, a leader's words on a campaign
# are words; a fine outranks the rule it is based on, and figures the plan whose progress they show.
_ASKED = (
    Doctype.COMMENTARY,
    Doctype.DRAFT,
    Doctype.SPEECH,
    Doctype.ENFORCEMENT,
    Doctype.LAW,
    Doctype.OTHER,
    Doctype.STATISTICS,
    Doctype.PILOT,
    Doctype.MEASURES,
    Doctype.PLAN,
    Doctype.NOTICE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The term ids that speak for a kind of document, and those beside which they mean another one."""

    doctype: Doctype
    terms: frozenset[int]
    unless: frozenset[int] = frozenset()

    def named_in(self, found: AbstractSet[int]) -> bool:
        """Whether the terms found name this kind: three billion by 2030 is no statistic."""
        return not self.terms.isdisjoint(found) and self.unless.isdisjoint(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """The kinds of document a book can tell apart, each in the order they are asked."""

    named: tuple[Kind, ...]
    presumed: tuple[Kind, ...]  # for reports that name no kind: what such words mostly stand for


def kinds_in(sets: Mapping[str, frozenset[int]]) -> Kinds:
    """The kinds of a book by its sets doctype_KIND and presumed_KIND; NAME_unless holds one back."""
    return Kinds(named=tuple(_kinds("doctype", sets)), presumed=tuple(_kinds("presumed", sets)))


def _kinds(begin: str, sets: Mapping[str, frozenset[int]]) -> Iterable[Kind]:
    for doctype in _ASKED:
        name = f"{begin}_{doctype.value}"
        if terms := sets.get(name):
            yield Kind(doctype=doctype, terms=terms, unless=sets.get(f"{name}_unless", frozenset()))


def doctype_of(title: AbstractSet[int], lead: AbstractSet[int], kinds: Kinds) -> Doctype:
    """The first kind the headline names, else the first the lead names, else the one such words presume.

    Both hold ids of terms found, the lead those of the headline as well.
    """
    # Any lead may quote an expert; a comment says in its headline that it is one.
    in_lead = tuple(kind for kind in kinds.named if kind.doctype is not Doctype.COMMENTARY)
    asked = ((title, kinds.named), (title, kinds.presumed), (lead, in_lead), (lead, kinds.presumed))
    for found, some in asked:
        for kind in some:
            if kind.named_in(found):
                return kind.doctype
    return Doctype.OTHER
