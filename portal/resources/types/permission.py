"""Permission: what a person or service user may do in a resource group and below it (pm_04)."""

from portal.resources.labels import mark as _
from portal.resources.names import user_name
from portal.resources.spec import Choice, Effect, Field, Kind, ResourceType, Section, Settable

PERMISSION = ResourceType(
    name="permission",
    label=_("Permission"),
    plural=_("Permissions"),
    icon="key",
    key=("resource_group", "uid", "permission"),
    sections=(Section(name="main", label=_("Permission"), icon="key"),),
    fields=(
        Field(
            name="resource_group",
            label=_("Resource group"),
            help=_(
                "It also applies in the groups below, as long as they define none of their own for "
                "this person (as we read the platform’s rules)."
            ),
            settable=Settable.AT_CREATION,
            required=True,
            filterable=True,
            refers_to="resourcegroup",
        ),
        Field(
            name="uid",
            joins=True,
            label=_("Person or service user"),
            help=_("The login name on the machines."),
            settable=Settable.AT_CREATION,
            required=True,
            filterable=True,
            max_length=32,
            check=user_name,
        ),
        Field(
            name="permission",
            label=_("Permission"),
            kind=Kind.CHOICE,
            settable=Settable.AT_CREATION,
            required=True,
            filterable=True,
            choices=(
                Choice(value="login", label=_("login: log in to machines by SSH")),
                Choice(value="sudo-srv", label=_("sudo-srv: control services once logged in (needs login)")),
                Choice(value="stats", label=_("stats: read statistics")),
            ),
        ),
    ),
    columns=("uid", "permission", "resource_group"),
    card=("permission", "resource_group"),
    sort="uid",
    search=("uid", "permission", "resource_group"),
    upstream_filter=("uid",),
    creatable=True,
    deletable=True,
    title=lambda values: f"{values.get('uid', '')} {values.get('permission', '')}",
    lasting=lambda before, wanted: (
        [Effect(_("Access ends at once; it can be granted again."))] if wanted is None else []
    ),
)
