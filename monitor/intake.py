"""One article through the core in one transaction: judge, place, decide, keep, queue. The service's heart."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.classify import Judge
from monitor.core.decide import decide
from monitor.core.fingerprint import fingerprint
from monitor.core.model import (
    AlertPolicy,
    Article,
    ArticleId,
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

    article_id: ArticleId
    verdict: Verdict
    story: Story
    decision: Decision
    queued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes articles in. Immutable: a new configuration means a new Intake."""

    store: Store
    judge: Judge
    policy: AlertPolicy
    chats: tuple[Chat, ...]

    def take(
        self,
        article: Article,
        *,
        source: Source,
        keys: Collection[str],
        first_sight: bool,
        now: datetime,
    ) -> Taken | None:
        """Take one article in and commit; None when one of its keys was taken before. Raises StoreError."""
        article = _storable(article)
        verdict = self.judge.classify(
            title=article.title, summary=article.summary, body=article.body, tier=source.tier
        )
        mark = fingerprint(article.title, article.summary or article.body)
        with self.store.work() as work:
            if work.known_keys(article.source_id, keys):
                return None
            return self._keep(work, article, keys, verdict, mark, first_sight, now)

    def _keep(
        self,
        work: Work,
        article: Article,
        keys: Collection[str],
        verdict: Verdict,
        mark: Fingerprint,
        first_sight: bool,
        now: datetime,
    ) -> Taken:
        story = self._story(work, article, mark, now)
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
            article, keys=keys, verdict=verdict, decision=decision, story_id=story.id, fingerprint=mark
        )
        queued = work.add_alert(story.id, article_id, decision, now)
        if queued:
            story = replace(story, alerted_at=now)
        work.save_story(story)
        return Taken(article_id=article_id, verdict=verdict, story=story, decision=decision, queued=queued)

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
