"""What a plan adds up to: machines, cores, memory, disk and addresses of each group, before and after. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from portal.changes.intent import Intent
from portal.resources.spec import Record, Value, Values
from portal.resources.types import VIRTUAL_MACHINE

MEASURES = ("machines", "cores", "memory", "disk", "frontend_ips_v4", "frontend_ips_v6")
DEFAULTS: Values = {one.name: one.default for one in VIRTUAL_MACHINE.fields}


@dataclass(slots=True)
class Sum:
    """By measure: how much there is now, and how much more (or less) there will be."""

    now: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))
    more: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))

    @property
    def changes(self) -> bool:
        return any(self.more.values())

    def after(self, measure: str) -> int:
        return self.now[measure] + self.more[measure]


def sums(machines: Iterable[Record], intents: Iterable[Intent]) -> dict[str, Sum]:
    """By group, those that change; under '' for all of them and the others together.

    A machine whose deletion is planned counts as one that goes: when, says the plan.
    """
    by_key = {machine.key: machine for machine in machines}
    groups: dict[str, Sum] = {"": Sum()}
    for machine in by_key.values():
        for group in ("", machine.group or ""):
            _add(groups.setdefault(group, Sum()).now, machine.values, 1)
    for intent in intents:
        if intent.type_name == VIRTUAL_MACHINE.name:
            _count(groups, intent, by_key.get(intent.key))
    return {group: found for group, found in groups.items() if not group or found.changes}


def _count(groups: dict[str, Sum], intent: Intent, machine: Record | None) -> None:
    was: Values = machine.values if machine is not None else {}
    group = str((machine.group if machine is not None else intent.wanted.get("resource_group")) or "")
    for name in ("", group):
        more = groups.setdefault(name, Sum()).more
        if machine is not None:
            _add(more, was, -1)
        if intent.action != "delete" and (machine is not None or intent.creates):
            _add(more, {**DEFAULTS, **was, **intent.wanted}, 1)


def _add(sums: dict[str, int], values: Mapping[str, Value], sign: int) -> None:
    sums["machines"] += sign
    for name in MEASURES[1:]:
        number = values.get(name)
        sums[name] += sign * number if isinstance(number, int) else 0
