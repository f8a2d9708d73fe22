"""Change config.yaml as a person would: only the lines concerned, comments kept, never half-written."""

import copy
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import ScalarNode

from monitor.config.document import Document, parse_document
from monitor.config.indent import brackets_of
from monitor.config.load import parse
from monitor.config.splice import Page, Proposal, page, pair, spliced
from monitor.config.switch import switched_off, switched_on
from monitor.core.errors import ConfigError, UserError, Where
from monitor.core.settings import Config

_NAME = "config.yaml"  # in messages; the caller knows where the text came from
_BOM = b"\xef\xbb\xbf"


def with_rule(text: str, rule: Mapping[str, Any]) -> str:
    """The file's text with one more rule at the end of the list; `rule` holds the keys of config.yaml.

    Raises ConfigError where the file is laid out so that this cannot be done without touching anything else.
    """
    document = parse_document(text, _NAME)
    if not isinstance(document.value(("rules",)), dict):
        raise _no_place("list of rules")
    return _longer(document, text, ("rules", "list"), [rule], "list of rules")


def with_rule_switched(text: str, rule_id: str, *, on: bool) -> str:
    """The file's text with a rule switched on or off; off and on again gives the same text.

    Raises UserError when there is no such rule, ConfigError where the file's layout does not allow it.
    """
    document = parse_document(text, _NAME)
    rules = document.value(("rules", "list"))
    if not isinstance(rules, list):
        raise _no_place("list of rules")
    number, rule = _rule(rules, rule_id)
    if rule.get("enabled", True) is on:
        return text
    meant: Any = copy.deepcopy(document.values)
    meant["rules"]["list"][number]["enabled"] = on
    ways = switched_on(text, number) if on else switched_off(text, number)
    by_hand = f"write “enabled: {str(on).lower()}” under rule “{rule_id}” by hand"
    return _first_that_means(meant, ways, document.where(("rules", "list", number)), by_hand)


def with_source(text: str, source: Mapping[str, Any]) -> str:
    """The file's text with one more source under `sources.add`."""
    return with_sources(text, [source])


def with_sources(text: str, added: Iterable[Mapping[str, Any]]) -> str:
    """The file's text with more sources under `sources.add`. Raises ConfigError as `with_rule` does."""
    document = parse_document(text, _NAME)
    return _longer(document, text, ("sources", "add"), list(added), "section “sources”")


def checked(text: str, name: str, env: Mapping[str, str]) -> Config:
    """The configuration that the text describes. Raises ConfigError."""
    return parse(text, name, env)


def save(path: Path, before: str, after: str) -> None:
    """Put the new text in the file's place at once; a byte order mark stays. Raises UserError when the file
    was changed meanwhile, or cannot be written."""
    try:
        raw = path.read_bytes()
        if raw.decode("utf-8-sig") != before:  # its line ends as they are
            raise UserError(f"{path}: was changed meanwhile: look at it and try again")
        _replace(path.resolve(), (_BOM if raw.startswith(_BOM) else b"") + after.encode())
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error


# ── what is meant ──


def _rule(rules: Sequence[Any], rule_id: str) -> tuple[int, dict[str, Any]]:
    for number, rule in enumerate(rules):
        if isinstance(rule, dict) and rule.get("id") == rule_id:
            return number, rule
    raise UserError(f"there is no rule “{rule_id}” in the file")


def _longer(document: Document, text: str, path: tuple[str, str], items: list[Any], place: str) -> str:
    """The text with more items in the list at this path; what is missing on the way is made."""
    if not items:
        return text
    parse_document(brackets_of(items), "what is added")  # a secret in it is told as such
    meant: Any = copy.deepcopy(document.values)
    try:
        section = meant[path[0]] = _or(meant.get(path[0]), {})
        section[path[1]] = listed = _or(section.get(path[1]), [])
        listed.extend(items)
    except (AttributeError, TypeError):
        raise _no_place(place) from None
    ways = (spliced(text, one) for one in _proposals(page(text), path, items))
    by_hand = f"write this under {'.'.join(path)} by hand: {', '.join(map(brackets_of, items[:1]))}"
    return _first_that_means(meant, ways, document.where(path), by_hand)


def _or(value: Any, nothing: Any) -> Any:
    return nothing if value is None else value


def _proposals(here: Page, path: tuple[str, str], items: list[Any]) -> Iterator[Proposal]:
    node: Any = here.root  # of the kind that the values showed
    added: Any = {path[0]: {path[1]: items}}
    for name in path:
        found = pair(node, name)
        if found is None:
            return here.more_keys(node, added, node.start_mark.column + 1)
        added = added[name]
        key, node = found
        if isinstance(node, ScalarNode) or not node.value:
            return here.fill(key, node, added)
    return here.more_items(node, items)


def _first_that_means(meant: Any, ways: Iterable[str], where: Where, by_hand: str) -> str:
    sought = _canonical(meant)
    for way in ways:
        try:
            if _canonical(parse_document(way, _NAME).values) == sought:
                return way
        except ConfigError:  # there, what was put in became something else: try the next way
            continue
    raise ConfigError(where, "cannot be changed from here without touching other lines", by_hand)


def _canonical(values: Any) -> str:
    """One text for one meaning; a rule is on with `enabled: true` and without."""
    rules = values["rules"]["list"] if "list" in (values.get("rules") or {}) else None
    for rule in rules or []:
        if isinstance(rule, dict) and rule.get("enabled") is True:
            del rule["enabled"]
    return json.dumps(values, sort_keys=True)


def _no_place(place: str) -> ConfigError:
    return ConfigError(Where(file=_NAME), f"has no {place}", "mend it first")


def _replace(path: Path, raw: bytes) -> None:
    """Written beside it, flushed to the disk, then renamed: a reader sees the old file or the new one."""
    mode = path.stat().st_mode & 0o777
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(written, mode)
        os.replace(written, path)
    except BaseException:
        os.unlink(written)
        raise
