"""What people lose of the permissions that they inherit, or get back, once a plan is through: by the first or the last
permission of their own in a group (pm_04), all of the plan taken together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from portal.changes.keys import upwards
from portal.inventory import reads
from portal.plans.order import GROUP, parents_after
from portal.plans.review import Review
from portal.resources.spec import Record
from portal.resources.types.permission import PERMISSION
from portal.ui.forms.effects import EffectText

type Holder = tuple[str, str]
"""A group, and the uid of a person or service user."""


@dataclass(frozen=True)
class Inheritance:
    """Of each holder that the plan gives permissions to, or takes some from."""

    review: Review

    def effects(self) -> Iterator[tuple[EffectText, str]]:
        """What is said, and `group/uid` that it is said of."""
        for holder in sorted(self._touched):
            if (said := self._said(holder)) is not None:
                yield said, "/".join(holder)

    def _said(self, holder: Holder) -> EffectText | None:
        had, has = holder in self._before, holder in self._after
        if had == has or holder[0] in self._deleted:
            return None
        inherited = self._inherited(holder)
        lost = sorted(inherited.keys() - self._after.get(holder, frozenset()))
        if has and lost:
            text = _("Permissions set here replace inherited ones: %(lost)s. Grant these too to keep them.")
            return EffectText(text % {"lost": ", ".join(lost)}, "", "warning")
        if had and inherited:
            text = _("%(uid)s: inherited permissions apply here again: %(names)s.")
            names = ", ".join(f"{permission} ({origin})" for permission, origin in sorted(inherited.items()))
            return EffectText(text % {"uid": holder[1], "names": names}, "", "info")
        return None

    def _inherited(self, holder: Holder) -> Mapping[str, str]:
        """Permission → the group that it comes from, of what holds where the holder has none of its own."""
        below, uid = holder
        for group in upwards(below, self._parents)[1:]:
            if group not in self._seen:  # above the limit of who looks, where the plan changes nothing for them
                held = reads.permissions_in(self.review.scope, below)
                return {_of(one.record)[1]: one.origin for one in held if one.inherited and one.record["uid"] == uid}
            if own := self._after.get((group, uid)):
                return dict.fromkeys(own, group)
            below = group
        return {}

    @cached_property
    def _touched(self) -> set[Holder]:
        return {_split(one.intent.key)[0] for one in self.review.checked if one.intent.type_name == PERMISSION.name}

    @cached_property
    def _before(self) -> dict[Holder, frozenset[str]]:
        found: dict[Holder, set[str]] = {}
        listing = self.review.listings.get(PERMISSION.name)
        for record in listing.records if listing else ():
            holder, permission = _of(record)
            found.setdefault(holder, set()).add(permission)
        return {holder: frozenset(permissions) for holder, permissions in found.items()}

    @cached_property
    def _after(self) -> dict[Holder, frozenset[str]]:
        """Without who has none then."""
        found = dict(self._before)
        for one in self.review.checked:
            if one.intent.type_name != PERMISSION.name:
                continue
            holder, permission = _split(one.intent.key)
            now = found.get(holder, frozenset())
            found[holder] = now - {permission} if one.intent.action == "delete" else now | {permission}
        return {holder: permissions for holder, permissions in found.items() if permissions}

    @cached_property
    def _parents(self) -> Mapping[str, str]:
        return parents_after([one.intent for one in self.review.checked], self.review.known)

    @cached_property
    def _seen(self) -> set[str]:
        created = {one.intent.key for one in self.review.checked if one.intent.is_new_group}
        return {*self.review.listings[GROUP].by_key, *created}

    @cached_property
    def _deleted(self) -> set[str]:
        gone = (one.intent for one in self.review.checked if one.intent.action == "delete")
        return {intent.key for intent in gone if intent.type_name == GROUP}


def _split(key: str) -> tuple[Holder, str]:
    values = PERMISSION.key_values(key)
    return (str(values["resource_group"]), str(values["uid"])), str(values["permission"])


def _of(record: Record) -> tuple[Holder, str]:
    return (str(record["resource_group"]), str(record["uid"])), str(record["permission"])
