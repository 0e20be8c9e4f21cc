"""Whether whoever asked for a change still may: looked up right before it is sent, for the records that are there then.

What a person could do when they asked is not enough: a role is lowered, a scope narrowed, a name taken by somebody else
while a change waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.accounts.access import Scope, scope_now
from portal.accounts.roles import Role
from portal.changes.models import Change, Item
from portal.changes.platform_state import Present, as_record
from portal.inventory import reads
from portal.logs import request_id

GROUPS = "resourcegroup"


def asked(scope: Scope) -> dict[str, Any]:
    """The fields of a change that say who asks for it, and by which request."""
    member = scope.viewing.member.user if scope.viewing else None
    return {"asked_by": scope.user, "in_place_of": member, "request_id": request_id.current()}


def refusal(change: Change, items: Sequence[Item], present: Present) -> dict[str, Any]:
    """Why it may not be sent, as `Change.answer` has it; {} where it may.

    `forbidden`: who asked may not change this (any more). `taken`: what is to be created is there, outside of what they
    see; whoever is told no more than that learns nothing of what it is.
    """
    scope = _scope_of_asker(change)
    if scope is None or not all(scope.may_change(item.type_name) for item in items):
        return _FORBIDDEN
    reach = _Reach.of(scope)
    for item in items:
        if not reach.holds(item, present):
            return {"kind": "taken", "text": "", "item": item.position} if item.creates else _FORBIDDEN
        reach = reach.with_new(item)
    return {}


def sees(scope: Scope, item: Item) -> bool:
    """Whether the record that a change is about is one that the scope sees, as far as is known now."""
    return reads.record(scope, item.type_name, item.key) is not None


_FORBIDDEN = {"kind": "forbidden", "text": ""}


def _scope_of_asker(change: Change) -> Scope | None:
    """Staff may what the person may in whose place they asked; what they decide in the console, what a manager may."""
    user = change.asked_by or change.author
    if user is None or not user.is_active:
        return None
    if change.in_place_of is not None:
        return scope_now(change.customer, change.in_place_of) if user.is_staff else None
    scope = scope_now(change.customer, user)
    if scope is None and user.is_staff:
        return Scope(change.customer, user, Role.MANAGER)
    return scope


@dataclass(frozen=True, slots=True)
class _Reach:
    """The groups in which somebody may change things; None for all of the customer's."""

    groups: frozenset[str] | None

    @classmethod
    def of(cls, scope: Scope) -> "_Reach":
        return cls(frozenset(reads.listing(scope, GROUPS).by_key) if scope.root else None)

    def holds(self, item: Item, present: Present) -> bool:
        """Whether the record is in one of them: where it is now, where it is to be, and where it is moved to."""
        if self.groups is None:
            return True
        return self.groups.issuperset(_places(item, present))

    def with_new(self, item: Item) -> "_Reach":
        """A group that an item creates is there for those after it."""
        if self.groups is None or not item.creates or item.type_name != GROUPS:
            return self
        return _Reach(self.groups | {item.key})


def _places(item: Item, present: Present) -> set[str]:
    raw = present.get((item.type_name, item.key))
    record = as_record(item.type_name, raw) if raw is not None else None
    found = {record.group or ""} if record is not None else {item.group}
    if item.type_name == GROUPS and item.wanted.get("parent"):
        found.add(str(item.wanted["parent"]))
    return found
