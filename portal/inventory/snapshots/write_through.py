"""What a change has brought about, laid over the snapshots: no re-query, and no slower refresh undoes it."""

from collections.abc import Sequence
from datetime import datetime

from portal.accounts.models import ApiKey
from portal.inventory.redis_connection import Away
from portal.inventory.snapshots import store
from portal.inventory.snapshots.current import lay_over
from portal.inventory.snapshots.snapshot_key import SnapshotKey, place_of
from portal.inventory.snapshots.store import Overlay, Raw
from portal.resources.spec import UnreadableRecord, read
from portal.resources.types import TYPES


def patch(
    api_key: ApiKey,
    type_name: str,
    records: Sequence[Raw],
    deleted: Sequence[str] = (),
    *,
    learned_at: datetime | None = None,
) -> None:
    """After `apply`: the full records as it answered them, and the keys of those that are gone.

    What was learned counts from now. Who brings it late, after other queries and changes may have gone out, says when
    it was learned, so that it is laid over nothing newer.
    """
    place = place_of(api_key, type_name)
    number = number_for(place) if learned_at is None else store.number_at(learned_at)
    overlay = overlay_of(type_name, number, records, deleted)
    lay_over(place, overlay)
    gone = {key: entry for key, entry in overlay.items() if entry[1] is None}
    if gone:  # another key of the customer may still know it
        for other in ApiKey.objects.filter(customer=api_key.customer_id).exclude(pk=api_key.pk):
            lay_over(place_of(other, type_name), gone)


def overlay_of(type_name: str, number: int, records: Sequence[Raw], deleted: Sequence[str]) -> Overlay:
    """Records and deletions as they are laid over; a record without a key is left out."""
    overlay: dict[str, tuple[int, Raw | None]] = dict.fromkeys(deleted, (number, None))
    for raw in records:
        try:
            overlay[read(TYPES[type_name], raw).key] = (number, raw)
        except UnreadableRecord:
            continue
    return overlay


def number_for(place: SnapshotKey) -> int:
    """A number for what is learned now."""
    try:
        return store.next_number(place)
    except Away:
        return store.own_number()
