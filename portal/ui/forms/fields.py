"""One field of a form, made from a field of the spec: what it shows before typing, what it accepts, what it says.

What is wrong is said in words that name the limit, the value and the way out. What the record holds already stays
valid while nobody touches it, also where a limit or the list of choices would not allow it anew.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any, assert_never

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext as _

from portal.resources.limits import STATED, Limit
from portal.resources.spec import Choice, Field, Kind, Value, Values
from portal.resources.times import timezones
from portal.ui import support_contact

MAX_ENTRIES = 200  # of a list
SHORT_RANGE = 12  # so many numbers are offered as a list rather than typed
LONG_TEXT = 1000  # from this length on a text has several lines
# What XML cannot carry, what stands for bytes that were no text, and what turns the text around it about.
UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffd-\uffff]")
WHOLE_NUMBER = re.compile(r"[+-]?\d+")
GIBIBYTES = re.compile(r"(\d{1,6})\s*(?:g|gb|gib)", re.IGNORECASE)


def limit_of(spec: Field) -> Limit | None:
    """The limit that holds here: the deployment's, else the one stated by the platform."""
    raised = settings.RESOURCE_LIMITS.get(spec.limit)
    return Limit(*raised) if raised else STATED.get(spec.limit)


def as_typed(value: Value) -> list[str]:
    """A value as the strings that a form sends for it."""
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, (list, tuple)):
        return [str(entry) for entry in value]
    return ["" if value is None else str(value)]


def quoted(text: str, most: int = 40) -> str:
    """A typed text for a message: short, and with what cannot be shown spelt out."""
    short = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(char if char.isprintable() else f"‹U+{ord(char):04X}›" for char in short)


def sent_as(name: str, data: Mapping[str, Any]) -> list[str] | None:
    """All strings sent under a name; None where the form did not have the field."""
    if name not in data:
        return None
    sent = data.getlist(name) if hasattr(data, "getlist") else data[name]
    return [str(text) for text in sent] if isinstance(sent, (list, tuple)) else [str(sent)]


class Strings(forms.Widget):
    """Reads all strings sent under a name. Templates draw it."""

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> list[str] | None:
        return sent_as(name, data)


