"""What needs someone besides changes, for the overview: refused keys, plans to be reviewed, limits near or passed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import Truncator
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES, KEYS
from portal.billing.thresholds.progress import Limit
from portal.billing.usage.summary import Summary
from portal.changes.models import State
from portal.changes.reads.pending import Pending
from portal.customer.changes.presenter import moment
from portal.customer.plans.presenter import OBSTACLES
from portal.inventory.reads import Listing, Trouble
from portal.plans import approval
from portal.plans.models import Remark
from portal.plans.open_plans import OpenPlan, OpenPlans
from portal.ui import links
from portal.ui.format import dates

LONGEST_TEXT = 200  # of what was said with a request


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person has to see to: what it is, what follows from it, and where it is mended."""

    icon: str
    title: str
    text: str
    address: str = ""  # '' where this person cannot mend it
    label: str = ""


def refusals(listings: Iterable[Listing]) -> dict[str, Trouble]:
    """What is known of each key that the platform refuses, by the group of the key."""
    return {one.group: one for listing in listings for one in listing.troubles if one.reason == "refused"}


def refused_keys(scope: Scope, refused: Mapping[str, Trouble], pending: Sequence[Pending]) -> list[Alert]:
    """Each key that the platform refuses, with how many changes wait for it to be replaced."""
    waiting = len({one.change_id for one in pending if is_parked(one)}) if scope.may_see(CHANGES) else 0
    return [_refused(scope, refused[group], waiting) for group in sorted(refused)]


def review_requests(scope: Scope) -> list[Alert]:
    """Each plan that the person was asked to look at, until they have said something about it."""
    return [_review(scope, one) for one in approval.requests_to(scope)]


def limits(running: Summary | None) -> list[Alert]:
    """Each limit of the running month that is near or passed; for who may see money."""
    return [_limit(one, running.address) for one in running.warnings] if running else []


def unsent_plans(scope: Scope, plans: OpenPlans) -> list[Alert]:
    """Each plan that was to be applied at a time, and could not be."""
    return [_unsent(one, links.plan(scope.customer.number, one.number)) for one in plans.editable if one.obstacle]


def is_parked(one: Pending) -> bool:
    """Whether it waits for a key: said once for all of them, not by each change."""
    return one.state == State.PARKED


def _review(scope: Scope, asked: Remark) -> Alert:
    name = _("Review requested: %(plan)s") % {"plan": asked.plan.title}
    who = {"who": asked.author or _("a former member"), "when": moment(asked.at)}
    text = f"{_('Requested by %(who)s, %(when)s.') % who} {Truncator(asked.text).chars(LONGEST_TEXT)}".strip()
    return Alert("eye", name, text, links.plan(scope.customer.number, asked.plan.number), _("Review plan"))


def _limit(one: Limit, address: str) -> Alert:
    title = _("%(name)s: budget exceeded") if one.is_passed else _("%(name)s: budget almost reached")
    text = _("%(value)s of %(limit)s this month, that is %(percent)s.")
    values = {"value": one.shown_value, "limit": one.shown_limit, "percent": one.shown_percent}
    return Alert("gauge", title % {"name": one.name}, text % values, address, _("Budgets"))


def _unsent(plan: OpenPlan, address: str) -> Alert:
    title = _("“%(plan)s” was not applied at its time") % {"plan": plan.title}
    return Alert("calendar-x", title, str(OBSTACLES.get(plan.obstacle, "")), address, _("Review"))


def _refused(scope: Scope, trouble: Trouble, waiting: int) -> Alert:
    since = dates.since(trouble.since, now())
    title = _("The platform rejects the API key of group %(group)s") % {"group": trouble.group}
    text = _("Since %(since)s. Showing the last known data.") % {"since": since}
    if waiting:
        told = ngettext("%(count)s change waits for a new key.", "%(count)s changes wait for a new key.", waiting)
        text = f"{text} {told % {'count': waiting}}"
    if not scope.may_change(KEYS):
        return Alert("key-off", title, f"{text} {_('A manager must enter a new key.')}")
    return Alert("key-off", title, text, links.page(scope.customer.number, "keys"), _("Enter a new key"))
