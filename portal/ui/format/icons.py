"""Tabler's outline icons, read from the npm package and written into the page, so that they take the text's colour."""

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

DIRECTORY = "@tabler/icons/icons/outline"
STROKE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'


@cache
def icon(name: str, classes: str = "") -> SafeString:
    """The icon as SVG. It is decoration, hidden from screen readers: say the same in words beside it.

    FileNotFoundError where Tabler has no icon of that name.
    """
    cls = f"icon {classes}".strip()
    return mark_safe(  # noqa: S308 - made of the npm package's files and names in our code
        f'<svg class="{cls}" viewBox="0 0 24 24" {STROKE} aria-hidden="true" focusable="false">{_shapes(name)}</svg>'
    )


@cache
def sprite(names: tuple[str, ...]) -> SafeString:
    """The icons that rows repeat, once for the page; `symbol_use` refers to them."""
    symbols = "".join(f'<symbol id="i-{name}" viewBox="0 0 24 24">{_shapes(name)}</symbol>' for name in names)
    return mark_safe(  # noqa: S308 - see icon
        f'<svg class="sprite" width="0" height="0" aria-hidden="true" focusable="false">{symbols}</svg>'
    )


@cache
def symbol_use(name: str, classes: str = "") -> SafeString:
    """An icon of the page's sprite: a tenth of the bytes of the icon itself."""
    cls = f"icon {classes}".strip()
    return mark_safe(  # noqa: S308 - see icon
        f'<svg class="{cls}" {STROKE} aria-hidden="true" focusable="false"><use href="#i-{name}"/></svg>'
    )


@cache
def _shapes(name: str) -> str:
    """What is drawn: the package's file without its frame, comments and the empty box that each icon begins with."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise FileNotFoundError(name)
    text = (Path(settings.NODE_MODULES) / DIRECTORY / f"{name}.svg").read_text(encoding="utf-8")
    inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    without_box = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", inner)
    return " ".join(without_box.split())