class SpecField(forms.Field):
    """A form field for a field of the spec.

    `present` is the value that the person saw when they opened the form (None when creating), `offered` the values
    to choose from where the spec does not name them (groups of the scope), `beside` what other fields hold.
    """

    widget = Strings

    def __init__(
        self, spec: Field, *, creating: bool, beside: Values, present: Value = None, offered: Sequence[Choice] = ()
    ) -> None:
        super().__init__(required=creating and spec.required, label=gettext(spec.label), initial=spec.default)
        self.spec = spec
        self.creating = creating
        self.present = present
        self.offered = tuple(offered)
        self.stated = spec.choices_beside(beside)
        self.default = spec.default_beside(beside)
        self.limit = limit_of(spec)

    @property
    def control(self) -> str:
        """How it is drawn: switch, checks, select, area, number or text."""
        match self.spec.kind:
            case Kind.BOOLEAN:
                return "switch"
            case Kind.NAMES | Kind.EMAILS:
                return "checks" if self.choices else "area"
            case Kind.INTEGER | Kind.HOUR:
                return "select" if self.choices else "number"
        if self.choices or self.offered:
            return "select"
        several_lines = self.spec.max_length >= LONG_TEXT or "\n" in str(self.present or "")
        return "area" if several_lines else "text"

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """What may be chosen, what the record holds already included."""
        return (*self._new_choices, *self._present_choices)

    @cached_property
    def _new_choices(self) -> tuple[Choice, ...]:
        if self.offered:
            return self.offered
        if self.spec.kind is Kind.HOUR and self.limit:
            return tuple(Choice(value=str(h), label=f"{h:02d}:00") for h in range(self.limit.low, self.limit.high + 1))
        if self.spec.kind is Kind.INTEGER and self.limit and self.limit.high - self.limit.low < SHORT_RANGE:
            return tuple(Choice(value=str(n), label=str(n)) for n in range(self.limit.low, self.limit.high + 1))
        return _all_translated(self.stated, get_language())

    @property
    def _present_choices(self) -> tuple[Choice, ...]:
        """What the record holds and nobody would be offered anew; lists have a place of their own for such."""
        new = self._new_choices
        if not new or self.creating or self.spec.kind in (Kind.NAMES, Kind.EMAILS):
            return ()
        known = {choice.value for choice in new}
        named = {choice.value: choice for choice in self.spec.choices}
        return tuple(
            _translated(named[text])
            if text in named
            else Choice(value=text, label=text or _("none"), outdated=bool(text))
            for text in as_typed(self.present)
            if text not in known
        )

    @property
    def range(self) -> str:
        """The accepted numbers in words, '' where there is no limit."""
        if self.limit is None or self.spec.kind is Kind.HOUR:
            return ""
        return f"{self.limit.low}–{self.limit.high} {self.spec.unit}".strip()

    def clean(self, value: list[str] | None) -> Value:
        """The value of the strings sent. What was not sent, or stands as it was, stays as it is."""
        if value is None:
            return self._absent()
        sent = [text.replace("\r\n", "\n").replace("\r", "\n") for text in value]
        if not self.creating and self._untouched(sent):
            return self.present
        for text in sent:
            check_characters(text)
        parsed = self._parse(sent)
        if not self.creating and parsed == self.present:
            return self.present
        return parsed

    def _absent(self) -> Value:
        not_offered = self.offered and self.default not in {choice.value for choice in self.offered}
        if self.creating and (self.spec.required or not_offered):
            raise ValidationError(_("This field is required."))
        return self.default if self.creating else self.present

    def _untouched(self, sent: list[str]) -> bool:
        present = as_typed(self.present)
        if self.spec.kind in (Kind.NAMES, Kind.EMAILS):
            return entries(sent) == entries(present)
        return sent[-1:] == [text.replace("\r\n", "\n") for text in present]

    def _parse(self, sent: list[str]) -> Value:
        last = sent[-1].strip() if sent else ""
        match self.spec.kind:
            case Kind.BOOLEAN:
                return self._boolean(last)
            case Kind.INTEGER | Kind.HOUR:
                return self._number(last)
            case Kind.NAMES | Kind.EMAILS:
                return self._list(sent)
            case Kind.TIMEZONE:
                return self._timezone(last)
            case (
                Kind.TEXT
                | Kind.CHOICE
                | Kind.DATE
                | Kind.MOMENT
                | Kind.MONEY
                | Kind.STRUCT
                | Kind.INTERFACES
                | Kind.DELETION
                | Kind.ACTIVITIES
                | Kind.ITEMS
            ):
                return self._text(last)
        assert_never(self.spec.kind)

    def _boolean(self, text: str) -> bool:
        known = {"true": True, "false": False}
        if text not in known:
            raise ValidationError(_("“%s” is neither on nor off. Select one of them.") % quoted(text))
        return known[text]

    def _number(self, text: str) -> int:
        if not text:
            raise ValidationError(self._with_range(_("Enter a number.")))
        in_gib = GIBIBYTES.fullmatch(text)
        if in_gib and self.spec.unit == "MiB":
            text = str(int(in_gib.group(1)) * 1024)
        digits = re.sub(r"[\s\u202f\u00a0]", "", text)
        if not WHOLE_NUMBER.fullmatch(digits):
            raise ValidationError(self._with_range(_("“%s” is not a whole number.") % quoted(text)))
        if len(digits) > 18:
            raise ValidationError(self._with_range(_("%s is too large.") % quoted(digits)))
        self._check_limit(int(digits))
        return int(digits)

    def _check_limit(self, number: int) -> None:
        if self.limit is None or self.limit.low <= number <= self.limit.high:
            return
        values = {"number": number, "low": self.limit.low, "high": self.limit.high}
        if number < self.limit.low:
            raise ValidationError(self._with_range(_("%(number)s is below the minimum, %(low)s.") % values))
        text = self._with_range(_("%(number)s is above the maximum, %(high)s.") % values)
        more = "" if self.spec.kind is Kind.HOUR else f" {support_contact.named(_('For more, ask %(support)s.'))}"
        raise ValidationError(f"{text}{more}")

    def _with_range(self, text: str) -> str:
        return f"{text} {_('Enter %s.') % self.range}" if self.range else text

    def _text(self, text: str) -> str:
        if not text:
            if self.required:
                raise ValidationError(_("This field is required."))
            empty_allowed = not self.choices or "" in {choice.value for choice in self.choices}
            if not empty_allowed:
                raise ValidationError(_("Select one."))
            return text
        if self.choices and text not in {choice.value for choice in self.choices}:
            raise ValidationError(self._no_choice(text))
        check_length(text, self.spec.max_length)
        if self.spec.check is not None and not self.choices:
            check_by(self.spec.check, text)
        return text

    def _no_choice(self, text: str) -> str:
        values = [choice.value for choice in self.choices if choice.value]
        if len(values) > 8:
            return _("“%s” is not available here. Select one from the list.") % quoted(text)
        return _("“%(text)s” is not available here. Select one of: %(values)s.") % {
            "text": quoted(text),
            "values": ", ".join(values),
        }

    def _timezone(self, text: str) -> str:
        if text in timezones():
            return text
        if not text:
            raise ValidationError(_("Enter a time zone, for example Europe/Berlin."))
        by_city = {name.rsplit("/", 1)[-1].lower(): name for name in sorted(timezones())}
        near = difflib.get_close_matches(text[:64].lower().replace(" ", "_"), list(by_city), n=1, cutoff=0.7)
        example = by_city[near[0]] if near else "Europe/Berlin"
        raise ValidationError(
            _("“%(text)s” is not a time zone. Enter a name such as %(example)s.")
            % {"text": quoted(text), "example": example}
        )

    def _list(self, sent: list[str]) -> list[str]:
        found = entries(sent)
        if self.required and not found:
            raise ValidationError(_("Enter at least one."))
        if len(found) > MAX_ENTRIES:
            raise ValidationError(
                _("These are %(count)s entries; at most %(most)s are possible.")
                % {"count": len(found), "most": MAX_ENTRIES}
            )
        kept = set(as_typed(self.present)) if isinstance(self.present, list) else set()
        wrong = [text for entry in found if entry not in kept and (text := self._wrong_entry(entry))]
        if wrong:
            more = len(wrong) - 3
            tail = [ngettext("and %s more", "and %s more", more) % more] if more > 0 else []
            raise ValidationError([*wrong[:3], *tail])
        return found

    def _wrong_entry(self, entry: str) -> str | None:
        try:
            check_length(entry, self.spec.max_length)
            if self.spec.check is not None:
                check_by(self.spec.check, entry)
        except ValidationError as error:
            return f"“{quoted(entry)}”: {error.messages[0]}"
        return None


