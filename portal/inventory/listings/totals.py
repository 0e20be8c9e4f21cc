"""What pages add up over all records of a listing: sums by resource group, and how many are in which state.

Each is worked out once for the records it is of and kept with their index, so that a page only looks it up, however
many records there are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.accounts.access import Scope
from portal.inventory.listings.derived import Index
from portal.inventory.listings.group_tree import GroupTree
from portal.inventory.listings.listing import Listing
from portal.inventory.listings.record_context import States, states
from portal.inventory.listings.select import passed
from portal.resources.phases import Phase
from portal.resources.spec import Record
from portal.resources.state_styles import State

HARDWARE = ("cores", "memory", "disk")  # what machines are added up by

type Sums = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class ByState:
    """Records by their state, which is the first that fits; and by each state that fits, be it as a note."""

    counts: Mapping[State, int]
    in_group: Mapping[str, Mapping[State, int]]
    fitting: Mapping[State, Sequence[Record]]


def sums(tree: GroupTree, index: Index, fields: Sequence[str]) -> Sums:
    """Group -> `count` of the records placed in it, and the sums of these integer fields; without empty groups."""

    def add_up() -> Sums:
        return {group: _sums(records, fields) for group, records in index.by_group.items() if group in tree}

    return index.once(("sums", fields), add_up, beside=tree)


def counts_below(tree: GroupTree, index: Index) -> Mapping[str, int]:
    """Group -> how many records are placed in it or in a group below it."""

    def add_up() -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for group, records in index.by_group.items():
            for above in tree.path(group):
                found[above] += len(records)
        return found

    return index.once("counts below", add_up, beside=tree)


def count_current(listing: Listing) -> int:
    """How many there are; of what comes and goes, how many are not past."""
    standing, now = listing.type.standing, listing.platform_now
    if standing is None:
        return len(listing.records)

    def count() -> int:
        return sum(standing(record, now).phase is not Phase.PAST for record in listing.records)

    return listing.index.once(("current", passed(listing)), count)


def by_state(scope: Scope, listing: Listing) -> ByState:
    """The listing's records by state, as of now."""
    known = states(scope, listing)
    return listing.index.once("by state", lambda: _by_state(listing, known), beside=known)


def _sums(records: Sequence[Record], fields: Sequence[str]) -> Mapping[str, int]:
    return {"count": len(records), **{name: sum(one.values[name] or 0 for one in records) for name in fields}}


def _by_state(listing: Listing, known: States) -> ByState:
    in_group: dict[str, Counter[State]] = {}
    fitting: dict[State, list[Record]] = {}
    for record in listing.records:
        found = known[record.key]
        in_group.setdefault(record.group or "", Counter())[found[0].state] += 1
        for one in found:
            fitting.setdefault(one.state, []).append(record)
    return ByState(known.counts, in_group, fitting)
