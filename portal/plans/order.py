"""The order in which a plan's records are sent, and what of it contradicts itself. Pure.

A group comes before what is put into it, groups are moved from the top down so that no step makes a circle, deletions
come last and the other way round (api_05, rg_11, rg_12).
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from portal.changes.intent import Intent
from portal.changes.keys import upwards

GROUP = "resourcegroup"
RANK = (GROUP, "serviceuser", "virtualmachine", "permission")


@dataclass(frozen=True, slots=True)
class Known:
    """What has to be known of the customer: which group is above which, and what is in them."""

    parents: Mapping[str, str]  # group -> the one above it, '' for none
    machines: Mapping[str, str] = field(default_factory=dict)  # machine -> its group
    own_of_keys: Set[str] = frozenset()  # groups that no key moves or deletes (rg_11, rg_12)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why a plan cannot go out as it is: `kind` of it, the record it stands at, and the names that it is about.

    circle      groups would stand below each other: `names` of them
    no_group    `names` of a group that is neither there nor created
    leaving     it is put into a group that the plan deletes
    holds       a group is deleted that still holds these machines or groups (rg_11)
    own         a group that no key moves or deletes
    """

    kind: str
    intent: Intent
    names: tuple[str, ...] = ()


def in_order(intents: Sequence[Intent], known: Known) -> list[Intent]:
    """As they have to be sent; those alike stay in the order in which they came."""
    parents = parents_after(intents, known)

    def place(intent: Intent) -> tuple[int, int, int]:
        rank = RANK.index(intent.type_name) if intent.type_name in RANK else len(RANK)
        depth = len(upwards(intent.key, parents)) if intent.type_name == GROUP else 0
        return (1, -rank, -depth) if intent.action == "delete" else (0, rank, depth)

    return sorted(intents, key=place)


def contradictions(intents: Sequence[Intent], known: Known) -> list[Contradiction]:
    """All that keeps the plan from being sent as it is."""
    parents = parents_after(intents, known)
    deleted = {one.key for one in intents if one.type_name == GROUP and one.action == "delete"}
    found = [*_circles(intents, parents)]
    for one in intents:
        missing = tuple(sorted(_groups_of(one) - parents.keys()))
        leaving = tuple(sorted(_groups_of(one) & deleted))
        if missing:
            found.append(Contradiction("no_group", one, missing))
        if leaving and one.action != "delete":
            found.append(Contradiction("leaving", one, leaving))
        if one.type_name == GROUP:
            found += _of_group(one, known, parents, deleted)
    return found


def parents_after(intents: Iterable[Intent], known: Known) -> dict[str, str]:
    """Group → the one above it, once the plan is through; those that it deletes are still there."""
    parents = dict(known.parents)
    for one in intents:
        if one.type_name == GROUP and one.action != "delete" and "parent" in one.wanted:
            parents[one.key] = str(one.wanted["parent"] or "")
        elif one.is_new_group:
            parents.setdefault(one.key, "")
    return parents


def _groups_of(intent: Intent) -> set[str]:
    return intent.groups_named if intent.action != "delete" else set()


def _circles(intents: Sequence[Intent], parents: Mapping[str, str]) -> list[Contradiction]:
    """Each circle once, at the first of the entries that make it."""
    found: list[Contradiction] = []
    seen: set[str] = set()
    for one in intents:
        if one.type_name != GROUP or "parent" not in one.wanted or one.key in seen:
            continue
        chain = upwards(one.key, parents)
        if parents.get(chain[-1]) == one.key:
            seen.update(chain)
            found.append(Contradiction("circle", one, tuple(sorted(chain))))
    return found


def _of_group(one: Intent, known: Known, parents: Mapping[str, str], deleted: Set[str]) -> list[Contradiction]:
    moved = one.action != "delete" and not one.creates and "parent" in one.wanted
    if one.key in known.own_of_keys and (moved or one.action == "delete"):
        return [Contradiction("own", one)]
    if one.action != "delete":
        return []
    children = {child for child, parent in parents.items() if parent == one.key and child not in deleted}
    machines = {name for name, group in known.machines.items() if group == one.key}
    holds = tuple(sorted(children | machines))
    return [Contradiction("holds", one, holds)] if holds else []
