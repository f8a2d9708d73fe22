"""Name resolution with the address guard at connect time, so that a name cannot point or move inwards."""

from collections.abc import Sequence
from typing import Any, Self

from scrapy.resolver import HostResolution
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from spiders.guard import AddressGuard


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves by the reactor's own resolver (IPv4 and IPv6, uncached) and drops what the guard refuses."""

    def __init__(self, reactor: Any, guard: AddressGuard) -> None:
        self._reactor = reactor
        self._inner = reactor.nameResolver
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
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Resolve a name; addresses the guard refuses never reach the connection."""
        kept = _GuardedReceiver(receiver, hostName, portNumber, self.guard)
        return self._inner.resolveHostName(kept, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _GuardedReceiver:
    def __init__(self, inner: Any, host: str, port: int, guard: AddressGuard) -> None:
        self._inner, self._host, self._port, self._guard = inner, host, port, guard

    def resolutionBegan(self, resolution: HostResolution) -> None:  # noqa: N802
        self._inner.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if self._guard.allows(self._host, self._port, address.host):
            self._inner.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._inner.resolutionComplete()
