"""What needs someone besides changes, for the overview: keys that the platform refuses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES, KEYS
from portal.changes.models import State
from portal.changes.pending import Pending
from portal.inventory.reads import Listing, Trouble
from portal.ui import addresses, when


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person has to see to: what it is, what follows from it, and where it is mended."""

    icon: str
    title: str
    text: str
    address: str = ""  # '' where this person cannot mend it
    label: str = ""


def refused_keys(scope: Scope, listings: Iterable[Listing], pending: Sequence[Pending]) -> list[Alert]:
    """Each key that the platform refuses, with how many changes wait for it to be replaced."""
    refused = {one.group: one for listing in listings for one in listing.troubles if one.reason == "refused"}
    waiting = len({one.change_id for one in pending if is_parked(one)}) if scope.may_see(CHANGES) else 0
    return [_refused(scope, refused[group], waiting) for group in sorted(refused)]


def is_parked(one: Pending) -> bool:
    """Whether it waits for a key: said once for all of them, not by each change."""
    return one.state == State.PARKED


def _refused(scope: Scope, trouble: Trouble, waiting: int) -> Alert:
    since = when.full(trouble.since, get_default_timezone())
    title = _("The platform refuses the key of group %(group)s") % {"group": trouble.group}
    text = _("Since %(since)s. What belongs to it is shown as it was last known.") % {"since": since}
    if waiting:
        told = ngettext("%(count)s change waits for a new key.", "%(count)s changes wait for a new key.", waiting)
        text = f"{text} {told % {'count': waiting}}"
    if not scope.may_change(KEYS):
        return Alert("key-off", title, f"{text} {_('A manager has to enter a new key.')}")
    return Alert("key-off", title, text, addresses.page(scope.customer.number, "keys"), _("Enter a new key"))
