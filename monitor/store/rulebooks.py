"""The rule books that judged what is kept, each by its version, so that a backtest can tell what changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from monitor.core.model import ArticleId, Priority, Query, Rule, RuleBook, RuleId, TermSet, Topic
from monitor.core.relevance import Relevance
from monitor.store import tables as t
from monitor.store.database import Database
from monitor.store.statements import insert_rows


class SqlRuleBooks(Database):
    """The part of the `Archive` that a rule lab asks."""

    def keep_rules(self, version: str, book: RuleBook, now: datetime) -> None:
        known = select(t.rulebooks.c.version).where(t.rulebooks.c.version == version)
        with self._write() as connection:
            if connection.scalar(known) is None:
                row = {"version": version, "book": _to_json(book), "kept_at": now}
                insert_rows(connection, t.rulebooks, [row])

    def rules_kept(self, version: str) -> RuleBook | None:
        with self._read() as connection:
            book = connection.scalar(select(t.rulebooks.c.book).where(t.rulebooks.c.version == version))
        return None if book is None else _from_json(book)

    def newest(self, limit: int) -> tuple[ArticleId, ...]:
        newest = select(t.articles.c.id).order_by(t.articles.c.id.desc()).limit(limit)
        with self._read() as connection:
            return tuple(map(ArticleId, connection.scalars(newest)))


def _to_json(book: RuleBook) -> dict[str, Any]:
    # Of the learned part only what tells it from another: its weights are not asked again.
    model = book.model
    return {
        "threshold": book.threshold,
        "model": None if model is None else {"version": model.version, "trained_on": model.trained_on},
        "sets": {each.name: list(each.terms) for each in book.sets},
        "rules": [_rule_to_json(rule) for rule in book.rules],
    }


def _rule_to_json(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "query": rule.query,
        "topic": rule.topic,
        "weight": rule.weight,
        "needs": rule.needs,
        "unless": rule.unless,
        "priority": rule.priority,
    }


def _from_json(kept: Mapping[str, Any]) -> RuleBook:
    model = kept["model"]
    return RuleBook(
        rules=tuple(_rule_from_json(rule) for rule in kept["rules"]),
        sets=tuple(TermSet(name=name, terms=tuple(terms)) for name, terms in kept["sets"].items()),
        threshold=kept["threshold"],
        model=None if model is None else Relevance(**model, weights={}),
    )


def _rule_from_json(kept: Mapping[str, Any]) -> Rule:
    return Rule(
        id=RuleId(kept["id"]),
        query=_query(kept["query"]),
        topic=Topic(kept["topic"]) if kept["topic"] else None,
        weight=kept["weight"],
        needs=_query(kept["needs"]),
        unless=_query(kept["unless"]),
        priority=Priority(kept["priority"]) if kept["priority"] else None,
    )


def _query(kept: str | list[str]) -> Query:
    return kept if isinstance(kept, str) else tuple(kept)
