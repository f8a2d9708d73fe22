"""Whose act it is: bodies named in headline and lead, local offices of ministries, and what is presumed."""

import pytest

from monitor.core.classify import compile_rules
from monitor.core.model import Authority, Rule, RuleBook, RuleId, TermSet

SETS = (
    TermSet(name="authority_central", terms=("国务院",)),
    TermSet(name="authority_none", terms=("政协委员",)),
    TermSet(name="authority_ministry", terms=("税务部门", "tax office")),
    TermSet(name="authority_local", terms=("上海", "Shanghai")),
    TermSet(name="presumed_ministry", terms=("约谈",)),
)
BOOK = RuleBook(rules=(Rule(id=RuleId("any"), query=("电商",)),), sets=SETS, threshold=0.5)


@pytest.mark.parametrize(
    ("title", "summary", "authority"),
    [
        ("税务部门：电商", "", Authority.MINISTRY),
        ("上海税务部门：电商", "", Authority.LOCAL),
        ("Shanghai tax office：电商", "", Authority.LOCAL),
        ("上海电商 税务部门发文", "", Authority.MINISTRY),
        ("上海：国务院电商", "", Authority.CENTRAL),
        ("政协委员请税务部门管电商", "", Authority.NONE),
        ("电商被约谈", "", Authority.MINISTRY),
        ("电商被约谈", "上海", Authority.LOCAL),
        ("电商", "", Authority.NONE),
    ],
    ids=[
        "a ministry",
        "its office in a place",
        "… with a space",
        "a place elsewhere in the title",
        "the highest",
        "a wish addressed to a ministry",
        "presumed",
        "named in the lead before presumed",
        "nobody",
    ],
)
def test_authority_of_a_report(title: str, summary: str, authority: Authority) -> None:
    assert compile_rules(BOOK).classify(title=title, summary=summary).authority is authority
