"""What the workers for webhooks do. A message carries an id and nothing else, and may come twice or never."""

from portal.celery import app
from portal.notify.webhooks import delivering

EXPIRES = 2  # seconds; the sweep finds them again


@app.task(name="notify.deliver_webhooks")
def deliver_webhooks() -> None:
    """Has each endpoint that something is due for called, by whoever is free."""
    for pk in delivering.due():
        deliver.apply_async((pk,), expires=EXPIRES)


@app.task(name="notify.deliver")
def deliver(pk: str) -> None:
    """What is due to one endpoint."""
    delivering.deliver(pk)


@app.task(name="notify.deliver_tidy")
def tidy() -> None:
    """The delivery log is kept for a while."""
    delivering.remove_old()
