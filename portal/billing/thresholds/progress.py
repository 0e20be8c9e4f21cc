"""How far along the limits of a customer are in a month (`threshold_models.Threshold`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from portal.billing import sums
from portal.billing.invoices import amounts
from portal.billing.sums import Sum
from portal.billing.thresholds.models import Measure, Threshold
from portal.billing.usage import usage
from portal.billing.usage.estimate import Estimate
from portal.billing.usage.usage import Used
from portal.ui.format import numbers

NEAR = 80  # percent
MOST = 999  # percent that are told


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit and what it holds against. `value`: EUR or bytes so far; None where nothing is known.

    What is `unknown` of it (so many parts) may have passed the limit without anybody seeing it: that is said.
    """

    threshold: Threshold
    value: Decimal | None
    unknown: int = 0

    @property
    def name(self) -> str:
        """What is limited, in words."""
        return name_of(self.threshold.measure, self.threshold.group)

    @property
    def percent(self) -> int:
        """Of the limit, rounded down, up to 999; 0 where nothing is known."""
        if self.value is None or self.value <= 0:
            return 0
        return min(int(self.value * 100 / self.threshold.limit), MOST)

    @property
    def is_passed(self) -> bool:
        return self.value is not None and self.value >= self.threshold.limit

    @property
    def state(self) -> str:
        """over | near | "" """
        return "over" if self.is_passed else "near" if self.percent >= NEAR else ""

    @property
    def word(self) -> str:
        if not self.state and (self.unknown or self.value is None):
            return _("unknown")
        return {"over": _("Exceeded"), "near": _("Almost reached"), "": _("Within budget")}[self.state]

    @property
    def bar(self) -> int:
        """For a bar of 100."""
        return min(self.percent, 100)

    @property
    def shown_value(self) -> str:
        return sums.told(self.value, self.unknown, lambda value: shown(self.threshold.measure, value))

    @property
    def shown_limit(self) -> str:
        return shown(self.threshold.measure, self.threshold.limit)

    @property
    def shown_percent(self) -> str:
        return f"{'>' if self.percent == MOST else ''}{numbers.number(self.percent)}{numbers.NBSP}%"


def limit_of(threshold: Threshold, used: Used, estimated: Estimate | None, month: str) -> Limit:
    """How far along one is in that month."""
    if threshold.measure == Measure.AMOUNT:
        return Limit(threshold, estimated.so_far, estimated.unknown) if estimated else Limit(threshold, None, 1)
    if month not in used.by_month:
        return Limit(threshold, None, 1)
    found = _of_group(used, month, threshold.group) if threshold.group else used.total(month, "traffic")
    return Limit(threshold, None if found.is_unknown else found.known, found.unknown)


def _of_group(used: Used, month: str, group: str) -> Sum:
    return usage.total(one for one in used.by_month[month].get("traffic", ()) if one["type_id"] == group)


def urgent_first(limits: Iterable[Limit]) -> list[Limit]:
    """Those furthest along first."""
    return sorted(limits, key=lambda one: (-one.percent, one.threshold.pk))


def name_of(measure: str, group: str) -> str:
    """What a limit is about, in words."""
    if measure == Measure.AMOUNT:
        return _("Amount before tax")
    return _("Traffic of %(group)s") % {"group": group} if group else _("Traffic of all groups")


def shown(measure: str, value: Decimal) -> str:
    """EUR, or bytes in the thousands that traffic is sold in."""
    return amounts.money(value) if measure == Measure.AMOUNT else numbers.traffic_text(int(value))
