"""What pages ask of the read side (docs/architecture.md). Nothing here raises because of the platform or Redis."""

from portal.inventory.listing import Listing, Source, Trouble
from portal.inventory.listings import listing, listings, record, refresh
from portal.inventory.related import permissions_in, related, service_users_in, tree
from portal.inventory.situation import context, states

__all__ = [
    "Listing",
    "Source",
    "Trouble",
    "context",
    "listing",
    "listings",
    "permissions_in",
    "record",
    "refresh",
    "related",
    "service_users_in",
    "states",
    "tree",
]
