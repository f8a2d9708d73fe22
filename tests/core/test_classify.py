"""The verdict: terms in both languages, scopes, exclusions, topics, authority, priority and evidence."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.classify import LONGEST_TEXT, MOST_EVIDENCE, MOST_NOTES, Judge, compile_rules
from monitor.core.errors import RuleError
from monitor.core.model import (
    Authority,
    Field,
    Priority,
    Query,
    Rule,
    RuleBook,
    RuleId,
    TermSet,
    Tier,
    Topic,
    Verdict,
)
from monitor.core.relevance import Relevance


def a_rule(query: Query = "digital yuan", **changes: Any) -> Rule:
    values: dict[str, Any] = {"id": RuleId("r"), "query": query, "topic": Topic.ECNY, "weight": 4.0}
    return Rule(**values | changes)


def a_judge(*rules: Rule, sets: tuple[TermSet, ...] = (), threshold: float = 3.0) -> Judge:
    return compile_rules(RuleBook(rules=rules, sets=sets, threshold=threshold), "v1")


def evidence(term: str, title: str) -> tuple[str, ...]:
    verdict = a_judge(a_rule((term,))).classify(title=title)
    return tuple(match.text for hit in verdict.hits for match in hit.matches)


@pytest.mark.parametrize(
    ("term", "title", "found"),
    [
        ("AI", "国务院发布AI监管办法", ("AI",)),
        ("AI", "The minister said so", ()),
        ("AI", "He was paid in Shanghai", ()),
        ("AI", "生成式ＡＩ服务", ("ＡＩ",)),
        ("AI", "AI监管与AI", ("AI", "AI")),
        ("AI", "GPT-AI", ("AI",)),
        ("AI", "AI2027", ()),
        ("AI", "The AI's rules", ("AI",)),
        ("mac", "machine, macOS, iMac", ()),
        ("e-CNY", "eCNY or e CNY", ("e CNY",)),
        ("eCNY", "e-CNY or eCNY", ("eCNY",)),
        ("e CNY", "e‑CNY / e–CNY / e-CNY", ("e‑CNY", "e–CNY", "e-CNY")),
        ("state-owned", "State‐owned", ("State‐owned",)),
        ("cs:SAFE", "SAFE, Safe and safe", ("SAFE",)),
        ("cs:SAFE", "ＳＡＦＥ发布新规", ("ＳＡＦＥ",)),
        ("cs:SAFE", "SAFETY", ()),
        ("cs:SAFE", "外汇局SAFE公告", ("SAFE",)),
        ("central bank", "central bank's, central banks", ("central bank", "central banks")),
        ("currency", "Currency’s and currencies", ("Currency", "currencies")),
        ("boss", "bosses", ("bosses",)),
        ("区块链", "區塊鏈產業", ("區塊鏈",)),
        ("互联网信息服务", "網際網路資訊服務", ("網際網路資訊服務",)),
        ("芯片", "晶片與伺服器", ("晶片",)),
        ("软件", "軟​體", ("軟​體",)),
        ("稳定币", "稳﻿定⁠币条例", ("稳﻿定⁠币",)),
        ("bitcoin", "bit­coin", ("bit­coin",)),
        ("5G专网", "5G 专网与5G专网", ("5G 专网", "5G专网")),
        ("C++", "C++ and C", ("C++",)),
        ("AI", "AI, or not", ("AI",)),
        ("AI", "OpenAI", ()),
        ("mac", "machine learning", ()),
        ("mac", "the new Mac", ("Mac",)),
        ("5G", "15G of memory", ()),
        ("5G", "建成5G基站", ("5G",)),
        ("regulator", "Regulators meet", ("Regulators",)),
        ("regulator", "The regulator's plan", ("regulator",)),
        ("regulator", "the regulators’ plan", ("regulators",)),
        ("policy", "New policies", ("policies",)),
        ("tax", "crypto taxes", ("taxes",)),
        ("branch", "all branches", ("branches",)),
        ("stablecoin", "StableCoins", ("StableCoins",)),
        ("day", "two days", ("days",)),
        ("AI", "two AIs", ()),
        ("LLM", "two LLMs", ("LLMs",)),
        ("cs:policy", "two policies", ("policies",)),
        ("cs:NFT", "NFTs", ("NFTs",)),
        ("ban", "urban", ()),
        ("ban", "bank", ()),
        ("digital-yuan", "digital yuan", ("digital yuan",)),
        ("digital yuan", "Digital–Yuan", ("Digital–Yuan",)),
        ("DC/EP", "the DC/EP project", ("DC/EP",)),
        ("数字人民币", "推进數字人民幣试点", ("數字人民幣",)),
        ("數字人民幣", "数字人民币", ("数字人民币",)),
        ("数据安全", "資料安全法", ("資料安全",)),
        ("人工智能", "臺灣人工智慧基本法", ("人工智慧",)),
        ("人工智慧", "人工智慧基本法", ("人工智慧",)),
        ("人工智慧", "人工智能法", ("人工智能",)),
        ("核心技术", "關鍵核心技術", ("核心技術",)),
        ("核心技术", "关键核心技术", ("核心技术",)),
        ("数字人民币", "数字\u200b人民币", ("数字\u200b人民币",)),
        ("crypto", "\u0441ryptо ban", ("\u0441ryptо",)),
        ("crypto", "c\u0338r\u0338ypto", ("c\u0338r\u0338ypto",)),
        ("AI监管", "加强 AI 监管", ("AI 监管",)),
        ("AI 监管", "加强AI监管", ("AI监管",)),
        ("regulat*", "deregulate, regulating", ("regulating",)),
        ("央行", "央行数字货币与央行", ("央行", "央行")),
        ("биткоин", "биткоины", ()),
    ],
)
def test_a_term_is_found_as_a_reader_would(term: str, title: str, found: tuple[str, ...]) -> None:
    assert evidence(term, title) == found


@pytest.mark.parametrize(
    ("fields", "points"),
    [
        ({"title": "digital yuan"}, 4.0),
        ({"title": "x", "summary": "digital yuan"}, 3.0),
        ({"title": "x", "body": "digital yuan"}, 3.0),
        ({"title": "x", "body": "word " * 100 + "digital yuan"}, 2.0),
        ({"title": "x", "summary": "s", "body": "digital yuan"}, 2.0),
        ({"title": "digital yuan", "summary": "digital yuan", "body": "digital yuan"}, 4.0),
        ({"title": "nothing"}, 0.0),
        ({"title": ""}, 0.0),
    ],
    ids=["title", "summary", "body as lead", "deep", "behind a summary", "counts once", "none", "empty"],
)
def test_points_follow_the_smallest_scope(fields: dict[str, Any], points: float) -> None:
    assert a_judge(a_rule()).classify(**fields).score == points


@pytest.mark.parametrize(
    ("title", "summary", "score"),
    [("China digital yuan", "", 4.0), ("digital yuan", "China", 3.0), ("digital yuan", "India", 0.0)],
)
def test_needs_must_hold_in_the_same_scope(title: str, summary: str, score: float) -> None:
    verdict = a_judge(a_rule(needs=("China", "中国"))).classify(title=title, summary=summary)
    assert verdict.score == score


def test_what_is_needed_is_part_of_the_evidence() -> None:
    (hit,) = a_judge(a_rule(needs="China")).classify(title="China: digital yuan").hits
    assert [match.text for match in hit.matches] == ["digital yuan", "China"]


def test_lacking_needs_are_noted() -> None:
    verdict = a_judge(a_rule(needs="China")).classify(title="digital yuan")
    assert verdict.notes == ("r: held, but nothing it needs was found",)


def test_a_rule_with_needs_that_does_not_hold_is_not_noted() -> None:
    assert a_judge(a_rule("yuan AND coin", needs="China")).classify(title="yuan").notes == ()


def test_an_exclusion_acts_in_its_own_rule_only() -> None:
    judge = a_judge(a_rule(unless=("price", "行情")), a_rule("yuan", id=RuleId("other"), weight=1.0))
    verdict = judge.classify(title="digital yuan price")
    assert [hit.rule for hit in verdict.hits] == ["other"]
    assert verdict.notes == ("r: silenced by “price” in title",)


def test_a_stray_word_deep_in_the_body_does_not_silence() -> None:
    verdict = a_judge(a_rule(unless="price")).classify(title="digital yuan", summary="s", body="price")
    assert verdict.score == 4.0


def test_an_exclusion_without_a_word_of_its_own() -> None:
    verdict = a_judge(a_rule(unless="NOT China")).classify(title="digital yuan")
    assert verdict.notes == ("r: silenced by its unless",)


def test_notes_are_few() -> None:
    rules = [a_rule(id=RuleId(f"r{n}"), unless="price") for n in range(9)]
    assert len(a_judge(*rules).classify(title="digital yuan price").notes) == MOST_NOTES


@pytest.mark.parametrize(
    ("weights", "topics"),
    [
        ({Topic.AI: 2.0, Topic.DATA: 4.0}, (Topic.DATA, Topic.AI)),
        ({Topic.AI: 1.0, Topic.DATA: 4.0}, (Topic.DATA,)),
        (
            {Topic.AI: 4.0, Topic.DATA: 4.0, Topic.GOV: 3.0, Topic.CHIPS: 2.0},
            (Topic.AI, Topic.DATA, Topic.GOV),
        ),
        ({Topic.AI: -1.0, Topic.DATA: 6.0}, (Topic.DATA,)),
        ({None: 5.0}, ()),
        ({Topic.AI: 1.0}, ()),
    ],
    ids=["ranked", "a mere mention", "at most three", "negative", "no topic", "not relevant"],
)
def test_topics(weights: dict[Topic | None, float], topics: tuple[Topic, ...]) -> None:
    rules = [a_rule("yuan", id=RuleId(f"{t}"), topic=t, weight=w) for t, w in weights.items()]
    assert a_judge(*rules).classify(title="yuan").topics == topics


AUTHORITIES = (
    TermSet(name="authority_party", terms=("中央网信办",)),
    TermSet(name="authority_central", terms=("国务院", "State Council")),
    TermSet(name="authority_local", terms=("深圳",)),
)


@pytest.mark.parametrize(
    ("title", "summary", "authority"),
    [
        ("国务院：yuan", "", Authority.CENTRAL),
        ("深圳与国务院 yuan", "中央网信办", Authority.CENTRAL),
        ("yuan", "深圳", Authority.LOCAL),
        ("yuan", "", Authority.NONE),
        ("国务院", "", Authority.NONE),
    ],
    ids=["title", "highest of the title", "lead", "nobody", "not relevant"],
)
def test_authority(title: str, summary: str, authority: Authority) -> None:
    verdict = a_judge(a_rule("yuan"), sets=AUTHORITIES).classify(title=title, summary=summary)
    assert verdict.authority is authority


@pytest.mark.parametrize(
    ("priorities", "title", "priority"),
    [
        ((), "yuan", Priority.NORMAL),
        ((Priority.LOW,), "yuan", Priority.LOW),
        ((Priority.LOW, Priority.BREAKING), "yuan", Priority.BREAKING),
        ((Priority.LOW, Priority.NORMAL), "yuan", Priority.NORMAL),
        ((Priority.BREAKING,), "nothing", Priority.LOW),
    ],
    ids=["default", "low", "most urgent", "normal beats low", "not relevant"],
)
def test_priority(priorities: tuple[Priority, ...], title: str, priority: Priority) -> None:
    marks = [a_rule("yuan", id=RuleId(p), weight=0.0, topic=None, priority=p) for p in priorities]
    assert a_judge(a_rule("yuan"), *marks).classify(title=title).priority is priority


@pytest.mark.parametrize(("threshold", "relevant"), [(4.0, True), (4.1, False)])
def test_the_threshold_is_reached_or_not(threshold: float, relevant: bool) -> None:
    verdict = a_judge(a_rule(), threshold=threshold).classify(title="digital yuan")
    assert (verdict.relevant, verdict.threshold, verdict.rules_version) == (relevant, threshold, "v1")


def test_a_dampening_rule_lowers_the_score() -> None:
    damp = a_rule("price", id=RuleId("damp"), topic=None, weight=-2.0)
    verdict = a_judge(a_rule(), damp).classify(title="digital yuan price")
    assert (verdict.score, verdict.relevant) == (2.0, False)


def test_evidence_of_a_wordy_report_is_bounded() -> None:
    (hit,) = a_judge(a_rule()).classify(title="digital yuan " * 50).hits
    assert len(hit.matches) == MOST_EVIDENCE


def test_two_rules_may_not_share_an_id() -> None:
    with pytest.raises(RuleError, match="two rules have this id"):
        a_judge(a_rule(), a_rule("yuan"))


def test_a_book_without_rules_finds_nothing_relevant() -> None:
    assert not a_judge().classify(title="digital yuan").relevant


MIXED = a_judge(
    a_rule("@ecny OR (AI NEAR/5 rule*) OR cs:SAFE", unless="price", needs="NOT India"),
    a_rule("ATLEAST/2 (软件 OR 端口) OR title:数据", id=RuleId("second"), topic=Topic.DATA),
    sets=(*AUTHORITIES, TermSet(name="ecny", terms=("数字人民币", "digital yuan"))),
)
PIECES = (
    "數字人民幣",
    "資料",
    "軟體",
    "連接埠",
    "ＡＩ",
    " AI rules ",
    "SAFE",
    "safe",
    "dig\u200bital-yuan",
    "ﬁ",
    "\n",
    " ",
)
WILD = st.text() | st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


@given(title=WILD, summary=WILD, body=WILD)
def test_any_text_is_judged_and_evidence_is_the_original_slice(title: str, summary: str, body: str) -> None:
    verdict = MIXED.classify(title=title, summary=summary, body=body)
    texts = {Field.TITLE: title, Field.SUMMARY: summary, Field.BODY: body}
    for match in (match for hit in verdict.hits for match in hit.matches):
        assert match.text == texts[match.field][match.start : match.end]
        assert match.text


def test_threads_agree() -> None:
    titles = [f"數字人民幣與連接埠 {n} AI rules SAFE" for n in range(200)]

    def judged(title: str) -> Verdict:
        return MIXED.classify(title=title)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(judged, titles)) == [judged(title) for title in titles]


@pytest.mark.parametrize(
    "text",
    [
        "digital yuan " * 800_000,
        "数字人民币试点" * 1_500_000,
        "連接埠" * 5_000 + "。" * 9_000_000,
        "\u200b" * 10_000_000,
    ],
    ids=["english", "chinese", "traditional", "invisible"],
)
def test_a_report_of_ten_megabytes_is_looked_at_in_part(text: str) -> None:
    judge = a_judge(a_rule(("digital yuan", "数字人民币", "端口")))
    verdict = judge.classify(title="digital yuan", body=text)
    assert verdict.score == 4.0
    assert all(match.end <= LONGEST_TEXT for match in verdict.hits[0].matches)


def test_what_stands_behind_the_limit_is_not_seen() -> None:
    judge = a_judge(a_rule("bank"))
    padding = "x" * (LONGEST_TEXT - 5)
    assert judge.classify(title="", body=f"{padding} bank").hits
    assert not judge.classify(title="", body=f"{padding}  bank").hits


def test_fifty_thousand_terms() -> None:
    terms = tuple(f"term{number}x" for number in range(50_000))
    judge = a_judge(a_rule(terms), a_rule(" OR ".join(terms[:500]), id=RuleId("long")))
    verdict = judge.classify(title="term49999x and term7x")
    assert [[match.text for match in hit.matches] for hit in verdict.hits] == [
        ["term7x", "term49999x"],
        ["term7x"],
    ]


# ── the learned part ──


def with_model(**weights: float) -> Judge:
    model = Relevance(version="m", trained_on="", weights={"title": weights, "lead": {}, "rules": {}})
    rules = (
        a_rule(id=RuleId("yuan"), weight=2.5),
        a_rule(("shares",), id=RuleId("shares"), weight=-3.0),
    )
    return compile_rules(RuleBook(rules=rules, model=model))


@pytest.mark.parametrize(
    ("title", "score", "share"),
    [
        ("digital yuan pilot", 3.5, 1.0),
        ("digital yuan", 2.5, 0.0),
        ("shares pilot", -3.0, None),
        ("pilot", 0.0, None),
    ],
    ids=["tips a close call", "knows no word", "no rule speaks for it", "no rule at all"],
)
def test_the_model_has_a_say_where_a_rule_speaks(title: str, score: float, share: float | None) -> None:
    verdict = with_model(pilot=9.0).classify(title=title)
    assert verdict.score == score
    assert verdict.relevant is (score >= 3)
    assert (verdict.share.points if verdict.share else None) == share


def test_the_model_is_explained() -> None:
    reasons = with_model(pilot=9.0).classify(title="digital yuan pilot").reasons()
    assert "model +1: “pilot” in title" in reasons


def test_what_a_model_is_trained_on() -> None:
    sets = (TermSet(name="ecny", terms=("digital yuan",)), TermSet(name="act", terms=("ban",)))
    judge = compile_rules(RuleBook(rules=(a_rule(weight=2.4),), sets=sets))
    found, heard = judge.features(title="Digital yuan", summary="A ban.")
    assert heard
    assert found.rules == ("lang en", "@ecny in title", "@act in lead", "rules give 2.5")
    assert "digital yuan" in found.title
    assert found.lead == ("a", "ban", "a ban")
    by_body, heard = judge.features(title="News", body="A ban.")
    assert (by_body.lead, heard) == (("a", "ban", "a ban"), False)


def test_the_tier_is_evidence() -> None:
    weights: dict[str, dict[str, float]] = {"title": {}, "lead": {}, "rules": {"tier 1": 0.5}}
    model = Relevance(version="m", trained_on="", weights=weights)
    judge = compile_rules(RuleBook(rules=(a_rule(),), model=model))
    share = judge.classify(title="digital yuan", tier=Tier.AUTHORITY).share
    assert share is not None
    assert share.points == 0.5


@pytest.mark.parametrize(
    ("summary", "body", "fires"),
    [
        ("Digital yuan pilot.", "", True),
        ("", "Digital yuan pilot.", True),
        ("Weather.", "Digital yuan pilot.", False),
        ("", "Weather. " * 50 + "Digital yuan pilot.", False),
    ],
    ids=["in the summary", "in the first lines of the text", "there is a summary", "far down"],
)
def test_the_first_lines_of_the_text_stand_in_for_a_missing_summary(
    summary: str, body: str, fires: bool
) -> None:
    rule = Rule(id=RuleId("lead"), query="summary:(digital ONEAR/2 pilot)", weight=4.0)
    verdict = compile_rules(RuleBook(rules=(rule,))).classify(title="News", summary=summary, body=body)
    assert bool(verdict.hits) is fires
    fields = {match.field for hit in verdict.hits for match in hit.matches}
    assert fields <= {Field.SUMMARY if summary else Field.BODY}
