"""Warnings about rules, each with the line it is about."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from monitor.config.document import Document, KeyPath, parse_document, read_text
from monitor.config.rulebook import RULES, rule_place
from monitor.core.model import Rule
from monitor.core.rules.advice import Advice, advise, too_common, words_of
from monitor.core.settings import Config


def warnings(path: Path, config: Config, shares: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """One line for each thing in the file's own rules and sets that is allowed and odd.

    `shares` says of terms in how much of the archive they stand.
    """
    document = parse_document(read_text(path), str(path))
    found = advise(config.rules, [source.id for source in config.sources])
    return tuple(
        f"{document.where(place)}: {each.problem} ({each.mend})"
        for each in (*found, *too_common(config.rules, shares or {}))
        for place in _places(each, document)
    )


def own_terms(path: Path, config: Config) -> tuple[str, ...]:
    """The terms that the file itself writes, in its rules and in its sets; regular expressions apart."""
    document = parse_document(read_text(path), str(path))
    terms = [term for each in config.rules.rules for term in _rule_terms(each)]
    sets = document.value((*RULES, "sets"))
    for written in sets.values() if isinstance(sets, dict) else ():
        terms += map(str, written if isinstance(written, list) else [written])
    return tuple(dict.fromkeys(term for term in terms if term[:1] not in ("@", "/")))


def _rule_terms(rule: Rule) -> Iterator[str]:
    for query in (rule.query, rule.needs, rule.unless):
        if query:
            yield from words_of(query)


def _places(advice: Advice, document: Document) -> Iterator[KeyPath]:
    """Where the file says it; nothing when it came with policywire."""
    if not advice.rule:
        yield (*RULES, advice.key)
        return
    if rule := rule_place(advice.rule, advice.key, document):
        yield rule
        return
    name = advice.rule.removeprefix("set ")
    for path in ((*RULES, "sets", name), (*RULES, "sets", f"+{name}")):
        if path in document.places:
            yield from _in_set(advice, path, document)


def _in_set(advice: Advice, path: KeyPath, document: Document) -> Iterator[KeyPath]:
    terms = document.value(path)
    if not advice.term or not isinstance(terms, list):
        yield path
    elif advice.term in terms:  # else the term is of the shipped set that this one extends
        yield (*path, len(terms) - 1 - terms[::-1].index(advice.term))
