"""What the bot and the command line write into config.yaml touches nothing else."""

import difflib
from pathlib import Path

import pytest

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
