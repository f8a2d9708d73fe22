"""Stories are found, spoken for by their members, merged with their messages, and split for good."""

from dataclasses import replace
from datetime import timedelta

from monitor.core.messages import DeliveryState
from monitor.core.model import ArticleId, ChatName, StoryId
from monitor.store.sql import SqlStore
from tests.builders import NOW, an_article
from tests.store.desk import DESK, FUND, a_mark, keep, later, send, the_source


def test_a_large_story_is_spoken_for_by_its_first_and_newest_reports(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        large, small = work.open_story("large", NOW), work.open_story("small", NOW)
        for number in range(12):
            keep(work, story_id=large.id, mark=a_mark(title=f"report {number}"))
        keep(work, story_id=small.id, mark=a_mark(title="alone"))
        members = work.members([large.id, small.id, StoryId(99)])
    assert [one.title.removeprefix("report ") for one in members[large.id]] == [
        *("0", "1"),
        *("6", "7", "8", "9", "10", "11"),
    ]
    assert [one.title for one in members[small.id]] == ["alone"]
    assert StoryId(99) not in members


def test_members_of_nothing(store: SqlStore) -> None:
    with store.work() as work:
        assert work.members([]) == {}


def test_when_a_document_was_first_seen(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        keep(work, article=an_article(seen_at=NOW), mark=a_mark(5))
        keep(work, article=an_article(seen_at=later(days=1)), mark=a_mark(5))
        assert work.first_with_key(5) == NOW
        assert work.first_with_key(6) is None


def told(store: SqlStore, *chats: ChatName) -> StoryId:
    """A story with one report, owed to these chats and sent."""
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("a story", NOW)
        article_id = keep(work, story_id=story.id)
        work.add_alert(story.id, article_id, send(*chats), NOW)
        work.save_story(replace(story, alerted_at=NOW))
    for number in range(len(chats)):
        for one in store.claim(NOW, timedelta(minutes=2), 9, ()):
            message_id = 40 + number + 10 * story.id
            store.settle(replace(one, state=DeliveryState.SENT, message_id=message_id, settled_at=NOW))
    return story.id


def test_a_merged_story_hands_over_reports_and_messages(store: SqlStore) -> None:
    into, gone = told(store, DESK), told(store, DESK, FUND)
    with store.work() as work:
        work.merge_stories(into, gone)
        left = work.find_story(gone)
    assert left is not None
    assert (left.merged_into, left.reports) == (into, 0)
    assert len(store.articles_of(into)) == 2
    assert store.articles_of(gone) == ()
    # The desk was told of both: its second message stays the gone story's. The fund's only one moves.
    keys = [(one.key, one.chat, one.alert and one.alert.story.id) for one in store.recent_alerts(9)]
    assert sorted(keys) == [
        (f"story:{into}", DESK, into),
        (f"story:{into}", FUND, into),
        (f"story:{gone}", DESK, gone),
    ]


def test_what_was_merged_before_follows(store: SqlStore) -> None:
    first, second, third = (told(store, DESK) for _ in range(3))
    with store.work() as work:
        work.merge_stories(second, third)
        work.merge_stories(first, second)
        found = work.find_story(third)
    assert found is not None
    assert found.merged_into == first


def test_a_split_off_story_is_kept_apart(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("both", NOW)
        keep(work, story_id=story.id)
        other = keep(work, story_id=story.id, article=an_article(title="The other event"))
        work.save_story(replace(story, reports=2, alerted_at=NOW))
        new = work.split_story(story.id, [other], later(hours=1))
        assert new is not None
        assert (new.title, new.reports, new.alerted_at) == ("The other event", 1, None)
        assert work.find_story(new.id) == new
        assert work.kept_apart(story.id) == {new.id}
        assert work.kept_apart(new.id) == {story.id}
        left = work.find_story(story.id)
    assert left is not None
    assert (left.reports, left.alerted_at) == (1, NOW)
    assert store.articles_of(new.id) == (other,)


def test_a_split_that_leaves_nothing_is_none(store: SqlStore) -> None:
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("one", NOW)
        only = keep(work, story_id=story.id)
        assert work.split_story(story.id, [only], NOW) is None
        assert work.split_story(story.id, [ArticleId(99)], NOW) is None
        assert work.split_story(StoryId(99), [only], NOW) is None
