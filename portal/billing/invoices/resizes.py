"""Which change gave a machine other hardware, for who may see changes: what a dearer invoice comes from."""

from collections.abc import Mapping, Sequence

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES
from portal.billing.invoices.comparison import HARDWARE, MACHINE
from portal.billing.usage import months
from portal.changes.models import Item, State
from portal.changes.reads.visibility import visible_items
from portal.resources.times import midnight, parse_day
from portal.ui import links

ACCEPTED = (State.RECORDED, State.SETTLING, State.DONE)


def between(scope: Scope, names: Sequence[str], first: str, last: str) -> Mapping[str, tuple[int, str]]:
    """Number and address of each machine's latest change of hardware in the months from `first` to `last`."""
    begin, end = parse_day(first), months.end(last)
    if not names or begin is None or end is None or not scope.may_see(CHANGES):
        return {}
    items = visible_items(scope, Item.objects.filter(change__customer=scope.customer)).filter(
        type_name=MACHINE,
        key__in=names,
        creates=False,
        wanted__has_any_keys=HARDWARE,
        change__state__in=ACCEPTED,
        change__recorded_at__gte=midnight(begin),
        change__recorded_at__lt=end,
    )
    found = items.order_by("change__recorded_at").values_list("key", "change__number")
    return {key: (number, links.change(scope.customer.number, number)) for key, number in found}
