"""Resource groups (rg_01 … rg_12)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.sandbox import billing
from portal.sandbox.errors import CONTRADICTION, FORBIDDEN, INVALID, Refused
from portal.sandbox.fields import (
    GROUP_NAME,
    Field,
    anything,
    boolean,
    email,
    integer,
    list_of,
    matching,
    moment_or_empty,
    text,
    timezone,
)
from portal.sandbox.models import Machine, ResourceGroup
from portal.sandbox.scope import Scope, ancestry
from portal.sandbox.types.base import Record, WritableType, matches, taken


class ResourceGroups(WritableType[ResourceGroup]):
    """Groups in a tree; `parent` may be moved, maintenance mode ends by itself."""

    name = "resourcegroup"
    primary_key = ("name",)
    fields = {
        "name": Field(matching(GROUP_NAME, "a valid Linux group name"), "create", filterable=True),
        "customer_no": Field(anything, "read", filterable=True),
        "in_maintenance": Field(boolean),
        "maintenance_start": Field(integer(0, 23), filterable=True),
        "maintenance_end": Field(integer(0, 23), filterable=True),
        "maintenance_until": Field(moment_or_empty),
        "notification_leadtime": Field(integer(0, 8760), filterable=True),
        "timezone": Field(timezone, filterable=True),
        "parent": Field(text),
        "production": Field(boolean, filterable=True),
        "technical_contacts": Field(list_of(email)),
    }

    def records(self, scope: Scope, where: Record) -> list[Record]:
        found = [record_of(group, scope.now) for group in scope.groups.values()]
        return [record for record in found if matches(record, where)]

    def by_id(self, scope: Scope, ids: Collection[Any]) -> dict[Any, Record]:
        return {pk: record_of(scope.groups[pk], scope.now) for pk in ids if pk in scope.groups}

    def find(self, scope: Scope, key: Record) -> ResourceGroup | None:
        return scope.group(key["name"])

    def set(self, scope: Scope, given: Record) -> ResourceGroup:
        _refuse_contradiction(scope.now, given)
        return super().set(scope, _with_defaults(scope, given))

    def create(self, scope: Scope, values: Record) -> ResourceGroup:
        if ResourceGroup.objects.filter(name=values["name"]).exists():
            raise taken("name")
        parent = self._parent(scope, values.pop("parent", scope.key_group.name))
        group = ResourceGroup(
            name=values.pop("name"),
            parent=parent,
            tree=parent.tree,
            customer_no=parent.customer_no,
            accounted_since=scope.now,
        )
        _assign(group, values, scope.now)
        group.save()
        scope.reload()
        return group

    def update(self, scope: Scope, row: ResourceGroup, values: Record) -> None:
        if "parent" in values:
            self._move(scope, row, values.pop("parent"))
        _assign(row, values, scope.now)
        row.save()
        scope.reload()

    def remove(self, scope: Scope, row: ResourceGroup, options: Record) -> None:
        if row == scope.key_group:
            raise Refused("name", "a key cannot delete its own group", FORBIDDEN)
        if row.children.exists():
            raise Refused("name", "still has child groups", CONTRADICTION)
        if Machine.objects.filter(group=row).exists():
            raise Refused("name", "still has machines", CONTRADICTION)
        billing.settle_traffic([row], scope.now)
        row.delete()
        scope.reload()

    def _parent(self, scope: Scope, name: str) -> ResourceGroup:
        parent = scope.group(name)
        if parent is None:
            raise Refused("parent", "must be a group within reach of the key", FORBIDDEN)
        return parent

    def _move(self, scope: Scope, group: ResourceGroup, name: str) -> None:
        """A new place in the tree; the customer follows it (rg_12)."""
        if group == scope.key_group:
            raise Refused("parent", "a key cannot move its own group", FORBIDDEN)
        parent = self._parent(scope, name)
        moved = scope.below(group)
        if parent in moved:
            raise Refused("parent", "would be inside the group itself", CONTRADICTION)
        scope.moved.setdefault(group.pk, [one.pk for one in ancestry(group)])
        leaving = [one for one in moved if one.customer_no != parent.customer_no]
        billing.settle(leaving, scope.now)
        for one in leaving:
            one.customer_no = parent.customer_no
        ResourceGroup.objects.bulk_update(leaving, ["customer_no"])
        group.parent = parent


def _with_defaults(scope: Scope, given: Record) -> Record:
    """Empty means the default (rg_02, rg_03): the key's own group as parent, and whatever customer that has."""
    plain = {key: value for key, value in given.items() if (key, value) != ("customer_no", "")}
    if plain.get("parent") == "" and plain["name"] != scope.key_group.name:
        plain["parent"] = scope.key_group.name
    return plain


def _refuse_contradiction(now: datetime, given: Record) -> None:
    """Maintenance on with no time to come, or off with one: a fault (rg_08)."""
    if not {"in_maintenance", "maintenance_until"} <= given.keys():
        return
    try:
        wanted = boolean(given["in_maintenance"])
        until = moment_or_empty(given["maintenance_until"])
    except ValueError:
        return  # said of its own key later
    if wanted != (until is not None and until > now):
        raise Refused("maintenance_until", "contradicts in_maintenance", INVALID)


def _assign(group: ResourceGroup, values: Record, now: datetime) -> None:
    in_maintenance = values.pop("in_maintenance", None)
    if in_maintenance is False:
        group.maintenance_until = None
    elif in_maintenance is True and not is_in_maintenance(group, now):
        group.maintenance_until = now.replace(microsecond=0) + timedelta(hours=1)
    for key, value in values.items():
        setattr(group, key, value)


def is_in_maintenance(group: ResourceGroup, now: datetime) -> bool:
    """Whether the maintenance mode holds at a moment (rg_06, rg_07)."""
    return group.maintenance_until is not None and group.maintenance_until > now


def record_of(group: ResourceGroup, now: datetime) -> Record:
    """What a query answers of a group at a moment."""
    until = ""
    if group.maintenance_until is not None and is_in_maintenance(group, now):
        until = group.maintenance_until.astimezone(ZoneInfo(group.timezone)).isoformat()
    return {
        "__type__": "resourcegroup",
        "name": group.name,
        "customer_no": group.customer_no,
        "in_maintenance": until != "",
        "maintenance_end": group.maintenance_end,
        "maintenance_start": group.maintenance_start,
        "maintenance_until": until,
        "notification_leadtime": group.notification_leadtime,
        "parent": group.parent.name if group.parent else "",
        "production": group.production,
        "technical_contacts": group.technical_contacts,
        "timezone": group.timezone,
    }
