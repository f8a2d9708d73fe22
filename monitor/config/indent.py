"""How far a YAML document is indented, so that what is added to it looks like the rest."""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

_WIDEST = 100_000  # columns: no line is broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Indent:
    """Columns from a key to what stands below it, as the writer counts them."""

    mapping: int  # to the keys below
    sequence: int  # to the words of the items below
    offset: int  # to their dashes


def indent_of(root: Node) -> Indent:
    """The usual indentation of a document; where it has no list or no section, what goes with the other."""
    sections: Counter[int] = Counter()
    lists: Counter[tuple[int, int]] = Counter()
    for column, child in _below_keys(root):
        offset = child.start_mark.column - column
        if isinstance(child, MappingNode):
            sections[offset] += 1
        elif isinstance(child, SequenceNode):
            lists[offset + words_after_dash(child), offset] += 1
    mapping = sections.most_common(1)[0][0] if sections else 2
    sequence, offset = lists.most_common(1)[0][0] if lists else (mapping + 2, mapping)
    return Indent(mapping=mapping, sequence=sequence, offset=offset)


def words_after_dash(sequence: SequenceNode) -> int:
    """Columns from the dashes of a list to the words of its last item."""
    words: int = sequence.value[-1].start_mark.column
    dash: int = sequence.start_mark.column
    return max(words - dash, 2)


def in_lines(node: Node) -> bool:
    """Whether it is a list or a section of at least one line, not one in brackets."""
    return isinstance(node, CollectionNode) and bool(node.value) and not node.flow_style


def lines_of(value: Any, indent: Indent) -> list[str]:
    """A list or section as lines, the first of them without indentation."""
    yaml = YAML()
    yaml.width = _WIDEST
    yaml.indent(mapping=indent.mapping, sequence=indent.sequence, offset=indent.offset)
    lines = _dumped(yaml, value).split("\n")
    margin = len(lines[0]) - len(lines[0].lstrip(" "))
    return [line[margin:] for line in lines]


def brackets_of(value: Any) -> str:
    """The same within one line."""
    yaml = YAML()
    yaml.width = _WIDEST
    yaml.default_flow_style = True
    return _dumped(yaml, value)


def _dumped(yaml: YAML, value: Any) -> str:
    out = io.StringIO()
    yaml.dump(value, out)
    return out.getvalue().removesuffix("\n")


def _below_keys(node: Node) -> Iterator[tuple[int, CollectionNode]]:
    """Whatever is written in lines below a key, with the column of that key."""
    if not in_lines(node):
        return
    if isinstance(node, MappingNode):
        for _, child in node.value:
            if in_lines(child):
                yield node.start_mark.column, child
                yield from _below_keys(child)
    else:
        for child in node.value:
            yield from _below_keys(child)
