"""The commands about sources as a person meets them, against real sites on loopback."""

import asyncio
import json
import os
import sqlite3
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from monitor.cli import main
from monitor.config.load import load
from tests.hostile.row import dated, item, rss, site
from tests.origin import Answer, Site, says, serve_sites

pytestmark = pytest.mark.slow

TODAY = datetime.now(UTC)
WALL = "<html><head><title>访问验证</title></head><body>请输入验证码</body></html>"
SHELL = "<html><body><div id='app'></div><script src='/app.js'></script></body></html>"
MENU = "".join(f"<li><a href='/menu/{n}'>A section of this site {n}</a></li>" for n in range(8))
ROWS = "".join(
    f"<li><a href='/news/{n}.html'>The ministry published notice number {n} on data trading</a>"
    f"<span class='day'>{TODAY - timedelta(days=n):%Y-%m-%d}</span></li>"
    for n in range(12)
)
LIST = f"<html><body><ul class='menu'>{MENU}</ul><ul class='news'>{ROWS}</ul></body></html>"
RULES = "rules:\n  list:\n    - {id: ecny, topic: ecny, terms: [digital yuan], weight: 3}\n"


def feed(days_old: int = 0) -> str:
    at = [TODAY - timedelta(days=days_old + n, minutes=5) for n in range(6)]
    return rss(*(item(f"Notice {n}", guid=f"n{n}", more=dated(day)) for n, day in enumerate(at)))


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


class Desk:
    """A folder with a configuration, and the command run in it."""

    def __init__(self, folder: Path, sites: dict[str, Site], trusted: list[Site] | None = None) -> None:
        self.path = folder / "config.yaml"
        lines = "".join(
            f"    - {{id: {name}, url: 'http://{one.address}/feed.xml', delay: 0s, fetch_pages: false}}\n"
            for name, one in sites.items()
        )
        own = ", ".join(f"'{one.address}'" for one in (*sites.values(), *(trusted or [])))
        sources = f"  add:   # ours\n{lines}" if lines else "  use: [coindesk]   # ours\n"
        self.path.write_text(
            f"chats: [{{name: desk, id: 1}}]\noperator: desk\nsources:\n{sources}"
            f"network: {{trusted: [{own}]}}\n{RULES}",
            encoding="utf-8",
        )

    async def run(self, *words: str, given: str = "", **env: str) -> Ended:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "monitor", "--config", str(self.path), *words),
            env={
                "PATH": os.environ["PATH"],
                "DATABASE_URL": f"sqlite:///{self.path.parent}/wire.db",
                "COLUMNS": "200",
                **env,
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(given.encode()), 90)
        return Ended(process.returncode or 0, out.decode(), err.decode())

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def added(self) -> dict[str, Any]:
        """The sources of the file that were not there before, by id."""
        return {source.id: source for source in load(self.path, {}).sources}


