"""The `rules:` section as a RuleBook, checked by compiling it; a bad rule is refused where it stands."""

from collections.abc import Mapping

from monitor.config.document import Document, KeyPath
from monitor.config.learned import read_model
from monitor.config.schema import RuleSection, RulesSection
from monitor.config.terms import shipped_sets
from monitor.core.classify import compile_rules
from monitor.core.errors import ConfigError, RuleError, Where
from monitor.core.model import Query, Rule, RuleBook, RuleId, TermSet

RULES: KeyPath = ("rules",)


def read_rules(section: RulesSection, document: Document) -> RuleBook:
    """The rule book with the shipped sets, replaced and extended as the section says. Raises ConfigError."""
    book = RuleBook(
        rules=tuple(_rules(section, document)),
        sets=_sets(section.sets, document),
        threshold=section.threshold,
        model=read_model(section.model, document),
    )
    try:
        compile_rules(book)
    except RuleError as error:
        raise _placed(error, document) from None
    return book


def _rules(section: RulesSection, document: Document) -> list[Rule]:
    if not section.list:
        raise document.mistake(
            (*RULES, "list"), "there are no rules", "write at least one, with an id and terms"
        )
    first: dict[str, int] = {}
    rules = []
    for index, one in enumerate(section.list):
        path: KeyPath = (*RULES, "list", index)
        if one.id in first:
            problem = f"the rule “{one.id}” stands already on line {first[one.id]}"
            raise document.mistake((*path, "id"), problem, "choose another id")
        first[one.id] = document.where((*path, "id")).line
        if one.enabled:
            rules.append(_rule(one, document, path))
    return rules


def _rule(section: RuleSection, document: Document, path: KeyPath) -> Rule:
    return Rule(
        id=RuleId(section.id),
        query=_query(section, document, path),
        topic=section.topic,
        weight=section.weight,
        needs=section.needs,
        unless=section.unless,
        priority=section.priority,
    )


def _query(section: RuleSection, document: Document, path: KeyPath) -> Query:
    query = section.query.strip()
    if query and section.terms:
        problem = f"the rule “{section.id}” has both query and terms"
        raise document.mistake((*path, "query"), problem, "keep one; a query can name terms with OR")
    if not query and not section.terms:
        problem = f"the rule “{section.id}” has neither terms nor a query"
        raise document.mistake(path, problem, "add “terms: [one, two]”")
    return query or section.terms


def _sets(written: Mapping[str, tuple[str, ...]], document: Document) -> tuple[TermSet, ...]:
    sets = {shipped.name: shipped.terms for shipped in shipped_sets()}
    for name, terms in written.items():
        plain = name.removeprefix("+")
        if name.startswith("+") and plain not in sets:
            problem = f"no shipped set is called “{plain}”"
            raise document.mistake(
                (*RULES, "sets", name), problem, f"write “{plain}:” to make a set of your own"
            )
        sets[plain] = (*sets[plain], *terms) if name.startswith("+") else terms
    return tuple(TermSet(name=name, terms=terms) for name, terms in sets.items())


def rule_place(rule: str, key: str, document: Document) -> KeyPath | None:
    """Where a rule says what its `key` (query, needs …) is about; None when the file has no such rule.

    It is found by its id: some rules of the file may be switched off, and the book has only the others.
    """
    rules = document.value((*RULES, "list"))
    ids = [
        one.get("id") if isinstance(one, dict) else "" for one in (rules if isinstance(rules, list) else [])
    ]
    index = next((place for place, found in enumerate(ids) if str(found) == rule), None)
    if index is None:
        return None
    path: KeyPath = (*RULES, "list", index)
    keys = (key, "terms") if key == "query" else (key,)
    return next(((*path, each) for each in keys if (*path, each) in document.places), path)


def _placed(error: RuleError, document: Document) -> ConfigError:
    path = _place(error, document)
    # What this file does not hold came with policywire: the mistake is not the reader's.
    where = document.where(path) if path else Where(file=f"shipped {error.rule}", key=error.key)
    return ConfigError(where, error.problem, error.mend)


def _place(error: RuleError, document: Document) -> KeyPath:
    if path := rule_place(error.rule, error.key, document):
        return path
    name = error.rule.removeprefix("set ")
    written = ((*RULES, "sets", key) for key in (name, f"+{name}"))
    return next((path for path in written if path in document.places), ())
