"""Names that point inwards, and name servers that never answer."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from spiders.guard import AddressGuard
from spiders.resolver import GuardedResolver


class Reactor:
    """The one thing of Twisted's reactor that the resolver uses, on an asyncio loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def callFromThread(self, call: Callable[..., Any], *args: Any) -> None:  # noqa: N802
        self._loop.call_soon_threadsafe(call, *args)


class Receiver:
    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.done = asyncio.Event()

    def resolutionBegan(self, resolution: Any) -> None: ...  # noqa: N802

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.addresses.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        self.done.set()


async def resolved(guard: AddressGuard, name: str, port: int) -> list[str]:
    receiver = Receiver()
    GuardedResolver(Reactor(), guard).resolveHostName(receiver, name, port)
    await asyncio.wait_for(receiver.done.wait(), 10)
    return receiver.addresses


@pytest.mark.parametrize(
    ("name", "port", "trusted", "found"),
    [
        ("localhost", 80, [], False),
        ("localhost", 8000, ["localhost:8000"], True),
        ("localhost", 8001, ["localhost:8000"], False),
        ("8.8.8.8", 80, [], True),
        ("no such name", 80, [], False),
        ("x" * 70 + ".example", 80, [], False),
    ],
    ids=["inwards", "trusted", "another port", "public", "no name", "a label too long"],
)
async def test_only_allowed_addresses_reach_the_connection(
    name: str, port: int, trusted: list[str], found: bool
) -> None:
    assert bool(await resolved(AddressGuard(trusted), name, port)) is found


async def test_a_look_up_that_hangs_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*_: Any, **__: Any) -> list[Any]:
        release.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    GuardedResolver(Reactor(), AddressGuard()).resolveHostName(Receiver(), "dead.example", 80)
    threads = [thread for thread in threading.enumerate() if thread.name == "dns"]
    assert threads
    assert all(thread.daemon for thread in threads)
    release.set()
