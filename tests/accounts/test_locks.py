"""Who holds a row keeps others from changing it, and nobody from referring to it: else two wait for each other.

PostgreSQL checks a reference when a transaction ends, and locks the row that is referred to. `SELECT FOR UPDATE` keeps
that lock from everybody; `FOR NO KEY UPDATE` only keeps other holders away, and changes.
"""

import re
import threading
import time
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from portal.accounts.access import get_scope
from portal.accounts.models import Customer, Membership, User
from portal.accounts.people import members
from portal.accounts.roles import Role
from portal.notify.models import Occurrence

PORTAL = Path(members.__file__).parents[2]


def test_nobody_is_kept_from_referring_to_a_row_that_is_held() -> None:
    held = {
        f"{path.relative_to(PORTAL)}: {call}"
        for path in PORTAL.rglob("*.py")
        if "sandbox" not in path.parts
        for call in re.findall(r"\.select_for_update\([^)]*\)[^)]*\)?", path.read_text())
    }
    assert len(held) > 10
    assert {call for call in held if "no_key=True" not in call} == set()


def waits_for_a_lock() -> bool:
    """Whether somebody does, for a transaction to end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_somebody_leaves_while_something_is_noted_for_them() -> None:
    """A worker has counted up what is unread and ends; a page holds the customer and takes the member out."""
    customer = Customer.objects.create(number="10001", name="Example")
    people = [User.objects.create_user(f"{name}@example.com") for name in ("maren", "olaf")]
    for person in people:
        Membership.objects.create(customer=customer, user=person, role=Role.MANAGER)
    failed: list[DatabaseError] = []

    def leave() -> None:
        try:
            members.leave(get_scope(people[1], "10001"))
        except DatabaseError as error:
            failed.append(error)
        finally:
            connection.close()

    leaving = threading.Thread(target=leave)
    with transaction.atomic():
        Membership.objects.filter(user=people[1]).update(unread=1)
        if connection.vendor == "postgresql":
            leaving.start()
            end = time.monotonic() + 60
            while not waits_for_a_lock():
                assert time.monotonic() < end, "it never came to the membership"
                time.sleep(0.01)
        Occurrence.objects.create(customer=customer, kind="platform.back", key="one", at=timezone.now())
    if connection.vendor != "postgresql":
        leaving.start()  # there is one writer at a time anyway
    leaving.join(60)
    assert failed == []
    assert [one.user for one in Membership.objects.all()] == [people[0]]
    assert Occurrence.objects.count() == 1
