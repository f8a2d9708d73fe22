"""Judges a report by the rules: score, topics, authority, priority, and the words that decided it.

A rule is tried on the title alone, then on the lead (title and summary), then on everything, and scores by
the smallest scope in which it holds: what a report is about stands in front. Rules that ask for a topic come
after all others and see the points that those gave.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.core.authority import Authorities, authorities_in
from monitor.core.doctype import Kinds, doctype_of, kinds_in
from monitor.core.errors import RuleError
from monitor.core.language import language_of
from monitor.core.model import (
    Article,
    Authority,
    Doctype,
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
from monitor.core.relevance import Features, Relevance, Share, features
from monitor.core.rules.clauses import (
    Clause,
    LanguageIs,
    Sight,
    Spot,
    TopicIs,
    blank_of,
    inside,
    may_hold_without_terms,
    showing,
    term_ids,
    told,
)
from monitor.core.rules.lexicon import Automaton, Lexicon
from monitor.core.rules.musts import Must, Musts, must_have
from monitor.core.text import Normalised, normalise

TITLE_FACTOR = 1.0
LEAD_FACTOR = 0.75
WHOLE_FACTOR = 0.5
LONGEST_TEXT = 200_000  # characters of a field that are looked at: a document of two hundred pages
LEAD_CHARACTERS = 300  # of the body, standing in for a missing summary: about the first paragraph
MOST_TOPICS = 3
TOPIC_SHARE = 1 / 3  # of the best topic's points, below which a topic is a mere mention
MOST_NOTES = 5
MOST_EVIDENCE = 8  # matches kept per rule

_ROUTINE = frozenset({Doctype.STATISTICS, Doctype.COMMENTARY})  # low unless a rule says more
_URGENCY = (Priority.BREAKING, Priority.NORMAL, Priority.LOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A rule with its clauses."""

    rule: Rule
    query: Clause
    needs: Clause | None
    unless: Clause | None
    asks_topics: bool  # its turn comes when the topics are known
    asks_language: bool
    regexes: frozenset[int]  # one that ran out of time keeps the rule from firing
    musts: frozenset[int]  # numbers of what its query cannot hold without, see `Musts`


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One report with everything that was found in it."""

    originals: Mapping[Field, str]
    folded: Mapping[Field, Normalised]
    scopes: tuple[tuple[float, Sight], ...]  # title, lead, whole
    stopped: frozenset[int]  # regular expressions that ran out of time
    met: frozenset[int]  # numbers of what queries cannot hold without, as far as it is found

    def about(self, topics: frozenset[Topic]) -> "Reading":
        """The same, when it is known what it is about."""
        known = {id(sight): told(sight, topics) for _, sight in self.scopes}
        return replace(self, scopes=tuple((factor, known[id(sight)]) for factor, sight in self.scopes))

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
    rules: tuple[Compiled, ...]
    rules_of: Mapping[int, tuple[int, ...]]  # positions of the rules whose query mentions a term
    authorities: Authorities
    doctypes: Kinds
    musts: Musts
    sets_of: Mapping[int, tuple[str, ...]]  # names of the sets that hold a term
    model: Relevance | None
    asks_language: bool
    threshold: float
    version: str

    def classify(
        self,
        *,
        title: str,
        summary: str = "",
        body: str = "",
        tier: Tier | None = None,
        source: str = "",
        language: str = "",
    ) -> Verdict:
        """Judge one report. Any text is taken as it comes, 200,000 characters of it; nothing is raised.

        `source` is the id of where it came from; without a `language` the text itself tells it.
        """
        texts = {Field.TITLE: title, Field.SUMMARY: summary, Field.BODY: body}
        report = self.read(texts, tier, source, language)
        urgencies: list[Priority] = []
        notes: list[str] = []
        hits = self._hits(report, urgencies, notes)
        return self._verdict(report, hits, urgencies, notes)

    def _hits(self, report: Reading, urgencies: list[Priority], notes: list[str]) -> list[Hit]:
        plain, asking = (_possible(rules, report) for rules in self.candidates(report))
        hits = self._outcomes(plain, report, urgencies, notes)
        if asking:
            about = report.about(frozenset(topic_points(hits, above=0.0)))
            hits += self._outcomes(asking, about, urgencies, notes)
        return hits

    def _outcomes(
        self, rules: Iterable[Compiled], report: Reading, urgencies: list[Priority], notes: list[str]
    ) -> list[Hit]:
        hits: list[Hit] = []
        for compiled in rules:
            outcome = self._try(compiled, report)
            if isinstance(outcome, str):
                notes.append(outcome)
            elif outcome is not None:
                hits.append(outcome)
                urgencies.extend([compiled.rule.priority] if compiled.rule.priority else [])
        return hits

    def features(self, *, title: str, summary: str = "", body: str = "") -> tuple[Features, bool]:
        """For training: what a learned model looks at, and whether it would be asked about this report."""
        report = self.read({Field.TITLE: title, Field.SUMMARY: summary, Field.BODY: body}, None, "", "")
        hits = self._hits(report, [], [])
        return self._features(report, hits), _speaking(hits)

    def read(self, texts: Mapping[Field, str], tier: Tier | None, source: str, language: str) -> Reading:
        """Find every term of every rule."""
        originals = {field: text[:LONGEST_TEXT] for field, text in texts.items()}
        folded = {field: normalise(text) for field, text in originals.items() if text}
        found = self.automaton.search(folded, originals)
        lead_of_body = 0 if originals[Field.SUMMARY].strip() else LEAD_CHARACTERS
        lead = [spot for spot in found.spots if spot.field is not Field.BODY or spot.end <= lead_of_body]
        title = [spot for spot in lead if spot.field is Field.TITLE]
        known = Sight(
            spots={},
            within={},
            texts={field: text.text for field, text in folded.items()},
            tier=tier,
            source=source,
            language=language or (language_of(" ".join(originals.values())) if self.asks_language else ""),
        )
        blank = blank_of(known)
        sights = _widening(blank, (title, lead, found.spots), lead_of_body)
        factors = (TITLE_FACTOR, LEAD_FACTOR, WHOLE_FACTOR)
        return Reading(
            originals=originals,
            folded=folded,
            scopes=tuple(zip(factors, sights, strict=True)),
            stopped=found.stopped,
            met=self.musts.met(sights[-1]),
        )

    def candidates(self, report: Reading) -> tuple[list[Compiled], list[Compiled]]:
        """The rules that may fire: those for the first turn, and those that wait for the topics."""
        terms = (*report.scopes[-1][1].spots, *report.stopped)
        numbers = sorted({number for term in terms for number in self.rules_of.get(term, ())})
        rules = [self.rules[number] for number in numbers]
        return [r for r in rules if not r.asks_topics], [r for r in rules if r.asks_topics]

    def _try(self, compiled: Compiled, report: Reading) -> Hit | str | None:
        """The rule's hit; or why it nearly fired, in words; or None."""
        if late := report.stopped & compiled.regexes:
            return f"{compiled.rule.id}: not tried, {self.automaton.terms[min(late)]} ran out of time"
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

    def _evidence(self, spots: Iterable[Spot], report: Reading) -> Iterator[Match]:
        for spot in list(dict.fromkeys(spots))[:MOST_EVIDENCE]:
            start, end = report.folded[spot.field].original(spot.start, spot.end)
            text = report.originals[spot.field][start:end]
            term = self.automaton.terms[spot.term]
            yield Match(term=term, field=spot.field, start=start, end=end, text=text)

    def _in_words(self, spots: Sequence[Spot], report: Reading) -> str:
        words = [f"“{match.text}” in {match.field}" for match in self._evidence(spots[:1], report)]
        return words[0] if words else "its unless"

    def _verdict(
        self, report: Reading, hits: Sequence[Hit], urgencies: Sequence[Priority], notes: Sequence[str]
    ) -> Verdict:
        share = self._share(report, hits)
        score = round(sum(hit.points for hit in hits) + (share.points if share else 0.0), 6)
        relevant = score >= self.threshold
        doctype = self._doctype(report) if relevant else Doctype.OTHER
        return Verdict(
            relevant=relevant,
            score=score,
            threshold=self.threshold,
            topics=_topics(hits) if relevant else (),
            authority=self.authorities.of(report.title, report.lead) if relevant else Authority.NONE,
            priority=self._priority(urgencies, doctype) if relevant else Priority.LOW,
            doctype=doctype,
            hits=tuple(hits),
            notes=tuple(notes[:MOST_NOTES]),
            rules_version=self.version,
            share=share,
        )

    def _share(self, report: Reading, hits: Sequence[Hit]) -> Share | None:
        # Words alone never make an alert: where no rule speaks for a report, the model is not asked.
        if self.model is None or not _speaking(hits):
            return None
        return self.model.share(self._features(report, hits))

    def _features(self, report: Reading, hits: Sequence[Hit]) -> Features:
        texts = {field: text.text for field, text in report.folded.items()}
        summary = texts.get(Field.SUMMARY, "").strip()
        return features(
            title=texts.get(Field.TITLE, ""),
            lead=summary or texts.get(Field.BODY, "")[:LEAD_CHARACTERS],
            evidence=self._rule_evidence(report, hits),
        )

    def _rule_evidence(self, report: Reading, hits: Sequence[Hit]) -> Iterator[str]:
        for term in report.lead.spots:
            part = Field.TITLE if term in report.title.spots else "lead"
            for name in self.sets_of.get(term, ()):
                yield f"@{name} in {part}"
        yield f"rules give {_bucket(sum(hit.points for hit in hits))}"
        if report.lead.tier:
            yield f"tier {report.lead.tier}"

    def _priority(self, urgencies: Sequence[Priority], doctype: Doctype) -> Priority:
        usual = Priority.LOW if doctype in _ROUTINE else Priority.NORMAL
        return min(urgencies, key=_URGENCY.index, default=usual)

    def _doctype(self, report: Reading) -> Doctype:
        return doctype_of(report.title.spots.keys(), report.lead.spots.keys(), self.doctypes)


