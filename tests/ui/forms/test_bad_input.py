"""Every field of every form takes whatever is sent: a value that the platform can hold, or an error in words."""

from typing import Any

import pytest
from django.http import QueryDict

from portal.resources.spec import Field, Kind, ResourceType
from portal.resources.types import TYPES
from portal.ui.forms.fields import MAX_ENTRIES
from portal.ui.forms.form import ResourceForm

NASTY = {
    "nothing": "",
    "blanks": " \t ",
    "wrong type": "abc",
    "number": "-1",
    "huge number": "9" * 5000,
    "fraction": "1.5",
    "exponent": "1e3",
    "truth": "maybe",
    "other script": "Größe 机器 машина",
    "arabic digits": "٣",
    "right to left": "\u202eabc",
    "control": "a\x07b",
    "escape": "\x1b[31mred",
    "NUL": "a\x00b",
    "surrogate": "a\ud800b",
    "not a character": "a\uffffb",
    "replaced bytes": "a\ufffdb",
    "100 kB": "x" * 100_000,
    "100 kB in lines": "x\n" * 50_000,
    "many lines": "\n".join(f"host{number}" for number in range(5_000)),
    "markup": "<script>alert(1)</script>",
    "format": "%(x)s %s {0} %",
    "line breaks": "a\r\nb\rc",
    "path": "../../etc/passwd",
    "list": "['a']",
}
FORMS = [
    (resource_type, creating)
    for resource_type in TYPES.values()
    for creating in (True, False)
    if (resource_type.creatable if creating else resource_type.editable)
]
CASES = [
    pytest.param(resource_type, creating, field, text, id=f"{resource_type.name}-{creating}-{field.name}-{label}")
    for resource_type, creating in FORMS
    for field in resource_type.settable_fields(creating=creating)
    for label, text in NASTY.items()
]


def sent(**fields: Any) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def form(resource_type: ResourceType, creating: bool, data: QueryDict) -> ResourceForm:
    seen = None if creating else {field.name: field.default for field in resource_type.fields}
    return ResourceForm(resource_type, seen=seen, data=data)


def can_be_held(field: Field, value: Any) -> bool:
    """Whether the platform can be sent it at all: the field's type, within the limits, in characters that XML knows."""
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    clean = all(char.isprintable() or char in "\n\t" for text in texts for char in text)
    return field.may_be(value) and clean and all(len(text) <= field.max_length for text in texts)


@pytest.mark.parametrize(("resource_type", "creating", "field", "text"), CASES)
def test_any_text_is_taken_or_refused_in_words(
    resource_type: ResourceType, creating: bool, field: Field, text: str
) -> None:
    asked = form(resource_type, creating, sent(**{field.name: text}))
    asked.is_valid()
    errors = asked.row(field.name).errors
    if errors:
        assert field.name not in asked.cleaned_data
        assert all(0 < len(error) < 300 for error in errors)
        assert all(char.isprintable() for error in errors for char in error)
    elif asked.cleaned_data[field.name] is not None:
        assert can_be_held(field, asked.cleaned_data[field.name])


@pytest.mark.parametrize(("resource_type", "creating", "field", "text"), CASES)
def test_everything_typed_comes_back(resource_type: ResourceType, creating: bool, field: Field, text: str) -> None:
    row = form(resource_type, creating, sent(**{field.name: text})).row(field.name)
    if row.control == "switch":
        return
    shown = [row.value, *(option.value for option in row.options if option.chosen)]
    assert text.split() == [part for value in shown for part in value.split()][: len(text.split())]


@pytest.mark.parametrize(("resource_type", "creating"), FORMS)
def test_a_form_without_its_fields_changes_nothing(resource_type: ResourceType, creating: bool) -> None:
    asked = form(resource_type, creating, sent(unknown="1"))
    required = {field.name for field in asked.specs if field.required} if creating else set()
    assert asked.is_valid() is not bool(required)
    assert set(asked.errors) == required
    assert creating or asked.wanted() == {}


@pytest.mark.parametrize(("resource_type", "creating"), FORMS)
def test_a_form_sent_as_it_was_opened_changes_nothing(resource_type: ResourceType, creating: bool) -> None:
    if creating:
        return
    opened = form(resource_type, creating, sent())
    as_opened = {
        name: [*row.value.split("\n"), *(option.value for option in row.options if option.chosen)]
        for name, row in ((spec.name, opened.row(spec.name)) for spec in opened.specs)
    }
    again = form(resource_type, creating, sent(**as_opened))
    assert again.is_valid()
    assert again.wanted() == {}


@pytest.mark.parametrize("creating", [True, False])
def test_lists_are_bounded(creating: bool) -> None:
    lists = [
        (resource_type, field)
        for resource_type in TYPES.values()
        for field in resource_type.settable_fields(creating=creating)
        if field.kind in (Kind.NAMES, Kind.EMAILS)
    ]
    assert lists
    for resource_type, field in lists:
        lines = "\n".join(f"n{number}@example.com" for number in range(MAX_ENTRIES + 1))
        asked = form(resource_type, creating, sent(**{field.name: lines}))
        assert str(MAX_ENTRIES) in " ".join(asked.row(field.name).errors)


def test_doubled_scalars_take_the_last() -> None:
    asked = form(TYPES["virtualmachine"], False, sent(cores=["2", "3"]))
    assert asked.is_valid()
    assert asked.wanted() == {"cores": 3}
