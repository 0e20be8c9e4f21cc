"""Icons: each one that anything names is there, since a missing one would cost its page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from portal.customer.changes.presenter import LOOKS as CHANGES
from portal.resources.state_styles import LOOKS as STATES
from portal.ui.format.icons import NAMES, SPRITE, icon
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


@pytest.mark.parametrize(
    "name", sorted({*(look.icon for look in STATES.values()), *(name for name, _ in CHANGES.values())})
)
def test_the_icon_of_a_state_is_there(name: str) -> None:
    assert icon(name).startswith("<svg")


def test_all_that_may_be_shown_is_drawn_in_one_file_that_pages_refer_to() -> None:
    drawn = Path(finders.find(SPRITE) or "").read_text()
    assert set(re.findall('<symbol id="([^"]+)"', drawn)) == NAMES
    assert f'/static/{SPRITE}#key"' in icon("key")


@pytest.mark.parametrize("name", ["../package", "no/such", "", "A"])
def test_what_is_no_name_of_an_icon_is_looked_for_nowhere(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        icon(name)


def test_files_of_packages_are_found_by_the_names_under_which_they_are_served() -> None:
    assert Path(finders.find("vendor/htmx.js") or "").name == "htmx.min.js"
    assert finders.find("vendor/htmx.js", find_all=True)
    assert finders.find("vendor/unheard-of.js") is None
