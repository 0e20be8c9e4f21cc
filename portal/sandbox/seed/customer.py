"""Building one customer of a seeded world from a plan: groups, users, machines that run as recorded."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from portal.sandbox import keys, network
from portal.sandbox.clock import midnight, month_of
from portal.sandbox.limits import projected_cost
from portal.sandbox.models import Address, Hardware, Machine, Permission, ResourceGroup, ServiceUser
from portal.sandbox.seed.plans import CustomerPlan, GroupPlan

_BATCH = 500


@dataclass
class Counters:
    """What is numbered over the whole world."""

    machine: int = 4100
    user: int = 1000
    addresses: dict[tuple[str, int], int] = field(default_factory=dict)


@dataclass
class Built:
    """A customer that has been built: groups by name, machines by name."""

    plan: CustomerPlan
    groups: dict[str, ResourceGroup]
    machines: dict[str, Machine]
    hardware: dict[int, Hardware]

    def of_group(self, name: str) -> list[Machine]:
        """A group's machines, by serial."""
        return [machine for machine in self.machines.values() if machine.group == self.groups[name]]


def build(plan: CustomerPlan, count: int, random: Random, counters: Counters, at: datetime) -> Built:
    """Create a customer with `count` machines."""
    groups = _groups(plan, at)
    _people(plan, groups, counters)
    machines: list[Machine] = []
    for group_plan, number in zip(plan.groups, shares(plan.groups, count), strict=True):
        group = groups[group_plan.name]
        for position in range(number):
            machines.append(_machine(group, position, random, counters.machine, at))
            counters.machine += 1
    Machine.objects.bulk_create(machines, batch_size=_BATCH)
    hardware = [_hardware(machine) for machine in machines]
    Hardware.objects.bulk_create(hardware, batch_size=_BATCH)
    Address.objects.bulk_create(_addresses(machines, counters), batch_size=_BATCH)
    _set_credit(plan, groups)
    by_name = {machine.name: machine for machine in machines}
    return Built(plan, groups, by_name, {one.machine_id: one for one in hardware})


