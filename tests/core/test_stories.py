"""Which reports join one story, and why."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.config.lexicon import shipped_lexicon
from monitor.core.grouping import group
from monitor.core.language import language_of
from monitor.core.pairs import WINDOW, compare, likelihood
from monitor.core.profile import Profile, document_key, from_fields, keys_of, profile_of, to_fields
from monitor.core.stories import TOGETHER, Placement, place

DAY = datetime(2021, 9, 24, tzinfo=UTC)
NOTICE = "关于进一步防范和处置虚拟货币交易炒作风险的通知"
NUMBERED = f"{NOTICE}（银发〔2021〕237号）"


def report(title: str, *, outlet: str = "", days: float = 0, **changes: Any) -> Profile:
    return profile_of(
        shipped_lexicon(),
        title=title,
        published_at=DAY + timedelta(days=days),
        outlet=outlet or title,
        **{"language": language_of(title), "lead": "", **changes},
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NUMBERED, NOTICE),
        (NUMBERED, "十部门发布" + NOTICE),
        ("China's central bank widens digital yuan pilot to six cities",
         "China’s Central Bank Widens Digital Yuan Pilot to Six Cities - Wire"),
        ("央行扩大数字人民币试点至六个城市", "快讯｜央行擴大數字人民幣試點至六個城市"),
        ("阿里巴巴被罚款182.28亿元", "Alibaba fined 18.2 billion yuan"),
    ],
    ids=["without its number", "with an issuer", "outlet and case", "label and script", "two languages"],
)  # fmt: skip
def test_one_event_joins(one: str, other: str) -> None:
    a, b = report(one), report(other)
    assert likelihood(a, b) >= TOGETHER.join, compare(a, b).reasons(a, b)
    assert set(keys_of(a)) & set(keys_of(b))


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (
            NUMBERED,
            f"{NOTICE}（银发〔2021〕240号）",
            "other document numbers: 银发[2021]237 and 银发[2021]240",
        ),
        ("工信部通报第2批App", "工信部通报第3批App", "other numbers of a series: batch 2 and batch 3"),
        ("8月份CPI同比上涨", "9月份CPI同比上涨", "other months: 8 and 9"),
        ("一季度软件业收入增长", "上半年软件业收入增长", "other periods: q1 and h1"),
    ],
    ids=["number", "series", "month", "period"],
)
def test_boilerplate_with_other_numbers_stays_apart(one: str, other: str, why: str) -> None:
    a, b = report(one), report(other)
    assert compare(a, b).score == 0.0
    assert compare(a, b).reasons(a, b) == (why,)
    assert place(a, [("story", [b])]).story is None


def test_markers_of_different_series_do_not_contradict() -> None:
    a, b = report("第十四届全国人大审议法案"), report("全国人大审议法案 第2批")
    assert not compare(a, b).veto


def test_days_apart_are_a_later_step() -> None:
    a, b = report(NOTICE), report(NOTICE, days=WINDOW.days + 1)
    assert compare(a, b).veto == "more than 4 days apart"


def test_comparing_does_not_depend_on_the_order() -> None:
    a = report("Meta buys Manus", lead="The $2 billion deal with Manus")
    b = report("China reviews Meta's purchase of Manus", lead="Meta paid $2 billion for the AI start-up")
    assert compare(a, b).score == compare(b, a).score


def test_a_shared_document_number_speaks_for_one_event() -> None:
    a = report("十部门整治虚拟货币交易炒作", document_number="银发〔2021〕237号")
    b = report("央行发文防范虚拟货币风险", lead="通知（银发〔2021〕237号）称")
    without = likelihood(report("十部门整治虚拟货币交易炒作"), report("央行发文防范虚拟货币风险"))
    assert likelihood(a, b) > without
    assert "both give the same document number" in compare(a, b).reasons(a, b)
    assert set(keys_of(a)) & set(keys_of(b))


def test_reasons_are_words() -> None:
    a = report("国家网信办约谈12家平台 罚款5000万元", outlet="甲")
    b = report("北京网信办约谈5家平台 回应质疑", outlet="甲")
    assert compare(a, b).reasons(a, b)[1:] == (
        "both titles say cyberspace administration of china, platform, summon",
        "they count 家 differently",
        "one is a reaction",
        "same outlet",
        "0.0 days apart",
    )
    a, b = report("Tencent fined in Tokyo"), report("国务院：阿里巴巴在纽约被罚")
    assert "each names names of which the other says nothing" in compare(a, b).reasons(a, b)
    assert "each names places of which the other says nothing" in compare(a, b).reasons(a, b)


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("深圳发布数据方案", "杭州发布数据方案", "one is about shenzhen, the other about hangzhou"),
        ("日本对华限制出口", "荷兰与中国", "one is about japan, the other about netherlands"),
        ("对镓实施管制", "对石墨实施管制", "one is about gallium, the other about graphite"),
    ],
)
def test_what_each_is_about_is_named(one: str, other: str, words: str) -> None:
    a, b = report(one), report(other)
    assert words in compare(a, b).reasons(a, b)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("深圳发布数据方案", "广东发布数据方案"),
        ("广东发布数据方案", "深圳发布数据方案"),
        ("大湾区发布数据方案", "深圳发布数据方案"),
        ("上海、深圳发布数据方案", "杭州发布数据方案"),
        ("Beijing tells banks to stop", "Shanghai banks told to stop"),
    ],
    ids=["around", "within", "across", "two", "a government"],
)
def test_places_that_may_be_one_do_not_part(one: str, other: str) -> None:
    assert dict(compare(report(one), report(other)).features)["another_place"] == 0


def test_a_cited_document_speaks_a_little() -> None:
    a = report("关于落实银发〔2021〕237号的通知", outlet="a")
    b, c = report("依据银发〔2021〕237号查处平台"), report("依据银发〔2021〕240号查处平台")
    assert likelihood(a, b) > likelihood(a, c) > 0
    assert document_key("银发[2021]237") not in {*keys_of(a), *keys_of(b)}


def test_numbers_without_issuer_tell_within_one_outlet_only() -> None:
    a = report("公告2026年第1号", outlet="a")
    for outlet, apart in (("a", 0.5), ("b", 0.0)):
        found = dict(compare(a, report("公告2026年第2号", outlet=outlet)).features)
        assert (found["other_numbers"], found["same_document"]) == (apart, 0.0)
    assert not compare(a, report("公告2026年第2号", outlet="a")).veto


@pytest.mark.parametrize(
    ("one", "other"),
    [("罚款182.28亿元", "18.2 billion yuan fine"), ("增长13.3%", "a rise of 13.3 percent")],
    ids=["rounded", "share"],
)
def test_amounts_in_common_are_named(one: str, other: str) -> None:
    a, b = report(one), report(other)
    assert "both give the same amount" in compare(a, b).reasons(a, b)


def test_other_shares_are_not_roundings() -> None:
    a, b = report("增长13.3%"), report("增长13.2%")
    assert "both give the same amount" not in compare(a, b).reasons(a, b)


# ── profiles ──


def test_a_profile_survives_storing() -> None:
    kept = report(NUMBERED, lead="银发〔2021〕237号：罚款1.2亿元", days=0.5)
    assert from_fields(to_fields(kept)) == kept
    assert keys_of(from_fields(to_fields(kept))) == keys_of(kept)


def test_keys_are_signed_and_few() -> None:
    keys = keys_of(
        report("China's central bank widens digital yuan pilot to six cities from Suzhou to Hainan")
    )
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert len(keys) == len(set(keys)) <= 40


def test_an_untitled_report_is_known_by_its_lead() -> None:
    assert report("", lead="The digital yuan pilot widens.").title == "the digital yuan pilot widens."


def test_an_empty_report_joins_nothing() -> None:
    empty = report("", language="en")
    assert len(keys_of(empty)) == 1
    assert likelihood(empty, replace(empty, outlet="b")) < TOGETHER.join


# ── placing ──


def test_a_report_goes_to_the_likeliest_story_and_names_the_next() -> None:
    found = place(
        report("英伟达涉嫌违反反垄断法，市场监管总局立案调查"),
        [
            ("qualcomm", [report("高通涉嫌违反反垄断法，市场监管总局立案调查")]),
            ("nvidia", [report("市场监管总局：依法对英伟达开展立案调查 涉嫌违反反垄断法")]),
            ("empty", []),
        ],
    )
    assert found.story == "nvidia"
    assert "市场监管总局：依法对英伟达" in found.why[0]
    assert "高通" in found.runner_up[0]
    assert found.also_joins == ()


def test_a_report_like_nothing_opens_its_own_story() -> None:
    alone: Placement[str] = place(report("央行下调利率"), [])
    assert (alone.story, alone.why) == (None, ("no report like it",))
    other = place(report("央行下调利率"), [("quake", [report("Quake kills dozens in Chile")])])
    assert other.story is None
    assert "quake kills dozens" in other.why[0]


def test_the_only_story_has_no_runner_up() -> None:
    assert place(report(NOTICE), [("one", [report(NUMBERED)])]).runner_up == ()


def test_a_report_that_tells_both_sides_joins_two_stories() -> None:
    english = report("China's market regulator opens antitrust probe into Nvidia", outlet="a")
    chinese = report("市场监管总局对英伟达立案调查", outlet="b")
    bridge = report("英伟达涉嫌违反反垄断法 市场监管总局立案调查", outlet="c")
    found = place(bridge, [("english", [english]), ("chinese", [chinese])])
    assert {found.story, *found.also_joins} == {"english", "chinese"}


def test_a_large_story_is_asked_through_its_first_and_newest_members() -> None:
    members = [report(NOTICE, outlet=f"outlet {i}", days=i / 24) for i in range(40)]
    assert place(report(NUMBERED), [("large", members)]).story == "large"


# ── grouping a batch ──

BATCH = [
    (report(NUMBERED), 1),
    (report(NOTICE, days=0.1), 1),
    (report(f"{NOTICE}（银发〔2021〕240号）", days=0.2), 2),
    (report("Alibaba fined 18.2 billion yuan in antitrust case", days=0.3), 3),
    (report("阿里巴巴因垄断被罚款182.28亿元", days=0.4), 3),
    (report("Alibaba fined record 18.2 billion yuan over antitrust practices", days=0.5), 3),
    (report("市场监管总局对阿里巴巴罚款182.28亿元 涉垄断", days=0.6), 3),
    (report("Quake kills dozens in Chile", days=0.7), 4),
    (report(NOTICE, days=9), 5),
]


def test_a_batch_is_grouped() -> None:
    assert group([profile for profile, _ in BATCH]) == [story for _, story in BATCH]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_a_batch_does_not_matter(seed: int) -> None:
    shuffled = random.Random(seed).sample(BATCH, len(BATCH))
    assert group([profile for profile, _ in shuffled]) == [story for _, story in shuffled]


def test_an_empty_batch_has_no_stories() -> None:
    assert group([]) == []
