"""Which addresses may be contacted."""

import pytest

from spiders.guard import AddressGuard

GUARD = AddressGuard(["127.0.0.1:8000", "feeds.internal:80"])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://a.localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://127.1./",
        "http://localhost./",
        "http://①②⑦.0.0.1/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.0.0.7/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://127.0.0.1:8001/",
        "file:///etc/passwd",
        "ftp://example.org/",
        "data:text/plain,x",
        "javascript:alert(1)",
        "http:///nohost",
        "http://[broken/",
        "http://example.org:99999/",
        "",
    ],
)
def test_refused(url: str) -> None:
    assert GUARD.refusal(url)


@pytest.mark.parametrize(
    "url",
    ["https://www.gov.cn/", "http://8.8.8.8/", "http://127.0.0.1:8000/feed", "http://feeds.internal/x"],
)
def test_let_through(url: str) -> None:
    assert GUARD.refusal(url) == ""


@pytest.mark.parametrize(
    ("host", "port", "address", "allowed"),
    [
        ("inside.example", 80, "10.0.0.1", False),
        ("inside.example", 80, "93.184.216.34", True),
        ("feeds.internal", 80, "10.0.0.1", True),
        ("feeds.internal", 81, "10.0.0.1", False),
        ("six.example", 443, "fe80::1%eth0", False),
        ("six.example", 443, "2002:7f00:1::", False),
    ],
    ids=[
        "points inwards",
        "public",
        "trusted by name and port",
        "another port",
        "link-local",
        "6to4 of loopback",
    ],
)
def test_at_connect_time(host: str, port: int, address: str, allowed: bool) -> None:
    assert GUARD.allows(host, port, address) is allowed


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("fec0::1", False),
        ("::127.0.0.1", False),
        ("::8.8.8.8", False),
        ("::ffff:0:10.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::8.8.8.8", True),
        ("64:ff9b:1::10.0.0.1", False),
        ("64:ff9b:1::8.8.8.8", True),
        ("64:ff9b:1:808:8:800::", True),
        ("64:ff9b:1:a00:0:100::", False),
        ("64:ff9b:1:a00:0:100:808:808", False),
        ("64:ff9b:1::", False),
        ("2002:a00:1::", False),
        ("2606:4700::1111", True),
    ],
    ids=[
        "site-local", "IPv4-compatible", "IPv4-compatible, even public", "IPv4-translated", "NAT64",
        "NAT64 of a public one", "a network's own NAT64", "a network's own of a public one",
        "spread behind a /48, public", "spread behind a /48", "one of two readings is private",
        "a network's own of nothing", "6to4", "public",
    ],
)  # fmt: skip
def test_other_spellings_of_an_ipv4_address_are_unwrapped(address: str, allowed: bool) -> None:
    assert AddressGuard().allows("six.example", 443, address) is allowed
    assert (AddressGuard().refusal(f"http://[{address}]/") == "") is allowed