def shares(groups: list[GroupPlan], count: int) -> list[int]:
    """`count` split in proportion to the groups' shares, the first ones taking what rounding leaves."""
    total = sum(group.share for group in groups)
    numbers = [count * group.share // total for group in groups]
    takers = [index for index, group in enumerate(groups) if group.share]
    for turn in range(count - sum(numbers)):
        numbers[takers[turn % len(takers)]] += 1
    return numbers


def _groups(plan: CustomerPlan, at: datetime) -> dict[str, ResourceGroup]:
    groups: dict[str, ResourceGroup] = {}
    for one in plan.groups:
        group = ResourceGroup(
            name=one.name,
            parent=groups[one.parent] if one.parent else None,
            tree=plan.groups[0].name,
            customer_no=plan.customer_no,
            maintenance_start=one.window[0],
            maintenance_end=one.window[1],
            notification_leadtime=one.leadtime,
            timezone=one.timezone,
            production=one.production,
            technical_contacts=plan.contacts,
            key_digest=keys.digest(f"{one.name}-demo-key"),
            traffic_rate=one.traffic,
            accounted_since=midnight(month_of(at)),
        )
        group.save()
        groups[one.name] = group
    return groups


def _set_credit(plan: CustomerPlan, groups: dict[str, ResourceGroup]) -> None:
    for one in plan.groups:
        if one.credit is None:
            continue
        group = groups[one.name]
        below = list(groups.values()) if one.parent is None else [group]
        cost = projected_cost(Machine.objects.filter(group__in=below))
        # The topmost may double; a group with credit of its own is meant to run into it.
        group.credit_limit = round(cost * (2 if one.parent is None else 1)) + one.credit
        group.save(update_fields=["credit_limit"])


def _people(plan: CustomerPlan, groups: dict[str, ResourceGroup], counters: Counters) -> None:
    for group, uid, description in plan.users:
        user = ServiceUser(
            group=groups[group],
            uid=uid,
            description=description,
            id_number=counters.user,
            home_directory=f"/srv/{uid}",
        )
        if uid == "s-legacy":
            user.home_directory, user.login_shell, user.gid_number = "/home/legacy", "/bin/zsh", 100
            user.ssh_pubkey = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDemoKeyOfNobodyAtAll legacy@example.com"]
        user.save()
        counters.user += 1
    Permission.objects.bulk_create(
        Permission(group=groups[group], uid=uid, permission=permission)
        for group, uid, permissions in plan.permissions
        for permission in permissions
    )


#: By position in the group: serial, description, roles, memory, disk choices, pool.
_SINGLES: list[tuple[str, str, list[str], list[int], list[int], str]] = [
    ("00", "Front end", ["role::webgateway"], [512, 1024], [10, 15], "rbd.hdd"),
    ("01", "Database", ["role::postgresql"], [2048, 3072], [80, 120, 200], "rbd.ssd"),
    ("02", "Cache and queue", ["role::redis", "role::rabbitmq"], [1024, 2048], [20], "rbd.ssd"),
    ("03", "Mail", ["role::mailserver"], [512], [20, 30], "rbd.hdd"),
]
_PURPOSES = ["Application", "Application", "Worker", "Background jobs", ""]
_ENVIRONMENTS = ["fc-22.05-production"] * 8 + ["fc-21.11-production"] * 3 + ["fc-20.09-production"]


def _machine(group: ResourceGroup, position: int, random: Random, number: int, at: datetime) -> Machine:
    values: dict[str, Any]
    if position < len(_SINGLES):
        serial, purpose, roles, memory, disk, pool = _SINGLES[position]
    else:
        serial, purpose = str(position + 6), random.choice(_PURPOSES)
        roles, memory, disk, pool = ["role::appserver"], [512, 1024, 1024, 2048], [10, 15, 20, 40], "rbd.hdd"
    created = (at - timedelta(days=random.randint(50, 900))).replace(second=0)
    environment = random.choice(_ENVIRONMENTS)
    values = {
        "service_description": f"{purpose} of {group.name}" if purpose else "",
        "classes": ["role::generic", "role::backupclient", *roles],
        "cores": random.choice([1, 1, 2, 2, 4]),
        "memory": random.choice(memory),
        "disk": random.choice(disk),
        "rbd_pool": pool,
        "environment": environment if group.production else environment.replace("production", "staging"),
        "backy_schedule": "frequent" if position == 1 else "default",
    }
    if position == 0:
        values |= {"frontend_ips_v4": 1, "frontend_ips_v6": 1, "aliases_fe": [f"www.{group.name}.example.com"]}
    elif position == 1:
        values |= {"aliases_srv": [f"db.{group.name}.example.com"]}
    return Machine(
        id=number,
        name=f"{group.name}{serial}",
        group=group,
        needs_install=False,
        creation_date=created,
        accounted_since=max(created, midnight(month_of(at))),
        **values,
    )


def _hardware(machine: Machine) -> Hardware:
    return Hardware(
        machine=machine,
        cores=machine.cores,
        memory=machine.memory,
        disk=machine.disk,
        powered=machine.online,
        kvm_host=f"kvm{machine.pk % 24:02d}",
    )


def _addresses(machines: list[Machine], counters: Counters) -> list[Address]:
    rows: list[Address] = []
    for machine in machines:
        wanted = (
            ("srv", 4, 1), ("srv", 6, 1),
            ("fe", 4, machine.frontend_ips_v4), ("fe", 6, machine.frontend_ips_v6),
        )  # fmt: skip
        for vlan, version, count in wanted:
            first = counters.addresses.get((vlan, version), 0)
            rows += network.new(machine.pk, vlan, version, range(first, first + count))
            counters.addresses[vlan, version] = first + count
    return rows
