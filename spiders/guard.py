"""Which addresses may be contacted: public http(s) only, except origins trusted by exact host:port."""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

_DEFAULT_PORT = {"http": 80, "https": 443}


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
            ip = ip.ipv4_mapped or ip.sixtofour or ip
        return ip.is_global and not ip.is_multicast


def _literal(host: str) -> str | None:
    """The IP a host spells, in any spelling the C library takes (127.1, 2130706433, 0x7f.1, ::ffff:…)."""
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
