"""Change config.yaml as a person would: only the lines concerned, comments kept, never half-written."""

import io
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from monitor.config.comments import append, switch
from monitor.config.document import parse_document
from monitor.config.indent import indent_of
from monitor.config.load import parse
from monitor.core.errors import ConfigError, UserError, Where
from monitor.core.settings import Config

_NAME = "config.yaml"  # in messages; the caller knows where the text came from
_WIDEST = 100_000  # columns: no line of the user's is broken


def with_rule(text: str, rule: Mapping[str, Any]) -> str:
    """The file's text with one more rule at the end of the list; `rule` holds the keys of config.yaml."""
    return _rewritten(text, lambda document: append(document["rules"], "list", [rule]))


def with_rule_switched(text: str, rule_id: str, *, on: bool) -> str:
    """The file's text with a rule switched on or off. Raises UserError when there is no such rule."""

    def change(document: Any) -> None:
        rules = document["rules"]["list"]
        found = next((rule for rule in rules if rule.get("id") == rule_id), None)
        if found is None:
            raise UserError(f"there is no rule “{rule_id}” in the file")
        switch(found, "enabled", on=on)

    return _rewritten(text, change)


def with_source(text: str, source: Mapping[str, Any]) -> str:
    """The file's text with one more source under `sources.add`."""
    return with_sources(text, [source])


def with_sources(text: str, added: Iterable[Mapping[str, Any]]) -> str:
    """The file's text with more sources under `sources.add`."""

    def add(document: Any) -> None:
        if document.get("sources") is None:
            document["sources"] = CommentedMap()
        append(document["sources"], "add", added)

    return _rewritten(text, add, "section “sources”")


def checked(text: str, name: str, env: Mapping[str, str]) -> Config:
    """The configuration that the text describes. Raises ConfigError."""
    return parse(text, name, env)


def save(path: Path, before: str, after: str) -> None:
    """Put the new text in the file's place at once. Raises UserError when the file was changed meanwhile, or
    cannot be written."""
    try:
        if path.read_bytes().decode("utf-8-sig") != before:  # its line ends as they are
            raise UserError(f"{path}: was changed meanwhile: look at it and try again")
        _replace(path.resolve(), after)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error


def _rewritten(text: str, change: Callable[[Any], None], place: str = "list of rules") -> str:
    parse_document(text, _NAME)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDEST
    document = yaml.load(text.replace("\r\n", "\n"))
    indent = indent_of(document)
    yaml.indent(mapping=indent.mapping, sequence=indent.sequence, offset=indent.offset)
    try:
        change(document)
    except (KeyError, TypeError, AttributeError):
        raise ConfigError(Where(file=_NAME), f"has no {place}", "mend it first") from None
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue().replace("\n", "\r\n") if _breaks_like_windows(text) else out.getvalue()


def _breaks_like_windows(text: str) -> bool:
    return text.count("\r\n") * 2 > text.count("\n")


def _replace(path: Path, text: str) -> None:
    """Written beside it, flushed to the disk, then renamed: a reader sees the old file or the new one."""
    mode = path.stat().st_mode & 0o777
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(written, mode)
        os.replace(written, path)
    except BaseException:
        os.unlink(written)
        raise
