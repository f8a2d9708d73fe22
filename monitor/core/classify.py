"""Judges a report by the rules: score, topics, authority, priority, and the words that decided it.

A rule is tried on the title alone, then on the lead (title and summary), then on everything, and scores by
the smallest scope in which it holds: what a report is about stands in front.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.core.errors import RuleError
from monitor.core.model import (
    Authority,
    Field,
    Hit,
    Match,
    Priority,
    Rule,
    RuleBook,
    Tier,
    Topic,
    Verdict,
)
from monitor.core.rules.clauses import Clause, Sight, Spot, term_ids
from monitor.core.rules.lexicon import Automaton, Lexicon
from monitor.core.text import Normalised, normalise

TITLE_FACTOR = 1.0
LEAD_FACTOR = 0.75
WHOLE_FACTOR = 0.5
LEAD_CHARACTERS = 300  # of the body, standing in for a missing summary: about the first paragraph
MOST_TOPICS = 3
TOPIC_SHARE = 1 / 3  # of the best topic's points, below which a topic is a mere mention
MOST_NOTES = 5
MOST_EVIDENCE = 8  # matches kept per rule

_URGENCY = (Priority.BREAKING, Priority.NORMAL, Priority.LOW)
# The highest first; a set named like this, where a book has it, tells who acts.
_AUTHORITY_SETS = tuple(
    (authority, f"authority_{authority.value}") for authority in Authority if authority is not Authority.NONE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    rule: Rule
    query: Clause
    needs: Clause | None
    unless: Clause | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """One report with everything that was found in it."""

    originals: Mapping[Field, str]
    folded: Mapping[Field, Normalised]
    scopes: tuple[tuple[float, Sight], ...]  # title, lead, whole

    @property
    def title(self) -> Sight:
        return self.scopes[0][1]

    @property
    def lead(self) -> Sight:
        return self.scopes[1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A compiled rule book; immutable, so any number of threads may ask it."""

    automaton: Automaton
    rules: tuple[_Compiled, ...]
    rules_of: Mapping[int, tuple[int, ...]]  # positions of the rules whose query mentions a term
    authorities: tuple[tuple[Authority, frozenset[int]], ...]
    threshold: float
    version: str

    def classify(self, *, title: str, summary: str = "", body: str = "", tier: Tier | None = None) -> Verdict:
        """Judge one report. Any text is taken as it comes; nothing is raised."""
        report = self._read({Field.TITLE: title, Field.SUMMARY: summary, Field.BODY: body}, tier)
        hits: list[Hit] = []
        urgencies: list[Priority] = []
        notes: list[str] = []
        for number in self._candidates(report):
            compiled = self.rules[number]
            outcome = self._try(compiled, report)
            if isinstance(outcome, str):
                notes.append(outcome)
            elif outcome is not None:
                hits.append(outcome)
                urgencies.extend([compiled.rule.priority] if compiled.rule.priority else [])
        return self._verdict(report, hits, urgencies, notes)

    def _read(self, originals: Mapping[Field, str], tier: Tier | None) -> _Report:
        folded = {field: normalise(text) for field, text in originals.items() if text}
        title: dict[int, list[Spot]] = defaultdict(list)
        lead: dict[int, list[Spot]] = defaultdict(list)
        whole: dict[int, list[Spot]] = defaultdict(list)
        lead_of_body = 0 if originals[Field.SUMMARY].strip() else LEAD_CHARACTERS
        for field, text in folded.items():
            for term, start, end in self.automaton.find(text, originals[field]):
                spot = Spot(field, start, end, term)
                whole[term].append(spot)
                if field is not Field.BODY or end <= lead_of_body:
                    lead[term].append(spot)
                if field is Field.TITLE:
                    title[term].append(spot)
        texts = {field: text.text for field, text in folded.items()}
        factors = (TITLE_FACTOR, LEAD_FACTOR, WHOLE_FACTOR)
        sights = tuple(Sight(dict(spots), texts, tier) for spots in (title, lead, whole))
        return _Report(originals=originals, folded=folded, scopes=tuple(zip(factors, sights, strict=True)))

    def _candidates(self, report: _Report) -> list[int]:
        terms = report.scopes[-1][1].spots
        return sorted({number for term in terms for number in self.rules_of.get(term, ())})

    def _try(self, compiled: _Compiled, report: _Report) -> Hit | str | None:
        """The rule's hit; or why it nearly fired, in words; or None."""
        found = _smallest_scope(compiled, report)
        if found is None:
            held = compiled.needs and compiled.query.holds(report.scopes[-1][1]) is not None
            return f"{compiled.rule.id}: held, but nothing it needs was found" if held else None
        # Only the lead can silence: a stray word deep in a body says little about the report.
        against = compiled.unless.holds(report.lead) if compiled.unless else None
        if against is not None:
            return f"{compiled.rule.id}: silenced by {self._in_words(against, report)}"
        factor, spots = found
        return Hit(
            rule=compiled.rule.id,
            topic=compiled.rule.topic,
            points=compiled.rule.weight * factor,
            matches=tuple(self._evidence(spots, report)),
        )

    def _evidence(self, spots: Iterable[Spot], report: _Report) -> Iterator[Match]:
        for spot in list(dict.fromkeys(spots))[:MOST_EVIDENCE]:
            start, end = report.folded[spot.field].original(spot.start, spot.end)
            text = report.originals[spot.field][start:end]
            term = self.automaton.terms[spot.term]
            yield Match(term=term, field=spot.field, start=start, end=end, text=text)

    def _in_words(self, spots: Sequence[Spot], report: _Report) -> str:
        words = [f"“{match.text}” in {match.field}" for match in self._evidence(spots[:1], report)]
        return words[0] if words else "its unless"

    def _verdict(
        self, report: _Report, hits: Sequence[Hit], urgencies: Sequence[Priority], notes: Sequence[str]
    ) -> Verdict:
        score = round(sum(hit.points for hit in hits), 6)
        relevant = score >= self.threshold
        urgency = min(urgencies, key=_URGENCY.index, default=Priority.NORMAL)
        return Verdict(
            relevant=relevant,
            score=score,
            threshold=self.threshold,
            topics=_topics(hits) if relevant else (),
            authority=self._authority(report) if relevant else Authority.NONE,
            priority=urgency if relevant else Priority.LOW,
            hits=tuple(hits),
            notes=tuple(notes[:MOST_NOTES]),
            rules_version=self.version,
        )

    def _authority(self, report: _Report) -> Authority:
        for sight in (report.title, report.lead):
            for authority, terms in self.authorities:
                if terms & sight.spots.keys():
                    return authority
        return Authority.NONE


