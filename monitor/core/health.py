"""Whether a source is well: can it be reached, can it be read, does it still tell anything new.

The three are judged apart: a feed that was abandoned years ago still answers 200 and parses.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from monitor.core.holidays import keeps_chinese_holidays, working_days, working_time
from monitor.core.model import Cause, Source, SourceState

FAILED_POLLS = 3  # in a row make a source broken; one or two are the network's ordinary weather
SILENCES = 3  # times the usual gap without anything new is too long
LEAST_SILENCE = timedelta(days=1)  # of working time, below which no source counts as frozen
UNKNOWN_RHYTHM = timedelta(days=30)  # of a source whose rhythm is neither declared nor learned
NEWEST = 30  # items from which the gap is learned
_UNDATED = "none of its items has a date that can be read"
_LEAST_DAYS = 4  # different days, from which a gap in days can be told
_LEAST_ITEMS = 5  # of one or two days, from which a gap in hours can be told


class Condition(StrEnum):
    """How a source is, all in all."""

    NEW = "new"  # not polled yet
    WELL = "ok"
    FAILING = "failing"  # its last poll failed, too few in a row to say so aloud
    BROKEN = "broken"


class Aspect(StrEnum):
    """The three things that can fail apart from each other."""

    TRANSPORT = "transport"  # the way there
    PARSE = "parse"  # reading what came
    CONTENT = "content"  # anything new in it


_ASPECTS = {
    Aspect.PARSE: {
        Cause.BLOCK_PAGE, Cause.JS_SHELL, Cause.EMPTY, Cause.LAYOUT, Cause.UNREADABLE, Cause.NO_DATES,
        Cause.OURS,
    },
    Aspect.CONTENT: {Cause.FROZEN},
}  # fmt: skip


def aspect_of(cause: Cause) -> Aspect:
    """Which of the three a cause spoils."""
    return next((aspect for aspect, causes in _ASPECTS.items() if cause in causes), Aspect.TRANSPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The judgement of one source, with the reason."""

    condition: Condition
    cause: Cause | None = None
    words: str = ""
    transport: bool | None = None  # whether it was reached; None: not known
    parse: bool | None = None  # whether it was read; None: not known
    fresh: bool | None = None  # whether it tells something new as often as usual; None: not known


def judge_health(state: SourceState, source: Source, now: datetime) -> Health:
    """Judge a source by what is remembered of its polls."""
    fresh = is_fresh(state, source, now)
    if state.failures:
        return _failing(state, fresh)
    if state.last_polled_at is None:
        return Health(condition=Condition.NEW, words="not polled yet")
    if fresh is False:
        undated = state.cause is Cause.NO_DATES
        return Health(
            condition=Condition.BROKEN,
            cause=Cause.NO_DATES if undated else Cause.FROZEN,
            words=_UNDATED if undated else silence_in_words(state, source, now),
            transport=True,
            parse=not undated,
            fresh=False,
        )
    return Health(
        condition=Condition.WELL,
        cause=state.cause,
        words=state.problem or (_UNDATED if state.cause is Cause.NO_DATES else ""),
        transport=True,
        parse=state.cause is None or aspect_of(state.cause) is not Aspect.PARSE,
        fresh=fresh,
    )


def _failing(state: SourceState, fresh: bool | None) -> Health:
    enough = state.failures >= FAILED_POLLS
    aspect = aspect_of(state.cause) if state.cause else None
    return Health(
        condition=Condition.BROKEN if enough else Condition.FAILING,
        cause=state.cause,
        words=state.problem,
        transport=None if aspect is None else aspect is Aspect.PARSE,
        parse=False if aspect is Aspect.PARSE else None,
        fresh=fresh,
    )


def remembered(state: SourceState, source: Source, now: datetime) -> SourceState:
    """The memory with the moment at which the source broke, or without it once it is well again."""
    match judge_health(state, source, now).condition:
        case Condition.BROKEN:
            return replace(state, broken_since=state.broken_since or now)
        case Condition.WELL:
            return replace(state, broken_since=None)
        case _:  # neither broken nor well: what was said of it stands
            return state


# ── content ──


def rhythm_of(state: SourceState, source: Source) -> timedelta:
    """How often it usually publishes: as declared, else as learned, else `UNKNOWN_RHYTHM`."""
    return source.rhythm or state.gap or UNKNOWN_RHYTHM


def is_fresh(state: SourceState, source: Source, now: datetime) -> bool | None:
    """Whether its newest item is as young as its rhythm lets expect; None when no item had a date."""
    if state.newest_item_at is None:
        return None
    allowed = max(LEAST_SILENCE, SILENCES * rhythm_of(state, source))
    return _working(state.newest_item_at, now, source) <= allowed


def usual_gap(dates: Iterable[datetime], source: Source) -> timedelta | None:
    """The median gap between its newest items in working time; None when there are too few to tell.

    Gaps are taken between the days on which it published, so that ten notices of one morning are one; of a
    source whose list holds only a day or two, between the items.
    """
    newest = sorted(set(dates), reverse=True)[:NEWEST]
    days = sorted({at.astimezone(source.timezone).date() for at in newest})
    if len(days) >= _LEAST_DAYS:
        return _gap_in_days(days, chinese=keeps_chinese_holidays(source))
    if len(newest) >= _LEAST_ITEMS:
        gaps = ((later - earlier).total_seconds() for later, earlier in pairwise(newest))
        return timedelta(seconds=median(gaps))
    return None


def _gap_in_days(days: Sequence[date], *, chinese: bool) -> timedelta:
    gaps = (working_days(earlier, later, chinese=chinese) for earlier, later in pairwise(days))
    return timedelta(days=median(max(1, gap) for gap in gaps))


def silence_in_words(state: SourceState, source: Source, now: datetime) -> str:
    """How long it has told nothing new, and how often it usually does."""
    if state.newest_item_at is None:
        return ""
    days = _working(state.newest_item_at, now, source) / timedelta(days=1)
    when = state.newest_item_at.astimezone(source.timezone).date()
    usual = (
        "" if source.rhythm is None and state.gap is None else f", usually {rhythm_in_words(state, source)}"
    )
    return f"nothing new since {when} ({days:.0f} working days{usual})"


def rhythm_in_words(state: SourceState, source: Source) -> str:
    """Its expected rhythm, for tables: every 2 h, every 1.5 days."""
    if source.rhythm is None and state.gap is None:
        return "not known yet"
    hours = rhythm_of(state, source) / timedelta(hours=1)
    return f"every {hours / 24:.3g} days" if hours >= 24 else f"every {max(hours, 0.1):.2g} h"


def _working(start: datetime, end: datetime, source: Source) -> timedelta:
    return working_time(start, end, zone=source.timezone, chinese=keeps_chinese_holidays(source))
