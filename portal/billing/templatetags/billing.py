"""`{% load billing %}`, then `{% paper_order scope "invoice" first last %}`: print it, or have it made as PDF."""

import uuid
from typing import Any

from django import template

from portal.accounts.access import Scope
from portal.billing.job_models import Form, Size
from portal.ui import addresses

register = template.Library()


@register.inclusion_tag("billing/order.html", takes_context=True)
def paper_order(context: template.Context, scope: Scope, kind: str, first: str, last: str) -> dict[str, Any]:
    """A form that orders the months from `first` to `last`; of one month also a link to the document for printing."""
    number = scope.customer.number
    return {
        "address": addresses.page(number, "paper"),
        "document": addresses.paper(number, kind, first) if first == last else "",
        "kind": kind,
        "first": first,
        "last": last,
        "forms": [Form.PDF] if first == last else [Form.PDF, Form.ZIP],
        "sizes": Size.choices,
        "token": uuid.uuid4().hex,
        "csrf_token": context.get("csrf_token"),
    }
