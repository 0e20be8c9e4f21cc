"""Forms made from a resource type: one for creating, one for editing, refilled with what was typed, always.

What a person saw when they opened a form travels with it, signed: only what they changed is sent, and the platform
can be asked whether the same field was changed by somebody else meanwhile.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from portal.resources.spec import Choice, ResourceType, Values
from portal.ui import support_contact
from portal.ui.forms.fields import SpecField, as_typed, sent_as

PREFIX = "id_"
BESIDE = "-beside"  # after a field's name: the value, of the field that its choices go by, for which they were drawn


@dataclass(frozen=True, slots=True)
class Opened:
    """What the form stood on when it was opened: a token for what comes of it, and the values that were seen."""

    token: str
    seen: Values

    @classmethod
    def now(cls, seen: Values) -> "Opened":
        return cls(uuid.uuid4().hex, dict(seen))

    def seal(self, place: str) -> str:
        """As it travels in the form of that place (a URL): signed, so nobody can claim to have seen other values."""
        return signing.dumps([self.token, self.seen], salt=f"form {place}", compress=True)

    @classmethod
    def unseal(cls, sealed: str, place: str) -> "Opened | None":
        """None where it is missing, was changed, or belongs to another form."""
        try:
            token, seen = signing.loads(sealed, salt=f"form {place}")
        except (signing.BadSignature, ValueError, TypeError, UnicodeError):
            return None
        return cls(str(token), seen)

    def token_for(self, wanted: object) -> str:
        """The token of one submission: sent twice it is one change, sent with other content another one."""
        content = json.dumps([self.token, wanted], sort_keys=True, default=str)
        return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Offers:
    """What the form offers that the spec cannot know, by field name."""

    choices: Mapping[str, Sequence[Choice]] = field(default_factory=dict)  # nothing else can be chosen
    suggestions: Mapping[str, Sequence[str]] = field(default_factory=dict)  # helps typing
    defaults: Values = field(default_factory=dict)  # of a new record, where they depend on what is there
    fixed: frozenset[str] = frozenset()  # cannot be set in this record, though in others of its type


@dataclass(frozen=True, slots=True)
class Option:
    """A choice as it is drawn."""

    value: str
    label: str
    chosen: bool
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A field of the form as it is drawn; `control` says how (see SpecField.control)."""

    name: str
    id: str
    label: str
    control: str
    value: str
    options: tuple[Option, ...]
    suggestions: tuple[str, ...]
    unit: str
    hint: str
    help: str
    errors: tuple[str, ...]
    required: bool
    numeric: bool
    beside: str = ""  # what its choices were drawn for, where that can be typed as well

    @property
    def described_by(self) -> str:
        """Ids of what explains the field to a screen reader."""
        parts = (("hint", self.hint), ("help", self.help), ("errors", self.errors))
        return " ".join([*(f"{self.id}-{part}" for part, there in parts if there), f"{self.id}-effect"])


