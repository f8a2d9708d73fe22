"""Commands that ask the archive, on a real database filled by the real intake."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.core.model import ChatName, Kind, Tier
from monitor.store.sql import open_store
from tests.newsroom import Newsroom, outlet

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
REUTERS = outlet("Reuters")
PBC = outlet("PBOC", Tier.AUTHORITY, Kind.OFFICIAL_MINISTRY)
CONFIG = """\
timezone: Asia/Shanghai
chats: [{name: desk, id: 7}]
sources: {add: [{id: reuters, url: "https://reuters.example/feed"}]}
rules: {list: [{id: ecny, terms: [数字人民币]}]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and a database of three articles in two stories."""
    (tmp_path / "config.yaml").write_text(CONFIG, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/newsroom.db")
    room = Newsroom.opened(tmp_path)
    room.report(REUTERS, "China's central bank issues new rules on digital yuan wallets", NOW)
    room.deliver(NOW + timedelta(seconds=30))
    room.report(PBC, "中国人民银行发布数字人民币钱包管理新规", NOW + timedelta(minutes=10))
    room.report(REUTERS, "Shares of a furniture maker rise", NOW + timedelta(minutes=20))
    room.deliver(NOW + timedelta(minutes=30))
    room.store.close()
    return tmp_path


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, words, catch_exceptions=code != 0)
    assert result.exit_code == code, result.output
    return result.output


def mistake(*words: str) -> str:
    return str(CliRunner().invoke(app, words).exception)


@pytest.mark.usefixtures("folder")
def test_why_shows_every_step_of_an_article() -> None:
    words = said("why", "2")
    for name in ("Source", "Read", "Judged", "Story", "Decision", "Delivery"):
        assert name in words
    assert "PBOC (pboc), tier 1" in words
    assert "like “china's central bank issues new rules on digital yuan wallets” (reuters)" in words
    assert "already-alerted: story 1 was alerted before" in words
    assert "follow-up to desk: sent" in words


@pytest.mark.usefixtures("folder")
def test_why_of_a_story_is_that_of_the_article_it_was_alerted_with() -> None:
    assert "Reuters (reuters), tier 3" in said("why", "story:1")


@pytest.mark.usefixtures("folder")
def test_why_not() -> None:
    assert "not-relevant: score -3 below 3" in said("why", "3")
    assert "nothing was owed to anybody" in said("why", "3")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("why", "99"), "99: nothing is kept under this number"),
        (("why", "story:x"), "story:x: not an article or a story"),
        (("stories", "show", "9"), "there is no story 9"),
        (("stories", "merge", "1", "1"), "that is one story already"),
        (("stories", "split", "2", "3"), "has not these articles, or none beside them"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], line: str) -> None:
    assert line in mistake(*words)


@pytest.mark.usefixtures("folder")
def test_a_story_is_split_and_merged_again() -> None:
    rows = json.loads(said("stories", "show", "1", "--json"))
    assert [row["source"] for row in rows] == ["Reuters", "PBOC"]
    assert "Story 3 has them now." in said("stories", "split", "1", "2")
    assert "Story 3 is a part of story 1 now." in said("stories", "merge", "1", "3")
    assert len(json.loads(said("stories", "show", "1", "--json"))) == 2
    assert "story 3 went into story 1" in mistake("stories", "show", "3")


@pytest.mark.usefixtures("folder")
def test_who_was_first_and_how_quick() -> None:
    (first,) = json.loads(said("stats", "firsts", "--json"))
    assert first == {"source": "Reuters", "first with": 1, "before the text (median)": "10 min"}
    (latency,) = json.loads(said("stats", "latency", "--json"))
    assert latency["alerts"] == 1
    assert latency["published to seen p50"] == "0 s"
    assert latency["seen to sent p50"] == "30 s"


BEYOND = "9" * 20  # no database keeps such a number


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["why", BEYOND], f"{BEYOND}: nothing is kept under this number"),
        (["why", f"story:{BEYOND}"], f"story:{BEYOND}: nothing is kept under this number"),
        (["why", "9" * 5000], "nothing is kept under this number"),
        (["stories", "show", BEYOND], f"there is no story {BEYOND}"),
        (["stories", "merge", BEYOND, "1"], f"there is no story {BEYOND}"),
        (["stories", "merge", "1", BEYOND], f"there is no story {BEYOND}"),
        (["stories", "split", BEYOND, "1"], f"there is no story {BEYOND}"),
        (["stories", "split", "1", BEYOND], "story 1 has not these articles"),
    ],
)
def test_a_number_beyond_all_numbers_is_one_line(words: list[str], line: str) -> None:
    told = mistake(*words)
    assert line in told
    assert "\n" not in told


def test_a_parked_chat_is_resumed_by_hand(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder}/newsroom.db")
    with store.work() as work:
        work.add_notice("notice:one", "one", ChatName("desk"), NOW)
    store.park_chat(ChatName("desk"), "kicked", NOW)
    store.close()
    assert "receives again; kept messages that are due now: 1" in said("alerts", "resume", "desk")
    assert mistake("alerts", "resume", "desk") == "chat desk is not parked"
    assert mistake("alerts", "resume", "dask") == "there is no chat dask (known are desk)"
