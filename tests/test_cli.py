"""The command line as a person meets it: what it prints, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
CHATS = "chats: [{name: desk, id: 1}]\n"
RULES = "rules:\n  list:\n    - {id: ecny, topic: ecny, terms: [digital yuan, 数字人民币], weight: 3}\n"


def policywire(*words: str, folder: Path | None = None, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitor", *words],
        cwd=folder or ROOT,
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "160"},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "config.yaml"),
        ("chats:\n\t- {name: desk, id: 1}\n", "config.yaml:2"),
        ("timezone: UTC\ntimezone: UTC\n", "config.yaml:2:1"),
        ("timezon: UTC\n", "timezone"),
        (CHATS + RULES + "alerts: 7\n", "config.yaml:5"),
        (CHATS + RULES + "sources: {use: [coindesc]}\n", "coindesk"),
        (CHATS + "rules:\n  list:\n    - {id: empty, topic: ecny}\n", "config.yaml:4"),
        (RULES + "chats:\n  - {name: desk}\n", "config.yaml:5"),
        (CHATS + RULES + f"network: {{contact: '123456:{'A' * 35}'}}\n", "TELEGRAM_BOT_TOKEN"),
    ],
    ids=[
        "empty file",
        "tab",
        "duplicate key",
        "unknown key",
        "wrong type",
        "unknown source",
        "rule without terms",
        "chat without id",
        "token in the file",
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_78(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    ended = policywire("check", folder=tmp_path)
    assert ended.returncode == 78
    assert expected in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "A" * 35 not in ended.stderr


def test_the_shipped_configuration_is_good() -> None:
    ended = policywire("check")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "good" in ended.stdout


def test_judge_streams_json_lines() -> None:
    items = [
        {"id": "1", "title": "People's Bank of China widens digital yuan pilot to six cities"},
        {"id": "2", "title": "He said the rain in Spain was paid for"},
        {"id": 3, "title": "央行扩大数字人民币试点", "summary": None},
    ]
    ended = policywire("judge", "-", given="\n".join(json.dumps(item) for item in items))
    judged = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(line["id"], line["relevant"]) for line in judged] == [("1", True), ("2", False), (3, True)]
    assert judged[0]["topics"][0] == "ecny"
    assert all(line["reasons"] for line in judged)
    assert set(judged[0]) == {"id", "relevant", "score", "topics", "tier", "priority", "doctype", "reasons"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "standard input:1: not JSON"),
        ("[]", "id and title"),
        ('{"id": 1, "title": 7}', "title must be text"),
    ],
)
def test_judge_names_the_bad_line(line: str, expected: str) -> None:
    ended = policywire("judge", "-", given=line)
    assert ended.returncode == 2
    assert expected in ended.stderr


def test_group_tells_each_item_its_story() -> None:
    items = [
        {"id": 1, "title": "阿里巴巴因垄断被罚款182.28亿元", "published": "2021-04-10", "source": "甲"},
        {"id": 2, "title": "Quake kills dozens in Chile"},
        {
            "id": 3,
            "title": "Alibaba fined 18.2 billion yuan in antitrust case",
            "published": "2021-04-10T02:00:00Z",
        },
    ]
    ended = policywire("group", "-", given="\n".join(json.dumps(item) for item in items))
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {"id": 1, "story": "s1"},
        {"id": 2, "story": "s2"},
        {"id": 3, "story": "s1"},
    ]


def test_group_names_the_bad_date() -> None:
    ended = policywire("group", "-", given='{"id": 1, "title": "x", "published": "yesterday"}')
    assert ended.returncode == 2
    assert "standard input:1: published: 'yesterday' is no date" in ended.stderr


def test_extract_and_entries(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    body = "<p>" + "国家网信办发布新规，要求平台企业完成备案。" * 8 + "</p>"
    page.write_text(
        f"<html><head><title>网信办发布新规</title></head><body><h1>网信办发布新规</h1>"
        f"<div>发布时间：2026-11-24 来源：网信办</div><article>{body}</article></body></html>",
        encoding="utf-8",
    )
    ended = policywire("extract", str(page), "--url", "https://www.example.gov.cn/a.html")
    fields = json.loads(ended.stdout)
    assert (fields["title"], fields["published"], fields["language"]) == (
        "网信办发布新规",
        "2026-11-24",
        "zh",
    )
    assert "完成备案" in fields["text"]

    feed = tmp_path / "feed.xml"
    feed.write_text(
        "<rss version='2.0'><channel><item><title>A</title><link>/a</link>"
        "<pubDate>Tue, 24 Nov 2026 09:30:00 GMT</pubDate></item></channel></rss>",
        encoding="utf-8",
    )
    ended = policywire("entries", str(feed), "--url", "https://example.org/feed.xml")
    entry = json.loads(ended.stdout)
    assert (entry["title"], entry["link"]) == ("A", "https://example.org/a")
    assert entry["published"] == "2026-11-24T09:30:00Z"


def test_a_missing_file_is_one_line() -> None:
    ended = policywire("extract", "nowhere.html")
    assert ended.returncode == 2
    assert ended.stderr.startswith("policywire: nowhere.html: cannot be read")


def test_explain_gives_every_reason() -> None:
    text = (
        "China's central bank widens the digital yuan pilot\nThe People's Bank of China said so on Tuesday."
    )
    ended = policywire("explain", "-", given=text)
    assert ended.returncode == 0, ended.stderr
    for step in ("Source", "Read", "Article", "Judged", "Decision", "Message"):
        assert step in ended.stdout
    assert "digital yuan" in ended.stdout


def test_the_demo_alerts_positives_once_and_explains_the_rest() -> None:
    ended = policywire("demo")
    assert ended.returncode == 0, ended.stderr
    messages, _, table = ended.stdout.partition("What became of every article")
    assert messages.count("widens digital yuan pilot") == 1
    assert "生成式人工智能" in messages
    assert "虚拟货币" in messages
    for negative in ("Bitcoin climbs", "Washington tightens", "Shop chain", "折叠屏"):
        assert negative not in messages
        assert negative in table
    assert "already-alerted" in table
    assert "backlog" in table


def test_schema_and_version() -> None:
    assert json.loads(policywire("schema").stdout)["type"] == "object"
    assert policywire("version").stdout.strip() == "0.1.0"


def test_every_list_has_json(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        RULES + "chats:\n  - {name: desk, id: 1}\nsources: {use: [coindesk]}\n", encoding="utf-8"
    )
    sources = policywire("--config", str(config), "sources", "list", "--json", folder=tmp_path)
    assert [row["id"] for row in json.loads(sources.stdout)] == ["coindesk"]
    alerts = policywire("--config", str(config), "alerts", "list", "--json", folder=tmp_path)
    assert json.loads(alerts.stdout) == []