def compile_rules(book: RuleBook, version: str = "") -> Judge:
    """Make a judge of a rule book. Raises RuleError, which names the rule, the key and the mend."""
    _refuse_repeated(book)
    lexicon = Lexicon(book.sets)
    sets = {each.name: lexicon.term_set(each.name, f"set {each.name}", "terms") for each in book.sets}
    rules = tuple(_compile(rule, lexicon) for rule in book.rules)
    rules_of: dict[int, list[int]] = defaultdict(list)
    for number, compiled in enumerate(rules):
        for term in term_ids(compiled.query):
            rules_of[term].append(number)
    return Judge(
        automaton=lexicon.automaton(),
        rules=rules,
        rules_of={term: tuple(numbers) for term, numbers in rules_of.items()},
        authorities=tuple((authority, sets[name]) for authority, name in _AUTHORITY_SETS if name in sets),
        threshold=book.threshold,
        version=version,
    )


def _refuse_repeated(book: RuleBook) -> None:
    for rule, count in Counter(rule.id for rule in book.rules).items():
        if count > 1:
            raise RuleError(rule, "id", "two rules have this id", "rename one")
    for name, count in Counter(each.name for each in book.sets).items():
        if count > 1:
            raise RuleError(f"set {name}", "name", "two sets have this name", "merge them or rename one")


def _compile(rule: Rule, lexicon: Lexicon) -> _Compiled:
    query = lexicon.clause(rule.query, rule.id, "query")
    if not term_ids(query):
        raise RuleError(rule.id, "query", "it names no term", "add the words to look for")
    if any(query.holds(Sight({}, {}, tier)) is not None for tier in (None, *Tier)):
        raise RuleError(
            rule.id, "query", "it would hold for reports that have none of its terms", "add what must occur"
        )
    return _Compiled(
        rule=rule,
        query=query,
        needs=lexicon.clause(rule.needs, rule.id, "needs") if rule.needs else None,
        unless=lexicon.clause(rule.unless, rule.id, "unless") if rule.unless else None,
    )


def _smallest_scope(compiled: _Compiled, report: _Report) -> tuple[float, Sequence[Spot]] | None:
    for factor, sight in report.scopes:
        spots = compiled.query.holds(sight)
        if spots is None:
            continue
        needed = compiled.needs.holds(sight) if compiled.needs else ()
        if needed is not None:
            return factor, [*spots[: MOST_EVIDENCE - 1], *needed[:1], *spots[MOST_EVIDENCE - 1 :]]
    return None


def _topics(hits: Iterable[Hit]) -> tuple[Topic, ...]:
    points: dict[Topic, float] = defaultdict(float)
    for hit in hits:
        if hit.topic:
            points[hit.topic] += hit.points
    best = max(points.values(), default=0.0)
    ranked = sorted(points, key=lambda topic: points[topic], reverse=True)
    return tuple(t for t in ranked if points[t] > 0 and points[t] >= best * TOPIC_SHARE)[:MOST_TOPICS]
