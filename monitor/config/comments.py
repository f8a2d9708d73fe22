"""Comments of a YAML document stay with what they are about when something is put in before them.

The parser hangs every comment on the value before it: the heading of a section on the last value of the one
above.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString
from ruamel.yaml.tokens import CommentToken


def append(parent: CommentedMap, key: str, items: Iterable[Mapping[str, Any]]) -> None:
    """Put items at the end of the list under this key, which is made if it is not there; the comments that
    follow the list still follow it."""
    if key in parent:
        last = parent[key][-1] if parent[key] else parent
        tail = _cut(parent, key, last.lc.col if hasattr(last, "lc") else 0)
    else:
        tail = _cut_last(parent)
    if not parent.get(key):
        parent[key] = CommentedSeq()  # not the one line of an empty [] that was written there
    parent[key].extend(_round(item) for item in items)
    _hang(parent, key, tail)


def switch(mapping: CommentedMap, key: str, *, on: bool) -> None:
    """Write `key: false` at the mapping's end, or take it away; what was said about it stays, with `true`."""
    if not on:
        tail = "" if key in mapping else _cut_last(mapping)
        mapping[key] = False
        _hang(mapping, key, tail)
        return
    if key not in mapping:
        return
    names = list(mapping)
    place = names.index(key)
    tail = _cut(mapping, key, mapping.lc.col)
    if place == 0 or mapping.ca.items.get(key):
        mapping[key] = True
        _hang(mapping, key, tail)
    else:
        del mapping[key]
        _hang(mapping, names[place - 1], tail)


def _round(value: Any) -> Any:
    """The value in the parser's own types, which can carry comments."""
    if isinstance(value, Mapping):
        return CommentedMap({key: _round(one) for key, one in value.items()})
    if isinstance(value, (list, tuple)):
        return CommentedSeq(_round(one) for one in value)
    return value


def _cut_last(mapping: CommentedMap) -> str:
    if mapping.fa.flow_style() or not mapping:
        return ""
    return _cut(mapping, next(reversed(mapping)), mapping.lc.col)


def _cut(container: Any, key: Any, column: int) -> str:
    """Take away, and return, the lines of comment that follow the value under this key; those that are
    indented to `column` or further are about the value and stay."""
    container, key = _leaf(container, key)
    token = _token(container, key)
    if token is None:
        return ""
    lines = token.value.splitlines(keepends=True)
    stay = 0 if _is_block_text(container[key]) else 1
    while stay < len(lines) and lines[stay].strip() and _indent(lines[stay]) >= column:
        stay += 1
    kept = "".join(lines[:stay])
    if kept.strip():
        token.value = kept
    else:
        del container.ca.items[key]
    return "".join(lines[stay:])


def _hang(container: Any, key: Any, tail: str) -> None:
    """Let these lines of comment follow the value under this key."""
    if not tail:
        return
    container, key = _leaf(container, key)
    token = _token(container, key)
    if token is not None:
        token.value = token.value.rstrip("\n") + "\n" + tail
        return
    begun = tail if _is_block_text(container[key]) else "\n" + tail
    token = CommentToken(begun, CommentMark(0), None)
    is_map = isinstance(container, CommentedMap)
    container.ca.items[key] = [None, None, token, None] if is_map else [token, None, None, None]


def _leaf(container: Any, key: Any) -> tuple[Any, Any]:
    """Where the comments behind a value hang: at its last part, as far as it is written in lines."""
    value = container[key]
    if not isinstance(value, (CommentedMap, CommentedSeq)) or not value or value.fa.flow_style():
        return container, key
    return _leaf(value, next(reversed(value)) if isinstance(value, CommentedMap) else len(value) - 1)


def _token(container: Any, key: Any) -> CommentToken | None:
    place = 2 if isinstance(container, CommentedMap) else 0
    found = container.ca.items.get(key)
    token: CommentToken | None = found[place] if found and len(found) > place else None
    return token


def _is_block_text(value: Any) -> bool:
    """Text written with | or >, which no comment can follow on its line."""
    return isinstance(value, (LiteralScalarString, FoldedScalarString))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
