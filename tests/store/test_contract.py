"""What every store promises about sources, articles and stories."""

import multiprocessing
import threading
from dataclasses import replace
from datetime import timedelta
from multiprocessing.synchronize import Barrier

import pytest

from monitor.core.errors import StoreError
from monitor.core.model import (
    Authority,
    BodyFrom,
    Field,
    Match,
    Priority,
    Reason,
    RuleId,
    Skip,
    SourceId,
    Story,
    StoryId,
    Topic,
)
from monitor.core.polling import Cause, RobotsText, SourceState, Validator
from monitor.core.ports import MOST_ALIKE, MOST_COMPARED, Outbox, Store
from monitor.store import turn
from monitor.store.sql import SqlStore, open_store
from tests.builders import NOW, a_hit, a_verdict, an_article
from tests.store.desk import DESK, MARK, SEND, a_mark, keep, later, the_source

PBC = SourceId("pbc")


@pytest.fixture(autouse=True)
def _watched(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)


def test_every_store_is_both_ends(store: SqlStore) -> None:
    both: tuple[Store, Outbox] = (store, store)
    assert both[0].article_count() == 0
    assert both[1].claim(NOW, timedelta(minutes=1), 5, ()) == ()


# sources


def test_a_new_source_is_due_at_once(store: SqlStore) -> None:
    assert store.due_sources(NOW) == (SourceState(source_id=PBC, next_poll_at=NOW),)


def test_a_source_state_comes_back_whole(store: SqlStore) -> None:
    state = SourceState(
        source_id=PBC,
        next_poll_at=later(hours=1),
        first_polled_at=NOW,
        last_polled_at=NOW.replace(microsecond=123456),
        last_ok_at=NOW,
        newest_item_at=later(days=-1),
        newest_taken_at=later(hours=-3),
        failures=3,
        problem="503 Service Unavailable",
        delay=2.5,
        validators=(
            Validator(url="https://a/rss", etag='W/"x"'),
            Validator(url="https://b/", last_modified="Mon"),
        ),
        cause=Cause.SERVER,
        gap=timedelta(hours=7.5),
        broken_since=later(hours=-2),
        told_broken=True,
        told_at=later(hours=-1),
    )
    with store.work() as work:
        work.save_source_state(state)
    assert store.source_states() == (state,)
    with store.work() as work:
        assert work.source_state(PBC) == state


def test_sources_due_come_longest_overdue_first(store: SqlStore) -> None:
    due = {"a": later(minutes=-1), "b": later(minutes=-9), "c": later(minutes=1), "d": NOW}
    with store.work() as work:
        work.keep_sources([the_source(id=SourceId(name)) for name in due], NOW)
        for name, at in due.items():
            work.save_source_state(SourceState(source_id=SourceId(name), next_poll_at=at))
    assert [state.source_id for state in store.due_sources(NOW)] == ["b", "a", "d"]


def test_a_source_no_longer_watched_rests_and_keeps_its_memory(store: SqlStore) -> None:
    polled = SourceState(source_id=PBC, next_poll_at=later(hours=-1), first_polled_at=NOW, failures=2)
    with store.work() as work:
        work.save_source_state(polled)
        work.keep_sources([the_source(id=SourceId("cac"))], NOW)
    assert [state.source_id for state in store.source_states()] == ["cac"]
    with store.work() as work:
        work.keep_sources([the_source()], later(days=3))
    assert store.due_sources(NOW) == (polled,)


def test_the_state_of_a_source_nobody_kept_is_refused(store: SqlStore) -> None:
    stranger = SourceState(source_id=SourceId("nobody"), next_poll_at=NOW)
    with store.work() as work, pytest.raises(StoreError, match="nobody"):
        work.save_source_state(stranger)


def test_an_article_of_a_source_nobody_kept_is_refused(store: SqlStore) -> None:
    def offer() -> None:
        with store.work() as work:
            keep(work, article=an_article(source_id=SourceId("nobody")))

    with pytest.raises(StoreError):
        offer()
    assert store.article_count() == 0


def test_robots_texts_are_replaced(store: SqlStore) -> None:
    old = RobotsText(origin="https://a.cn", text="Disallow: /", status=200, fetched_at=NOW)
    new = replace(old, text="", status=404, fetched_at=later(days=1))
    with store.work() as work:
        assert work.robots(old.origin) is None
        work.save_robots(old)
        assert work.robots(old.origin) == old
        work.save_robots(new)
        assert work.robots(old.origin) == new


# articles


