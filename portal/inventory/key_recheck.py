"""Whether the platform accepts a key again that it refused: asked by a worker, since nobody may have a page open."""

from portal.accounts.keys.sealing import Broken
from portal.accounts.models import ApiKey
from portal.api import ApiError
from portal.inventory.snapshots.current import known
from portal.inventory.snapshots.poll import poll
from portal.inventory.snapshots.snapshot_key import place_of
from portal.resources.types import TYPES

FIRST = "resourcegroup"  # every key may ask for its group, and there are few of them (api_02)


def ask_again(api_key: ApiKey) -> bool:
    """Whether it does; then nothing known of an earlier refusal is left, for pages and for what waits for the key."""
    states = known([place_of(api_key, name) for name in TYPES])
    refused = [
        place.type_name
        for place, state in states.items()
        if state.failing and state.failure and state.failure.reason == "refused"
    ]
    try:
        for type_name in dict.fromkeys([FIRST, *refused]):
            poll(api_key, type_name)
    except (ApiError, Broken):
        return False
    ApiKey.objects.filter(pk=api_key.pk, generation=api_key.generation).update(refused_at=None)
    return True
