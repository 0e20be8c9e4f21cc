"""What a worker does for the read side. A message carries ids and nothing else."""

from typing import Any

from celery.signals import beat_init

from portal.accounts.models import ApiKey
from portal.celery import app
from portal.inventory import presence
from portal.inventory.snapshots import single_flight
from portal.inventory.snapshots.background_refresh import TASK
from portal.inventory.snapshots.freshness import part_of
from portal.inventory.snapshots.source import Source


@beat_init.connect
def beat_goes_on(**_kwargs: Any) -> None:
    """The scheduler is there, and who it is."""
    presence.keep_noting(presence.BEAT)


@app.task(name=TASK)
def refresh(api_key_id: str, type_name: str) -> None:
    """Fetch the snapshot anew, unless it is fresh by now or the platform is to be left alone."""
    api_key = ApiKey.objects.filter(pk=api_key_id).first()
    if api_key is None:
        return
    part = part_of(api_key, type_name)
    if part.source is not Source.FRESH and part.may_ask:
        single_flight.fetch(part.place, api_key, part.state)
