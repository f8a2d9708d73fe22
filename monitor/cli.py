"""What a person types. Each command parses its words, calls one part of the house, and prints."""

import asyncio
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from monitor import logs
from monitor.backtest import backtest, compare, shares
from monitor.batch import entries_fields, extract_fields, group_lines, judge_lines, read_bytes
from monitor.cli_alerts import alerts_app
from monitor.cli_archive import stats_app, stories_app, why_command
from monitor.cli_sources import sources_app
from monitor.config.advice import own_terms, warnings
from monitor.config.catalog import catalog
from monitor.config.environment import Environment
from monitor.config.lexicon import shipped_lexicon
from monitor.config.load import load, load_rules, load_rules_alone
from monitor.config.schema import json_schema
from monitor.core.classify import Judge, compile_rules
from monitor.core.errors import PolicywireError, UserError
from monitor.core.settings import Config
from monitor.crawl import Swept, browser_warning, new_process, run_until_done
from monitor.demo.run import run_demo
from monitor.doctor.examine import examine
from monitor.explain import explain
from monitor.lab import show_backtest, show_comparison, try_rules
from monitor.options import AsJson, ConfigPath, Days, archive, config_path, configuration
from monitor.printing import print_lines, print_rows
from monitor.service import Service
from monitor.store.engine import database_path
from monitor.store.lock import InstanceLock, lock_path
from monitor.store.sql import SqlStore
from monitor.train import own_examples, train_file

