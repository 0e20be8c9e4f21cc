"""The map of the house is true: docs/architecture.md, packages and templates, held against what is there."""

import ast
import re
import tokenize
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from portal.celery import app
from scripts.environment import ROOT

PORTAL = ROOT / "portal"
APART = {"sandbox", "migrations", "management", "templatetags", "locale", "__pycache__"}
MOST = 25  # modules of a room: in more nobody finds anything
NAMED_IN_TEMPLATES = re.compile(r"\bportal\.[a-z_]+(?:\.[a-z_]+)*\.[A-Z]\w*")


def rooms_of(package: Path) -> list[Path]:
    return [path for path in sorted(package.iterdir()) if path.is_dir() and path.name not in APART]


def modules_of(package: Path) -> list[Path]:
    return [path for path in package.glob("*.py") if path.name not in ("__init__.py", "apps.py")]


PACKAGES = rooms_of(PORTAL)
ROOMS = [*PACKAGES, *(room for package in PACKAGES for room in rooms_of(package))]


def line_of_the_map(package: str) -> str:
    lines = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines()
    return next((line for line in lines if line.startswith(f"| `portal/{package}`")), "")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda one: one.name)
def test_every_package_stands_on_the_map_with_all_its_rooms(package: Path) -> None:
    line = line_of_the_map(package.name)
    assert line
    assert set(re.findall(r"`([a-z_]+)`", line.rsplit("|", 2)[1])) == {room.name for room in rooms_of(package)}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda one: one.name)
def test_every_package_says_what_it_is_for_and_names_its_rooms(package: Path) -> None:
    said = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert said
    assert [room.name for room in rooms_of(package) if f"`{room.name}`" not in said and room.name != "types"] == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda one: str(one.relative_to(PORTAL)))
def test_no_room_is_so_full_that_nothing_is_found(room: Path) -> None:
    assert len(modules_of(room)) <= MOST


def classes_named_in_templates() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "templates").rglob("*.*")):
        for name in NAMED_IN_TEMPLATES.findall(path.read_text(encoding="utf-8")):
            yield str(path.relative_to(ROOT)), name


def test_what_templates_say_they_are_given_is_there() -> None:
    found = list(classes_named_in_templates())
    assert len(found) > 60
    missing = []
    for template, name in found:
        module, _dot, attribute = name.rpartition(".")
        if not hasattr(import_module(module), attribute):
            missing.append((template, name))
    assert missing == []


NAMES = "|".join(package.name for package in PACKAGES)
PROSE = re.compile(rf"(?<![\w./:-])(?:portal\.)?({NAMES})\.(?!css\b)([a-z_]+)\b(?!/)")


def names_in_prose(path: Path) -> Iterator[tuple[str, str]]:
    """Modules and rooms that comments and docstrings of a module speak of."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            is_docstring = token.type == tokenize.STRING and token.string.startswith('"""')
            if token.type == tokenize.COMMENT or is_docstring:
                yield from PROSE.findall(token.string)


def is_there(path: Path, package: str, name: str) -> bool:
    """A module or a room of a package, or of a room of one's own package; or what beat does."""
    own = PORTAL / path.relative_to(PORTAL).parts[0]
    places = [PORTAL / package / name, own / package / name]
    is_module = any(place.is_dir() or place.with_suffix(".py").exists() for place in places)
    return is_module or f"{package}.{name}" in {one["task"] for one in app.conf.beat_schedule.values()}


def test_what_comments_speak_of_is_there() -> None:
    spoken_of = ((path, *names) for path in sorted(PORTAL.rglob("*.py")) for names in sorted(set(names_in_prose(path))))
    assert [
        (str(path), f"{package}.{name}") for path, package, name in spoken_of if not is_there(path, package, name)
    ] == []
