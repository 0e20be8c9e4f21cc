"""What a worker does for billing. A message carries an id and nothing else, and may come twice or never."""

from portal.billing.archive import archive
from portal.billing.document_orders import leases, orders, worker
from portal.billing.thresholds import thresholds
from portal.celery import app

TIME_LIMIT = 300  # seconds for one order; less than the broker's visibility timeout
EXPIRES = 60  # seconds; the sweeper finds what is still to be made


@app.task(name=orders.TASK, time_limit=TIME_LIMIT)
def make_papers(pk: str) -> None:
    """One order, and word to the next."""
    worker.make(pk)
    _next()


@app.task(name="billing.sweep")
def sweep() -> None:
    """Finds orders that nobody works on, and removes what is no longer kept."""
    leases.expire()
    leases.remove_old()
    _next()


@app.task(name="billing.watch_limits")
def watch_limits() -> None:
    """Limits that were passed."""
    thresholds.note_passed()


@app.task(name="billing.keep")
def keep() -> None:
    """What the platform lists of consumption and invoices stays, also when it lists it no more."""
    archive.keep_all()


def _next() -> None:
    for pk in leases.due():
        make_papers.apply_async((pk,), expires=EXPIRES)
