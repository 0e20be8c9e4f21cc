"""From recorded to in force: into the inventory, then on to what evidence there is, or to the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from portal.changes import install_times, outcome, timing
from portal.changes.evidence import INSTALL, NONE, expected, is_installed, maintenance_for, results
from portal.changes.leases import let_go
from portal.changes.models import Change, Item, State
from portal.inventory.snapshots.write_through import patch
from portal.resources.spec import Record
from portal.resources.states import is_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a poll has brought: records by key, None for a type that was not asked for."""

    machines: Mapping[str, Record] | None
    maintenances: Mapping[str, Record] | None
    platform_now: datetime
    since_last: timedelta | None  # since the poll before, None where there was none lately


def conclude(change: Change, items: Sequence[Item], *, late: bool = False) -> None:
    """Carry what the platform answered into the inventory; then follow its evidence, or be at the end: recorded.

    `late`: the worker that got the answer went away before it came to this, and newer things may be known by now.
    """
    _patch(change, items, change.recorded_at if late else None)
    for item in items:
        item.evidence = expected(item)
    with transaction.atomic():
        if any(item.evidence for item in items):
            moved = let_go(change, State.SETTLING)
        else:
            moved = outcome.finish(change, State.RECORDED, change.answer)
        if moved:
            Item.objects.bulk_update(items, ["evidence"])


def judge(item: Item, seen: Seen) -> None:
    """Look at the evidence for one item, and write down what it says. Its change may then be at its end (`close`)."""
    if item.evidence == INSTALL:
        if seen.machines is not None:
            _judge_install(item, seen.machines.get(item.key), seen)
    elif seen.maintenances is not None:
        _judge_maintenance(item, seen.maintenances, seen.platform_now)


def close(changes: Sequence[Change]) -> None:
    """End those of the settling changes of which nothing is open any more: done where evidence said so."""
    for change in changes:
        with transaction.atomic():
            items = Item.objects.filter(change=change).exclude(evidence=NONE)
            if items.filter(settled_at=None).exists():
                continue
            state = State.DONE if items.exists() else State.RECORDED
            Change.objects.filter(pk=change.pk, state=State.SETTLING).update(state=state, done_at=timezone.now())


def _patch(change: Change, items: Sequence[Item], learned_at: datetime | None) -> None:
    if change.api_key is None:
        return
    for type_name in dict.fromkeys(item.type_name for item in items):
        ours = [item for item in items if item.type_name == type_name]
        gone = [item.key for item in ours if item.action == "delete" and not item.result]
        found = [item.result for item in ours if item.result]
        patch(change.api_key, type_name, found, gone, learned_at=learned_at)


def _judge_install(item: Item, machine: Record | None, seen: Seen) -> None:
    if machine is None:  # gone while it was being installed
        _settle(item, evidence=NONE)
    elif is_installed(machine) and _settle(item, settled_at=timezone.now()):
        install_times.note(item, seen.since_last)


def _judge_maintenance(item: Item, maintenances: Mapping[str, Record], now: datetime) -> None:
    known = maintenances.get(item.maintenance)
    if known is not None and not is_open(known, now):
        _settle(item, settled_at=timezone.now(), outcome=results(known))
    elif known is None:
        # None yet, or the one that was known has been put off or withdrawn.
        found = maintenance_for(item, maintenances.values(), now)
        if found is not None:
            _settle(item, maintenance=found.key)
        elif item.maintenance or timezone.now() > _recorded_at(item) + timedelta(seconds=timing.EVIDENCE_WITHIN):
            _settle(item, evidence=NONE)


def _recorded_at(item: Item) -> datetime:
    return item.change.recorded_at or item.change.created


def _settle(item: Item, **fields: object) -> bool:
    """Write it down, once."""
    return bool(Item.objects.filter(pk=item.pk, settled_at=None).update(**fields))