def test_an_article_comes_back_exactly_as_it_was_judged(store: SqlStore) -> None:
    article = an_article(
        title="数字人民币试点扩围 𠮷",
        summary="“quoted” <b>",
        body_from=BodyFrom.FEED,
        published_at=None,
        day_only=True,
        issuer="中国人民银行",
        document_number="银发〔2026〕1号",
        problem="timeout",
    )
    hits = (
        a_hit(),
        a_hit(
            rule=RuleId("damp"),
            topic=None,
            points=-1.25,
            matches=(Match(term="试点", field=Field.BODY, start=5, end=7, text="试点"),) * 2,
        ),
    )
    verdict = a_verdict(
        hits=hits,
        notes=("nearly: ai", "数据"),
        topics=(Topic.ECNY, Topic.DATA),
        authority=Authority.COURT,
        priority=Priority.BREAKING,
        rules_version="abc",
    )
    skip = Skip(reason=Reason.TOO_OLD, words="8 days old: 太旧")
    with store.work() as work:
        article_id = keep(work, article=article, verdict=verdict, decision=skip)
    assert store.find_article(article_id) == (article, verdict, Reason.TOO_OLD, "8 days old: 太旧")


def test_an_unknown_article_is_not_found(store: SqlStore) -> None:
    with store.work() as work:
        known = keep(work)
    assert store.find_article(type(known)(known + 1)) is None


def test_keys_are_known_per_source(store: SqlStore) -> None:
    with store.work() as work:
        keep(work, keys=("guid:1", "url:1", "guid:1"))
        assert work.known_keys(PBC, ["guid:1", "url:1", "guid:2"]) == {"guid:1", "url:1"}
        assert work.known_keys(SourceId("cac"), ["guid:1"]) == frozenset()
        assert work.known_keys(PBC, []) == frozenset()


def test_a_key_met_again_is_no_error(store: SqlStore) -> None:
    with store.work() as work:
        keep(work, keys=("guid:1",))
        keep(work, keys=("guid:1", "guid:2"))
        assert work.known_keys(PBC, ["guid:1", "guid:2"]) == {"guid:1", "guid:2"}
    assert store.article_count() == 2


def test_twenty_thousand_keys_are_looked_up_in_one_call(store: SqlStore) -> None:
    keys = [f"url:{number}" for number in range(20_000)]
    with store.work() as work:
        keep(work, keys=keys[::2])
        assert work.known_keys(PBC, keys) == frozenset(keys[::2])


# stories


def test_a_story_is_numbered_and_changed(store: SqlStore) -> None:
    with store.work() as work:
        first, second = work.open_story("one", NOW), work.open_story("two", NOW)
        assert first == Story(id=first.id, title="one", opened_at=NOW, last_seen_at=NOW)
        assert first.id != second.id
        changed = replace(first, reports=2, last_seen_at=later(hours=1), alerted_at=NOW)
        work.save_story(changed)
        keep(work, story_id=first.id)
        (found,) = work.similar(MARK, "", NOW)
        assert (found.story, found.samples, found.profile) == (changed, MARK.samples, MARK.profile)


def test_a_story_nobody_opened_is_refused(store: SqlStore) -> None:
    with store.work() as work, pytest.raises(StoreError, match="99"):
        work.save_story(Story(id=StoryId(99), title="", opened_at=NOW, last_seen_at=NOW))


@pytest.mark.parametrize(
    ("bands", "url", "found"),
    [
        ((1, 99), "", True),
        ((-5,), "", True),
        ((99,), "https://www.pbc.gov.cn/en/1.html", True),
        ((), "https://www.pbc.gov.cn/en/1.html", True),
        ((99,), "https://www.pbc.gov.cn/en/2.html", False),
        ((), "", False),
    ],
    ids=["a band", "a negative band", "the url", "the url alone", "neither", "nothing to go by"],
)
def test_similar_reports_share(store: SqlStore, bands: tuple[int, ...], url: str, found: bool) -> None:
    with store.work() as work:
        keep(work)
        similar = work.similar(a_mark(*bands), url, NOW)
        assert [one.profile for one in similar] == ([MARK.profile] if found else [])


def test_reports_without_an_address_do_not_resemble_each_other(store: SqlStore) -> None:
    bare = a_mark()
    with store.work() as work:
        keep(work, article=an_article(canonical_url=""), mark=bare)
        assert work.similar(bare, "", NOW) == ()


def test_each_matching_report_brings_its_own_profile_once(store: SqlStore) -> None:
    other = a_mark(1, 2, title="Another headline")
    with store.work() as work:
        story = work.open_story("one", NOW)
        keep(work, story_id=story.id)
        keep(work, story_id=story.id, mark=other)
        found = work.similar(MARK, an_article().canonical_url, NOW)
    assert [(one.story, one.profile) for one in found] == [(story, MARK.profile), (story, other.profile)]