@lru_cache(maxsize=512)
def _all_translated(choices: tuple[Choice, ...], _language: str | None) -> tuple[Choice, ...]:
    return tuple(_translated(choice) for choice in choices)


def _translated(choice: Choice) -> Choice:
    return replace(choice, label=gettext(choice.label) if choice.label else choice.value)


def entries(sent: Sequence[str]) -> list[str]:
    """The entries of a list, one a line, each once and in the order given."""
    lines = (line.strip() for text in sent for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def check_characters(text: str) -> None:
    """ValidationError where the text holds what the platform cannot be sent."""
    found = UNUSABLE.search(text)
    if found:
        raise ValidationError(
            _("The character at position %(position)s (U+%(code)04X) cannot be used. Delete it.")
            % {"position": found.start() + 1, "code": ord(found.group())}
        )


def check_length(text: str, most: int) -> None:
    """ValidationError where the text is longer than that."""
    if len(text) > most:
        raise ValidationError(
            _("This has %(length)s characters; at most %(most)s are possible. Shorten it by %(over)s.")
            % {"length": len(text), "most": most, "over": len(text) - most}
        )


def check_by(rule: Callable[[str], str | None], text: str) -> None:
    """ValidationError with what the spec's own rule finds wrong."""
    wrong = rule(text)
    if wrong:
        raise ValidationError(gettext(wrong))
