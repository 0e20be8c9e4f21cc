"""Service user: the account that services run as, on its group and all groups below it (su_03)."""

from portal.resources.labels import mark as _
from portal.resources.names import service_user_name
from portal.resources.spec import Effect, Field, Kind, ResourceType, Section, Settable

GONE_AT_ONCE = Effect(_("The account is deleted at once on all its machines. Created again, it has another user ID."))
SERVICE_USER = ResourceType(
    name="serviceuser",
    label=_("Service user"),
    plural=_("Service users"),
    icon="user-cog",
    key=("resource_group", "uid"),
    sections=(
        Section(name="main", label=_("Service user"), icon="user-cog"),
        Section(name="account", label=_("Account on the machines"), icon="terminal-2"),
        Section(name="reach", label=_("Available on"), icon="topology-star-3"),
    ),
    fields=(
        Field(
            name="uid",
            joins=True,
            label=_("Name"),
            help=_("Begins with “s-”. Unique within its group. It cannot be changed later."),
            settable=Settable.AT_CREATION,
            required=True,
            filterable=True,
            max_length=32,
            check=service_user_name,
        ),
        Field(
            name="resource_group",
            label=_("Resource group"),
            help=_("It exists in this group and in all groups below. This cannot be changed later."),
            settable=Settable.AT_CREATION,
            required=True,
            filterable=True,
            refers_to="resourcegroup",
        ),
        Field(
            name="description",
            label=_("Description"),
            help=_("What it is for."),
            settable=Settable.ALWAYS,
            for_many=True,
            default="",
            max_length=1000,
        ),
        Field(name="id_number", label=_("User ID"), kind=Kind.INTEGER, section="account"),
        Field(name="gid_number", label=_("Group ID"), kind=Kind.INTEGER, section="account", default=101),
        Field(name="home_directory", label=_("Home directory"), section="account", default=""),
        Field(name="login_shell", label=_("Login shell"), section="account", default="/bin/bash"),
        Field(
            name="ssh_pubkey",
            label=_("SSH keys"),
            kind=Kind.NAMES,
            section="account",
            help=_("Set in the platform’s self-service, not here. Logging in as a service user is not recommended."),
            default=[],
        ),
        Field(
            name="resource_groups_recursive",
            label=_("Groups"),
            kind=Kind.NAMES,
            section="reach",
            default=[],
            refers_to="resourcegroup",
        ),
        Field(
            name="virtual_machines",
            label=_("Machines"),
            kind=Kind.NAMES,
            section="reach",
            default=[],
            refers_to="virtualmachine",
        ),
    ),
    columns=("uid", "resource_group", "description", "id_number", "home_directory"),
    card=("resource_group", "description"),
    lead="description",
    sort="uid",
    search=("uid", "resource_group", "description"),
    upstream_filter=("uid",),
    creatable=True,
    editable=True,
    deletable=True,
    title=lambda values: str(values.get("uid", "")),
    lasting=lambda before, wanted: [GONE_AT_ONCE] if wanted is None else [],
)
