"""What a change changes: field by field, old and new in words; of lists, what is added and what is taken away."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from portal.resources.labels import mark as _
from portal.resources.spec import Field, Kind, ResourceType, Value
from portal.ui.format import values

LONGEST = 160  # characters of a value in a line
DEADLINE = Field(name="deadline", label=_("Delete on"), kind=Kind.DATE)  # of a deletion; no record has it


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: `old` is None where there was nothing before, or nobody looked."""

    name: str
    label: str
    old: str | None
    new: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def is_list(self) -> bool:
        return bool(self.added or self.removed)


def differences(
    resource_type: ResourceType, before: Mapping[str, Value] | None, wanted: Mapping[str, Value]
) -> list[FieldChange]:
    """The wanted fields in the order of the type; what the type doesn't know stands under its own name, last."""
    known = [field for field in (*resource_type.fields, DEADLINE) if field.name in wanted]
    found = [_difference(field, before, wanted[field.name]) for field in known]
    names = {field.name for field in known}
    further = [name for name in wanted if name not in names]
    return [*found, *(FieldChange(name, gettext(name), None, _short(str(wanted[name]))) for name in further)]


def _difference(field: Field, before: Mapping[str, Value] | None, value: Value) -> FieldChange:
    label = gettext(field.label)
    old = before.get(field.name) if before is not None else None
    if field.kind in (Kind.NAMES, Kind.EMAILS) and isinstance(value, list):
        were = [str(entry) for entry in old] if isinstance(old, list) else []
        added = tuple(values.choice_label(field, entry) for entry in value if entry not in were)
        removed = tuple(values.choice_label(field, entry) for entry in were if entry not in value)
        return FieldChange(field.name, label, None, ", ".join(map(str, value)), added, removed)
    shown = _short(values.text(field, old)) if before is not None and field.name in before else None
    return FieldChange(field.name, label, shown, _short(values.text(field, value)))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
