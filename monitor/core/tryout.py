"""Why rules that know some word of a report did not fire on it: which clause failed, and what it lacked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.core.classify import Compiled, Judge, Reading, topic_points
from monitor.core.model import Field, RuleId, Tier, Verdict
from monitor.core.rules.clauses import (
    AllOf,
    AnyOf,
    AtLeast,
    Clause,
    InField,
    LanguageIs,
    Near,
    Not,
    Sight,
    SourceIs,
    Terms,
    TierIs,
    TopicIs,
    term_ids,
)

_MOST_NAMED = 3  # terms of a list
_MOST_FOUND = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A rule that did not fire though some of its words were found."""

    rule: RuleId
    weight: float
    found: tuple[str, ...]  # terms of its query, as written
    lacked: tuple[str, ...]  # in words, clause by clause

    def in_words(self) -> str:
        """One line for the explanation."""
        words = ", ".join(f"“{term}”" for term in self.found)
        return f"{self.rule} {self.weight:+g}: found {words}; lacked {'; '.join(self.lacked)}"


def misses(
    judge: Judge,
    verdict: Verdict,
    *,
    title: str,
    summary: str = "",
    body: str = "",
    tier: Tier | None = None,
    source: str = "",
    language: str = "",
) -> tuple[Miss, ...]:
    """The rules that came near and did not fire, the nearest first; `verdict` is what the judge said."""
    texts = {Field.TITLE: title, Field.SUMMARY: summary, Field.BODY: body}
    reading = judge.read(texts, tier, source, language)
    plain, asking = judge.candidates(reading)
    fired = {hit.rule for hit in verdict.hits}
    waited = {compiled.rule.id for compiled in asking}
    about = reading.about(frozenset(topic_points(hit for hit in verdict.hits if hit.rule not in waited)))
    words = _Words.of(judge)
    found = [
        _miss(compiled, seen, words)
        for rules, seen in ((plain, reading), (asking, about))
        for compiled in rules
        if compiled.rule.id not in fired
    ]
    return tuple(sorted(found, key=lambda miss: (len(miss.lacked), -abs(miss.weight))))


def _miss(compiled: Compiled, reading: Reading, words: "_Words") -> Miss:
    whole = reading.scopes[-1][1]
    seen = sorted(term_ids(compiled.query) & whole.spots.keys(), key=lambda term: whole.spots[term][0].start)
    return Miss(
        rule=compiled.rule.id,
        weight=compiled.rule.weight,
        found=tuple(words.names[term] for term in seen[:_MOST_FOUND]),
        lacked=tuple(_lacked(compiled, reading, whole, words)),
    )


def _lacked(compiled: Compiled, reading: Reading, whole: Sight, words: "_Words") -> Iterator[str]:
    if compiled.regexes & reading.stopped:
        yield "time: a regular expression was stopped"
        return
    yield from words.lacking(compiled.query, whole)
    if compiled.needs:
        yield from (f"needs {what}" for what in words.lacking(compiled.needs, whole))
    against = compiled.unless.holds(reading.lead) if compiled.unless else None
    if against is not None:
        yield f"absence of what its unless asks for{words.named([spot.term for spot in against])}"


@dataclass(frozen=True, slots=True)
class _Words:
    """Says clauses in words."""

    names: Sequence[str]  # of the terms, by id
    sets: Mapping[frozenset[int], str]

    @classmethod
    def of(cls, judge: Judge) -> "_Words":
        members: dict[str, set[int]] = {}
        for term, names in judge.sets_of.items():
            for name in names:
                members.setdefault(name, set()).add(term)
        return cls(judge.automaton.terms, {frozenset(ids): name for name, ids in members.items()})

    def lacking(self, clause: Clause, sight: Sight) -> tuple[str, ...]:
        """What would have to be there for the clause to hold; nothing when it holds."""
        if clause.holds(sight) is not None:
            return ()
        match clause:
            case AllOf():
                return tuple(what for part in clause.parts for what in self.lacking(part, sight))
            case AnyOf():  # the side that came nearest
                return min((self.lacking(part, sight) for part in clause.parts), key=len)
            case InField():
                inner = self.lacking(clause.part, sight.within[clause.field])
                return tuple(f"{clause.field}: {what}" for what in inner)
            case Near():
                sides = (*self.lacking(clause.left, sight), *self.lacking(clause.right, sight))
                return sides or (f"the two within {clause.distance} words",)
            case AtLeast():
                return (f"{clause.count} places of {self.of_terms(term_ids(clause))}",)
            case Not():
                return (f"absence of {self.of_terms(term_ids(clause) & sight.spots.keys())}",)
            case Terms():
                return (self.of_terms(clause.ids),)
        return (_trait(clause),)

    def named(self, ids: Sequence[int]) -> str:
        """The same as an aside; nothing when there are no terms."""
        return f": {self.of_terms(ids)}" if ids else ""

    def of_terms(self, ids: frozenset[int] | Sequence[int]) -> str:
        """A set by its name, a few terms one by one."""
        if name := self.sets.get(frozenset(ids)):
            return f"@{name}"
        terms = sorted(set(ids))
        more = f" or {len(terms) - _MOST_NAMED} more" if len(terms) > _MOST_NAMED else ""
        return " or ".join(f"“{self.names[term]}”" for term in terms[:_MOST_NAMED]) + more


def _trait(clause: Clause) -> str:
    if isinstance(clause, TierIs):
        return f"tier:{clause.best}-{clause.worst}"
    if isinstance(clause, SourceIs):
        return f"source:{clause.name}{'*' * clause.prefix}"
    if isinstance(clause, LanguageIs):
        return f"lang:{clause.code}"
    assert isinstance(clause, TopicIs)
    return f"topic:{clause.topic}"
