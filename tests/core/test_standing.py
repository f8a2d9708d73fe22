"""From rumour to primary text, or to its denial: how far a story is established, and what is told of it."""

import pytest

from monitor.core.model import Doctype, Kind, Reason, Standing, Tier
from monitor.core.standing import Role, Told, denies, joined, merged, opened, role_of, told_by
from tests.builders import a_source, a_story, an_article

RUMOUR = Told(role=Role.RUMOUR, tier=Tier.UNRELIABLE)
PRESS = Told(role=Role.MARKET_MEDIA, tier=Tier.REPORTING)
TRADE_PRESS = Told(role=Role.MARKET_MEDIA, tier=Tier.COMMERCIAL)
STATE_PRESS = Told(role=Role.OFFICIAL_MEDIA, tier=Tier.STATE_CHANNEL)
TEXT = Told(role=Role.PRIMARY_TEXT, tier=Tier.AUTHORITY)


def denying(told: Told) -> Told:
    return Told(role=told.role, tier=told.tier, denies=True)


def correcting(told: Told) -> Told:
    return Told(role=told.role, tier=told.tier, corrects=True)


def commenting(told: Told, *, denies: bool = False) -> Told:
    return Told(role=told.role, tier=told.tier, doctype=Doctype.COMMENTARY, denies=denies)


@pytest.mark.parametrize(
    ("kind", "tier", "role"),
    [
        (Kind.OFFICIAL_MINISTRY, Tier.AUTHORITY, Role.PRIMARY_TEXT),
        (Kind.OFFICIAL_LOCAL, Tier.STATE_CHANNEL, Role.OFFICIAL_MEDIA),
        (Kind.STATE_MEDIA, Tier.STATE_CHANNEL, Role.OFFICIAL_MEDIA),
        (Kind.BUSINESS_MEDIA, Tier.REPORTING, Role.MARKET_MEDIA),
        (Kind.CRYPTO_MEDIA, Tier.UNRELIABLE, Role.RUMOUR),
        (Kind.LEGAL_TRANSLATION, Tier.REPORTING, Role.RESEARCH),
    ],
)
def test_the_role_of_a_source(kind: Kind, tier: Tier, role: Role) -> None:
    assert role_of(a_source(kind=kind, tier=tier)) is role


@pytest.mark.parametrize(
    ("told", "standing"),
    [
        (RUMOUR, Standing.UNCONFIRMED),
        (TRADE_PRESS, Standing.REPORTED),
        (STATE_PRESS, Standing.REPORTED),
        (TEXT, Standing.CONFIRMED),
        (denying(TEXT), Standing.REPORTED),
    ],
    ids=["rumour", "trade press", "state press", "primary text", "a denial is news itself"],
)
def test_the_first_report_gives_a_story_its_standing(told: Told, standing: Standing) -> None:
    story = opened(a_story(), told)
    assert (story.standing, story.tier) == (standing, told.tier)


@pytest.mark.parametrize(
    ("first", "then", "own", "standing", "reason"),
    [
        (RUMOUR, RUMOUR, False, Standing.UNCONFIRMED, None),
        (RUMOUR, PRESS, False, Standing.REPORTED, Reason.HIGHER_TIER),
        (RUMOUR, TEXT, False, Standing.CONFIRMED, Reason.CONFIRMED),
        (RUMOUR, correcting(RUMOUR), True, Standing.DENIED, Reason.CORRECTED),
        (PRESS, PRESS, False, Standing.REPORTED, None),
        (PRESS, STATE_PRESS, False, Standing.REPORTED, Reason.HIGHER_TIER),
        (STATE_PRESS, PRESS, False, Standing.REPORTED, None),
        (PRESS, TEXT, False, Standing.CONFIRMED, Reason.CONFIRMED),
        (PRESS, denying(STATE_PRESS), False, Standing.DENIED, Reason.DENIED),
        (PRESS, denying(PRESS), False, Standing.DENIED, Reason.DENIED),
        (PRESS, denying(TRADE_PRESS), False, Standing.REPORTED, Reason.CONTRADICTED),
        (PRESS, correcting(PRESS), False, Standing.REPORTED, None),
        (PRESS, correcting(PRESS), True, Standing.DENIED, Reason.CORRECTED),
        (PRESS, commenting(PRESS, denies=True), False, Standing.REPORTED, None),
        (TEXT, commenting(TRADE_PRESS, denies=True), False, Standing.CONFIRMED, None),
        (TEXT, denying(PRESS), False, Standing.CONFIRMED, Reason.CONTRADICTED),
        (TEXT, denying(TEXT), False, Standing.DENIED, Reason.DENIED),
        (TEXT, correcting(TEXT), True, Standing.CONFIRMED, None),
        (TEXT, TEXT, False, Standing.CONFIRMED, None),
    ],
    ids=[
        "rumour upon rumour",
        "the press takes a rumour up",
        "a rumour comes true",
        "a rumour is taken back",
        "more press",
        "the state press has it, too",
        "the press after the state press",
        "the text comes",
        "an official denial",
        "a denial in the press",
        "doubts of the trade press",
        "a correction of others",
        "a correction of its own",
        "an opinion denies",
        "old news, says an opinion",
        "the press denies what the text says",
        "the authority denies its text",
        "a text with a slip corrected",
        "the text again",
    ],
)
def test_another_report(
    first: Told, then: Told, own: bool, standing: Standing, reason: Reason | None
) -> None:
    story, news = joined(opened(a_story(), first), then, by_first_source=own)
    assert story.standing is standing
    assert (news.reason if news else None) is reason
    assert news is None or news.words


