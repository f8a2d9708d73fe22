"""Commands about sources: list, check, health, add, import, export."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from monitor import logs
from monitor.adding import (
    as_yaml,
    imported,
    known_as,
    new_id,
    scout,
    section_of,
    taken_ids,
    write,
)
from monitor.config.catalog import catalog
from monitor.config.environment import Environment
from monitor.config.fields import address
from monitor.config.words import nearest
from monitor.core.errors import UserError
from monitor.core.health import Condition, Health, judge_health, rhythm_in_words
from monitor.core.model import Source
from monitor.core.polling import SourceState
from monitor.core.settings import Config
from monitor.crawl import new_process, run_until_done
from monitor.options import AsJson, ConfigPath, archive, config_path, configuration
from monitor.printing import print_rows, say, when
from monitor.trial import Trial, Tried
from spiders.discover import Way
from spiders.opml import NotOpmlError, feeds_of, read_opml, write_opml

NONE_CHOSEN = "No source is chosen: see `sources:` in config.yaml."
SHOWN = 5  # items of a new source that are shown before it is written down
LONGEST_TITLE = 60  # characters of a headline in a table

sources_app = typer.Typer(help="The sources that are watched.", no_args_is_help=True)


def _now() -> datetime:
    return datetime.now(UTC)


# ── list, health ──


@sources_app.command("list")
def sources_list(context: typer.Context, config: ConfigPath = None, as_json: AsJson = False) -> None:
    """List the chosen sources and how their last poll went."""
    loaded, environment = configuration(config_path(context, config))
    states = _states(environment)
    rows = []
    for source in loaded.sources:
        state = states.get(source.id)
        rows.append(
            {
                "id": source.id,
                "name": source.name,
                "kind": str(source.kind),
                "tier": int(source.tier),
                "every": f"{source.every.total_seconds() / 60:g} min",
                "last ok": when(state.last_ok_at if state else None),
                "problem": state.problem if state else "",
            }
        )
    print_rows(rows, as_json, empty=NONE_CHOSEN)


@sources_app.command("health")
def sources_health(context: typer.Context, config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Show which sources are well and which are not, why, and since when; the broken ones first."""
    loaded, environment = configuration(config_path(context, config))
    states, now = _states(environment), _now()
    judged = [
        (source, state, judge_health(state, source, now))
        for source in loaded.sources
        if (state := states.get(source.id)) is not None
    ]
    order = [Condition.BROKEN, Condition.FAILING, Condition.NEW, Condition.WELL]
    judged.sort(key=lambda row: order.index(row[2].condition))
    rows = [_health_row(*row) for row in judged]
    print_rows(rows, as_json, empty="No source was polled yet.")


def _health_row(source: Source, state: SourceState, health: Health) -> dict[str, Any]:
    return {
        "id": source.id,
        "state": str(health.condition),
        "cause": str(health.cause or ""),
        "transport": _yes(health.transport),
        "parse": _yes(health.parse),
        "fresh": _yes(health.fresh),
        "since": when(state.broken_since) if state.broken_since else "",
        "last ok": when(state.last_ok_at),
        "newest item": when(state.newest_item_at),
        "rhythm": rhythm_in_words(state, source),
        "problem": health.words,
    }


def _yes(known: bool | None) -> str:
    return "?" if known is None else "ok" if known else "no"


def _states(environment: Environment) -> dict[str, SourceState]:
    with archive(environment) as store:
        return {state.source_id: state for state in store.source_states()}


# ── check ──


