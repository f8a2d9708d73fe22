"""What every store promises about sources, articles and stories."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.errors import StoreError
from monitor.core.model import (
    Authority,
    BodyFrom,
    Field,
    Fingerprint,
    Match,
    Priority,
    Reason,
    RobotsText,
    RuleId,
    Skip,
    SourceId,
    SourceState,
    Story,
    StoryId,
    Topic,
    Validator,
)
from monitor.core.ports import MOST_ALIKE, Outbox, Store
from monitor.store import turn
from tests.builders import NOW, a_hit, a_verdict, an_article
from tests.store.desk import DESK, MARK, SEND, AnyStore, keep, later, the_source

PBC = SourceId("pbc")


@pytest.fixture(autouse=True)
def _watched(store: AnyStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)


def test_every_store_is_both_ends(store: AnyStore) -> None:
    both: tuple[Store, Outbox] = (store, store)
    assert both[0].article_count() == 0
    assert both[1].claim(NOW, timedelta(minutes=1), 5, ()) == ()


# sources


def test_a_new_source_is_due_at_once(store: AnyStore) -> None:
    assert store.due_sources(NOW) == (SourceState(source_id=PBC, next_poll_at=NOW),)


def test_a_source_state_comes_back_whole(store: AnyStore) -> None:
    state = SourceState(
        source_id=PBC,
        next_poll_at=later(hours=1),
        first_polled_at=NOW,
        last_polled_at=NOW.replace(microsecond=123456),
        last_ok_at=NOW,
        newest_item_at=later(days=-1),
        failures=3,
        problem="503 Service Unavailable",
        delay=2.5,
        validators=(
            Validator(url="https://a/rss", etag='W/"x"'),
            Validator(url="https://b/", last_modified="Mon"),
        ),
    )
    with store.work() as work:
        work.save_source_state(state)
    assert store.source_states() == (state,)
    with store.work() as work:
        assert work.source_state(PBC) == state


def test_sources_due_come_longest_overdue_first(store: AnyStore) -> None:
    due = {"a": later(minutes=-1), "b": later(minutes=-9), "c": later(minutes=1), "d": NOW}
    with store.work() as work:
        work.keep_sources([the_source(id=SourceId(name)) for name in due], NOW)
        for name, at in due.items():
            work.save_source_state(SourceState(source_id=SourceId(name), next_poll_at=at))
    assert [state.source_id for state in store.due_sources(NOW)] == ["b", "a", "d"]


def test_a_source_no_longer_watched_rests_and_keeps_its_memory(store: AnyStore) -> None:
    polled = SourceState(source_id=PBC, next_poll_at=later(hours=-1), first_polled_at=NOW, failures=2)
    with store.work() as work:
        work.save_source_state(polled)
        work.keep_sources([the_source(id=SourceId("cac"))], NOW)
    assert [state.source_id for state in store.source_states()] == ["cac"]
    with store.work() as work:
        work.keep_sources([the_source()], later(days=3))
    assert store.due_sources(NOW) == (polled,)


def test_the_state_of_a_source_nobody_kept_is_refused(store: AnyStore) -> None:
    stranger = SourceState(source_id=SourceId("nobody"), next_poll_at=NOW)
    with store.work() as work, pytest.raises(StoreError, match="nobody"):
        work.save_source_state(stranger)


def test_an_article_of_a_source_nobody_kept_is_refused(store: AnyStore) -> None:
    def offer() -> None:
        with store.work() as work:
            keep(work, article=an_article(source_id=SourceId("nobody")))

    with pytest.raises(StoreError):
        offer()
    assert store.article_count() == 0


def test_robots_texts_are_replaced(store: AnyStore) -> None:
    old = RobotsText(origin="https://a.cn", text="Disallow: /", status=200, fetched_at=NOW)
    new = replace(old, text="", status=404, fetched_at=later(days=1))
    with store.work() as work:
        assert work.robots(old.origin) is None
        work.save_robots(old)
        assert work.robots(old.origin) == old
        work.save_robots(new)
        assert work.robots(old.origin) == new


# articles


def test_an_article_comes_back_exactly_as_it_was_judged(store: AnyStore) -> None:
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


def test_an_unknown_article_is_not_found(store: AnyStore) -> None:
    with store.work() as work:
        known = keep(work)
    assert store.find_article(type(known)(known + 1)) is None


def test_keys_are_known_per_source(store: AnyStore) -> None:
    with store.work() as work:
        keep(work, keys=("guid:1", "url:1", "guid:1"))
        assert work.known_keys(PBC, ["guid:1", "url:1", "guid:2"]) == {"guid:1", "url:1"}
        assert work.known_keys(SourceId("cac"), ["guid:1"]) == frozenset()
        assert work.known_keys(PBC, []) == frozenset()


def test_a_key_met_again_is_no_error(store: AnyStore) -> None:
    with store.work() as work:
        keep(work, keys=("guid:1",))
        keep(work, keys=("guid:1", "guid:2"))
        assert work.known_keys(PBC, ["guid:1", "guid:2"]) == {"guid:1", "guid:2"}
    assert store.article_count() == 2


def test_twenty_thousand_keys_are_looked_up_in_one_call(store: AnyStore) -> None:
    keys = [f"url:{number}" for number in range(20_000)]
    with store.work() as work:
        keep(work, keys=keys[::2])
        assert work.known_keys(PBC, keys) == frozenset(keys[::2])


# stories


def test_a_story_is_numbered_and_changed(store: AnyStore) -> None:
    with store.work() as work:
        first, second = work.open_story("one", NOW), work.open_story("two", NOW)
        assert first == Story(id=first.id, title="one", opened_at=NOW, last_seen_at=NOW)
        assert first.id != second.id
        changed = replace(first, reports=2, last_seen_at=later(hours=1), alerted_at=NOW)
        work.save_story(changed)
        keep(work, story_id=first.id)
        assert work.similar(MARK, "", NOW) == ((changed, MARK),)


def test_a_story_nobody_opened_is_refused(store: AnyStore) -> None:
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
def test_similar_reports_share(store: AnyStore, bands: tuple[int, ...], url: str, found: bool) -> None:
    with store.work() as work:
        keep(work)
        similar = work.similar(Fingerprint(bands=bands, shingles=frozenset()), url, NOW)
        assert [mark for _, mark in similar] == ([MARK] if found else [])


def test_reports_without_an_address_do_not_resemble_each_other(store: AnyStore) -> None:
    bare = Fingerprint(bands=(), shingles=frozenset())
    with store.work() as work:
        keep(work, article=an_article(canonical_url=""), mark=bare)
        assert work.similar(bare, "", NOW) == ()


def test_each_matching_report_brings_its_own_fingerprint_once(store: AnyStore) -> None:
    other = Fingerprint(bands=(1, 2), shingles=frozenset({9}))
    with store.work() as work:
        story = work.open_story("one", NOW)
        keep(work, story_id=story.id)
        keep(work, story_id=story.id, mark=other)
        found = work.similar(MARK, an_article().canonical_url, NOW)
    assert found == ((story, MARK), (story, other))


@pytest.mark.parametrize(("age", "found"), [(0, 1), (1, 0)], ids=["just in time", "a second too old"])
def test_stories_last_seen_before_are_left_alone(store: AnyStore, age: int, found: int) -> None:
    with store.work() as work:
        keep(work, article=an_article(seen_at=NOW))
        assert len(work.similar(MARK, "", later(seconds=age))) == found


# transactions


class _TroubleError(Exception):
    pass


def test_an_exception_undoes_everything(store: AnyStore) -> None:
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


def test_a_transaction_inside_another_is_refused(store: AnyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "LONGEST_WAIT", 0.01)
    with store.work() as outer:
        with pytest.raises(StoreError, match="busy with another transaction"), store.work():
            pass
        keep(outer)
    assert store.article_count() == 1


def test_readers_see_nothing_of_an_open_transaction(store: AnyStore) -> None:
    with store.work() as work:
        keep(work)
        assert store.article_count() == 0
    assert store.article_count() == 1


def test_two_threads_that_meet_one_event_open_one_story(store: AnyStore) -> None:
    together = threading.Barrier(2, timeout=5)
    opened = []

    def meet() -> None:
        together.wait()
        with store.work() as work:
            found = work.similar(MARK, "", NOW)
            story = found[0][0] if found else work.open_story("one", NOW)
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


def test_many_threads_write_without_losing_a_row(store: AnyStore) -> None:
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


def test_a_headline_that_keeps_returning_is_looked_up_in_bounds(store: AnyStore) -> None:
    mark = Fingerprint(bands=(7,), shingles=frozenset({1, 2}))
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        stories = [work.open_story(f"briefing {n}", NOW) for n in range(MOST_ALIKE + 5)]
        for n, story in enumerate(stories):
            keep(work, story_id=story.id, mark=mark, keys={f"k{n}"})
        found = work.similar(mark, "", NOW)
    assert [story.id for story, _ in found] == [story.id for story in stories[5:]]