def typed(desk: Desk, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The same in this process, for commands that crawl nothing; returns the exit code."""
    monkeypatch.setattr(sys, "argv", ["policywire", "--config", str(desk.path), *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


# ── check ──


async def test_sources_are_asked_directly_whatever_proxy_the_environment_names(tmp_path: Path) -> None:
    sites = {"well": site(says(feed()))}
    async with serve_sites(sites.values()):
        ended = await Desk(tmp_path, sites).run("sources", "check", http_proxy="http://127.0.0.1:9")
    assert ended.code == 0
    assert len(sites["well"].asked) >= 1


async def test_check_tells_each_trouble_by_its_cause(tmp_path: Path) -> None:
    sites = {
        "well": site(says(feed())),
        "refused": site(says("no", status=403)),
        "cookies": site(says("no", status=412)),
        "wall": site(says(WALL, "text/html")),
        "shell": site(says(SHELL, "text/html")),
        "hollow": site(says(rss())),
        "frozen": site(says(feed(days_old=400))),
        "unasked": site(says(status=304)),
        "denied": site(says(feed()), robots__txt=says("User-agent: *\nDisallow: /\n", "text/plain")),
    }
    async with serve_sites(sites.values()):
        ended = await Desk(tmp_path, sites).run("sources", "check", "--json")
    rows = {row["id"]: row for row in json.loads(ended.out)}
    told = {name: (row["reached"], row["parsed"], row["cause"]) for name, row in rows.items()}
    assert told == {
        "well": ("ok", "ok", ""),
        "refused": ("no", "no", "403"),
        "cookies": ("no", "no", "412"),
        "wall": ("ok", "no", "block-page"),
        "shell": ("ok", "no", "js-shell"),
        "hollow": ("ok", "no", "empty"),
        "frozen": ("ok", "ok", "frozen"),
        "unasked": ("no", "no", "other-answer"),
        "denied": ("no", "no", "robots"),
    }
    assert rows["well"]["entries"] == 6
    assert rows["well"]["newest item"] == "Notice 0"
    assert "访问验证" in rows["wall"]["problem"]
    assert rows["frozen"]["problem"].startswith("nothing new since")
    assert ended.code == 1
    assert not (tmp_path / "wire.db").exists()


async def test_check_of_one_that_is_well_is_a_table_and_exit_0(tmp_path: Path) -> None:
    well, other = site(says(feed())), site(says("no", status=500))
    async with serve_sites([well, other]):
        ended = await Desk(tmp_path, {"well": well, "other": other}).run("sources", "check", "well")
    assert ended.code == 0, ended.err
    assert "Notice 0" in ended.out
    assert other.asked == []
    assert well.times("/feed.xml") == 1
    assert not any(path.startswith("/news") for path, _ in well.asked)


def test_check_of_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(Desk(tmp_path, {}), monkeypatch, "sources", "check", "coindes") == 2
    problem = "policywire: there is no source “coindes” (did you mean 'coindesk'?)\n"
    assert capsys.readouterr().err == problem


# ── add ──


def web(**paths: Answer) -> Site:
    """A site of pages; `home` is the page at /."""
    answers = {"/" + name.replace("__", "."): [answer] for name, answer in paths.items()}
    answers["/"] = answers.pop("/home")
    return Site(answers=answers)


async def test_add_finds_the_feed_a_page_names_and_writes_it_after_a_yes(tmp_path: Path) -> None:
    page = "<html><head><link rel=alternate type='application/rss+xml' href='/wire.xml'></head></html>"
    there = web(home=says(page, "text/html"), wire__xml=says(feed()))
    async with serve_sites([there]):
        desk = Desk(tmp_path, {}, [there])
        before = desk.text()
        refused = await desk.run("sources", "add", f"http://{there.address}/", given="n\n")
        assert refused.code == 0, refused.err
        assert "Notice 0" in refused.out
        assert desk.text() == before
        ended = await desk.run("sources", "add", f"http://{there.address}/", "--id", "mine", given="y\n")
        assert ended.code == 0, ended.err
        again = await desk.run("sources", "add", f"http://{there.address}/", "--yes")
    assert again.code == 2
    assert "watched as mine" in again.err
    assert "# ours" in desk.text()
    mine = desk.added()["mine"]
    assert (mine.name, mine.feeds[0].url) == ("Site", f"http://{there.address}/wire.xml")


async def test_add_guesses_the_list_of_a_page_without_a_feed(tmp_path: Path) -> None:
    there = web(home=says(LIST, "text/html"))
    async with serve_sites([there]):
        desk = Desk(tmp_path, {}, [there])
        ended = await desk.run("sources", "add", f"http://{there.address}/", "--yes", "--id", "list")
        assert ended.code == 0, ended.err
        assert "12 items" in ended.out
        checked = await desk.run("sources", "check", "list", "--json")
    assert [row["entries"] for row in json.loads(checked.out)] == [12]
    assert len(there.asked) < 30


async def test_add_takes_a_living_sitemap_before_a_dead_feed(tmp_path: Path) -> None:
    pages = "".join(
        f"<url><loc>/p/{n}</loc><lastmod>{TODAY - timedelta(days=n):%Y-%m-%d}</lastmod></url>"
        for n in range(3)
    )
    urlset = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{pages}</urlset>"
    there = web(
        home=says("<html><body>Welcome</body></html>", "text/html"),
        feed=says(feed(days_old=900)),
        part__xml=says(urlset),
        news__xml=says("<sitemapindex><sitemap><loc>/part.xml</loc></sitemap></sitemapindex>"),
        robots__txt=says("Sitemap: /news.xml\n", "text/plain"),
    )
    async with serve_sites([there]):
        desk = Desk(tmp_path, {}, [there])
        ended = await desk.run("sources", "add", f"http://{there.address}/", "--yes", "--id", "map")
    assert ended.code == 0, ended.err
    (way,) = desk.added()["map"].feeds
    assert (str(way.method), way.url) == ("sitemap", f"http://{there.address}/news.xml")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/gone", "no feed, sitemap or list was found there: not there any more (404)"),
        ("/", "was found there: shows a page that only a browser's scripts fill"),
    ],
    ids=["no page", "shell"],
)
async def test_add_says_why_it_found_nothing(tmp_path: Path, path: str, problem: str) -> None:
    there = web(home=says(SHELL, "text/html"))
    async with serve_sites([there]):
        ended = await Desk(tmp_path, {}, [there]).run("sources", "add", f"http://{there.address}{path}")
    assert ended.code == 2
    assert problem in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["example.org"], "not a web address"),
        (["https://example.org/", "--id", "coindesk"], "there is a source “coindesk” already"),
    ],
    ids=["no address", "id taken"],
)
def test_add_looks_before_it_asks_anybody(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    problem: str,
) -> None:
    assert typed(Desk(tmp_path, {}), monkeypatch, "sources", "add", *words) == 2
    assert problem in capsys.readouterr().err


async def test_add_goes_to_no_private_address(tmp_path: Path) -> None:
    inside = web(home=says(LIST, "text/html"))
    async with serve_sites([inside]):
        ended = await Desk(tmp_path, {}).run("sources", "add", f"http://{inside.address}/")
    assert "127.0.0.1 is not a public address" in ended.err
    assert inside.asked == []


# ── OPML ──

OPML = """<?xml version="1.0"?><opml version="2.0"><head/><body><outline text="News">
<outline type="rss" text="甲 &amp; B" xmlUrl="https://jia.example.cn/rss.xml" htmlUrl="https://jia.example.cn/"/>
<outline type="rss" text="CoinDesk" xmlUrl="{known}"/><outline type="rss" xmlUrl="file:///etc/passwd"/>
</outline></body></opml>"""


def test_import_adds_what_is_new_and_export_gives_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, {})
    known = load(desk.path, {}).sources[0].feeds[0].url
    file = tmp_path / "feeds.opml"
    file.write_text(OPML.replace("{known}", known), encoding="utf-8")
    assert typed(desk, monkeypatch, "sources", "import", str(file)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "added    https://jia.example.cn/rss.xml as example",
        f"known    {known} (watched as coindesk)",
    ]
    assert lines[2] == "left out file:///etc/passwd (this is not a web address)"
    assert lines[3].startswith("1 of 3 feeds were added")
    assert "# ours" in desk.text()
    assert desk.added()["example"].timezone.key == "Asia/Shanghai"
    assert typed(desk, monkeypatch, "sources", "export") == 0
    exported = etree.fromstring(capsys.readouterr().out.encode())
    assert [o.get("xmlUrl") for o in exported.iter("outline")] == [known, "https://jia.example.cn/rss.xml"]


def test_import_of_something_else_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, {})
    before = desk.text()
    for name, text, problem in (("a", "<rss/>", "not OPML"), ("b", None, "cannot be read")):
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
        assert typed(desk, monkeypatch, "sources", "import", str(tmp_path / name)) == 2
        assert problem in capsys.readouterr().err
    assert desk.text() == before


# ── health, and who hears of it ──


async def test_health_names_the_cause_and_the_operator_hears_of_it(tmp_path: Path) -> None:
    ill, well = site(says(WALL, "text/html")), site(says(feed()))
    async with serve_sites([ill, well]):
        desk = Desk(tmp_path, {"ill": ill, "well": well})
        await desk.run("once")
        wind(tmp_path, "next_poll_at = '2020-01-01 00:00:00.000000', failures = failures * 2")
        await desk.run("once")
        assert notices(tmp_path) == []  # others that break now are told in the same notice
        health = await desk.run("sources", "health", "--json")
        wind(tmp_path, f"broken_since = '{TODAY - timedelta(hours=2):%F %T}.000000' WHERE id = 'ill'")
        await desk.run("once")
    rows = {row["id"]: row for row in json.loads(health.out)}
    assert [(row["state"], row["cause"]) for row in rows.values()] == [("broken", "block-page"), ("ok", "")]
    assert (rows["ill"]["transport"], rows["ill"]["parse"], rows["ill"]["fresh"]) == ("ok", "no", "?")
    assert rows["ill"]["since"]
    (told,) = notices(tmp_path)
    assert told.startswith("1 source does not work")
    assert "ill (ill): block-page: shows a block page (访问验证)" in told


def wind(folder: Path, change: str) -> None:
    with sqlite3.connect(folder / "wire.db") as database:
        database.execute(f"UPDATE sources SET {change}")


def notices(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "wire.db") as database:
        return [row[0] for row in database.execute("SELECT notice FROM deliveries ORDER BY id")]
