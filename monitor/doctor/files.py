"""The files: configuration and environment, who may read secrets, room on the disk."""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from monitor.config.environment import Environment, read_environment
from monitor.config.load import load
from monitor.core.errors import ConfigError, UserError
from monitor.core.settings import Config
from monitor.doctor.finding import Finding, trouble
from monitor.store.engine import database_path

LEAST_ROOM = 500_000_000  # bytes: a database, its log and a backup of some 100,000 articles


def read(
    path: Path, env: Mapping[str, str], findings: list[Finding]
) -> tuple[Config | None, Environment | None]:
    """The configuration and the environment, as far as they are sound; what is found of them is added."""
    try:
        environment = read_environment(env, path.parent / ".env")
    except ConfigError as mistake:
        findings.append(trouble("environment", mistake, "see docs/operating.md, “Environment”"))
        return None, None
    try:
        config = load(path, environment.values)
    except ConfigError as mistake:
        findings.append(trouble("config", mistake, "mend that line; policywire check tells the next one"))
        return None, environment
    words = (
        f"{path}: {len(config.sources)} sources, {len(config.rules.rules)} rules, {len(config.chats)} chats"
    )
    findings.append(Finding(name="config", words=words))
    return config, environment


def permissions(path: Path, environment: Environment | None) -> list[Finding]:
    """Whether others may read what is ours."""
    return list(wide_open(path, environment)) or [
        Finding(name="permissions", words="nobody else reads secrets")
    ]


def wide_open(path: Path, environment: Environment | None) -> Iterator[Finding]:
    """The files with secrets or people's words that others on this machine may read."""
    files = [path.parent / ".env"]
    if environment is not None:
        database = _database_file(environment)
        files += [database.with_name(database.name + end) for end in ("", "-wal", "-shm")] if database else []
    for file in files:
        mode = _mode(file)
        if mode & 0o077:
            yield trouble("permissions", f"others may read {file} (mode {mode:04o})", f"chmod 600 {file}")


def disk(environment: Environment) -> list[Finding]:
    """Whether there is room beside the database."""
    file = _database_file(environment)
    if file is None:
        return []
    folder = nearest_folder(file)
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:.1f} GB free beside the database"
    if free >= LEAST_ROOM:
        return [Finding(name="disk", words=words)]
    return [trouble("disk", words, f"make room on the disk of {folder}: at least {LEAST_ROOM / 1e9:.1f} GB")]


def nearest_folder(file: Path) -> Path:
    """The folder of the file, or the nearest one above it that is there."""
    # Unlike Path.exists this takes a folder for missing that this user may not look into.
    return next(parent for parent in file.absolute().parents if os.path.exists(parent))


def _mode(file: Path) -> int:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except OSError:  # there is none: nothing to read
        return 0


def _database_file(environment: Environment) -> Path | None:
    try:
        return database_path(environment.database_url)
    except UserError:  # told where the database is looked at
        return None
