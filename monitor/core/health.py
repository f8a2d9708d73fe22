"""Whether a source is well: can it be reached, can it be read, does it still tell anything new.

The three are judged apart: a feed that was abandoned years ago still answers 200 and parses.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from monitor.core.holidays import keeps_chinese_holidays, working_days, working_time
from monitor.core.model import Feed, Source, Use
from monitor.core.polling import Cause, ListState, SourceState

FAILED_POLLS = 3  # in a row make a source broken; one or two are the network's ordinary weather
SILENCES = 3  # times the usual gap without anything new is too long
LEAST_SILENCE = timedelta(days=1)  # of working time, below which no source counts as frozen
UNKNOWN_SILENCE = timedelta(days=7)  # of working time, allowed while a rhythm is neither declared nor learned
NEWEST = 1_000  # dates of one list that are looked at; a list of one busy morning may hold hundreds
_NEWEST_DAYS = 30  # days with news from which the gap is learned
_UNDATED = "none of its items has a date that can be read"


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
    if dead := dead_lists(state, source):
        return _broken_in_part(dead, fresh)
    if fresh is False:
        dateless = state.cause is Cause.NO_DATES
        undated = dateless and state.newest_item_at is not None  # it had dates once
        return Health(
            condition=Condition.BROKEN,
            cause=Cause.NO_DATES if undated else Cause.FROZEN,
            words=_UNDATED if undated else silence_in_words(state, source, now),
            transport=True,
            parse=not dateless,
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


def dead_lists(state: SourceState, source: Source) -> tuple[tuple[Feed, ListState], ...]:
    """The primary lists that failed `FAILED_POLLS` times in a row, while others of the source are read."""
    fared = {one.url: one for one in state.lists}
    primary = [feed for feed in source.feeds if feed.use is Use.PRIMARY]
    known = [(feed, fared[feed.url]) for feed in primary if feed.url in fared]
    dead = tuple((feed, one) for feed, one in known if one.failures >= FAILED_POLLS)
    return dead if len(dead) < len(primary) else ()


def _broken_in_part(dead: tuple[tuple[Feed, ListState], ...], fresh: bool | None) -> Health:
    cause = dead[0][1].cause
    return Health(
        condition=Condition.BROKEN,
        cause=cause,
        words="; ".join(f"list {feed.name}: {one.problem}" for feed, one in dead),
        transport=cause is None or aspect_of(cause) is not Aspect.TRANSPORT,
        parse=cause is None or aspect_of(cause) is not Aspect.PARSE,
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


def rhythm_of(state: SourceState, source: Source) -> timedelta | None:
    """How often it usually publishes: as declared, else as learned; None while neither is known."""
    return source.rhythm or state.gap


def is_fresh(state: SourceState, source: Source, now: datetime) -> bool | None:
    """Whether its newest item is as young as its rhythm lets expect; None while it has had none."""
    last = last_news_at(state)
    return None if last is None else _working(last, now, source) <= allowed_silence(state, source)


def last_news_at(state: SourceState) -> datetime | None:
    """When it last told something new: its newest item's date, of undated lists when one was last taken."""
    return state.newest_item_at or state.newest_taken_at


def allowed_silence(state: SourceState, source: Source) -> timedelta:
    """For how long, in working time, nothing new from it is no reason to worry."""
    rhythm = rhythm_of(state, source)
    return UNKNOWN_SILENCE if rhythm is None else max(LEAST_SILENCE, SILENCES * rhythm)


def usual_gap(dates: Iterable[datetime], source: Source) -> timedelta | None:
    """The median gap in working days, at least one, between its newest days with news.

    All that one day brought counts once, be it ten notices of a morning or a hundred flashes. None when its
    dates are all of one day: a batch a week looks then like a busy wire.
    """
    days = sorted({at.astimezone(source.timezone).date() for at in dates})[-_NEWEST_DAYS:]
    chinese = keeps_chinese_holidays(source)
    gaps = [working_days(earlier, later, chinese=chinese) for earlier, later in pairwise(days)]
    return timedelta(days=median(max(1, gap) for gap in gaps)) if gaps else None


def silence_in_words(state: SourceState, source: Source, now: datetime) -> str:
    """How long it has told nothing new, and how often it usually does."""
    last = last_news_at(state)
    if last is None:
        return ""
    days = _working(last, now, source) / timedelta(days=1)
    usual = f", usually {rhythm_in_words(state, source)}" if rhythm_of(state, source) else ""
    return f"nothing new since {last.astimezone(source.timezone).date()} ({days:.0f} working days{usual})"


def rhythm_in_words(state: SourceState, source: Source) -> str:
    """Its expected rhythm, for tables: every 2 h, every 1.5 days."""
    rhythm = rhythm_of(state, source)
    if rhythm is None:
        return "not known yet"
    hours = rhythm / timedelta(hours=1)
    return f"every {hours / 24:.3g} days" if hours >= 24 else f"every {max(hours, 0.1):.2g} h"


def _working(start: datetime, end: datetime, source: Source) -> timedelta:
    return working_time(start, end, zone=source.timezone, chinese=keeps_chinese_holidays(source))
