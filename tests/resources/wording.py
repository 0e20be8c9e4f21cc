"""Texts that people read: named here by what they are about, held against the catalogue rather than repeated."""

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).parents[2] / "locale/de/LC_MESSAGES/django.po"


@cache
def german() -> dict[str, str]:
    with CATALOGUE.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def is_text(text: str | None) -> bool:
    """Whether people can read it in both languages, word for word as it is marked."""
    return bool(text and german().get(text))