@pytest.mark.parametrize(("age", "found"), [(0, 1), (1, 0)], ids=["just in time", "a second too old"])
def test_stories_last_seen_before_are_left_alone(store: SqlStore, age: int, found: int) -> None:
    with store.work() as work:
        keep(work, article=an_article(seen_at=NOW))
        assert len(work.similar(MARK, "", later(seconds=age))) == found


# transactions


class _TroubleError(Exception):
    pass


def test_an_exception_undoes_everything(store: SqlStore) -> None:
    robots = RobotsText(origin="https://a.cn", text="", status=200, fetched_at=NOW)

    def fail_half_way() -> None:
        with store.work() as work:
            work.keep_sources([], NOW)
            work.save_robots(robots)
            story = work.open_story("one", NOW)
            work.add_alert(story.id, keep(work, keys=("guid:1",), story_id=story.id), SEND, NOW)
            work.add_notice("notice:1", "trouble", DESK, NOW)
            raise _TroubleError

    with pytest.raises(_TroubleError):
        fail_half_way()
    assert store.article_count() == 0
    assert store.recent_alerts(5) == ()
    assert sum(store.counts().values()) == 0
    assert len(store.source_states()) == 1
    with store.work() as work:
        assert work.known_keys(PBC, ["guid:1"]) == frozenset()
        assert work.robots(robots.origin) is None
        assert work.similar(MARK, "", NOW) == ()


def test_a_transaction_inside_another_is_refused(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "LONGEST_WAIT", 0.01)
    with store.work() as outer:
        with pytest.raises(StoreError, match="busy with another transaction"), store.work():
            pass
        keep(outer)
    assert store.article_count() == 1


def test_readers_see_nothing_of_an_open_transaction(store: SqlStore) -> None:
    with store.work() as work:
        keep(work)
        assert store.article_count() == 0
    assert store.article_count() == 1


def test_two_threads_that_meet_one_event_open_one_story(store: SqlStore) -> None:
    together = threading.Barrier(2, timeout=5)
    opened = []

    def meet() -> None:
        together.wait()
        with store.work() as work:
            found = work.similar(MARK, "", NOW)
            story = found[0].story if found else work.open_story("one", NOW)
            opened.append((story.id, not found))
            keep(work, story_id=story.id)

    threads = [threading.Thread(target=meet) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({story_id for story_id, _ in opened}) == 1
    assert sorted(new for _, new in opened) == [False, True]
    assert store.article_count() == 2


def test_many_threads_write_without_losing_a_row(store: SqlStore) -> None:
    def write(thread: int) -> None:
        for number in range(10):
            with store.work() as work:
                keep(work, keys=(f"{thread}:{number}",))
            store.article_count()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.article_count() == 60


def test_of_too_many_alike_those_that_share_most_come_back_first(store: SqlStore) -> None:
    with store.work() as work:
        keep(work, mark=a_mark(1, 2, 3, title="the best"))
        for key in (1, 2, 3):
            for _ in range(MOST_ALIKE - 1):
                keep(work, mark=a_mark(key, title="others"))
        found = work.similar(a_mark(1, 2, 3), "", NOW)
    assert len(found) == MOST_COMPARED
    assert [one.profile.title for one in found[:2]] == ["the best", "others"]


def test_a_headline_that_keeps_returning_is_looked_up_in_bounds(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        stories = [work.open_story(f"briefing {n}", NOW) for n in range(MOST_ALIKE + 5)]
        for n, story in enumerate(stories):
            keep(work, story_id=story.id, mark=a_mark(7), keys={f"k{n}"})
        found = work.similar(a_mark(7), "", NOW)
    assert {one.story.id for one in found} == {story.id for story in stories[5:]}


def _meet(url: str, together: Barrier) -> None:
    """What each of two processes does: it meets the same event."""
    store = open_store(url)
    together.wait(60)
    with store.work() as work:
        found = work.similar(MARK, "", NOW)
        story = found[0].story if found else work.open_story("one", NOW)
        article_id = keep(work, story_id=story.id)
        work.add_alert(story.id, article_id, SEND, NOW)
    store.close()


@pytest.mark.slow
def test_two_processes_that_meet_one_event_open_one_story_and_owe_one_alert(
    store: SqlStore, database_url: str
) -> None:
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(2)
    workers = [spawn.Process(target=_meet, args=(database_url, together)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert store.article_count() == 2
    assert len(store.articles_of(StoryId(1))) == 2
    assert len(store.recent_alerts(9)) == 1
