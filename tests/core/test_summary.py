"""Summaries: whole sentences of the source, the ones that tell what happened."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.summary import split_sentences, summarise

ENGLISH = (
    "BEIJING, Nov. 24 (Xinhua) -- China will widen the digital yuan pilot to five more cities, "
    "the central bank said on Tuesday. Officials gave no date for the start of the wider trial. "
    "The weather in the capital was mild for the season. "
    "Merchants in Suzhou already accept the e-CNY in 1.2 million shops. Banks will pay interest from January."
)
CHINESE = (
    "新华社北京11月24日电（记者张三、李四）中国人民银行24日宣布，数字人民币试点将扩大到五个城市。"
    "有关负责人表示，具体时间另行公布。当天北京天气晴朗。"
    "“试点要稳妥推进。风险要守住。”该负责人说。苏州已有一百二十万家商户接受数字人民币。"
)


def texts(source: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(source)]


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("The U.S. Treasury spoke. It acted.", ["The U.S. Treasury spoke.", "It acted."]),
        ("He left the U.S. The bill passed.", ["He left the U.S.", "The bill passed."]),
        ("Mr. Li met J. Smith of Acme Co. Ltd. in May.", ["Mr. Li met J. Smith of Acme Co. Ltd. in May."]),
        ("Order No. 12 holds. No. It does not.", ["Order No. 12 holds.", "No.", "It does not."]),
        ("Growth was 3.5 percent. Fine.", ["Growth was 3.5 percent.", "Fine."]),
        ("1. Data must stay at home.", ["1. Data must stay at home."]),
        ("He said “Go on. Do it.” They did.", ["He said “Go on. Do it.”", "They did."]),
        ('"Stop!" she cried. "Why?" Nobody knew.', ['"Stop!" she cried.', '"Why?"', "Nobody knew."]),
        ("A heading\nThen a sentence.", ["A heading", "Then a sentence."]),
        ("wrapped in the\nmiddle of it.", ["wrapped in the\nmiddle of it."]),
        ("他说：“可以。”众人同意。", ["他说：“可以。”", "众人同意。"]),
        ("“一。二。”三。四！", ["“一。二。”", "三。", "四！"]),
        ("真的吗？！是的……好。", ["真的吗？！", "是的……", "好。"]),
        ("", []),
        (" \n ", []),
    ],
    ids=[
        "stops",
        "abbreviation before a name",
        "abbreviation that ends a sentence",
        "titles and initials",
        "numbered order and a plain no",
        "decimal",
        "list number",
        "quotation kept whole",
        "straight quotes",
        "line without a stop",
        "wrapped line",
        "closing quote stays",
        "Chinese quotation kept whole",
        "runs of marks",
        "nothing",
        "blank",
    ],
)
def test_sentences(source: str, sentences: list[str]) -> None:
    assert texts(source) == sentences


def test_an_unclosed_quotation_does_not_swallow_the_page() -> None:
    assert len(texts("“" + "他说了一句话。" * 200)) > 50


def test_english_summary_drops_the_dateline_and_prefers_matched_terms() -> None:
    chosen = [s.text for s in summarise(ENGLISH, title="Digital yuan", language="en", terms=("e-CNY",))]
    assert chosen == [
        "China will widen the digital yuan pilot to five more cities, the central bank said on Tuesday.",
        "Officials gave no date for the start of the wider trial.",
        "Merchants in Suzhou already accept the e-CNY in 1.2 million shops.",
    ]


def test_chinese_summary_drops_the_dateline_and_prefers_matched_terms() -> None:
    chosen = [s.text for s in summarise(CHINESE, title="", language="", terms=("数字人民币",))]
    assert chosen == [
        "中国人民银行24日宣布，数字人民币试点将扩大到五个城市。",
        "有关负责人表示，具体时间另行公布。",
        "苏州已有一百二十万家商户接受数字人民币。",
    ]


@pytest.mark.parametrize(
    ("lead", "rest"),
    [
        ("BEIJING, Nov. 24 (Xinhua) -- ", "The rules take effect next month, officials said."),
        ("HONG KONG (Reuters) - ", "The rules take effect next month, officials said."),
        ("SHANGHAI — ", "The rules take effect next month, officials said."),
        ("(Reuters) - ", "The rules take effect next month, officials said."),
        ("Beijing, China, November 24, 2026 – ", "The rules take effect next month, officials said."),
        ("新华社北京11月24日电 ", "新规定将于下月起施行。"),
        ("人民网北京11月24日电 （记者王五）", "新规定将于下月起施行。"),
        ("财联社11月24日讯，", "新规定将于下月起施行。"),
        ("本报讯（记者 赵六）", "新规定将于下月起施行。"),
        ("【中新社北京11月24日电】", "新规定将于下月起施行。"),
        ("- ", "The rules take effect next month, officials said."),
        ("|  | ", "新规定将于下月起施行。"),
        ("", "11月24日，新规定正式施行。"),
        ("", "Beijing - a city of millions - adopts new data rules."),
    ],
)
def test_datelines(lead: str, rest: str) -> None:
    assert [s.text for s in summarise(lead + rest, title="", language="")] == [rest]


@pytest.mark.parametrize(
    "line",
    [
        "By Jane Doe, Beijing bureau",
        "记者：张三。",
        "（责任编辑：李四）。",
        "来源：新华社。",
        "图为试点启动仪式现场的横幅与来宾。",
        "We may receive compensation if you visit our partners.",
        "Editor: Li Hua.",
        "Reporting by Jane Doe and Li Hua in Beijing.",
        "Read more about the digital yuan on our site.",
        "China widens the digital yuan pilot.",
        "China widens the digital yuan pilot!",
        "The statement goes on to say that the",
        "The bank will publish the details of the plan...",
        "Short.",
    ],
)
def test_what_is_no_news(line: str) -> None:
    kept = "The pilot will reach five more cities, the bank said."
    found = summarise(f"{line}\n{kept}", title="China widens the digital yuan pilot", language="en")
    assert [s.text for s in found] == [kept]


def test_a_sentence_is_told_once_and_a_summary_stays_short() -> None:
    long = "The bank said " + "very " * 60 + "much."
    text = f"{long} {long} {long.replace('bank', 'court')} The market rose a little on Tuesday."
    chosen = summarise(text, title="", language="en")
    assert [s.text[:14] for s in chosen] == ["The bank said ", "The market ros"]
    assert sum(len(s.text) for s in chosen) <= 600


def test_no_sentence_that_fits_means_no_summary() -> None:
    assert summarise("字" * 400 + "。", title="", language="zh") == ()


@given(st.text(alphabet="aA1.?!。！”“\"'（）\n 新华社北京月日电-", max_size=200), st.text(max_size=5))
def test_every_sentence_is_a_span_of_the_source_in_order(text: str, term: str) -> None:
    last = 0
    for sentence in summarise(text, title="A title", language="", terms=(term,)):
        assert sentence.text == text[sentence.start : sentence.end]
        assert sentence.start >= last
        last = sentence.end


@given(st.text(alphabet="aB1.?!。！”“\"' \n（）", max_size=120))
def test_splitting_loses_nothing_but_white_space(text: str) -> None:
    assert "".join("".join(texts(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    ["A" * 1_000_000, "“。" * 500_000, "BEIJING, " * 110_000, "（记者" * 300_000, ". " * 500_000],
    ids=["one word", "quotations", "datelines", "bylines", "stops"],
)
def test_a_megabyte_takes_a_moment(text: str) -> None:
    started = time.process_time()
    summarise(text, title="x", language="", terms=("a", "b"))
    assert time.process_time() - started < 0.5
