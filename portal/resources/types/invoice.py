"""Invoice: one per customer and month, before tax. Read-only (in_01, in_02)."""

from portal.resources.labels import mark as _
from portal.resources.spec import Choice, Field, Kind, ResourceType, Section

INVOICE = ResourceType(
    name="invoice",
    label=_("Invoice"),
    plural=_("Invoices"),
    icon="file-invoice",
    key=("consumption_start",),
    sections=(
        Section(name="main", label=_("Invoice"), icon="file-invoice"),
        Section(name="items", label=_("Items"), icon="list-details"),
    ),
    fields=(
        Field(name="consumption_start", label=_("From"), kind=Kind.DATE, filterable=True),
        Field(name="consumption_end", label=_("To"), kind=Kind.DATE, default=""),
        Field(name="customer_no", label=_("Customer"), default="", filterable=True),
        Field(
            name="status",
            label=_("Status"),
            kind=Kind.CHOICE,
            default="",
            filterable=True,
            choices=(
                Choice(value="pending", label=_("Draft")),
                Choice(value="final", label=_("Final")),
            ),
        ),
        Field(name="total", label=_("Total before tax"), kind=Kind.MONEY, default="", unit="EUR"),
        Field(name="items", label=_("Items"), kind=Kind.ITEMS, section="items", default=[]),
    ),
    columns=("consumption_start", "consumption_end", "status", "total"),
    card=("consumption_end", "total"),
    sort="-consumption_start",
    search=("consumption_start", "status"),
    fresh_for=15 * 60,
    money=True,
    group=lambda values: None,
    title=lambda values: str(values.get("consumption_start", ""))[:7],
)
