"""A rule of config.yaml off and on: `enabled: false` comes and goes, and going back leaves no trace.

Every function gives the texts that may be meant, the best first, as in `splice`.
"""

from collections.abc import Iterator
from itertools import pairwise

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from monitor.config.splice import Page, Splice, page, pair, spliced

_KEY = "enabled"
_OFF = {"true": "false", "True": "False", "TRUE": "FALSE"}
_ON = {off: on for on, off in _OFF.items()}


def switched_off(text: str, number: int) -> Iterator[str]:
    """The rule of this number in the list, which is on, switched off."""
    here = page(text)
    rule = _rule(here, number)
    found = pair(rule, _KEY)
    if found is None:
        yield from _put_in(here, number)
        return
    word, start, end = _word(here, found[1])
    if word in _OFF:
        replaced = Splice(start, end, _OFF[word])
        like_ours = _taken_out(spliced(text, (replaced,)), number) is not None
        close = here.words_end(end)
        yield spliced(text, (replaced, Splice(close, close, _was_true(rule) * like_ours)))


def switched_on(text: str, number: int) -> Iterator[str]:
    """The rule of this number, which is off, switched on: without its switch if that is like one that we put
    in, else with `true`."""
    here = page(text)
    rule = _rule(here, number)
    found = pair(rule, _KEY)
    word, start, end = _word(here, found[1]) if found else ("", 0, 0)
    close, mark = here.words_end(end), _was_true(rule)
    marked = text[end:close].endswith(mark)
    bare = None if marked else _taken_out(text, number)
    if bare is not None:
        yield bare
    elif word in _ON:
        yield spliced(text, (Splice(start, end, _ON[word]), Splice(close - len(mark) * marked, close, "")))


def _was_true(rule: MappingNode) -> str:
    """What is said at the line's end of a switch that was written out, if it looks like one of ours."""
    return f"  # {_value(rule, 'id')} was true"


def _rule(here: Page, number: int) -> MappingNode:
    rule = here.at("rules", "list").value[number]
    assert isinstance(rule, MappingNode)  # it has an id
    return rule


def _value(rule: MappingNode, key: str) -> str:
    found = pair(rule, key)
    return str(found[1].value) if found else ""


def _put_in(here: Page, number: int) -> Iterator[str]:
    rule = _rule(here, number)
    for proposal in here.more_keys(rule, {_KEY: False}, rule.start_mark.column):
        yield spliced(here.text, proposal)


def _word(here: Page, value: Node) -> tuple[str, int, int]:
    start, end = value.start_mark.index, value.end_mark.index
    return (here.text[start:end] if isinstance(value, ScalarNode) else ""), start, end


def _taken_out(text: str, number: int) -> str | None:
    """The text without the rule's switch, if putting that in gives this very text."""
    here = page(text)
    rule = _rule(here, number)
    for before, (key, value) in pairwise(rule.value):
        start, end = key.start_mark.index, value.end_mark.index
        if text[start:end] == f"{_KEY}: false":
            bare = spliced(text, (_piece(here, rule, before, start, end),))
            return bare if text in _put_in(page(bare), number) else None
    return None


def _piece(here: Page, rule: MappingNode, before: tuple[Node, Node], start: int, end: int) -> Splice:
    """What goes with a switch: the comma before it, or its line."""
    if rule.flow_style:
        return Splice(here.end_of(before[1], before[0]), end, "")
    first, behind = here.line_start(start), here.line_end(end)
    if behind == end:  # the file ends without a line break, and so it will
        first -= 2 if here.text[:first].endswith("\r\n") else 1
    return Splice(first, behind, "")