def classify_article(judge: Judge, article: Article, tier: Tier) -> Verdict:
    """Judge an article of a source of this tier: the same at intake, in an explanation and in a backtest."""
    return judge.classify(
        title=article.title,
        summary=article.summary,
        body=article.body,
        tier=tier,
        source=article.source_id,
        language=article.language,
    )


def compile_rules(book: RuleBook, version: str = "") -> Judge:
    """Make a judge of a rule book. Raises RuleError, which names the rule, the key and the mend."""
    _refuse_repeated(book)
    lexicon = Lexicon(book.sets)
    sets = {each.name: lexicon.term_set(each.name, f"set {each.name}", "terms") for each in book.sets}
    musts: dict[Must, int] = {}
    rules = tuple(_compile(rule, lexicon, musts) for rule in book.rules)
    rules_of: dict[int, list[int]] = defaultdict(list)
    for number, compiled in enumerate(rules):
        for term in term_ids(compiled.query):
            rules_of[term].append(number)
    return Judge(
        automaton=lexicon.automaton(),
        rules=rules,
        rules_of={term: tuple(numbers) for term, numbers in rules_of.items()},
        authorities=authorities_in(sets),
        doctypes=kinds_in(sets),
        musts=Musts.of(musts),
        sets_of=_sets_of(sets),
        model=book.model,
        asks_language=any(rule.asks_language for rule in rules),
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


def _compile(rule: Rule, lexicon: Lexicon, musts: dict[Must, int]) -> Compiled:
    query = lexicon.clause(rule.query, rule.id, "query")
    if not term_ids(query):
        raise RuleError(rule.id, "query", "it names no term", "add the words to look for")
    if may_hold_without_terms(query):
        raise RuleError(
            rule.id, "query", "it would hold for reports that have none of its terms", "add what must occur"
        )
    needs = lexicon.clause(rule.needs, rule.id, "needs") if rule.needs else None
    unless = lexicon.clause(rule.unless, rule.id, "unless") if rule.unless else None
    written = [each for each in (query, needs, unless) if each is not None]
    clauses = [part for each in written for part in inside(each)]
    return Compiled(
        rule=rule,
        query=query,
        needs=needs,
        unless=unless,
        asks_topics=any(isinstance(part, TopicIs) for part in clauses),
        asks_language=any(isinstance(part, LanguageIs) for part in clauses),
        regexes=frozenset().union(*map(term_ids, written)) & lexicon.regexes(),
        musts=frozenset(musts.setdefault(must, len(musts)) for must in must_have(query)),
    )


def _possible(rules: Iterable[Compiled], report: Reading) -> list[Compiled]:
    """Without those that cannot hold for want of a word; one whose expression ran out of time says so."""
    return [rule for rule in rules if rule.musts <= report.met or rule.regexes & report.stopped]


def _widening(blank: Sight, scopes: Sequence[Sequence[Spot]], lead_of_body: int) -> list[Sight]:
    """What is seen of scopes that take each other in; the same sight where nothing is added."""
    sights: list[Sight] = []
    seen = -1
    for spots in scopes:
        sights.append(showing(blank, spots, lead_of_body) if len(spots) != seen else sights[-1])
        seen = len(spots)
    return sights


def _smallest_scope(compiled: Compiled, report: Reading) -> tuple[float, Sequence[Spot]] | None:
    tried: Sight | None = None
    for factor, sight in report.scopes:
        if sight is tried:
            continue
        tried = sight
        spots = compiled.query.holds(sight)
        if spots is None:
            continue
        needed = compiled.needs.holds(sight) if compiled.needs else ()
        if needed is not None:
            return factor, [*spots[: MOST_EVIDENCE - 1], *needed[:1], *spots[MOST_EVIDENCE - 1 :]]
    return None


def _speaking(hits: Iterable[Hit]) -> bool:
    return any(hit.points > 0 for hit in hits)


def _sets_of(sets: Mapping[str, frozenset[int]]) -> dict[int, tuple[str, ...]]:
    names: dict[int, list[str]] = defaultdict(list)
    for name, terms in sets.items():
        for term in terms:
            names[term].append(name)
    return {term: tuple(found) for term, found in names.items()}


def _bucket(score: float) -> str:
    """The rules' score as a step of half a point, for features; far from any threshold steps make no odds."""
    return f"{max(-6.0, min(8.0, round(score * 2) / 2)):g}"


def topic_points(hits: Iterable[Hit], above: float = 0.0) -> dict[Topic, float]:
    """What these hits gave each topic, of those topics that got more than `above`."""
    points: dict[Topic, float] = defaultdict(float)
    for hit in hits:
        if hit.topic:
            points[hit.topic] += hit.points
    return {topic: given for topic, given in points.items() if given > above}


def _topics(hits: Iterable[Hit]) -> tuple[Topic, ...]:
    points = topic_points(hits, above=0.0)
    best = max(points.values(), default=0.0)
    ranked = sorted(points, key=lambda topic: points[topic], reverse=True)
    return tuple(topic for topic in ranked if points[topic] >= best * TOPIC_SHARE)[:MOST_TOPICS]
