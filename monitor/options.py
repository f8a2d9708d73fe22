"""What all commands share: their options, and how they come to the configuration and the database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from monitor.config.environment import Environment, read_environment
from monitor.config.load import load
from monitor.core.settings import Config
from monitor.store.sql import SqlStore, open_store

ConfigPath = Annotated[Path | None, typer.Option("--config", "-c", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Days = Annotated[
    int, typer.Option("--days", min=1, max=36_500, help="How far back the archive is looked at.")
]


def config_path(context: typer.Context, own: Path | None) -> Path:
    """The configuration file a command was told of, by itself or before it."""
    chosen: Path = own or context.obj
    return chosen


def environment_beside(path: Path) -> Environment:
    """The environment, completed by the file .env beside the configuration. Raises ConfigError."""
    return read_environment(os.environ, path.parent / ".env")


def configuration(path: Path) -> tuple[Config, Environment]:
    """The configuration and the environment it was read with. Raises ConfigError."""
    environment = environment_beside(path)
    return load(path, environment.values), environment


@contextmanager
def archive(environment: Environment) -> Iterator[SqlStore]:
    """The database for looking at and small changes, beside a service that may be running."""
    store = open_store(environment.database_url)
    try:
        yield store
    finally:
        store.close()
