"""The whole service as a user starts it, against a small news site on loopback."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.origin import Origin, serve
from tests.telegram_server import TOKEN, Fault, TelegramServer, flood

pytestmark = pytest.mark.slow

POSITIVE = (
    "People's Bank of China widens digital yuan pilot to six more cities",
    "The People's Bank of China said it would widen the digital yuan pilot to six more cities next month.",
)
POSITIVE_ZH = (
    "国家网信办发布数据出境安全评估办法",
    "国家网信办今日发布数据出境安全评估办法，要求平台企业在向境外提供数据之前完成安全评估，自下月起施行。",
)
NEGATIVE = ("Football club signs a new keeper", "The club signed a keeper for three seasons, it said.")


class Place:
    """A folder with a configuration, and the command run in it."""

    def __init__(self, folder: Path, origins: Sequence[Origin], *, every: str = "1m") -> None:
        self.folder = folder
        self.environment: dict[str, str] = {}
        sources = "\n".join(
            f"    - {{id: site-{n}, url: 'http://{o.address}/feed.xml', every: {every}, delay: 0s}}"
            for n, o in enumerate(origins)
        )
        trusted = ", ".join(f"'{o.address}'" for o in origins)
        shipped = (Path(__file__).parents[1] / "config.yaml").read_text(encoding="utf-8")
        rules = shipped[shipped.index("\nrules:") :]
        (folder / "config.yaml").write_text(
            "timezone: Asia/Shanghai\n"
            "chats:\n  - {name: desk, id: $TELEGRAM_CHAT_ID}\noperator: desk\n"
            f"sources:\n  use: []\n  add:\n{sources}\n"
            f"network:\n  trusted: [{trusted}]\n{rules}",
            encoding="utf-8",
        )

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": f"sqlite:///{self.folder}/wire.db",
            "LISTEN_ADDR": "127.0.0.1:0",
            "LOG_FORMAT": "json",
            "COLUMNS": "120",
            **self.environment,
        }
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "monitor", "--config", str(self.folder / "config.yaml"), *words),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def finish(self, *words: str) -> tuple[str, str]:
        process = await self.start(*words)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, err.decode()
        return out.decode(), err.decode()

    def prepend(self, line: str) -> None:
        """Put a line before the configuration."""
        path = self.folder / "config.yaml"
        path.write_text(f"{line}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(f"file:{self.folder}/wire.db?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def kept(self) -> bytes:
        """Every byte of the database, its journal included."""
        return b"".join(path.read_bytes() for path in self.folder.glob("wire.db*"))

    async def until(self, query: str, wanted: int, within: float = 30) -> None:
        """Wait until a counting query reaches a number."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            try:
                if self.rows(query)[0][0] >= wanted:
                    return
            except sqlite3.OperationalError:
                pass  # the database is not made yet
            await asyncio.sleep(0.1)
        raise AssertionError(f"{query} did not reach {wanted} within {within} s")


def origin(*items: tuple[str, str], **changes: Any) -> Origin:
    return Origin(items=list(items), published_at=datetime.now(UTC), **changes)


async def test_one_pass_flags_alerts_and_is_conditional_afterwards(tmp_path: Path) -> None:
    async with serve(origin(POSITIVE, NEGATIVE)) as english, serve(origin(POSITIVE_ZH)) as chinese:
        place = Place(tmp_path, [english, chinese])
        out, _ = await place.finish("once", "--json")
        rows = json.loads(out[out.index("[\n") :])
        assert [(r["source"], r["new"], r["flagged"], r["queued"], r["problem"]) for r in rows] == [
            ("site-0", 2, 1, 1, ""),
            ("site-1", 1, 1, 1, ""),
        ]
        assert "widens digital yuan pilot" in out
        assert "数据出境安全评估办法" in out
        assert "Why" in out
        assert english.paths["/robots.txt"] == 1
        with sqlite3.connect(tmp_path / "wire.db") as database:
            database.execute("UPDATE sources SET next_poll_at = '2020-01-01 00:00:00.000000'")
        await place.finish("once", "--json")
        assert ("/feed.xml", True) in english.requests
        assert english.paths["/robots.txt"] == 1
        assert english.paths["/news/0"] == 1


