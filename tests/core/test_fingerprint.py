"""What two reports of one event share: keys to be looked up by, and containment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.fingerprint import containment, fingerprint

PILOT = "China's central bank widens digital yuan pilot to six cities"
SENTENCES = (
    "The notice asks payment institutions to register the terminals they lend to street traders by March.",
    "Banks that took part in the winter trial reported eleven million wallets opened in ten weeks.",
    "Officials in Suzhou said bus fares, school meals and court fees could be paid without a network.",
    "A deputy governor told reporters that interest would not be paid on balances held in wallets.",
    "Merchants are promised settlement within the hour and no charges until the end of the year.",
    "Researchers had warned that small lenders might lose deposits if limits were raised too quickly.",
    "The limit for an anonymous wallet stays at two thousand yuan a day and fifty thousand a year.",
    "Foreign visitors may open a wallet with a passport and top it up with an overseas card.",
    "Two exchanges in the south will test the settlement of green bonds before the summer holiday.",
)
CHINESE = (
    "通知要求支付机构在三月底以前登记出借给摊贩的终端。",
    "参加冬季试验的银行十周内开立了一千一百万个钱包。",
    "苏州官员表示公交车费和学校餐费可以在无网络时支付。",
    "一位副行长告诉记者钱包里的余额将不会支付任何利息。",
    "商户得到一小时内结算的承诺并且年底以前免收手续费。",
    "研究人员曾警告限额提高过快会使小银行失去部分存款。",
    "匿名钱包的限额仍为每天两千元以及每年总计五万元整。",
    "外国游客可以凭护照开立钱包并使用境外银行卡来充值。",
    "南方的两家交易所将在暑假之前试验绿色债券如何结算。",
)
MANY = tuple(range(-2, -26, -2))  # as many as are ever sampled
TEXT, ZH_TEXT = " ".join(SENTENCES), "".join(CHINESE)
OTHER = "Grain harvests in the north-east reached a record after a wet spring and a long, warm autumn. " * 3


def shared(one: tuple[str, str], other: tuple[str, str]) -> int:
    return len(set(fingerprint(*one).keys) & set(fingerprint(*other).keys))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PILOT, PILOT.upper()),
        (PILOT, "Digital yuan pilot widened to six cities, central bank says"),
        ("央行扩大数字人民币试点至六个城市", "数字人民币试点扩至六城,央行发布通知"),
        ("央行扩大数字人民币试点至六个城市", "央行擴大數字人民幣試點至六個城市"),
        ("Bitcoin", "BITCOIN!"),
        ("央行", "“央行”"),
        ("", ""),
    ],
    ids=["case", "reworded", "reworded in Chinese", "script", "one word", "two characters", "nothing"],
)
def test_a_headline_shares_keys_with_its_variant(one: str, other: str) -> None:
    assert bool(set(fingerprint(one).bands) & set(fingerprint(other).bands)) is bool(one)


def test_other_headlines_share_none() -> None:
    assert shared((PILOT, ""), ("Cyberspace regulator drafts rules on algorithm filing", "")) == 0
    assert shared(("关于征求意见的通知", ""), ("国务院印发实施意见", "")) == 0  # 意见 alone is no piece


@pytest.mark.parametrize(
    ("original", "copy"),
    [
        (TEXT, " ".join(SENTENCES[3:6])),
        (TEXT, " ".join(SENTENCES[::2])),
        (TEXT, TEXT.replace("wallet", "purse").replace("limit", "cap")),
        (ZH_TEXT, "".join(CHINESE[3:6])),
        (ZH_TEXT, "".join(CHINESE[::2])),
        (ZH_TEXT, ZH_TEXT.replace("钱包", "账户")),
        (ZH_TEXT, ZH_TEXT.replace("试验", "試驗").replace("银行", "銀行").replace("限额", "限額")),
    ],
    ids=["a third", "sentences dropped", "words changed", "一third", "句", "词", "script"],
)
def test_an_altered_text_is_found_under_another_title(original: str, copy: str) -> None:
    one, other = fingerprint(PILOT, original), fingerprint("A title of its own", copy)
    assert set(one.samples) & set(other.samples)
    assert containment(one.samples, other.samples) >= 0.3
    assert containment(one.samples, fingerprint("", OTHER).samples) == 0.0


def test_the_headline_of_one_is_found_in_the_text_of_another() -> None:
    assert shared((PILOT, ""), ("Morning briefing", PILOT + ".")) > 0


def test_the_keys_are_few_and_fit_a_signed_64_bit_column() -> None:
    mark = fingerprint(PILOT, TEXT * 3)
    keys = mark.keys
    assert len(keys) <= 20
    assert len(set(keys)) == len(keys)
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert all(band >= 0 > sample for band in mark.bands for sample in mark.samples)


def test_an_untitled_report_is_known_by_its_beginning() -> None:
    mark = fingerprint("…", "The lead tells it.")
    assert mark.bands == fingerprint("The lead tells it.").bands
    assert fingerprint("…", "").keys == ()


def test_what_comes_after_a_long_report_takes_no_time() -> None:
    assert fingerprint(PILOT, TEXT * 9) == fingerprint(PILOT, TEXT * 9 + OTHER)


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        ((-2, -5, -9), (-2, -5, -9), 1.0),
        ((-2, -5, -9), (-9,), 1.0),
        ((-2, -5, -9), (-3, -9), 1 / 2),
        (MANY, tuple(2 * key for key in MANY), 1.0),
        (MANY, tuple(key - 100 for key in MANY), 0.0),
        ((-2,), (-3,), 0.0),
        ((), (-3,), 0.0),
        ((-3,), (), 0.0),
    ],
    ids=[
        "same",
        "all of the shorter",
        "half",
        "a full sample says nothing of what is above it",
        "nothing to compare",
        "none",
        "no text",
        "no other text",
    ],
)
def test_containment(one: tuple[int, ...], other: tuple[int, ...], score: float) -> None:
    assert containment(one, other) == pytest.approx(score)


@given(st.text(), st.text())
def test_any_text_has_a_fingerprint_and_always_the_same(title: str, text: str) -> None:
    mark = fingerprint(title, text)
    assert mark == fingerprint(title, text)
    assert len(mark.bands) <= 8
    assert len(mark.samples) <= 12
