"""What people look at is brought up before they come: decoding, order, states and sums are in nobody's way.

A thread of each web process looks every few seconds whether Redis holds something else than memory for customers who
were visited lately, and makes of it what pages are made of. It asks the platform for nothing: whether anything is asked
for anew is decided by the pages that people have open.
"""

import logging
import time
from threading import Thread

from django.db import DatabaseError, close_old_connections

from portal.accounts.access import Scope
from portal.accounts.models import Customer, User
from portal.accounts.roles import Role
from portal.inventory import reads, spare_memory, visited_customers
from portal.inventory.listings.group_tree import GroupTree
from portal.inventory.listings.listing import Listing
from portal.inventory.listings.totals import HARDWARE, by_state, count_current, counts_below, sums
from portal.inventory.redis_connection import Away
from portal.inventory.snapshots import one_look
from portal.resources.types import TYPES

EVERY = 3.0  # seconds
LARGE = 1000  # records

logger = logging.getLogger(__name__)
_seen: dict[int, tuple[str, ...]] = {}  # customer -> versions that were brought up last


def start() -> None:
    """Begin, in a process that answers pages; ends with the process."""
    Thread(target=_go_on, name="ahead", daemon=True).start()


def bring_up_all() -> None:
    """What has changed for whom a page was made lately. Raises Away."""
    for customer in Customer.objects.filter(pk__in=visited_customers.share()):
        bring_up(customer)


def bring_up(customer: Customer) -> None:
    """All that is known of the customer, as pages need it; what has not changed is there already."""
    scope = Scope(customer, User(), Role.MANAGER)  # as somebody would see it who sees all
    with one_look.looking_only():
        listings = reads.listings(scope, list(TYPES), wait=False)
        tree = GroupTree.of(listings["resourcegroup"])
        for listing in listings.values():
            _derive(scope, listing, tree)
    versions = tuple(listing.version for listing in listings.values())
    if _seen.get(customer.pk) != versions:
        _seen[customer.pk] = versions
        if sum(len(listing.records) for listing in listings.values()) > LARGE:
            spare_memory.give_back()


def forget() -> None:
    """Nothing has been brought up, as far as this process knows."""
    _seen.clear()


def _derive(scope: Scope, listing: Listing, tree: GroupTree) -> None:
    if listing.type.money:  # of long ago mostly, and looked at by few
        return
    count_current(listing)
    listing.index.ordered(listing.type.sort)
    _ = listing.index.texts
    counts_below(tree, listing.index)
    if listing.type.has_states:
        by_state(scope, listing)
    if set(HARDWARE) <= set(listing.type.field_names):
        sums(tree, listing.index, HARDWARE)


def _go_on() -> None:
    while True:
        close_old_connections()
        try:
            bring_up_all()
        except (Away, DatabaseError):
            pass  # who comes meanwhile sees that by themselves
        except Exception:  # nobody waits for it: the pages do it themselves
            logger.exception("bringing up what people look at failed")
        finally:
            close_old_connections()
        time.sleep(EVERY)