async def test_telegram_gets_the_alert_and_the_token_is_nowhere(tmp_path: Path) -> None:
    async with serve(origin(POSITIVE, NEGATIVE)) as site, TelegramServer() as telegram:
        place = Place(tmp_path, [site])
        path = tmp_path / "config.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(f"telegram: {{api_url: '{telegram.url}'}}\n{text}", encoding="utf-8")
        place.environment = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": "-100200", "LOG_LEVEL": "DEBUG"}
        telegram.faults.append(flood(1))
        process = await place.start("run")
        await place.until("SELECT count(*) FROM deliveries WHERE state = 'sent'", 1)
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()
        (message,) = telegram.messages
        assert message.chat_id == "-100200"
        assert "widens digital yuan pilot" in message.text
        assert telegram.violations == []
        written = out + err + place.kept()
        assert TOKEN.encode() not in written


@pytest.mark.parametrize(
    ("token", "url", "why"),
    [
        ("7" + TOKEN, None, "Telegram refuses the bot token"),
        (TOKEN, "http://127.0.0.1:9", "httpx.ConnectError: All connection attempts failed"),
    ],
    ids=["token refused", "Telegram out of reach"],
)
async def test_one_pass_tells_what_did_not_go_out(
    tmp_path: Path, token: str, url: str | None, why: str
) -> None:
    async with serve(origin(POSITIVE)) as site, TelegramServer() as telegram:
        place = Place(tmp_path, [site])
        place.prepend(f"telegram: {{api_url: '{url or telegram.url}'}}")
        place.environment = {"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_CHAT_ID": "-100200"}
        process = await place.start("once", "--json")
        out, err = await process.communicate()
        assert process.returncode == 1
        assert json.loads(out)[0]["queued"] == 1
        assert "not delivered: chat desk: 1 message waits since" in err.decode()
        assert why in err.decode()


async def test_a_send_that_hangs_gets_its_grace_at_the_end(tmp_path: Path) -> None:
    async with serve(origin(POSITIVE)) as site, TelegramServer() as telegram:
        place = Place(tmp_path, [site])
        place.prepend(f"telegram: {{api_url: '{telegram.url}'}}")
        place.environment = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": "-100200"}
        telegram.faults.append(Fault(hang=5, delivered=True))
        process = await place.start("run")
        await place.until("SELECT count(*) FROM deliveries WHERE state = 'claimed'", 1)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        await asyncio.wait_for(process.communicate(), 15)
        assert time.monotonic() - began < 10
        assert process.returncode == 0
        assert place.rows("SELECT state FROM deliveries") == [("sent",)]


async def test_another_api_url_waits_for_the_next_start_and_says_so(tmp_path: Path) -> None:
    async with serve(origin(NEGATIVE)) as site, TelegramServer() as telegram:
        place = Place(tmp_path, [site])
        place.prepend(f"telegram: {{api_url: '{telegram.url}'}}")
        place.environment = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": "-100200"}
        process = await place.start("run")
        await place.until("SELECT count(*) FROM articles", 1)
        path = tmp_path / "config.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(telegram.url, "http://127.0.0.1:9"), encoding="utf-8")
        told = "SELECT count(*) FROM deliveries WHERE notice LIKE '%api_url takes effect at the next start.'"
        await place.until(told, 1, within=15)
        process.send_signal(signal.SIGTERM)
        _, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        assert "a part of the configuration is not in force" in err.decode()


