"""What is the outlet's is taken off a headline, what is the event's stays."""

import pytest

from monitor.core.headline import bare_lead, bare_title


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("China probes Didi after listing - CNBC", "China probes Didi after listing"),
        ("China probes Didi after listing | TechDesk", "China probes Didi after listing"),
        ("央行发布数字人民币白皮书_某某财经", "央行发布数字人民币白皮书"),
        ("快讯｜央行发布数字人民币白皮书", "央行发布数字人民币白皮书"),
        ("【快讯】央行发布数字人民币白皮书", "央行发布数字人民币白皮书"),
        ("China Focus: China probes Didi after listing", "China probes Didi after listing"),
        ("China probes Didi after listing: official", "China probes Didi after listing"),
        ("央行发布数字人民币白皮书，有哪些信息值得关注？", "央行发布数字人民币白皮书"),
        ("商务部：对镓、锗实施出口管制", "商务部：对镓、锗实施出口管制"),
        ("A - B", "A - B"),
        ("为什么？", "为什么？"),
    ],
)
def test_titles(title: str, bare: str) -> None:
    assert bare_title(title) == bare


@pytest.mark.parametrize(
    ("lead", "bare"),
    [
        ("BEIJING, Sept. 24 (Wire) -- The central bank said", "The central bank said"),
        ("某某网 9 月 24 日消息，人民银行等部门发布通知", "人民银行等部门发布通知"),
        ("据央行官网消息，人民银行等部门发布通知", "人民银行等部门发布通知"),
        ("人民银行等部门发布通知", "人民银行等部门发布通知"),
    ],
)
def test_leads(lead: str, bare: str) -> None:
    assert bare_lead(lead) == bare


def test_white_space_is_drawn_together_and_the_start_is_read() -> None:
    assert bare_title("China   probes\n Didi" + " " * 200_000 + "- CNBC") == "China probes Didi"
    assert bare_lead("\t据央行官网消息，" + "通知" * 100_000).startswith("通知通知")
    assert len(bare_title("数" * 100_000)) == 300
