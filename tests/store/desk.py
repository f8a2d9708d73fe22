"""Short ways to fill a store, for the tests of this folder."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.core.lexicon import Lexicon
from monitor.core.mark import Mark
from monitor.core.messages import Delivery
from monitor.core.model import (
    Article,
    ArticleId,
    ChatName,
    Decision,
    Due,
    Reason,
    Send,
    Source,
    StoryId,
    Tier,
    Verdict,
)
from monitor.core.ports import Work
from monitor.core.profile import profile_of
from monitor.store.sql import SqlStore
from tests.builders import NOW, a_source, a_verdict, an_article

DESK = ChatName("desk")
FUND = ChatName("fund")


def a_mark(*keys: int, title: str = "Digital yuan pilot widened") -> Mark:
    """The mark of a report that is looked up by these keys."""
    profile = profile_of(Lexicon([]), title=title, published_at=NOW, outlet="pbc", language="en")
    return Mark(profile=profile, samples=(-2, -(1 << 40)), keys=keys)


MARK = a_mark(1, 1 << 40, -5)


def send(*chats: ChatName, **changes: Any) -> Send:
    """A decision to tell these chats at once."""
    due = tuple(Due(chat=chat, **changes) for chat in chats)
    return Send(due=due, reason=Reason.NEW_STORY, words="a new story")


SEND = send(DESK)


def the_source(**changes: Any) -> Source:
    """The source of `an_article`."""
    named = {"id": an_article().source_id, "name": "People's Bank of China", "tier": Tier.AUTHORITY}
    return a_source(**named | changes)


def keep(
    work: Work,
    *,
    article: Article | None = None,
    keys: Collection[str] = (),
    verdict: Verdict | None = None,
    decision: Decision = SEND,
    story_id: StoryId | None = None,
    mark: Mark = MARK,
) -> ArticleId:
    """Add an article, and where needed its story."""
    article = article or an_article()
    return work.add_article(
        article,
        keys=keys,
        verdict=verdict or a_verdict(),
        decision=decision,
        story_id=story_id or work.open_story(article.title, article.seen_at).id,
        mark=mark,
    )


def queue(store: SqlStore, *chats: Sequence[ChatName], decision: Decision | None = None) -> None:
    """Queue one story for each tuple of chats, a second apart in the order given."""
    for number, names in enumerate(chats):
        with store.work() as work:
            work.keep_sources([the_source()], NOW)
            story = work.open_story(f"story {number}", NOW)
            article_id = keep(work, story_id=story.id)
            work.add_alert(story.id, article_id, decision or send(*names), NOW.replace(second=number))


def keys_of(deliveries: Collection[Delivery]) -> list[tuple[str, str]]:
    return [(one.key, one.chat) for one in deliveries]


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)
