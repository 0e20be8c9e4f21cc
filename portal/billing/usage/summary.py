"""The running month in a few figures, for the overview: what it comes to, and which limits are near or passed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.accounts.roles import THRESHOLDS
from portal.billing import sums
from portal.billing.invoices import amounts
from portal.billing.thresholds.models import Threshold
from portal.billing.thresholds.progress import Limit, limit_of, urgent_first
from portal.billing.usage import months, usage
from portal.billing.usage.estimate import Estimate, estimate
from portal.inventory.reads import Listing
from portal.ui import links


@dataclass(frozen=True, slots=True)
class Summary:
    """The running month of a customer. Amounts are EUR before tax."""

    customer_no: str
    period: str
    part: float  # of the month that has passed
    is_early: bool  # whether that is too little to tell the end by
    is_known: bool  # whether the platform has told of any use in it
    estimated: Estimate | None  # None where no invoice says any price
    limits: Sequence[Limit]  # all of them, those furthest along first

    @property
    def month(self) -> str:
        """November 2026."""
        return months.label(self.period)

    @property
    def so_far(self) -> str:
        return self._said(self.estimated.so_far) if self.estimated else ""

    @property
    def by_the_end(self) -> str:
        """'' on the first day, unless the platform says it."""
        if self.estimated is None or (self.is_early and self.estimated.basis):
            return ""
        return self._said(self.estimated.by_the_end)

    def _said(self, amount: Decimal) -> str:
        """An estimate in round figures; what the platform says, as it says it."""
        written = amounts.about if self.estimated and self.estimated.basis else amounts.shown
        return sums.told(amount, self.estimated.unknown if self.estimated else 0, written)

    @property
    def how(self) -> str:
        """How that is reckoned, in a sentence; '' where there is nothing to reckon with."""
        if self.estimated is None:
            return ""
        if not self.estimated.basis:
            return _("According to the platform's invoice for this month so far.")
        if self.is_early:
            return _(
                "Estimate before tax: usage so far, at the prices of the invoice for %(month)s. It can "
                "be projected once the first day of the month is over."
            ) % {"month": months.label(self.estimated.basis)}
        return _(
            "Estimate before tax: usage so far, projected to the end of the month (%(percent)s %% "
            "have passed), at the prices of the invoice for %(month)s. New items count at the "
            "average of their type; items without usage count as they were."
        ) % {"month": months.label(self.estimated.basis), "percent": months.percent(self.part)}

    @property
    def why_not(self) -> str:
        """Why there is no estimate."""
        if not self.is_known:
            return _("The platform has no data for %(month)s yet.") % {"month": self.month}
        text = _("%(month)s cannot be estimated yet: that takes an earlier invoice.")
        return text % {"month": self.month}

    @property
    def warnings(self) -> Sequence[Limit]:
        """Limits that are near or passed."""
        return [one for one in self.limits if one.state]

    @property
    def address(self) -> str:
        """Of the page of limits."""
        return links.page(self.customer_no, "thresholds")


def summary(scope: Scope, listings: Mapping[str, Listing]) -> Summary | None:
    """The running month as that person may see it; None for who may not see money of the whole customer.

    Takes one query, for the limits. `limits` is empty where none is set, `estimated` None where no invoice is known
    that says prices. `templates/billing/summary.html` shows it, given as `summary`.
    """
    return of(scope, listings["consumption"], listings["invoice"]) if scope.may_see(THRESHOLDS) else None


def of(scope: Scope, consumption: Listing, invoices: Listing) -> Summary:
    """The same of what is at hand."""
    month = months.running(consumption.platform_now)
    part = months.elapsed(month, consumption.told_at) or 1.0
    used = usage.used(scope, consumption)
    is_known = month in used.by_month
    estimated = estimate(used, invoices.records, month, part) if is_known else None
    found = [limit_of(one, used, estimated, month) for one in Threshold.objects.filter(customer=scope.customer)]
    is_early = months.is_early(month, consumption.told_at)
    return Summary(scope.customer.number, month, part, is_early, is_known, estimated, urgent_first(found))
