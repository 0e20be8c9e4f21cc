"""Records that are not on the platform yet: as they were asked for, to be shown among those that are."""

from portal.changes.pending import Pending, PendingIndex
from portal.inventory.reads import Listing
from portal.resources.spec import Record, UnreadableRecord, read
from portal.resources.types import TYPES


def being_created(pending: PendingIndex, listing: Listing) -> list[Record]:
    """All of the listing's type that are being created and that it does not have yet."""
    created = (one for one in pending.created(listing.type.name) if one.key not in listing.by_key)
    return [record for one in created if (record := as_wanted(one))]


def as_wanted(one: Pending) -> Record | None:
    """The record that a creation asks for; None where nothing can be read from it."""
    resource_type = TYPES[one.type_name]
    try:
        return read(resource_type, {**one.wanted, **resource_type.key_values(one.key)})
    except (ValueError, UnreadableRecord):
        return None
