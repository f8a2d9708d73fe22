"""From rumour to primary text, or to its denial: how far a story is established, and what is told of it."""

import pytest

from monitor.core.model import Doctype, Kind, Reason, Standing, Tier
from monitor.core.standing import Role, Told, joined, opened, role_of, told_by
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


@pytest.mark.parametrize(
    ("title", "denies", "corrects"),
    [
        ("央行辟谣:未下发叫停通知", True, False),
        ("网传文件不实，网信办发布说明", True, False),
        ("PBOC denies ban on bitcoin accounts", True, False),
        ("关于代币的传闻系谣言", True, False),
        ("Regulator clarifies rules on mining", False, False),
        ("网信办开展打击网络谣言专项行动", False, False),
        ("中国互联网联合辟谣平台上线", False, False),
        ("更正：昨日报道有误", False, True),
        ("CORRECTION: the ban is not in force", False, True),
        ("央行开展数字人民币试点", False, False),
        ("PBOC widens digital yuan pilot", False, False),
    ],
)
def test_the_headline_says_whether_it_denies(title: str, denies: bool, corrects: bool) -> None:
    told = told_by(an_article(title=title), a_source())
    assert (told.denies, told.corrects) == (denies, corrects)
