"""Tabler's outline icons: drawn once for all pages, in one file made of the npm package, and referred to by name.

A page says no more of an icon than which one it is; how it is drawn (its line, its size, the text's colour) is said by
css/base.css, and browsers keep the file.
"""

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

DIRECTORY = "@tabler/icons/icons/outline"
SPRITE = "icons.svg"
# All that pages show; the file has these and no others.
_NAMED = """
activity activity-heartbeat adjustments-horizontal alert-circle alert-octagon alert-triangle arrow-down
arrow-narrow-right arrow-up arrows-split-2 ban bell binary-tree building building-off calendar calendar-clock
calendar-event calendar-off calendar-x camera chart-bar check checks chevron-down circle-check circle-x clipboard-list
clipboard-text clock clock-24 clock-off cloud-off code columns-3 copy cpu device-desktop device-floppy door-enter
download eye file-invoice file-spreadsheet file-type-pdf file-zip files filter-off fingerprint folder folder-plus
folders gauge heartbeat help-circle history history-off hourglass info-circle key key-off layout-dashboard list
list-check list-details list-search loader-2 logout mail menu-2 message message-2-code minus moon network note pencil
phone pin player-play plug-connected plug-connected-x plus power printer progress-check progress-down puzzle refresh
ruler-2
search selector send server-2 server-off settings shield-check shield-lock sitemap speakerphone stack-2 sun terminal-2
tool tools-off topology-star-3 trash trash-x trending-up urgent user user-circle user-cog user-plus users versions
webhook world x zoom-question
"""
NAMES = frozenset(_NAMED.split())


@cache
def icon(name: str, classes: str = "") -> SafeString:
    """The icon as SVG. It is decoration, hidden from screen readers: say the same in words beside it.

    FileNotFoundError for a name that is not among `NAMES`.
    """
    if name not in NAMES:
        raise FileNotFoundError(name)
    return mark_safe(  # noqa: S308 - made of names in our code
        f'<svg class="{f"icon {classes}".strip()}" aria-hidden="true"><use href="{static(SPRITE)}#{name}"/></svg>'
    )


def sprite() -> str:
    """The file of all icons. Raises FileNotFoundError where Tabler has none of a name."""
    symbols = "".join(f'<symbol id="{name}" viewBox="0 0 24 24">{_shapes(name)}</symbol>' for name in sorted(NAMES))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'


def _shapes(name: str) -> str:
    """What is drawn: the package's file without its frame, comments and the empty box that each icon begins with."""
    text = (Path(settings.NODE_MODULES) / DIRECTORY / f"{name}.svg").read_text(encoding="utf-8")
    inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    without_box = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", inner)
    return re.sub(r"\s+(?=<)|\s+(?=/>)", "", " ".join(without_box.split()))
