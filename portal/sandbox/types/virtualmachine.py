"""Virtual machines (vm_01 … vm_23): the record, and what may be said about it."""

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from portal.sandbox import deletion, hardware, network
from portal.sandbox.clock import world_lock
from portal.sandbox.errors import CONTRADICTION, INVALID, Refused
from portal.sandbox.fields import (
    ROLE,
    Field,
    anything,
    boolean,
    choice,
    day,
    host_name,
    limited,
    list_of,
    matching,
    text,
)
from portal.sandbox.models import Address, Machine, ResourceGroup, RetiredName
from portal.sandbox.scope import Scope
from portal.sandbox.types.base import Record, WritableType, iso, required, taken
from portal.sandbox.types.serviceuser import group_in_reach

GENERIC, BACKUP = "role::generic", "role::backupclient"
_RELEASES = ("fc-22.05", "fc-21.11", "fc-21.05", "fc-20.09", "fc-19.03", "fc-15.09")
#: Environments by class; the first is the default (vm_08).
ENVIRONMENTS = {
    "NixOS": [f"{release}-{kind}" for release in _RELEASES for kind in ("production", "staging")],
    "Puppet": ["production", "staging"],
}
_GROWING = ("cores", "memory", "disk")


class VirtualMachines(WritableType[Machine]):
    """The inventory's side of a machine; `hardware` moves it to the running one."""

    name = "virtualmachine"
    primary_key = ("name",)
    fields = {
        "name": Field(text, "create", filterable=True),
        "resource_group": Field(text, "create", filterable=True),
        "location": Field(choice("rzob"), "create", filterable=True),
        "rbd_pool": Field(choice("rbd.hdd", "rbd.ssd"), "create"),
        "environment_class": Field(choice(*ENVIRONMENTS), "create"),
        "environment": Field(text, filterable=True),
        "service_description": Field(text),
        "classes": Field(list_of(matching(ROLE, "a role such as role::generic"))),
        "cores": Field(limited("cores")),
        "memory": Field(limited("memory")),
        "disk": Field(limited("disk")),
        "online": Field(boolean, filterable=True),
        "frontend_ips_v4": Field(limited("frontend_ips_v4")),
        "frontend_ips_v6": Field(limited("frontend_ips_v6")),
        "aliases_srv": Field(list_of(host_name)),
        "aliases_fe": Field(list_of(host_name)),
        "backy_schedule": Field(choice("default", "frequent", "longterm", "frequent+longterm")),
        "production": Field(anything, "read", filterable=True),
    } | {
        key: Field(anything, "read")
        for key in (
            "creation_date", "deletion", "id", "interfaces", "kvm_host", "last_maintenance_end", "machine",
            "needs_install", "resource_group_parent", "reverses", "servicing", "timezone",
        )
    }  # fmt: skip
    delete_fields = {"deadline": Field(day)}

    def records(self, scope: Scope, where: Record) -> list[Record]:
        rows = _matching(scope, where)
        return [] if rows is None else list(self._described(scope, rows).values())

    def by_id(self, scope: Scope, ids: Collection[Any]) -> dict[Any, Record]:
        return self._described(scope, Machine.objects.filter(group_id__in=scope.groups, pk__in=ids))

    def _described(self, scope: Scope, rows: QuerySet[Machine]) -> dict[Any, Record]:
        addresses: dict[int | None, list[tuple[str, str, str]]] = defaultdict(list)
        # By subquery: a list of ids would be too long where there are thousands.
        allocated = Address.objects.filter(machine__in=rows).order_by("version", "number")
        for machine_id, vlan, net, address in allocated.values_list("machine_id", "vlan", "network", "address"):
            addresses[machine_id].append((vlan, net, address))
        machines = rows.select_related("hardware").order_by("name")
        return {row.pk: _record(scope, row, addresses[row.pk]) for row in machines}

    def find(self, scope: Scope, key: Record) -> Machine | None:
        machine = Machine.objects.filter(name=key["name"], group_id__in=scope.groups).first()
        if machine is not None:
            machine.group = scope.groups[machine.group_id]
        return machine

    def create(self, scope: Scope, values: Record) -> Machine:
        required(values, "resource_group", "location")
        group = group_in_reach(scope, values.pop("resource_group"))
        _check_name(values["name"], group.name)
        values.setdefault("environment_class", "NixOS")
        values.setdefault("environment", ENVIRONMENTS[values["environment_class"]][0])
        values["classes"] = _recorded_roles(values.get("classes", [GENERIC, BACKUP]), [], group)
        with world_lock() as world:
            number = world.next_machine
            world.next_machine += 1
            world.save(update_fields=["next_machine"])
        machine = Machine(id=number, group=group, creation_date=scope.now.replace(microsecond=0), **values)
        _check_environment(machine)
        machine.save(force_insert=True)
        _allocate(machine)
        hardware.schedule_install(machine, scope.now, world.install_seconds)
        scope.grown[machine.pk] = machine
        return machine

    def update(self, scope: Scope, row: Machine, values: Record) -> None:
        if "soft" in row.stages:
            scope.grown[row.pk] = row  # it counts again (api_16)
        deletion.cancel(row, scope.now)
        if not values:
            return
        if "classes" in values:
            values["classes"] = _recorded_roles(values["classes"], row.classes, row.group)
        switched = values.get("online", row.online) != row.online
        if any(values.get(key, 0) > getattr(row, key) for key in _GROWING):
            scope.grown[row.pk] = row
        for key, value in values.items():
            setattr(row, key, value)
        _check_environment(row)
        row.save(update_fields=list(values))
        _allocate(row)
        if values.keys() & set(_GROWING):
            hardware.reschedule(row, scope.now)
        if switched:
            hardware.switch(row, scope.now)

    def remove(self, scope: Scope, row: Machine, options: Record) -> None:
        deletion.schedule(row, options.get("deadline"), scope.now)


