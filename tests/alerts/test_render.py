"""Messages: what a desk reads, and that nothing a feed sends can break them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.harmless import safe_link, utf16_length
from alerts.labels import labels
from alerts.render import MOST_IN_A_DIGEST, render
from monitor.core.messages import Alert, Delivery, DeliveryKind, Message, Report
from monitor.core.model import Authority, Priority, Reason, Standing, Tier, Topic
from monitor.core.settings import Template
from tests.builders import NOW, a_chat, a_delivery, a_hit, a_story, a_verdict, an_alert, an_article
from tests.telegram_server import understood

SHANGHAI = ZoneInfo("Asia/Shanghai")
UTC_ZONE = ZoneInfo("UTC")
OUTLETS = ("People's Bank of China", "Xinhua", "Caixin", "Reuters", "Xinhua", "CoinDesk", "The Block")


def a_report(source_name: str) -> Report:
    return Report(source_name=source_name, source_tier=Tier.REPORTING, title="t", url="", seen_at=NOW)


def render_alert(alert: Alert, *, zone: ZoneInfo, repeat: bool = False, **chat: Any) -> Message:
    return render(a_delivery(alert=alert, maybe_sent=repeat), a_chat(**chat), zone=zone)


def render_notice(text: str) -> Message:
    return render(a_delivery(kind=DeliveryKind.NOTICE, alert=None, notice=text), a_chat(), zone=UTC_ZONE)


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
            "People's Bank of China · issuing authority · BREAKING · central government",
            "Confirmed by the primary text",
            "#ecny #fintech",
            "The central bank widened the digital yuan pilot. Five more cities join in January.",
            "Why: ecny “Digital yuan” · score 6 of 3",
            "Published 2026-11-24 16:00 · Seen 2026-11-24 16:00 CST (UTC+8)",
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
        "People's Bank of China · 发文机关 · 突发 · 中央政府",
        "未经证实：仅有不可靠来源",
        "#数字人民币 #金融科技",
        "The central bank widened the digital yuan pilot. Five more cities join in January.",
        "依据: ecny “Digital yuan” · 得分 6，阈值 3",
        "发布 2026-11-24 16:00 · 发现 2026-11-24 16:00 CST (UTC+8)",
        "另见: Xinhua 16:00, Caixin 16:00, Reuters 16:00, CoinDesk 16:00 等，另有 1 家",
    ]


def test_a_brief_alert_is_three_lines() -> None:
    message = render_alert(an_alert(), zone=SHANGHAI, template=Template.BRIEF)
    assert message.html.splitlines()[1:] == [
        "People's Bank of China · issuing authority · central government",
        "Why: ecny “Digital yuan” · score 6 of 3",
    ]


def test_buttons_say_what_they_do_and_fit() -> None:
    delivery = a_delivery(alert=an_alert(story=a_story(id=2**63 - 1)))
    message = render(delivery, a_chat(language="zh"), zone=UTC_ZONE, buttons=True)
    (row,) = message.buttons
    assert [button.label for button in row] == ["依据", "有用", "噪音", "静音本事件"]
    assert row[0].press == f"why:{2**63 - 1}"
    assert max(len(button.press.encode()) for button in row) <= 64
    assert render(delivery, a_chat(), zone=UTC_ZONE).buttons == ()


def test_a_follow_up_says_first_what_is_new() -> None:
    alert = an_alert(reason=Reason.DENIED, words="denied, says official media", source_name="Xinhua")
    message = render(a_delivery(kind=DeliveryKind.FOLLOW_UP, alert=alert), a_chat(), zone=SHANGHAI)
    assert message.html.splitlines() == [
        "<b>Denied: denied, says official media</b>",
        '<a href="https://www.pbc.gov.cn/en/1.html">Digital yuan pilot reaches five more cities</a>'
        " · <code>pbc.gov.cn</code>",
        "Xinhua · issuing authority · central government",
        "Published 2026-11-24 16:00 · Seen 2026-11-24 16:00 CST (UTC+8)",
    ]


def test_an_edit_repeats_nothing() -> None:
    edit = a_delivery(kind=DeliveryKind.EDIT, maybe_sent=True)
    assert render(edit, a_chat(), zone=SHANGHAI).html.startswith("<b>")


def a_digest(*alerts: Alert, heading: str = "") -> Delivery:
    return a_delivery(kind=DeliveryKind.DIGEST, alert=None, gathered=alerts, notice=heading)


def test_a_digest_lists_its_alerts() -> None:
    urgent = an_alert(verdict=a_verdict(priority=Priority.BREAKING))
    message = render(a_digest(urgent, an_alert(), heading="Since 08:00"), a_chat(), zone=SHANGHAI)
    assert message.plain.split("\n\n") == [
        "Since 08:00",
        "• Digital yuan pilot reaches five more cities\n"
        "BREAKING · People's Bank of China · #ecny · 11-24 16:00\nhttps://www.pbc.gov.cn/en/1.html",
        "• Digital yuan pilot reaches five more cities\n"
        "People's Bank of China · #ecny · 11-24 16:00\nhttps://www.pbc.gov.cn/en/1.html",
    ]
    assert message.html.count("<a href=") == 2


def test_a_digest_tells_no_denied_story_as_true() -> None:
    denied = an_alert(story=a_story(standing=Standing.DENIED))
    message = render(a_digest(denied), a_chat(), zone=SHANGHAI)
    assert "\nDenied · People's Bank of China · #ecny" in message.plain


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
    follow_ups = {
        *(Reason.CONFIRMED, Reason.DENIED, Reason.CORRECTED, Reason.NEW_STAGE),
        *(Reason.HIGHER_TIER, Reason.CONTRADICTED, Reason.MORE_URGENT),
    }
    assert set(words.news) == follow_ups
    assert set(words.topics) == set(Topic)
    assert set(words.tiers) == set(Tier)
    assert set(words.authorities) == set(Authority)
    assert set(words.standings) == set(Standing)


def test_the_largest_digest_is_one_message_that_telegram_takes() -> None:
    one = an_alert(
        article=an_article(title="é<&" * 200, url="https://a.cn/".ljust(400, "&")),
        source_name="&" * 100,
        verdict=a_verdict(topics=tuple(Topic), priority=Priority.BREAKING),
    )
    message = render(a_digest(*[one] * 40), a_chat(language="zh"), zone=SHANGHAI)
    posted = understood({"chat_id": "1", "text": message.html, "parse_mode": "HTML"}, 1)
    assert posted.text.count("•") == MOST_IN_A_DIGEST
    assert "<a " not in message.html  # links that long would cost the room of many


def test_a_digest_of_ordinary_links_at_their_longest_fits_too() -> None:
    url = "https://a.cn/".ljust(400, "x")
    one = an_alert(article=an_article(title="数字人民币" * 60, url=url), source_name="人民银行" * 30)
    message = render(a_digest(*[one] * MOST_IN_A_DIGEST), a_chat(language="zh"), zone=SHANGHAI)
    posted = understood({"chat_id": "1", "text": message.html, "parse_mode": "HTML"}, 1)
    assert message.html.count("<a ") == MOST_IN_A_DIGEST
    assert utf16_length(posted.text) <= 4096


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
    assert message.plain.splitlines()[-1].endswith(f" {words}")


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


def test_everything_at_its_longest_still_fits() -> None:
    hits = tuple(a_hit(rule="r" * 50, points=1 / 3, matches=a_hit().matches) for _ in range(9))
    host = ".".join(["h" * 60] * 4)
    alert = an_alert(
        article=an_article(
            title="t" * 400,
            url=f"https://{host}/".ljust(2000, "&"),
            body=("The bank said so " + "very " * 20 + "often. ") * 2 + ("So " + "it " * 60 + "is. "),
        ),
        verdict=a_verdict(
            hits=hits,
            topics=tuple(Topic),
            authority=Authority.CENTRAL,
            priority=Priority.BREAKING,
            score=1e-300 / 3,
        ),
        source_name="s" * 200,
        story=a_story(standing=Standing.UNCONFIRMED),
        reports=tuple(a_report(letter * 200) for letter in "abcdefghij"),
    )
    message = render_alert(alert, zone=ZoneInfo("Asia/Kolkata"), repeat=True)
    understood({"chat_id": "1", "text": message.html, "parse_mode": "HTML"}, 1)
    assert 3_000 < utf16_length(message.plain) <= 4096


wild = st.text(max_size=400) | st.text(alphabet="<>&\"'a🇨\u0301\u200d 。.\n", max_size=6000)


@settings(max_examples=60, deadline=None)
@given(title=wild, body=wild, name=wild, url=st.text(max_size=30).map("https://a.cn/".__add__), term=wild)
def test_any_alert_is_one_message_that_telegram_takes(
    title: str, body: str, name: str, url: str, term: str
) -> None:
    match = a_hit().matches[0]
    hits = (
        a_hit(
            rule=name,
            matches=(match, *(type(match)(term=term, field=match.field, start=0, end=0, text=term),)),
        ),
    ) * 5
    alert = an_alert(
        article=an_article(title=title, body=body, url=url, language=""),
        verdict=a_verdict(hits=hits, topics=tuple(Topic), authority=Authority.PARTY),
        source_name=name,
        source_tier=Tier.UNRELIABLE,
    )
    message = render_alert(alert, zone=SHANGHAI, repeat=True)
    posted = understood({"chat_id": "1", "text": message.html, "parse_mode": "HTML"}, 1)
    assert "".join(posted.text.split()) == "".join(
        message.plain.replace(f"\n{safe_link(url)}\n", "\n", 1).split()
    )
    assert utf16_length(message.plain) <= 4096


@settings(max_examples=60, deadline=None)
@given(wild)
def test_any_notice_is_one_message_that_telegram_takes(text: str) -> None:
    understood({"chat_id": "1", "text": render_notice(text).html, "parse_mode": "HTML"}, 1)
