"""What something that is asked of many records comes to for each: an intent, or a reason to leave it out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.accounts.access import Scope
from portal.changes.intent import DEADLINE, DELETION, Intent
from portal.changes.keys import keys_own
from portal.customer.resources.form_choices import GROUP
from portal.inventory import reads
from portal.resources.deletion import read_deletion
from portal.resources.spec import Action, Button, Record, Values
from portal.ui.forms.many import ManyForm

MOST_NAMES = 8

SAME = lazy("already so: nothing would change")
NOT_NOW = lazy("not possible in the present state")
OWN = lazy("the topmost group that your API key reaches: it cannot be deleted")

type Asks = Callable[[Record], Intent | object]
"""What is asked of a record, or why not."""


@dataclass(frozen=True)
class Outcome:
    """What would go into the plan, and what is left out, by reason."""

    intents: list[Intent] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    @property
    def told(self) -> list[str]:
        """What is left out, a line for each reason."""
        return [f"{names(titles)}: {reason}" for reason, titles in self.left_out.items()]

    def leave_out(self, reason: object, title: str) -> None:
        self.left_out.setdefault(str(reason), []).append(title)


def outcome(records: Sequence[Record], asks: Asks) -> Outcome:
    """Of all of them."""
    found = Outcome()
    for record in records:
        asked = asks(record)
        if isinstance(asked, Intent):
            found.intents.append(asked)
        else:
            found.leave_out(asked, record.title)
    return found


def edits(scope: Scope, form: ManyForm, records: Sequence[Record]) -> Asks:
    """What the form changes, without what the platform would ignore."""
    around = reads.contexts(scope, [(record, "") for record in records])
    contexts = {record.key: context for record, context in zip(records, around, strict=True)}

    def ask(record: Record) -> Intent | object:
        wanted = form.wanted_of(record)
        heeded = record.type.heeds(record, wanted, contexts[record.key])[0] if wanted else wanted
        return _set(record, heeded) if heeded else SAME

    return ask


def deletions(scope: Scope, day: date | None) -> Asks:
    """Deleted on that day, or at once where the type has no day for it."""
    own = keys_own(scope)

    def ask(record: Record) -> Intent | object:
        planned = read_deletion(record.get(DELETION))
        if planned.is_shut_down:
            return NOT_NOW
        if day is not None and planned.deadline == day:
            return SAME
        if record.type.name == GROUP and record.key in own:
            return OWN
        wanted = {DEADLINE: day.isoformat()} if day is not None else {}
        return Intent(type_name=record.type.name, key=record.key, action="delete", wanted=wanted)

    return ask


@dataclass(frozen=True, slots=True)
class Offer:
    """A button of an action, and how many of the records have it now."""

    action: Action
    button: Button
    count: int

    @property
    def name(self) -> str:
        """What is sent for it."""
        return f"{self.action.name} {self.button.label}"

    def asks(self, now: datetime) -> Asks:
        """Of each record that has the button."""

        def ask(record: Record) -> Intent | object:
            if self.button.label not in _labels(self.action, record, now):
                return NOT_NOW
            return _set(record, self.action.sets(record, self.button.params, now))

        return ask


def offers(records: Sequence[Record], now: datetime) -> list[Offer]:
    """All that can be done to any of them as they are now, besides editing and deleting."""
    found: dict[tuple[str, str], Offer] = {}
    for record in records:
        for action in record.type.actions:
            for button in action.buttons(record, now):
                place = (action.name, button.label)
                found[place] = Offer(action, button, found[place].count + 1 if place in found else 1)
    return list(found.values())


def until(action: Action, moment: datetime, now: datetime) -> Asks:
    """An action that takes a time, until then. Raises ValueError where it does not take this one."""
    return lambda record: _set(record, action.sets(record, {"for": "until", "until": moment.isoformat()}, now))


def _labels(action: Action, record: Record, now: datetime) -> Iterator[str]:
    return (button.label for button in action.buttons(record, now))


def _set(record: Record, wanted: Values) -> Intent:
    """An edit that knows what the person saw, also of a deletion that it would cancel (vm_20)."""
    seen = [*wanted, *([DELETION] if record.type.delayed_deletion and wanted else [])]
    return Intent(
        type_name=record.type.name, key=record.key, wanted=wanted, before={name: record.get(name) for name in seen}
    )


def names(titles: Sequence[str]) -> str:
    """The first few of them, and how many more."""
    shown = ", ".join(titles[:MOST_NAMES])
    more = len(titles) - MOST_NAMES
    return shown if more <= 0 else _("%(names)s and %(more)s more") % {"names": shown, "more": more}
