"""Which addresses may be contacted: public http(s) only, except origins trusted by exact host:port."""

import ipaddress
import socket
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

_DEFAULT_PORT = {"http": 80, "https": 443}
_NEVER = (
    ipaddress.IPv6Network("fec0::/10"),  # site-local (RFC 3879), which Python takes for global
    ipaddress.IPv6Network("::/96"),  # IPv4 as it was written before RFC 4291
    ipaddress.IPv6Network("::ffff:0:0:0/96"),  # IPv4 "translated" (RFC 2765)
)
_NAT64 = (
    ipaddress.IPv6Network("64:ff9b::/96"),  # RFC 6052, known to every translator
    ipaddress.IPv6Network("64:ff9b:1::/48"),  # RFC 8215, a network's own
)


class AddressGuard:
    """Says no, with the reason, to schemes and addresses a feed has no business sending us to."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._trusted = frozenset(origin.lower() for origin in trusted)

    def refusal(self, url: str) -> str:
        """Why this URL must not be fetched; "" when it may (its name is still checked on connect)."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _DEFAULT_PORT.get(parts.scheme, 0)
        except ValueError:
            return "the address cannot be read"
        if parts.scheme not in _DEFAULT_PORT:
            return f"scheme {parts.scheme or 'none'} is not fetched"
        if not host:
            return "the address names no host"
        literal = _literal(host)
        if literal is None or self.allows(host, port, literal):
            return ""
        return f"{host} is not a public address"

    def allows(self, host: str, port: int, address: str) -> bool:
        """Whether `host`, resolved to the IP `address`, may be connected to on `port`."""
        if f"{host.lower()}:{port}" in self._trusted:
            return True
        ip = ipaddress.ip_address(address.split("%")[0])
        if isinstance(ip, ipaddress.IPv6Address):
            if any(ip in network for network in _NEVER):
                return False
            ip = ip.ipv4_mapped or ip.sixtofour or _behind_nat64(ip) or ip
        return _is_public(ip)


def _behind_nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address to which a translator would pass this on; the worse one where it may be either."""
    well_known, local = _NAT64
    if ip in well_known:
        return ipaddress.IPv4Address(ip.packed[12:])
    if ip not in local:
        return None
    # RFC 6052: behind a prefix of 48 bits its bytes lie around the ninth, behind one of 96 at the end.
    spread, last = ip.packed[6:8] + ip.packed[9:11], ip.packed[12:]
    inner = [ipaddress.IPv4Address(packed) for packed in (spread, last) if any(packed)]
    return min(inner, key=_is_public, default=ipaddress.IPv4Address(0))


def _is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast


def _literal(host: str) -> str | None:
    """The IP a host spells, in any spelling the C library takes (127.1, 0x7f.1, ①②⑦.1, ::ffff:…)."""
    host = unicodedata.normalize("NFKC", host).rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None
