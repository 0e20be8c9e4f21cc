"""Words that were found hard to read do not come back: docs/words.md names them."""

import re

import pytest
from babel.messages.pofile import read_po

from scripts.environment import ROOT


def catalogue() -> list[tuple[str, str]]:
    """All texts: (English, German)."""
    with (ROOT / "locale/de/LC_MESSAGES/django.po").open("rb") as file:
        found = [message for message in read_po(file) if message.id]
    return [(" ".join(_forms(one.id)), " ".join(_forms(one.string))) for one in found]


def _forms(text: object) -> list[str]:
    return [str(one) for one in text] if isinstance(text, (tuple, list)) else [str(text)]


def unwanted(language: str) -> list[str]:
    """The words of the last section."""
    _terms, _head, section = (ROOT / "docs/words.md").read_text(encoding="utf-8").partition("## Not to come back")
    (paragraph,) = (one for one in section.strip().split("\n\n") if one.startswith(f"{language}:"))
    return [" ".join(word.split()) for word in paragraph.removeprefix(f"{language}:").split(",")]


@pytest.mark.parametrize("language", ["English", "German"])
def test_there_are_words_that_are_not_wanted(language: str) -> None:
    assert len(unwanted(language)) > 10


@pytest.mark.parametrize(("language", "place"), [("English", 0), ("German", 1)])
def test_no_text_says_them(language: str, place: int) -> None:
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, unwanted(language)))})\b", re.IGNORECASE)
    assert [(found[0], texts[place]) for texts in catalogue() if (found := pattern.search(texts[place]))] == []
