"""What the tables of the billing pages hold, for a spreadsheet."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from portal.billing.invoices.invoice import Invoice
from portal.billing.invoices.list import Missing
from portal.billing.usage import months
from portal.resources.spec import Record
from portal.resources.times import parse_day
from portal.ui.format.numbers import MEASURED
from portal.ui.format.values import choice_label
from portal.ui.spreadsheets.sheets import Cell, Sheet


def invoice_sheet(invoice: Invoice) -> Sheet:
    """The items of one invoice."""
    heading = (_("Month"), _("Product"), _("Description"), _("Price before tax (EUR)"))
    month = parse_day(invoice.record.key) or invoice.record.key
    rows = [
        (month, item.product, item.description, item.price if item.price is not None else item.raw)
        for product in invoice.products
        for item in product.items
    ]
    return Sheet(_("Items"), heading, rows)


def invoices_sheet(rows: Iterable[Invoice | Missing]) -> Sheet:
    """A line for each invoice, and for each month that has none: without a total, which is not the same as nothing."""
    heading = (_("From"), _("To"), _("Status"), _("Total before tax (EUR)"))
    return Sheet(_("Invoices"), heading, [_invoice_row(one) for one in rows])


def _invoice_row(one: Invoice | Missing) -> Sequence[Cell]:
    if isinstance(one, Missing):
        return parse_day(one.period), months.last_day(one.period), _("no invoice"), None
    return (
        parse_day(one.record.key) or one.record.key,
        parse_day(str(one.record["consumption_end"])) or str(one.record["consumption_end"]),
        one.status,
        one.total if one.total is not None else str(one.record["total"] or ""),
    )


def consumption_sheet(records: Sequence[Record]) -> Sheet:
    """A line for each thing, a column for each parameter that any of them has, in the unit that its heading names."""
    names = list(dict.fromkeys(name for one in records for name in _parameters(one)))
    heading = (_("Month"), _("Type"), _("Item"), *map(_measured, names))
    rows = [
        (
            parse_day(str(one["period"])) or str(one["period"]),
            choice_label(one.type.field("type"), str(one["type"])),
            str(one["type_id"]),
            *(_cell(_parameters(one).get(name)) for name in names),
        )
        for one in records
    ]
    return Sheet(_("Consumption"), heading, rows)


def _parameters(record: Record) -> Mapping[str, object]:
    found = record["parameters"]
    return found if isinstance(found, Mapping) else {}


def _measured(name: str) -> str:
    """The heading of a parameter: its label and unit; its name where nobody knows it."""
    label, unit = MEASURED.get(name, (name, ""))
    return f"{_(label)} ({unit})" if unit else _(label)


def _cell(value: object) -> Cell:
    if value is None or (isinstance(value, (str, int)) and not isinstance(value, bool)):
        return value
    return str(value)
