"""Pages that only a browser's scripts fill: a headless Chromium for the sources with `browser: true`.

What a page asks for is decided twice: by `Fence` before a request, and by `spiders.tunnel` at a connection.
Redirects and whatever else a browser does on its own are never shown to the fence.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar, Self
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import HtmlResponse, Response
from scrapy.settings import Settings
from twisted.internet.interfaces import IResolutionReceiver
from zope.interface import implementer

from spiders.gate import site_of
from spiders.guard import AddressGuard
from spiders.middlewares import RobotsMiddleware
from spiders.tunnel import Tunnel

MOST_BROWSERS = 2  # at once in the service; each takes some 300 MB
LONGEST_PAGE = 1.5  # times DOWNLOAD_TIMEOUT: for a page with all its scripts
SETTLED = 6.0  # seconds given to the scripts of a page that has arrived
MOST_REQUESTS = 100  # of one page
MOST_RECEIVED = 24 * 1024 * 1024  # bytes of one page with its scripts: three times DOWNLOAD_MAXSIZE

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_KINDS = ("document", "script", "xhr", "fetch")  # no pictures, styles, fonts, media
_EXTRA = "browser: true needs an extra that is not installed (pip install 'policywire[js]')"
_CHROMIUM = "browser: true needs Chromium (Debian: apt-get install chromium; elsewhere CHROMIUM=/path/to/it)"
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")
_ARGUMENTS = (
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--blink-settings=imagesEnabled=false",
    "--js-flags=--max-old-space-size=256",
    "--no-referrers",
    # Names are for the proxy to look up, and nothing goes past it, not even the UDP of calls.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)


def find_browser(env: Mapping[str, str]) -> str:
    """The Chromium of this machine: the one CHROMIUM names, else the first usual name; "" for none."""
    named = env.get("CHROMIUM", "")
    path = env.get("PATH")
    found = (shutil.which(name, path=path) for name in ((named,) if named else _NAMES))
    return next(filter(None, found), "")


def lacking(env: Mapping[str, str]) -> str:
    """What keeps sources with `browser: true` from being read here, with the mend; "" when nothing does."""
    if find_spec("scrapy_playwright") is None:
        return _EXTRA
    return "" if find_browser(env) else _CHROMIUM


def prepare(settings: Settings, env: Mapping[str, str]) -> None:
    """Make a crawl fetch through the browser what its requests mark so, or tell it what is lacking."""
    lack = lacking(env)
    settings.set("BROWSER_LACKS", lack, priority="cmdline")
    if lack:
        return
    handlers = settings.getdict("DOWNLOAD_HANDLERS")
    for scheme in ("http", "https"):
        handlers[scheme] = "spiders.browser.BrowserHandler"
    settings.set("DOWNLOAD_HANDLERS", handlers, priority="cmdline")
    settings.set("BROWSER", find_browser(env), priority="cmdline")


class Fence:
    """Decides about each request a page makes: what a reader needs, from the page's own site, and no more."""

    def __init__(self, guard: AddressGuard, crawler: Any) -> None:
        self._guard = guard
        self._crawler = crawler
        self._site = ""
        self._left = 0

    def begin(self, url: str) -> None:
        """A new page, asked for by ourselves."""
        self._site = site_of(url)
        self._left = MOST_REQUESTS

    async def refuses(self, asked: Any) -> bool:
        """Whether this request of the page is not made; `asked` is Playwright's."""
        self._left -= 1
        if self._left < 0 or asked.method != "GET" or asked.resource_type not in _KINDS:
            return True
        if self._guard.refusal(asked.url):
            return True
        if asked.resource_type == "script":  # libraries come from anywhere
            return False
        return site_of(asked.url) != self._site or await self._forbidden(asked.url)

    async def _forbidden(self, url: str) -> bool:
        robots = self._crawler.get_downloader_middleware(RobotsMiddleware)
        return robots is not None and await robots.known_to_forbid(url)


