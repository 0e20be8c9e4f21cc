"""What is sent of an occurrence: JSON with type, time and data, of less than 20 kB."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse

from portal.notify.models import Occurrence
from portal.notify.webhooks.models import TEST, Message
from portal.notify.words import path_of

MOST_BYTES = 20_000 - 1


def body_of(message: Message) -> bytes:
    """The same for each attempt. The message has its endpoint, customer and occurrence with it."""
    if message.occurrence is None:
        number = message.endpoint.customer.number
        path = reverse("customer:webhook", args=[number, message.endpoint.pk])
        return _fitting(TEST, message.created, {}, {"customer": number, "resource": None, "url": _absolute(path)})
    one = message.occurrence
    return _fitting(one.kind, one.at, one.data, _around(one))


def _around(one: Occurrence) -> dict[str, Any]:
    """What is said of every occurrence."""
    resource = {"type": one.type_name, "key": one.record, "group": one.group} if one.type_name else None
    return {"id": str(one.pk), "customer": one.customer.number, "resource": resource, "url": _absolute(path_of(one))}


def _fitting(kind: str, at: datetime, facts: Mapping[str, Any], around: Mapping[str, Any]) -> bytes:
    """Facts that are too long go, the longest first; which ones is said, so that nobody takes them for absent."""
    facts, left_out = dict(facts), list[str]()
    while True:
        noted = {"left_out": sorted(left_out)} if left_out else {}
        body = _json({"type": kind, "timestamp": _iso(at), "data": {**facts, **around, **noted}})
        if len(body) <= MOST_BYTES or not facts:
            return body
        longest = max(facts, key=lambda name: len(_json(facts[name])))
        del facts[longest]
        left_out.append(longest)


def _json(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _absolute(path: str) -> str | None:
    """None where the portal does not know its own address."""
    return f"{settings.PORTAL_URL}{path}" if settings.PORTAL_URL and path else None
