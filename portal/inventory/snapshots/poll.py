"""Asking the platform how things stand, for whoever follows changes: a worker, not a page."""

from collections.abc import Mapping

from portal.accounts.models import ApiKey
from portal.inventory.platform.clients import client_for
from portal.inventory.snapshots.current import known, lay_over
from portal.inventory.snapshots.single_flight import keep_answer
from portal.inventory.snapshots.snapshot_key import place_of
from portal.inventory.snapshots.write_through import number_for, overlay_of
from portal.resources.spec import Record, Value, read_all
from portal.resources.types import TYPES


def poll(api_key: ApiKey, type_name: str, filter: Mapping[str, Value] | None = None) -> list[Record]:  # noqa: A002
    """One query; what it answers is in the snapshot from then on. Raises ApiError, accounts.keys.sealing.Broken.

    `filter` is an exact match on keys that the type marks filterable upstream (api_11). A record whose whole primary
    key is in the filter and that is not in the answer is gone.
    """
    client, place = client_for(api_key), place_of(api_key, type_name)
    if not filter:
        keep_answer(place, client)
        snapshot = known([place])[place].snapshot
        return list(snapshot.records.values()) if snapshot else []
    number = number_for(place)
    raws = client.query(type_name, filter).value
    records, _ = read_all(TYPES[type_name], raws)
    overlay = overlay_of(type_name, number, raws, _missing(type_name, filter, records))
    if overlay:
        lay_over(place, overlay)
    return records


def _missing(type_name: str, filter: Mapping[str, Value], records: list[Record]) -> list[str]:  # noqa: A002
    """The key of the one record that was asked for by its primary key and is not there."""
    resource_type = TYPES[type_name]
    try:
        key = resource_type.key_of(filter)
    except (KeyError, ValueError):
        return []
    return [] if any(record.key == key for record in records) else [key]
