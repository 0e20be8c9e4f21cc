"""How many bytes go to the browser: HTML as a proxy compresses it (gzip, level 6), files as browsers get them."""

import gzip
import re
from urllib.parse import urljoin

import requests

from scripts.bench.figures import Figures
from scripts.bench.pages import ROWS
from scripts.bench.world import Person

LEVEL = 6  # of zlib, unless told otherwise; the portal itself compresses files only, and those beforehand
ASSETS = re.compile(r'<(?:link|script|img|use)\b[^>]*?(?:href|src)="(/static/[^"#]+)', re.DOTALL)


def measure(figures: Figures, world: str, person: Person) -> None:
    html = person.ask(person.page(ROWS)).body
    part = person.ask(person.part(ROWS))
    files = {path: _served(person, path) for path in assets_of(html.decode())}
    scripts = sum(size for path, size in files.items() if path.endswith(".js"))
    page = compressed(html)
    figures.note(f"{world}/list gzip", page / 1000)
    figures.note(f"{world}/first visit gzip", (page + sum(files.values())) / 1000)
    figures.note(f"{world}/scripts gzip", scripts / 1000)
    figures.note(f"{world}/part html", part.length / 1000)


def compressed(body: bytes | bytearray) -> int:
    return len(gzip.compress(body, LEVEL, mtime=0))


def assets_of(html: str) -> list[str]:
    """The files that a page names, each once."""
    return list(dict.fromkeys(ASSETS.findall(html)))


def _served(person: Person, path: str) -> int:
    """Bytes of a file as a browser gets it."""
    answer = requests.get(
        urljoin(person.visitor.url, path), headers={"Accept-Encoding": "gzip, br"}, timeout=30, stream=True
    )
    answer.raise_for_status()
    return len(answer.raw.read(decode_content=False))
