"""Who put a group into maintenance mode, as far as it was done here."""

from portal.accounts.access import Scope
from portal.changes.models import Item
from portal.changes.reads.visibility import visible_items
from portal.resources.spec import Record
from portal.resources.times import parse_moment

FIELD = "maintenance_until"


def set_by(scope: Scope, group: Record) -> str | None:
    """The name of who asked for the end that the group has now; None where no change that the scope may see did."""
    end = parse_moment(group.get(FIELD))
    items = visible_items(
        scope, Item.objects.filter(change__customer=scope.customer, change__recorded_at__isnull=False)
    )
    asked = items.filter(type_name=group.type.name, key=group.key, wanted__has_key=FIELD).select_related(
        "change__author", "change__asked_by"
    )
    latest = asked.order_by("-change__recorded_at").first()
    if end is None or latest is None or parse_moment(latest.wanted.get(FIELD)) != end:
        return None
    return str(latest.change.asked_by or latest.change.author or "")
