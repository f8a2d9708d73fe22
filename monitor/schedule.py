"""When sources are polled: grouped by site, in phase, with backoff that never becomes a stop."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.model import Source
from monitor.core.polling import Cause, ListState, SourceState, Validator
from spiders.gate import site_of

LONGEST_BACKOFF = timedelta(hours=6)
SHORTEST_BACKOFF = timedelta(minutes=1)
_LONGEST_REST = timedelta(days=1)
_AHEAD = timedelta(days=2)  # dates further ahead are no dates; zones and clocks differ


def by_site(sources: Iterable[Source]) -> dict[str, tuple[Source, ...]]:
    """Group sources by the site of their first list, in the order given."""
    groups: dict[str, list[Source]] = {}
    for source in sources:
        groups.setdefault(site_of(source.feeds[0].url), []).append(source)
    return {site: tuple(members) for site, members in groups.items()}


def after_success(
    state: SourceState,
    source: Source,
    *,
    validators: Iterable[Validator],
    newest_item_at: datetime | None,
    delay: float,
    now: datetime,
) -> SourceState:
    """The memory after a poll that was taken in whole."""
    fresh = tuple(validators)  # those of the parts of a sitemap among them
    merged = {v.url: v for v in (*state.validators, *fresh)}
    wanted = {feed.url for feed in source.feeds} | {v.url for v in fresh}
    dates = [at for at in (state.newest_item_at, newest_item_at) if at and at <= now + _AHEAD]
    newest = max(dates, default=None)
    return replace(
        state,
        next_poll_at=next_in_phase(state.next_poll_at, source.every, now),
        first_polled_at=state.first_polled_at or now,
        last_polled_at=now,
        last_ok_at=now,
        newest_item_at=newest,
        failures=0,
        problem="",
        delay=delay,
        validators=tuple(v for url, v in merged.items() if url in wanted),
    )


def after_failure(
    state: SourceState,
    source: Source,
    *,
    problem: str,
    retry_after: timedelta | None,
    now: datetime,
) -> SourceState:
    """The memory after a failed poll: later each time up to six hours, never before Retry-After."""
    failures = state.failures + 1
    wait = min(max(source.every, SHORTEST_BACKOFF) * 2 ** min(failures - 1, 10), LONGEST_BACKOFF)
    wait = max(wait, source.every, retry_after or timedelta())
    return replace(state, next_poll_at=now + wait, last_polled_at=now, failures=failures, problem=problem)


def after_change(state: SourceState, old: Source, new: Source, now: datetime) -> SourceState:
    """The memory after its configuration changed: another address is tried at once, another rhythm kept."""
    if not asks_alike(old, new):
        return replace(state, next_poll_at=min(state.next_poll_at, now), failures=0, problem="", cause=None)
    if old.every == new.every or state.last_polled_at is None:
        return state
    due_at = max(state.last_polled_at + new.every, now)
    return replace(state, next_poll_at=min(state.next_poll_at, due_at))


def asks_alike(one: Source, other: Source) -> bool:
    """Whether two configurations of a source ask for the same lists in the same way."""
    return (one.feeds, one.verify_tls, one.browser) == (other.feeds, other.verify_tls, other.browser)


def lists_after(
    state: SourceState,
    source: Source,
    answers: Mapping[str, tuple[str, Cause | None]],
    now: datetime,
) -> tuple[ListState, ...]:
    """How each list of a source fared; `answers` hold the problem ("" for none) of those asked, by URL."""
    before = {one.url: one for one in state.lists}
    after = []
    for feed in source.feeds:
        one = before.get(feed.url, ListState(url=feed.url))
        if feed.url in answers:
            problem, cause = answers[feed.url]
            one = replace(
                one,
                failures=one.failures + 1 if problem else 0,
                last_ok_at=one.last_ok_at if problem else now,
                problem=problem,
                cause=cause,
            )
        after.append(one)
    return tuple(after)


def in_time(state: SourceState, source: Source, now: datetime) -> SourceState:
    """The memory with a next poll that can be one: no backoff and no Retry-After is longer than a day."""
    if state.next_poll_at <= now + max(source.every, _LONGEST_REST):
        return state
    return replace(state, next_poll_at=now + source.every)


def next_in_phase(due_at: datetime, every: timedelta, now: datetime) -> datetime:
    """One period after the last poll was due, so that polls do not drift; from now when that is past."""
    following = due_at + every
    return following if following > now else now + every
