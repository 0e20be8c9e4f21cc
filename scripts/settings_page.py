"""`python -m scripts.settings_page`: writes docs/settings.md from what portal.environment.table declares."""

from typing import Any

from portal.environment.setting import Section, Setting
from portal.environment.table import SECTIONS
from scripts.environment import ROOT

FILE = ROOT / "docs" / "settings.md"
HEAD = """\
# Settings

All come from the environment; with `compose.yaml`, from `.env`. The portal does not start with settings that cannot be
used, and lists all of them, a sentence each. An empty variable is the same as one that is not set. Names that look
mistaken are warnings, in the log of the web server and of `manage.py check`.

A secret can also be in a file, whose path is then in the variable that ends in `_FILE`; with `compose.yaml`, the
file has to be mounted, for instance as one of its `secrets`.

Made from `portal/environment/table.py` by `make format`.
"""


def page() -> str:
    return "\n".join([HEAD, *map(_section, SECTIONS)])


def _section(section: type[Section]) -> str:
    rows = [f"| {_names(one)} | {_default(one)} | {one.purpose} |" for one in section.settings()]
    return "\n".join([f"## {section.__doc__}", "", "| name | default | what for |", "|---|---|---|", *rows, ""])


def _names(setting: Setting[Any]) -> str:
    return f"`{setting.name}` or `{setting.file_name}`" if setting.is_secret else f"`{setting.name}`"


def _default(setting: Setting[Any]) -> str:
    if setting.default_text:
        return setting.default_text
    match setting.default:
        case bool(is_on):
            return "on" if is_on else "off"
        case list(items):
            return f"`{','.join(map(str, items))}`"
        case float(number):
            return f"{number:g}"
        case int(number):
            return f"{number}"
        case text:
            return f"`{text}`" if text else "none"


def main() -> None:
    FILE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
