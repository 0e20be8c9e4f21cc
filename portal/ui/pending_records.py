"""Records that are not on the platform yet: as they were asked for, to be shown among those that are."""

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.changes.reads.pending import Pending, PendingIndex
from portal.inventory.reads import Listing
from portal.plans.open_plans import OpenPlans
from portal.resources.spec import Record, UnreadableRecord, read
from portal.resources.types import TYPES
from portal.ui import links


@dataclass(frozen=True, slots=True)
class Planned:
    """How many records an open plan would create, in words, and where it is."""

    text: str
    address: str


def being_created(pending: PendingIndex, listing: Listing) -> list[Record]:
    """All of the listing's type that are being created and that it does not have yet."""
    created = (one for one in pending.created(listing.type.name) if one.key not in listing.by_key)
    return [record for one in created if (record := as_wanted(one))]


def planned(plans: OpenPlans, pending: PendingIndex, listing: Listing, customer_no: str) -> list[Planned]:
    """How many of the listing's type each open plan would create, without those that are there or on their way."""
    name = listing.type.name
    coming = {one.key for one in pending.created(name)}
    created = [one for one in plans.created(name) if one.key not in listing.by_key and one.key not in coming]
    counts = Counter((one.plan_number, one.plan_title) for one in created)
    return [_planned(number, title, count, customer_no) for (number, title), count in counts.items()]


def _planned(number: int, title: str, count: int, customer_no: str) -> Planned:
    text = _("%(count)s more in plan “%(plan)s”") % {"count": count, "plan": title}
    return Planned(text, links.plan(customer_no, number))


def as_wanted(one: Pending) -> Record | None:
    """The record that a creation asks for; None where nothing can be read from it."""
    resource_type = TYPES[one.type_name]
    try:
        return read(resource_type, {**one.wanted, **resource_type.key_values(one.key)})
    except (ValueError, UnreadableRecord):
        return None
