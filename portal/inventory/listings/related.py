"""What belongs together with a record, both ways: what it refers to, what refers to it, what shares a name with it.

All of it comes from the spec: `refers_to` and `joins` of the fields, `group` and `machine` of the types.
"""

from collections.abc import Iterator, Mapping

from portal.accounts.access import Scope
from portal.inventory.listings.for_scope import GROUPS, MACHINES, listings, whole
from portal.inventory.listings.group_tree import GroupTree
from portal.inventory.listings.listing import Listing
from portal.inventory.listings.permission_inheritance import Held, holding, reaching
from portal.resources.spec import Record
from portal.resources.spelling import natural
from portal.resources.types import TYPES

PERMISSIONS = "permission"
SERVICE_USERS = "serviceuser"
MANY = 500


def related(scope: Scope, record: Record) -> dict[str, tuple[Record, ...]]:
    """Type name -> the records of that type that belong to this one, as far as the scope and the role see them.

    Each once, by key in natural order, without the record itself; types with none are left out.
    """
    seen = listings(scope, [name for name in TYPES if scope.may_see(name)])
    found = {name: _records(record, name, seen) for name in seen}
    return {name: records for name, records in found.items() if records}


def related_of(scope: Scope, record: Record, name: str) -> tuple[Record, ...]:
    """The same of one type."""
    seen = listings(scope, [name for name in TYPES if scope.may_see(name)])
    return _records(record, name, seen) if name in seen else ()


def permissions_in(scope: Scope, group: str) -> tuple[Held, ...]:
    """Who may do what in a group, inherited permissions with their origin (pm_04); () for what the scope can't see."""
    return _held(scope, group, PERMISSIONS)


def service_users_in(scope: Scope, group: str) -> tuple[Held, ...]:
    """The service users that exist in a group, those of the groups above with their origin (su_03)."""
    return _held(scope, group, SERVICE_USERS)


def tree(scope: Scope, *, wait: bool = True) -> GroupTree:
    """The tree of the groups that the scope sees; the root of a limited scope has no parent in it."""
    return GroupTree.of(listings(scope, (GROUPS,), wait=wait)[GROUPS])


def _held(scope: Scope, group: str, kind: str) -> tuple[Held, ...]:
    if not scope.may_see(kind):
        return ()
    everything = whole(scope.customer, (GROUPS, kind))
    groups = GroupTree.of(everything.views[GROUPS])
    allowed = groups.below(scope.root) if scope.root else None
    if allowed is not None and group not in allowed:
        return ()
    find = holding if kind == PERMISSIONS else reaching
    return find(groups, group, everything.views[kind], allowed)


def _records(record: Record, name: str, seen: Mapping[str, Listing]) -> tuple[Record, ...]:
    listing = seen[name]
    keys = {other.key for other in _related_of_type(record, listing, seen) if other is not record}
    if len(keys) > MANY:  # to go through all, which are in order, takes less time than to put these in order
        return tuple([other for other in listing.records if other.key in keys])
    return tuple(listing.by_key[key] for key in sorted(keys, key=natural))


def _related_of_type(record: Record, listing: Listing, seen: Mapping[str, Listing]) -> Iterator[Record]:
    yield from _referred_to(record, listing)
    yield from _referring(record, listing)
    yield from _placed_by(record, listing, seen)
    yield from _joined(record, listing, seen)


def _referred_to(record: Record, listing: Listing) -> Iterator[Record]:
    """The records that this one names in its fields, or by which it is placed."""
    names = [record.values[field.name] for field in record.type.fields if field.refers_to == listing.type.name]
    if listing.type.name == GROUPS and record.type.name != GROUPS:
        names = [name for name in names if isinstance(name, list)] + [record.group]  # not the group above its own
    if listing.type.name == MACHINES:
        names.append(record.machine)
    for name in names:
        for key in name if isinstance(name, list) else (name,):
            if key in listing.by_key:
                yield listing.by_key[key]


def _referring(record: Record, listing: Listing) -> Iterator[Record]:
    """The records that name this one in their fields."""
    for field in listing.type.fields:
        if field.refers_to == record.type.name:
            for other in listing.index.by_value(field.name).get(record.key, ()):
                is_listed = isinstance(other.values[field.name], list)
                if record.type.name != GROUPS or is_listed or other.group == record.key or listing.type.name == GROUPS:
                    yield other


def _placed_by(record: Record, listing: Listing, seen: Mapping[str, Listing]) -> Iterator[Record]:
    """The records that this group or machine places, those of the group's machines included."""
    by_machine = listing.index.by_machine
    if record.type.name == MACHINES:
        yield from by_machine.get(record.key, ())
    if record.type.name == GROUPS:
        yield from listing.index.by_group.get(record.key, ())
        machines = seen[MACHINES].index.by_group if MACHINES in seen else {}
        for machine in machines.get(record.key, ()):
            yield from by_machine.get(machine.key, ())


def _joined(record: Record, listing: Listing, seen: Mapping[str, Listing]) -> Iterator[Record]:
    """The records that share a name with this one (a uid), where one of their groups lies on the way up from the
    other."""
    if GROUPS not in seen:
        return
    tree = GroupTree.of(seen[GROUPS])
    for name in {field.name for field in record.type.fields if field.joins}:
        if not any(field.name == name and field.joins for field in listing.type.fields):
            continue
        for other in listing.index.by_value(name).get(record.values[name], ()):
            if record.group in tree.path(other.group or "") or other.group in tree.path(record.group or ""):
                yield other
