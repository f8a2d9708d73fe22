"""A report's mark finds copies of its text under other headlines, and takes no two notices for one."""

from datetime import UTC, datetime

import pytest

from monitor.config.lexicon import shipped_lexicon
from monitor.core.mark import copied, mark_of
from monitor.core.model import SourceId
from tests.builders import an_article

TEXT = (
    "The regulator will require operators of recommendation systems to file their algorithms within ten "
    "working days. Providers must explain the logic of ranking to users and offer a switch that turns it "
    "off. Fines reach one hundred thousand yuan. Firms have until March to comply with the new duties, "
    "officials told reporters after a meeting with the largest platforms in the capital. Local branches "
    "will check the filings every quarter and publish the names of firms that fail to respond."
)


ZH_TEXT = (
    "方案提出，到2027年建成统一的数据登记体系，培育一批数据服务企业，推动公共数据授权运营。各区要明确牵头部门，"
    "按季度报送进展，及时总结可复制的经验。财政部门安排专项资金，支持重点场景建设，并引导社会资本参与。"
)
OTHER_TEXT = (
    "Grain harvests in the north-east reached a record after a wet spring and a long, warm autumn. Farmers "
    "sold early, buyers waited, and storage ran short along the railway, so that prices fell."
)


def share(one: str, other: str, *, own: str = TEXT, text: str = TEXT, outlet: str = "b") -> float:
    """How much of the second report's text the first one holds, as far as that makes them one."""
    lexicon = shipped_lexicon()
    first = mark_of(an_article(title=one, body=own, language="", source_id=SourceId("a")), lexicon)
    second = mark_of(an_article(title=other, body=text, language="", source_id=SourceId(outlet)), lexicon)
    return copied(first, second.samples, second.profile)


ORDER, DEADLINE = "China tells platforms to file algorithms", "Ten days to come clean"


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"text": f"{TEXT} More."}, True),
        ({"outlet": "a"}, False),
        ({"text": "Another text."}, False),
        ({"text": OTHER_TEXT}, False),
    ],
    ids=["copy", "one outlet's boilerplate", "too short to tell", "another text"],
)
def test_a_copy_under_another_headline(changes: dict[str, str], same: bool) -> None:
    assert bool(share(ORDER, DEADLINE, **changes)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("数据要素行动方案发布", "一图读懂：到2027年怎么做", True),
        ("上海发布数据要素行动方案", "北京发布数据要素行动方案", False),
        ("关于备付金的公告（银发〔2026〕5号）", "关于备付金的公告（银发〔2026〕6号）", False),
    ],
    ids=["one notice", "another place", "another number"],
)
def test_two_notices_with_one_wording(one: str, other: str, same: bool) -> None:
    assert bool(share(one, other, own=ZH_TEXT, text=ZH_TEXT)) is same


def test_a_report_without_language_or_date_has_a_mark() -> None:
    seen = datetime(2026, 11, 24, tzinfo=UTC)
    mark = mark_of(
        an_article(title="央行发布通知", body="", language="", published_at=None, seen_at=seen),
        shipped_lexicon(),
    )
    assert (mark.profile.language, mark.profile.published_at) == ("zh", seen)
    assert len(set(mark.keys)) == len(mark.keys)
