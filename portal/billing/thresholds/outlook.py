"""What becomes of a customer's budget where a month costs more: said before it does."""

from decimal import Decimal

from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.accounts.roles import THRESHOLDS
from portal.billing.thresholds.models import Measure, Threshold
from portal.billing.thresholds.progress import Limit
from portal.billing.usage import months, usage
from portal.billing.usage.estimate import estimate
from portal.inventory import reads
from portal.ui.forms.effects import EffectText


def budgets_with(scope: Scope, more: Decimal) -> list[EffectText]:
    """What is said of the budget where each month costs so much more (EUR); nothing where it stays well within it."""
    found = (_said(scope, threshold, more) for threshold in budgets(scope)) if more > 0 else ()
    return [said for said in found if said]


def budgets(scope: Scope) -> list[Threshold]:
    """Those of the customer's amount, for who may see them."""
    if not scope.may_see(THRESHOLDS):
        return []
    return list(Threshold.objects.filter(customer=scope.customer.pk, measure=Measure.AMOUNT))


def _said(scope: Scope, threshold: Threshold, more: Decimal) -> EffectText | None:
    known = reads.listings(scope, ("consumption", "invoice"), wait=False)
    used, now = usage.used(scope, known["consumption"]), known["consumption"].platform_now
    month = months.running(now)
    found = estimate(used, known["invoice"].records, month, months.elapsed(month, now))
    if found is None:
        return None
    with_it = Limit(threshold, found.by_the_end + more)
    if not with_it.state:
        return None
    texts = {
        "over": _("A month would then come to about %(amount)s: more than the budget of %(limit)s."),
        "near": _("A month would then come to about %(amount)s, close to the budget of %(limit)s."),
    }
    values = {"amount": with_it.shown_value, "limit": with_it.shown_limit}
    return EffectText(texts[with_it.state] % values, "", "warning")
