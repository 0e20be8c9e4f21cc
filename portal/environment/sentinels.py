"""The address of a Redis that Sentinels know: they say which of several servers is written to at the moment."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

EXAMPLE = "redis+sentinel://:password@sentinel-1:26379,sentinel-2:26379/mymaster/0"
SCHEME = "redis+sentinel"
PORT = 26379

_ADDRESS = re.compile(
    r"redis\+sentinel://"
    r"(?:(?P<username>[^\s:@/?#]*)(?::(?P<password>[^\s:@/?#]*))?@)?"
    r"(?P<hosts>[^\s@/?#]+)"
    r"/(?P<service>[^\s/?#]+)"
    r"(?:/(?P<database>\d+))?"
    r"(?:\?sentinel_password=(?P<sentinel_password>[^\s:@/?&#]+))?"
)
_HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[\w.-]+))(?::(?P<port>[1-9]\d{0,4}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Names and ports of the Sentinels, what they call the servers, and how to sign in: to these, and to themselves."""

    hosts: tuple[tuple[str, int], ...]
    service: str
    database: int
    username: str
    password: str
    sentinel_password: str


def is_theirs(url: str) -> bool:
    return url.startswith(f"{SCHEME}:")


def parse(url: str) -> Sentinels:
    """Raises ValueError for what is no such address."""
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise ValueError("no address of Sentinels")
    return Sentinels(
        hosts=tuple(map(_host, found["hosts"].split(","))),
        service=unquote(found["service"]),
        database=int(found["database"] or 0),
        username=unquote(found["username"] or ""),
        password=unquote(found["password"] or ""),
        sentinel_password=unquote(found["sentinel_password"] or ""),
    )


def _host(text: str) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    port = int(found["port"] or PORT) if found else 0
    if found is None or port > 65535:
        raise ValueError("no host")
    return found["address"] or found["name"], port
