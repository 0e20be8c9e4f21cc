"""Consumption and invoices: to be read only, by the customer of the key's group (co_04)."""

from portal.sandbox import billing
from portal.sandbox.fields import Field, anything
from portal.sandbox.models import Invoice
from portal.sandbox.scope import Scope
from portal.sandbox.types.base import Record, ResourceType


class Consumptions(ResourceType):
    """What was used, by month and thing; the running month grows (co_03)."""

    name = "consumption"
    primary_key = ("period", "type", "type_id")
    fields = {key: Field(anything, "read") for key in ("customer_no", "period", "type", "type_id", "parameters")}

    def records(self, scope: Scope, where: Record) -> list[Record]:
        return [
            {
                "__type__": "consumption",
                "customer_no": use.customer_no,
                "parameters": billing.parameters(use),
                "period": use.period.isoformat(),
                "type": use.type,
                "type_id": use.type_id,
            }
            for use in billing.consumption_of(scope.key_group.customer_no, scope.now)
        ]


class Invoices(ResourceType):
    """One for each closed month (in_01, in_02)."""

    name = "invoice"
    primary_key = ("consumption_start",)
    fields = {
        key: Field(anything, "read")
        for key in ("consumption_start", "consumption_end", "customer_no", "items", "status", "total")
    }

    def records(self, scope: Scope, where: Record) -> list[Record]:
        rows = Invoice.objects.filter(customer_no=scope.key_group.customer_no).order_by("start")
        return [
            {
                "__type__": "invoice",
                "consumption_end": row.end.isoformat(),
                "consumption_start": row.start.isoformat(),
                "customer_no": row.customer_no,
                "items": row.items,
                "status": row.status,
                "total": f"{row.total:.4f}",
            }
            for row in rows
        ]
