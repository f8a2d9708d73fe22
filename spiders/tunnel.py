"""A proxy on loopback, a browser's only way out: it connects where the address guard allows, and counts.

A browser looks names up, follows redirects and opens sockets by itself, where no hook of ours is asked; past
its proxy it cannot go.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scrapy.exceptions import DownloadCancelledError
from twisted.internet.error import DNSLookupError

Resolve = Callable[[str, int], Awaitable[list[str]]]

PATIENCE = 15.0  # seconds for a request line, a name and a connection
_CHUNK = 64 * 1024
_PORTS = {"http": 80, "https": 443}
_HOP_BY_HOP = re.compile(rb"(?im)^(?:proxy-[a-z-]+|connection|keep-alive):[^\n]*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    host: str
    port: int
    head: bytes  # what to send on; b"" for a connection that is passed through


class Tunnel:
    """Lets one browser out. `resolve` gives the allowed addresses of a name; none means: not there."""

    def __init__(self, resolve: Resolve, most: int) -> None:
        self._resolve = resolve
        self._most = most
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._failures: dict[tuple[str, int], Exception] = {}
        self._received = 0

    async def open(self) -> None:
        """Begin to serve; once."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, sock=self._socket)

    async def close(self) -> None:
        """End, with all connections."""
        if self._server is None:
            self._socket.close()
            return
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def begin(self) -> None:
        """A new page: its bytes are counted from nothing, and old failures are forgotten."""
        self._received = 0
        self._failures.clear()

    @property
    def overspent(self) -> bool:
        """Whether the page has received more than it may."""
        return self._received > self._most

    def failure(self, url: str) -> Exception | None:
        """Why this page could not be had, where the browser itself only knows that its proxy failed."""
        if self.overspent:
            return DownloadCancelledError(f"a page of more than {self._most} bytes")
        parts = urlsplit(url)
        return self._failures.get((parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: Any = asyncio.current_task()
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            await self._serve(reader, writer)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # hung up, or no request we understand: the browser sees a connection that ends
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(PATIENCE):
            asked = _asked(await reader.readuntil(b"\r\n\r\n"))
            far_reader, far_writer = await self._connect(asked.host, asked.port)
        try:
            if asked.head:
                far_writer.write(asked.head)
                await self._receive(far_reader, writer)
                return
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await _either(_pass_on(reader, far_writer), self._receive(far_reader, writer))
        finally:
            far_writer.close()

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        failure: Exception = DNSLookupError(host)
        for address in await self._resolve(host, port):
            try:
                return await asyncio.open_connection(address, port)
            except OSError as error:
                failure = error
        self._failures[host, port] = failure
        raise ConnectionError(host) from failure

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not self.overspent and (chunk := await reader.read(_CHUNK)):
            self._received += len(chunk)
            writer.write(chunk)
            await writer.drain()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()


async def _either(*ways: Any) -> None:
    """Run both ways until one ends."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _asked(head: bytes) -> _Asked:
    """What a browser asks its proxy for. Raises ValueError."""
    line, _, rest = head.partition(b"\r\n")
    method, target, _ = line.decode("ascii").split(" ")
    if method == "CONNECT":
        there = urlsplit(f"//{target}")
        return _Asked(host=there.hostname or "", port=there.port or 443, head=b"")
    parts = urlsplit(target)
    if method not in ("GET", "HEAD") or parts.scheme != "http":
        raise ValueError(f"{method} {parts.scheme} is not passed on")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # One answer per connection, so that what follows is never sent to the host of the first request.
    own = f"{method} {path} HTTP/1.1\r\nConnection: close\r\n".encode("ascii")
    return _Asked(host=parts.hostname or "", port=parts.port or 80, head=own + _HOP_BY_HOP.sub(b"", rest))
