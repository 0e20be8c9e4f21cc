"""Virtual machine: what runs a customer's services. The one type with power, hardware and a delayed deletion."""

import re
from collections.abc import Iterable, Iterator, Set
from itertools import count

from portal.resources.labels import mark as _
from portal.resources.names import host_name
from portal.resources.spec import Action, Choice, Field, Kind, ResourceType, Section, Settable
from portal.resources.states import machine_states
from portal.resources.types.machine_changes import (
    heeded_roles,
    keep_buttons,
    machine_effects,
    machine_lasting,
    power_buttons,
    set_power,
    what_runs,
)

NIXOS = ("fc-22.05", "fc-21.11")
NIXOS_OUTDATED = ("fc-21.05", "fc-20.09", "fc-19.03", "fc-15.09")

# vm_08. They suit the class of a machine; Puppet's two are for old machines.
ENVIRONMENTS = (
    *(
        Choice(value=name, label=name, outdated=release in NIXOS_OUTDATED, needs=("environment_class", "NixOS"))
        for release in (*NIXOS, *NIXOS_OUTDATED)
        for name in (f"{release}-production", f"{release}-staging")
    ),
    *(
        Choice(value=name, label=name, outdated=True, needs=("environment_class", "Puppet"))
        for name in ("production", "staging")
    ),
)

# Roles known from the platform's documentation; others can be typed, and are kept when met (vm_06).
ROLES = tuple(
    Choice(value=f"role::{name}", label=name)
    for name in (
        "generic",
        "backupclient",
        "webgateway",
        "webproxy",
        "appserver",
        "postgresql14",
        "mysql",
        "percona80",
        "redis",
        "memcached",
        "rabbitmq",
        "elasticsearch7",
        "mailserver",
        "loghost",
        "statshost-master",
        "docker",
        "devhost",
    )
)


def is_machine_name(text: str, group: str) -> bool:
    """Whether a machine of the group may be called so: the group's name and a serial number (vm_01)."""
    return text.startswith(group) and bool(re.fullmatch(r"[0-9]{1,6}", text[len(group) :]))


def free_machine_names(group: str, taken: Iterable[str]) -> Iterator[str]:
    """The group's free machine names, next first: its name and a serial number of two digits (vm_01)."""
    names = taken if isinstance(taken, Set) else set(taken)
    return (name for serial in count() if (name := f"{group}{serial:02d}") not in names)


def next_machine_name(group: str, taken: Iterable[str]) -> str:
    """The first of them."""
    return next(free_machine_names(group, taken))


