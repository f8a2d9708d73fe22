"""When two entries are one: canonical URLs, and the keys by which a source's entries are known again."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import SplitResult, urlsplit, urlunsplit

LONGEST_URL = 4_096
# Nothing in it but a host as it is compared, a path and a query: most addresses, split without a library.
_PLAIN_URL = re.compile(r"""https?://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(/[!-"$->@-~]*)?(?:\?([!-"$-~]*))?""")
_TRACKING = frozenset(
    {
        "spm",
        "scm",
        "fbclid",
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "yclid",
        "igshid",
        "mc_cid",
        "mc_eid",
        "_hsenc",
        "_hsmi",
        "oly_anon_id",
        "oly_enc_id",
        "vero_id",
        "twclid",
        "ttclid",
        "share_token",
        "share_from",
        "share_source",
        "share_medium",
        "sharefrom",
        "shareuid",
        "isappinstalled",
        "nsukey",
        "at_medium",
        "at_campaign",
        "cmpid",
        "ncid",
        "ref_src",
        "__twitter_impression",
        "from",
        "wt_mc",
        "wt.mc_id",
        "emc",
        "partner",
    }
)
_TRACKING_PREFIXES = ("utm_", "spm_", "mtm_", "pk_", "hsa_")
_DEFAULT_PORTS = {80, 443}


def canonical_url(url: str) -> str:
    """The form in which two addresses of one page compare equal; "" when it is no web address.

    For comparison only, never for fetching: http and https are one, the fragment and parameters that
    merely say where a reader came from are dropped, all else keeps its order and spelling.
    """
    plain = _PLAIN_URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if plain is not None:
        query = _untracked(plain[3]) if plain[3] else ""
        return f"https://{plain[1]}{plain[2] or '/'}{'?' if query else ''}{query}"
    parts = _split(url)
    if parts is None:
        return ""
    return urlunsplit(("https", _netloc(parts), parts.path or "/", _untracked(parts.query), ""))


def _untracked(query: str) -> str:
    return "&".join([pair for pair in query.split("&") if pair and not _tracks(pair)])


def storable(text: str) -> str:
    """The text without half surrogate pairs and NUL, which no database takes."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def without_userinfo(url: str) -> str:
    """The address without the name and password it may carry, which no publisher means to tell."""
    if "@" not in url:
        return url
    before, slashes, rest = url.partition("://")
    netloc = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" not in netloc:
        return url
    return before + slashes + netloc.rpartition("@")[2] + rest[len(netloc) :]


def _split(url: str) -> SplitResult | None:
    if len(url) > LONGEST_URL or ":" not in url:
        return None
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 (raises for a port that is none)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return None
    return parts


def _netloc(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    if parts.port is None or parts.port in _DEFAULT_PORTS:
        return host
    return f"{host}:{parts.port}"


def _tracks(pair: str) -> bool:
    name = pair.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


class Named(Protocol):
    """What is known again by its keys: an `Entry`, or as much of one as has been read."""

    @property
    def title(self) -> str: ...
    @property
    def link(self) -> str: ...
    @property
    def guid(self) -> str: ...


def entry_keys(entries: Sequence[Named], list_name: str = "") -> tuple[frozenset[str], ...]:
    """For each entry of one listing the keys any of which, once known, makes it known.

    A guid or link counts only while no other entry of the listing carries it: some publishers give every
    item one guid, or every item the address of the section. Link and title together always count. A guid
    counts together with the title or the link, for some are given again to another item; one that is no
    address is worth no more than its list, so it goes by `list_name`.
    """
    titles = [_title(entry.title) for entry in entries]
    links = [canonical_url(entry.link) for entry in entries]
    guids = [_guid(entry.guid, list_name) for entry in entries]
    link_counts = _distinct(links, titles)
    guid_counts = _distinct(guids, titles)
    return tuple(
        [
            frozenset(_keys(title, guid, link, guid_counts[guid] == 1, link_counts[link] == 1))
            for title, guid, link in zip(titles, guids, links, strict=True)
        ]
    )


def _distinct(names: Sequence[str], titles: Sequence[str]) -> Counter[str]:
    """How many different titles share a name; an entry merely repeated does not make it ambiguous."""
    return Counter(name for name, _ in set(zip(names, titles, strict=True)))


def _keys(title: str, guid: str, link: str, guid_is_one: bool, link_is_one: bool) -> list[str]:
    keys = _guid_keys(title, guid, link, link_is_one) if guid and guid_is_one and guid != link else []
    if link and link_is_one:
        keys.append(f"link:{link}")
    if link:
        keys.append(f"link+title:{link} {title}")
    if not keys:
        keys.append(f"title:{title}")
    return keys


def _guid_keys(title: str, guid: str, link: str, link_is_one: bool) -> list[str]:
    if not link:
        return [f"guid:{guid}"]
    with_title = f"guid+title:{guid} {title}"
    return [with_title] if link_is_one else [with_title, f"guid+link:{guid} {link}"]


def _guid(guid: str, list_name: str) -> str:
    """A guid that is an address compares like one."""
    guid = guid.strip()
    return canonical_url(guid) or (f"{list_name} {guid}".strip() if guid else "")


def _title(title: str) -> str:
    return " ".join(title.split()).casefold()
