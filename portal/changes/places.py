"""Where what is wanted belongs: the resource group that places each record, within what the person sees."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from django.http import Http404

from portal.accounts.access import Scope
from portal.changes.intent import DELETION, Intent
from portal.inventory import reads
from portal.inventory.reads import Listing
from portal.resources.spec import Record

GROUP = "resourcegroup"
NOTHING: Mapping[tuple[str, str], str] = MappingProxyType({})


def placed(
    scope: Scope,
    wanted: Sequence[Intent],
    coming: Collection[str] = (),
    lately: Mapping[tuple[str, str], str] = NOTHING,
) -> list[tuple[Intent, str]]:
    """Each with the group that places it; what would cancel a deletion knows of it (vm_20).

    `coming` are groups that are created before; `lately` says by type and key where what is to be deleted was, should
    it be gone by now (api_09). Http404 where a record, or a group it refers to, is not in the scope.
    """
    listings = reads.listings(scope, tuple({GROUP, *(item.type_name for item in wanted if not item.creates)}))
    new = set(coming)
    found: list[tuple[Intent, str]] = []
    for item in wanted:
        if any(group not in new and group not in listings[GROUP].by_key for group in item.groups_named):
            raise Http404
        place = place_of_new(item) if item.creates else _place(item, listings, lately)
        found.append((_knowing_of_deletion(item, listings), place))
        if item.is_new_group:
            new.add(item.key)
    return found


def place_of_new(item: Intent) -> str:
    """Where it is to be created: always said, never left to the platform's default."""
    if item.is_new_group:
        place = item.wanted.get("parent")
    else:
        place = item.type.group({**item.wanted, **item.type.key_values(item.key)})
    if not isinstance(place, str) or not place:
        raise ValueError(f"{item.type_name}: the group it is to be in")
    return place


def remembering(scope: Scope, items: Sequence[tuple[Intent, str]]) -> list[tuple[Intent, str]]:
    """The same; what ends something knows what there was, so that it can be brought back (plans.take_back).

    Of a record that goes at once its values, of one that goes later the deletion that was planned.
    """
    names = tuple({item.type_name for item, _group in items if item.ends_something})
    listings = reads.listings(scope, names) if names else {}
    return [
        (_remembering(item, listings[item.type_name].by_key.get(item.key)) if item.ends_something else item, group)
        for item, group in items
    ]


def _remembering(item: Intent, record: Record | None) -> Intent:
    if record is None:
        return item
    names = [field.name for field in item.type.settable_fields(creating=False)]
    return replace(
        item, before={name: record.get(name) for name in ([DELETION] if item.type.delayed_deletion else names)}
    )


def _place(item: Intent, listings: Mapping[str, Listing], lately: Mapping[tuple[str, str], str]) -> str:
    record = listings[item.type_name].by_key.get(item.key)
    if record is None and item.action == "delete" and (item.type_name, item.key) in lately:
        return lately[item.type_name, item.key]
    if record is None or not record.group:
        raise Http404
    return record.group


def _knowing_of_deletion(item: Intent, listings: Mapping[str, Listing]) -> Intent:
    """With the deletion that is planned as far as known, where nobody said what the person saw of it."""
    if not item.cancels_deletion or DELETION in item.before:
        return item
    record = listings[item.type_name].by_key.get(item.key)
    return replace(item, before={**item.before, DELETION: record.get(DELETION) if record else None})
