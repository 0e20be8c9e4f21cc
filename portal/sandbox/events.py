"""What happens by itself: due events, handled in order, each at its own moment."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.conf import settings

from portal.sandbox import billing, deletion, hardware
from portal.sandbox.clock import midnight, month_of, next_month, now, world_lock
from portal.sandbox.models import Call, Event, Invoice


def catch_up() -> None:
    """Bring the world up to the present. Costs one indexed look when nothing is due."""
    if Event.objects.filter(due__lte=now()).exists():
        with world_lock():
            run_due(now())


def run_due(moment: datetime) -> None:
    """Handle all events due at `moment`, also those that they bring up. Needs the world lock."""
    due = Event.objects.filter(due__lte=moment).select_related("machine__group", "maintenance")
    while (event := due.order_by("due", "rank", "pk").first()) is not None:
        HANDLERS[event.kind](event)
        Event.objects.filter(pk=event.pk).delete()


def schedule_standing(moment: datetime) -> None:
    """The events that every world has: the end of the running month, and clearing the log each day."""
    month = month_of(moment)
    Event.objects.create(kind="month_ends", due=midnight(next_month(month)), rank=0, name=month.isoformat())
    Event.objects.create(kind="prune_log", due=moment + timedelta(days=1))


def _month_ends(event: Event) -> None:
    month = date.fromisoformat(event.name)
    billing.close_month(month)
    review = timedelta(days=settings.INVOICE_REVIEW_DAYS)
    Event.objects.create(kind="invoices_final", due=event.due + review, name=event.name)
    following = next_month(month)
    Event.objects.create(kind="month_ends", due=midnight(next_month(following)), rank=0, name=following.isoformat())


def _invoices_final(event: Event) -> None:
    Invoice.objects.filter(start=date.fromisoformat(event.name)).update(status="final")


def _prune_log(event: Event) -> None:
    Call.objects.filter(timestamp__lt=event.due - timedelta(days=settings.LOG_DAYS)).delete()
    Event.objects.create(kind="prune_log", due=event.due + timedelta(days=1))


HANDLERS: dict[str, Callable[[Event], None]] = {
    "install": hardware.install,
    "resize": hardware.resize,
    "power": hardware.power,
    "window_starts": hardware.window_starts,
    "window_ends": hardware.window_ends,
    "prepare": deletion.prepare,
    "soft": deletion.soft,
    "hard": deletion.hard,
    "purge": deletion.purge,
    "recycle": deletion.recycle,
    "month_ends": _month_ends,
    "invoices_final": _invoices_final,
    "prune_log": _prune_log,
}
