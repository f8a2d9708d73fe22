"""Warnings about rules point at the line a person can change, and shipped rules cause none."""

from pathlib import Path

from monitor.config.advice import warnings
from monitor.config.load import load

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
