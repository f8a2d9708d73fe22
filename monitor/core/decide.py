"""Verdict, story, policy and the present make a decision, and every decision carries its reason."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.core.model import (
    AlertPolicy,
    Article,
    Chat,
    ChatName,
    Decision,
    Entry,
    Hold,
    Priority,
    QuietHours,
    Reason,
    Send,
    Skip,
    Story,
    Verdict,
)

_URGENCY = {Priority.LOW: 0, Priority.NORMAL: 1, Priority.BREAKING: 2}


def decide(
    article: Article,
    verdict: Verdict,
    story: Story,
    *,
    chats: Sequence[Chat],
    policy: AlertPolicy,
    first_sight: bool,
    now: datetime,
) -> Decision:
    """Say what to do about one article; `first_sight` means its source is being read for the first time."""
    if not verdict.relevant:
        return Skip(reason=Reason.NOT_RELEVANT, words=f"score {verdict.score:g} below {verdict.threshold:g}")
    if story.alerted_at is not None:
        return Skip(reason=Reason.ALREADY_ALERTED, words=f"story {story.id} was alerted before")
    stale = _stale(article, policy, first_sight=first_sight, now=now)
    if stale is not None:
        return stale
    names = chats_for(verdict, chats)
    if not names:
        return Skip(reason=Reason.NO_CHAT, words="no chat takes these topics at this priority")
    return _at_once_or_held(names, verdict, policy, now)


def _at_once_or_held(
    names: tuple[ChatName, ...], verdict: Verdict, policy: AlertPolicy, now: datetime
) -> Send | Hold:
    if policy.quiet is None or verdict.priority is Priority.BREAKING:
        return Send(chats=names, reason=Reason.NEW_STORY, words="first relevant report of this story")
    until = quiet_until(policy.quiet, now.astimezone(policy.timezone))
    if until is None:
        return Send(chats=names, reason=Reason.NEW_STORY, words="first relevant report of this story")
    words = f"quiet hours until {policy.quiet.end:%H:%M}"
    return Hold(chats=names, until=until.astimezone(now.tzinfo), reason=Reason.QUIET_HOURS, words=words)


def chats_for(verdict: Verdict, chats: Sequence[Chat]) -> tuple[ChatName, ...]:
    """Which chats want a verdict of these topics and this priority."""
    return tuple(
        chat.name
        for chat in chats
        if _URGENCY[verdict.priority] >= _URGENCY[chat.at_least]
        and (not chat.topics or set(chat.topics) & set(verdict.topics))
    )


def age(report: Article | Entry, now: datetime) -> timedelta | None:
    """How old a report is at least; None when it carries no date. A bare day counts from that day's end."""
    if report.published_at is None:
        return None
    published = report.published_at + (timedelta(days=1) if report.day_only else timedelta())
    return max(now - published, timedelta())


def _stale(article: Article, policy: AlertPolicy, *, first_sight: bool, now: datetime) -> Skip | None:
    old = age(article, now)
    if first_sight and old is None:
        return Skip(reason=Reason.BACKLOG, words="undated item of a source seen for the first time")
    if old is None:
        return None
    if first_sight and old > policy.first_sight_max_age:
        limit = _hours(policy.first_sight_max_age)
        return Skip(
            reason=Reason.BACKLOG, words=f"{_hours(old)} old at first sight of the source, limit {limit}"
        )
    if old > policy.max_age:
        return Skip(reason=Reason.TOO_OLD, words=f"{_hours(old)} old, limit {_hours(policy.max_age)}")
    return None


def quiet_until(quiet: QuietHours, local: datetime) -> datetime | None:
    """When the quiet span that holds `local` (aware, in the desk's zone) ends; None outside of it."""
    start, end = quiet.start, quiet.end
    clock = local.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if not inside:
        return None
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=local.tzinfo)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.0f} h"