def test_what_is_denied_is_not_denied_twice_but_may_come_true() -> None:
    denied, _ = joined(opened(a_story(), PRESS), denying(STATE_PRESS), by_first_source=False)
    again, nothing = joined(denied, denying(TEXT), by_first_source=False)
    assert (again.standing, nothing) == (Standing.DENIED, None)
    true, news = joined(again, TEXT, by_first_source=False)
    assert true.standing is Standing.CONFIRMED
    assert news is not None


def test_a_draft_that_comes_into_force_is_a_new_stage() -> None:
    draft = Told(role=Role.MARKET_MEDIA, tier=Tier.REPORTING, doctype=Doctype.DRAFT)
    law = Told(role=Role.PRIMARY_TEXT, tier=Tier.AUTHORITY, doctype=Doctype.LAW)
    story, news = joined(opened(a_story(), draft), law, by_first_source=False)
    assert (story.standing, story.doctype) == (Standing.CONFIRMED, Doctype.LAW)
    assert news is not None
    assert news.reason is Reason.NEW_STAGE
    assert joined(story, law, by_first_source=False)[1] is None


DENIALS = (
    "央行辟谣：未下发叫停通知",
    "网传文件不实，网信办发布说明",
    "央行：网传禁止银行为比特币交易服务的消息不属实",
    "关于代币的传闻系谣言",
    "工信部：有关算力补贴的报道与事实不符",
    "证监会：没有要求券商停止代币业务",
    "发改委有关负责人否认将出台挖矿禁令",
    "数字人民币收费？纯属虚构",
    "网信办：该通知系伪造",
    "PBOC denies ban on bitcoin accounts",
    "China's central bank says report of crypto ban is false",
    "Regulator dismisses rumours of a data export freeze",
    "Ministry: report that chip subsidies end is groundless",
    "China's commerce ministry has not issued any such notice, spokesperson says",
)
NO_DENIALS = (
    "央行开展数字人民币试点",
    "网信办开展打击网络谣言专项行动",
    "中国互联网联合辟谣平台上线",
    "网信办上线涉企辟谣专区",
    "市场监管总局查处备案文件不实的企业",
    "网信办处置一批报道不实信息的账号",
    "不可否认，平台经济监管仍在加强",
    "央行尚未发布数字人民币利息细则",
    "此前从未发布的细则今日公开",
    "PBOC widens digital yuan pilot",
    "Regulator clarifies rules on mining",
    "China denies approval for Nvidia H20 purchases",
    "Beijing denies Micron's application",
    "Court denies Tencent appeal in game copyright case",
    "Chinese firms denied access to Nvidia chips",
    "Nvidia denies violating China's antitrust law",
)


@pytest.mark.parametrize("title", DENIALS)
def test_a_headline_that_denies(title: str) -> None:
    assert told_by(an_article(title=title), a_source()).denies
    assert denies(title)


