"""Verdict, story, policy and the present make a decision, and every decision carries its reason."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from monitor.core.digest import next_digest
from monitor.core.model import (
    Article,
    ChatName,
    Decision,
    Due,
    Entry,
    Hold,
    Priority,
    Reason,
    RuleId,
    Send,
    Skip,
    Standing,
    Story,
    Topic,
    Verdict,
)
from monitor.core.settings import AlertPolicy, Chat, QuietHours

_URGENCY = {Priority.LOW: 0, Priority.NORMAL: 1, Priority.BREAKING: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who hears of relevant reports, and how much each chat has heard today."""

    chats: tuple[Chat, ...]
    policy: AlertPolicy
    owed_today: Mapping[ChatName, int] = field(default_factory=dict)


def decide(
    article: Article,
    verdict: Verdict,
    story: Story,
    *,
    desk: Desk,
    told: Collection[ChatName] = (),
    first_sight: bool,
    old_document: str = "",
    now: datetime,
) -> Decision:
    """Say what to do about one article.

    `told` are the chats that have its story already: a later report may reach others, by its urgency, its
    topics or its rules. `first_sight` means its list is being read for the first time; `old_document` says in
    words why the report only passes on an old document, "" when it does not.
    """
    takers = chats_for(verdict, desk.chats) if verdict.relevant else ()
    left = [chat for chat in takers if chat.name not in told]
    silenced = _silenced(verdict, story, desk.policy)
    if silenced is not None:
        return silenced
    if story.alerted_at is not None and not left:
        return Skip(reason=Reason.ALREADY_ALERTED, words=f"story {story.id} was alerted before")
    stale = _stale(article, desk.policy, first_sight=first_sight, now=now)
    if stale is not None:
        return stale
    if old_document:
        return Skip(reason=Reason.RECIRCULATED, words=old_document)
    if not left:
        return Skip(reason=Reason.NO_CHAT, words="no chat takes these topics at this priority")
    return _turns(left, verdict, desk, now)


def _silenced(verdict: Verdict, story: Story, policy: AlertPolicy) -> Skip | None:
    if not verdict.relevant:
        return Skip(reason=Reason.NOT_RELEVANT, words=f"score {verdict.score:g} below {verdict.threshold:g}")
    if story.muted_at is not None:
        return Skip(reason=Reason.MUTED, words=f"story {story.id} is muted")
    if story.standing is Standing.UNCONFIRMED and not policy.rumours:
        return Skip(reason=Reason.RUMOUR, words="told by unreliable sources only so far")
    return None


def _turns(takers: Sequence[Chat], verdict: Verdict, desk: Desk, now: datetime) -> Send | Hold:
    """Each chat's turn, and the reason and words of the one that waits least."""
    turns = [_turn(chat, verdict, desk, now) for chat in takers]
    due = tuple(one for one, _, _ in turns)
    first, reason, words = min(turns, key=lambda turn: (turn[0].gather_until or now, turn[0].chat))
    if first.gather_until is None:
        return Send(due=due, reason=Reason.NEW_STORY, words="first relevant report of this story")
    return Hold(due=due, reason=reason, words=words)


def _turn(chat: Chat, verdict: Verdict, desk: Desk, now: datetime) -> tuple[Due, Reason, str]:
    silent = is_silent(chat, verdict.priority)
    due = Due(chat=chat.name, silent=silent)
    news = (due, Reason.NEW_STORY, "first relevant report of this story")
    if verdict.priority is Priority.BREAKING:
        return news
    held = _held(chat, verdict, desk, now)
    quiet = out_of_quiet(desk.policy, held[0] if held else now)
    if quiet is not None:
        words = f"quiet hours until {quiet.astimezone(desk.policy.timezone):%H:%M}"
        held = (quiet, *held[1:]) if held else (quiet, Reason.QUIET_HOURS, words)
    if held is None:
        return news
    until, reason, words = held
    return replace(due, gather_until=until), reason, words


def _held(chat: Chat, verdict: Verdict, desk: Desk, now: datetime) -> tuple[datetime, Reason, str] | None:
    """Until when the chat's digest holds the alert back, and why; None when it does not."""
    zone = desk.policy.timezone
    if chat.digest is not None and _URGENCY[verdict.priority] < _URGENCY[chat.instant]:
        words = f"waits for the digest of chat {chat.name}"
        return next_digest(chat.digest, zone, now), Reason.DIGEST, words
    if chat.daily_cap is not None and desk.owed_today.get(chat.name, 0) >= chat.daily_cap:
        words = f"chat {chat.name} had {chat.daily_cap} of {chat.daily_cap} alerts today"
        return next_digest(chat.digest, zone, now), Reason.DAILY_CAP, words
    return None


def at_once(chats: Collection[ChatName], verdict: Verdict, desk: Desk, now: datetime) -> tuple[ChatName, ...]:
    """Which of these chats want a report of this urgency at once."""
    takers = [chat for chat in chats_for(verdict, desk.chats) if chat.name in chats]
    return tuple(chat.name for chat in takers if _turn(chat, verdict, desk, now)[0].gather_until is None)


# What turns a story round is worth waking somebody for; other news of it keep quiet hours.
_WAKES = frozenset({Reason.DENIED, Reason.CORRECTED, Reason.CONFIRMED})


def follow_up_turns(reason: Reason, priority: Priority, desk: Desk, now: datetime) -> dict[ChatName, Due]:
    """When each chat hears the news of a story it was told, and whether with a sound."""
    wakes = reason in _WAKES or priority is Priority.BREAKING
    until = None if wakes else out_of_quiet(desk.policy, now)
    return {
        chat.name: Due(
            chat=chat.name,
            gather_until=until,
            silent=is_silent(chat, priority) and reason not in (Reason.DENIED, Reason.CORRECTED),
        )
        for chat in desk.chats
    }


def is_silent(chat: Chat, priority: Priority) -> bool:
    """Whether a message of this urgency makes no sound in the chat."""
    return _URGENCY[priority] < _URGENCY[chat.loud]


def more_urgent(priority: Priority, than: Priority) -> bool:
    """Whether one urgency is above another."""
    return _URGENCY[priority] > _URGENCY[than]


def out_of_quiet(policy: AlertPolicy, at: datetime) -> datetime | None:
    """When the quiet hours that `at` falls into end, in UTC; None when it falls into none."""
    quiet = policy.quiet and quiet_until(policy.quiet, at.astimezone(policy.timezone))
    return quiet.astimezone(UTC) if quiet else None


def chats_for(verdict: Verdict, chats: Sequence[Chat]) -> tuple[Chat, ...]:
    """Which chats want a verdict: by its topics and priority, or by a rule that fired."""
    fired = {hit.rule for hit in verdict.hits}
    return tuple(
        chat
        for chat in chats
        if _URGENCY[verdict.priority] >= _URGENCY[chat.at_least] and _wanted(chat, verdict, fired)
    )


def _wanted(chat: Chat, verdict: Verdict, fired: set[RuleId]) -> bool:
    sent_here = bool(fired & set(chat.rules))
    if not verdict.topics:  # rules without a topic made it relevant: for those who take everything
        return sent_here or len(chat.topics) == len(Topic)
    return sent_here or bool(set(chat.topics) & set(verdict.topics))


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
    # Where clocks set back repeat an hour, the end in the one that `local` is in.
    return datetime.combine(day, end, tzinfo=local.tzinfo).replace(fold=local.fold)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.0f} h"
