"""Reads all settings from the environment at once, and lists everything that is wrong with them."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portal.environment.kinds import Malformed
from portal.environment.names import RENAMED
from portal.environment.rules import contradictions
from portal.environment.setting import Setting
from portal.environment.table import SETTINGS, Table

LONGEST = 60  # characters of a wrong value that are shown
HAS_PASSWORD = re.compile(r"//[^/]*@")


class Wrong(Exception):
    """A setting that cannot be used: a sentence for who runs the portal."""


class Environment(Table):
    """The settings of a process. Those that cannot be used have their default, and a sentence in `problems`."""

    def __init__(self, environ: Mapping[str, str] = os.environ, renamed: Mapping[str, str] = RENAMED) -> None:
        super().__init__({})
        given = _given(environ, renamed)
        wrong = {}
        for setting in SETTINGS:
            try:
                self.values[setting.name] = _read(setting, given)
            except Wrong as problem:
                self.values[setting.name] = setting.default
                wrong[setting.name] = str(problem)
        self.problems = [*wrong.values(), *(text for name, text in contradictions(self) if name not in wrong)]


def value[T](setting: Setting[T]) -> T:
    """One of them alone, as it is at this moment, for what has no settings. Raises Wrong."""
    found: T = _read(setting, _given(os.environ, RENAMED))
    return found


def _given(environ: Mapping[str, str], renamed: Mapping[str, str]) -> Mapping[str, str]:
    """Without those that are empty, which are not set; what has an earlier name stands under its present one."""
    given = {name: value for name, value in environ.items() if value.strip()}
    return {new: given[old] for old, new in renamed.items() if old in given} | given


def _read(setting: Setting[Any], given: Mapping[str, str]) -> Any:
    text = given.get(setting.name)
    if setting.is_secret and setting.file_name in given:
        if text is not None:
            raise Wrong(f"{setting.name} and {setting.file_name} are both set: remove one of them.")
        text = _content(setting.file_name, given[setting.file_name])
    if text is None:
        return setting.default
    try:
        return setting.kind(text)
    except Malformed as advice:
        raise Wrong(f"{setting.name} {_complaint(setting, text)}: {advice}.") from None


def _content(name: str, path: str) -> str:
    """Of a secret's file. Not even the path is told: who takes one for the other has the secret there."""
    try:
        text = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError):
        raise Wrong(f"{name} names a file that cannot be read: give the path of a text file with the secret.") from None
    if not text.strip():
        raise Wrong(f"{name} names a file that is empty: write the secret into it.")
    return text


def _complaint(setting: Setting[Any], text: str) -> str:
    if setting.is_secret or HAS_PASSWORD.search(text):
        return "cannot be used"
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"is “{shown if len(shown) <= LONGEST else shown[:LONGEST] + '…'}”"
