"""Which addresses webhooks may call: HTTPS, and nothing that is not public. A name is judged by what it leads to.

Settings with WEBHOOKS_MAY_CALL_LOOPBACK let this machine be called as well, also without TLS.
"""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

LONGEST = 500
HTTPS = 443
LOWEST = 1024  # other ports below are those of other services
# What Python counts as global and nobody should be led to, or counts so only since lately: relays of 6to4, addresses
# of sites, of documentation, of segment routing; and tunnels, which end wherever their sender likes.
_NEVER = tuple(
    map(ip_network, ("192.88.99.0/24", "fec0::/10", "3fff::/20", "5f00::/16", "2001::/32", "2002::/16", "::/96"))
)
_NAT64 = ip_network("64:ff9b::/96")
_UNICAST = ip_network("2000::/3")  # all that is given out of IPv6
_UNSPEAKABLE = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_resolvers = ThreadPoolExecutor(16, thread_name_prefix="resolve")  # a look-up cannot be interrupted


class Wrong(StrEnum):
    """Why an address cannot be called."""

    UNREADABLE = "unreadable"
    INSECURE = "insecure"
    USER = "user"
    PORT = "port"
    PRIVATE = "private"
    UNKNOWN = "unknown"


class Refused(Exception):
    """It may not be called, or leads nowhere."""

    def __init__(self, why: Wrong) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart: what is called, and what is asked for there."""

    is_secure: bool
    host: str  # as DNS and certificates have it
    port: int
    path: str


type SocketAddress = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


def parse(url: str) -> Target:
    """Raises Refused for what is no address to be called. Nobody is asked yet what its name leads to."""
    parts, port = _split(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.WEBHOOKS_MAY_CALL_LOOPBACK):
        raise Refused(Wrong.INSECURE)
    if parts.username is not None or parts.password is not None:
        raise Refused(Wrong.USER)
    port = port if port is not None else HTTPS if parts.scheme == "https" else 80
    if port != HTTPS and port < LOWEST:
        raise Refused(Wrong.PORT)
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme == "https", _host(parts), port, f"{parts.path or '/'}{query}")


def check(url: str) -> Target:
    """As `parse`; and what is a number in whatever spelling (0x7f.1, 2130706433) is judged at once, without DNS."""
    target = parse(url)
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return target  # a name: judged whenever it is called
    _judge(target, [str(one[4][0]) for one in found])
    return target


def resolve(target: Target, seconds: float) -> list[SocketAddress]:
    """Where the name leads to now: all of it may be called. Raises Refused, TimeoutError."""
    asked = _resolvers.submit(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
    try:
        found = asked.result(timeout=seconds)
    except TimeoutError:
        asked.cancel()
        raise
    except (OSError, UnicodeError):
        raise Refused(Wrong.UNKNOWN) from None
    _judge(target, [str(one[4][0]) for one in found])
    return [(family, address) for family, _type, _proto, _name, address in found]  # type: ignore[misc]


def host_of(url: str) -> str:
    """For people."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def is_public(text: str) -> bool:
    """Whether an address is one of the Internet's, and so is what it stands for elsewhere."""
    ip = _outermost(text)
    if isinstance(ip, IPv6Address):
        if ip in _NAT64:
            return is_public(str(IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip not in _UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _NEVER if net.version == ip.version)


def _outermost(text: str) -> IPv4Address | IPv6Address:
    """Without its zone; of an IPv4 address in IPv6's clothes (::ffff:127.0.0.1) that one."""
    ip = ip_address(text.partition("%")[0])
    return ip.ipv4_mapped if isinstance(ip, IPv6Address) and ip.ipv4_mapped else ip


def _judge(target: Target, addresses: list[str]) -> None:
    """All must do: which one would be connected to is not for the name's owner to choose."""
    if settings.WEBHOOKS_MAY_CALL_LOOPBACK and all(_outermost(one).is_loopback for one in addresses):
        return
    if not all(map(is_public, addresses)):
        raise Refused(Wrong.PRIVATE)
    if not target.is_secure:
        raise Refused(Wrong.INSECURE)


def _split(url: str) -> tuple[SplitResult, int | None]:
    if len(url) > LONGEST or _UNSPEAKABLE.search(url):
        raise Refused(Wrong.UNREADABLE)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(Wrong.UNREADABLE) from None
    if not parts.hostname or not (parts.path + parts.query).isascii():
        raise Refused(Wrong.UNREADABLE)
    return parts, port


def _host(parts: SplitResult) -> str:
    """Names with letters of other languages as DNS has them (IDNA)."""
    host = parts.hostname or ""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise Refused(Wrong.UNREADABLE) from None
