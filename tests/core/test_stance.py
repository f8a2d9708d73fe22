"""What side a headline's act is on."""

import pytest

from monitor.core.stance import opposed, stance
from monitor.core.text import normalise


def permission(title: str) -> int:
    return stance(normalise(title).text)[0]


@pytest.mark.parametrize(
    "title",
    [
        "China bans Micron chips",
        "US restricts chip exports to China",
        "US curbs exports of chips",
        "China to block Nvidia purchases",
        "China imposes export controls on rare earths",
        "China widens export controls on rare earths",
        "US adds Xiaomi to entity list",
        "China suspends imports of Japanese seafood",
        "Regulator rejects Nvidia chip sales",
        "中国禁止采购美光产品",
        "商务部对镓、锗相关物项实施出口管制",
        "对美加征关税",
        "银行不得开展比特币业务",
        "中国暂停日本水产品进口",
    ],
)
def test_forbids(title: str) -> None:
    assert permission(title) == -1


@pytest.mark.parametrize(
    "title",
    [
        "China lifts ban on Micron chips",
        "China suspends export controls on rare earths",
        "Tariffs on Chinese goods are suspended",
        "China eases rules on data transfers",
        "China approves Nvidia H20 chip sales",
        "US grants TSMC licence to ship chips",
        "US removes Xiaomi from entity list",
        "China resumes imports of Japanese seafood",
        "中国解除对美光的禁令",
        "商务部暂停实施稀土出口管制",
        "暂停对美加征24%关税",
        "国务院批准方案",
        "国家网信办放宽数据出境规定",
    ],
)
def test_allows(title: str) -> None:
    assert permission(title) == 1


@pytest.mark.parametrize(
    "title",
    [
        "China publishes rules on data",
        "New US export curbs hit Nvidia",
        "House approves TikTok ban",
        "China denies approval of Nvidia purchases",
        "China approves chips after it banned them",
        "China bans Micron, approves Intel",
        "Tensions ease",
        "NPC session ends",
        "商务部回应出口管制",
        "央行：并非禁止比特币",
        "",
    ],
    ids=[
        *("rules", "a noun", "of a ban", "denied", "an earlier act", "both", "mood", "an end"),
        *("named", "not", "nothing"),
    ],
)
def test_takes_no_side(title: str) -> None:
    assert permission(title) == 0


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("央行降准0.5个百分点", "央行上调存款准备金率0.5个百分点", "one raises, the other cuts"),
        ("China hikes tariffs", "China lowers tariffs", "one raises, the other cuts"),
        ("数字贸易博览会开幕", "数字贸易博览会闭幕", "one opens, the other closes"),
        ("China bans Micron chips", "China approves Micron chips", "one allows, the other forbids"),
        ("China raises tariffs, cuts quotas", "China cuts tariffs", ""),
        ("China did not cut rates", "China raises rates", ""),
        ("China cuts rates", "The expo opens", ""),
    ],
)
def test_opposite_sides(one: str, other: str, words: str) -> None:
    assert opposed(stance(normalise(one).text), stance(normalise(other).text)) == words
