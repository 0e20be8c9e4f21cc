"""The form for many records at once: what is to be the same in all of them, each left as it is until it is ticked.

It is the form of a type made for it (`type_for_many`): the fields that make sense for many, of lists two, for entries
that are added and for entries that are taken away. Fields and errors are those of the form for one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from portal.resources.spec import Choice, Field, Kind, Record, ResourceType, Value
from portal.ui.forms.fields import SpecField
from portal.ui.forms.form import Offers, ResourceForm

TICKED = "change"  # sent for each field that is to be changed
ADD, REMOVE = "-add", "-remove"  # after a list's name
LISTS = (Kind.NAMES, Kind.EMAILS)


def type_for_many(resource_type: ResourceType, records: Sequence[Record]) -> ResourceType:
    """The type with the fields that can be given to all of these records."""
    offered = [field for field in resource_type.fields if field.for_many and _suits(field, records)]
    fields = [one for field in offered for one in _as_asked(field, records)]
    return replace(resource_type, fields=tuple(fields))


def shared(records: Sequence[Record], names: Sequence[str]) -> dict[str, Value]:
    """Of these fields, the values that all records have in common."""
    first = records[0] if records else None
    return {name: first[name] for name in names if first and all(one[name] == first[name] for one in records)}


class ManyForm(ResourceForm):
    """Of `type_for_many(resource_type, records)`. What all of them have in common stands in its fields."""

    def __init__(
        self, resource_type: ResourceType, records: Sequence[Record], offers: Offers, data: QueryDict | None
    ) -> None:
        own = type_for_many(resource_type, records)
        self.ticked = frozenset(map(str, data.getlist(TICKED)) if data is not None else ())
        common = shared(records, resource_type.field_names)
        super().__init__(own, others=common, filled=common, offers=offers, data=data)

    def full_clean(self) -> None:
        """Nothing is wrong with what is left as it is."""
        super().full_clean()
        for name in self.fields.keys() - self.ticked:
            self.errors.pop(name, None)

    def wanted(self) -> dict[str, Any]:
        """What is ticked and valid, by the names that the fields have here."""
        valid = self.cleaned_data if self.is_bound and not self.errors else {}
        return {name: value for name, value in valid.items() if name in self.ticked}

    def wanted_of(self, record: Record) -> dict[str, Value]:
        """What that comes to in one of the records: only what differs there."""
        found: dict[str, Value] = {}
        for name, value in self.wanted().items():
            plain = name.removesuffix(ADD).removesuffix(REMOVE)
            if name == plain:
                found[plain] = value
                continue
            entries = found.get(plain, record[plain]) or []
            kept = [one for one in entries if name.endswith(ADD) or one not in value]
            found[plain] = [*kept, *(one for one in value if name.endswith(ADD) and one not in entries)]
        return {name: value for name, value in found.items() if value != record[name]}

    def _default(self, spec_field: SpecField) -> Any:
        """Where they differ nothing stands in the field."""
        return None


def _suits(field: Field, records: Sequence[Record]) -> bool:
    """Whether its choices are the same for all of them."""
    return not field.goes_by or field.goes_by in shared(records, [field.goes_by])


def _as_asked(field: Field, records: Sequence[Record]) -> Iterator[Field]:
    if field.kind not in LISTS:
        yield field
        return
    label = {"field": gettext(field.label)}
    yield replace(field, name=field.name + ADD, label=_("%(field)s: add") % label)
    present = tuple(_present(field, records))
    if present:
        yield replace(field, name=field.name + REMOVE, label=_("%(field)s: remove") % label, choices=present)


def _present(field: Field, records: Sequence[Record]) -> Iterator[Choice]:
    """What can be taken away: what any of them has."""
    named = {choice.value: choice for choice in field.choices}
    for value in sorted({entry for record in records for entry in record[field.name] or ()}):
        yield named.get(value) or Choice(value=value, label=value)
