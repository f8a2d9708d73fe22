"""When sources are polled: grouped by site, in phase, with backoff that never becomes a stop."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

from tldextract import TLDExtract

from monitor.core.model import Source, SourceState, Validator

LONGEST_BACKOFF = timedelta(hours=6)
SHORTEST_BACKOFF = timedelta(minutes=1)


@cache
def _suffixes() -> TLDExtract:
    return TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list that ships with the library: no network


def site_of(url: str) -> str:
    """The unit of politeness: the registrable domain, or host:port where there is none (addresses)."""
    found = _suffixes()(url)
    if found.domain and found.suffix and not found.ipv4:
        return f"{found.domain}.{found.suffix}"
    return urlsplit(url).netloc.rpartition("@")[2]


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
    newest = max(filter(None, [state.newest_item_at, newest_item_at]), default=None)
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
    if (old.feeds, old.verify_tls, old.browser) != (new.feeds, new.verify_tls, new.browser):
        return replace(state, next_poll_at=min(state.next_poll_at, now), failures=0, problem="", cause=None)
    if old.every == new.every or state.last_polled_at is None:
        return state
    due_at = max(state.last_polled_at + new.every, now)
    return replace(state, next_poll_at=min(state.next_poll_at, due_at))


def next_in_phase(due_at: datetime, every: timedelta, now: datetime) -> datetime:
    """One period after the last poll was due, so that polls do not drift; from now when that is past."""
    following = due_at + every
    return following if following > now else now + every
