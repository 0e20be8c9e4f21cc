"""Notices made by hand, as noting makes them, for tests of what is done with them."""

from typing import Any
from uuid import uuid4

from portal.accounts.models import Customer, User
from portal.notify import bell
from portal.notify.models import Notice, Occurrence
from tests.support import moment


def notice(user: User, customer: Customer, kind: str = "machine.ready", **fields: Any) -> Notice:
    """Word of a new occurrence; `fields` of it, and `in_bell`. The count of the unread is kept right."""
    in_bell = fields.pop("in_bell", True)
    made = occurrence(customer, kind, **fields)
    made.save()
    told = Notice.objects.create(occurrence=made, user=user, customer=customer, in_bell=in_bell)
    bell.recount(customer, [user.pk])
    return told


def occurrence(customer: Customer, kind: str = "machine.ready", **fields: Any) -> Occurrence:
    """Machine shop11, of group shop, is ready; not saved yet."""
    at = fields.pop("at", moment.AT)
    about = {"type_name": "virtualmachine", "record": "shop11", "group": "shop", "key": f"test/{uuid4()}", **fields}
    return Occurrence(customer=customer, kind=kind, at=at, noted=at, thread="test", **about)
