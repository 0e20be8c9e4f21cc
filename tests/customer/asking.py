"""Fills in the forms of pages as a browser without JavaScript does: what stands there is sent with what is typed."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.test import Client

type Values = dict[str, list[str]]


class _Form(HTMLParser):
    """What a browser would send of the form `record-form`, or of the first form in #main."""

    def __init__(self) -> None:
        super().__init__()
        self.values: Values = {}
        self._open = False
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self._open = found.get("id") == "record-form"
        name = found.get("name") or ""
        if not self._open:
            return
        if tag == "input" and name and (found.get("type") != "checkbox" or "checked" in found):
            self.values.setdefault(name, []).append(found.get("value") or "")
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and "selected" in found:
            self.values.setdefault(self._select, []).append(found.get("value") or "")
        if tag == "textarea" and name:
            self._area = name
            self.values.setdefault(name, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area][-1] += data.lstrip("\n")


def values_of(response: Any) -> Values:
    """What stands in the form of a page."""
    parser = _Form()
    parser.feed(response.content.decode())
    return parser.values


def save(client: Client, path: str, **typed: object) -> Any:
    """Opens the form, types, and sends it. A list is sent as several values, None leaves the field out."""
    return client.post(path, filled(values_of(client.get(path)), **typed))


def filled(values: Values, **typed: object) -> Values:
    """What stands in a form, and what is typed over it."""
    return dict(_filled(values, typed))


def _filled(values: Values, typed: dict[str, object]) -> Iterator[tuple[str, list[str]]]:
    for name in {**values, **typed}:
        value = typed.get(name, values.get(name))
        if value is not None:
            yield name, [str(one) for one in value] if isinstance(value, list) else [str(value)]
