"""Removing a person: what is theirs goes, what they did stays without them (GDPR, article 17).

Rows of their own are deleted with them, what they have done for a customer stays without an author, and the audit trail
has a pseudonym in their place (accounts.audit.redaction). What somebody has written in words of their own is not
searched for names; where their address still stands afterwards is told.
"""

from collections.abc import Iterator
from functools import reduce
from operator import or_

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Cast

from portal.accounts.audit import redaction
from portal.accounts.models import Customer, Invitation, Membership, User
from portal.accounts.people import members, personal_data
from portal.accounts.sign_in import sessions

TEXTS = (models.CharField, models.TextField, models.JSONField)


class CannotRemove(Exception):
    """What stands in the way, a sentence each, in `reasons`. Nothing was changed."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def remove(user: User) -> list[str]:
    """The person is gone, from every customer too. Answers where their address still stands. Raises CannotRemove."""
    with transaction.atomic():
        held = Customer.objects.select_for_update(no_key=True).filter(memberships__user=user).order_by("number")
        reasons = list(_last_manager(user, list(held)))
        for goes_on in personal_data.unfinished:
            reasons += goes_on(user)
        if reasons:
            raise CannotRemove(reasons)
        for member in Membership.objects.select_related("customer", "user").filter(user=user):
            members.take_out(member.customer, member, "member.removed")
        sessions.end_all(user)
        person = redaction.Person.of(user)
        Invitation.objects.filter(email__in=person.addresses).delete()
        redaction.take_out(person)
        user.delete()
    return list(_mentions(person))


def _last_manager(user: User, held: list[Customer]) -> Iterator[str]:
    for customer in held:
        if members.managers_of(customer) == [user]:
            yield f"{customer.number} would have no manager: make somebody else one, or give up the customer, first."


def _mentions(person: redaction.Person) -> Iterator[str]:
    """Where the addresses still stand: `console.Note 12: text`."""
    for model in apps.get_models():
        fields = [field.name for field in model._meta.concrete_fields if isinstance(field, TEXTS)]
        if model is Session or not fields:
            continue
        texts = {f"{name}_as_text": Cast(name, models.TextField()) for name in fields}
        maybe = reduce(or_, (Q(**{f"{name}__icontains": one}) for name in texts for one in person.addresses))
        for pk, *said in model._default_manager.annotate(**texts).filter(maybe).values_list("pk", *texts):
            names = [name for name, text in zip(fields, said, strict=True) if text and person.without(text) != text]
            if names:
                yield f"{model._meta.label} {pk}: {', '.join(names)}"
