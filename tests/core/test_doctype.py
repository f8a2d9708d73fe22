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


WEAK = (
    TermSet(name="doctype_statistics", terms=("同比", "亿元")),
    TermSet(name="doctype_statistics_unless", terms=("目标",)),
    TermSet(name="doctype_notice", terms=("通知",)),
    TermSet(name="presumed_pilot", terms=("推出", "开放")),
    TermSet(name="presumed_pilot_unless", terms=("不再",)),
    TermSet(name="presumed_plan", terms=("推出",)),
)
WEAK_BOOK = RuleBook(rules=BOOK.rules, sets=WEAK, threshold=0.5)


@pytest.mark.parametrize(
    ("title", "summary", "doctype"),
    [
        ("电商900亿元", "", Doctype.STATISTICS),
        ("电商目标900亿元", "", Doctype.OTHER),
        ("电商900亿元", "目标", Doctype.STATISTICS),
        ("电商", "目标900亿元", Doctype.OTHER),
        ("推出电商", "", Doctype.PILOT),
        ("推出电商通知", "", Doctype.NOTICE),
        ("推出电商", "通知", Doctype.PILOT),
        ("不再推出电商", "", Doctype.PLAN),
        ("电商", "推出", Doctype.PILOT),
        ("电商", "推出 通知", Doctype.NOTICE),
    ],
    ids=[
        "a figure",
        "… of what is to be",
        "held back by the headline alone",
        "held back in the lead",
        "presumed",
        "named outranks presumed",
        "the headline's presumption outranks the lead",
        "a presumption held back",
        "presumed by the lead",
        "named in the lead",
    ],
)
def test_weak_words_of_a_kind(title: str, summary: str, doctype: Doctype) -> None:
    assert compile_rules(WEAK_BOOK).classify(title=title, summary=summary).doctype is doctype


def test_a_book_without_such_sets_names_no_kind() -> None:
    book = RuleBook(rules=BOOK.rules, threshold=0.5)
    assert compile_rules(book).classify(title="电商办法").doctype is Doctype.OTHER
