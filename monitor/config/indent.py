"""How far a YAML document is indented, so that what is added to it looks like the rest."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq


@dataclass(frozen=True, slots=True, kw_only=True)
class Indent:
    """Columns from a key to what stands below it, as the writer counts them."""

    mapping: int  # to the keys below
    sequence: int  # to the words of the items below
    offset: int  # to their dashes


def indent_of(document: Any) -> Indent:
    """The usual indentation of a document; where it has no list or no section, what goes with the other."""
    sections: Counter[int] = Counter()
    lists: Counter[tuple[int, int]] = Counter()
    for column, child in _below_keys(document):
        if isinstance(child, CommentedMap):
            sections[child.lc.col - column] += 1
        elif isinstance(child, CommentedSeq) and 0 in (child.lc.data or {}):
            lists[child.lc.item(0)[1] - column, child.lc.col - column] += 1
    mapping = sections.most_common(1)[0][0] if sections else 2
    sequence, offset = lists.most_common(1)[0][0] if lists else (mapping + 2, mapping)
    return Indent(mapping=mapping, sequence=sequence, offset=offset)


def _below_keys(node: Any) -> Iterator[tuple[int, Any]]:
    """Whatever is written in lines below a key, with the column of that key."""
    if isinstance(node, CommentedMap):
        for child in node.values():
            if _in_lines(child):
                yield node.lc.col, child
                yield from _below_keys(child)
    elif isinstance(node, CommentedSeq):
        for child in node:
            if _in_lines(child):
                yield from _below_keys(child)


def _in_lines(node: Any) -> bool:
    return isinstance(node, (CommentedMap, CommentedSeq)) and bool(node) and not node.fa.flow_style()
