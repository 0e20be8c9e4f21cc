"""A plan held against what is there now: what it would do, in which order, and what stands in its way.

From what the portal knows: nothing here asks the platform, and right before sending the platform's own records are
compared once more (`changes.conflicts`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from json import dumps

from portal.accounts.access import Scope
from portal.changes.conflicts import clash
from portal.changes.intent import Intent
from portal.changes.keys import keys_own, parents_of
from portal.inventory import reads
from portal.inventory.reads import Listing, Source
from portal.inventory.snapshots.freshness import keys_of
from portal.plans.compose import intent_of
from portal.plans.models import Entry, Plan
from portal.plans.order import Contradiction, Known, contradictions, in_order
from portal.plans.parts import Placed, Split, split
from portal.plans.visibility import visible_entries
from portal.resources.spec import Record, Value
from portal.resources.types import TYPES

GROUP = "resourcegroup"
MACHINE = "virtualmachine"
MOST_BYTES = 16 * 1024 * 1024  # of a call, before it is put into XML, which is up to four times as much


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry beside what is there now.

    `reason`: "" for nothing in its way, "changed" (fields: {name: {"before", "wanted", "present"}}), "gone", "exists".
    """

    entry: Entry
    intent: Intent
    record: Record | None
    reason: str
    fields: Mapping[str, Mapping[str, Value]]
    is_known: bool = True  # False where nothing is known to hold it against

    @property
    def is_so(self) -> bool:
        """Whether what it asks for is there already."""
        if not self.is_known:
            return False
        if self.intent.action == "delete":
            return self.record is None
        if self.record is None or not self.intent.wanted or self.reason:
            return False
        return all(self.record.get(name) == value for name, value in self.intent.wanted.items())

    def shows(self, field: str = "") -> str:
        """In few characters, what is there now: of a field in conflict, or of all of them."""
        present = {name: values["present"] for name, values in self.fields.items() if field in ("", name)}
        return blake2b(dumps([self.reason, present], sort_keys=True).encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Review:
    """What one person sees of a plan's entries that are not through. Each thing is worked out when it is asked for."""

    scope: Scope
    plan: Plan
    all: Sequence[Entry]  # of the plan that are not through, whether or not the person sees them

    @classmethod
    def of(cls, scope: Scope, plan: Plan) -> "Review":
        return cls(scope, plan, list(plan.entries.filter(change=None).select_related("author")))

    @cached_property
    def visible(self) -> list[Entry]:
        return visible_entries(self.scope, self.all)

    @property
    def hidden(self) -> int:
        """How many entries are outside of what the person sees."""
        return len(self.all) - len(self.visible)

    @cached_property
    def checked(self) -> list[Checked]:
        """Each entry that the person sees, in the order of sending."""
        by_intent = {id(intent): entry for intent, entry in self._pairs}
        ordered = in_order([intent for intent, _entry in self._pairs], self.known)
        if not self.is_known:
            return [Checked(by_intent[id(intent)], intent, None, "", {}, is_known=False) for intent in ordered]
        return [_check(by_intent[id(intent)], intent, self.listings) for intent in ordered]

    @cached_property
    def is_known(self) -> bool:
        """Whether there is anything to hold it against: not so where no platform has answered for long."""
        sources = {one.source for one in self.listings.values()}
        return Source.NEVER not in sources or not keys_of(self.scope.customer)

    @property
    def conflicts(self) -> list[Checked]:
        """What has to be answered first (plans.answers)."""
        return [one for one in self.checked if one.reason]

    @cached_property
    def contradictions(self) -> list[Contradiction]:
        return contradictions([intent for intent, _entry in self._pairs], self.known) if self.is_known else []

    @cached_property
    def split(self) -> Split:
        """The changes that it would be sent as; none while nothing is known."""
        if not self.is_known:
            return Split()
        items = [(one.intent, one.entry.group) for one in self.checked]
        new = {item.key: group for item, group in items if item.is_new_group}
        keys = {key.resource_group: key for key in keys_of(self.scope.customer)}  # those that it is read by
        return split(keys, items, {**self.known.parents, **new})

    @property
    def obstacle(self) -> str:
        """The first reason for which it cannot be sent, but for approval (plans.approval): as in errors.NotReady."""
        reasons = {
            "empty": not self.all,
            "unknown": not self.is_known,
            "hidden": bool(self.hidden),
            "conflict": any(one.reason for one in self.checked),
            "contradiction": bool(self.contradictions),
            "no_key": bool(self.split.without),
            "too_large": any(_size(items) > MOST_BYTES for _key, items in self.split.parts),
        }
        return next((name for name, holds in reasons.items() if holds), "")

    @cached_property
    def known(self) -> Known:
        """The customer's groups and machines, as far as needed for order and contradictions."""
        deleted = {entry.key for entry in self.visible if entry.type_name == GROUP and entry.action == "delete"}
        machines = self.listings[MACHINE].records if deleted else ()
        return Known(
            parents=parents_of(self.scope),
            machines={record.key: record.group or "" for record in machines if record.group in deleted},
            own_of_keys=keys_own(self.scope)
            if any(entry.type_name == GROUP for entry in self.visible)
            else frozenset(),
        )

    @cached_property
    def _pairs(self) -> list[tuple[Intent, Entry]]:
        return [(intent_of(entry), entry) for entry in self.visible]

    @cached_property
    def listings(self) -> Mapping[str, Listing]:
        """What it is held against: groups, machines, and the types that it is about."""
        names = {GROUP, MACHINE, *(entry.type_name for entry in self.visible)}
        return reads.listings(self.scope, tuple(name for name in TYPES if name in names))


def _size(items: Sequence[Placed]) -> int:
    """About how many bytes a call of these has."""
    return sum(len(repr(item.wanted)) for item, _group in items)


def _check(entry: Entry, intent: Intent, listings: Mapping[str, Listing]) -> Checked:
    record = listings[intent.type_name].by_key.get(intent.key)
    if record is None and intent.action == "delete" and entry.group not in listings[GROUP].by_key:
        return Checked(entry, intent, None, "gone", {})  # together with its group: no key reaches it any more
    found = clash(entry, record, is_there=record is not None)
    return Checked(entry, intent, record, *(found or ("", {})))
