"""Which addresses may be called: public ones over HTTPS, in whatever spelling they come."""

import socket
from typing import Any

import pytest

from portal.notify.webhooks import addresses
from portal.notify.webhooks.addresses import Refused, Wrong

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "198.18.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "3fff::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "2001:0:808:808::1",
    "5f00::1",
    "100::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_known_for_it(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_may_be_called(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "１２７.０.０.１",
        "017700000001",
        "[64:ff9b::7f00:1]",
    ],
)
def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(Refused) as refused:
        addresses.check(f"https://{host}/")
    assert refused.value.why is Wrong.PRIVATE


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", Wrong.INSECURE),
        ("ftp://example.com/", Wrong.INSECURE),
        ("//example.com/", Wrong.INSECURE),
        ("https://me@example.com/", Wrong.USER),
        ("https://me:secret@example.com/", Wrong.USER),
        ("https://example.com:22/", Wrong.PORT),
        ("https://example.com:0/", Wrong.PORT),
        ("https://example.com:99999/", Wrong.UNREADABLE),
        ("https://", Wrong.UNREADABLE),
        ("https://[::1", Wrong.UNREADABLE),
        ("https://example.com/\r\nHost: other", Wrong.UNREADABLE),
        ("https://example.com/a b", Wrong.UNREADABLE),
        ("https://example.com\\@127.0.0.1/", Wrong.UNREADABLE),
        ("https://example.com/ü", Wrong.UNREADABLE),
        (f"https://example.com/{'x' * 500}", Wrong.UNREADABLE),
        (f"https://{'ü' * 100}.com/", Wrong.UNREADABLE),
        ("", Wrong.UNREADABLE),
    ],
)
def test_what_is_no_address_for_webhooks_is_told_why(url: str, why: Wrong) -> None:
    with pytest.raises(Refused) as refused:
        addresses.check(url)
    assert refused.value.why is why


def test_an_address_is_taken_apart() -> None:
    target = addresses.check("https://bücher.example:8443/hook?a=1#part")
    assert (target.host, target.port, target.path) == ("xn--bcher-kva.example", 8443, "/hook?a=1")
    assert addresses.check("https://example.com").path == "/"


def lead(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """Every name leads to these addresses."""
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: rows)


def test_a_name_is_judged_by_all_that_it_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    target = addresses.parse("https://example.com/")
    lead(monkeypatch, "8.8.8.8", "1.1.1.1")
    assert [address for _family, address in addresses.resolve(target, 5)] == [("8.8.8.8", 443), ("1.1.1.1", 443)]
    lead(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(Refused, match=Wrong.PRIVATE):
        addresses.resolve(target, 5)


def test_where_loopback_is_let_in_nothing_else_is(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOKS_MAY_CALL_LOOPBACK = True
    for url in ("http://127.0.0.1:8000/", "https://[::1]:8000/", "http://0x7f.1:8000/"):
        assert addresses.check(url)
    for url, why in (("http://8.8.8.8:8000/", Wrong.INSECURE), ("https://10.0.0.1/", Wrong.PRIVATE)):
        with pytest.raises(Refused, match=why):
            addresses.check(url)
    lead(monkeypatch, "127.0.0.1", "10.0.0.1")
    with pytest.raises(Refused, match=Wrong.PRIVATE):
        addresses.resolve(addresses.parse("https://example.com/"), 5)
