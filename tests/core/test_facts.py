"""What a report says, spelt the same in both languages."""

import pytest

from monitor.config.lexicon import shipped_lexicon
from monitor.core.facts import Facts
from monitor.core.facts import facts_of as read
from monitor.core.numerals import chinese_number


def facts_of(text: str, *, document_number: str = "") -> Facts:
    return read(text, shipped_lexicon(), document_number=document_number)


def test_a_number_known_from_the_page_counts_too() -> None:
    assert facts_of("关于防范风险的通知", document_number="银发〔2021〕237号").documents == {"银发[2021]237"}


def test_a_number_the_page_gives_as_its_own_is_not_cited() -> None:
    found = facts_of("落实银发〔2021〕237号", document_number="银发〔2021〕237号")
    assert found.documents == {"银发[2021]237"}
    assert not found.cited


def test_document_numbers_are_no_amounts() -> None:
    assert facts_of("商务部公告2026年第31号（商发〔2026〕45号）").amounts == set()


def test_only_the_start_of_a_long_text_is_read() -> None:
    assert facts_of("罚款5000万元" + "，" * 200_000 + "罚款7000万元").amounts == {"50000000"}


@pytest.mark.parametrize(
    ("chinese", "english", "amount"),
    [
        ("用户达1.2亿户", "120 million users", "120000000"),
        ("罚款182.28亿元", "fined 18.228 billion yuan", "18228000000"),
        ("增长13.3%", "up 13.3 percent", "13.3%"),
        ("召回11万辆", "recalls 110,000 cars", "110000"),
        ("超过4.28亿", "428 mln", "428000000"),
        ("罚款5000万元", "a fine of 50m yuan", "50000000"),
    ],
)
def test_amounts_meet_across_languages(chinese: str, english: str, amount: str) -> None:
    assert amount in facts_of(chinese).amounts
    assert amount in facts_of(english).amounts


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("三部门约谈12家企业", {"3 部", "12 家"}),
        ("一名男子", set()),
        ("十余起案件", {"10 起"}),
        ("2026年计划", set()),
        ("5G用户", set()),
        ("drops below 910 USDT", {"910 usdt"}),
    ],
)
def test_what_is_counted(text: str, counted: set[str]) -> None:
    assert facts_of(text).counted == counted


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("3月14日发布", Facts(days=frozenset({"03-14"}))),
        ("Beijing, March 14", Facts(days=frozenset({"03-14"}))),
        ("on 14 March", Facts(days=frozenset({"03-14"}))),
        ("3月份数据", Facts(months=frozenset({3}))),
        ("data for March", Facts(months=frozenset({3}))),
        ("protesters march to the square", Facts()),
        ("May exports", Facts(months=frozenset({5}))),
        ("it may export", Facts()),
        ("1-8月", Facts(months=frozenset({1, 8}))),
        ("一季度", Facts(periods=frozenset({"q1"}))),
        ("Q1", Facts(periods=frozenset({"q1"}))),
        ("in the first half", Facts(periods=frozenset({"h1"}))),
        ("前三季度", Facts(periods=frozenset({"9m"}))),
        ("前五个月", Facts(periods=frozenset({"5m"}))),
        ("the first two months", Facts(periods=frozenset({"2m"}))),
        ("the first few months", Facts()),
        ("第3批", Facts(series=frozenset({"batch 3"}))),
        ("第三批", Facts(series=frozenset({"batch 3"}))),
        ("首批", Facts(series=frozenset({"batch 1"}))),
        ("batch 3", Facts(series=frozenset({"batch 3"}))),
        ("batch No. 3", Facts(series=frozenset({"batch 3"}))),
        ("list number 4", Facts(series=frozenset({"list 4"}))),
        ("a tariff list", Facts()),
        ("second round", Facts(series=frozenset({"round 2"}))),
        ("phase two", Facts(series=frozenset({"phase 2"}))),
        ("the 5th Digital China Summit", Facts(series=frozenset({"summit 5"}))),
        ("第十四届", Facts(series=frozenset({"session 14"}))),
    ],
)
def test_dates_periods_and_series(text: str, facts: Facts) -> None:
    found = facts_of(text)
    assert (found.days, found.months, found.periods, found.series) == (
        facts.days,
        facts.months,
        facts.periods,
        facts.series,
    )


@pytest.mark.parametrize(
    ("digits", "value"), [("七", 7), ("十", 10), ("十二", 12), ("二十", 20), ("九十九", 99), ("二〇", 20)]
)
def test_chinese_numbers(digits: str, value: int) -> None:
    assert chinese_number(digits) == value