class ResourceForm(forms.Form):
    """Asks for the settable fields of a type.

    `seen` are the record's values when the form was opened, None for a new one; `others` those of fields that are not
    asked for. `filled` is what it is filled with beyond that (what was asked for in a rejected change); `data` what
    was sent.
    """

    def __init__(
        self,
        resource_type: ResourceType,
        *,
        seen: Values | None = None,
        others: Values | None = None,
        offers: Offers | None = None,
        filled: Values | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data=data)
        self.type = resource_type
        self.creating = seen is None
        self.seen: Values = seen or {}
        self.filled: Values = filled or {}
        self.offers = offers or Offers()
        settable = resource_type.settable_fields(creating=self.creating)
        self.specs = tuple(spec for spec in settable if spec.name not in self.offers.fixed)
        defaults = {spec.name: spec.default for spec in resource_type.fields}
        self.beside: Values = {**defaults, **self.seen, **(others or {}), **self.filled, **self._sent()}
        for spec in self.specs:
            self.fields[spec.name] = SpecField(
                spec,
                creating=self.creating,
                present=self.seen.get(spec.name),
                offered=self.offers.choices.get(spec.name, ()),
                beside=self.beside,
            )

    def wanted(self) -> dict[str, Any]:
        """What is to be sent: of a record only what differs, of a new one all that says something.

        Only what is valid, so it can be asked for before all is; before anything is sent, what it is filled with.
        """
        valid = getattr(self, "cleaned_data", self.filled)
        cleaned = {spec.name: valid[spec.name] for spec in self.specs if spec.name in valid}
        if self.creating:
            return {name: value for name, value in cleaned.items() if value not in ("", [], None)}
        return {name: value for name, value in cleaned.items() if value != self.seen.get(name)}

    def before(self) -> dict[str, Any]:
        """The fields of `wanted` as the person saw them; nothing for a new record."""
        return {} if self.creating else {name: self.seen.get(name) for name in self.wanted()}

    def add_platform_error(self, text: str, name: str = "") -> None:
        """Show the platform's own words at the field that they name (`name` where that is known), else above all."""
        named, reason = place_fault(text, self.type)
        known = next((one for one in (named, name) if one in self.fields), None)
        self.errors.setdefault(known or "__all__", self.error_class()).append(reason if known else text)

    def _sent(self) -> dict[str, str]:
        """What was sent for each field that is asked for, as it came."""
        sent = {spec.name: sent_as(spec.name, self.data) for spec in self.specs}
        return {name: texts[-1] for name, texts in sent.items() if texts}

    def redrawn(self) -> list[Row]:
        """The rows whose choices were drawn for something else than what is typed now."""
        rows = (self.row(spec.name) for spec in self.specs)
        return [replace(row, errors=()) for row in rows if row.beside != self.data.get(row.name + BESIDE, "")]

    def sections(self) -> list[tuple[str, list[Row]]]:
        """The rows by section of the type, those without any left out."""
        by_section = {
            section: [self.row(spec.name) for spec in self.specs if spec.section == section.name]
            for section in self.type.sections
        }
        return [(gettext(section.label), rows) for section, rows in by_section.items() if rows]

    def row(self, name: str) -> Row:
        """One field, ready to be drawn."""
        spec_field = self.fields[name]
        assert isinstance(spec_field, SpecField)
        spec, typed = spec_field.spec, self._typed(spec_field)
        options = _options(spec_field, typed)
        free = [text for text in typed if text not in {option.value for option in options}]
        return Row(
            name=name,
            id=PREFIX + name,
            label=str(spec_field.label),
            control=spec_field.control,
            value="\n".join(free if spec_field.control == "checks" else typed),
            options=options,
            suggestions=tuple(self.offers.suggestions.get(name, ())),
            unit=spec.unit,
            hint=_hint(spec_field, self._default(spec_field)),
            help=support_contact.named(gettext(spec.help)) if spec.help else "",
            errors=tuple(str(error) for error in self.errors.get(name, ())),
            required=spec_field.required,
            numeric=spec_field.control == "number",
            beside=self.beside[spec.goes_by] if spec.goes_by in self.fields else "",
        )

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """(id, label, error) of everything that is wrong, for the summary."""
        found = [("", "", str(error)) for error in self.non_field_errors()]
        for spec in self.specs:
            texts = self.errors.get(spec.name, ())
            found += [(PREFIX + spec.name, gettext(spec.label), str(text)) for text in texts]
        return found

    def _default(self, spec_field: SpecField) -> Any:
        return self.offers.defaults.get(spec_field.spec.name, spec_field.default)

    def _typed(self, spec_field: SpecField) -> list[str]:
        """What stands in the field: what was sent, else what it is filled with."""
        name = spec_field.spec.name
        if self.is_bound:
            sent = sent_as(name, self.data)
            if sent is not None:
                lines = [line for text in sent for line in text.splitlines() if line]
                return {"checks": lines, "area": sent}.get(spec_field.control, sent[-1:])
        if name in self.filled:
            return as_typed(self.filled[name])
        return as_typed(self._default(spec_field) if self.creating else self.seen.get(name))


def _options(spec_field: SpecField, typed: Sequence[str]) -> tuple[Option, ...]:
    """The choices as they are drawn; a list to choose from begins empty where nothing is chosen."""
    options = tuple(
        Option(
            choice.value,
            choice.label or choice.value,
            choice.value in typed,
            choice.outdated,
        )
        for choice in spec_field.choices
    )
    if spec_field.control != "select" or any(option.chosen for option in options):
        return options
    typed_text = typed[-1] if typed else ""
    first = Option(typed_text, typed_text or _("Select…"), chosen=True)
    return (first, *options)


def _hint(spec_field: SpecField, default: Any) -> str:
    """The limits and, in a new record, the default: said before anything is typed."""
    parts = [spec_field.range] if spec_field.range else []
    if spec_field.creating and spec_field.limit and default is not None and spec_field.control in ("number", "select"):
        label = next((c.label for c in spec_field.choices if c.value == str(default)), str(default))
        parts.append(_("default %s") % label)
    return " · ".join(parts)


def follow(resource_type: ResourceType, data: QueryDict) -> QueryDict:
    """What was typed; a default that nobody has touched becomes the one that suits the field it goes by."""
    followed = data.copy()
    for spec in (one for one in resource_type.settable_fields(creating=True) if one.goes_by):
        was = spec.default_beside({spec.goes_by: data.get(spec.name + BESIDE)})
        if spec.name + BESIDE in data and data.get(spec.name) == was:
            followed[spec.name] = spec.default_beside(data.dict())
    return followed


def place_fault(text: str, resource_type: ResourceType) -> tuple[str, str]:
    """(field, reason) of a fault's words such as `virtualmachine shop13: cores: at most 8`; ('', text) otherwise."""
    names = set(resource_type.field_names)
    parts = text.split(": ")
    for place, part in enumerate(parts[:-1]):
        if part in names:
            return part, ": ".join(parts[place + 1 :])
    return "", text


def group_choices(names: Iterable[tuple[str, int]]) -> tuple[Choice, ...]:
    """Groups to choose from, (name, depth) in the order of the tree, the depth shown by indentation."""
    return tuple(Choice(value=name, label=f"{'\u2003' * depth}{name}") for name, depth in names)
