"""What can be known of when something recorded is in force, and what says that it is. Pure functions.

Only machines give evidence: `needs_install` of a new one (vm_05), an open maintenance for a change that takes a reboot
(vm_09, vm_10, vm_11). Disks that grow, power, roles, everything else: recorded is all that is ever known.
"""

from collections.abc import Iterable
from datetime import datetime

from portal.changes.models import Item
from portal.resources.deletion import only_announces
from portal.resources.spec import Record, Value
from portal.resources.states import is_open

type Evidence = Item.Evidence

NONE, INSTALL, MAINTENANCE = Item.Evidence.NONE, Item.Evidence.INSTALL, Item.Evidence.MAINTENANCE


def expected(item: Item) -> Evidence:
    """What will say that this item is in force, judging by the full record that the platform answered."""
    if item.type_name != "virtualmachine" or item.action == "delete":
        return NONE
    if item.creates or _takes_reboot(item):
        if item.result.get("needs_install") is True:  # it is installed as it is recorded then
            return INSTALL
        return NONE if item.creates else MAINTENANCE
    return NONE


def is_installed(machine: Record | None) -> bool:
    """Whether a machine is ready to use (vm_05)."""
    return machine is not None and machine.get("needs_install") is False


def maintenance_for(item: Item, maintenances: Iterable[Record], now: datetime) -> Record | None:
    """The open maintenance that most likely carries the item out: one that names a changed field, else the next.

    One that is under way does what was recorded before; what is recorded meanwhile waits for another (vm_24).
    """
    coming = [
        found
        for found in maintenances
        if found.get("machine") == item.key and is_open(found, now) and not only_announces(found)
    ]
    names = {name for name in ("cores", "memory", "disk") if name in item.wanted}
    coming.sort(key=lambda found: (not _mentions(found, names), found.get("active") is True, str(found.get("starts"))))
    return coming[0] if coming else None


def results(maintenance: Record) -> str:
    """What its activities came to, in the platform's words."""
    return ", ".join(dict.fromkeys(result for _what, result in results_by_activity(maintenance)))[:500]


def results_by_activity(maintenance: Record) -> list[tuple[str, str]]:
    """(what was done, what it came to) of those activities of which the platform says so, in its words."""
    told = [(str(one.get("comment") or ""), str(one.get("result") or "")) for one in _activities(maintenance)]
    return [(what, result) for what, result in told if result]


def _takes_reboot(item: Item) -> bool:
    changed = {name for name in ("cores", "memory", "disk") if name in item.wanted and _differs(item, name)}
    grows = _number(item.wanted.get("disk")) > _number(item.before.get("disk"))
    return bool(changed - {"disk"}) or ("disk" in changed and not grows)


def _differs(item: Item, name: str) -> bool:
    return name not in item.before or bool(item.before[name] != item.wanted[name])


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _mentions(maintenance: Record, names: set[str]) -> bool:
    said = " ".join(
        f"{activity.get('comment')} {activity.get('reference_id')}" for activity in _activities(maintenance)
    )
    return any(name in said for name in names)


def _activities(maintenance: Record) -> list[dict[str, Value]]:
    return [activity for activity in maintenance.get("activities") or () if isinstance(activity, dict)]
