"""A database of the first release is upgraded without loss."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import create_engine

from monitor.config.lexicon import shipped_lexicon
from monitor.core.mark import mark_of
from monitor.core.messages import DeliveryKind, DeliveryState
from monitor.core.model import Priority, Reason, Standing, StoryId, Tier
from monitor.core.settings import AlertPolicy
from monitor.store.engine import _alembic, database_path
from monitor.store.rows import verdict_to_json
from monitor.store.sql import SqlStore, open_store
from tests.builders import NOW, a_chat, a_verdict, an_article
from tests.newsroom import Newsroom, outlet
from tests.store.desk import DESK, FUND, keys_of, later

S = DeliveryState
_THEN = "2026-11-24 08:00:00.000000"
_LONG_AGO = "2026-11-12 08:00:00.000000"
_VERDICT = json.dumps(verdict_to_json(a_verdict()))
_ROWS = f"""
INSERT INTO sources (id, name, tier, kind, watched, next_poll_at) VALUES
  ('pbc', 'PBC', 1, 'official-central', 1, '{_THEN}'),
  ('wire', 'The Wire', 4, 'business-media', 1, '{_THEN}');
INSERT INTO stories (id, title, opened_at, last_seen_at, reports, alerted_at) VALUES
  (1, '央行扩大试点', '{_THEN}', '{_THEN}', 2, '{_THEN}'),
  (2, 'empty', '{_THEN}', '{_THEN}', 0, NULL),
  (3, 'over', '{_LONG_AGO}', '{_LONG_AGO}', 1, NULL);
INSERT INTO articles VALUES
  (1, 'wire', 1, '央行扩大试点', 'https://a', 'https://a', '{_THEN}', '', '数字人民币', 'page', 'zh',
   NULL, 0, '', '', '', 1, 6.0, '{_VERDICT}', 'new-story', 'new', x'', x''),
  (2, 'pbc', 1, 'Pilot widened', 'https://b', 'https://b', '{_THEN}', '', 'digital yuan', 'page', 'en',
   NULL, 0, '', '', '', 1, 6.0, '{_VERDICT}', 'already-alerted', 'again', x'', x''),
  (3, 'wire', 3, '央行扩大试点', 'https://c', 'https://c', '{_LONG_AGO}', '', '', 'page', 'zh',
   NULL, 0, '', '', '', 1, 6.0, '{_VERDICT}', 'already-alerted', 'again', x'', x'');
INSERT INTO alerts VALUES (1, 1, 1, 'new-story', 'new', '{_THEN}');
INSERT INTO deliveries (id, key, chat, state, queued_at, alert_id, message_id) VALUES
  (1, 'story:1', 'desk', 'sent', '{_THEN}', 1, 41),
  (2, 'story:1', 'fund', 'queued', '{_THEN}', 1, NULL);
INSERT INTO deliveries (id, key, chat, state, queued_at, notice) VALUES
  (3, 'notice:1', 'desk', 'queued', '{_THEN}', 'hello');
INSERT INTO chats VALUES ('desk', NULL, '-1001');
"""


@pytest.fixture
def upgraded(database_url: str) -> Iterator[SqlStore]:
    """A store opened on a database that the first release had filled."""
    path = database_path(database_url)
    path.parent.mkdir()
    engine = create_engine(database_url)
    config = _alembic()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(_ROWS)
    store = open_store(database_url)
    yield store
    store.close()


def test_every_row_is_there(upgraded: SqlStore) -> None:
    assert upgraded.article_count() == 3
    assert upgraded.chat_id(DESK, "-1") is None  # for which id it moved is unknown: Telegram tells again
    assert keys_of(upgraded.recent_alerts(9)) == [("story:1", FUND), ("story:1", DESK)]
    assert upgraded.counts() == dict.fromkeys(S, 0) | {S.SENT: 1, S.QUEUED: 2}


def test_stories_have_the_tier_of_their_best_report(upgraded: SqlStore) -> None:
    told, empty = upgraded.story(StoryId(1)), upgraded.story(StoryId(2))
    assert told is not None
    assert empty is not None
    assert (told.tier, told.standing, told.muted_at) == (Tier.AUTHORITY, Standing.REPORTED, None)
    assert empty.tier is Tier.UNRELIABLE


@pytest.mark.parametrize(("title", "found"), [("央行宣布扩大试点城市", 1), ("Pilot widened again", 2)])
def test_a_report_is_compared_with_those_of_running_stories(
    upgraded: SqlStore, title: str, found: int
) -> None:
    report = an_article(title=title, body="", language="", seen_at=later(hours=1))
    with upgraded.work() as work:
        alike = work.similar(mark_of(report, shipped_lexicon()), "", later(days=-30))
        members = work.members([StoryId(1), StoryId(3)])
    assert {one.article_id for one in alike} >= {found}
    assert 3 not in {one.article_id for one in alike}  # that one is over
    assert [one.title for one in members[StoryId(1)]] == ["央行扩大试点", "pilot widened"]
    assert StoryId(3) not in members


def test_a_running_story_is_not_alerted_again(upgraded: SqlStore) -> None:
    room = Newsroom(upgraded, (a_chat(),), AlertPolicy())
    taken = room.report(outlet("Caixin"), "央行扩大数字人民币试点", later(hours=1))
    assert (taken.story.id, taken.decision.reason) == (StoryId(1), Reason.ALREADY_ALERTED)


def test_running_stories_are_as_urgent_as_their_reports(upgraded: SqlStore) -> None:
    told, empty = upgraded.story(StoryId(1)), upgraded.story(StoryId(2))
    assert [one and one.priority for one in (told, empty)] == [Priority.NORMAL, Priority.LOW]


def test_what_was_owed_goes_out_as_what_it_is(upgraded: SqlStore) -> None:
    desk, fund = upgraded.claim(NOW, timedelta(minutes=2), 9, (), {DESK: "-1001"})
    assert sorted((one.chat, one.kind) for one in (desk, fund)) == [
        (DESK, DeliveryKind.NOTICE),
        (FUND, DeliveryKind.ALERT),
    ]
    # 41 was sent before addresses were written down: it may be of another row of numbers.
    assert {one.chat: one.last_known_id for one in (desk, fund)} == {DESK: None, FUND: None}


def test_earlier_articles_are_found(upgraded: SqlStore) -> None:
    assert [one.article_id for one in upgraded.search("人民币", 9)] == [1]
    assert [one.article_id for one in upgraded.search("yuan", 9)] == [2]


def test_earlier_messages_are_followed_up_and_edited(upgraded: SqlStore) -> None:
    (article_id, _) = upgraded.articles_of(StoryId(1))
    with upgraded.work() as work:
        assert work.add_follow_up(StoryId(1), article_id, Reason.DENIED, "denied", NOW) == 1
        assert work.touch_story(StoryId(1), NOW) == 1


def test_nothing_points_nowhere(upgraded: SqlStore) -> None:
    with upgraded._read() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
