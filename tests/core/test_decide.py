"""What becomes of an article, and the reason given."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.decide import (
    Desk,
    age,
    at_once,
    chats_for,
    decide,
    follow_up_turns,
    more_urgent,
    out_of_quiet,
    quiet_until,
)
from monitor.core.model import ChatName, Decision, Due, Hold, Priority, Reason, RuleId, Send, Standing, Topic
from monitor.core.settings import AlertPolicy, DigestPlan, Every, QuietHours
from tests.builders import NOW, a_chat, a_story, a_verdict, an_article, not_relevant

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = QuietHours(start=time(23), end=time(7))
DAY = timedelta(days=1)
BREAKING_ONLY = a_chat(instant=Priority.BREAKING, digest=DigestPlan(every=Every.DAILY, at=time(8)))


def decided(**changes: object) -> Decision:
    values: dict[str, object] = {
        "article": an_article(),
        "verdict": a_verdict(),
        "story": a_story(),
        "chats": (a_chat(),),
        "policy": AlertPolicy(timezone=SHANGHAI),
        "owed_today": {},
        "first_sight": False,
        "now": NOW,
    }
    values.update(changes)
    values["desk"] = Desk(
        chats=values.pop("chats"),  # type: ignore[arg-type]
        policy=values.pop("policy"),  # type: ignore[arg-type]
        owed_today=values.pop("owed_today"),  # type: ignore[arg-type]
    )
    return decide(
        values.pop("article"),  # type: ignore[arg-type]
        values.pop("verdict"),  # type: ignore[arg-type]
        values.pop("story"),  # type: ignore[arg-type]
        **values,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, Reason.NEW_STORY),
        ({"verdict": not_relevant()}, Reason.NOT_RELEVANT),
        ({"story": a_story(alerted_at=NOW), "told": ("desk",)}, Reason.ALREADY_ALERTED),
        ({"story": a_story(alerted_at=NOW), "told": ("other",)}, Reason.NEW_STORY),
        ({"story": a_story(alerted_at=NOW), "told": ("desk",), "chats": ()}, Reason.ALREADY_ALERTED),
        ({"article": an_article(published_at=NOW - 8 * DAY)}, Reason.TOO_OLD),
        ({"article": an_article(published_at=NOW - 6 * DAY)}, Reason.NEW_STORY),
        ({"article": an_article(published_at=None)}, Reason.NEW_STORY),
        ({"article": an_article(published_at=None), "first_sight": True}, Reason.BACKLOG),
        ({"article": an_article(published_at=NOW - 2 * DAY), "first_sight": True}, Reason.BACKLOG),
        ({"article": an_article(published_at=NOW - DAY / 2), "first_sight": True}, Reason.NEW_STORY),
        ({"chats": ()}, Reason.NO_CHAT),
        ({"chats": (a_chat(topics=(Topic.CHIPS,)),)}, Reason.NO_CHAT),
        ({"chats": (a_chat(at_least=Priority.BREAKING),)}, Reason.NO_CHAT),
        ({"story": a_story(muted_at=NOW)}, Reason.MUTED),
        ({"story": a_story(standing=Standing.UNCONFIRMED)}, Reason.RUMOUR),
        (
            {"story": a_story(standing=Standing.UNCONFIRMED), "policy": AlertPolicy(rumours=True)},
            Reason.NEW_STORY,
        ),
        ({"old_document": "the document of 2021-09-15"}, Reason.RECIRCULATED),
        ({"chats": (BREAKING_ONLY,)}, Reason.DIGEST),
        ({"chats": (BREAKING_ONLY,), "verdict": a_verdict(priority=Priority.BREAKING)}, Reason.NEW_STORY),
        ({"chats": (BREAKING_ONLY, a_chat("all"))}, Reason.NEW_STORY),
        ({"chats": (a_chat(daily_cap=2),), "owed_today": {"desk": 1}}, Reason.NEW_STORY),
        ({"chats": (a_chat(daily_cap=2),), "owed_today": {"desk": 2}}, Reason.DAILY_CAP),
    ],
    ids=[
        "new story",
        "below the threshold",
        "story alerted before",
        "story alerted before, to others",
        "story alerted before to a chat that is gone",
        "older than the limit",
        "within the limit",
        "undated later on",
        "undated at first sight",
        "old at first sight",
        "fresh at first sight",
        "no chats",
        "another topic",
        "not urgent enough",
        "muted story",
        "a rumour",
        "a rumour where rumours are welcome",
        "an old document passed on",
        "not urgent enough to come at once",
        "urgent enough to come at once",
        "at once for one chat is enough",
        "below the daily cap",
        "above the daily cap",
    ],
)
def test_every_article_gets_its_reason(changes: dict[str, object], reason: Reason) -> None:
    decision = decided(**changes)
    assert decision.reason is reason
    assert decision.words


def test_quiet_hours_hold_until_they_end() -> None:
    midnight = datetime(2026, 11, 24, 0, 30, tzinfo=SHANGHAI)
    policy = AlertPolicy(timezone=SHANGHAI, quiet=NIGHT)
    decision = decided(policy=policy, now=midnight.astimezone(UTC), article=an_article(published_at=midnight))
    assert isinstance(decision, Hold)
    assert decision.due == (
        Due(chat=ChatName("desk"), gather_until=datetime(2026, 11, 24, 7, tzinfo=SHANGHAI)),
    )


@pytest.mark.parametrize(
    ("hour", "priority"),
    [(0, Priority.BREAKING), (12, Priority.NORMAL)],
    ids=["breaking passes at night", "daytime"],
)
def test_quiet_hours_let_pass(hour: int, priority: Priority) -> None:
    now = datetime(2026, 11, 24, hour, 30, tzinfo=SHANGHAI)
    policy = AlertPolicy(timezone=SHANGHAI, quiet=NIGHT)
    decision = decided(
        policy=policy, now=now, verdict=a_verdict(priority=priority), article=an_article(published_at=now)
    )
    assert isinstance(decision, Send)


@pytest.mark.parametrize(
    ("quiet", "clock", "until"),
    [
        (NIGHT, (24, 23, 30), (25, 7, 0)),
        (NIGHT, (24, 6, 59), (24, 7, 0)),
        (NIGHT, (24, 7, 0), None),
        (QuietHours(start=time(12), end=time(14)), (24, 13, 0), (24, 14, 0)),
        (QuietHours(start=time(12), end=time(14)), (24, 15, 0), None),
    ],
    ids=["before midnight", "after midnight", "the end itself", "at noon", "after noon"],
)
def test_quiet_span(
    quiet: QuietHours, clock: tuple[int, int, int], until: tuple[int, int, int] | None
) -> None:
    ends = quiet_until(quiet, datetime(2026, 11, *clock, tzinfo=SHANGHAI))
    assert ends == (datetime(2026, 11, *until, tzinfo=SHANGHAI) if until else None)


@pytest.mark.parametrize(
    ("minutes", "until"),
    [(0, 45), (10, 45), (60, 105), (70, 105), (50, None), (110, None)],
    ids=["first 02:00", "first 02:10", "second 02:00", "second 02:10", "first 02:50", "second 02:50"],
)
def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_in_the_future(
    minutes: int, until: int | None
) -> None:
    two = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 02:00 of summer in Berlin
    policy = AlertPolicy(
        timezone=ZoneInfo("Europe/Berlin"), quiet=QuietHours(start=time(23), end=time(2, 45))
    )
    ends = out_of_quiet(policy, two + timedelta(minutes=minutes))
    assert ends == (None if until is None else two + timedelta(minutes=until))


@pytest.mark.parametrize(
    ("changes", "topics", "taken"),
    [
        ({}, (Topic.ECNY,), True),
        ({"topics": (Topic.CHIPS,)}, (Topic.ECNY,), False),
        ({"topics": (Topic.CHIPS,), "rules": (RuleId("ecny"),)}, (Topic.ECNY,), True),
        ({"topics": (), "rules": (RuleId("chips"),)}, (Topic.ECNY,), False),
        ({}, (), True),
        ({"topics": (Topic.CHIPS,)}, (), False),
        ({"topics": (), "rules": (RuleId("ecny"),)}, (), True),
    ],
    ids=[
        "every topic",
        "another topic",
        "another topic, but its rule",
        "other rules only",
        "no topic, for those who take all",
        "no topic, for others",
        "no topic, but its rule",
    ],
)
def test_chats_take_their_topics_and_rules(
    changes: dict[str, Any], topics: tuple[Topic, ...], taken: bool
) -> None:
    chat = a_chat(**changes)
    assert chats_for(a_verdict(topics=topics), (chat,)) == ((chat,) if taken else ())


def test_less_urgent_alerts_make_no_sound() -> None:
    chats = (a_chat("loud"), a_chat("calm", loud=Priority.BREAKING))
    decision = decided(chats=chats)
    assert isinstance(decision, Send)
    assert [(due.chat, due.silent) for due in decision.due] == [("loud", False), ("calm", True)]


@pytest.mark.parametrize(
    ("published_at", "day_only", "expected"),
    [
        (None, False, None),
        (NOW - timedelta(hours=3), False, timedelta(hours=3)),
        (NOW - timedelta(hours=30), True, timedelta(hours=6)),
        (NOW + timedelta(hours=3), False, timedelta()),
    ],
    ids=["undated", "to the minute", "a bare day counts from its end", "from the future"],
)
def test_age(published_at: datetime | None, day_only: bool, expected: timedelta | None) -> None:
    assert age(an_article(published_at=published_at, day_only=day_only), NOW) == expected


HOURLY = a_chat(instant=Priority.BREAKING, digest=DigestPlan(every=Every.HOURLY))


def test_a_digest_that_falls_into_quiet_hours_waits_for_their_end() -> None:
    half_past_two = datetime(2026, 11, 24, 2, 30, tzinfo=SHANGHAI).astimezone(UTC)
    decision = decided(
        chats=(HOURLY,),
        policy=AlertPolicy(timezone=SHANGHAI, quiet=NIGHT),
        now=half_past_two,
        article=an_article(published_at=half_past_two),
    )
    assert isinstance(decision, Hold)
    assert decision.reason is Reason.DIGEST
    assert decision.due[0].gather_until == datetime(2026, 11, 24, 7, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("reason", "priority", "waits", "silent"),
    [
        (Reason.DENIED, Priority.LOW, False, False),
        (Reason.CONFIRMED, Priority.NORMAL, False, True),
        (Reason.HIGHER_TIER, Priority.NORMAL, True, True),
        (Reason.HIGHER_TIER, Priority.BREAKING, False, False),
    ],
    ids=["a denial", "the text", "a better source", "a better source of breaking news"],
)
def test_news_of_a_story_keeps_quiet_hours_unless_it_turns_it_round(
    reason: Reason, priority: Priority, waits: bool, silent: bool
) -> None:
    night = datetime(2026, 11, 24, 2, 30, tzinfo=SHANGHAI).astimezone(UTC)
    desk = Desk(chats=(a_chat(loud=Priority.BREAKING),), policy=AlertPolicy(timezone=SHANGHAI, quiet=NIGHT))
    due = follow_up_turns(reason, priority, desk, night)[ChatName("desk")]
    assert (due.gather_until is not None, due.silent) == (waits, silent)


def test_who_wants_a_more_urgent_report_at_once() -> None:
    desk = Desk(chats=(HOURLY, a_chat("all")), policy=AlertPolicy())
    names = [ChatName("desk")]
    assert at_once(names, a_verdict(priority=Priority.BREAKING), desk, NOW) == ("desk",)
    assert at_once(names, a_verdict(), desk, NOW) == ()
    assert more_urgent(Priority.BREAKING, than=Priority.NORMAL)
    assert not more_urgent(Priority.NORMAL, than=Priority.NORMAL)
