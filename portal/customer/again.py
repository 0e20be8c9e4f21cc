"""A change that was not taken, asked for once more: the form opens with what was asked, and why it was refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES
from portal.changes.models import Change, Item, State
from portal.changes.visible import visible_changes
from portal.resources.types import TYPES
from portal.ui import addresses

UNSENDABLE = lazy("This holds a character or a number that cannot be sent to the platform. Change it.")
REFUSED_BY_US: Mapping[str, object] = {
    "unsendable": UNSENDABLE,
    "forbidden": lazy("It was not sent: the person who requested it may not change this any longer."),
    "taken": lazy("This name is already taken. Choose another one."),
}


@dataclass(frozen=True, slots=True)
class Again:
    """What was asked of one record in the change of that number; `text` and `field` are the platform's refusal."""

    number: int
    wanted: Mapping[str, Any]
    text: str
    field: str


def asked_again(scope: Scope, number: str, type_name: str, key: str | None) -> Again | None:
    """What the change of that number asked of the record (of a new one where `key` is None), None where nothing."""
    change = _find(scope, number)
    if change is None:
        return None
    for item in getattr(change, "shown_items", ()):
        if item.type_name == type_name and (item.creates if key is None else item.key == key):
            return Again(change.number, item.wanted, _refusal(change), _refused_field(change, item))
    return None


def _refusal(change: Change) -> str:
    """Why the change was not taken: the platform's words; in ours where it never got there."""
    if change.state != State.REJECTED:
        return ""
    return str(REFUSED_BY_US.get(str(change.answer.get("kind"))) or change.answer.get("text", ""))


def _refused_field(change: Change, item: Item) -> str:
    """The field that the refusal is about, '' where that is not known: of a name that is taken, the name."""
    taken = change.answer.get("kind") == "taken"
    return TYPES[item.type_name].key[0] if taken else str(change.answer.get("field") or "")


def asked_again_all(scope: Scope, number: str, type_name: str) -> dict[tuple[str, ...], str]:
    """Key (in its parts) -> action, of all records of that type in the change of that number."""
    change = _find(scope, number)
    return {
        tuple(TYPES[type_name].key_values(item.key).values()): item.action
        for item in getattr(change, "shown_items", ())
        if item.type_name == type_name
    }


def _find(scope: Scope, number: str) -> Change | None:
    if not (number.isascii() and number.isdigit() and len(number) < 10) or not scope.may_see(CHANGES):
        return None
    return visible_changes(scope).filter(number=int(number)).first()


def again_url(customer_no: str, change: Change, item: Item) -> str:
    """Where the item's form opens once more; '' for what was asked for without one."""
    if item.type_name == "permission":
        return f"{addresses.action(customer_no, 'resourcegroup', item.group, 'permissions')}?again={change.number}"
    if item.creates:
        return addresses.new(customer_no, item.type_name, [("again", str(change.number))])
    asked_for = {field.name for field in TYPES[item.type_name].settable_fields(creating=False)}
    if item.action != "delete" and not asked_for.issuperset(item.wanted):
        return ""
    verb = "delete" if item.action == "delete" else "edit"
    return f"{addresses.action(customer_no, item.type_name, item.key, verb)}?again={change.number}"