@pytest.mark.parametrize("title", NO_DENIALS)
def test_a_headline_that_denies_nothing(title: str) -> None:
    assert not told_by(an_article(title=title), a_source()).denies
    assert not denies(title)


@pytest.mark.parametrize(
    ("title", "corrects"),
    [
        ("更正：昨日报道有误", True),
        ("【更正】央行并无此通知", True),
        ("CORRECTION: the ban is not in force", True),
        ("Newspaper retracts report on crypto ban", True),
        ("China tech stocks enter correction after crackdown", False),
        ("个人信息更正权指南发布", False),
        ("Rules on correction of personal information records", False),
    ],
)
def test_a_headline_that_takes_something_back(title: str, corrects: bool) -> None:
    assert told_by(an_article(title=title), a_source()).corrects is corrects


def test_an_authority_that_answers_reports_confirms_nothing() -> None:
    answer = told_by(
        an_article(title="网信办有关负责人就网传禁令答记者问"),
        a_source(kind=Kind.OFFICIAL_CENTRAL, tier=Tier.AUTHORITY),
    )
    story, news = joined(opened(a_story(), RUMOUR), answer, by_first_source=False)
    assert story.standing is Standing.REPORTED
    assert news is not None
    assert (news.reason, news.words) == (Reason.HIGHER_TIER, "now also told by the authority itself")
    assert opened(a_story(), answer).standing is Standing.REPORTED


def test_a_comment_of_the_press_lifts_a_rumour_and_nothing_else() -> None:
    lifted, news = joined(opened(a_story(), RUMOUR), commenting(PRESS), by_first_source=False)
    assert lifted.standing is Standing.REPORTED
    assert news is not None
    assert joined(opened(a_story(), RUMOUR), commenting(RUMOUR), by_first_source=False)[1] is None
    assert joined(lifted, commenting(STATE_PRESS), by_first_source=False) == (lifted, None)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (Told(role=Role.MARKET_MEDIA, tier=Tier.REPORTING, doctype=Doctype.MEASURES), None),
        (
            Told(role=Role.OFFICIAL_MEDIA, tier=Tier.STATE_CHANNEL, doctype=Doctype.MEASURES),
            Reason.HIGHER_TIER,
        ),
        (
            Told(role=Role.OFFICIAL_MEDIA, tier=Tier.STATE_CHANNEL, doctype=Doctype.LAW, takes_effect=True),
            Reason.NEW_STAGE,
        ),
        (Told(role=Role.PRIMARY_TEXT, tier=Tier.AUTHORITY, doctype=Doctype.LAW), Reason.NEW_STAGE),
    ],
    ids=["the press forgets the word draft", "so does the state press", "it says so", "the text"],
)
def test_a_draft_is_in_force_when_the_text_or_the_state_press_says_so(
    told: Told, reason: Reason | None
) -> None:
    draft = Told(role=Role.MARKET_MEDIA, tier=Tier.REPORTING, doctype=Doctype.DRAFT)
    _, news = joined(opened(a_story(), draft), told, by_first_source=False)
    assert (news.reason if news else None) is reason


@pytest.mark.parametrize(
    ("into", "gone", "standing", "reason"),
    [
        (Standing.REPORTED, Standing.REPORTED, Standing.REPORTED, None),
        (Standing.REPORTED, Standing.UNCONFIRMED, Standing.REPORTED, None),
        (Standing.UNCONFIRMED, Standing.REPORTED, Standing.REPORTED, Reason.HIGHER_TIER),
        (Standing.REPORTED, Standing.CONFIRMED, Standing.CONFIRMED, Reason.CONFIRMED),
        (Standing.REPORTED, Standing.DENIED, Standing.DENIED, Reason.DENIED),
        (Standing.CONFIRMED, Standing.DENIED, Standing.CONFIRMED, Reason.CONTRADICTED),
        (Standing.DENIED, Standing.CONFIRMED, Standing.CONFIRMED, Reason.CONFIRMED),
        (Standing.DENIED, Standing.REPORTED, Standing.DENIED, None),
    ],
)
def test_two_stories_that_are_one(
    into: Standing, gone: Standing, standing: Standing, reason: Reason | None
) -> None:
    found, news = merged(a_story(standing=into), a_story(id=2, standing=gone))
    assert found is standing
    assert (news.reason if news else None) is reason