def _matching(scope: Scope, where: Record) -> QuerySet[Machine] | None:
    """The machines that a filter means; None where no machine can have such a value."""
    groups = list(scope.groups.values())
    conditions: Record = {}
    for key, value in where.items():
        if not isinstance(value, bool if key in ("online", "production") else str):
            return None
        if key == "resource_group":
            groups = [group for group in groups if group.name == value]
        elif key == "production":
            groups = [group for group in groups if group.production == value]
        else:
            conditions[key] = value
    return Machine.objects.filter(group__in=groups, **conditions)


def suits_group(name: str, group_name: str) -> bool:
    """Whether a machine of that group may have that name: the group's and a serial number (vm_01)."""
    return name.startswith(group_name) and bool(re.fullmatch(r"[0-9]{1,6}", name[len(group_name) :]))


def _check_name(name: str, group_name: str) -> None:
    """Name of the group and a serial number (vm_01), and free (vm_22)."""
    if not suits_group(name, group_name):
        raise Refused("name", f"must be {group_name} followed by a serial number")
    if Machine.objects.filter(name=name).exists():
        raise taken("name")
    retired = RetiredName.objects.filter(name=name).first()
    if retired is not None:
        raise Refused("name", f"was used before, and is free again on {iso(retired.free_at)}", CONTRADICTION)


def _check_environment(machine: Machine) -> None:
    if machine.environment not in ENVIRONMENTS[machine.environment_class]:
        raise Refused("environment", f"does not suit environment_class {machine.environment_class}", INVALID)


def _recorded_roles(wanted: list[str], present: list[str], group: ResourceGroup) -> list[str]:
    """What is recorded where these roles are asked for (vm_06).

    What always is there, and what staff has given, stays also where it is left out; for good, so that it
    does not go later, when the group is no longer in production.
    """
    for role in wanted:
        if role in settings.RESERVED_ROLES and role not in present:
            raise Refused("classes", f"{role} cannot be selected", INVALID)
    given = [role for role in present if role in settings.RESERVED_ROLES and role not in wanted]
    return _classes(wanted + given, production=group.production)


def _allocate(machine: Machine) -> None:
    network.allocate(machine, "srv", 4, 1)
    network.allocate(machine, "srv", 6, 1)
    network.allocate(machine, "fe", 4, machine.frontend_ips_v4)
    network.allocate(machine, "fe", 6, machine.frontend_ips_v6)


def _classes(roles: list[str], *, production: bool) -> list[str]:
    always = [GENERIC, BACKUP] if production else [GENERIC]
    return always + [role for role in roles if role not in always]


def _record(scope: Scope, machine: Machine, addresses: list[tuple[str, str, str]]) -> Record:
    group = scope.groups[machine.group_id]
    return {
        "__type__": "virtualmachine",
        "aliases_fe": machine.aliases_fe,
        "aliases_srv": machine.aliases_srv,
        "backy_schedule": machine.backy_schedule,
        "classes": _classes(machine.classes, production=group.production),
        "cores": machine.cores,
        "creation_date": iso(machine.creation_date),
        "deletion": {
            "deadline": machine.deadline.isoformat() if machine.deadline else "",
            "stages": machine.stages,
        },
        "disk": machine.disk,
        "environment": machine.environment,
        "environment_class": machine.environment_class,
        "frontend_ips_v4": machine.frontend_ips_v4,
        "frontend_ips_v6": machine.frontend_ips_v6,
        "id": machine.pk,
        "interfaces": network.interfaces(machine.pk, addresses),
        "kvm_host": machine.hardware.kvm_host if hasattr(machine, "hardware") else "",
        "last_maintenance_end": iso(machine.last_maintenance_end),
        "location": machine.location,
        "machine": "virtual",
        "memory": machine.memory,
        "name": machine.name,
        "needs_install": machine.needs_install,
        "online": machine.online,
        "production": group.production,
        "rbd_pool": machine.rbd_pool,
        "resource_group": group.name,
        "resource_group_parent": group.parent.name if group.parent else "",
        "reverses": machine.reverses,
        "service_description": machine.service_description,
        "servicing": machine.servicing and machine.online and "soft" not in machine.stages,
        "timezone": group.timezone,
    }
