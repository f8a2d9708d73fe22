"""The kind of document: asked of the headline, then of the lead, and what follows for the priority."""

import pytest

from monitor.core.classify import compile_rules
from monitor.core.model import Doctype, Priority, Rule, RuleBook, RuleId, TermSet

SETS = (
    TermSet(name="doctype_commentary", terms=("专家",)),
    TermSet(name="doctype_enforcement", terms=("罚款",)),
    TermSet(name="doctype_statistics", terms=("同比",)),
    TermSet(name="doctype_measures", terms=("办法",)),
)
BOOK = RuleBook(rules=(Rule(id=RuleId("any"), query=("电商",)),), sets=SETS, threshold=0.5)


@pytest.mark.parametrize(
    ("title", "summary", "doctype", "priority"),
    [
        ("电商办法", "", Doctype.MEASURES, Priority.NORMAL),
        ("电商罚款办法", "", Doctype.ENFORCEMENT, Priority.NORMAL),
        ("专家谈电商罚款", "", Doctype.COMMENTARY, Priority.LOW),
        ("电商", "同比", Doctype.STATISTICS, Priority.LOW),
        ("电商办法", "罚款", Doctype.MEASURES, Priority.NORMAL),
        ("电商", "专家说", Doctype.OTHER, Priority.NORMAL),
        ("办法", "", Doctype.OTHER, Priority.LOW),
    ],
    ids=["headline", "two kinds", "comment", "lead", "headline first", "expert in the lead", "not relevant"],
)
def test_kind_of_document(title: str, summary: str, doctype: Doctype, priority: Priority) -> None:
    verdict = compile_rules(BOOK).classify(title=title, summary=summary)
    assert (verdict.doctype, verdict.priority) == (doctype, priority)


def test_a_book_without_such_sets_names_no_kind() -> None:
    book = RuleBook(rules=BOOK.rules, threshold=0.5)
    assert compile_rules(book).classify(title="电商办法").doctype is Doctype.OTHER
