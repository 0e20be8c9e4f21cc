"""`{% load billing %}`: buttons that print months and have them made as PDF.

`{% paper_form scope "invoice" %}` once on a page; then `{% paper_do scope "invoice" month %}` for one month, in the
head of its page or (`in_row=True`) in a line of a list, and `{% paper_order scope "invoice" first last %}` for several.
"""

import uuid
from typing import Any

from django import template

from portal.accounts.access import Scope
from portal.billing.document_orders.models import Form
from portal.billing.usage import months
from portal.ui import links

register = template.Library()


@register.inclusion_tag("billing/paper_form.html", takes_context=True)
def paper_form(context: template.Context, scope: Scope, kind: str) -> dict[str, Any]:
    """The form that the buttons of single months belong to."""
    return {**_order(context, scope, kind), "form": Form.PDF}


@register.inclusion_tag("billing/paper_do.html")
def paper_do(scope: Scope, kind: str, month: str, *, in_row: bool = False, file: str = "") -> dict[str, Any]:
    """PDF and print of a month; in a row also the `file` (address) for a spreadsheet."""
    return {
        "month": month,
        "label": months.label(month),
        "document": links.paper(scope.customer.number, kind, month),
        "file": file,
        "in_row": in_row,
    }


@register.inclusion_tag("billing/order.html", takes_context=True)
def paper_order(context: template.Context, scope: Scope, kind: str, first: str, last: str) -> dict[str, Any]:
    """A form that orders the months from `first` to `last`, as one file."""
    return {**_order(context, scope, kind), "first": first, "last": last, "forms": [Form.PDF, Form.ZIP]}


def _order(context: template.Context, scope: Scope, kind: str) -> dict[str, Any]:
    return {
        "address": links.page(scope.customer.number, "paper"),
        "kind": kind,
        "token": uuid.uuid4().hex,
        "csrf_token": context.get("csrf_token"),
    }
