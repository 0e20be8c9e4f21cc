"""Icons: each one that anything names is there, since a missing one would cost its page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from portal.ui.format.icons import icon
from scripts.environment import ROOT

IN_CODE = re.compile(r'\bicon="([^"{}]*)"')
IN_TEMPLATES = re.compile(r'\{% (?:icon|empty) "([^"]+)"|\bicon="([^"{}]+)"')


def named() -> Iterator[str]:
    for file in (ROOT / "portal").rglob("*.py"):
        yield from IN_CODE.findall(file.read_text())
    for file in (ROOT / "templates").rglob("*.html"):
        yield from (one or other for one, other in IN_TEMPLATES.findall(file.read_text()))


@pytest.mark.parametrize("name", sorted({name for name in named() if name}))
def test_the_icon_is_there(name: str) -> None:
    assert icon(name).startswith("<svg")


@pytest.mark.parametrize("name", ["../package", "no/such", "", "A"])
def test_what_is_no_name_of_an_icon_is_looked_for_nowhere(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        icon(name)


def test_files_of_packages_are_found_by_the_names_under_which_they_are_served() -> None:
    assert Path(finders.find("vendor/htmx.js") or "").name == "htmx.min.js"
    assert finders.find("vendor/htmx.js", find_all=True)
    assert finders.find("vendor/unheard-of.js") is None
