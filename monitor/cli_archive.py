"""Commands that ask the archive: why, stats, stories."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from monitor.core.errors import UserError
from monitor.core.model import ArticleId, Story, StoryId
from monitor.options import AsJson, ConfigPath, Days, archive, config_path, configuration
from monitor.placing import merge
from monitor.printing import print_rows, when
from monitor.queries import Step, firsts_by_source, latency_by_source, why, why_story
from monitor.store.sql import SqlStore

stats_app = typer.Typer(help="Who is first, and how quick the alerts are.", no_args_is_help=True)
stories_app = typer.Typer(help="Looking at stories, joining and splitting them.", no_args_is_help=True)

_MOST = 2**63 - 1  # the highest number the database can keep

Number = Annotated[int, typer.Argument(help="The number of a story.", min=1)]


def why_command(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="The number of an article, or story:NUMBER.")],
    config: ConfigPath = None,
) -> None:
    """Show the whole way of an article or story that was kept, with every reason."""
    loaded, environment = configuration(config_path(context, config))
    kind, _, number = what.rpartition(":")
    if kind not in ("", "story", "article") or not (number.isascii() and number.isdigit()):
        raise UserError(f"{what}: not an article or a story (write 17, or story:17)")
    if len(number) > len(str(_MOST)) or int(number) > _MOST:
        raise UserError(f"{what[:40]}: nothing is kept under this number")
    zone = loaded.alerts.timezone
    with archive(environment) as store:
        steps = (
            why_story(store, StoryId(int(number)), zone)
            if kind == "story"
            else why(store, ArticleId(int(number)), zone)
        )
    if not steps:
        raise UserError(f"{what}: nothing is kept under this number")
    _print_steps(steps)


def _print_steps(steps: Sequence[Step]) -> None:
    out = Console()
    for step in steps:
        out.print(f"[bold]{step.name}[/bold]")
        for line in step.lines:
            out.print(f"  {escape(line)}", highlight=False, soft_wrap=True)


# ── statistics ──


@stats_app.command("firsts")
def firsts(
    context: typer.Context, config: ConfigPath = None, days: Days = 30, as_json: AsJson = False
) -> None:
    """Which sources had stories first, and how long before the primary text."""
    _, environment = configuration(config_path(context, config))
    with archive(environment) as store:
        rows = firsts_by_source(store.firsts(_since(days)))
    print_rows(
        [
            {
                "source": row.source,
                "first with": row.firsts,
                "before the text (median)": _span(row.before_text),
            }
            for row in rows
        ],
        as_json,
        empty="No story was alerted in this time.",
    )


@stats_app.command("latency")
def latency(
    context: typer.Context, config: ConfigPath = None, days: Days = 30, as_json: AsJson = False
) -> None:
    """How quick the alerts of each source were: published to seen, seen to sent."""
    _, environment = configuration(config_path(context, config))
    with archive(environment) as store:
        rows = latency_by_source(store.latencies(_since(days)))
    print_rows(
        [
            {
                "source": row.source,
                "alerts": row.alerts,
                "published to seen p50": _span(row.seen_p50),
                "p95": _span(row.seen_p95),
                "seen to sent p50": _span(row.sent_p50),
                "p95 ": _span(row.sent_p95),
            }
            for row in rows
        ],
        as_json,
        empty="No story was alerted in this time.",
    )


def _since(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def _span(span: timedelta | None) -> str:
    if span is None:
        return "–"
    seconds = max(span.total_seconds(), 0)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


# ── stories ──


@stories_app.command("show")
def show(context: typer.Context, story: Number, config: ConfigPath = None, as_json: AsJson = False) -> None:
    """List the reports of a story, with the numbers of their articles."""
    _, environment = configuration(config_path(context, config))
    story_id = _possible(story)
    with archive(environment) as store:
        found = store.story(story_id)
        kept = list(store.full(store.articles_of(story_id)))
    if found is None:
        raise UserError(f"there is no story {story}")
    if found.merged_into is not None:
        raise UserError(f"story {story} went into story {found.merged_into}")
    rows: list[dict[str, Any]] = [
        {
            "article": one.article_id,
            "seen": when(one.article.seen_at),
            "source": one.source_name,
            "tier": int(one.source_tier),
            "title": one.article.title,
        }
        for one in kept
    ]
    print_rows(rows, as_json, empty="It has no reports.")


@stories_app.command("merge")
def merge_command(context: typer.Context, story: Number, other: Number, config: ConfigPath = None) -> None:
    """Take the story OTHER into STORY: one event after all. Messages are brought up to date."""
    _, environment = configuration(config_path(context, config))
    now = datetime.now(UTC)
    with archive(environment) as store, store.work() as work:
        into, gone = (_alive(work.find_story(_possible(number)), number) for number in (story, other))
        if into.id == gone.id:
            raise UserError("that is one story already")
        whole, _ = merge(work, into, gone, now)  # whoever joins them by hand needs no telling
        work.save_story(whole)
        work.touch_story(into.id, now)
    print(f"Story {other} is a part of story {story} now.")


@stories_app.command("split")
def split_command(
    context: typer.Context,
    story: Number,
    articles: Annotated[list[int], typer.Argument(help="Numbers of the articles that tell another event.")],
    config: ConfigPath = None,
) -> None:
    """Make articles of a story a story of their own, which is never joined with it again."""
    _, environment = configuration(config_path(context, config))
    now = datetime.now(UTC)
    with archive(environment) as store:
        new = _split(store, _possible(story), [ArticleId(one) for one in articles if one <= _MOST], now)
    print(f"Story {new.id} has them now.")


def _split(store: SqlStore, story: StoryId, articles: list[ArticleId], now: datetime) -> Story:
    with store.work() as work:
        _alive(work.find_story(story), story)
        new = work.split_story(story, articles, now)
        if new is None:
            raise UserError(
                f"story {story} has not these articles, or none beside them (see: stories show {story})"
            )
        work.touch_story(story, now)
        return new


def _possible(number: int) -> StoryId:
    """The number as that of a story. Raises UserError: no database could keep one under it."""
    if number > _MOST:
        raise UserError(f"there is no story {number}")
    return StoryId(number)


def _alive(story: Story | None, number: int) -> Story:
    if story is None:
        raise UserError(f"there is no story {number}")
    if story.merged_into is not None:
        raise UserError(f"story {number} went into story {story.merged_into}")
    return story
