"""No article is kept without a reason: whatever it says, however it is judged, whoever is to hear of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.config.lexicon import shipped_lexicon
from monitor.core.classify import compile_rules
from monitor.core.model import (
    BodyFrom,
    ChatName,
    Kind,
    Priority,
    Reason,
    Rule,
    RuleBook,
    RuleId,
    Source,
    SourceId,
    Tier,
    Topic,
)
from monitor.core.settings import AlertPolicy, Chat, DigestPlan, Every, QuietHours
from monitor.intake import Intake
from monitor.store.sql import SqlStore, open_store
from tests.builders import NOW, a_source, an_article

JUDGE = compile_rules(
    RuleBook(
        rules=(
            Rule(id=RuleId("yuan"), query="yuan", topic=Topic.ECNY, weight=4.0),
            Rule(id=RuleId("urgent"), query="央行", topic=Topic.AI, weight=4.0, priority=Priority.BREAKING),
            Rule(id=RuleId("untold"), query="cash", weight=4.0, priority=Priority.LOW),
            Rule(id=RuleId("price"), query="price", weight=-4.0),
        )
    )
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    found = open_store(f"sqlite:///{tmp_path_factory.mktemp('reasons') / 'archive.db'}")
    yield found
    found.close()


words = st.lists(
    st.sampled_from(["digital yuan pilot", "央行发布", "cash", "price", "denied", "辟谣", "rain", "更正"]),
    max_size=4,
).map(" ".join)
text = st.one_of(words, words, st.text(max_size=30))
moment = st.one_of(
    st.none(),
    st.datetimes(timezones=st.just(UTC)),
    st.integers(-240, 24).map(lambda hours: NOW + timedelta(hours=hours)),
)
source = st.builds(
    lambda name, kind, tier: a_source(id=SourceId(name), kind=kind, tier=tier),
    st.sampled_from(["a", "b"]),
    st.sampled_from(Kind),
    st.sampled_from(Tier),
)
chat = st.builds(
    Chat,
    name=st.sampled_from([ChatName("desk"), ChatName("fund")]),
    id=st.just("1"),
    topics=st.sampled_from([tuple(Topic), (Topic.ECNY,), ()]),
    rules=st.sampled_from([(), (RuleId("untold"),)]),
    at_least=st.sampled_from(Priority),
    instant=st.sampled_from(Priority),
    digest=st.sampled_from([None, DigestPlan(every=Every.HOURLY), DigestPlan(every=Every.DAILY)]),
    daily_cap=st.sampled_from([None, 1]),
)
policy = st.builds(
    AlertPolicy,
    max_age=st.sampled_from([timedelta(hours=1), timedelta(days=7)]),
    quiet=st.sampled_from(
        [None, QuietHours(start=time(22), end=time(7)), QuietHours(start=time(0), end=time(23))]
    ),
    rumours=st.booleans(),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts=st.lists(st.tuples(text, text), min_size=1, max_size=3),
    published_at=moment,
    day_only=st.booleans(),
    told_by=source,
    chats=st.lists(chat, max_size=2, unique_by=lambda each: each.name).map(tuple),
    desk=policy,
    first_sight=st.booleans(),
    hours=st.integers(0, 200),
)
def test_every_article_has_a_reason_and_words_for_it(
    store: SqlStore,
    texts: list[tuple[str, str]],
    published_at: datetime | None,
    day_only: bool,
    told_by: Source,
    chats: tuple[Chat, ...],
    desk: AlertPolicy,
    first_sight: bool,
    hours: int,
) -> None:
    now = NOW + timedelta(hours=hours)
    with store.work() as work:
        work.keep_sources([told_by], now)
    articles = [
        an_article(
            source_id=told_by.id,
            title=title,
            body=body,
            body_from=BodyFrom.PAGE if body else BodyFrom.NOWHERE,
            language="",
            seen_at=now,
            published_at=published_at,
            day_only=day_only,
        )
        for title, body in texts
    ]
    intake = Intake(store=store, judge=JUDGE, lexicon=shipped_lexicon(), policy=desk, chats=chats)
    taken = intake.take(
        [(article, ()) for article in articles], source=told_by, first_sight=first_sight, now=now
    )
    assert len(taken) == len(articles)
    for kept in store.full(store.newest(len(articles))):
        assert kept.reason in set(Reason)
        assert kept.words.strip()
        assert kept.verdict.reasons()
