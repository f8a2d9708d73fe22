"""Warns of rules that compile and still do not do what their author meant."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from monitor.core.errors import RuleError
from monitor.core.model import Field, Query, Rule, RuleBook, Topic
from monitor.core.rules.clauses import AllOf, Clause, InField, Not, Terms, TopicIs, inside
from monitor.core.rules.lexicon import Lexicon, Spelled, spelled
from monitor.core.rules.query import Reader, parse
from monitor.core.rules.reach import Reach
from monitor.core.rules.regexes import compile_regex

COMMON = 0.2  # share of all articles from which a term tells them apart no more

_REFUSAL = partial(
    RuleError, "", ""
)  # never seen: what is read again here was read when the book was compiled
_SHORT_LATIN = re.compile("[a-z]{1,2}")
_REFERENCE = re.compile("@|/.+/$")  # a set, a regular expression
_REACH_MEND = "mend that part, or take it out"
_LONE_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
# What capitals turn into when case is folded; joined, since a quoted word each would fill a page.
_EVERYDAY = (
    " a all am an and are as at be but by can do for from go had has he her him his how i id if in is it its "
    "me my new no not of off ok on one or our out per she so than that the their them they this to too up us "
    "was we were what when who will with you "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A warning: which rule (or "set name", or "" for the book), which of its keys, what, and the mend."""

    rule: str
    key: str
    problem: str
    mend: str
    term: str = ""  # as written, when it is about one


def advise(book: RuleBook, sources: Collection[str] = ()) -> tuple[Advice, ...]:
    """Everything odd about a book that compiles; `sources` are the ids of those that are watched."""
    lexicon = Lexicon(book.sets)
    clauses: dict[str, dict[str, Clause]] = {rule.id: _clauses(rule, lexicon) for rule in book.rules}
    unused = _unused(book, lexicon.asked_for())
    reach = Reach(lexicon.automaton().terms, _given(book, clauses), frozenset(sources))
    found = [*_of_book(book), *unused]
    for each in book.sets:
        found += _of_list(each.terms, f"set {each.name}", "terms")
    for rule in book.rules:
        found += [*_of_rule(rule), *_of_words(rule), *_of_reach(rule.id, clauses[rule.id], reach)]
    return tuple(found)


def too_common(book: RuleBook, shares: Mapping[str, float], most: float = COMMON) -> tuple[Advice, ...]:
    """Terms, as written, that stand in more than this share of the articles measured."""
    lists: list[tuple[str, str, Sequence[str]]] = [
        (f"set {each.name}", "terms", each.terms) for each in book.sets
    ]
    lists += [(rule.id, key, words_of(query)) for rule in book.rules for key, query in _queries(rule)]
    return tuple(
        Advice(
            rule=rule,
            key=key,
            problem=f"“{term}” stands in {shares[term]:.0%} of the articles in the archive",
            mend="ask for something beside it, or for a longer phrase",
            term=term,
        )
        for rule, key, terms in lists
        for term in dict.fromkeys(terms)
        if shares.get(term, 0.0) > most
    )


def _clauses(rule: Rule, lexicon: Lexicon) -> dict[str, Clause]:
    return {key: lexicon.clause(query, rule.id, key) for key, query in _queries(rule)}


def _queries(rule: Rule) -> list[tuple[str, Query]]:
    written = (("query", rule.query), ("needs", rule.needs), ("unless", rule.unless))
    return [(key, query) for key, query in written if query]


def _given(book: RuleBook, clauses: Mapping[str, Mapping[str, Clause]]) -> frozenset[Topic]:
    """Topics that some rule gives points before topic: is asked."""
    return frozenset(
        rule.topic
        for rule in book.rules
        if rule.topic and rule.weight > 0 and not any(map(_asks_topic, clauses[rule.id].values()))
    )


def _asks_topic(clause: Clause) -> bool:
    return any(isinstance(part, TopicIs) for part in inside(clause))


def _of_book(book: RuleBook) -> Iterator[Advice]:
    most = sum(rule.weight for rule in book.rules if rule.weight > 0)
    if most < book.threshold and book.model is None:
        problem = (
            f"all rules together give {most:g} points, and {book.threshold:g} are asked: nothing is relevant"
        )
        yield Advice(rule="", key="threshold", problem=problem, mend="raise weights or lower the threshold")


def _unused(book: RuleBook, asked_for: Collection[str]) -> list[Advice]:
    return [
        Advice(
            rule=f"set {each.name}",
            key="terms",
            problem="no rule uses this set",
            mend=f"write @{each.name} into a query, or remove the set",
        )
        for each in book.sets
        if each.name not in asked_for and not asked_by_judging(each.name)
    ]


