"""Messages: what a desk reads, and that nothing a feed sends can break them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.harmless import safe_link
from alerts.labels import labels
from alerts.render import render
from monitor.core.messages import Alert, Delivery, DeliveryKind, Message, Report
from monitor.core.model import Authority, Priority, Reason, Standing, StoryId, Tier, Topic
from monitor.core.settings import Addition, Template
from tests.builders import NOW, a_chat, a_delivery, a_hit, a_story, a_verdict, an_alert, an_article

SHANGHAI = ZoneInfo("Asia/Shanghai")
UTC_ZONE = ZoneInfo("UTC")
OUTLETS = ("People's Bank of China", "Xinhua", "Caixin", "Reuters", "Xinhua", "CoinDesk", "The Block")


def a_report(source_name: str) -> Report:
    return Report(source_name=source_name, source_tier=Tier.REPORTING, title="t", url="", seen_at=NOW)


def render_alert(alert: Alert, *, zone: ZoneInfo, repeat: bool = False, **chat: Any) -> Message:
    return render(a_delivery(alert=alert, maybe_sent=repeat), a_chat(**chat), zone=zone)


def lines(**article: object) -> list[str]:
    return render_alert(an_alert(article=an_article(**article)), zone=SHANGHAI).plain.splitlines()


def test_the_whole_layout() -> None:
    alert = an_alert(
        story=a_story(standing=Standing.CONFIRMED),
        verdict=a_verdict(topics=(Topic.ECNY, Topic.FINTECH), priority=Priority.BREAKING),
        reports=tuple(a_report(name) for name in OUTLETS),
    )
    assert render_alert(alert, zone=SHANGHAI).html == "\n".join(
        [
            '<b><a href="https://www.pbc.gov.cn/en/1.html">'
            "Digital yuan pilot reaches five more cities</a></b> · <code>pbc.gov.cn</code>",
            "People's Bank of China · issuing authority · BREAKING",
            "Confirmed by the primary text",
            "#ecny #fintech · act of the central government",
            "The central bank widened the digital yuan pilot. Five more cities join in January.",
            "Why: ecny “Digital yuan” · score 6, needs 3",
            "Published 2026-11-24 16:00 · Seen 2026-11-24 16:00 CST (UTC+8) · #1",
            "Also reported by: Xinhua 16:00, Caixin 16:00, Reuters 16:00, CoinDesk 16:00 and 1 more",
        ]
    )


def test_a_chat_reads_labels_in_its_language() -> None:
    alert = an_alert(
        story=a_story(standing=Standing.UNCONFIRMED),
        verdict=a_verdict(topics=(Topic.ECNY, Topic.FINTECH), priority=Priority.BREAKING),
        reports=tuple(a_report(name) for name in OUTLETS),
    )
    assert render_alert(alert, zone=SHANGHAI, language="zh").plain.splitlines()[2:] == [
        "People's Bank of China · 发文机关 · 突发",
        "未经证实：仅有不可靠来源",
        "#数字人民币 #金融科技 · 涉及：中央政府",
        "The central bank widened the digital yuan pilot. Five more cities join in January.",
        "依据：ecny“Digital yuan” · 得分 6（阈值 3）",
        "发布 2026-11-24 16:00 · 发现 2026-11-24 16:00 北京时间 · #1",
        "其他来源：Xinhua 16:00、Caixin 16:00、Reuters 16:00、CoinDesk 16:00 等 5 家",
    ]


def test_a_brief_alert_is_three_lines() -> None:
    message = render_alert(an_alert(), zone=SHANGHAI, template=Template.BRIEF)
    assert message.html.splitlines()[1:] == [
        "People's Bank of China · issuing authority · act of the central government",
        "Why: ecny “Digital yuan” · score 6, needs 3",
    ]


def test_buttons_say_what_they_do_and_fit() -> None:
    delivery = a_delivery(alert=an_alert(story=a_story(id=2**63 - 1)))
    message = render(delivery, a_chat(language="zh"), zone=UTC_ZONE, buttons=True)
    row, last = message.buttons
    assert [button.label for button in (*row, *last)] == ["依据", "有用", "无关", "不再提醒此事件"]
    assert row[0].press == f"why:{2**63 - 1}"
    assert max(len(button.press.encode()) for button in (*row, *last)) <= 64
    assert render(delivery, a_chat(), zone=UTC_ZONE).buttons == ()


def a_follow_up(reason: Reason, **changes: Any) -> Delivery:
    return a_delivery(kind=DeliveryKind.FOLLOW_UP, alert=an_alert(reason=reason, **changes))


def news_of(reason: Reason, language: str = "en", **changes: Any) -> str:
    message = render(a_follow_up(reason, **changes), a_chat(language=language), zone=SHANGHAI)
    return message.plain.splitlines()[0]


DENIAL = "Regulator dismisses rumours of a data export freeze"


def test_a_follow_up_says_first_what_is_new() -> None:
    article = an_article(title=DENIAL)
    delivery = a_follow_up(Reason.DENIED, article=article, source_name="Xinhua", words="denied by us")
    assert render(delivery, a_chat(), zone=SHANGHAI).html.splitlines() == [
        "<b>Denied, according to Xinhua</b>",
        f'<a href="https://www.pbc.gov.cn/en/1.html">{DENIAL}</a> · <code>pbc.gov.cn</code>',
        "Xinhua · issuing authority",
        "Published 2026-11-24 16:00 · Seen 2026-11-24 16:00 CST (UTC+8) · #1",
    ]


@pytest.mark.parametrize(
    ("reason", "source", "english", "chinese"),
    [
        (
            Reason.CONFIRMED,
            "财新",
            "Confirmed: 财新 has published the text",
            "已证实：财新发布原文",
        ),
        (Reason.CONFIRMED, "PBOC", "Confirmed: PBOC has published the text", "已证实：PBOC 发布原文"),
        (Reason.DENIED, "PBOC", "Denied, according to PBOC", "已否认：PBOC 称不属实"),
        (
            Reason.CORRECTED,
            "36氪",
            "Retracted or corrected by 36氪, which had it first",
            "已撤回：首发媒体 36氪撤回或更正报道",
        ),
        (
            Reason.NEW_STAGE,
            "新华社",
            "No longer a draft: now final, according to 新华社",
            "新进展：草案已成为正式文件（来源：新华社）",
        ),
        (Reason.HIGHER_TIER, "Xinhua", "Now also reported by Xinhua", "更权威来源：Xinhua 也已报道"),
        (Reason.CONTRADICTED, "CoinDesk", "Contradicted by CoinDesk", "说法不一：CoinDesk 另有说法"),
        (Reason.MORE_URGENT, "Xinhua", "Upgraded to breaking", "升级：现为突发"),
    ],
)
def test_the_news_in_both_languages(reason: Reason, source: str, english: str, chinese: str) -> None:
    told: dict[str, Any] = {
        "article": an_article(title=DENIAL),
        "source_name": source,
        "verdict": a_verdict(priority=Priority.BREAKING),
    }
    assert news_of(reason, **told) == english
    assert news_of(reason, "zh", **told) == chinese


@pytest.mark.parametrize(
    ("reason", "named", "nameless"),
    [
        (Reason.CONFIRMED, "已证实：PBOC 发布原文", "已证实：原文已发布"),
        (Reason.DENIED, "已否认：PBOC 称不属实", "已否认：另有报道称不属实"),
        (Reason.CONTRADICTED, "说法不一：PBOC 另有说法", "说法不一：另有报道称不属实"),
        (Reason.HIGHER_TIER, "更权威来源：PBOC 也已报道", "更权威来源也已报道"),
    ],
)
def test_news_that_came_with_another_story_is_told_of_the_report_that_has_it(
    reason: Reason, named: str, nameless: str
) -> None:
    its_own = replace(a_report("PBOC"), title=DENIAL, source_tier=Tier.AUTHORITY)
    chatter: dict[str, Any] = {"source_name": "chatter", "source_tier": Tier.UNRELIABLE}
    first = replace(a_report("chatter"), source_tier=Tier.UNRELIABLE)
    assert news_of(reason, "zh", **chatter, reports=(first, its_own)) == named
    assert news_of(reason, "zh", **chatter, reports=(first,)) == nameless


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Contradicted by Caixin; the primary text stands"),
        ("zh", "说法不一：Caixin 另有说法，原文未撤回"),
    ],
)
def test_a_contradiction_takes_nothing_from_the_text(language: str, words: str) -> None:
    told: dict[str, Any] = {
        "story": a_story(standing=Standing.CONFIRMED),
        "article": an_article(title=DENIAL),
        "source_name": "Caixin",
    }
    assert news_of(Reason.CONTRADICTED, language, **told) == words


def test_an_edit_repeats_nothing() -> None:
    edit = a_delivery(kind=DeliveryKind.EDIT, maybe_sent=True)
    assert render(edit, a_chat(), zone=SHANGHAI).html.startswith("<b>")


def a_digest(*alerts: Alert, heading: str = "") -> Delivery:
    return a_delivery(kind=DeliveryKind.DIGEST, alert=None, gathered=alerts, notice=heading)


def test_a_digest_lists_its_alerts() -> None:
    urgent = an_alert(story=a_story(id=17), verdict=a_verdict(priority=Priority.BREAKING))
    message = render(a_digest(urgent, an_alert(), heading="Since 08:00"), a_chat(), zone=SHANGHAI)
    assert message.plain.split("\n\n") == [
        "Since 08:00",
        "• Digital yuan pilot reaches five more cities\n"
        "BREAKING · People's Bank of China · #ecny · 11-24 16:00 · #17\nhttps://www.pbc.gov.cn/en/1.html",
        "• Digital yuan pilot reaches five more cities\n"
        "People's Bank of China · #ecny · 11-24 16:00 · #1\nhttps://www.pbc.gov.cn/en/1.html",
    ]
    assert message.html.count("<a href=") == 2


def test_a_digest_tells_no_denied_story_as_true() -> None:
    denied = an_alert(story=a_story(standing=Standing.DENIED))
    message = render(a_digest(denied), a_chat(), zone=SHANGHAI)
    assert "\nDenied · People's Bank of China · #ecny" in message.plain


@pytest.mark.parametrize(("language", "words"), [("en", "now part of #9"), ("zh", "现归入 #9")])
def test_a_story_that_went_into_another_is_known_by_the_others_number(language: str, words: str) -> None:
    gone = an_alert(story=a_story(merged_into=StoryId(9), standing=Standing.DENIED))
    message = render(a_digest(gone), a_chat(language=language), zone=SHANGHAI)
    assert message.plain.splitlines()[3].endswith(f" · {words}")
    assert "#1\n" not in message.plain
    assert render_alert(gone, zone=SHANGHAI).plain.endswith("CST (UTC+8) · #9")


@pytest.mark.parametrize(("language", "words"), [("en", "Digest: 1 alert"), ("zh", "汇总：1 条")])
def test_a_digest_without_a_heading_has_one(language: str, words: str) -> None:
    message = render(a_digest(an_alert()), a_chat(language=language), zone=SHANGHAI)
    assert message.plain.startswith(f"{words}\n\n• ")


def test_a_report_of_another_day_is_named_with_its_day() -> None:
    later = Report(
        source_name="Caixin",
        source_tier=Tier.REPORTING,
        title="t",
        url="",
        seen_at=NOW + timedelta(days=2),
    )
    message = render_alert(an_alert(reports=(later,)), zone=SHANGHAI)
    assert message.plain.endswith("Also reported by: Caixin 11-26 16:00")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_label_is_there_in_every_language(language: str) -> None:
    words = labels(language)
    assert {one.value for one in words.news} == {
        *("confirmed", "denied", "corrected", "new-stage", "higher-tier", "contradicted"),
    }
    assert set(words.news_elsewhere) <= set(words.news)
    assert set(words.upgraded) == set(Priority)
    assert set(words.topics) == set(Topic)
    assert set(words.tiers) == set(Tier)
    assert set(words.authorities) == set(Authority)
    assert set(words.standings) == set(words.standings_in_digest) == set(Standing)
    assert max(map(len, words.standings_in_digest.values())) <= 12
    assert set(words.machine) == set(Addition)


def test_the_plain_version_names_the_link() -> None:
    assert lines()[:2] == [
        "Digital yuan pilot reaches five more cities · pbc.gov.cn",
        "https://www.pbc.gov.cn/en/1.html",
    ]


def test_a_doubtful_delivery_is_marked() -> None:
    message = render(a_delivery(maybe_sent=True), a_chat(), zone=SHANGHAI)
    assert message.html.startswith("(possible repeat) <b>")
    assert message.plain.startswith("(possible repeat) Digital")
    notice = a_delivery(alert=None, notice="reloaded", maybe_sent=True)
    assert render(notice, a_chat(), zone=SHANGHAI).plain == "(possible repeat) reloaded"


def test_a_notice_is_shown_literally_with_its_lines() -> None:
    delivery = a_delivery(alert=None, notice="rules <b>bad</b>\nline & 2")
    assert render(delivery, a_chat(), zone=SHANGHAI).html == "rules &lt;b&gt;bad&lt;/b&gt;\nline &amp; 2"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "UTC"),
        ("Asia/Shanghai", "CST (UTC+8)"),
        ("Asia/Kolkata", "IST (UTC+5:30)"),
        ("America/New_York", "EST (UTC-5)"),
        ("America/Sao_Paulo", "UTC-3"),
    ],
)
def test_times_name_the_zone(zone: str, words: str) -> None:
    message = render_alert(an_alert(), zone=ZoneInfo(zone))
    assert message.plain.splitlines()[-1].endswith(f" {words} · #1")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Asia/Shanghai", "北京时间"),
        ("Asia/Hong_Kong", "香港时间"),
        ("Asia/Tokyo", "JST (UTC+9)"),
        ("UTC", "UTC"),
    ],
)
def test_chinese_readers_know_their_zones_by_name(zone: str, words: str) -> None:
    message = render_alert(an_alert(), zone=ZoneInfo(zone), language="zh")
    assert message.plain.splitlines()[-1].endswith(f" {words} · #1")


@pytest.mark.parametrize(
    ("score", "shown"), [(18.275, "18.3"), (6.0, "6"), (5.96, "6"), (-1.25, "-1.2"), (1e30, "1e+30")]
)
def test_a_score_has_one_decimal_at_most(score: float, shown: str) -> None:
    message = render_alert(an_alert(verdict=a_verdict(score=score, threshold=2.5)), zone=UTC_ZONE)
    assert f" · score {shown}, needs 2.5\n" in message.plain


def test_chinese_evidence_has_chinese_stops() -> None:
    match = a_hit().matches[0]
    both = (match, replace(match, text="数字人民币"))
    verdict = a_verdict(hits=(a_hit(matches=both), *(a_hit(rule=f"r{n}", points=1.0) for n in range(3))))
    message = render_alert(an_alert(verdict=verdict), zone=UTC_ZONE, language="zh")
    assert (
        "\n依据：ecny“Digital yuan”“数字人民币”；r0“Digital yuan”；r1“Digital yuan”；另有 1 条 · 得分"
        in message.plain
    )


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), "2026-11-24"),
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), "2026-11-24"),
        (datetime(2026, 11, 24, 5, 0, tzinfo=UTC), "2026-11-24"),
        (datetime(9999, 12, 31, 16, 0, tzinfo=UTC), "9999-12-31"),
    ],
    ids=["midnight in Shanghai", "midnight in London", "midnight in New York", "the last day"],
)
def test_a_day_stays_the_publishers_day_and_has_no_clock(published: datetime, shown: str) -> None:
    assert lines(published_at=published, day_only=True)[-1].startswith(f"Published {shown} · Seen")


def test_unknown_and_absurd_dates() -> None:
    assert lines(published_at=None)[-1].startswith("Seen 2026-11-24 16:00")
    assert lines(published_at=datetime(9999, 12, 31, 23, tzinfo=UTC))[-1].startswith("Published 9999-12-31 ·")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.cn/x?y=1&z=2", True),
        ("http://www.gov.cn", True),
        ("https://127.0.0.1/x", True),
        ("", False),
        ("/relative", False),
        ("javascript:alert(1)", False),
        ("http://localhost:8000/", False),
        ("ftp://a.cn/", False),
        ("https://a.cn/a b", False),
        ("https://[::1", False),
        ("https://a.cn/" + "x" * 3000, False),
        ("https://" + ".".join(["h" * 62] * 4) + ".c/", True),
        ("https://" + ".".join(["h" * 62] * 4) + ".cn/", False),
        ("https://a.cn/\u00a0\n", False),
        ("https://аррӏе.com/", False),
    ],
)
def test_only_links_that_telegram_keeps(url: str, kept: bool) -> None:
    assert safe_link(url) == (url if kept else "")
    assert ("<a " in render_alert(an_alert(article=an_article(url=url)), zone=UTC_ZONE).html) is kept


def test_a_link_is_percent_encoded() -> None:
    assert safe_link("https://a.cn/政策\u202e?q=%E4") == "https://a.cn/%E6%94%BF%E7%AD%96%E2%80%AE?q=%E4"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<script>alert(1)</script> & ]]> {{x}} %s *_[`", "<script>alert(1)</script> & ]]> {{x}} %s *_[`"),
        ("a\u202eb\u200bc\u2066d\U000e0041e", "abcde"),
        ("a\x00b\nc\u2028d", "a b c d"),
        ("e" + "\u0301" * 50, "e\u0301\u0301"),
        ("\ud800x", "x"),
        ("x" * 1_000_000, "x" * 299 + "…"),
        ("🇨🇳" * 400, "🇨🇳" * 74 + "…"),
        ("\u2764\ufe0f 👩\u200d💻 a\u200db\ufe0f", "\u2764\ufe0f 👩\u200d💻 ab"),
        ("", "Digital yuan pilot reaches five more cities"),
    ],
    ids=[
        "markup",
        "invisible",
        "control",
        "Zalgo",
        "surrogate",
        "a megabyte",
        "flags",
        "joined emoji",
        "empty",
    ],
)
def test_hostile_titles(title: str, shown: str) -> None:
    assert lines(title=title, url="")[0] == shown


def test_no_title_anywhere() -> None:
    alert = an_alert(article=an_article(title="", url=""), story=a_story(title=" "))
    assert render_alert(alert, zone=UTC_ZONE).plain.startswith("(untitled)\n")


def test_chinese_sentences_are_joined_without_a_space() -> None:
    body = "数字人民币试点扩大到五个城市。有关部门表示将稳妥推进。"
    assert body in lines(body=body, language="zh")


def test_the_feeds_summary_stands_in_for_a_missing_body() -> None:
    assert "The bank said so in its own summary." in lines(
        body="", summary="The bank said so in its own summary."
    )


def test_why_stays_one_short_line() -> None:
    hits = tuple(a_hit(rule=f"rule-{n}", points=float(n)) for n in range(1, 6))
    message = render_alert(an_alert(verdict=a_verdict(hits=hits)), zone=UTC_ZONE)
    assert (
        "Why: rule-5 “Digital yuan”; rule-4 “Digital yuan”; rule-3 “Digital yuan”; 2 more · score"
        in message.plain
    )


@pytest.mark.parametrize(("language", "words"), [("en", "(an empty notice)"), ("zh", "（空通知）")])
def test_an_empty_notice_is_no_empty_message(language: str, words: str) -> None:
    delivery = a_delivery(kind=DeliveryKind.NOTICE, alert=None, notice=" \n")
    assert render(delivery, a_chat(language=language), zone=SHANGHAI).plain == words