VIRTUAL_MACHINE = ResourceType(
    name="virtualmachine",
    label=_("Machine"),
    plural=_("Machines"),
    icon="server-2",
    key=("name",),
    sections=(
        Section(name="main", label=_("Machine"), icon="server-2"),
        Section(name="resources", label=_("Resources"), icon="cpu"),
        Section(name="network", label=_("Network"), icon="network"),
        Section(name="platform", label=_("Platform"), icon="stack-2"),
        Section(name="lifecycle", label=_("Upcoming"), icon="calendar-event", aside=True),
    ),
    fields=(
        Field(
            name="resource_group",
            label=_("Resource group"),
            help=_("It cannot be changed later."),
            settable=Settable.AT_CREATION,
            required=True,
            filterable=True,
            refers_to="resourcegroup",
        ),
        Field(
            name="name",
            label=_("Name"),
            help=_(
                "The group’s name and a number: 00 is the front end, 01–09 are single services, 10–30 applications."
            ),
            settable=Settable.AT_CREATION,
            required=True,
            filterable=True,
            max_length=38,  # a group's name and six digits; the form holds it against the group chosen
        ),
        Field(
            name="service_description",
            label=_("Description"),
            help=_("What the machine is for. Shown at login."),
            settable=Settable.ALWAYS,
            for_many=True,
            default="",
            max_length=500,
        ),
        Field(
            name="cores",
            label=_("Cores"),
            kind=Kind.INTEGER,
            help=_("For more cores, memory or disk than the form allows, ask %(support)s."),
            section="resources",
            settable=Settable.ALWAYS,
            for_many=True,
            default=1,
            limit="cores",
            filterable=True,
        ),
        Field(
            name="memory",
            label=_("Memory"),
            kind=Kind.INTEGER,
            section="resources",
            settable=Settable.ALWAYS,
            for_many=True,
            default=256,
            limit="memory",
            unit="MiB",
            filterable=True,
        ),
        Field(
            name="disk",
            label=_("Disk"),
            kind=Kind.INTEGER,
            section="resources",
            settable=Settable.ALWAYS,
            for_many=True,
            default=10,
            limit="disk",
            unit="GiB",
            filterable=True,
        ),
        Field(
            name="rbd_pool",
            label=_("Storage"),
            kind=Kind.CHOICE,
            section="resources",
            help=_("It cannot be changed later."),
            settable=Settable.AT_CREATION,
            default="rbd.hdd",
            filterable=True,
            choices=(
                Choice(value="rbd.hdd", label=_("HDD")),
                Choice(value="rbd.ssd", label=_("SSD")),
            ),
        ),
        Field(
            name="interfaces",
            label=_("Interfaces"),
            kind=Kind.INTERFACES,
            section="network",
            help=_("Reverse names are set on request: ask %(support)s."),
            default={},
        ),
        Field(name="reverses", label=_("Reverse names"), kind=Kind.STRUCT, section="network", default={}),
        Field(
            name="frontend_ips_v4",
            label=_("Public IPv4 addresses"),
            kind=Kind.INTEGER,
            section="network",
            help=_(
                "Addresses are scarce: usually one machine of a group has one. Unused ones may be "
                "reclaimed. For fewer than now, or more than 3, ask %(support)s."
            ),
            settable=Settable.ALWAYS,
            copied=False,
            default=0,
            limit="frontend_ips_v4",
        ),
        Field(
            name="frontend_ips_v6",
            label=_("Public IPv6 addresses"),
            kind=Kind.INTEGER,
            section="network",
            help=_("For fewer than now, ask %(support)s."),
            settable=Settable.ALWAYS,
            copied=False,
            default=0,
            limit="frontend_ips_v6",
        ),
        Field(
            name="aliases_fe",
            label=_("Public names"),
            kind=Kind.NAMES,
            section="network",
            help=_("Additional host names on the public network. One per line."),
            settable=Settable.ALWAYS,
            copied=False,
            default=[],
            max_length=253,
            check=host_name,
        ),
        Field(
            name="aliases_srv",
            label=_("Internal names"),
            kind=Kind.NAMES,
            section="network",
            help=_("Additional host names between your machines. One per line."),
            settable=Settable.ALWAYS,
            copied=False,
            default=[],
            max_length=253,
            check=host_name,
        ),
        Field(
            name="environment_class",
            label=_("Environment class"),
            kind=Kind.CHOICE,
            section="platform",
            help=_("To change it later, delete the machine and create it again once its name is free."),
            settable=Settable.AT_CREATION,
            default="NixOS",
            filterable=True,
            choices=(Choice(value="NixOS", label="NixOS"), Choice(value="Puppet", label="Puppet", outdated=True)),
        ),
        Field(
            name="environment",
            label=_("Environment"),
            kind=Kind.CHOICE,
            section="platform",
            help=_("The platform release that the machine follows."),
            settable=Settable.ALWAYS,
            for_many=True,
            default="fc-22.05-production",
            filterable=True,
            choices=ENVIRONMENTS,
        ),
        Field(
            name="classes",
            label=_("Roles"),
            kind=Kind.NAMES,
            section="platform",
            help=_(
                "The managed components on this machine. “generic” always stays, “backupclient” does in production."
            ),
            settable=Settable.ALWAYS,
            for_many=True,
            default=["role::generic", "role::backupclient"],
            choices=ROLES,
        ),
        Field(
            name="backy_schedule",
            label=_("Backup schedule"),
            kind=Kind.CHOICE,
            section="platform",
            settable=Settable.ALWAYS,
            for_many=True,
            default="default",
            choices=(
                Choice(value="default", label=_("default")),
                Choice(value="frequent", label=_("frequent")),
                Choice(value="longterm", label=_("long-term")),
                Choice(value="frequent+longterm", label=_("frequent and long-term")),
            ),
        ),
        Field(
            name="location",
            label=_("Data centre"),
            kind=Kind.CHOICE,
            section="platform",
            settable=Settable.AT_CREATION,
            required=True,
            default="rzob",
            filterable=True,
            choices=(Choice(value="rzob", label="rzob"),),
        ),
        Field(
            name="online",
            label=_("Power"),
            kind=Kind.BOOLEAN,
            words=(_("on"), _("off")),
            section="lifecycle",
            default=True,
            filterable=True,
        ),
        Field(
            name="needs_install",
            label=_("Installing"),
            kind=Kind.BOOLEAN,
            section="lifecycle",
            default=False,
        ),
        Field(
            name="servicing",
            label=_("In service"),
            kind=Kind.BOOLEAN,
            section="lifecycle",
            help=_("Whether the platform expects it to do its work: not during maintenance."),
            default=True,
        ),
        Field(
            name="deletion",
            label=_("Deletion"),
            kind=Kind.DELETION,
            section="lifecycle",
            default={"deadline": "", "stages": []},
        ),
        Field(
            name="last_maintenance_end",
            label=_("Last maintenance ended"),
            kind=Kind.MOMENT,
            section="lifecycle",
            help=_("Alerts of your monitoring around this time may be due to it."),
            default="",
        ),
        Field(name="creation_date", label=_("Created"), kind=Kind.MOMENT, section="lifecycle", default=""),
        Field(
            name="production",
            label=_("Production"),
            kind=Kind.BOOLEAN,
            section="platform",
            default=True,
            filterable=True,
        ),
        Field(
            name="resource_group_parent",
            label=_("Parent group"),
            default="",
            filterable=True,
            refers_to="resourcegroup",
        ),
        Field(name="id", label=_("Number"), kind=Kind.INTEGER, section="platform"),
        Field(
            name="kvm_host",
            label=_("Host"),
            section="platform",
            help=_("Machines on the same host may reach each other faster than others do."),
            default="",
        ),
        Field(name="machine", label=_("Kind"), section="platform", default="virtual"),
        Field(name="timezone", label=_("Time zone"), kind=Kind.TIMEZONE, section="platform", default="Europe/Berlin"),
    ),
    columns=(
        "name",
        "resource_group",
        "service_description",
        "state",
        "cores",
        "memory",
        "disk",
        "environment",
        "interfaces",
    ),
    roomy=("environment",),
    card=("state", "service_description", "interfaces"),
    lead="service_description",
    sort="name",
    search=("name", "resource_group", "service_description", "interfaces", "reverses", "aliases_fe", "aliases_srv"),
    upstream_filter=("name",),  # vm_23
    creatable=True,
    editable=True,
    deletable=True,
    delayed_deletion=True,
    states=machine_states,
    runs=what_runs,
    effects=machine_effects,
    lasting=machine_lasting,
    heeds=heeded_roles,
    actions=(
        Action(name="power", buttons=power_buttons, sets=set_power),
        Action(name="keep", buttons=keep_buttons, sets=lambda record, params, now: {}),
    ),
    free_names=free_machine_names,
)
