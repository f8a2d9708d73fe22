"""Tells the operator which sources broke and which work again: grouped, once each, never per poll."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.core.health import Condition, Health, judge_health
from monitor.core.model import Source, SourceId
from monitor.core.polling import SourceState
from monitor.core.ports import Store, Work
from monitor.core.settings import Config

GATHER = timedelta(minutes=10)  # what breaks within this time is told together
BETWEEN = timedelta(minutes=30)  # two notices are at least this far apart
MOST_NAMED = 20  # sources in one notice; the rest are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One notice that is due, and the sources it tells of."""

    key: str  # the same for the same break, so that it is told once
    text: str
    broken: bool
    sources: tuple[SourceId, ...]


def tell_of_sources(store: Store, config: Config, now: datetime) -> int:
    """Queue the notices that are due; returns how many. Raises StoreError."""
    if config.operator is None or not due(store.source_states(), config.sources, now):
        return 0
    with store.work() as work:
        states = tuple(filter(None, (work.source_state(source.id) for source in config.sources)))
        notices = due(states, config.sources, now)
        for notice in notices:
            work.add_notice(f"notice:{notice.key}", notice.text, config.operator, now)
            _remember(work, notice, {state.source_id: state for state in states}, now)
    return len(notices)


def _remember(work: Work, notice: Telling, states: Mapping[SourceId, SourceState], now: datetime) -> None:
    for source_id in notice.sources:
        work.save_source_state(replace(states[source_id], told_broken=notice.broken, told_at=now))


def due(states: Iterable[SourceState], sources: Sequence[Source], now: datetime) -> tuple[Telling, ...]:
    """The notices to send at `now`: one of what broke, one of what works again; mostly none."""
    known = {source.id: source for source in sources}
    watched = [state for state in states if state.source_id in known]
    last = max((state.told_at for state in watched if state.told_at), default=None)
    if last is not None and now - last < BETWEEN:
        return ()
    broken = [s for s in watched if s.broken_since is not None and not s.told_broken]
    oldest = min((s.broken_since for s in broken if s.broken_since), default=None)
    mended = [s for s in watched if s.broken_since is None and s.told_broken]
    found = []
    if oldest is not None and now - oldest >= GATHER:
        found.append(_of_broken(broken, known, now))
    if mended:
        found.append(_of_mended(mended, known))
    return tuple(found)


def _of_broken(states: Sequence[SourceState], known: Mapping[SourceId, Source], now: datetime) -> Telling:
    lines = [_broken_line(state, known[state.source_id], now) for state in states]
    many = "1 source does not work" if len(states) == 1 else f"{len(states)} sources do not work"
    head = f"{many}; polling goes on and you will hear when it works again (policywire sources health):"
    return Telling(
        key=f"sources-broken:{_first(states)}",
        text="\n".join([head, *_shortened(lines)]),
        broken=True,
        sources=tuple(state.source_id for state in states),
    )


def _of_mended(states: Sequence[SourceState], known: Mapping[SourceId, Source]) -> Telling:
    names = [f"• {known[state.source_id].name} ({state.source_id})" for state in states]
    many = "1 source works again:" if len(states) == 1 else f"{len(states)} sources work again:"
    return Telling(
        key=f"sources-mended:{_first(states)}",
        text="\n".join([many, *_shortened(names)]),
        broken=False,
        sources=tuple(state.source_id for state in states),
    )


def _broken_line(state: SourceState, source: Source, now: datetime) -> str:
    health: Health = judge_health(state, source, now)
    why = health.words if health.condition is not Condition.WELL else ""
    cause = f"{health.cause}: " if health.cause else ""
    return f"• {source.name} ({source.id}): {cause}{why or 'see policywire sources health'}"


def _shortened(lines: list[str]) -> list[str]:
    rest = len(lines) - MOST_NAMED
    return [*lines[:MOST_NAMED], f"… and {rest} more"] if rest > 0 else lines


def _first(states: Sequence[SourceState]) -> str:
    """Names the telling: the source and the moment (it broke, or was last told of) that make it this one."""
    first = min(states, key=lambda state: state.source_id)
    at = first.broken_since or first.told_at
    return f"{first.source_id}:{at:%Y%m%dT%H%M%S}"
