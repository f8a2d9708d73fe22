"""The browser's only way out: allowed addresses, one answer per connection, a bound on what comes in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from scrapy.exceptions import DownloadCancelledError
from twisted.internet.error import DNSLookupError

from spiders.tunnel import Tunnel

ENOUGH = 1_000_000


@dataclass(slots=True)
class Far:
    """A server that notes what arrives and answers with a page."""

    body: bytes = b"page"
    heard: list[bytes] = field(default_factory=list)
    port: int = 0


@asynccontextmanager
async def far_end(far: Far) -> AsyncIterator[Far]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far.heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + far.body)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    far.port = server.sockets[0].getsockname()[1]
    async with server:
        yield far


@asynccontextmanager
async def tunnel(*addresses: str, most: int = ENOUGH) -> AsyncIterator[Tunnel]:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    one = Tunnel(resolve, most)
    await one.open()
    try:
        yield one
    finally:
        await one.close()


async def told(one: Tunnel, *said: bytes) -> bytes:
    """What a browser gets that says this to its proxy."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(one.address.rpartition(":")[2]))
    try:
        for each in said:
            writer.write(each)
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


async def test_a_plain_request_is_passed_on_in_the_form_for_servers() -> None:
    async with far_end(Far()) as far, tunnel("127.0.0.1") as one:
        head = f"GET http://a.example:{far.port}/x?y=1 HTTP/1.1\r\nHost: a.example\r\n"
        assert (await told(one, f"{head}Proxy-Connection: keep-alive\r\n\r\n".encode())).endswith(b"page")
    assert far.heard == [b"GET /x?y=1 HTTP/1.1\r\nConnection: close\r\nHost: a.example\r\n\r\n"]


async def test_a_secure_connection_is_passed_through() -> None:
    async with far_end(Far()) as far, tunnel("127.0.0.1") as one:
        connect = f"CONNECT a.example:{far.port} HTTP/1.1\r\n\r\n".encode()
        answer = await told(one, connect, b"any bytes\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n\r\n")
    assert far.heard == [b"any bytes\r\n\r\n"]


async def test_a_second_request_does_not_follow_the_first_to_its_host() -> None:
    async with far_end(Far()) as far, tunnel("127.0.0.1") as one:
        head = f"GET http://a.example:{far.port}/ HTTP/1.1\r\n\r\n".encode()
        await told(one, head, head)
    assert len(far.heard) == 1


@pytest.mark.parametrize(
    "said",
    [b"POST http://a.example/ HTTP/1.1\r\n\r\n", b"GET ftp://a.example/ HTTP/1.1\r\n\r\n",
     b"nonsense\r\n\r\n", b"\xff\xff \r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
     b"CONNECT a.example:99999x HTTP/1.1\r\n\r\n", b"GET"],
    ids=["post", "another scheme", "no request", "no text", "no host", "no port", "half a request"],
)  # fmt: skip
async def test_nothing_else_is_passed_on(said: bytes) -> None:
    async with far_end(Far()) as far, tunnel("127.0.0.1") as one:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(one.address.rpartition(":")[2]))
        writer.write(said)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
    assert far.heard == []


async def test_a_name_without_an_allowed_address_is_not_there() -> None:
    async with tunnel() as one:
        assert await told(one, b"CONNECT inside.example:443 HTTP/1.1\r\n\r\n") == b""
        assert isinstance(one.failure("https://inside.example/page"), DNSLookupError)
        assert one.failure("https://other.example/page") is None
        one.begin()
        assert one.failure("https://inside.example/page") is None


async def test_where_nobody_listens_the_connection_is_refused() -> None:
    async with far_end(Far()) as far:
        port = far.port
    async with tunnel("127.0.0.1") as one:
        assert await told(one, f"GET http://a.example:{port}/ HTTP/1.1\r\n\r\n".encode()) == b""
        assert isinstance(one.failure(f"http://a.example:{port}/"), ConnectionRefusedError)


async def test_a_page_receives_no_more_than_it_may() -> None:
    async with far_end(Far(body=b"x" * 3_000_000)) as far, tunnel("127.0.0.1", most=200_000) as one:
        answer = await told(one, f"GET http://a.example:{far.port}/ HTTP/1.1\r\n\r\n".encode())
        assert 200_000 < len(answer) < 400_000
        assert isinstance(one.failure("http://b.example/"), DownloadCancelledError)


async def test_one_that_was_never_opened_can_be_closed() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return []

    await Tunnel(resolve, ENOUGH).close()
