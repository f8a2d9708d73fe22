"""What a page in the browser may ask for, and what a machine needs to have one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spiders.browser import MOST_REQUESTS, Fence, find_browser
from spiders.guard import AddressGuard

PAGE = "https://www.example.com.cn/news/1"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as Playwright shows it."""

    url: str
    resource_type: str = "fetch"
    method: str = "GET"


class Robots:
    """The robots.txt of the site forbids one folder."""

    async def known_to_forbid(self, url: str) -> bool:
        return "/hidden/" in url


class Crawler:
    """Has the middleware that knows robots.txt."""

    def get_downloader_middleware(self, _: type) -> Any:
        return Robots()


def fence() -> Fence:
    one = Fence(AddressGuard(["127.0.0.1:8000"]), Crawler())
    one.begin(PAGE)
    return one


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        (Asked(PAGE, "document"), False),
        (Asked("https://api.example.com.cn/list"), False),
        (Asked("https://api.example.com.cn/list", "xhr"), False),
        (Asked("https://cdn.elsewhere.net/library.js", "script"), False),
        (Asked("https://www.elsewhere.com.cn/list"), True),
        (Asked("https://tracker.elsewhere.net/frame", "document"), True),
        (Asked("https://www.example.com.cn/hidden/list"), True),
        (Asked("https://www.example.com.cn/list", method="POST"), True),
        (Asked("https://www.example.com.cn/a.png", "image"), True),
        (Asked("https://www.example.com.cn/a.woff", "font"), True),
        (Asked("https://www.example.com.cn/a.mp4", "media"), True),
        (Asked("https://www.example.com.cn/a.css", "stylesheet"), True),
        (Asked("http://169.254.169.254/latest/", "script"), True),
        (Asked("http://127.0.0.1:8001/", "script"), True),
        (Asked("http://localhost/", "script"), True),
        (Asked("file:///etc/passwd", "script"), True),
    ],
    ids=lambda value: f"{value.method} {value.resource_type} {value.url}" if isinstance(value, Asked) else "",
)
async def test_a_page_gets_what_reading_needs_from_its_own_site(asked: Asked, refused: bool) -> None:
    assert await fence().refuses(asked) is refused


async def test_a_page_asks_only_so_often() -> None:
    one = fence()
    answers = [await one.refuses(Asked(PAGE)) for _ in range(MOST_REQUESTS + 1)]
    assert answers.count(True) == 1
    one.begin(PAGE)
    assert await one.refuses(Asked(PAGE)) is False


@pytest.mark.parametrize(
    ("names", "named", "found"),
    [
        ((), "", ""),
        (("google-chrome",), "", "google-chrome"),
        (("google-chrome", "chromium"), "", "chromium"),
        (("chromium", "mine"), "mine", "mine"),
        (("chromium",), "/nowhere/mine", ""),
    ],
    ids=[
        "none",
        "one",
        "the first of the usual names",
        "the one that is named",
        "a named one that is not there",
    ],
)
def test_the_browser_of_a_machine(tmp_path: Path, names: tuple[str, ...], named: str, found: str) -> None:
    for name in names:
        (tmp_path / name).touch(mode=0o755)
    env = {"PATH": str(tmp_path), "CHROMIUM": named}
    assert find_browser(env) == (str(tmp_path / found) if found else "")
