"""What people are told on every page."""

from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from portal.accounts.models import Customer, User
from portal.console.models import Announcement
from portal.inventory.timed_value import TimedValue


def _not_over() -> list[tuple[Announcement, frozenset[int]]]:
    """Each with the ids of its customers; none are all."""
    found = Announcement.objects.filter(ends__gt=timezone.now()).prefetch_related("customers")
    return [(one, frozenset(customer.pk for customer in one.customers.all())) for one in found]


# There is rarely anything to tell; other processes learn of it some seconds later.
not_over = TimedValue(_not_over, seconds=5)
post_save.connect(not_over.forget, Announcement)
post_delete.connect(not_over.forget, Announcement)
m2m_changed.connect(not_over.forget, Announcement.customers.through)


def shown_to(user: User, customer: Customer | None) -> list[Announcement]:
    """What that person is told now, on pages of that customer; of none: what is said to all."""
    now = timezone.now()
    own = {customer.pk} if customer is not None else set()
    told = [one for one, customers in not_over() if one.is_shown_at(now) and (not customers or own & customers)]
    if not told:
        return []
    put_away = set(Announcement.objects.filter(dismissed_by=user).values_list("pk", flat=True))
    return [one for one in told if one.pk not in put_away]