async def test_two_outlets_one_event_one_message(tmp_path: Path) -> None:
    async with serve(origin(POSITIVE)) as one, serve(origin(POSITIVE)) as two:
        place = Place(tmp_path, [one, two])
        await place.finish("once")
        assert place.rows("SELECT count(*) FROM articles") == [(2,)]
        assert place.rows("SELECT count(*) FROM deliveries") == [(1,)]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"feed_status": 403}, "refuses us (403)"),
        ({"robots": "User-agent: *\nDisallow: /\n"}, "Forbidden by robots.txt"),
        ({"robots_status": 503}, "server trouble (503); robots.txt could not be read"),
    ],
    ids=["403", "robots deny", "robots 503 means not now"],
)
async def test_a_source_in_trouble_is_named(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    async with serve(origin(POSITIVE, **changes)) as site:
        place = Place(tmp_path, [site])
        out, _ = await place.finish("once", "--json")
        assert problem in json.loads(out)[0]["problem"]
        assert site.paths["/news/0"] == 0


async def test_retry_after_is_kept(tmp_path: Path) -> None:
    async with serve(origin(POSITIVE, feed_status=429, feed_headers={"Retry-After": "7200"})) as site:
        place = Place(tmp_path, [site])
        await place.finish("once")
        ((due,),) = place.rows("SELECT next_poll_at FROM sources")
        wait = datetime.fromisoformat(due).replace(tzinfo=UTC) - datetime.now(UTC)
        assert 7000 < wait.total_seconds() <= 7200
        assert site.paths["/feed.xml"] == 1


EIGHT_EVENTS = (
    "People's Bank of China issues rules on digital yuan wallets",
    "China's cyberspace regulator drafts measures on labelling AI-generated content",
    "China's market regulator fines food delivery platform over exclusive dealing",
    "国家数据局印发可信数据空间建设指引",
    "工信部公布算力基础设施试点城市名单",
    "商务部对进口模拟芯片发起反倾销调查",
    "国家网信办开展未成年人网络环境整治专项行动",
    "最高人民法院发布虚拟货币犯罪典型案例",
)


@pytest.mark.timeout(240)
async def test_killed_in_the_middle_nothing_due_is_missing(tmp_path: Path) -> None:
    items = [(title, POSITIVE[1]) for title in EIGHT_EVENTS]
    async with serve(origin(*items, page_delay=0.25)) as site:
        place = Place(tmp_path, [site])
        for kept in (1, 4):
            process = await place.start("run")
            await place.until("SELECT count(*) FROM articles", kept)
            process.kill()
            await process.communicate()
        process = await place.start("run")
        await place.until("SELECT count(*) FROM articles", 8)
        await place.until("SELECT count(*) FROM deliveries WHERE state = 'sent'", 1)
        owed = "SELECT count(*) FROM deliveries WHERE state <> 'sent'"
        # One that was under way at a kill is in doubt, and rests a minute before it is repeated.
        await place.until(f"SELECT ({owed}) = 0", 1, within=100)
        process.send_signal(signal.SIGTERM)
        await process.communicate()
        assert place.rows("SELECT count(DISTINCT story_id) FROM articles WHERE relevant") == [(8,)]
        assert place.rows("SELECT count(*) FROM deliveries WHERE state = 'sent'") == [(8,)]
        assert place.rows("SELECT count(*) FROM articles") == [(8,)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_soon_amid_a_slow_page(tmp_path: Path, number: signal.Signals) -> None:
    async with serve(origin(POSITIVE, page_delay=30)) as site:
        place = Place(tmp_path, [site])
        process = await place.start("run")
        await place.until("SELECT count(*) FROM robots", 1)
        process.send_signal(number)
        began = time.monotonic()
        _, err = await asyncio.wait_for(process.communicate(), 15)
        assert process.returncode == 0, err.decode()
        assert time.monotonic() - began < 10


async def test_reload_on_save_and_refusal_keeps_the_last_good(tmp_path: Path) -> None:
    async with serve(origin(NEGATIVE)) as site:
        place = Place(tmp_path, [site])
        process = await place.start("run")
        await place.until("SELECT count(*) FROM articles", 1)
        path = tmp_path / "config.yaml"
        good = path.read_text(encoding="utf-8")
        path.write_text(good.replace("operator: desk", "operatr: desk"), encoding="utf-8")
        await place.until("SELECT count(*) FROM deliveries WHERE notice LIKE '%operatr%'", 1, within=10)
        path.write_text(good + "\nalerts: {max_age: 6d}\n", encoding="utf-8")
        await place.until("SELECT count(*) FROM deliveries WHERE notice LIKE '%is in force.'", 1, within=10)
        process.send_signal(signal.SIGTERM)
        _, err = await process.communicate()
        assert process.returncode == 0, err.decode()


async def test_a_second_instance_says_so_and_ends(tmp_path: Path) -> None:
    async with serve(origin(NEGATIVE)) as site:
        place = Place(tmp_path, [site])
        first = await place.start("run")
        await place.until("SELECT count(*) FROM articles", 1)
        second = await place.start("run")
        _, err = await second.communicate()
        assert second.returncode == 2
        assert "another policywire" in err.decode()
        assert "Traceback" not in err.decode()
        first.send_signal(signal.SIGTERM)
        await first.communicate()
        assert first.returncode == 0


async def test_a_taken_address_is_one_line(tmp_path: Path) -> None:
    async with serve(origin(NEGATIVE)) as site:
        place = Place(tmp_path, [site])
        place.environment = {"LISTEN_ADDR": site.address}
        process = await place.start("run")
        _, err = await process.communicate()
        assert process.returncode == 2
        assert f"cannot listen on {site.address}" in err.decode()
        assert "Traceback" not in err.decode()