app = typer.Typer(
    name="policywire",
    help="Watches crypto and policy news and alerts on Chinese digital-economy policy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(sources_app, name="sources")
app.add_typer(alerts_app, name="alerts")
rules_app = typer.Typer(help="Trying rules on a text and on the archive.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")
app.add_typer(stats_app, name="stats")
app.add_typer(stories_app, name="stories")
app.command("why")(why_command)


@app.callback()
def _root(context: typer.Context, config: ConfigPath = None) -> None:
    context.obj = config or Path(os.environ.get("POLICYWIRE_CONFIG", "config.yaml"))


@contextmanager
def _locked_store(environment: Environment) -> Iterator[SqlStore]:
    with InstanceLock(lock_path(environment.database_url)), archive(environment) as store:
        yield store


# ── the service ──


@app.command()
def run(context: typer.Context, config: ConfigPath = None) -> None:
    """Watch the sources and send alerts until stopped (SIGTERM or Ctrl-C)."""
    path = config_path(context, config)
    loaded, environment = configuration(path)
    with _locked_store(environment) as store:
        process = new_process()
        logs.set_up(environment.log_level, environment.log_format)
        service = Service(
            config=loaded, config_path=path, environment=environment, store=store, process=process
        )
        code = run_until_done(process, service.run())
    raise typer.Exit(code)


@app.command()
def once(context: typer.Context, config: ConfigPath = None, as_json: AsJson = False) -> None:
    """Poll every due source once, send what is due, show what came of it; exit code 1 if some did not go."""
    path = config_path(context, config)
    loaded, environment = configuration(path)
    swept: list[Swept] = []
    with _locked_store(environment) as store, Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("Polling", total=None)

        def note(result: Swept) -> None:
            swept.append(result)
            progress.update(bar, total=len(loaded.sources), completed=len(swept))

        process = new_process()
        logs.set_up("ERROR", environment.log_format)
        service = Service(
            config=loaded,
            config_path=path,
            environment=environment,
            store=store,
            process=process,
            on_swept=note,
        )
        left: list[str] = []
        run_until_done(process, _once(service, left))
    _print_swept(swept, as_json)
    for words in left:
        print(f"not delivered: {logs.redact(words)}", file=sys.stderr)
    raise typer.Exit(1 if left else 0)


async def _once(service: Service, left: list[str]) -> int:
    left += await service.once()
    return 0


def _print_swept(swept: list[Swept], as_json: bool) -> None:
    rows = [
        {
            "source": s.source_id,
            "new": s.new,
            "flagged": s.flagged,
            "queued": s.queued,
            "problem": s.problem,
        }
        for s in sorted(swept, key=lambda s: s.source_id)
    ]
    print_rows(rows, as_json, empty="No source is due.")


@app.command()
def demo(context: typer.Context, config: ConfigPath = None) -> None:
    """Sweep a small news site of our own with your rules and show the alerts: no token, no network."""
    path = config_path(context, config)
    raise typer.Exit(run_demo(load_rules(path), path, Console()))


# ── looking at things ──


@app.command()
def check(context: typer.Context, config: ConfigPath = None) -> None:
    """Check the configuration; say what it would watch."""
    path = config_path(context, config)
    loaded, environment = configuration(path)
    to = "Telegram" if environment.token else "this terminal (TELEGRAM_BOT_TOKEN is not set)"
    Console().print(
        f"{path}: good. {len(loaded.sources)} sources, {len(loaded.rules.rules)} rules, "
        f"chats {', '.join(chat.name for chat in loaded.chats)}; alerts go to {to}.",
        highlight=False,
        soft_wrap=True,
    )
    found = warnings(path, loaded, _shares(path, loaded, environment))
    for warning in filter(None, (*found, browser_warning(loaded.sources, os.environ))):
        Console().print(f"warning: {escape(warning)}", highlight=False, soft_wrap=True)


@app.command()
def doctor(
    context: typer.Context,
    config: ConfigPath = None,
    send: Annotated[bool, typer.Option("--send", help="Send a silent test message to every chat.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at all that can keep an alert from its chat, each with its mend; exit code 1 if anything does."""
    findings = asyncio.run(examine(config_path(context, config), os.environ, send=send))
    print_rows(
        [
            {"check": one.name, "": "ok" if one.ok else "problem", "found": one.words, "mend": one.mend}
            for one in findings
        ],
        as_json,
        empty="",
    )
    raise typer.Exit(0 if all(one.ok for one in findings) else 1)


def _shares(path: Path, config: Config, environment: Environment) -> dict[str, float]:
    if not database_path(environment.database_url).exists():
        return {}
    with archive(environment) as store:
        return shares(store, own_terms(path, config))


@app.command("explain")
def explain_command(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(help="An address, a saved page or text file, or - for standard input.")
    ],
    url: Annotated[str, typer.Option(help="The address a saved page came from.")] = "",
    config: ConfigPath = None,
) -> None:
    """Show the whole path of one article, with every reason."""
    path = config_path(context, config)
    loaded, _ = configuration(path)
    explain(what, url=_address(url), config=loaded, now=datetime.now(UTC), out=Console())


# ── trying rules ──


@rules_app.command("test")
def rules_test(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A text, a file, an address, or - for standard input.")],
    url: Annotated[str, typer.Option(help="The address it came from.")] = "",
    config: ConfigPath = None,
) -> None:
    """Show what the rules make of one text: what fired and where, and what the others lacked."""
    loaded, _ = configuration(config_path(context, config))
    try_rules(what, url=_address(url), config=loaded, now=datetime.now(UTC), out=Console())


@rules_app.command("backtest")
def rules_backtest(
    context: typer.Context, days: Days = 7, config: ConfigPath = None, as_json: AsJson = False
) -> None:
    """List the stories of the archive that would have alerted with the rules as they are now."""
    loaded, environment = configuration(config_path(context, config))
    with archive(environment) as store:
        found = backtest(store, loaded, _days_ago(days))
    show_backtest(found, loaded.alerts.timezone, as_json)


@rules_app.command("diff")
def rules_diff(
    context: typer.Context,
    other: Annotated[Path, typer.Argument(help="The configuration to compare with.")],
    days: Days = 7,
    most: Annotated[
        int | None, typer.Option("--max-new", min=0, help="Exit with 1 when it gains more stories than this.")
    ] = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Compare another configuration over the archive: stories gained and lost, and why; sends nothing."""
    loaded, environment = configuration(config_path(context, config))
    wanted = load(other, environment.values)
    with archive(environment) as store:
        found = compare(store, loaded, wanted, _days_ago(days))
    show_comparison(found, loaded.alerts.timezone, as_json)
    if most is not None and len(found.gained) > most:
        raise typer.Exit(1)


def _days_ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


@app.command()
def schema() -> None:
    """Print the JSON Schema of config.yaml."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
def version() -> None:
    """Print the version."""
    print(distribution_version("policywire"))


# ── batch doors ──


@app.command()
def judge(
    context: typer.Context,
    items: Annotated[str, typer.Argument(help="A JSON-lines file, or - for standard input.")],
    config: ConfigPath = None,
) -> None:
    """Judge items: JSON lines in (id, title, …), JSON lines out (relevant, score, topics, reasons …)."""
    ready = _judge(config_path(context, config))
    _print_answers(items, lambda lines, name: judge_lines(lines, ready, name=name))


@app.command("group")
def group_command(
    items: Annotated[str, typer.Argument(help="A JSON-lines file, or - for standard input.")],
) -> None:
    """Group items into stories: JSON lines in (id, title, published, …), JSON lines out (id, story)."""
    _print_answers(items, lambda lines, name: group_lines(lines, shipped_lexicon(), name=name))


def _print_answers(items: str, answer: Callable[[Iterable[str], str], Iterable[dict[str, Any]]]) -> None:
    try:
        if items == "-":
            print_lines(answer(io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8"), "standard input"))
            return
        with Path(items).open(encoding="utf-8") as lines:
            print_lines(answer(lines, items))
    except BrokenPipeError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{items}: cannot be read: {error}") from error


def _judge(path: Path) -> Judge:
    return compile_rules(load_rules(path))


@app.command()
def train(
    context: typer.Context,
    labelled: Annotated[Path, typer.Argument(help="JSON lines: title, label (1 or 0), summary, published.")],
    out: Annotated[Path, typer.Option(help="Where the weights go.")] = Path("relevance.json"),
    config: ConfigPath = None,
) -> None:
    """Train the learned part of the verdict on labelled headlines; say how well it does on unseen months."""
    ready = compile_rules(load_rules_alone(config_path(context, config)))
    today = datetime.now(UTC).date()
    train_file(labelled, out, judge=ready, own=own_examples(ready), today=today, say=print)


@app.command()
def extract(
    page: Annotated[Path, typer.Argument(help="A saved page (may be gzipped).")],
    url: Annotated[str, typer.Option(help="The address it came from.")] = "",
) -> None:
    """Extract a saved page: title, published, language, issuer, document number, text."""
    fields = extract_fields(read_bytes(page), url=_address(url), now=datetime.now(UTC), sources=catalog())
    print_lines([fields])


@app.command()
def entries(
    feed: Annotated[Path, typer.Argument(help="A saved feed (may be gzipped).")],
    url: Annotated[str, typer.Option(help="The address it came from.")] = "",
) -> None:
    """List the entries of a saved feed, one JSON line each."""
    print_lines(entries_fields(read_bytes(feed), url=_address(url), now=datetime.now(UTC), sources=catalog()))


def _address(url: str) -> str:
    try:
        urlsplit(url).port  # noqa: B018 - raises for what is no address
    except ValueError as error:
        raise UserError(f"--url {url}: not an address: {error}") from error
    return url


def main() -> None:
    """Run the command line; a mistake a person can mend is one line on stderr."""
    try:
        app()
    except UserError as mistake:
        print(f"policywire: {logs.redact(str(mistake))}", file=sys.stderr)
        sys.exit(mistake.exit_code)
    except PolicywireError as trouble:
        print(f"policywire: {logs.redact(str(trouble))}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except asyncio.CancelledError:
        sys.exit(130)
