"""The unit of politeness: a site, and the gate before it."""

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
