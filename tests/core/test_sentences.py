"""Cutting a text into sentences: stops, quotations, and lines that were only wrapped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.sentences import split_sentences, trimmed


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
        ("It ends. 1. Data must stay.", ["It ends.", "1. Data must stay."]),
        ("It was Nov. 3. /VCG", ["It was Nov. 3.", "/VCG"]),
        ("He said “Go on. Do it.” They did.", ["He said “Go on. Do it.”", "They did."]),
        ('"Stop!" she cried. "Why?" Nobody knew.', ['"Stop!" she cried.', '"Why?"', "Nobody knew."]),
        ('"Go on. Do it," he said. They did.', ['"Go on. Do it," he said.', "They did."]),
        ("A heading\nThen a sentence.", ["A heading", "Then a sentence."]),
        ('A 27" screen. It sold.', ['A 27" screen.', "It sold."]),
        ("他看了《去哪？看什么？》，很喜欢。", ["他看了《去哪？看什么？》，很喜欢。"]),
        ("他说：“可以。”众人同意。", ["他说：“可以。”", "众人同意。"]),
        ("“一。二。”三。四！", ["“一。二。”", "三。", "四！"]),
        ("真的吗？！是的……好。", ["真的吗？！", "是的……", "好。"]),
        ("新规发布.平台须整改.", ["新规发布.", "平台须整改."]),
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
        "list number behind a sentence",
        "a day is no list number",
        "quotation kept whole",
        "straight quotes",
        "straight quotation kept whole",
        "line without a stop",
        "inches",
        "question in a title",
        "closing quote stays",
        "Chinese quotation kept whole",
        "runs of marks",
        "Chinese with Latin stops",
        "nothing",
        "blank",
    ],
)
def test_sentences(source: str, sentences: list[str]) -> None:
    assert texts(source) == sentences


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        (
            "“没有前途。”分析师张三说，“这是谣言。”央行否认。",
            ["“没有前途。”分析师张三说，“这是谣言。”", "央行否认。"],
        ),
        ("「前景可期。」余先生表示。股市上涨。", ["「前景可期。」余先生表示。", "股市上涨。"]),
        ("张三说：“没有前途。”李四表示反对。", ["张三说：“没有前途。”", "李四表示反对。"]),
        ("“没有前途。”这个问题很大。", ["“没有前途。”", "这个问题很大。"]),
        (
            "“没有前途。”会场里坐着一百二十多位来自各省各市各行业各部门的代表。他说。",
            ["“没有前途。”", "会场里坐着一百二十多位来自各省各市各行业各部门的代表。", "他说。"],
        ),
    ],
    ids=["speaker behind", "traditional characters", "speaker before", "a problem is no asking", "too far"],
)
def test_a_quotation_keeps_its_speaker(source: str, sentences: list[str]) -> None:
    assert texts(source) == sentences


WRAPPED = (
    "The cabinet on Monday published a plan for the use of public\n"
    "records that ministries and provinces hold. Deputy Governor\n"
    "Wang Fang told reporters in the capital that the sixth batch\n"
    "Hangzhou sent had been the model for the other forty cities.\n"
)


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        ("wrapped in the\nmiddle of it.", 1),
        ("a rise of a tenth (3%)\nin October.", 1),
        ("The state agency and the\nXinhua Institute spoke.", 1),
        ("Officials in Wuhan, Xi'an,\nHarbin and Kunming spoke.", 1),
        ("各部门要落实责任，推进数据、\n算力和算法协同。", 2),
        ("各部门要落实责任、推进数据共享和开放利用、\n算力和算法协同。", 1),
        ("Sign in\nChina spoke.", 2),
        ("The statement goes on to say that the\nThe pilot spoke.", 2),
        ("The measures that officials listed for\n1. Fairs.", 2),
        ("The measures that officials listed for\n\nFairs spoke.", 2),
        (WRAPPED, 2),
        (WRAPPED.replace("\n", "\n\n"), 5),
        ("\n".join(["一个和别的一样长的标题在这里等着读者去看它一眼吧啊"] * 5), 1),
        ("\n".join(["(2026-11-24) 一个和别的一样长的标题在这里等着读者去看"] * 5), 5),
        ("\n".join(["首页", "新闻", "国际", "财经", "央行宣布扩大试点。"]), 5),
    ],
    ids=[
        "lower case",
        "lower case behind a bracket",
        "function word",
        "comma",
        "short Chinese line",
        "Chinese comma",
        "menu",
        "cut off",
        "list",
        "paragraph",
        "full lines",
        "full lines apart",
        "full Chinese lines",
        "dated list",
        "Chinese menu",
    ],
)
def test_a_wrapped_line_ends_nothing(source: str, pieces: int) -> None:
    assert len(texts(source)) == pieces


def test_an_unclosed_quotation_does_not_swallow_the_page() -> None:
    assert len(texts("“" + "他说了一句话。" * 200)) > 50
    assert len(texts('"' + "He said a word. " * 200)) > 50


def test_a_long_quotation_takes_no_speaker() -> None:
    assert texts("“" + "他走了一步路" * 110 + "。”某人说。")[-1] == "某人说。"


def test_a_span_has_no_white_space_around_it() -> None:
    found = trimmed("  a b  ", 1, 7)
    assert (found.text, found.start, found.end) == ("a b", 2, 5)


@given(st.text(alphabet="aB1.?!。！”“\"' \n（），说the", max_size=120))
def test_splitting_loses_nothing_but_white_space(text: str) -> None:
    assert "".join("".join(texts(text)).split()) == "".join(text.split())
