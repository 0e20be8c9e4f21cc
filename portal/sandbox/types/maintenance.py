"""Maintenances of machines: to be read only (mt_01)."""

from collections import defaultdict
from datetime import datetime

from portal.sandbox.fields import Field, anything
from portal.sandbox.models import Activity, Maintenance
from portal.sandbox.scope import Scope
from portal.sandbox.types.base import Record, ResourceType, iso


class Maintenances(ResourceType):
    """Past, present and coming ones, by machine and start."""

    name = "maintenance"
    primary_key = ("machine", "starts")
    fields = {
        key: Field(anything, "read")
        for key in ("machine", "starts", "ends", "active", "announced", "comment", "activities")
    }

    def records(self, scope: Scope, where: Record) -> list[Record]:
        rows = Maintenance.objects.filter(machine__group_id__in=scope.groups).select_related("machine")
        activities: dict[int, list[Record]] = defaultdict(list)
        for activity in Activity.objects.filter(maintenance__in=rows).order_by("starts", "pk"):
            activities[activity.maintenance_id].append(_activity(activity))
        return [_record(row, activities[row.pk], scope.now) for row in rows.order_by("starts", "machine__name")]


def _record(row: Maintenance, activities: list[Record], now: datetime) -> Record:
    return {
        "__type__": "maintenance",
        "active": row.starts <= now < row.ends,
        "activities": activities,
        "announced": row.announce_at <= now,
        "comment": row.comment,
        "ends": iso(row.ends),
        "machine": row.machine.name,
        "starts": iso(row.starts),
    }


def _activity(activity: Activity) -> Record:
    return {
        "comment": activity.comment,
        "duration": activity.duration,
        "ended": activity.ended,
        "estimated": activity.estimated,
        "reference_id": activity.reference_id,
        "result": activity.result,
        "starts": iso(activity.starts),
    }
