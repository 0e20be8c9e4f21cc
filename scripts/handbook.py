"""docs/operations.md, as far as programs read it."""

import re

from scripts.environment import ROOT

HANDBOOK = ROOT / "docs" / "operations.md"
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def section(heading: str) -> str:
    """What stands below it, up to the next of its rank."""
    _, *pieces = HEADING.split(HANDBOOK.read_text(encoding="utf-8"))
    return dict(zip(pieces[::2], pieces[1::2], strict=True))[heading]


def blocks(part: str) -> list[tuple[str, str]]:
    """Language and content of each fenced block."""
    return [
        (language, re.sub(rf"^{indent}", "", content, flags=re.MULTILINE))
        for indent, language, content in FENCED.findall(part)
    ]
