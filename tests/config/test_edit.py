"""What the bot and the command line write into config.yaml touches nothing else."""

import difflib
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.config.document import read_text
from monitor.config.edit import checked, save, with_rule, with_rule_switched, with_source
from monitor.core.errors import ConfigError, UserError

SHIPPED = (Path(__file__).parents[2] / "config.yaml").read_text("utf-8")
SMALL = """\
# ours
chats:
- {name: desk, id: 5}   # the desk
rules:
  list:
  - id: ecny   # the digital yuan
    terms: ["数字人民币", digital yuan]
"""


def changes(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize("text", [SHIPPED, SMALL], ids=["shipped file", "another indentation"])
def test_a_new_rule_is_the_only_change(text: str) -> None:
    after = with_rule(text, {"id": "rwa", "topic": "crypto", "query": "RWA AND 试点", "weight": 3})
    indent = "    " if text is SHIPPED else "  "
    assert [line.rstrip() for line in changes(text, after)] == [
        f"+ {indent}- id: rwa",
        f"+ {indent}  topic: crypto",
        f"+ {indent}  query: RWA AND 试点",
        f"+ {indent}  weight: 3",
    ]
    assert checked(after, "config.yaml", {}).rules.rules[-1].id == "rwa"


def test_a_rule_is_switched_off_and_on_again() -> None:
    off = with_rule_switched(SMALL.replace("rules:\n", "rules:\n", 1), "ecny", on=False)
    assert [line.strip() for line in changes(SMALL, off)] == ["+     enabled: false"]
    assert with_rule_switched(off, "ecny", on=True) == SMALL


SECTIONS = """\
rules:
  list:
    - id: one   # the first
      query: a
      # what else there is to say of it

    # ── about the second ──
    - id: two
      query: b
      topics: [x, y]   # both

# ── sources ──
sources:
  use: [first-set]
  # add:   # a feed of your own

# ── the end ──
network: {}
"""


def lines_added(before: str, after: str) -> list[str]:
    """The lines that are new, each after the one it follows; nothing else may have changed."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    assert not [line for line in lines if line[0] == "-"]
    return [f"{above[2:].strip()} < {line[2:].strip()}" for above, line in pairwise(lines) if line[0] == "+"]


def test_a_new_rule_follows_the_last_one_not_the_next_heading() -> None:
    assert lines_added(SECTIONS, with_rule(SECTIONS, {"id": "three", "needs": ["c", "d"]})) == [
        "topics: [x, y]   # both < - id: three",
        "- id: three < needs:",
        "needs: < - c",
        "- c < - d",
    ]


@pytest.mark.parametrize(
    ("rule_id", "after"), [("one", "# what else there is to say of it"), ("two", "topics: [x, y]   # both")]
)
def test_a_rule_is_switched_off_where_it_stands_and_leaves_no_trace(rule_id: str, after: str) -> None:
    off = with_rule_switched(SECTIONS, rule_id, on=False)
    assert lines_added(SECTIONS, off) == [f"{after} < enabled: false"]
    assert with_rule_switched(off, rule_id, on=False) == off
    assert with_rule_switched(off, rule_id, on=True) == SECTIONS
    assert with_rule_switched(SECTIONS, rule_id, on=True) == SECTIONS


@pytest.mark.parametrize(
    ("written", "switched"),
    [
        ("- id: x\n    query: a\n    enabled: false   # too loud", "enabled: true # too loud"),
        ("- id: x\n    enabled: false", None),
        ("- id: x\n    enabled: False", "enabled: True"),
        ("- id: x\n    # too loud\n    enabled: false\n    query: a\n    weight: 1", "enabled: true"),
        ("- enabled: false\n    id: x", "- enabled: true"),
        ("- id: x\n    enabled: false\n\n  # heading\n  - id: y", None),
        ("- {id: x, enabled: false}   # short", "- {id: x} # short"),
    ],
)
def test_what_is_said_about_a_switch_stays(written: str, switched: str | None) -> None:
    off = f"rules:\n  list:\n  {written}\n# the end\nnetwork: {{}}\n"
    on = with_rule_switched(off, "x", on=True)
    before, after = ([" ".join(line.split()) for line in text.splitlines()] for text in (off, on))
    assert [line for line in after if line != switched] == [line for line in before if "enabled" not in line]
    assert len(after) == len(before) - (switched is None)


@pytest.mark.parametrize("indicator", ["|", ">"])
def test_a_rule_that_ends_in_a_block_of_text(indicator: str) -> None:
    rules = f"rules:\n  list:\n  - id: x\n    query: {indicator}\n      a\n      # b\n"
    text = f"{rules}# heading\nnetwork: {{}}\n"
    off = with_rule_switched(text, "x", on=False)
    assert lines_added(text, off) == ["# b < enabled: false"]
    assert with_rule_switched(off, "x", on=True) == text
    block = {"id": "y", "query": "c"}
    assert lines_added(text, with_rule(text, block)) == ["# b < - id: y", "- id: y < query: c"]


@pytest.mark.parametrize(
    ("text", "added"),
    [
        (SECTIONS, ["use: [first-set] < add:", "add: < - id: w"]),
        ("rules: {}\nsources:\n# the end\n", ["sources: < add:", "add: < - id: w"]),
        ("sources:\n  add:\n  - id: v\n\n# the end\nrules: {}\n", ["- id: v < - id: w"]),
    ],
    ids=["none so far", "an empty section", "one more"],
)
def test_a_new_source_stands_before_the_next_heading(text: str, added: list[str]) -> None:
    assert lines_added(text, with_source(text, {"id": "w"})) == added


def test_an_empty_list_becomes_one_of_lines() -> None:
    text = "sources:\n  add: []   # none yet\n\n# the end\nrules:\n  list: []\n"
    assert with_source(text, {"id": "w"}).splitlines()[1:5] == [
        "  add:   # none yet",
        "    - id: w",
        "",
        "# the end",
    ]
    assert with_rule(text, {"id": "x"}).endswith("rules:\n  list:\n    - id: x\n")


@pytest.mark.parametrize("text", ["rules: [", "rules:\n\tlist: []\n", "a: 1\na: 2\n"])
def test_a_file_that_is_no_yaml(text: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml:[123]:"):
        with_rule(text, {"id": "x"})


@pytest.mark.parametrize("text", ["[]\n", "sources: []\n", "sources: all\n"])
def test_a_file_without_a_place_for_sources(text: str) -> None:
    with pytest.raises(ConfigError, match="no section “sources”"):
        with_source(text, {"id": "x"})


def test_no_such_rule() -> None:
    with pytest.raises(UserError, match="no rule “echy”"):
        with_rule_switched(SMALL, "echy", on=False)


def test_a_file_without_rules() -> None:
    with pytest.raises(ConfigError, match="no list of rules"):
        with_rule("chats: []\n", {"id": "x"})


def test_a_new_source_is_the_only_change() -> None:
    after = with_source(SMALL, {"id": "wire", "url": "https://wire.example/feed"})
    assert changes(SMALL, after)[-3:] == [
        "+   add:",
        "+   - id: wire",
        "+     url: https://wire.example/feed",
    ]
    again = with_source(after, {"id": "two", "url": "https://two.example/feed"})
    assert [line.strip() for line in changes(after, again)] == [
        "+   - id: two",
        "+     url: https://two.example/feed",
    ]


BRACKETS = """\
rules: {threshold:   3,
  list: [
    {id: a},   # the first
    {id: b, query: 'x
       y'}     # the last
  ]   # end
}
"""


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            BRACKETS,
            BRACKETS.replace("'}     # the last\n", "'},     # the last\n    {id: n, query: 'c: d'}\n"),
        ),
        (
            BRACKETS.replace("y'}", "y'} ,"),
            BRACKETS.replace("y'}     # the last\n", "y'} ,     # the last\n    {id: n, query: 'c: d'},\n"),
        ),
        ("rules: {list: [{id: a}, ]}  # x\n", "rules: {list: [{id: a}, {id: n, query: 'c: d'}, ]}  # x\n"),
        ("rules: {list: []}", "rules: {list: [{id: n, query: 'c: d'}]}"),
        ("rules: {list: }", "rules: {list: [{id: n, query: 'c: d'}] }"),
        ("rules: {list: ~}", "rules: {list: [{id: n, query: 'c: d'}]}"),
        ("rules:\n  list: [ # x\n  ]", "rules:\n  list: [{id: n, query: 'c: d'} # x\n  ]"),
        ("rules:\n  list:  # x", "rules:\n  list:  # x\n    - id: n\n      query: 'c: d'"),
        ("rules:\n  list: null # x\n", "rules:\n  list: # x\n    - id: n\n      query: 'c: d'\n"),
        ("rules: {}  # x\n", "rules:  # x\n  list:\n    - id: n\n      query: 'c: d'\n"),
        ("rules:\n list:\n -   # x\n", "rules:\n list:\n -   # x\n - id: n\n   query: 'c: d'\n"),
    ],
)
def test_a_rule_joins_a_list_however_that_is_written(text: str, after: str) -> None:
    assert with_rule(text, {"id": "n", "query": "c: d"}) == after


@pytest.mark.parametrize(
    ("rule", "off"),
    [
        ("- id: x\n    enabled: true", "- id: x\n    enabled: false  # x was true"),
        ("- id: x\n    enabled: true  # y", "- id: x\n    enabled: false  # y"),
        ("- id: x\n    enabled: TRUE", "- id: x\n    enabled: FALSE"),
        ("- {id: x, enabled: true}  # y", "- {id: x, enabled: false}  # y  # x was true"),
        ("- {enabled: true, id: x}", "- {enabled: false, id: x}"),
        ("- {id: x,}", "- {id: x, enabled: false,}"),
        ("- id: x\n    query: >+\n     a\n\n", "- id: x\n    query: >+\n     a\n\n\n    enabled: false"),
    ],
)
def test_whatever_was_said_of_being_on_comes_back(rule: str, off: str) -> None:
    text, expected = (f"rules:\n  list:\n  {one}\n  - id: y\n" for one in (rule, off))
    assert with_rule_switched(text, "x", on=False) == expected
    assert with_rule_switched(expected, "x", on=True) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('rules:\n  list:\n  - {id: x, enabled: "true"}\n', "write “enabled: false” under rule “x” by hand"),
        ("rules:\n  list:\n  - {id: x, enabled: }\n", "write “enabled: false” under rule “x” by hand"),
        ("rules:\n  list: [id: x]\n", "write “enabled: false” under rule “x” by hand"),
    ],
    ids=["a text for a switch", "a switch that says nothing", "a rule without brackets"],
)
def test_what_cannot_be_switched_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        with_rule_switched(text, "x", on=False)
    assert str(refused.value).endswith(f"cannot be changed from here without touching other lines ({words})")
    assert "\n" not in str(refused.value)


def test_a_rule_behind_a_text_without_its_last_line_break_is_refused() -> None:
    text = "rules:\n  list:\n  - id: x\n    query: |\n      a"
    with pytest.raises(ConfigError, match=r"write this under rules\.list by hand: \{id: y, query: 'b: c'\}"):
        with_rule(text, {"id": "y", "query": "b: c"})
    off = with_rule_switched(text, "x", on=False)
    assert off == text.replace("    query", "    enabled: false\n    query")
    assert with_rule_switched(off, "x", on=True) == text


def test_a_secret_in_what_is_added_is_told_as_such() -> None:
    with pytest.raises(ConfigError, match="looks like a bot token"):
        with_rule(SMALL, {"id": "x", "query": "123456:" + "A" * 35})


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_line_ends_and_a_byte_order_mark_stay(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "config.yaml"
    raw = mark + SMALL.replace("\n", "\r\n").encode()
    path.write_bytes(raw)
    before = read_text(path)
    off = with_rule_switched(before, "ecny", on=False)
    save(path, before, off)
    assert path.read_bytes() == raw.rstrip() + b"\r\n    enabled: false\r\n"
    save(path, off, with_rule_switched(read_text(path), "ecny", on=True))
    assert path.read_bytes() == raw


def test_the_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(SMALL, "utf-8")
    path.chmod(0o640)
    save(path, SMALL, SMALL + "# more\n")
    assert path.read_text("utf-8").endswith("# more\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["config.yaml"]


def test_a_change_of_somebody_else_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(SMALL + "# theirs\n", "utf-8")
    with pytest.raises(UserError, match="changed meanwhile"):
        save(path, SMALL, SMALL + "# ours\n")
    assert path.read_text("utf-8").endswith("# theirs\n")


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        save(tmp_path / "no" / "config.yaml", SMALL, SMALL)


FOUR = """\
chats:
    - name: desk
      id: 5
sources:
    use:
        - first-set
    override:
        scmp:
            every: 5m   # often
rules:
    list:
        - id: r
          query: a
"""
RULES = "rules: {list: [{id: r, query: a}]}\n"
FLOW = f"chats: [{{name: desk, id: 5}}]\n{RULES}sources:\n  use: [first-set]\n  add: []\n"


@pytest.mark.parametrize(
    ("text", "added"),
    [
        (FOUR, ["    add:", "        - id: x", "          url: https://x.example/f"]),
        (FLOW, ["  add:", "    - id: x", "      url: https://x.example/f"]),
        (FLOW.replace("  ", "    "), ["    add:", "        - id: x", "          url: https://x.example/f"]),
        (FLOW.partition("sources")[0], ["sources:", "  add:", "    - id: x", "      url: https://x.example/f"]),
    ],
    ids=["four columns", "lists within a line", "the same at four columns", "neither list nor section"],
)  # fmt: skip
def test_what_is_added_is_indented_like_the_rest(text: str, added: list[str]) -> None:
    after = with_source(text, {"id": "x", "url": "https://x.example/f"})
    assert [line[2:] for line in changes(text, after) if line[0] == "+"] == added
    assert [line[2:].strip() for line in changes(text, after) if line[0] == "-"] in ([], ["add: []"])
    assert checked(after, "config.yaml", {}).sources[-1].id == "x"