def asked_by_judging(name: str) -> bool:
    """Does judging itself ask for a set of this name, without a rule?"""
    return name.startswith(("authority_", "doctype_", "presumed_"))


def _of_rule(rule: Rule) -> Iterator[Advice]:
    if rule.weight == 0 and rule.priority is None:
        problem = "with weight 0 and no priority the rule has no effect"
        yield Advice(rule=rule.id, key="weight", problem=problem, mend="give it a weight or a priority")


def _of_words(rule: Rule) -> Iterator[Advice]:
    for key, query in _queries(rule):
        if isinstance(query, str):
            for term in dict.fromkeys(words_of(query)):
                yield from _of_term(term, rule.id, key)
        else:
            yield from _of_list(query, rule.id, key)


def _of_list(terms: Collection[str], rule: str, key: str) -> Iterator[Advice]:
    if not terms:
        yield Advice(rule=rule, key=key, problem="it is empty", mend="name its terms, or remove it")
    yield from _repeated(terms, rule, key)
    for term in terms:
        yield from _of_term(term, rule, key)


def _repeated(terms: Iterable[str], rule: str, key: str) -> Iterator[Advice]:
    plain = [term for term in terms if not _REFERENCE.match(term)]
    folded = {spelled(term) for term in plain}
    first: dict[Spelled, str] = {}
    for term in plain:
        spelling = spelled(term)
        if spelling in first:
            problem = f"“{term}” finds nothing that “{first[spelling]}” does not"
            yield Advice(rule=rule, key=key, problem=problem, mend="remove one of them", term=term)
        elif spelling.exact and spelling._replace(exact="") in folded:
            problem = f"“{term}” has no effect beside the same word without cs:"
            yield Advice(rule=rule, key=key, problem=problem, mend="remove one of them", term=term)
        first.setdefault(spelling, term)


def _of_term(term: str, rule: str, key: str) -> Iterator[Advice]:
    if term.startswith("/"):
        if not compile_regex(term[1:-1], 0, _REFUSAL).anchor:
            problem = f"{term} has no fixed text outside of brackets, so it is tried on every report"
            yield Advice(
                rule=rule, key=key, problem=problem, mend="put a word that must occur into it", term=term
            )
        return
    if why := "" if term.startswith("@") else _too_short(term):
        mend = "write a longer phrase, or ask for something beside it"
        if term.isupper() and term.isascii():
            mend = f"write cs:{term} to keep its capitals"
        yield Advice(rule=rule, key=key, problem=f"“{term}” {why}", mend=mend, term=term)


def _too_short(term: str) -> str:
    folded, wildcard, exact = spelled(term)
    if _LONE_HAN.fullmatch(folded):
        return "is one character, which stands in many words"
    if exact:
        return ""
    if f" {folded} " in _EVERYDAY and not wildcard:
        return "is an everyday word when capitals make no difference"
    if _SHORT_LATIN.fullmatch(folded) and (wildcard or len(folded) == 1 or not term.isupper()):
        return "has too few letters to tell anything apart"
    return ""


def _of_reach(rule: str, clauses: Mapping[str, Clause], reach: Reach) -> Iterator[Advice]:
    query, needs, unless = (clauses.get(key) for key in ("query", "needs", "unless"))
    assert query is not None
    for key, clause in clauses.items():
        if why := reach.obstacle(clause):
            yield Advice(rule=rule, key=key, problem=f"it can never hold: {why}", mend=_REACH_MEND)
            return
        for problem in dict.fromkeys(reach.dead_ends(clause)):
            yield Advice(rule=rule, key=key, problem=problem, mend="remove that side, or mend it")
    if needs and (why := reach.obstacle(AllOf((query, needs)))):
        problem = f"it can never hold together with the query: {why}"
        yield Advice(rule=rule, key="needs", problem=problem, mend=_REACH_MEND)
    # It looks at title and lead, so a query that may hold deep in the body gets by.
    if (
        unless
        and reach.obstacle(InField(Field.BODY, query))
        and (why := reach.obstacle(AllOf((query, Not(unless)))))
    ):
        problem = f"it silences the rule wherever the query holds: {why}"
        yield Advice(rule=rule, key="unless", problem=problem, mend=_REACH_MEND)


def words_of(query: Query) -> list[str]:
    """The terms a query names itself, as written."""
    if not isinstance(query, str):
        return [term for term in query if not term.startswith("@")]
    words: list[str] = []

    def note(term: str) -> Terms:
        words.append(term)
        return Terms(frozenset())

    reader = Reader(
        term=note,
        regex=lambda text: note(f"/{text}/"),
        term_set=lambda _: Terms(frozenset()),
        refuse=_REFUSAL,
    )
    parse(query, reader)
    return words