@sources_app.command("check")
def sources_check(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of sources; default: all that are chosen.")
    ] = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Poll sources once, keep and send nothing: were they reached and read, how new are they."""
    loaded, environment = configuration(config_path(context, config))
    chosen = _chosen(ids or [], loaded)
    logs.set_up("CRITICAL", environment.log_format)
    tried = _try(chosen, loaded)
    rows = [_tried_row(tried[source.id]) for source in chosen]
    print_rows(rows, as_json, empty=NONE_CHOSEN)
    if not all(one.ok for one in tried.values()):
        raise typer.Exit(1)


def _chosen(ids: Sequence[str], config: Config) -> tuple[Source, ...]:
    if not ids:
        return config.sources
    known = {source.id: source for source in (*catalog(), *config.sources)}  # the chosen ones as overridden
    for name in ids:
        if name not in known:
            mend = nearest(name, sorted(known))
            raise UserError(f"there is no source “{name}”" + (f" ({mend})" if mend else ""))
    return tuple(source for source in known.values() if source.id in ids)


def _try(sources: Sequence[Source], config: Config) -> dict[str, Tried]:
    tried: dict[str, Tried] = {}
    process = new_process()
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("Checking", total=len(sources))

        def note(one: Tried) -> None:
            tried[one.source.id] = one
            progress.update(bar, completed=len(tried))

        trial = Trial(process=process, network=config.network, clock=_now, on_tried=note)

        async def poll() -> int:
            await trial.run(sources)
            return 0

        run_until_done(process, poll())
    return tried


def _tried_row(tried: Tried) -> dict[str, Any]:
    return {
        "id": tried.source.id,
        "reached": _yes(tried.reached),
        "parsed": _yes(tried.parsed),
        "entries": tried.entries,
        "newest": when(tried.newest_at) if tried.newest_at else "",
        "newest item": _short(tried.newest_title),
        "cause": str(tried.cause or ""),
        "problem": tried.problem,
    }


def _short(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"


# ── add, import, export ──


@sources_app.command("add")
def sources_add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="A site, a page that lists news, a feed or a sitemap.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write it without asking.")] = False,
    own_id: Annotated[str, typer.Option("--id", help="The id of the new source.")] = "",
    config: ConfigPath = None,
) -> None:
    """Find a site's feed, sitemap or list, show its newest items, and add it to config.yaml."""
    path = config_path(context, config)
    loaded, environment = configuration(path)
    _check_address(url)
    taken = taken_ids(loaded)
    if own_id in taken:
        raise UserError(f"there is a source “{own_id}” already: choose another --id")
    logs.set_up("CRITICAL", environment.log_format)
    found = scout(url, loaded, _now)
    if known := known_as(found.way.feed.url, loaded):
        raise UserError(f"{found.way.feed.url} is {known}")
    section = section_of(found, own_id or new_id(found.way.feed.url, taken))
    _show(found.way)
    say(as_yaml(section).rstrip())
    if not yes and not typer.confirm(f"Write this into {path}?"):
        say("Nothing was written.")
        return
    write(path, [section], environment.values)
    say(f"{path}: {section['id']} was added; a running service takes it over within seconds.")


def _check_address(url: str) -> None:
    try:
        address(url)
    except ValueError as error:
        raise UserError(f"{url}: not a web address (write it whole: https://example.org/)") from error


def _show(way: Way) -> None:
    say(f"{way.feed.method}: {way.feed.url} ({len(way.entries)} items). The newest it would take:")
    for entry in way.newest(SHOWN):
        at = when(entry.published_at) if entry.published_at else "no date         "
        say(f"  {at}  {_short(entry.title or entry.link)}")


@sources_app.command("import")
def sources_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An OPML file, as feed readers export it.")],
    config: ConfigPath = None,
) -> None:
    """Add the feeds of an OPML file to config.yaml; those known already are skipped."""
    path = config_path(context, config)
    loaded, environment = configuration(path)
    try:
        feeds = read_opml(file.read_bytes())
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from error
    except NotOpmlError as error:
        raise UserError(f"{file}: {error}") from error
    sections, lines = imported(feeds, loaded)
    if sections:
        write(path, sections, environment.values)
    say(*lines, f"{len(sections)} of {len(feeds)} feeds were added to {path}.")


@sources_app.command("export")
def sources_export(context: typer.Context, config: ConfigPath = None) -> None:
    """Print the feeds of the chosen sources as OPML, for a feed reader."""
    loaded, _ = configuration(config_path(context, config))
    sys.stdout.write(write_opml(loaded.sources))
    left_out = len(loaded.sources) - len({source.id for source, _ in feeds_of(loaded.sources)})
    if left_out:
        print(f"{left_out} sources have no feed a reader could take.", file=sys.stderr)
