"""Collects the terms of all rules and sets, and finds them all in one pass over a text."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from monitor.core.errors import RuleError
from monitor.core.model import Field, Query, TermSet
from monitor.core.rules.clauses import Clause, Spot, Terms
from monitor.core.rules.query import Reader, did_you_mean, parse
from monitor.core.rules.regexes import MOST_TRIED, Regex, compile_regex, try_regexes
from monitor.core.text import Normalised, keep_case, mainland_wording, normalise

MOST_SETS_IN_A_ROW = 50
SHORTEST_STEM = 2  # letters before the * of a wildcard
_SHORTEST_PLURAL = 3  # "AIs" would also be the end of other things

# Between scripts written without spaces and this one a word ends; digits count as letters (5G is not in 15G).
_LETTER = "a-z0-9\u00df-\u058f"
_WORD_REST = re.compile(f"[{_LETTER}']{{0,40}}")
_JUNCTION = re.compile("(?<=[\u3400-\u9fff]) ?(?=[a-z0-9])|(?<=[a-z0-9]) ?(?=[\u3400-\u9fff])")
_SPACES = re.compile(r"\s+")
_CASE = "cs:"
_REGEX = re.compile("/.+/")


class _Pattern(NamedTuple):
    """How one spelling of a term is checked where the automaton sees it."""

    term: int
    at_start: bool  # a word must begin where it begins
    at_end: bool  # … and end where it ends
    wildcard: bool
    plural: str  # an ending that may follow: "s", "es" or ""
    exact: str  # the capitals it insists on; "" when any will do


class Findings(NamedTuple):
    """Everything found in one report."""

    spots: list[Spot]
    stopped: frozenset[int]  # regular expressions that ran out of time


@dataclass(frozen=True, slots=True)
class Automaton:
    """All spellings of all terms."""

    terms: tuple[str, ...]  # as written, by term id
    patterns: tuple[tuple[_Pattern, ...], ...]
    machine: AhoCorasick | None  # None when there is nothing to look for
    regexes: Mapping[int, Regex]  # by term id

    def search(self, folded: Mapping[Field, Normalised], originals: Mapping[Field, str]) -> Findings:
        """Every term in every field, overlapping ones too; then the expressions whose fixed text was seen."""
        spots = [spot for field in folded for spot in self._spots(field, folded[field], originals[field])]
        if not self.regexes:
            return Findings(spots, frozenset())
        seen = {spot.term for spot in spots}
        due = [each for each in self.regexes.values() if each.term in seen or not each.anchor]
        tried = try_regexes(due, {field: text.text for field, text in folded.items()})
        words = [spot for spot in spots if spot.term not in self.regexes]
        return Findings(words + tried.spots, tried.stopped)

    def _spots(self, field: Field, text: Normalised, original: str) -> Iterator[Spot]:
        if self.machine is None:
            return
        hay = _blur(text.text)
        for index, start, end in self.machine.find_matches_as_indexes(hay, overlapping=True):
            for pattern in self.patterns[index]:
                stop = _accepted(pattern, hay, start, end)
                if stop and (not pattern.exact or _same_case(pattern.exact, original, text, start, end)):
                    yield Spot(field, start, stop, pattern.term)


class Lexicon:
    """Gives each distinct term an id while rules are compiled."""

    def __init__(self, sets: Sequence[TermSet]) -> None:
        self._sets = {found.name: found for found in sets}
        self._resolved: dict[str, frozenset[int]] = {}
        self._ids: dict[str, int] = {}
        self._patterns: dict[str, list[_Pattern]] = defaultdict(list)
        self._regexes: dict[int, Regex] = {}

    def clause(self, query: Query, rule: str, key: str) -> Clause:
        """Compile a query, or a plain list that means any of its terms. Raises RuleError."""
        reader = Reader(
            term=lambda text: self._term(text, rule, key),
            regex=lambda text: self._regex(text, rule, key),
            term_set=lambda name: Terms(self.term_set(name, rule, key)),
            refuse=lambda problem, mend: RuleError(rule, key, problem, mend),
        )
        if isinstance(query, str):
            return parse(query, reader)
        if not query:
            raise RuleError(rule, key, "the list is empty", "name at least one term")
        return Terms(self._any(query, rule, key, ()))

    def term_set(self, name: str, rule: str, key: str, inside: tuple[str, ...] = ()) -> frozenset[int]:
        """Ids of the terms of a set and of the sets it names. Raises RuleError."""
        if name not in self._sets:
            raise RuleError(rule, key, f"there is no set @{name}", did_you_mean(name, list(self._sets)))
        if name in inside:
            circle = " → ".join(f"@{step}" for step in (*inside, name))
            raise RuleError(rule, key, f"sets that contain each other: {circle}", "take one reference out")
        if len(inside) >= MOST_SETS_IN_A_ROW:
            raise RuleError(rule, key, f"sets nested more than {MOST_SETS_IN_A_ROW} deep", "flatten them")
        if name not in self._resolved:
            terms = self._sets[name].terms
            self._resolved[name] = self._any(terms, f"set {name}", "terms", (*inside, name))
        return self._resolved[name]

    def regexes(self) -> frozenset[int]:
        """Ids of the terms collected so far that are regular expressions."""
        return frozenset(self._regexes)

    def asked_for(self) -> frozenset[str]:
        """Names of the sets that were asked for so far, by queries or by other sets."""
        return frozenset(self._resolved)

    def automaton(self) -> Automaton:
        """Everything collected so far."""
        spellings = tuple(self._patterns)
        machine = AhoCorasick(spellings) if spellings else None
        return Automaton(
            tuple(self._ids), tuple(tuple(self._patterns[s]) for s in spellings), machine, self._regexes
        )

    def _any(self, terms: Sequence[str], rule: str, key: str, inside: tuple[str, ...]) -> frozenset[int]:
        ids: set[int] = set()
        for term in terms:
            if term.startswith("@"):
                ids |= self.term_set(term[1:].strip(), rule, key, inside)
            else:
                ids |= self._term(term, rule, key).ids
        return frozenset(ids)

    def _term(self, written: str, rule: str, key: str) -> Terms:
        if _REGEX.fullmatch(written):
            return self._regex(written[1:-1], rule, key)
        written = _SPACES.sub(" ", written).strip()
        if written not in self._ids:
            for spelling, pattern in _spellings(written, len(self._ids), rule, key):
                self._patterns[spelling].append(pattern)
            self._ids[written] = len(self._ids)
        return Terms(frozenset({self._ids[written]}))

    def _regex(self, written: str, rule: str, key: str) -> Terms:
        name = f"/{written}/"
        if name not in self._ids:
            term = len(self._ids)
            found = compile_regex(written, term, lambda problem, mend: RuleError(rule, key, problem, mend))
            self._regexes[term] = found
            if found.anchor:
                self._patterns[_blur(found.anchor)].append(_anywhere(term))
            elif sum(not each.anchor for each in self._regexes.values()) > MOST_TRIED:
                problem = f"more than {MOST_TRIED} regular expressions have no fixed text of two letters"
                raise RuleError(
                    rule, key, problem, "put a word that must occur into each, outside of brackets"
                )
            self._ids[name] = term
        return Terms(frozenset({self._ids[name]}))


def _anywhere(term: int) -> _Pattern:
    return _Pattern(term=term, at_start=False, at_end=False, wildcard=False, plural="", exact="")


def _blur(text: str) -> str:
    return text.replace("-", " ")  # digital-yuan and digital yuan are one term


class Spelled(NamedTuple):
    """A term as it is looked for."""

    folded: str
    wildcard: bool
    exact: str  # the capitals it insists on; "" when any will do


def spelled(written: str) -> Spelled:
    """What a written term looks for: two that are spelled alike find the same."""
    bare = written.removeprefix(_CASE).strip()
    wildcard = bare.endswith("*")
    bare = bare.rstrip("*").strip()
    folded = _SPACES.sub(" ", _blur(normalise(bare).text)).strip()
    return Spelled(folded, wildcard, _blur(keep_case(bare)) if written.startswith(_CASE) else "")


def _spellings(written: str, term: int, rule: str, key: str) -> Iterator[tuple[str, _Pattern]]:
    folded, wildcard, exact = spelled(written)
    if not any(char.isalnum() for char in folded):
        raise RuleError(rule, key, f"the term {written!r} has no letter or digit", "write what to look for")
    if wildcard and len(folded) < SHORTEST_STEM:
        raise RuleError(rule, key, f"{written!r} matches almost anything", "give more letters before the *")
    if "*" in folded:
        raise RuleError(rule, key, f"in {written!r} the * is not at the end", "a * only stands at the end")
    pattern = _Pattern(
        term=term,
        at_start=_is_letter(folded[0]),
        at_end=_is_letter(folded[-1]) and not wildcard,
        wildcard=wildcard,
        plural="" if wildcard else _plural(folded),
        exact=exact,
    )
    for spelling in _wordings(folded):
        yield spelling, pattern
    if pattern.plural == "ies":
        yield f"{folded[:-1]}ies", pattern._replace(plural="", exact=exact and f"{exact[:-1]}ies")


def _wordings(folded: str) -> tuple[str, ...]:
    # AI监管 and AI 监管 are both usual; the spelling that was written comes first.
    # A traditional text arrives in the mainland's wording, so a term is looked for in that as well.
    wordings = (folded, mainland_wording(folded))
    spaced = (_JUNCTION.sub(gap, wording) for gap in ("", " ") for wording in wordings)
    return tuple(dict.fromkeys((*wordings, *spaced)))


def _plural(folded: str) -> str:
    last = re.search("[a-z]+$", folded)
    if last is None or len(last[0]) < _SHORTEST_PLURAL:
        return ""
    if re.search("[^aeiou]y$", last[0]):
        return "ies"
    return "es" if re.search("(s|x|z|ch|sh)$", last[0]) else "s"


def _is_letter(char: str) -> bool:
    return char in "0123456789" or "a" <= char <= "z" or "\u00df" <= char <= "\u058f"


def _accepted(pattern: _Pattern, hay: str, start: int, end: int) -> int:
    """Where the match ends, its plural ending or the rest of a wildcard's word included; 0 refuses it."""
    if pattern.at_start and start and _is_letter(hay[start - 1]):
        return 0
    if pattern.wildcard:
        rest = _WORD_REST.match(hay, end)
        return rest.end() if rest else end
    if not pattern.at_end or _word_ends(hay, end):
        return end
    stop = end + len(pattern.plural)
    return stop if pattern.plural and hay.startswith(pattern.plural, end) and _word_ends(hay, stop) else 0


def _word_ends(hay: str, end: int) -> bool:
    return end == len(hay) or not _is_letter(hay[end])


def _same_case(exact: str, original: str, text: Normalised, start: int, end: int) -> bool:
    first, last = text.original(start, end)
    return _SPACES.sub(" ", _blur(keep_case(original[first:last]))) == exact
