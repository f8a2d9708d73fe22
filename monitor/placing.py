"""Finds the story of a report within one transaction, and joins stories that turn out to be one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.core.archive import Alike
from monitor.core.decide import more_urgent
from monitor.core.mark import Mark, copied
from monitor.core.model import Article, Story
from monitor.core.ports import Work
from monitor.core.profile import document_key
from monitor.core.standing import News, Told, joined, merged, opened
from monitor.core.stories import place

# What repeals or amends an old document is a new one, however old the number in its headline.
_CHANGES = re.compile(r"废止|修订|修改|修正|失效|\b(?:repeal|amend|revis|replac|abolish|supersed)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
MOST_STORIES = 6  # stories a report is compared with: those of the likeliest reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a report went."""

    story: Story
    why: tuple[str, ...]
    news: News | None = None  # what those who were told of the story must hear


def place_report(
    work: Work, article: Article, mark: Mark, told: Told, *, window: timedelta, now: datetime
) -> Placed:
    """The report's story: joined, with what that changes, or opened. The caller saves the story."""
    alike = work.similar(mark, article.canonical_url, now - window)
    stories = list({one.story.id: one.story for one in alike}.values())[:MOST_STORIES]
    members = work.members([story.id for story in stories])
    found = place(mark.profile, [(story, members.get(story.id, ())) for story in stories])
    if found.story is None and (copy := _copied(mark, alike)):
        original, words = copy
        return _join(work, original.story, told, mark, (words, *found.why), now)
    why = (*found.why, *(f"next likeliest: {words}" for words in found.runner_up))
    if found.story is None:
        story = opened(work.open_story(article.title, now), told)
        return Placed(story=story, why=why)
    return _with_others(work, _join(work, found.story, told, mark, why, now), found.also_joins, now)


def _copied(mark: Mark, alike: Sequence[Alike]) -> tuple[Alike, str] | None:
    """The report whose text this one is, whatever its headline says."""
    shares = [(copied(mark, one.samples, one.profile), one) for one in alike]
    share, best = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    if best is None or not share:
        return None
    return best, f"{share:.0%} of the sampled text is that of “{best.profile.title}” ({best.profile.outlet})"


def _join(work: Work, story: Story, told: Told, mark: Mark, why: tuple[str, ...], now: datetime) -> Placed:
    first = work.members([story.id]).get(story.id, ())
    by_first_source = bool(first) and first[0].outlet == mark.profile.outlet
    after, news = joined(story, told, by_first_source=by_first_source)
    after = replace(after, reports=story.reports + 1, last_seen_at=now)
    return Placed(story=after, why=why, news=news)


def _with_others(work: Work, placed: Placed, others: Sequence[Story], now: datetime) -> Placed:
    """The same after other stories that turned out to be this one were taken into it, or it into them."""
    apart = work.kept_apart(placed.story.id) if others else frozenset()
    for other in others:
        if other.id not in apart:
            into, gone = _which_stays(placed.story, other)
            story, news = merge(work, into, gone, now)
            placed = replace(placed, story=story, news=news or placed.news)
    return placed


def _which_stays(one: Story, other: Story) -> tuple[Story, Story]:
    """The story that people were told of stays; else the older one."""
    if (one.alerted_at is None) != (other.alerted_at is None):
        return (one, other) if one.alerted_at else (other, one)
    return (one, other) if one.id < other.id else (other, one)


def merge(work: Work, into: Story, gone: Story, now: datetime) -> tuple[Story, News | None]:
    """Take one story into another: reports, standing and messages. The caller saves the story returned, and
    tells the news."""
    work.save_story(into)
    work.merge_stories(into.id, gone.id)
    if gone.alerted_at is not None:
        work.touch_story(gone.id, now)  # its own message says where it went
    standing, news = merged(into, gone)
    alerted = [at for at in (into.alerted_at, gone.alerted_at) if at is not None]
    whole = replace(
        into,
        opened_at=min(into.opened_at, gone.opened_at),
        last_seen_at=max(into.last_seen_at, gone.last_seen_at),
        reports=into.reports + gone.reports,
        alerted_at=min(alerted, default=None),
        standing=standing,
        tier=min(into.tier, gone.tier),
        priority=gone.priority if more_urgent(gone.priority, than=into.priority) else into.priority,
    )
    return whole, news


def old_document(work: Work, mark: Mark, *, window: timedelta, now: datetime) -> str:
    """Why the headline only passes an old document on, in words; "" when it names none, or a new one."""
    if _CHANGES.search(mark.profile.title):
        return ""
    for number in sorted(mark.profile.facts.documents):
        first = work.first_with_key(document_key(number))
        if first is not None and first < now - window:
            return f"{number} was first seen on {first:%Y-%m-%d}"
        year = _YEAR.search(number)
        if year and int(year[0]) < mark.profile.published_at.year - 1:
            return f"{number} is a document of {year[0]}"
    return ""
