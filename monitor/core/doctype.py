"""Names the kind of document or act a report tells of, by the term sets of the rule book."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

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

Kinds = tuple[tuple[Doctype, frozenset[int]], ...]


def kinds_in(sets: Mapping[str, frozenset[int]]) -> Kinds:
    """The kinds a book can tell apart: those with a set named doctype_KIND, in the order they are asked."""
    named = ((kind, sets.get(f"doctype_{kind.value}")) for kind in _ASKED)
    return tuple((kind, terms) for kind, terms in named if terms)


def doctype_of(title: AbstractSet[int], lead: AbstractSet[int], kinds: Kinds) -> Doctype:
    """The first kind the headline names, else the first that the lead names; both hold ids of terms found."""
    # Any lead may quote an expert; a comment says in its headline that it is one.
    in_lead = tuple(named for named in kinds if named[0] is not Doctype.COMMENTARY)
    for found, asked in ((title, kinds), (lead, in_lead)):
        for kind, terms in asked:
            if terms & found:
                return kind
    return Doctype.OTHER
