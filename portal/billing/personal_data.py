"""PDFs that a person has ordered."""

from django.db.models import Q

from portal.accounts.people.personal_data import Kept, register
from portal.billing.document_orders.models import Job

register(
    Kept(
        "orders_of_pdfs",
        Job,
        lambda user: Q(author=user),
        ("customer__number", "kind", "months", "created", "state", "ended"),
    )
)
