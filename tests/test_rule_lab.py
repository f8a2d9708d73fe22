"""`policywire rules` as a person meets it: a text tried, the archive asked, a configuration compared."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.config.load import load
from monitor.core.classify import compile_rules
from monitor.core.model import Reason, Skip, SourceId, Tier
from monitor.store.sql import open_store
from tests.builders import an_article
from tests.store.desk import keep, the_source

HEAD = """\
chats: [{name: desk, id: "1"}]
sources: {use: [first-set]}
rules:
  threshold: 3
  sets:
    coin: [e-CNY, 数字人民币]
  list:
"""
CASH = "    - {id: cash, topic: fintech, terms: [cash], weight: 4}\n"
COIN = "    - {id: coin, topic: ecny, query: '@coin AND (ban OR fine)', weight: 4}\n"
BANK = "    - {id: bank, topic: fintech, terms: [bank], weight: 4}\n"
TITLES = ("Cash is king", "e-CNY ban", "Bank holiday", "The bank moves", "Nothing at all")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'kept.db'}")
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "config.yaml").write_text(HEAD + CASH + COIN, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(folder: Path) -> None:
    """An archive of reports of the last hours, judged by the configuration."""
    config = load(folder / "config.yaml", {})
    judge = compile_rules(config.rules, config.rules_version)
    store = open_store(f"sqlite:///{folder / 'kept.db'}")
    now = datetime.now(UTC)
    store.keep_rules(config.rules_version, config.rules, now)
    with store.work() as work:
        work.keep_sources([the_source()], now)
        for number, title in enumerate(TITLES):
            seen_at = now - timedelta(hours=9 - number)
            article = an_article(title=title, body="", language="en", seen_at=seen_at, published_at=seen_at)
            verdict = judge.classify(title=title, tier=Tier.AUTHORITY, source=SourceId("pbc"), language="en")
            reason = Reason.NEW_STORY if verdict.relevant else Reason.NOT_RELEVANT
            keep(work, article=article, verdict=verdict, decision=Skip(reason=reason, words="for a test"))
    store.close()


def policywire(*words: str, code: int = 0, given: str = "") -> str:
    ended = CliRunner().invoke(app, ["rules", *words], input=given, catch_exceptions=False)
    assert ended.exit_code == code, ended.output
    return ended.stdout


def answer(*words: str, code: int = 0) -> Any:
    return json.loads(policywire(*words, "--json", code=code))


def told(stories: list[dict[str, Any]]) -> list[str]:
    return [story["title"] for story in stories]


@pytest.mark.parametrize("how", ["as it is", "a file", "standard input"])
def test_a_text_is_tried(folder: Path, how: str) -> None:
    text = "Cash and e-CNY\nNo more than that."
    (folder / "report.txt").write_text(text, "utf-8")
    words, given = {"as it is": (text, ""), "a file": ("report.txt", ""), "standard input": ("-", text)}[how]
    said = policywire("test", words, given=given).splitlines()
    assert [line.strip() for line in said] == [
        "Title",
        "Cash and e-CNY",
        "Verdict",
        "relevant: score 4, asked 3; topics fintech",
        "Fired",
        "cash (fintech) +4: “Cash” in title 0–4",
        "Near",
        "coin +4: found “e-CNY”; lacked “ban”",
    ]


def test_a_text_without_any_word_of_the_rules_is_tried(folder: Path) -> None:
    said = policywire("test", "x" * 5000)
    assert "not relevant: score 0, asked 3" in said
    assert "no rule" in said
    assert "Near" not in said


def test_the_nearest_rules_are_shown_and_the_others_counted(folder: Path) -> None:
    many = "".join(f"    - {{id: r{number}, query: bank AND fine, weight: 1}}\n" for number in range(15))
    (folder / "config.yaml").write_text(HEAD + many, "utf-8")
    said = policywire("test", "The bank moves")
    assert said.count("lacked “fine”") == 12
    assert "and 3 more rules that know a word of it" in said


def test_a_backtest_lists_stories_by_day(folder: Path) -> None:
    fill(folder)
    found = answer("backtest", "--days", "2")
    assert (found["articles"], told(found["stories"])) == (5, ["Cash is king", "e-CNY ban"])
    assert sum(day["stories"] for day in found["days"]) == 2
    assert found["stories"][0]["why"] == "cash (fintech) +4: “Cash” in title"
    said = policywire("backtest", "--days", "2")
    assert said.startswith("5 articles, 2 stories would have alerted.")
    assert "Cash is king" in said


def test_an_empty_archive_is_no_trouble(folder: Path) -> None:
    assert policywire("backtest") == "0 articles, 0 stories would have alerted.\n"


@pytest.mark.parametrize(("most", "code"), [((), 0), (("--max-new", "2"), 0), (("--max-new", "1"), 1)])
def test_another_configuration_is_compared(folder: Path, most: tuple[str, ...], code: int) -> None:
    fill(folder)
    (folder / "other.yaml").write_text(HEAD + BANK + COIN, "utf-8")
    found = answer("diff", "other.yaml", *most, code=code)
    assert (told(found["gained"]), told(found["lost"]), found["kept"]) == (
        ["Bank holiday", "The bank moves"],
        ["Cash is king"],
        1,
    )
    assert found["changed"] == ["added: bank", "removed: cash"]
    said = policywire("diff", "other.yaml", *most, code=code)
    assert "bank +4 (“Bank”); score 0 → 4" in said
    assert "cash +4 fell away; score 4 → 0" in said


def test_the_same_configuration_changes_nothing(folder: Path) -> None:
    fill(folder)
    said = policywire("diff", "config.yaml", "--max-new", "0").splitlines()
    assert said == ["The rules are the same.", "5 articles, 2 stories alerted by both.", "gained 0", "lost 0"]


def test_check_warns_of_terms_that_are_common_in_the_archive(folder: Path) -> None:
    (folder / "config.yaml").write_text(HEAD + CASH + COIN + BANK, "utf-8")
    before = CliRunner().invoke(app, ["check"], catch_exceptions=False).stdout
    assert "articles in the archive" not in before
    assert not (folder / "kept.db").exists()
    fill(folder)
    after = CliRunner().invoke(app, ["check"], catch_exceptions=False).stdout
    place = f"config.yaml:10:{BANK.index('terms') + 1}: rules.list.2.terms"
    assert f"{place}: “bank” stands in 40% of the articles in the archive" in after
    assert "“cash” stands" not in after
