"""Listings for a scope. Nothing here raises because of the platform or Redis: what is wrong stands in the listing."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.inventory.listings.listing import Listing
from portal.inventory.listings.merging import View, merged
from portal.inventory.listings.scoping import limit
from portal.inventory.snapshots import freshness
from portal.inventory.snapshots.freshness import Part
from portal.inventory.snapshots.source import Source
from portal.resources.spec import Record
from portal.resources.types import TYPES

GROUPS = "resourcegroup"
MACHINES = "virtualmachine"
MAINTENANCES = "maintenance"
AROUND = (GROUPS, MAINTENANCES)  # what the states of records are told from

_WORST_FIRST = (Source.OFFLINE, Source.STALE, Source.FRESH)


@dataclass(frozen=True, eq=False, slots=True)
class Whole:
    """Everything known of a customer by some types, whoever may see it: what listings are cut out of."""

    views: Mapping[str, View]
    parts: Mapping[str, Sequence[Part]]
    platform_now: datetime


def whole(customer: Customer, names: Sequence[str], *, wait: bool = True) -> Whole:
    """All records of these types, by one small read from Redis when nothing has changed."""
    found = freshness.parts_of(customer, names, wait=wait)
    by_type = {name: [part for part in found if part.place.type_name == name] for name in names}
    views = {
        name: merged(customer, TYPES[name], [part.state.snapshot for part in some if part.state.snapshot])
        for name, some in by_type.items()
    }
    return Whole(views, by_type, _platform_now(found))


def listing(scope: Scope, type_name: str, *, wait: bool = True) -> Listing:
    """What the scope sees of a type. `wait=False` answers what is known, without waiting for the platform."""
    return listings(scope, (type_name,), wait=wait)[type_name]


def listings(scope: Scope, type_names: Sequence[str], *, wait: bool = True) -> dict[str, Listing]:
    """Listings of several types by one read."""
    around = AROUND if any(TYPES[name].has_states for name in type_names) else ()
    limits = (GROUPS, MACHINES) if scope.root else ()
    everything = whole(scope.customer, tuple(dict.fromkeys((*type_names, *around, *limits))), wait=wait)
    return {name: _listing(scope, name, everything) for name in type_names}


def record(scope: Scope, type_name: str, key: str) -> Record | None:
    """The record of that key, None where there is none or the scope doesn't see it."""
    return listing(scope, type_name).by_key.get(key)


def refresh(scope: Scope, type_name: str) -> Listing:
    """Ask the platform now, whatever is known, and wait a while for what it says."""
    freshness.fetch_now(scope.customer, type_name)
    return listing(scope, type_name)


def _listing(scope: Scope, name: str, everything: Whole) -> Listing:
    own = everything.parts[name]
    view = everything.views[name]
    judged = own
    if scope.root:
        groups, machines = everything.views[GROUPS], everything.views[MACHINES]
        view = limit(scope.customer, view, scope.root, groups, machines)
        if not groups.records:  # the tree is not known: nothing is seen, and it is said why
            judged = everything.parts[GROUPS]
    return Listing(
        type=TYPES[name],
        records=view.records,
        by_key=view.by_key,
        version=view.version,
        as_of=_as_of(judged),
        source=_source(judged),
        troubles=tuple(dict.fromkeys(part.trouble for part in judged if part.trouble)),
        unreadable=sum(part.state.snapshot.unreadable for part in own if part.state.snapshot),
        platform_now=everything.platform_now,
        told_at=_told_at(judged) or everything.platform_now,
        index=view.index,
        is_asked=bool(judged),
    )


def _source(some: Sequence[Part]) -> Source:
    """The least current of what is shown; NEVER where nothing is."""
    found = {part.source for part in some}
    return next((source for source in _WORST_FIRST if source in found), Source.NEVER)


def _as_of(some: Sequence[Part]) -> datetime | None:
    fetched = [part.state.snapshot.head.fetched for part in some if part.state.snapshot]
    return datetime.fromtimestamp(min(fetched), UTC) if fetched else None


def _told_at(some: Sequence[Part]) -> datetime | None:
    heads = [part.state.snapshot.head for part in some if part.state.snapshot]
    told = [head.fetched if head.platform is None else head.platform for head in heads]
    return datetime.fromtimestamp(min(told), UTC) if told else None


def _platform_now(some: Sequence[Part]) -> datetime:
    """The platform's clock as its latest answer told it, and what has passed since; ours where it never did."""
    heads = [part.state.snapshot.head for part in some if part.state.snapshot]
    told = [(head.fetched, head.platform - head.fetched) for head in heads if head.platform is not None]
    return datetime.fromtimestamp(time.time() + (max(told)[1] if told else 0.0), UTC)
