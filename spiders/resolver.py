"""Name resolution with the address guard at connect time, so that a name cannot point or move inwards."""

import socket
from collections.abc import Sequence
from threading import Thread
from typing import Any, Self

from scrapy.resolver import HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer

from spiders.guard import AddressGuard


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves by the system's resolver (IPv4 and IPv6, uncached) and drops what the guard refuses.

    A thread per name, and a daemon: the system's resolver cannot be interrupted, and threads of the reactor's
    pool that wait for a dead name server would hold up the end of the process.
    """

    def __init__(self, reactor: Any, guard: AddressGuard) -> None:
        self._reactor = reactor
        self.guard = guard

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:
        """Scrapy's way to build a resolver."""
        return cls(reactor, AddressGuard(crawler.settings.getlist("TRUSTED_ORIGINS")))

    def install_on_reactor(self) -> None:
        """Scrapy's way to put it in place."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        receiver: Any,
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[Any] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803, ARG002 - we speak nothing but TCP
    ) -> Any:
        """Resolve a name; addresses the guard refuses never reach the connection."""
        resolution = HostResolution(hostName)
        receiver.resolutionBegan(resolution)
        wanted = tuple(addressTypes or (IPv4Address, IPv6Address))
        Thread(
            target=self._look_up, args=(receiver, hostName, portNumber, wanted), name="dns", daemon=True
        ).start()
        return resolution

    def _look_up(self, receiver: Any, host: str, port: int, wanted: tuple[Any, ...]) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):  # no such name; a label that cannot be encoded
            found = []
        addresses = [_address(family, place) for family, _, _, _, place in found]
        allowed = [a for a in addresses if isinstance(a, wanted) and self.guard.allows(host, port, a.host)]
        try:
            self._reactor.callFromThread(_deliver, receiver, allowed)
        except RuntimeError:  # the loop has ended meanwhile
            return


def _address(family: int, place: Any) -> Any:
    kind = IPv6Address if family == socket.AF_INET6 else IPv4Address
    return kind("TCP", *place)


def _deliver(receiver: Any, addresses: Sequence[Any]) -> None:
    for address in addresses:
        receiver.addressResolved(address)
    receiver.resolutionComplete()
