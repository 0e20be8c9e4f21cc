"""Why a change was not taken, in words: the platform's own, ours where it never got there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES
from portal.changes.reads.pending import Pending, PendingIndex
from portal.inventory.reads import Listing
from portal.ui import links

UNSENDABLE = lazy("This contains a character or a number that cannot be sent to the platform. Change it.")
BY_US: Mapping[str, object] = {
    "unsendable": UNSENDABLE,
    "forbidden": lazy("It was not sent: the person who requested it can no longer change this."),
    "other": lazy("It was rejected together with another part of the same change."),
    "taken": lazy("This name is already taken. Choose another one."),
}


def reason(answer: Mapping[str, Any]) -> str:
    """Never empty: where the platform gave no reason, that is what is said."""
    found = BY_US.get(str(answer.get("kind"))) or answer.get("text")
    return str(found or _("The platform gave no reason."))


@dataclass(frozen=True, slots=True)
class Refused:
    """A creation that was not taken: of what, why, and the change in which that can be put right."""

    title: str
    reason: str
    number: int
    address: str


def refused_creations(scope: Scope, pending: PendingIndex, listing: Listing) -> list[Refused]:
    """What is missing in a list, since the platform lately refused it, in words."""
    number, found = scope.customer.number, refused_of(scope, pending, listing)
    return [Refused(one.key, reason(one.answer), one.number, links.change(number, one.number)) for one in found]


def refused_of(scope: Scope, pending: PendingIndex, listing: Listing) -> list[Pending]:
    """The creations of that type that were lately refused; for who may see changes."""
    if not scope.may_see(CHANGES):
        return []
    return [one for one in pending.refused_creations(listing.type.name) if one.key not in listing.by_key]
