"""Permissions of people and service users on groups (pm_01 … pm_05)."""

from collections.abc import Collection
from typing import Any

from portal.sandbox.errors import Refused
from portal.sandbox.fields import USER_NAME, Field, choice, matching, text
from portal.sandbox.models import Permission
from portal.sandbox.scope import Scope
from portal.sandbox.types.base import Record, WritableType
from portal.sandbox.types.serviceuser import group_in_reach


class Permissions(WritableType[Permission]):
    """Granted and revoked, never changed. What a child group inherits is not a record of its own (pm_04)."""

    name = "permission"
    primary_key = ("resource_group", "uid", "permission")
    fields = {
        "resource_group": Field(text, "create"),
        "uid": Field(text, "create", filterable=True),
        "permission": Field(choice("login", "sudo-srv", "stats"), "create"),
    }

    def records(self, scope: Scope, where: Record) -> list[Record]:
        if not all(isinstance(value, str) for value in where.values()):
            return []
        rows = Permission.objects.filter(group_id__in=scope.groups, **where)
        return [_record(scope, row) for row in rows.order_by("group__name", "uid", "permission")]

    def by_id(self, scope: Scope, ids: Collection[Any]) -> dict[Any, Record]:
        rows = Permission.objects.filter(group_id__in=scope.groups, pk__in=ids)
        return {row.pk: _record(scope, row) for row in rows}

    def find(self, scope: Scope, key: Record) -> Permission | None:
        group = scope.group(key["resource_group"])
        if group is None:
            return None
        return Permission.objects.filter(group=group, uid=key["uid"], permission=key["permission"]).first()

    def create(self, scope: Scope, values: Record) -> Permission:
        group = group_in_reach(scope, values.pop("resource_group"))
        if not Permission.objects.filter(group_id__in=scope.groups, uid=values["uid"]).exists():
            _check_name(values["uid"])
        return Permission.objects.create(group=group, **values)

    def update(self, scope: Scope, row: Permission, values: Record) -> None:
        """Nothing in it can change."""

    def remove(self, scope: Scope, row: Permission, options: Record) -> None:
        row.delete()


def _check_name(uid: str) -> None:
    """A valid user name, of who has no permission yet: whatever stands on records stays (pm_03)."""
    try:
        matching(USER_NAME, "a valid user name")(uid)
    except ValueError as error:
        raise Refused("uid", str(error)) from None


def _record(scope: Scope, row: Permission) -> Record:
    return {
        "__type__": "permission",
        "permission": row.permission,
        "resource_group": scope.groups[row.group_id].name,
        "uid": row.uid,
    }
