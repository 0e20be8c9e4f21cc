"""What pages ask of the read side. Nothing here raises because of the platform or Redis."""

from portal.inventory.listings.for_scope import listing, listings, record, refresh
from portal.inventory.listings.listing import Listing, is_loading
from portal.inventory.listings.record_context import States, context, contexts, states, versions
from portal.inventory.listings.related import permissions_in, related, related_of, service_users_in, tree
from portal.inventory.snapshots.source import Source, Trouble

__all__ = [
    "Listing",
    "Source",
    "States",
    "Trouble",
    "context",
    "contexts",
    "is_loading",
    "listing",
    "listings",
    "permissions_in",
    "record",
    "refresh",
    "related",
    "related_of",
    "service_users_in",
    "states",
    "tree",
    "versions",
]
