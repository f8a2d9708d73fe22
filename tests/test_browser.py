"""Pages that scripts fill, read through a real Chromium, and pages that try to misuse it."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from spiders.browser import find_browser
from tests.hostile.row import GOOD, NOW
from tests.origin import PARAGRAPH, Answer, Site, honeypot, says, serve_sites, silence
from tests.test_hostile_origin import swept

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(find_spec("scrapy_playwright") is None, reason="the extra js is not installed"),
    pytest.mark.skipif(not find_browser(os.environ), reason="there is no Chromium on this machine"),
]

SHELL = '<!doctype html><html><head><title>App</title></head><body><div id="app"></div>{script}</body></html>'
FILL = (
    "document.getElementById('app').innerHTML = `<article><h1>{title}</h1>` + "
    "`<p>{text}</p>`.repeat(4) + `</article>`;"
)
LIST = (
    "document.getElementById('app').innerHTML = {links}.map("
    "n => `<li><a href='/news/${{n}}'>{title} ${{n}}</a> {day}</li>`).join('');"
)


def page(script: str, *, ETag: str = "") -> Answer:  # noqa: N803 - the header's own spelling
    """A page that holds nothing but a script."""
    return says(SHELL.replace("{script}", f"<script>{script}</script>"), "text/html", ETag=ETag)


def listing(*numbers: int) -> str:
    return LIST.format(links=list(numbers), title=GOOD, day=f"{NOW:%Y-%m-%d}")


def filled(text: str = PARAGRAPH, title: str = GOOD) -> str:
    return FILL.format(title=title, text=text)


async def redirect_inwards(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": f"http://127.0.0.1:{request.query['port']}/inside"})


def sites(inside: int) -> dict[str, Site]:
    """One site per situation; most have a list of one article, /news/1."""
    asks = "".join(
        f"fetch('{address}', {{mode: 'no-cors'}}).catch(() => 0); "
        for address in (
            "http://169.254.169.254/latest/meta-data/",
            f"http://127.0.0.1:{inside}/direct",
            f"http://localhost:{inside}/by-name",
            f"http://2130706433:{inside}/number",
            f"/away?port={inside}",
        )
    )
    asks += (
        f"new Image().src = 'http://127.0.0.1:{inside}/image'; new WebSocket('ws://127.0.0.1:{inside}/socket');"
        f"window.open('http://127.0.0.1:{inside}/popup'); navigator.sendBeacon('http://127.0.0.1:{inside}/b');"
        f"var s = document.createElement('script'); s.src = 'http://127.0.0.1:{inside}/s.js';"
        f"document.body.append(s); s = document.createElement('iframe'); s.src = '/away?port={inside}';"
        "document.body.append(s); "
    )
    one_article = {"/": [page(listing(1))]}
    return {
        "honest": Site(
            answers={
                "/": [page(listing(1), ETag='"1"'), page(listing(1, 2), ETag='"1"')],
                "/news/1": [
                    page(
                        "fetch('/api/1').then(r => r.json()).then(text => {"
                        + FILL.format(title=GOOD, text="${text}")
                        + "});"
                    )
                ],
                "/api/1": [
                    says(f'"{PARAGRAPH} From the interface."', "application/json", Set_Cookie="seen=1")
                ],
                "/news/2": [page(filled())],
            }
        ),
        "inwards": Site(
            answers={**one_article, "/news/1": [page(asks + filled())], "/away": [redirect_inwards]}
        ),
        "posting": Site(
            answers={
                **one_article,
                "/news/1": [
                    page(
                        "fetch('/api', {method: 'POST'}); fetch('/hidden/x'); new Image().src = '/picture';"
                        + filled()
                    )
                ],
                "/robots.txt": [says("User-agent: *\nDisallow: /hidden/\n", "text/plain")],
            }
        ),
        "forbidden": Site(
            answers={**one_article, "/robots.txt": [says("User-agent: *\nDisallow: /\n", "text/plain")]}
        ),
        "polling": Site(
            answers={**one_article, "/news/1": [page(filled() + "setInterval(() => fetch('/tick'), 100);")]}
        ),
        "spinning": Site(answers={"/": [page("while (true) {}")]}),
        "hanging": Site(answers={"/": [silence]}),
        "growing": Site(answers={"/": [page("document.body.append('x'.repeat(9_000_000));")]}),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What sweeps made of the sites: two of the honest one, one of the others."""

    sites: dict[str, Site]
    states: dict[str, dict[str, Any]]
    articles: list[dict[str, Any]]
    seen_inside: list[str]

    def problem(self, name: str) -> str:
        return str(self.states[name]["problem"])

    def bodies(self, name: str) -> list[str]:
        return [one["body"] for one in self.articles if one["source_id"] == name]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def came(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Came]:
    async with honeypot() as (inside, seen):
        places = sites(inside)
        async with serve_sites(places.values()):
            folder = tmp_path_factory.mktemp
            others = places.keys() - {"honest"}
            honest, rest = await asyncio.gather(
                swept(folder("honest"), *config(places, {"honest"}), rounds=2, deadline=8),
                swept(folder("others"), *config(places, others), rounds=1, deadline=8),
            )
            yield Came(
                sites=places,
                states=honest.told["rounds"][0]["states"] | rest.told["rounds"][0]["states"],
                articles=honest.articles + rest.articles,
                seen_inside=seen,
            )


