"""A change that was not taken, asked for once more: the form opens with what was asked, and what stands in its way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES
from portal.changes.models import Change, Item, State
from portal.changes.reads.visibility import visible_changes
from portal.resources.spelling import whole_number
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.format.refusal import reason
from portal.ui.format.values import text as value_text


@dataclass(frozen=True, slots=True)
class Resubmission:
    """What was asked of one record in the change of that number, and why it was not taken.

    `problems` are (field, words), the field '' where the words are about the whole.
    """

    number: int
    wanted: Mapping[str, Any]
    problems: Sequence[tuple[str, str]]


def asked_again(scope: Scope, number: str, type_name: str, key: str | None) -> Resubmission | None:
    """What the change of that number asked of the record (of a new one where `key` is None), None where nothing."""
    change = _find(scope, number)
    if change is None:
        return None
    for item in getattr(change, "shown_items", ()):
        if item.type_name == type_name and (item.creates if key is None else item.key == key):
            return Resubmission(change.number, item.wanted, list(_problems(change, item)))
    return None


def _problems(change: Change, item: Item) -> Iterator[tuple[str, str]]:
    if change.state == State.REJECTED:
        answer = change.answer_to(item.position)
        yield _refused_field(answer, item), reason(answer)
    if change.state == State.CONFLICT:
        for one in change.answer.get("items", ()):
            if one["item"] == item.position:
                yield from _clashes(item, one)


def _refused_field(answer: Mapping[str, Any], item: Item) -> str:
    """The field that the refusal is about, '' where that is not known: of a name that is taken, the name."""
    taken = answer.get("kind") == "taken"
    return TYPES[item.type_name].key[0] if taken else str(answer.get("field") or "")


def _clashes(item: Item, clash: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What somebody else has done meanwhile, in words at the field; at the whole where a form has no such field."""
    resource_type = TYPES[item.type_name]
    if clash["reason"] == "gone":
        yield "", _("%(name)s no longer exists, so it cannot be changed.") % {"name": item.key}
    if clash["reason"] == "exists":
        yield (
            resource_type.key[0],
            _("%(name)s already exists: created by someone else in the meantime.") % {"name": item.key},
        )
    asked_for = {field.name for field in resource_type.settable_fields(creating=False)}
    for field, found in resource_type.in_order(clash["fields"]):
        shown = {kind: value_text(field, found.get(kind)) for kind in ("before", "present")}
        text = _("Changed by someone else in the meantime: it was %(before)s and is now %(present)s.") % shown
        yield (field.name, text) if field.name in asked_for else ("", f"{_(field.label)}: {text}")


def asked_again_all(scope: Scope, number: str, type_name: str) -> dict[tuple[str, ...], str]:
    """Key (in its parts) -> action, of all records of that type in the change of that number."""
    change = _find(scope, number)
    return {
        tuple(TYPES[type_name].key_values(item.key).values()): item.action
        for item in getattr(change, "shown_items", ())
        if item.type_name == type_name
    }


def _find(scope: Scope, number: str) -> Change | None:
    if not scope.may_see(CHANGES):
        return None
    return visible_changes(scope).filter(number=whole_number(number) or 0).first()


def again_url(customer_no: str, change: Change, item: Item) -> str:
    """Where the item's form opens once more; '' for what was asked for without one."""
    if item.type_name == "permission":
        return f"{links.action(customer_no, 'resourcegroup', item.group, 'permissions')}?again={change.number}"
    if item.creates:
        return links.new(customer_no, item.type_name, [("again", str(change.number))])
    asked_for = {field.name for field in TYPES[item.type_name].settable_fields(creating=False)}
    if item.action != "delete" and not asked_for.issuperset(item.wanted):
        return ""
    verb = "delete" if item.action == "delete" else "edit"
    return f"{links.action(customer_no, item.type_name, item.key, verb)}?again={change.number}"
