"""Tokens that mean the same in both languages."""

import pytest

from monitor.config.lexicon import read_concepts, shipped_lexicon
from monitor.core.lexicon import Concept, Lexicon, stem, words_of

SMALL = Lexicon(
    read_concepts(
        """
# comment
@name 2
tencent = 腾讯
@place 0.8
china = 中国 中美
united states, u.s. = 美国 中美
@act 0.7
ban, bans = 禁止
@unit 0
million = 万
"""
    ),
    ["the", "of"],
)


def texts(folded: str) -> set[str]:
    return set(SMALL.tokens(folded))


@pytest.mark.parametrize(
    ("folded", "expected"),
    [
        ("tencent bans the game", {"=tencent", "=ban", "gam"}),
        ("腾讯禁止游戏", {"=tencent", "=ban", "游戏"}),
        ("中美磋商", {"=china", "=united states", "磋商"}),
        ("the u.s. and china", {"=united states", "=china", "and"}),
        ("tencent's 12 million of h20", {"=tencent", "h20"}),
        ("腾讯 manus", {"=tencent", "manu"}),
        ("china-u.s. china-led", {"=china", "=united states", "led"}),
        ("long-term", {"long-term"}),
        ("发的会", set()),
        ("", set()),
    ],
)
def test_tokens(folded: str, expected: set[str]) -> None:
    assert texts(folded) == expected


def test_a_word_of_its_own_language_gives_way_to_a_meaning() -> None:
    plain = Concept(name="腾讯", kind="common", weight=0.5, chinese=("腾讯",))
    assert set(Lexicon([*read_concepts("@name 2\ntencent = 腾讯"), plain]).tokens("腾讯")) == {"=tencent"}


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [("bans", "ban"), ("companies", "company"), ("class", "class"), ("h20s", "h20s"), ("us", "us")],
)
def test_stems(word: str, stemmed: str) -> None:
    assert stem(word) == stemmed


def test_possessives_and_dots_come_off() -> None:
    assert words_of("beijing's u.s. q&a workers'") == ["beijing", "us", "q&a", "workers"]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("digital yuan", "数字人民币"),
        ("nvidia", "英伟达"),
        ("earthquake", "地震"),
        ("interest rate", "利率"),
        ("cyberspace administration of china", "国家网信办"),
        ("guangdong", "广东"),
        ("alibaba", "阿里巴巴"),
    ],
)
def test_the_shipped_words_meet(english: str, chinese: str) -> None:
    lexicon = shipped_lexicon()
    assert set(lexicon.tokens(english)) == set(lexicon.tokens(chinese))


@pytest.mark.parametrize(
    ("folded", "places", "slots"),
    [
        ("深圳", {"=shenzhen": "guangdong"}, {}),
        ("new york", {"=new york": "united states"}, {}),
        ("france", {"=france": "european union"}, {}),
        ("上海石墨", {"=shanghai": ""}, {"=graphite": "mineral"}),
        ("比特币", {}, {"=bitcoin": ""}),
    ],
)
def test_places_lie_in_places_and_objects_fill_slots(
    folded: str, places: dict[str, str], slots: dict[str, str]
) -> None:
    tokens = shipped_lexicon().tokens(folded).values()
    assert {t.text: t.slot for t in tokens if t.is_place} == places
    assert {t.text: t.slot for t in tokens if not t.is_place} == slots
