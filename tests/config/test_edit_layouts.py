"""However a person lays config.yaml out, a change from chat leaves every other line as it was."""

import re
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.config.document import parse_document
from monitor.config.edit import with_rule, with_rule_switched, with_source
from monitor.core.errors import ConfigError

NEW = {"id": "new", "query": "RWA: 试点 # “x”, [y]", "topic": "crypto", "weight": 3}
_T = TypeVar("_T")
_BREAK = re.compile(r"\r\n|\n|\r")
_SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True, slots=True)
class Layout:
    """A file as somebody may have written it."""

    text: str
    spans: dict[str, tuple[int, int]]  # of each rule, first line and the line behind it


class Hand:
    """Somebody who writes config.yaml, never twice in the same way."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.comments = 0
        self.section = self.one_of(2, 4)
        self.dash = self.one_of(0, 2, 4)
        self.width = self.one_of(2, 3, 4)

    def one_of(self, *choices: _T) -> _T:
        return self.draw(st.sampled_from(choices))

    def comment(self) -> str:
        self.comments += 1
        return f"# c{self.comments} 注: {{x}}, '"

    def aside(self) -> str:
        """What may stand behind a value."""
        return self.one_of("", "", "  ", f"   {self.comment()}", f" {self.comment()}")

    def between(self, column: int) -> list[str]:
        """What may stand between two things."""
        here, left, far = (" " * each + self.comment() for each in (column, 0, column + 6))
        return list(
            self.one_of([], [], [""], ["   "], [here], [left], [far], ["", here, here, ""], [here, ""])
        )

    def within_line(self) -> str:
        return self.one_of(
            "x", '"数字 yuan"', "'it''s # no'", r'"\u6570"', "[a,  b]", "{a: 1 , b: [c]}", "1_0", "~"
        )

    def value(self, column: int) -> list[str]:
        """A value as the lines that follow its key; the first stands behind the colon."""
        more = " " * (column + self.one_of(1, 2, 5))
        a, b = f"{more}digital yuan", f"{more}OR e-cny"
        block = self.one_of("|", ">", "|-", ">-", "|+", ">+")
        return list(
            self.one_of(
                [f"   {self.within_line()}{self.aside()}"],
                [f" {self.within_line()}{self.aside()}"],
                [self.one_of("", f"  {self.comment()}")],  # nothing
                [" digital yuan", b],
                [' "a very', f'{more}long query"{self.aside()}'],
                [f" [x,{self.aside()}", f"{more}y]{self.aside()}"],
                [f" {block}", a, b],
                [f" {block}   {self.comment()}", a, f"{more}# not a comment  ", "", b],
                [f" {block}", a, "", ""],
                [self.aside(), f"{more}- x{self.aside()}", f"{more}-  'y'"],
                [self.aside(), f"{more}one: 1{self.aside()}", f"{more}two:"],
            )
        )

    def rule(self, number: int, column: int, switch: str | None) -> list[str]:
        """The lines of a rule without the dash of the first."""
        shape = self.one_of("block", "block", "block", "flow", "flow in lines")
        pairs = [
            f"id: r{number}",
            *(f"k{each}: {self.within_line()}" for each in range(self.one_of(0, 1, 2))),
        ]
        pairs += [f"enabled: {switch}"] if switch else []
        order = self.draw(st.permutations(pairs))
        if shape == "flow":
            return [
                f"{{{self.one_of(', ', ',  ', ' , ').join(order)}{self.one_of('', ',', ' ')}}}{self.aside()}"
            ]
        if shape == "flow in lines":
            lines = [f"{pair},{self.aside()}" for pair in order]
            lines[-1] = lines[-1].replace(",", self.one_of(",", ""), 1) if "," not in order[-1] else order[-1]
            return [
                "{" + self.aside(),
                *(" " * (column + 1) + line for line in lines),
                f" }}{self.aside()}".rjust(column + 3),
            ]
        return self.block(order, column)

    def block(self, order: list[str], column: int) -> list[str]:
        lines: list[str] = []
        for number, pair in enumerate(order):
            if number:
                lines += self.between(column)
            lines.append(" " * column * bool(lines) + pair + self.aside())
        if self.one_of(True, False):
            first, *rest = self.value(column)
            lines += [*self.between(column), f"{' ' * column}last:{first}", *rest]
        return lines


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    hand = Hand(draw)
    lines = list(hand.one_of([], [hand.comment()], ["---"], ["%YAML 1.2", "---", hand.comment()]))
    spans = {}
    before, after = hand.one_of(("chats", "zone"), ("sources", "chats"), ("zone", "sources"))
    lines += [*section(hand, before), *hand.between(0), f"rules:{hand.aside()}"]
    margin = " " * hand.section
    lines += hand.one_of([], [f"{margin}threshold:   3{hand.aside()}"])
    lines += [f"{margin}list:{hand.aside()}"]
    column = hand.section + hand.dash
    for number in range(hand.one_of(1, 2, 3)):
        lines += hand.between(column)
        rule = hand.rule(number, column + hand.width, hand.one_of(None, None, "true", "True"))
        first = len(lines)
        lines += [" " * column + "-".ljust(hand.width) + rule[0], *rule[1:]]
        spans[f"r{number}"] = first, len(lines)
    if hand.one_of(True, False):
        lines += hand.between(column)
        lines += [*section(hand, after), *hand.between(0), *hand.one_of([], ["..."])]
    text = hand.one_of("\n", "\n", "\r\n", "\r").join(lines)
    last = hand.one_of("\n", "\n", "", "\n\n\n").replace("\n", (_BREAK.findall(text) or ["\n"])[-1])
    return Layout(hand.one_of("", "", "\ufeff") + text + last, spans)


def section(hand: Hand, name: str) -> list[str]:
    match name:
        case "chats":
            return [f"chats:{hand.aside()}", f"-   name: desk{hand.aside()}", '    id: "-1001"   # quoted']
        case "sources":
            return list(
                hand.one_of(
                    ["sources: {use:   [first-set]}"], ["sources:", "      use: [first-set]"], ["sources:"]
                )
            )
        case _:
            return [f"timezone:    Asia/Shanghai{hand.aside()}"]


def meaning(text: str) -> Any:
    return parse_document(text, "config.yaml").values


def lines_of(text: str) -> list[str]:
    return _BREAK.split(text)


def comments(text: str) -> list[str]:
    return re.findall(r"# c\d+ 注: \{x\}, '", text)


def changed(before: str, after: str) -> tuple[int, int]:
    """The first line of the old text that is not in the new, and the line behind the last."""
    old, new = lines_of(before), lines_of(after)
    head = next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    pairs = zip(reversed(old[head:]), reversed(new[head:]), strict=False)
    tail = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)) - head)
    return head, len(old) - tail


def ends_in_a_block_of_text(text: str) -> bool:
    """A line break behind the last line would become part of that text."""
    return bool(meaning(text) != meaning(text + "\n"))


@_SETTINGS
@given(layouts(), st.data())
def test_off_and_on_again(layout: Layout, data: st.DataObject) -> None:
    rule_id = data.draw(st.sampled_from(sorted(layout.spans)))
    off = with_rule_switched(layout.text, rule_id, on=False)
    meant = meaning(layout.text)
    next(rule for rule in meant["rules"]["list"] if rule["id"] == rule_id)["enabled"] = False
    assert meaning(off) == meant
    first, behind = layout.spans[rule_id]
    start, end = changed(layout.text, off)
    assert first <= start <= end
    assert end <= behind or start == end  # put in behind the comment that follows the rule
    assert comments(off) == comments(layout.text)
    assert set(_BREAK.findall(off)) == set(_BREAK.findall(layout.text))
    assert with_rule_switched(off, rule_id, on=False) == off
    assert with_rule_switched(off, rule_id, on=True) == layout.text


@_SETTINGS
@given(layouts())
def test_one_more_rule(layout: Layout) -> None:
    try:
        more = with_rule(layout.text, NEW)
    except ConfigError:
        assert ends_in_a_block_of_text(layout.text)
        return
    meant = meaning(layout.text)
    meant["rules"]["list"].append(NEW)
    assert meaning(more) == meant
    start, end = changed(layout.text, more)
    assert start == end  # nothing but new lines
    assert comments(more) == comments(layout.text)
    assert set(_BREAK.findall(more)) == set(_BREAK.findall(layout.text))


@_SETTINGS
@given(layouts())
def test_one_more_source(layout: Layout) -> None:
    source = {"id": "new", "url": "https://new.example/feed", "feeds": [{"name": "a", "url": "x"}]}
    try:
        more = with_source(layout.text, source)
    except ConfigError:
        assert ends_in_a_block_of_text(layout.text)
        return
    meant = meaning(layout.text)
    meant["sources"] = (meant.get("sources") or {}) | {"add": [source]}
    assert meaning(more) == meant
    start, end = changed(layout.text, more)
    assert start == end or (end - start == 1 and "sources: {" in lines_of(layout.text)[start])
    assert comments(more) == comments(layout.text)
