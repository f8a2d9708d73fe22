"""Warnings about rules point at the line a person can change, and shipped rules cause none."""

from pathlib import Path

import pytest

from monitor.config.advice import own_terms, warnings
from monitor.config.load import load
from monitor.core.errors import ConfigError

HEAD = """\
timezone: UTC
chats: [{name: desk, id: "1"}]
sources: {use: [first-set]}
rules:
  threshold: %s
"""


def lines(tmp_path: Path, rules: str, threshold: float = 3) -> list[str]:
    path = tmp_path / "config.yaml"
    path.write_text(HEAD % threshold + rules, "utf-8")
    return [line.removeprefix(str(path)) for line in warnings(path, load(path, {}))]


def test_rules_and_sets_are_pointed_at(tmp_path: Path) -> None:
    written = """\
  sets:
    mine: [digital yuan, Digital-Yuan]
    coin: [bitcoin]
    +ecny: [数字钱包, 币]
  list:
    - id: twice
      terms: [cash, Cash, "@ecny"]
      weight: 5
    - id: never
      query: bank AND source:nonesuch
      weight: 5
"""
    found = lines(tmp_path, written)
    assert [line.split(": ", 2)[:2] for line in found] == [
        [":7:5", "rules.sets.mine"],
        [":8:5", "rules.sets.coin"],
        [":9:19", "rules.sets.+ecny.1"],
        [":7:26", "rules.sets.mine.1"],
        [":12:7", "rules.list.0.terms"],
        [":15:7", "rules.list.1.query"],
    ]
    assert found[-1] == (
        ":15:7: rules.list.1.query: it can never hold: no chosen source is called nonesuch "
        "(mend that part, or take it out)"
    )


def test_a_threshold_out_of_reach_is_pointed_at(tmp_path: Path) -> None:
    found = lines(tmp_path, "  list: [{id: cash, terms: [cash], weight: 1}]\n", threshold=50)
    assert [line.split(": ", 2)[:2] for line in found] == [[":5:3", "rules.threshold"]]


def test_a_weight_left_out_is_pointed_at_where_its_rule_stands(tmp_path: Path) -> None:
    written = (
        "  list:\n    - {id: cash, terms: [cash], weight: 5}\n    - {id: no, terms: [yuan], weight: 0}\n"
    )
    assert [line.split(": ", 2)[:2] for line in lines(tmp_path, written)] == [
        [":8:31", "rules.list.1.weight"]
    ]


def test_the_shipped_rules_cause_no_warning() -> None:
    path = Path(__file__).parents[2] / "config.yaml"
    assert warnings(path, load(path, {"TELEGRAM_CHAT_ID": "1"})) == ()


def test_a_rule_that_is_switched_off_does_not_shift_the_others(tmp_path: Path) -> None:
    written = """\
  list:
    - {id: off, terms: [yuan], weight: 5, enabled: false}
    - {id: cash, terms: [cash], weight: 5}
    - {id: no, terms: [yuan], weight: 0}
"""
    assert [line.split(": ", 2)[:2] for line in lines(tmp_path, written)] == [
        [":9:31", "rules.list.2.weight"]
    ]


def test_a_refused_rule_behind_one_that_is_switched_off_is_pointed_at(tmp_path: Path) -> None:
    written = "  list:\n    - {id: off, terms: [a1], enabled: false}\n    - {id: bad, query: 'one AND'}\n"
    with pytest.raises(ConfigError) as refused:
        lines(tmp_path, written)
    assert str(refused.value.where).endswith("config.yaml:8:17: rules.list.1.query")


COMMON = """\
  sets:
    mine: [China, yuan]
    +ecny: [wallet]
  list:
    - {id: off, terms: [said], enabled: false}
    - {id: plain, terms: [said, cash, "@mine", "/c.sh/"], weight: 5}
    - {id: asked, query: 'bank AND (said OR @ecny)', needs: [China], unless: 'said NOT bank', weight: 5}
"""


def test_the_terms_of_the_file_are_told_from_those_that_came_with_it(tmp_path: Path) -> None:
    lines(tmp_path, COMMON)
    path = tmp_path / "config.yaml"
    terms = ("said", "cash", "bank", "China", "yuan", "wallet")
    assert own_terms(path, load(path, {})) == terms


def test_terms_too_common_are_pointed_at(tmp_path: Path) -> None:
    quiet = lines(tmp_path, COMMON)
    path = tmp_path / "config.yaml"
    shares = {"said": 0.6, "China": 0.25, "bank": 0.1, "wallet": 0.3}
    found = [line.removeprefix(str(path)) for line in warnings(path, load(path, {}), shares)]
    assert [line.split(": ", 2)[:2] for line in found if line not in quiet] == [
        [":8:13", "rules.sets.+ecny.0"],
        [":7:12", "rules.sets.mine.0"],
        [":11:19", "rules.list.1.terms"],
        [":12:19", "rules.list.2.query"],
        [":12:54", "rules.list.2.needs"],
        [":12:70", "rules.list.2.unless"],
    ]
    mend = "ask for something beside it, or for a longer phrase"
    assert found[-1].endswith(f"“said” stands in 60% of the articles in the archive ({mend})")
