"""Service users (su_01 … su_05)."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from portal.sandbox.clock import world_lock
from portal.sandbox.errors import FORBIDDEN, Refused
from portal.sandbox.fields import SERVICE_NAME, Field, anything, matching, text
from portal.sandbox.models import Machine, ResourceGroup, ServiceUser
from portal.sandbox.scope import Scope
from portal.sandbox.types.base import Record, WritableType


class ServiceUsers(WritableType[ServiceUser]):
    """They exist on their group and all its descendants."""

    name = "serviceuser"
    primary_key = ("resource_group", "uid")
    fields = {
        "uid": Field(matching(SERVICE_NAME, "a valid Linux user name that starts with s-"), "create", filterable=True),
        "resource_group": Field(text, "create"),
        "description": Field(text),
        "id_number": Field(anything, "read"),
        "gid_number": Field(anything, "read"),
        "home_directory": Field(anything, "read"),
        "login_shell": Field(anything, "read"),
        "ssh_pubkey": Field(anything, "read"),
        "resource_groups_recursive": Field(anything, "read"),
        "virtual_machines": Field(anything, "read"),
    }

    def records(self, scope: Scope, where: Record) -> list[Record]:
        if not all(isinstance(value, str) for value in where.values()):
            return []
        rows = ServiceUser.objects.filter(group_id__in=scope.groups, **where)
        return list(self._described(scope, rows).values())

    def by_id(self, scope: Scope, ids: Collection[Any]) -> dict[Any, Record]:
        return self._described(scope, ServiceUser.objects.filter(group_id__in=scope.groups, pk__in=ids))

    def _described(self, scope: Scope, users: QuerySet[ServiceUser]) -> dict[Any, Record]:
        rows = list(users.order_by("uid", "group__name"))
        reach = {pk: scope.below(scope.groups[pk]) for pk in {row.group_id for row in rows}}
        within = {group.pk for groups in reach.values() for group in groups}
        machines: dict[int, list[str]] = defaultdict(list)
        for group_id, name in Machine.objects.filter(group_id__in=within).values_list("group_id", "name"):
            machines[group_id].append(name)
        return {row.pk: _record(scope, row, reach[row.group_id], machines) for row in rows}

    def find(self, scope: Scope, key: Record) -> ServiceUser | None:
        group = scope.group(key["resource_group"])
        return ServiceUser.objects.filter(group=group, uid=key["uid"]).first() if group else None

    def create(self, scope: Scope, values: Record) -> ServiceUser:
        group = group_in_reach(scope, values.pop("resource_group"))
        with world_lock() as world:
            number = world.next_user
            world.next_user += 1
            world.save(update_fields=["next_user"])
        uid = values.pop("uid")
        return ServiceUser.objects.create(
            group=group, uid=uid, id_number=number, home_directory=f"/srv/{uid}", **values
        )

    def update(self, scope: Scope, row: ServiceUser, values: Record) -> None:
        if values:
            row.description = values["description"]
            row.save(update_fields=["description"])

    def remove(self, scope: Scope, row: ServiceUser, options: Record) -> None:
        row.delete()


def group_in_reach(scope: Scope, name: str) -> ResourceGroup:
    """The group of that name. Refused alike for one that is out of reach and one that doesn't exist."""
    group = scope.group(name)
    if group is None:
        raise Refused("resource_group", "must be a group within reach of the key", FORBIDDEN)
    return group


def _record(scope: Scope, user: ServiceUser, groups: list[ResourceGroup], machines: dict[int, list[str]]) -> Record:
    return {
        "__type__": "serviceuser",
        "description": user.description,
        "gid_number": user.gid_number,
        "home_directory": user.home_directory,
        "id_number": user.id_number,
        "login_shell": user.login_shell,
        "resource_group": scope.groups[user.group_id].name,
        "resource_groups_recursive": sorted(group.name for group in groups),
        "ssh_pubkey": user.ssh_pubkey,
        "uid": user.uid,
        "virtual_machines": sorted(name for group in groups for name in machines[group.pk]),
    }
