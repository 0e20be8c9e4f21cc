"""Sums that know what they do not know: what cannot be read is told beside the rest, and never counts as nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.billing.invoices import amounts

DASH = SafeString("–")


@dataclass(frozen=True, slots=True)
class Sum:
    """Of some parts: what those come to that can be read, and how many cannot."""

    known: Decimal = Decimal()
    readable: int = 0
    unknown: int = 0

    @property
    def is_unknown(self) -> bool:
        """Whether there is something, and nothing of it can be read."""
        return bool(self.unknown and not self.readable)

    @property
    def value(self) -> Decimal | None:
        """None where a part of it is unknown."""
        return None if self.unknown else self.known

    @property
    def readable_part(self) -> Decimal | None:
        """What can be read of it comes to; None where nothing can."""
        return self.known if self.readable else None

    def shown(self, written: Callable[[Decimal], str]) -> SafeString:
        """ "1.5 GB", "1.5 GB + 2 unknown", "unknown"; a dash where there is nothing to add up."""
        return told(self.readable_part, self.unknown, written)


UNKNOWN = Sum(unknown=1)


def of(parts: Iterable[Decimal | int | None]) -> Sum:
    """The exact sum; None is a part that cannot be read."""
    found = list(parts)
    readable = [Decimal(part) for part in found if part is not None]
    return Sum(amounts.add(readable), len(readable), len(found) - len(readable))


def told(value: Decimal | None, unknown: int, written: Callable[[Decimal], str]) -> SafeString:
    """A value of which so many parts are unknown; None where none is known."""
    if value is None:
        return SafeString(_("unknown")) if unknown else DASH
    shown = format_html("{}", written(value))
    if not unknown:
        return shown
    return format_html("{} {}", shown, _("+ %(count)s unknown") % {"count": unknown})


def money(total: Sum) -> SafeString:
    """An amount for a page; of no parts it is 0.00 EUR."""
    return amounts.shown(total.known) if not total.unknown else total.shown(amounts.shown)