def config(places: dict[str, Site], names: Iterable[str]) -> tuple[str, list[str]]:
    """The lines for these sites, and the origins to trust."""
    lines = "".join(
        f"    - {{id: {name}, delay: 0s, browser: true, feeds: [{{name: list, method: listing, "
        f"url: 'http://{places[name].address}/', fields: {{items: li}}}}]}}\n"
        for name in sorted(names)
    )
    return lines, [f"'{one.address}'" for one in places.values()]


async def test_a_list_and_an_article_that_scripts_fill_are_read(came: Came) -> None:
    assert came.problem("honest") == ""
    assert sorted(one["title"] for one in came.articles if one["source_id"] == "honest") == [
        GOOD + " 1", GOOD + " 2",
    ]  # fmt: skip
    assert any("From the interface." in body for body in came.bodies("honest"))


async def test_it_says_who_it_is_and_keeps_no_cookies(came: Came) -> None:
    asked = came.sites["honest"].asked
    assert {headers["User-Agent"].split(" ")[0] for path, headers in asked} == {"policywire/0.1"}
    assert [
        path for path, headers in asked if path == "/" and ("Cookie" in headers or "If-None-Match" in headers)
    ] == []


async def test_a_page_reaches_nothing_inside(came: Came) -> None:
    assert PARAGRAPH in came.bodies("inwards")[0]
    redirected = [path for path, _ in came.sites["inwards"].asked if path.startswith("/away")]
    assert len(redirected) == 2  # by fetch() and by a frame: the tunnel was asked to go inside
    assert came.seen_inside == []


async def test_a_page_only_gets_and_only_what_robots_allow(came: Came) -> None:
    asked = {path for path, _ in came.sites["posting"].asked}
    assert PARAGRAPH in came.bodies("posting")[0]
    assert asked & {"/api", "/hidden/x", "/picture"} == set()


async def test_robots_are_asked_before_the_browser(came: Came) -> None:
    assert "Forbidden by robots.txt" in came.problem("forbidden")
    assert came.sites["forbidden"].times("/") == 0


async def test_a_page_that_never_rests_is_taken_as_it_stands(came: Came) -> None:
    assert PARAGRAPH in came.bodies("polling")[0]


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        ("spinning", {"did not answer in time"}),
        ("hanging", {"did not answer in time"}),
        # By size or by time, whichever comes first on this machine.
        ("growing", {"the answer is larger than allowed", "did not answer in time"}),
    ],
)
async def test_a_page_without_end_is_ended(came: Came, name: str, problems: set[str]) -> None:
    assert came.problem(name) in problems
