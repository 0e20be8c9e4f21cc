"""`make messages`: collects all visible text of the portal into the catalogues in locale/; translations are kept.

Texts that nobody shows any more are dropped, new ones come without a translation. Needs no GNU gettext, and finds what
that misses: texts within f-strings, and those marked with `lazy` or `mark`. `--check` only says what is not up to date.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from scripts.environment import ROOT

DOMAIN = "LC_MESSAGES/django.po"
ONE, PLURAL = None, (1, 2)
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "lazy": ONE,
    "mark": ONE,
    "gettext_noop": ONE,
    "gettext_lazy": ONE,
    "ngettext_lazy": PLURAL,
    "pgettext_lazy": DEFAULT_KEYWORDS["pgettext"],
    "npgettext_lazy": DEFAULT_KEYWORDS["npgettext"],
}


def catalogues() -> list[Path]:
    """The catalogue of each language that the portal is translated into."""
    return sorted((ROOT / "locale").glob(f"*/{DOMAIN}"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def collected() -> Catalog:
    """All texts as they are marked in the code and in the templates now, with the files they are in."""
    found = Catalog()
    for path in sources():
        for text, context in _texts(path):
            found.add(text, locations=[(str(path.relative_to(ROOT)), 1)], context=context)
    return found


def sources() -> list[Path]:
    """Files that may hold visible text."""
    code = [path for path in (ROOT / "portal").rglob("*.py") if "sandbox" not in path.parts]
    templates = [path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt")]
    return [*sorted(code), *sorted(templates)]


def _texts(path: Path) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """(text, or singular and plural; context) of one file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        source = f"({templatize(source, origin=str(path))})"  # in brackets, indentation means nothing to Python
    for _line, function, texts, _comments in extract_python(io.BytesIO(source.encode()), KEYWORDS, [], {}):
        spec = KEYWORDS[str(function)] or (1,)
        parts: Any = texts if isinstance(texts, tuple) else (texts,)
        context = next((parts[at[0] - 1] for at in spec if isinstance(at, tuple)), None)
        wanted = [parts[at - 1] for at in spec if isinstance(at, int)]
        if all(wanted):  # a text made elsewhere, such as _(field.label), is marked where it is made
            yield (wanted[0] if len(wanted) == 1 else (wanted[0], wanted[1])), context


def renew(path: Path, found: Catalog) -> int:
    """Bring a catalogue up to what was found; how many texts wait for a translation."""
    catalogue = read(path)
    catalogue.update(found, no_fuzzy_matching=True)
    write(path, catalogue)
    return sum(not is_translated(message) for message in catalogue if message.id)


def write(path: Path, catalogue: Catalog) -> None:
    """The head of the file, with the glossary, stays as people wrote it."""
    head, _blank, _texts = path.read_text(encoding="utf-8").partition("\n\n")
    body = io.BytesIO()
    write_po(body, catalogue, width=0, include_lineno=False, ignore_obsolete=True, omit_header=True)
    path.write_text(f"{head}\n\n{body.getvalue().decode()}", encoding="utf-8")


def is_translated(message: Message) -> bool:
    """Whether there are words for all forms, and somebody has confirmed them."""
    texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return bool(texts) and all(texts) and not message.fuzzy


def outdated(path: Path, found: Catalog) -> list[str]:
    """What a catalogue lacks of what was found, is not translated in it, or that nobody shows any more."""
    catalogue = read(path)
    lacking = [found_one for found_one in found if found_one.id and not _translated_in(catalogue, found_one)]
    unused = [kept for kept in catalogue if kept.id and found.get(kept.id, kept.context) is None]
    return [f"to be translated: {one.id}" for one in lacking] + [f"not shown any more: {one.id}" for one in unused]


def _translated_in(catalogue: Catalog, wanted: Message) -> bool:
    kept = catalogue.get(wanted.id, wanted.context)
    return kept is not None and kept.id == wanted.id and is_translated(kept)


def main(arguments: list[str]) -> int:
    """Collect; with `--check` change nothing, and fail where a catalogue is not what it should be."""
    settings.configure()
    found = collected()
    if "--check" in arguments:
        problems = [f"{path.parent.parent.name}: {one}" for path in catalogues() for one in outdated(path, found)]
        print(*problems, sep="\n", end="\n" if problems else "")
        return 1 if problems else 0
    for path in catalogues():
        waiting = renew(path, found)
        print(f"{path.relative_to(ROOT)}: {len(found)} texts, {waiting} to be translated")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
