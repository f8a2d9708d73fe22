"""One event, one message that stays true: from the first report to the primary text, or to the denial."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from alerts.digests import Digester
from monitor.core.messages import Delivery
from monitor.core.model import Kind, Priority, Reason, Source, Standing, Tier
from monitor.core.settings import AlertPolicy, DigestPlan, Every
from monitor.intake import Taken
from monitor.placing import merge
from tests.builders import NOW, a_chat, a_config
from tests.newsroom import Fixed, Newsroom, outlet

PBC = outlet("PBOC", Tier.AUTHORITY, Kind.OFFICIAL_MINISTRY)
CAC = outlet("Cyberspace Administration", Tier.AUTHORITY, Kind.OFFICIAL_CENTRAL)
XINHUA = outlet("Xinhua", Tier.STATE_CHANNEL, Kind.STATE_MEDIA)
REUTERS = outlet("Reuters")
CAIXIN = outlet("财新")
COINDESK = outlet("CoinDesk", Tier.COMMERCIAL, Kind.CRYPTO_MEDIA)
CHATTER = outlet("Weibo chatter", Tier.UNRELIABLE, Kind.CRYPTO_MEDIA)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    newsroom = Newsroom.opened(tmp_path)
    yield newsroom
    newsroom.store.close()


def test_more_reports_of_one_event_edit_its_message_once(room: Newsroom) -> None:
    room.report(REUTERS, "China's cyberspace regulator issues rules on labelling AI-generated content", NOW)
    (alert,) = room.deliver(NOW)
    room.report(COINDESK, "China issues rules for labelling AI-generated content", NOW + 2 * MINUTE)
    room.report(CAIXIN, "国家网信办发布人工智能生成合成内容标识办法", NOW + 2.5 * MINUTE)
    assert room.deliver(NOW + 2.6 * MINUTE) == []
    (edit,) = room.deliver(NOW + 4 * MINUTE)
    assert "Also reported by" not in alert
    assert edit.startswith("[edit] China's cyberspace regulator issues rules")
    assert edit.endswith("Also reported by: CoinDesk 16:02, 财新 16:02")
    assert room.deliver(NOW + HOUR) == []


def test_the_primary_text_is_a_reply_and_changes_the_message(room: Newsroom) -> None:
    room.report(REUTERS, "China's central bank issues new rules on digital yuan wallets", NOW)
    room.deliver(NOW)
    taken = room.report(PBC, "中国人民银行发布数字人民币钱包管理新规", NOW + 10 * MINUTE)
    assert taken.story.standing is Standing.CONFIRMED
    (reply,) = room.deliver(NOW + 10 * MINUTE)
    assert reply.startswith(
        "[reply] Confirmed: PBOC has published the text\n中国人民银行发布数字人民币钱包管理新规"
    )
    (edit,) = room.deliver(NOW + 12 * MINUTE)
    assert "Confirmed by the primary text" in edit.splitlines()
    assert room.report(PBC, "中国人民银行发布数字人民币钱包管理新规（全文）", NOW + HOUR).queued is False


def test_two_notices_with_one_title_and_two_numbers_are_two_stories(room: Newsroom) -> None:
    first = room.report(PBC, "中国人民银行关于支付机构备付金管理的公告（〔2026〕第5号）", NOW)
    second = room.report(PBC, "中国人民银行关于支付机构备付金管理的公告（〔2026〕第6号）", NOW + HOUR)
    assert first.story.id != second.story.id


def test_a_notice_with_and_without_its_number_is_one_story(room: Newsroom) -> None:
    title = "关于进一步防范和处置虚拟货币交易炒作风险的通知"
    first = room.report(PBC, f"{title}（银发〔2026〕237号）", NOW)
    second = room.report(XINHUA, f"央行等十部门发布{title}", NOW + HOUR)
    assert first.story.id == second.story.id


def test_a_rumour_is_silent_until_the_press_tells_it(room: Newsroom) -> None:
    rumour = "China's central bank to ban all stablecoin trading, source says"
    first = room.report(CHATTER, rumour, NOW)
    assert (first.decision.reason, first.story.standing) == (Reason.RUMOUR, Standing.UNCONFIRMED)
    second = room.report(REUTERS, "China's central bank to ban all stablecoin trading", NOW + HOUR)
    assert second.story.id == first.story.id
    assert (second.decision.reason, second.story.standing) == (Reason.NEW_STORY, Standing.REPORTED)
    (alert,) = room.deliver(NOW + HOUR)
    assert "Also reported by: Weibo chatter 16:00" in alert


def test_a_desk_that_wants_rumours_sees_them_marked(tmp_path: Path) -> None:
    room = Newsroom.opened(tmp_path, policy=AlertPolicy(rumours=True))
    room.report(CHATTER, "China's central bank to ban all stablecoin trading, source says", NOW)
    (alert,) = room.deliver(NOW)
    assert "Unconfirmed: told by unreliable sources only" in alert.splitlines()
    room.store.close()


def test_a_muted_story_stays_quiet(room: Newsroom) -> None:
    taken = room.report(REUTERS, "China's central bank issues new rules on digital yuan wallets", NOW)
    room.deliver(NOW)
    with room.store.work() as work:
        work.mute_story(taken.story.id, NOW)
    room.report(PBC, "中国人民银行发布数字人民币钱包管理新规", NOW + 10 * MINUTE)
    assert room.deliver(NOW + HOUR) == []


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("央行发布关于防范虚拟货币交易炒作风险的通知（银发〔2021〕237号）", Reason.RECIRCULATED),
        ("央行废止关于防范虚拟货币交易炒作风险的通知（银发〔2021〕237号）", Reason.NEW_STORY),
    ],
    ids=["passed on", "repealed"],
)
def test_an_old_document_does_not_alert_as_new(room: Newsroom, title: str, reason: Reason) -> None:
    assert room.report(CAIXIN, title, NOW).decision.reason is reason


def test_a_document_seen_weeks_ago_does_not_alert_again(room: Newsroom) -> None:
    title = "国家网信办发布关于加强算法推荐治理的通知（国信办〔2026〕12号）"
    room.report(CAC, title, NOW)
    room.deliver(NOW)
    again = room.report(CAIXIN, title, NOW + 30 * DAY)
    assert again.decision.reason is Reason.RECIRCULATED
    assert "first seen on 2026-11-24" in again.decision.words


def test_every_report_says_why_it_belongs_where_it_is(room: Newsroom) -> None:
    room.report(REUTERS, "China's cyberspace regulator issues rules on labelling AI-generated content", NOW)
    joined = room.report(CAIXIN, "国家网信办发布人工智能生成合成内容标识办法", NOW + MINUTE)
    (_, second) = room.store.articles_of(joined.story.id)
    kept = room.store.kept(second)
    assert kept is not None
    assert "like “china's cyberspace regulator issues rules" in kept.placed[0]


def test_the_same_text_under_another_headline_is_the_same_story(room: Newsroom) -> None:
    text = (
        "The regulator will require operators of recommendation systems to file their algorithms within ten "
        "working days. Providers must explain the logic of ranking to users and offer a switch that turns it "
        "off. Fines reach one hundred thousand yuan. Firms have until March to comply with the new duties, "
        "officials told reporters after a meeting with the largest platforms in the capital today. Local "
        "branches will check the filings every quarter and publish the names of firms that fail to respond."
    )
    first = room.report(REUTERS, "China tells platforms to file their algorithms", NOW, body=text)
    copy = room.report(COINDESK, "Ten days to come clean", NOW + HOUR, body=f"{text} More follows.")
    assert copy.story.id == first.story.id


# ── replays, in our own words with the real dates ──


def test_replay_of_the_bitcoin_rumour_of_march_2014(room: Newsroom) -> None:
    """A flash said that the central bank had ordered an end of bitcoin trading; 86 minutes later it was
    taken back and the bank denied it."""
    flash = datetime(2014, 3, 21, 7, 20, tzinfo=UTC)
    first = room.report(CAIXIN, "快讯：央行下令4月15日前停止一切比特币交易", flash)
    assert first.decision.reason is Reason.NEW_STORY
    room.deliver(flash)
    price = room.report(COINDESK, "Bitcoin price drops eight percent within the hour", flash + 30 * MINUTE)
    assert price.decision.reason is Reason.NOT_RELEVANT
    assert price.story.id != first.story.id
    denial = flash + 86 * MINUTE
    second = room.report(PBC, "央行否认下令4月15日前停止一切比特币交易", denial)
    assert second.story.id == first.story.id
    assert second.story.standing is Standing.DENIED
    (reply,) = room.deliver(denial)
    assert reply.startswith("[reply] Denied, according to PBOC\n央行否认下令")
    (edit,) = room.deliver(denial + 2 * MINUTE)
    assert "Denied" in edit.splitlines()
    assert len(room.read) == 3


def test_replay_of_the_notice_of_september_2021(room: Newsroom) -> None:
    """Ten departments published on 24 September a notice dated the 15th; a commentator called it old news."""
    out = datetime(2021, 9, 24, 9, 0, tzinfo=UTC)
    title = "中国人民银行等十部门发布《关于进一步防范和处置虚拟货币交易炒作风险的通知》"
    first = room.report(PBC, f"{title}（银发〔2021〕237号）", out)
    assert (first.decision.reason, first.story.standing) == (Reason.NEW_STORY, Standing.CONFIRMED)
    (alert,) = room.deliver(out)
    assert "Confirmed by the primary text" in alert
    english = room.report(
        REUTERS,
        "China's central bank and nine agencies issue notice against virtual currency trading",
        out + 9 * MINUTE,
    )
    assert english.story.id == first.story.id
    comment = room.report(
        CHATTER,
        "Commentary: China's notice against virtual currency trading is old news, it is dated September 15",
        out + 40 * MINUTE,
    )
    assert comment.queued is False
    (edit,) = room.deliver(out + HOUR)
    assert edit.startswith("[edit] ")
    assert "Denied" not in edit
    story = room.store.story(first.story.id)
    assert story is not None
    assert story.standing is Standing.CONFIRMED
    assert [one.kind.value for one in room.read] == ["alert", "edit"]


def test_a_report_that_links_two_stories_joins_them(room: Newsroom) -> None:
    english = room.report(REUTERS, "China tightens digital yuan wallet limits for tourists", NOW)
    chinese = room.report(CAIXIN, "数字人民币钱包分级限额调整 央行发布新规", NOW + MINUTE)
    assert english.story.id != chinese.story.id
    room.report(XINHUA, "数字人民币钱包分级限额调整 境外游客限额收紧", NOW + HOUR)
    gone = room.store.story(chinese.story.id)
    assert gone is not None
    assert gone.merged_into == english.story.id
    assert len(room.store.articles_of(english.story.id)) == 3


def test_news_of_a_joined_story_names_who_has_it_not_who_linked_the_two(room: Newsroom) -> None:
    english = room.report(REUTERS, "China tightens digital yuan wallet limits for tourists", NOW)
    text = room.report(PBC, "数字人民币钱包分级限额调整 央行发布新规", NOW + MINUTE)
    assert english.story.id != text.story.id
    room.deliver(NOW + MINUTE)
    room.report(XINHUA, "数字人民币钱包分级限额调整 境外游客限额收紧", NOW + HOUR)
    replies = [one for one in room.deliver(NOW + HOUR) if one.startswith("[reply] ")]
    assert [one.splitlines()[0] for one in replies] == ["[reply] Confirmed: PBOC has published the text"]


def test_the_message_of_a_story_that_was_joined_says_where_it_went(room: Newsroom) -> None:
    english = room.report(REUTERS, "China tightens digital yuan wallet limits for tourists", NOW)
    chinese = room.report(CAIXIN, "数字人民币钱包分级限额调整 央行发布新规", NOW + MINUTE)
    assert english.story.id != chinese.story.id
    room.deliver(NOW + MINUTE)
    with room.store.work() as work:
        into, gone = work.find_story(english.story.id), work.find_story(chinese.story.id)
        assert into is not None
        assert gone is not None
        whole, news = merge(work, into, gone, NOW + HOUR)
        work.save_story(whole)
    assert news is None
    (edit,) = room.deliver(NOW + HOUR)
    assert edit.startswith("[edit] 数字人民币钱包分级限额调整")
    assert "Same event as: China tightens digital yuan wallet limits for tourists" in edit.splitlines()


# ── who hears of it, and when ──


EVENING = DigestPlan(every=Every.DAILY, at=time(20))


def story_of(room: Newsroom, *reports: tuple[Source, str, Priority], at: datetime = NOW) -> list[Taken]:
    """Reports of one event, a minute apart, with the urgency each is judged to have."""
    taken = []
    for number, (source, title, priority) in enumerate(reports):
        room.judge = Fixed(priority)
        taken.append(room.report(source, title, at + number * MINUTE))
    assert len({one.story.id for one in taken}) == 1
    return taken


TITLE = "China's cyberspace regulator issues rules on generative AI services"


def test_chats_the_first_report_did_not_reach_hear_of_a_later_one(tmp_path: Path) -> None:
    room = Newsroom.opened(tmp_path, a_chat("all"), a_chat("urgent", at_least=Priority.BREAKING, id="8"))
    story_of(room, (REUTERS, TITLE, Priority.NORMAL))
    assert [one.chat for one in told(room, NOW)] == ["all"]
    story_of(room, (CAIXIN, TITLE, Priority.BREAKING), at=NOW + 5 * MINUTE)
    assert sorted((one.chat, one.kind.value) for one in told(room, NOW + 5 * MINUTE)) == [
        ("all", "follow-up"),
        ("urgent", "alert"),
    ]
    room.store.close()


def test_a_more_urgent_report_frees_a_story_that_waited_for_the_digest(tmp_path: Path) -> None:
    room = Newsroom.opened(tmp_path, a_chat(instant=Priority.BREAKING, digest=EVENING))
    story_of(room, (REUTERS, TITLE, Priority.NORMAL), (CAIXIN, TITLE, Priority.BREAKING))
    assert [one.kind.value for one in told(room, NOW + MINUTE)] == ["alert"]
    room.store.close()


def test_what_turned_out_false_stands_as_denied_in_the_digest(tmp_path: Path) -> None:
    room = Newsroom.opened(tmp_path, a_chat(instant=Priority.BREAKING, digest=EVENING))
    story_of(
        room,
        (REUTERS, "China's central bank to stop all stablecoin trading", Priority.NORMAL),
        (XINHUA, "China's central bank denies it will stop all stablecoin trading", Priority.NORMAL),
    )
    story_of(room, (REUTERS, TITLE, Priority.NORMAL), at=NOW + HOUR)
    evening = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    Digester(room.store, config=lambda: a_config(chats=room.chats)).fold_due(evening)
    (digest,) = room.deliver(evening)
    assert "to stop all stablecoin trading\nDenied · Reuters" in digest


def told(room: Newsroom, at: datetime) -> list[Delivery]:
    """The deliveries that went out now."""
    before = len(room.read)
    room.deliver(at)
    return room.read[before:]
