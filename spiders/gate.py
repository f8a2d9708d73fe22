"""The unit of politeness: a site, and the gate before it."""

import asyncio
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from tldextract import TLDExtract


@cache
def _suffixes() -> TLDExtract:
    return TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list that ships with the library: no network


def site_of(url: str) -> str:
    """The unit of politeness: the registrable domain, or host:port where there is none (addresses)."""
    found = _suffixes()(url)
    if found.domain and found.suffix and not found.ipv4:
        return f"{found.domain}.{found.suffix}"
    return urlsplit(url).netloc.rpartition("@")[2]


MOST_SITES = 2_000  # remembered at once; a list may link to any number


@dataclass(slots=True)
class _Door:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last: object = None  # who went through last
    left_at: float = 0.0  # by the loop's clock


class SiteGate:
    """Lets one request at a time through to a site, over all crawls that share the gate."""

    def __init__(self) -> None:
        self._doors: dict[str, _Door] = {}

    async def enter(self, site: str, who: object, delay: float) -> None:
        """Wait for the site to be free, and `delay` seconds more if another crawl was the last there.

        Between requests of one crawl its own download slot keeps the distance. What enters must leave.
        """
        if len(self._doors) >= MOST_SITES:
            self._doors = {name: door for name, door in self._doors.items() if door.lock.locked()}
        door = self._doors.setdefault(site, _Door())
        await door.lock.acquire()
        try:
            if door.last is not None and door.last is not who:
                await asyncio.sleep(door.left_at + delay - asyncio.get_running_loop().time())
        except BaseException:
            door.lock.release()
            raise
        door.last = who

    def leave(self, site: str) -> None:
        """Let the next request through."""
        door = self._doors[site]
        door.left_at = asyncio.get_running_loop().time()
        door.lock.release()
