"""The log of calls that each key can read back (api_14)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from portal.sandbox.errors import Fault, shown
from portal.sandbox.models import Call, ResourceGroup

_LATEST = 10


def write(
    group: ResourceGroup,
    method: str,
    arguments: list[Any],
    moment: datetime,
    address: str,
    *,
    result: Any = None,
    fault: Fault | None = None,
) -> None:
    """Note one call. The caller holds a lock on the group's row, so that serials ascend as they appear."""
    Call.objects.create(
        group=group,
        method=method[:64],
        args=_json({"args": arguments, "kw": {}}),
        result="" if fault else _outcome(method, result),
        exception=f"Fault {fault.code}: {fault.text}" if fault else "",
        ipaddress=address,
        timestamp=moment,
    )


def read(group: ResourceGroup, serial: int | None, moment: datetime) -> list[dict[str, Any]]:
    """The latest ten calls, or all after a serial; ascending."""
    calls = Call.objects.filter(group=group, timestamp__gt=moment - timedelta(days=settings.LOG_DAYS))
    if serial is None:
        found = list(calls.order_by("-pk")[:_LATEST])[::-1]
    else:
        found = list(calls.filter(pk__gt=serial).order_by("pk"))
    return [
        {
            "args": call.args,
            "exception": call.exception,
            "ipaddress": call.ipaddress,
            "method": call.method,
            "resource_group": group.name,
            "result": call.result or "null",
            "serial": call.pk,
            "timestamp": call.timestamp.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        }
        for call in found
    ]


def _json(value: Any) -> str:
    text = json.dumps(value, default=shown)
    return text if len(text) <= settings.LOG_BYTES else json.dumps(f"{len(text)} bytes, not kept")


def _outcome(method: str, result: Any) -> str:
    """The result as JSON; of a long query only how much it was: polling clients would fill the disk."""
    if method == "query" and len(result) > settings.LOG_QUERY_RECORDS:
        return json.dumps(f"{len(result)} records, not kept")
    return _json(result)
