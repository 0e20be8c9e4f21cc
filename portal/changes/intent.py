"""What a person asks for, before it is a change: one record of it, checked against its resource type."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import Http404

from portal.api import Unsendable as NotXml
from portal.api.encode import encode_call
from portal.changes.errors import Unsendable
from portal.changes.models import Action
from portal.resources.spec import ResourceType, Value
from portal.resources.types import TYPES

DEADLINE = "deadline"  # of a delayed deletion (vm_18): the one key that is sent and is no field
DELETION = "deletion"


@dataclass(frozen=True, kw_only=True)
class Intent:
    """One record of a change.

    `wanted`: only what the person changed, as explicit values (api_07). `before`: those fields as the person saw them,
    empty for a creation; of a deletion, what there was (places.remembering). Deleting something with a delayed deletion
    takes its `deadline` in `wanted`. Setting anything about it cancels that deletion (vm_20), so `before` should hold
    `deletion` as the person saw it.
    """

    type_name: str
    key: str
    action: str = Action.SET
    wanted: Mapping[str, Value] = field(default_factory=dict)
    before: Mapping[str, Value] = field(default_factory=dict)
    creates: bool = False

    @property
    def type(self) -> ResourceType:
        return TYPES[self.type_name]

    @property
    def cancels_deletion(self) -> bool:
        """Whether it would cancel a deletion without being meant to: an empty set is meant to (vm_20)."""
        return self.type.delayed_deletion and self.action == "set" and not self.creates and bool(self.wanted)

    @property
    def ends_something(self) -> bool:
        """Whether it deletes the record, or cancels its deletion and does nothing else."""
        return self.action == "delete" or (self.type.delayed_deletion and not self.creates and not self.wanted)

    @property
    def is_new_group(self) -> bool:
        return self.creates and self.type_name == "resourcegroup"

    @property
    def groups_named(self) -> set[str]:
        """Resource groups that the wanted values refer to, apart from the record's own name."""
        own = self.type.key if self.type_name == "resourcegroup" else ()
        values = {**self.wanted, **self.type.key_values(self.key)} if self.creates else self.wanted
        return {
            str(values[known.name])
            for known in self.type.fields
            if known.refers_to == "resourcegroup" and known.name not in own and values.get(known.name)
        }

    def record(self) -> dict[str, Value]:
        """The record as it is sent: primary key, and nothing but what is wanted."""
        return as_sent(self.type_name, self.key, self.action, self.wanted)

    def check(self) -> None:
        """Http404 for a verb that the type doesn't have, Unsendable for values, ValueError for what no form asks."""
        verbs = {(True, "set"): self.type.creatable, (False, "set"): self.type.editable or bool(self.type.actions)}
        if not verbs.get((self.creates, self.action), self.type.deletable and self.action == "delete"):
            raise Http404
        keys = self.type.key_values(self.key)
        if any(self.wanted.get(name, value) != value for name, value in keys.items()):
            raise ValueError(f"{self.type_name}: the key is not the one in the values")
        unknown = self.wanted.keys() - self._may_be_sent()
        if unknown or (self.action == "delete" and self.type.delayed_deletion and not self.wanted.get(DEADLINE)):
            raise ValueError(f"{self.type_name}: {', '.join(sorted(unknown)) or DEADLINE}")
        try:
            encode_call("apply", [self.record()])
        except NotXml as error:
            raise Unsendable(error.field or "", error.text) from None

    def _may_be_sent(self) -> set[str]:
        if self.action == "delete":
            return {DEADLINE} if self.type.delayed_deletion else set()
        return set(self.type.field_names)


def as_sent(type_name: str, key: str, action: str, wanted: Mapping[str, Value]) -> dict[str, Value]:
    """A record for `apply`."""
    return {"__type__": type_name, "__action__": str(action), **TYPES[type_name].key_values(key), **wanted}
