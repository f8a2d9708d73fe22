"""Articles through the core, kept with their alerts in one transaction: judge, place, decide, keep, queue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.classify import Judge
from monitor.core.decide import decide
from monitor.core.fingerprint import fingerprint
from monitor.core.model import (
    AlertPolicy,
    Article,
    Chat,
    Decision,
    Fingerprint,
    Source,
    Story,
    Verdict,
)
from monitor.core.ports import Store, Work
from monitor.core.stories import place

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
    mark: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes articles in. Immutable: a new configuration means a new Intake."""

    store: Store
    judge: Judge
    policy: AlertPolicy
    chats: tuple[Chat, ...]

    def take(
        self,
        articles: Sequence[tuple[Article, Collection[str]]],
        *,
        source: Source,
        first_sight: bool,
        now: datetime,
    ) -> tuple[Taken, ...]:
        """Take articles of one source in, each with its entry's keys, all in one transaction.

        Those with a key that was taken before are left out. Raises StoreError, and then none was taken.
        """
        judged = [self._judge(article, keys, source) for article, keys in articles]
        with self.store.work() as work:
            # One by one: an article may join the story that the one before it opened.
            return tuple(
                self._keep(work, report, first_sight, now)
                for report in judged
                if not work.known_keys(source.id, report.keys)
            )

    def _judge(self, article: Article, keys: Collection[str], source: Source) -> _Judged:
        article = _storable(article)
        verdict = self.judge.classify(
            title=article.title, summary=article.summary, body=article.body, tier=source.tier
        )
        mark = fingerprint(article.title, article.summary or article.body)
        return _Judged(article=article, keys=keys, verdict=verdict, mark=mark)

    def _keep(self, work: Work, report: _Judged, first_sight: bool, now: datetime) -> Taken:
        article, verdict = report.article, report.verdict
        story = self._story(work, article, report.mark, now)
        decision = decide(
            article,
            verdict,
            story,
            chats=self.chats,
            policy=self.policy,
            first_sight=first_sight,
            now=now,
        )
        article_id = work.add_article(
            article,
            keys=report.keys,
            verdict=verdict,
            decision=decision,
            story_id=story.id,
            fingerprint=report.mark,
        )
        queued = work.add_alert(story.id, article_id, decision, now)
        if queued:
            story = replace(story, alerted_at=now)
        work.save_story(story)
        return Taken(article=article, verdict=verdict, story=story, decision=decision, queued=queued)

    def _story(self, work: Work, article: Article, mark: Fingerprint, now: datetime) -> Story:
        since = now - self.policy.story_window
        found = work.similar(mark, article.canonical_url, since)
        story = place(mark, found)
        if story is None:
            return work.open_story(article.title, now)
        return replace(story, reports=story.reports + 1, last_seen_at=now)


def _storable(article: Article) -> Article:
    """The article with half surrogate pairs replaced, which no database takes, and its body within reason."""
    texts = {
        name: getattr(article, name).encode("utf-8", "replace").decode("utf-8")
        for name in ("title", "summary", "body", "url", "canonical_url", "issuer", "document_number")
    }
    return replace(article, **{**texts, "body": texts["body"][:LONGEST_BODY]})
