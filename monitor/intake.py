"""Articles through the core, kept with their alerts in one transaction: judge, place, decide, keep, queue."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.core.classify import Judge, classify_article
from monitor.core.decide import Desk, age, at_once, decide, follow_up_turns, more_urgent
from monitor.core.digest import midnight
from monitor.core.identity import storable
from monitor.core.lexicon import Lexicon
from monitor.core.mark import Mark, mark_of
from monitor.core.messages import DeliveryState
from monitor.core.model import Article, ArticleId, ChatName, Decision, Reason, Source, Story, Verdict
from monitor.core.polling import PageOwed
from monitor.core.ports import Store, Work
from monitor.core.settings import AlertPolicy, Chat
from monitor.core.standing import News, Told, told_by
from monitor.placing import Placed, old_document, place_report

# Changes of a story within this time end in one edit of its message.
EDIT_PAUSE = timedelta(minutes=1)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=2)  # clocks and zones differ
_TEXTS = ("title", "summary", "body", "url", "canonical_url", "issuer", "document_number", "language")
LONGEST_BODY = 200_000  # characters; a policy document of a hundred pages has about half of that


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one article."""

    article: Article
    verdict: Verdict
    story: Story
    decision: Decision
    queued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    article: Article
    keys: Collection[str]
    verdict: Verdict
    mark: Mark
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Update:
    """Another report of a story that some chats have been told of."""

    placed: Placed
    article_id: ArticleId
    verdict: Verdict
    told: Mapping[ChatName, DeliveryState]

    def news(self) -> News | None:
        """What those chats must hear: a change of standing, or that it is more urgent than they know."""
        if self.placed.news is not None:
            return self.placed.news
        if self.verdict.relevant and more_urgent(self.verdict.priority, than=self.placed.story.priority):
            return News(reason=Reason.MORE_URGENT, words=f"now {self.verdict.priority}")
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes articles in. Immutable: a new configuration means a new Intake."""

    store: Store
    judge: Judge
    lexicon: Lexicon
    policy: AlertPolicy
    chats: tuple[Chat, ...]

    def take(
        self,
        articles: Sequence[tuple[Article, Collection[str]]],
        *,
        source: Source,
        first_sight: bool,
        now: datetime,
        owed: PageOwed | None = None,
        paid: str = "",
    ) -> tuple[Taken, ...]:
        """Take articles of one source in, each with its entry's keys, all in one transaction.

        Those with a key that was taken before are left out, and so is one whose page is owed unless what is
        known of it is relevant by itself. `paid` is the link of a page that was owed until now. Raises
        StoreError, and then none was taken.
        """
        judged = [self._judge(article, keys, source) for article, keys in articles]
        with self.store.work() as work:
            if paid:
                work.settle_page(source.id, paid)
            if owed is not None and not any(one.verdict.relevant for one in judged) and work.owe_page(owed):
                return ()
            # One by one: an article may join the story that the one before it opened.
            return tuple(
                self._keep(work, report, first_sight, now)
                for report in judged
                if not work.known_keys(source.id, report.keys)
            )

    def _judge(self, article: Article, keys: Collection[str], source: Source) -> _Judged:
        article = _storable(article)
        verdict = classify_article(self.judge, article, source.tier)
        return _Judged(
            article=article,
            keys=keys,
            verdict=verdict,
            mark=mark_of(article, self.lexicon),
            told=told_by(article, source, verdict.doctype),
        )

    def _keep(self, work: Work, report: _Judged, first_sight: bool, now: datetime) -> Taken:
        article, verdict, window = report.article, report.verdict, self.policy.story_window
        placed = place_report(work, article, report.mark, report.told, window=window, now=now)
        told = work.chats_told(placed.story.id) if placed.story.alerted_at is not None else {}
        desk = self._desk(work, now)
        decision = decide(
            article,
            verdict,
            placed.story,
            desk=desk,
            told=told,
            first_sight=first_sight,
            old_document=old_document(work, report.mark, window=window, now=now) if verdict.relevant else "",
            now=now,
        )
        article_id = work.add_article(
            article,
            keys=report.keys,
            verdict=verdict,
            decision=decision,
            story_id=placed.story.id,
            mark=report.mark,
            placed=placed.why,
        )
        queued = work.add_alert(placed.story.id, article_id, decision, now)
        story = _told_now(placed.story, verdict, now if queued else None)
        work.save_story(story)
        if told and story.muted_at is None:
            update = _Update(placed=placed, article_id=article_id, verdict=verdict, told=told)
            fresh = _fresh(article, self.policy, now)
            queued |= self._tell_on(work, update, desk, fresh=fresh, now=now)
        return Taken(article=article, verdict=verdict, story=story, decision=decision, queued=queued)

    def _tell_on(self, work: Work, update: "_Update", desk: Desk, *, fresh: bool, now: datetime) -> bool:
        """Bring the messages of a story that was told before up to date; True when something is owed now."""
        story, news = update.placed.story, update.news()
        owed = 0
        if fresh and update.verdict.relevant:
            gathered = [chat for chat, state in update.told.items() if state is DeliveryState.GATHERED]
            owed += work.hasten(story.id, at_once(gathered, update.verdict, desk, now), now=now)
        if fresh and news is not None:
            turns = follow_up_turns(news.reason, update.verdict.priority, desk, now)
            owed += work.add_follow_up(story.id, update.article_id, news.reason, news.words, now, turns)
        work.touch_story(story.id, now + EDIT_PAUSE)
        return owed > 0

    def _desk(self, work: Work, now: datetime) -> Desk:
        capped = any(chat.daily_cap is not None for chat in self.chats)
        owed = work.alerts_since(midnight(self.policy.timezone, now)) if capped else {}
        return Desk(chats=self.chats, policy=self.policy, owed_today=owed)


def _told_now(story: Story, verdict: Verdict, alerted_at: datetime | None) -> Story:
    """The story after this report: as urgent as its most urgent one, and since when people are told."""
    urgent = verdict.relevant and more_urgent(verdict.priority, than=story.priority)
    return replace(
        story,
        priority=verdict.priority if urgent else story.priority,
        alerted_at=story.alerted_at or alerted_at,
    )


def _fresh(article: Article, policy: AlertPolicy, now: datetime) -> bool:
    old = age(article, now)
    return old is None or old <= policy.max_age


def _storable(article: Article) -> Article:
    """The article with half surrogate pairs replaced, which no database takes, and its body within reason."""
    texts: dict[str, Any] = {name: storable(getattr(article, name)) for name in _TEXTS}
    texts["body"] = texts["body"][:LONGEST_BODY]
    return replace(article, **texts, published_at=_sane(article.published_at, article.seen_at))


def _sane(published_at: datetime | None, seen_at: datetime) -> datetime | None:
    """A date of publication that can be one: after 1990, in a zone, and not days ahead."""
    if published_at is None or published_at.utcoffset() is None:
        return None
    return published_at if _EARLIEST <= published_at <= seen_at + _AHEAD else None
