"""Where something more can stand in a YAML text: pieces put in at the parser's marks, all else untouched.

Every function gives its proposals, the best first. Which of them mean what was meant, only reading the result
tells: whoever asks reads it and takes the first that does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from monitor.config.indent import Indent, brackets_of, in_lines, indent_of, lines_of, words_after_dash

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what the parser takes for the end of a line
_BLANKS = " \t\r\n\x85\u2028\u2029"
_COLON = re.compile(r"[ \t]*:")
_COMMA = re.compile(r"[ \t]*,")
_NO_MORE = re.compile(r"[ \t]*(#.*)?$")


@dataclass(frozen=True, slots=True)
class Splice:
    """One piece of text in the place of what stands between two indices."""

    start: int
    end: int
    put: str


Proposal = tuple[Splice, ...]


def spliced(text: str, proposal: Proposal) -> str:
    """The text with its pieces put in."""
    for one in sorted(proposal, key=lambda each: each.start, reverse=True):
        text = text[: one.start] + one.put + text[one.end :]
    return text


@dataclass(frozen=True, slots=True)
class Page:
    """A text with its nodes."""

    text: str
    root: Node
    indent: Indent

    def at(self, *names: str) -> Node:
        """What stands under these keys, which are there."""
        node = self.root
        for name in names:
            node = next(value for key, value in node.value if key.value == name)
        return node

    # ── more of what is there ──

    def more_keys(self, mapping: MappingNode, added: Mapping[str, Any], about: int) -> Iterator[Proposal]:
        """More keys at a section's end, or before its last key if nothing can follow that one. Comment that
        follows it and is indented to `about` or further is about what is there and stays with it."""
        if mapping.flow_style:
            at = self.end_of_last(mapping)
            yield (Splice(at, at, f", {brackets_of(added)[1:-1]}"),)
            return
        lines = _indented(lines_of(added, self.indent), mapping.start_mark.column)
        for at in self._behind(mapping, about):
            yield (self._lines_at(at, lines),)
        if len(mapping.value) > 1:
            before = self.line_end(self.end_of(*reversed(mapping.value[-2])))
            yield (self._lines_at(before, lines),)

    def more_items(self, sequence: SequenceNode, items: Sequence[Any]) -> Iterator[Proposal]:
        """More items at a list's end."""
        if sequence.flow_style:
            yield self._items_in_brackets(sequence, [brackets_of(item) for item in items])
            return
        dash, width = sequence.start_mark.column, words_after_dash(sequence)
        indent = replace(self.indent, sequence=self.indent.offset + width)
        lines = _indented(lines_of(list(items), indent), dash)
        for at in self._behind(sequence, dash + width):
            yield (self._lines_at(at, lines),)

    def fill(self, key: Node, empty: Node, added: Any) -> Iterator[Proposal]:
        """A section or list in the place of the nothing, [] or {} under a key."""
        start, end = self._empty_span(key, empty)
        further = self.indent.offset if isinstance(added, Sequence) else self.indent.mapping
        lines = _indented(lines_of(added, self.indent), key.start_mark.column + further)
        written = self.text[start:end]
        if not _BREAK.search(written):  # else there may be a comment in it
            blank = start - (written != "" and self.text[start - 1] == " ")
            yield Splice(blank, end, ""), self._lines_at(self.line_end(end), lines)
        if isinstance(empty, ScalarNode):
            yield (Splice(start, end, brackets_of(added) if written else f" {brackets_of(added)}"),)
        else:
            yield (Splice(start + 1, start + 1, brackets_of(added)[1:-1]),)

    # ── places ──

    def end_of_last(self, mapping: MappingNode) -> int:
        """The index behind the last value of a section."""
        key, value = mapping.value[-1]
        return self.end_of(value, key)

    def end_of(self, node: Node, key: Node | None = None) -> int:
        """The index behind the last character of a value, which stands under this key."""
        if in_lines(node):
            return self.end_of_last(node) if isinstance(node, MappingNode) else self.end_of(node.value[-1])
        if _is_nothing(node):
            return self._empty_span(key, node)[1]
        end: int = node.end_mark.index
        # The parser counts the empty lines behind a block of text to it.
        return len(self.text[:end].rstrip(_BLANKS)) if _is_block_text(node) else end

    def line_start(self, index: int) -> int:
        """The index at which the line of this one begins."""
        return max((found.end() for found in _BREAK.finditer(self.text, 0, index)), default=0)

    def line_end(self, index: int) -> int:
        """The index at which the next line begins; the text's end where there is none."""
        found = _BREAK.search(self.text, index)
        return found.end() if found else len(self.text)

    def words_end(self, index: int) -> int:
        """The index behind the last character of the line of this one."""
        found = _BREAK.search(self.text, index)
        return found.start() if found else len(self.text)

    def _behind(self, node: Node, about: int) -> Iterator[int]:
        """Where a line may follow a block: behind the comment about it, which directly follows; or behind the
        empty lines that belong to a block of text."""
        at = self.line_end(self.end_of(node))
        while self._is_comment(at, about):
            at = self.line_end(at)
        yield at
        leaf = _leaf(node)
        if _is_block_text(leaf):
            yield leaf.end_mark.index

    def _is_comment(self, at: int, column: int) -> bool:
        line = self.text[at : self.line_end(at)]
        return line.lstrip(" ").startswith("#") and len(line) - len(line.lstrip(" ")) >= column

    def _empty_span(self, key: Node | None, empty: Node) -> tuple[int, int]:
        """Where an empty value is written; the parser marks what is not written at the next word instead."""
        if key is None or not _is_nothing(empty):
            return empty.start_mark.index, empty.end_mark.index
        colon = _COLON.match(self.text, key.end_mark.index)
        end = colon.end() if colon else key.end_mark.index
        return end, end

    # ── pieces ──

    def _lines_at(self, at: int, lines: Sequence[str]) -> Splice:
        """Lines of their own, ended like the one before them; a file without a last line break stays so."""
        breaks = [found.group() for found in _BREAK.finditer(self.text, 0, at)]
        end = breaks[-1] if breaks and breaks[-1] in ("\n", "\r\n", "\r") else "\n"
        whole = end.join(lines)
        closed = at == self.line_start(at)
        return Splice(at, at, whole + end if closed else end + whole)

    def _items_in_brackets(self, sequence: SequenceNode, items: Sequence[str]) -> Proposal:
        last = sequence.value[-1]
        end = last.end_mark.index
        comma = _COMMA.match(self.text, end)
        margin = self.text[self.line_start(last.start_mark.index) : last.start_mark.index]
        behind = comma.end() if comma else end
        if margin.strip(" ") or not _NO_MORE.match(self.text[behind : self.line_end(behind)].rstrip(_BLANKS)):
            return (Splice(end, end, "".join(f", {item}" for item in items)),)
        lines = [f"{margin}{item}," for item in items]
        if comma:
            return (self._lines_at(self.line_end(behind), lines),)
        lines[-1] = lines[-1].removesuffix(",")
        return Splice(end, end, ","), self._lines_at(self.line_end(behind), lines)


def page(text: str) -> Page:
    """A text that was read without complaint, with its nodes."""
    root = YAML(typ="safe", pure=True).compose(text)
    return Page(text, root, indent_of(root))


def pair(mapping: MappingNode, name: str) -> tuple[Node, Node] | None:
    """A key and its value in a section."""
    return next(((key, value) for key, value in mapping.value if key.value == name), None)


def _leaf(node: Node) -> Node:
    while in_lines(node):
        node = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
    return node


def _is_block_text(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.style in ("|", ">")


def _is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value == "" and node.style not in ("'", '"', "|", ">")


def _indented(lines: Sequence[str], column: int) -> list[str]:
    return [" " * column + line for line in lines]
