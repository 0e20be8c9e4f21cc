"""Records as the platform sends them, and what is around them, with as little said as a test needs."""

from datetime import UTC, datetime
from typing import Any

from portal.resources.spec import Context, Record, Values, read
from portal.resources.types import MAINTENANCE, RESOURCE_GROUP, VIRTUAL_MACHINE

#: A Tuesday, 11:00 in Berlin.
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    """`2026-11-24 21:00` as a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def machine(**values: Any) -> Record:
    """A machine that is ready, unless said otherwise."""
    return read(VIRTUAL_MACHINE, {"name": "shop00", "resource_group": "shop", **values})


def group(**values: Any) -> Record:
    """A group with the platform's defaults (rg_04)."""
    return read(RESOURCE_GROUP, {"name": "shop", "parent": "services", **values})


def maintenance(starts: str, ends: str, **values: Any) -> Record:
    """A maintenance of that machine."""
    return read(MAINTENANCE, {"machine": "shop00", "starts": iso(starts), "ends": iso(ends), **values})


def iso(text: str) -> str:
    """`2026-11-24 21:00` as it stands in records; '' stays ''."""
    return utc(text).isoformat() if text else ""


def around(*maintenances: Record, group: Values | None = None, now: datetime = NOW) -> Context:
    """What has to be known around a record."""
    return Context(now=now, group=group, maintenances=maintenances)