class BrowserHandler:
    """Downloads for Scrapy: requests marked `browser` through Chromium, one page at a time, others as ever.

    One for both schemes of a crawl. Its browser starts with the first page and ends,
    cookies and all, with the crawl.
    """

    lazy = False
    _of_crawlers: ClassVar[WeakKeyDictionary[Any, Any]] = WeakKeyDictionary()

    def __init__(self, crawler: Any) -> None:
        settings = crawler.settings
        self._most = settings.getint("DOWNLOAD_MAXSIZE")
        self._longest = settings.getint("DOWNLOAD_TIMEOUT") * LONGEST_PAGE
        self._tunnel = Tunnel(_allowed_addresses, MOST_RECEIVED)
        self._fence = Fence(AddressGuard(settings.getlist("TRUSTED_ORIGINS")), crawler)
        self._one_page = asyncio.Lock()
        self._closed = False
        self._context = {
            "user_agent": settings["USER_AGENT"],
            "ignore_https_errors": not settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"),
            "accept_downloads": False,
            "service_workers": "block",
        }
        handler = import_module("scrapy_playwright.handler").ScrapyPlaywrightDownloadHandler
        self._inner = handler(crawler)
        self._inner.abort_request = self._fence.refuses
        self._inner.process_request_headers = None  # a browser's own; the User-Agent is the context's
        self._inner.config.launch_options = _launch_options(settings["BROWSER"], self._tunnel.address)
        self._inner.config.navigation_timeout_ms = settings.getint("DOWNLOAD_TIMEOUT") * 1000
        self._inner.config.max_pages_per_context = 4  # one page at a time, and room for one that will not die

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """Scrapy's way to build a component, once for each scheme."""
        if crawler not in cls._of_crawlers:
            cls._of_crawlers[crawler] = cls(crawler)
        one: Self = cls._of_crawlers[crawler]
        return one

    async def download_request(self, request: Request) -> Response:
        """The answer, its body the page as it stands after its scripts. Raises what `failures` can name."""
        if not request.meta.get("browser"):
            answer: Response = await self._inner.download_request(request)
            return answer
        await self._tunnel.open()
        async with self._one_page:
            self._tunnel.begin()
            self._fence.begin(request.url)
            try:
                async with asyncio.timeout(self._longest):
                    return await self._rendered(request)
            except Exception as error:
                better = self._tunnel.failure(request.url)
                if better is None:
                    raise
                raise better from error

    async def close(self) -> None:
        """End the browser; called once for each scheme."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._inner.close()
        finally:
            await self._tunnel.close()

    async def _rendered(self, request: Request) -> Response:
        request.meta.update(
            playwright=True,
            playwright_include_page=True,
            playwright_context_kwargs=self._context,
            playwright_page_init_callback=_confine,
            playwright_page_goto_kwargs={"wait_until": "domcontentloaded"},
        )
        try:
            answer: Response = await self._inner.download_request(request)
            text = await self._text(request.meta["playwright_page"])
        finally:
            await _closed(request.meta.pop("playwright_page", None))
        headers = answer.headers.copy()
        headers["Content-Type"] = "text/html; charset=utf-8"
        body = text.encode("utf-8", "replace")
        return HtmlResponse(
            answer.url, status=answer.status, headers=headers, body=body, encoding="utf-8", request=request
        )

    async def _text(self, page: Any) -> str:
        await _settle(page)
        size = await page.evaluate("document.documentElement ? document.documentElement.outerHTML.length : 0")
        if self._tunnel.overspent or size > self._most:
            raise DownloadCancelledError("the page is larger than allowed")
        return str(await page.content())


def _launch_options(path: str, proxy: str) -> dict[str, Any]:
    return {
        "executable_path": path,
        "headless": True,
        "proxy": {"server": proxy, "bypass": "<-loopback>"},
        "args": list(_ARGUMENTS),
        "chromium_sandbox": os.geteuid() != 0,  # Chromium has none for root
        "env": {name: os.environ[name] for name in _KEPT if name in os.environ},  # no token, no password
    }


async def _confine(page: Any, _: Request) -> None:
    """What the fence is not asked about: windows a page opens get nothing, and sockets are not opened."""
    await page.context.route("**", lambda route: route.abort())
    await page.route_web_socket("**", lambda one: one.close())


async def _settle(page: Any) -> None:
    """Let the scripts fill the page; one that is never done is taken as it stands."""
    with suppress(import_module("playwright.async_api").TimeoutError):
        await page.wait_for_load_state("networkidle", timeout=SETTLED * 1000)


async def _closed(page: Any) -> None:
    if page is not None:
        with suppress(TimeoutError):  # one whose script never ends dies with the browser
            await asyncio.wait_for(page.close(), 5)


@implementer(IResolutionReceiver)
class _Addresses:
    """Collects what the guarded resolver lets through."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.complete: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802 - Twisted's names
        """Nothing is known yet."""

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        """One more."""
        self.found.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        """That was all."""
        if not self.complete.done():
            self.complete.set_result(None)


async def _allowed_addresses(host: str, port: int) -> list[str]:
    """By the resolver every other request of this process goes through."""
    from twisted.internet import reactor

    resolver: Any = reactor.nameResolver
    receiver = _Addresses()
    resolver.resolveHostName(receiver, host, port)
    await receiver.complete
    return receiver.found
