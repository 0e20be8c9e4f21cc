"""How the text of a variable becomes a value. Each kind raises Malformed, which says what to give instead."""

import re
from base64 import b64decode
from collections.abc import Callable
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from portal.environment import sentinels

ON, OFF = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
KEY_BYTES = 32
WEB = ("http", "https")
NEED_A_PATH = {"sqlite", "postgres", "postgresql", "unix", "redis+socket"}  # a file, a database, a socket
HOST_NAME = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[0-9a-f:.]+\]", re.IGNORECASE)
UNSPEAKABLE = re.compile(r"[\s\x00-\x1f\x7f]")
MAIL_ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")


class Malformed(ValueError):
    """The text is none of this kind: what to give instead."""


def text(value: str) -> str:
    return value


def path(value: str) -> Path:
    return Path(value)


def flag(value: str) -> bool:
    word = value.strip().lower()
    if word not in ON | OFF:
        raise Malformed("give 1 for on or 0 for off")
    return word in ON


def whole(low: int, high: int) -> Callable[[str], int]:
    return _within(int, low, high, f"give a whole number from {low} to {high}")


def seconds(low: float, high: float) -> Callable[[str], float]:
    return _within(float, low, high, f"give a number of seconds from {low:g} to {high:g}")


def hosts(value: str) -> list[str]:
    """Names of this site as Django's ALLOWED_HOSTS has them."""
    names = _items(value)
    if not names or not all(map(HOST_NAME.fullmatch, names)):
        raise Malformed("give names such as portal.example.com, without https:// and port, with commas between them")
    return names


def host(value: str) -> str:
    """One server: a name or an address."""
    name = value.strip()
    if not re.fullmatch(r"[\w.-]+", name) and not _is_address(name):
        raise Malformed("give a host name such as mail.example.com, without port")
    return name


def url(example: str) -> Callable[[str], str]:
    """A web address."""

    def read(value: str) -> str:
        address = value.strip()
        if not _is_url(address, WEB):
            raise Malformed(f"give an address such as {example}")
        if "@" in urlsplit(address).netloc:
            raise Malformed("give the address without user and password")
        return address

    return read


def secret_url(*schemes: str, example: str) -> Callable[[str], str]:
    """An address of a server that may hold a password."""

    def read(value: str) -> str:
        address = value.strip()
        if not _is_url(address, schemes):
            raise Malformed(_address(example))
        return address

    return read


def server_url(*schemes: str, example: str) -> Callable[[str], str]:
    """The same, or several Sentinels that know the server."""
    one = secret_url(*schemes, example=example)

    def read(value: str) -> str:
        address = value.strip()
        if not sentinels.is_theirs(address):
            found = one(value)
            if "," in urlsplit(found).netloc.rpartition("@")[2]:
                raise Malformed("give the address of one server; only Sentinels may be several")
            return found
        try:
            sentinels.parse(address)
        except ValueError:
            raise Malformed(_address(sentinels.EXAMPLE)) from None
        return address

    return read


def dsn(value: str) -> str:
    """Where Sentry takes what a project sends."""
    address = value.strip()
    if (
        not _is_url(address, WEB)
        or not urlsplit(address).username
        or not urlsplit(address).path.split("/")[-1].isdecimal()
    ):
        raise Malformed("give the DSN that Sentry shows for the project, such as https://key@sentry.example.com/1")
    return address


def origins(value: str) -> list[str]:
    addresses = _items(value)
    if not addresses or not all(_is_url(address, WEB) for address in addresses):
        raise Malformed("give addresses such as https://login.example.com, with commas between them")
    return addresses


def networks(value: str) -> list[IPv4Network | IPv6Network]:
    if value.strip().lower() == "none":
        return []
    try:
        return [ip_network(item) for item in _items(value)]
    except ValueError:
        raise Malformed("give networks such as 10.0.0.0/8, with commas between them, or none") from None


def key_ring(value: str) -> list[str]:
    """Keys in base64, as they are given."""
    keys = _items(value) or [""]
    for number, key in enumerate(keys, 1):
        if len(decoded(key)) != KEY_BYTES:
            raise Malformed(
                f"key {number} of {len(keys)} is not {KEY_BYTES} bytes in base64; "
                f"`openssl rand -base64 {KEY_BYTES}` makes one"
            )
    return keys


def decoded(key: str) -> bytes:
    """What a key of the ring is; nothing where it is no base64."""
    try:
        return b64decode(key, validate=True)
    except ValueError:
        return b""


def mail_address(value: str) -> str:
    address = value.strip()
    if not MAIL_ADDRESS.fullmatch(address):
        raise Malformed("give an email address such as support@example.com")
    return address


def sender(value: str) -> str:
    """An address, with or without a name before it."""
    if not MAIL_ADDRESS.fullmatch(parseaddr(value)[1]):
        raise Malformed("give an email address such as portal@example.com or Portal <portal@example.com>")
    return value.strip()


def one_of(*names: str) -> Callable[[str], str]:
    """One of these words."""

    def read(value: str) -> str:
        if value.strip() not in names:
            raise Malformed(f"give one of {', '.join(names)}")
        return value.strip()

    return read


def log_level(value: str) -> str:
    level = value.strip().upper()
    if level not in LEVELS:
        raise Malformed(f"give one of {', '.join(LEVELS)}")
    return level


def _within[N: (int, float)](make: Callable[[str], N], low: N, high: N, advice: str) -> Callable[[str], N]:
    def read(value: str) -> N:
        try:
            number = make(value)
        except ValueError:
            raise Malformed(advice) from None
        if not low <= number <= high:  # also what is not a number (nan)
            raise Malformed(advice)
        return number

    return read


def _address(example: str) -> str:
    return f"give an address such as {example}, with characters such as @ : / # % in a password percent-encoded"


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _is_url(address: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(address)
        place = parts.path.strip("/") if parts.scheme in NEED_A_PATH else parts.hostname
        # Folders may have blanks in their names.
        is_clean = not UNSPEAKABLE.search(address.replace(" ", "") if parts.scheme == "sqlite" else address)
        return parts.scheme in schemes and bool(place) and parts.port != 0 and is_clean
    except ValueError:  # a port that is none, a bracket too many
        return False


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
