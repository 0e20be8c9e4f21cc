"""What the platform holds now of the records of a change: asked right before sending, and to find out what was sent."""

from collections.abc import Iterable, Mapping, Sequence

from portal.api import Client
from portal.api import Record as Raw
from portal.changes.models import Item
from portal.resources.spec import Record, ResourceType, UnreadableRecord, read
from portal.resources.types import TYPES

FEW = 3  # records of a type that are asked for one by one

type Present = Mapping[tuple[str, str], Raw]
"""By type and key, as the platform sent them; what is absent is absent."""


def look(client: Client, items: Iterable[Item]) -> Present:
    """One query for each of up to FEW records of a type, else one for the whole type. Raises ApiError."""
    keys: dict[str, list[str]] = {}
    for item in items:
        keys.setdefault(item.type_name, []).append(item.key)
    found: dict[tuple[str, str], Raw] = {}
    for type_name, wanted in keys.items():
        for where in _filters(TYPES[type_name], wanted):
            found |= by_key(client.query(type_name, where).value, type_name)
    return {(name, key): found[name, key] for name, wanted in keys.items() for key in wanted if (name, key) in found}


def by_key(raws: Sequence[Raw], type_name: str = "") -> dict[tuple[str, str], Raw]:
    """Records by type and key; those of no type of ours, or without a key, are left out."""
    found = {}
    for raw in raws:
        resource_type = TYPES.get(type_name or str(raw.get("__type__")))
        record = _read(resource_type, raw) if resource_type else None
        if record is not None:
            found[record.type.name, record.key] = raw
    return found


def as_record(type_name: str, raw: Raw) -> Record | None:
    """The record read by its spec, as pages read it."""
    return _read(TYPES[type_name], raw)


def _read(resource_type: ResourceType, raw: Raw) -> Record | None:
    try:
        return read(resource_type, raw)
    except UnreadableRecord:
        return None


def _filters(resource_type: ResourceType, keys: Sequence[str]) -> list[dict[str, str] | None]:
    """The filters of the queries, each for one record as far as the type lets one filter by its key (api_11)."""
    by = [name for name in resource_type.key if name in resource_type.upstream_filter]
    filters: list[dict[str, str]] = []
    for key in keys:
        values = resource_type.key_values(key)
        where = {name: values[name] for name in by}
        if where not in filters:
            filters.append(where)
    return list(filters) if by and len(filters) <= FEW else [None]
