"""Summaries: whole sentences of the source, the ones that tell what happened."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.model import Article
from monitor.core.summary import summarise, summary_of
from tests.builders import a_verdict, an_article

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


def chosen(text: str, *terms: str, title: str = "", language: str = "") -> list[str]:
    return [s.text for s in summarise(text, title=title, language=language, terms=terms)]


@pytest.mark.parametrize(
    ("term", "third"),
    [
        ("AI", "Rules for AI models follow in the spring."),
        ("data", "Exports of data are covered by the third part."),
        ("$AI", "The share $AIX lost a tenth on Tuesday."),
        (" ", "Developers must file with the regulator by June."),
    ],
)
def test_a_term_is_found_as_a_word_of_its_own(term: str, third: str) -> None:
    text = (
        "The city published measures for models on Monday. Residents said it rained at a fair in the park. "
        "Developers must file with the regulator by June. The databases of the city are open again. "
        "Exports of data are covered by the third part. Rules for AI models follow in the spring. "
        "The share $AIX lost a tenth on Tuesday."
    )
    assert (third in chosen(text, term, language="en")) is (term != "$AI")


def test_a_chinese_term_needs_no_word_of_its_own() -> None:
    text = "会议在北京开幕。有关部门参加。专家发表演讲。天气晴朗无云。大数据局将于下月成立。"
    assert "大数据局将于下月成立。" in chosen(text, "数据")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("“没有任何前途可言。”新规定已于昨日施行。", ["新规定已于昨日施行。"]),
        ("“没有任何前途可言。”分析师张三说。", ["“没有任何前途可言。”分析师张三说。"]),
        ('"Only a handful will get through the door." The list is open.', []),
        (
            "“The first part of a long quotation that goes on.\nThe list of firms stays open.",
            ["The list of firms stays open."],
        ),
    ],
    ids=["no speaker", "speaker behind", "straight quotes", "half a quotation"],
)
def test_an_opinion_names_whose_it_is(text: str, told: list[str]) -> None:
    assert chosen(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The plan of the city includes:\nvouchers of up to a million yuan.", []),
        ("主要内容包括：\n1.发放算力券，总额六亿元；\n2.设立五亿元的语料与人才专项引导基金。", []),
        ("字" * 60 + "\n的规定自明年一月起施行。", []),
        ("字" * 60 + "\n\n新规定自明年一月起施行。", ["新规定自明年一月起施行。"]),
        ("一个没有句号的标题\n新规定自明年一月起施行。", ["新规定自明年一月起施行。"]),
        (
            "A man pays at a shop in Shanghai. /VCG\nThe bank widened the pilot on Monday.",
            ["The bank widened the pilot on Monday."],
        ),
    ],
    ids=["lower case", "end of a list", "longer than a heading", "another paragraph", "heading", "caption"],
)
def test_half_a_sentence_and_a_caption_are_left_out(text: str, told: list[str]) -> None:
    assert chosen(text) == told


def test_the_words_around_a_list_tell_more_than_its_entries() -> None:
    text = (
        "现就《办法》向社会公开征求意见。公众可以通过下列途径反馈。\n"
        "1.登录司法部政府法制信息网提出意见。\n2.以信函方式寄送至有关主管部门办公室。\n"
        "3.加强组织领导。\n截止时间为2026年12月24日。"
    )
    assert chosen(text) == [
        "现就《办法》向社会公开征求意见。",
        "公众可以通过下列途径反馈。",
        "截止时间为2026年12月24日。",
    ]


@pytest.mark.parametrize(
    ("lead", "title"),
    [
        ("【央行：钱包余额将计息】财联社11月24日电，", "央行：钱包余额将计息"),
        ("央行：钱包余额将计息 ", "央行：钱包余额将计息"),
        ("央行：钱包余额将要计息。", "央行：钱包余额将计息"),
        ("央行：钱包余额将计息。", "央行:钱包余额将计息_某网"),
    ],
    ids=["in brackets", "in front", "nearly the same", "with the site's name"],
)
def test_the_title_is_not_told_again(lead: str, title: str) -> None:
    assert chosen(f"{lead}自明年起计付利息。", title=title) == ["自明年起计付利息。"]


LONG = "The bank, together with " + "one ministry and " * 50 + "others, issued the rule."


@pytest.mark.parametrize(
    ("article", "summary"),
    [
        (an_article(), "The central bank widened the digital yuan pilot. Five more cities join in January."),
        (
            an_article(body="", summary="The bank widened the pilot to five."),
            "The bank widened the pilot to five.",
        ),
        (an_article(body="", summary=""), ""),
        (
            an_article(
                body=f"{LONG} The rule takes effect on Feb. 1.", summary="The bank issued a rule on wallets."
            ),
            "The bank issued a rule on wallets.",
        ),
        (an_article(body=f"{LONG} The rule takes effect on Feb. 1."), "The rule takes effect on Feb. 1."),
        (
            an_article(body=f"{LONG} It will be in force by spring.", summary="Cut off..."),
            "It will be in force by spring.",
        ),
        (
            an_article(body="A heading", summary="The bank issued a rule on wallets."),
            "The bank issued a rule on wallets.",
        ),
        (
            an_article(body="The state bank and the\nXinhua agency spoke of state-\nowned banks."),
            "The state bank and the Xinhua agency spoke of state-owned banks.",
        ),
        (
            an_article(
                body="央行要求各家银行落实钱包实名制管理规定，\n并于年底前报告。各行须尽快落实。",
                language="zh",
            ),
            "央行要求各家银行落实钱包实名制管理规定，并于年底前报告。各行须尽快落实。",
        ),
    ],
    ids=[
        "body",
        "feed's summary",
        "nothing",
        "lead too long",
        "no other words",
        "other words cut off",
        "no sentence in the body",
        "wrapped lines",
        "wrapped Chinese lines",
    ],
)
def test_summary_of_an_article(article: Article, summary: str) -> None:
    assert summary_of(article, a_verdict()) == summary


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


@pytest.mark.parametrize(
    "text",
    ["A" * 1_000_000, "“。" * 500_000, "BEIJING, " * 110_000, "（记者" * 300_000, ". " * 500_000],
    ids=["one word", "quotations", "datelines", "bylines", "stops"],
)
def test_a_megabyte_takes_a_moment(text: str) -> None:
    started = time.process_time()
    summarise(text, title="x", language="", terms=("a", "b"))
    assert time.process_time() - started < 0.5
