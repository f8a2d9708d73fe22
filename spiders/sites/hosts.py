"""The selectors we ship, by host: what a page is read with when no source is known for it."""

import tomllib
from functools import cache
from importlib import resources
from urllib.parse import urlsplit

from monitor.core.model import Selectors


def selectors_for(url: str) -> Selectors:
    """Selectors of the longest known host the address belongs to; empty ones for a stranger."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:  # a bracket that is no IPv6 address
        return Selectors()
    known = _known()
    while host:
        if host in known:
            return known[host]
        host = host.partition(".")[2]
    return Selectors()


@cache
def _known() -> dict[str, Selectors]:
    text = resources.files("spiders.sites").joinpath("selectors.toml").read_text("utf-8")
    return {
        host: Selectors(**{**entry, "remove": tuple(entry.get("remove", ()))})
        for host, entry in tomllib.loads(text).items()
    }
