"""Whatever a feed sends, and however long: each message is one that Telegram takes."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.harmless import safe_link, utf16_length
from alerts.labels import labels
from alerts.render import render
from monitor.core.digest import MOST_IN_A_DIGEST
from monitor.core.messages import Alert, Delivery, DeliveryKind, MachineText, Message, Report
from monitor.core.model import Authority, Priority, Reason, Standing, StoryId, Tier, Topic
from monitor.core.settings import Addition, Template
from tests.builders import NOW, a_chat, a_delivery, a_hit, a_story, a_verdict, an_alert, an_article
from tests.telegram_server import understood

SHANGHAI = ZoneInfo("Asia/Shanghai")


def a_report(source_name: str) -> Report:
    return Report(source_name=source_name, source_tier=Tier.REPORTING, title="t", url="", seen_at=NOW)


def a_digest(*alerts: Alert, heading: str = "") -> Delivery:
    return a_delivery(kind=DeliveryKind.DIGEST, alert=None, gathered=alerts, notice=heading)


def test_the_largest_digest_is_one_message_that_telegram_takes() -> None:
    one = an_alert(
        article=an_article(title="é<&" * 200, url="https://a.cn/".ljust(400, "&")),
        source_name="&" * 100,
        verdict=a_verdict(topics=tuple(Topic), priority=Priority.BREAKING),
    )
    message = render(a_digest(*[one] * MOST_IN_A_DIGEST), a_chat(language="zh"), zone=SHANGHAI)
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


@pytest.mark.parametrize("mark", ["'", '"', "&"])
def test_a_link_is_as_long_as_it_is_written(mark: str) -> None:
    one = an_alert(article=an_article(title="t&" * 100, url="https://a.cn/".ljust(400, mark)))
    message = render(a_digest(*[one] * MOST_IN_A_DIGEST), a_chat(), zone=SHANGHAI)
    assert taken_by_telegram(message) <= 4096
    assert "<a " not in message.html


def test_a_catch_up_digest_counts_what_is_in_it_now() -> None:
    digest = replace(a_digest(an_alert(), an_alert(), heading="Catch-up digest: 1 alert"), key="catch-up:1")
    assert render(digest, a_chat(), zone=SHANGHAI).plain.startswith("Catch-up digest: 2 alerts\n")
    assert render(digest, a_chat(language="zh"), zone=SHANGHAI).plain.startswith("补发汇总：2 条\n")


def test_a_plain_digest_leaves_out_links_rather_than_alerts() -> None:
    def one(number: int, length: int) -> Alert:
        url = f"https://a.cn/{number}/".ljust(length, "x")
        return an_alert(article=an_article(title="t" * 400, url=url), story=a_story(id=number))

    lengths = [1_900, *[200] * (MOST_IN_A_DIGEST - 1)]
    alerts = [one(number, length) for number, length in enumerate(lengths)]
    plain = render(a_digest(*alerts), a_chat(), zone=SHANGHAI).plain
    assert plain.count("•") == MOST_IN_A_DIGEST
    assert utf16_length(plain) <= 4096
    assert 0 < plain.count("https://") < MOST_IN_A_DIGEST
    short = render(a_digest(one(1, 60), one(2, 60)), a_chat(), zone=SHANGHAI).plain
    assert short.count("\nhttps://a.cn/") == 2


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
    message = render(a_delivery(alert=alert, maybe_sent=True), a_chat(), zone=ZoneInfo("Asia/Kolkata"))
    understood({"chat_id": "1", "text": message.html, "parse_mode": "HTML"}, 1)
    assert 3_000 < utf16_length(message.plain) <= 4096


HUGE = 2**63 - 1


def the_largest_alert(reason: Reason, addition: Addition, language: str, title: str) -> Alert:
    """Every part of it longer than its cap."""
    text = MachineText(kind=addition, language=language, text="m&" * 2_000, model="l" * 200, made_at=NOW)
    days_apart = replace(a_report("a" * 200), seen_at=NOW - timedelta(days=9))
    return an_alert(
        article=an_article(
            title=title,
            url=f"https://{'.'.join(['h' * 62] * 4)}.c/".ljust(2000, "&"),
            body=("So the bank said " + "very & " * 20 + "often. ") * 9,
        ),
        verdict=a_verdict(
            hits=tuple(a_hit(rule="r&" * 50, points=1 / 3) for _ in range(1_001)),
            topics=tuple(Topic),
            authority=Authority.CENTRAL,
            priority=Priority.BREAKING,
            score=-1.23456e300,
            threshold=-1.23456e300,
        ),
        source_name="s&" * 100,
        source_tier=Tier.AUTHORITY,
        story=a_story(id=1, merged_into=StoryId(HUGE), title="o&" * 400, standing=Standing.CONFIRMED),
        reports=tuple(replace(days_apart, source_name=letter * 200) for letter in "abcdefghij"),
        reason=reason,
        texts=(text,),
    )


def taken_by_telegram(message: Message) -> int:
    """The length that Telegram counts. Raises RefusalError."""
    posted = understood({"chat_id": "1", "text": message.html, "parse_mode": "HTML"}, 1)
    return utf16_length(posted.text)


@pytest.mark.parametrize("title", ["t&" * 400, "🇨🇳" * 400, "网传禁令不属实" * 80], ids=["&", "flags", "zh"])
@pytest.mark.parametrize("addition", list(Addition))
@pytest.mark.parametrize("template", list(Template))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_largest_message_of_each_kind_fits(
    language: str, template: Template, addition: Addition, title: str
) -> None:
    chat = a_chat(language=language, template=template, machine=addition)
    for kind, reason in [
        (DeliveryKind.ALERT, Reason.NEW_STORY),
        (DeliveryKind.EDIT, Reason.NEW_STORY),
        *((DeliveryKind.FOLLOW_UP, reason) for reason in (*labels(language).news, Reason.MORE_URGENT)),
    ]:
        alert = the_largest_alert(reason, addition, language, title)
        delivery = a_delivery(kind=kind, alert=alert, maybe_sent=True)
        message = render(delivery, chat, zone=ZoneInfo("Asia/Kolkata"), buttons=True)
        assert taken_by_telegram(message) <= 4096
        assert utf16_length(message.plain) <= 4096
        if kind is DeliveryKind.ALERT:
            assert len(message.html.splitlines()) == (9 if template is Template.FULL else 5)


@pytest.mark.parametrize("standing", [None, *Standing])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_largest_digest_fits_with_every_standing(language: str, standing: Standing | None) -> None:
    story = a_story(id=HUGE, standing=standing) if standing else a_story(merged_into=StoryId(HUGE))
    one = replace(
        the_largest_alert(Reason.NEW_STORY, Addition.ABSTRACT, language, "t&" * 400),
        story=story,
        verdict=a_verdict(topics=(Topic.BLOCKCHAIN, Topic.STRATEGY, Topic.AI), priority=Priority.BREAKING),
    )
    one = replace(one, article=replace(one.article, url="https://a.cn/".ljust(400, "x")))
    delivery = replace(a_digest(*[one] * MOST_IN_A_DIGEST, heading="h&" * 400), maybe_sent=True)
    message = render(delivery, a_chat(language=language), zone=SHANGHAI)
    assert message.html.count("<a ") == MOST_IN_A_DIGEST
    assert taken_by_telegram(message) <= 4096
    assert utf16_length(message.plain) <= 4096
    assert message.plain.count("• ") == MOST_IN_A_DIGEST


def test_the_largest_notice_fits() -> None:
    delivery = a_delivery(kind=DeliveryKind.NOTICE, alert=None, notice="n&\n" * 4_000, maybe_sent=True)
    assert taken_by_telegram(render(delivery, a_chat(), zone=SHANGHAI)) <= 4096


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
    message = render(a_delivery(alert=alert, maybe_sent=True), a_chat(), zone=SHANGHAI)
    posted = understood({"chat_id": "1", "text": message.html, "parse_mode": "HTML"}, 1)
    assert "".join(posted.text.split()) == "".join(
        message.plain.replace(f"\n{safe_link(url)}\n", "\n", 1).split()
    )
    assert utf16_length(message.plain) <= 4096


@settings(max_examples=60, deadline=None)
@given(wild)
def test_any_notice_is_one_message_that_telegram_takes(text: str) -> None:
    notice = a_delivery(kind=DeliveryKind.NOTICE, alert=None, notice=text)
    assert taken_by_telegram(render(notice, a_chat(), zone=SHANGHAI)) <= 4096
