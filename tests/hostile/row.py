"""What a row of the hostile table is made of: a fault, the site that commits it, what must come of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from tests.origin import PAGE, Answer, Site, says

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
GOOD = "People's Bank of China widens digital yuan pilot"


# ── what sites serve ──


def item(title: str = "News", *, link: str = "/news/1", guid: str = "", more: str = "") -> str:
    named = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    date = "" if "<pubDate>" in more else dated(NOW - HOUR)
    return f"<item><title>{escape(title)}</title><link>{escape(link)}</link>{named}{date}{more}</item>"


def dated(at: datetime) -> str:
    return f"<pubDate>{format_datetime(at)}</pubDate>"


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f'{head}<rss version="2.0"><channel><title>Site</title>{"".join(items)}</channel></rss>'


def site(*feed: Answer, **paths: Answer | list[Answer]) -> Site:
    """A site with a feed; other paths by keyword, `__` for a dot, `_` for a slash."""
    answers: dict[str, list[Answer]] = {"*": [says(PAGE, "text/html")], "/feed.xml": list(feed)}
    for name, answer in paths.items():
        path = "/" + name.replace("__", ".").replace("_", "/")
        answers[path] = answer if isinstance(answer, list) else [answer]
    return Site(answers=answers)


def feeds(*addresses: str) -> str:
    lists = ", ".join(f"{{name: f{n}, url: '{address}'}}" for n, address in enumerate(addresses))
    return f"feeds: [{lists}]"


# ── what came of it ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What the sweeps made of one source."""

    site: Site
    rounds: list[dict[str, Any]]  # the source's row after each round
    articles: list[dict[str, Any]]
    seen_inside: list[str]

    @property
    def problem(self) -> str:
        return str(self.rounds[0]["problem"])

    @property
    def titles(self) -> list[str]:
        return [article["title"] for article in self.articles]

    @property
    def reasons(self) -> list[str]:
        return [article["reason"] for article in self.articles]


Check = Callable[[Came], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fault, the site that commits it, and what must come of it."""

    fault: str
    site: Site
    check: Check
    config: str = "fetch_pages: false"
    url: str = "http://{address}/feed.xml"  # or a feeds: section
    neighbours: tuple[Site, ...] = field(default=())


def named(problem: str, *, waits: float = 0) -> Check:
    """The problem is named, nothing is stored, and the source is left alone for a while."""

    def check(came: Came) -> None:
        assert problem in came.problem
        assert came.articles == []
        assert came.rounds[0]["failures"] == 1
        assert came.rounds[0]["wait"] >= max(waits, 50)

    return check


def stored(*titles: str, problem: str = "") -> Check:
    """Exactly these titles are stored."""

    def check(came: Came) -> None:
        assert sorted(came.titles) == sorted(titles)
        assert problem in came.problem if problem else came.problem == ""

    return check


def among(title: str) -> Check:
    def check(came: Came) -> None:
        assert title in came.titles

    return check


def cut_short(came: Came) -> None:
    """By size or by time, whichever comes first on this machine."""
    assert came.problem in ("the answer is larger than allowed", "did not answer in time")
    assert came.articles == []


def also(*checks: Check) -> Check:
    def check(came: Came) -> None:
        for one in checks:
            one(came)

    return check


def untouched(came: Came) -> None:
    assert came.seen_inside == []


def asked(path: str, times: int) -> Check:
    def check(came: Came) -> None:
        assert came.site.times(path) == times

    return check
