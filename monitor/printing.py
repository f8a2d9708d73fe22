"""How commands print: JSON lines, JSON, tables, and times of the person's own zone."""

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def print_lines(rows: Iterable[dict[str, Any]]) -> None:
    """One JSON object a line."""
    for row in rows:
        # A half surrogate pair in somebody's text must not end the stream.
        sys.stdout.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()


def print_rows(rows: list[dict[str, Any]], as_json: bool, *, empty: str) -> None:
    """A JSON list, or a table; without rows the words of `empty`."""
    if as_json:
        print_json(rows)
    elif not rows:
        print(empty)
    else:
        table = Table(*rows[0], box=None, header_style="bold")
        for row in rows:
            table.add_row(*(escape(str(value)) for value in row.values()))
        Console().print(table)


def print_json(value: object) -> None:
    """One JSON value."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def say(*lines: str) -> None:
    """Lines as they are, however long."""
    for line in lines:
        Console().print(escape(line), highlight=False, soft_wrap=True)


def when(at: datetime | None) -> str:
    """A moment in this machine's zone."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "never"
