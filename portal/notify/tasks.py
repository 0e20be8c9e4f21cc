"""What goes on by itself around notices. A message carries ids at most, and may come twice or never."""

from django.utils import timezone

from portal.accounts.models import Customer
from portal.celery import app
from portal.notify import noting, watching
from portal.notify.sources import records


@app.task(name="notify.look")
def look() -> None:
    """What the portal has written, and what the platform did to customers of whom a page is open."""
    watching.read_rows()
    watching.look_at_all(watching.watched())


@app.task(name="notify.look_around")
def look_around() -> None:
    """What the platform did to all customers."""
    watching.refresh(timezone.now())
    watching.look_at_all(Customer.objects.all())


@app.task(name="notify.watch_limits")
def watch_limits() -> None:
    """Budgets of which little is left."""
    for customer in Customer.objects.filter(thresholds__isnull=False).distinct():
        watching.note_all(customer, records.near_limits(customer))


@app.task(name="notify.forget_old")
def forget_old() -> None:
    """What happened long ago goes."""
    noting.forget_old()
