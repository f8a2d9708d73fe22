"""Folding: what meets, what stays apart, and the way back to the original."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.text import keep_case, normalise, strip_invisible

WILD = st.text() | st.text(
    alphabet="臺灣資料庫軟體埠麼么乾隆 aАВ\u200b\n\t－—’ﬁé\u0301Ａ1ß\x00\ud800", max_size=40
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Digital Yuan", "digital yuan"),
        ("ＡＩ监管２０２６", "ai监管2026"),
        ("數字人民幣試點", "数字人民币试点"),
        ("軟體與人工智慧", "软件与人工智能"),
        ("資料安全法", "数据安全法"),
        ("連接埠管理", "连接端口管理"),
        ("核心程序", "核心程序"),
        ("買隨身碟，軟體更新。", "买U盘，软件更新。"),
        ("乾隆年间的程序", "乾隆年间的程序"),
        ("區塊鏈、晶片與網際網路", "区块链、芯片与互联网"),
        ("什麼時候", "什么时候"),
        ("e\u2011CNY – DC—EP", "e-cny - dc-ep"),
        ("the PBOC’s “plan”", 'the pboc\'s "plan"'),
        ("数字\u200b人民\u2060币", "数字人民币"),
        ("cry\u00adpto\u202e", "crypto"),
        ("crypto\U000e0041\U000e007f", "crypto"),
        ("b\u0336a\u0336n\u0336", "ban"),
        ("café CAFE\u0301", "cafe cafe"),
        ("\u0421rypto b\u0430n", "crypto ban"),
        ("цифровой юань", "цифровои юань"),
        ("БАНК РОССИИ ВЫПУСТИЛ ЦИФРОВОЙ ЮАНЬ", "банк россии выпустил цифровои юань"),
        ("ﬁntech", "fintech"),
        ("STRASSE straße", "strasse strasse"),
        ("digital\nyuan\n\nnext", "digital yuan\n\nnext"),
        ("digital  \t yuan", "digital yuan"),
        ("a\x00中", "a中"),
        ("\ud800中", "\ufffd中"),
        ("《办法》，试行！", "《办法》，试行！"),
        ("한국 정부", "한국 정부"),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert normalise(text).text == folded


@pytest.mark.parametrize(
    ("text", "found", "original"),
    [
        ("數字人民幣試點", "试点", "試點"),
        ("管理連接埠的軟體", "软件", "軟體"),
        ("管理連接埠的軟體", "端口", "埠"),
        ("ﬁne ﬁn\u200btech rules", "fintech", "ﬁn\u200btech"),
        ("Zero\u200b\u200bwidth end", "end", "end"),
        ("two  spaces here", "spaces", "spaces"),
        ("ＡＩ plan", "ai", "ＡＩ"),
        ("買隨身碟，軟體更新", "软件", "軟體"),
        ("買，隨身碟", "盘", "隨身碟"),
        ("「軟體」。資料庫、連接埠，試點", "试点", "試點"),
    ],
)
def test_offsets_lead_back_to_the_original(text: str, found: str, original: str) -> None:
    folded = normalise(text)
    start = folded.text.index(found)
    first, last = folded.original(start, start + len(found))
    assert text[first:last] == original


def test_plain_text_keeps_its_places() -> None:
    assert normalise("Plain ASCII text").edits == ()
    assert normalise("普通的简体中文，没有改动。").edits == ()


def test_a_very_long_run_of_traditional_text_is_folded() -> None:
    assert normalise("連接埠" * 300).text == "连接端口" * 300


@given(WILD)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@given(WILD, st.data())
def test_every_span_lies_within_the_original(text: str, data: st.DataObject) -> None:
    folded = normalise(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.original(start, end)
    assert 0 <= first <= last <= len(text)


def test_what_cannot_be_seen_is_stripped_and_case_kept() -> None:
    assert strip_invisible("S\u202eA\u200bFE\u00ad") == "SAFE"
    assert keep_case("ＳＡ\u200bＦＥ—x") == "SAFE-x"
