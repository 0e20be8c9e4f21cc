"""What the platform lists no more is still there, said to be so, and only where it is truly gone."""

from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.access import get_scope
from portal.accounts.models import ApiKey, Customer, Membership, User
from portal.billing import tasks
from portal.billing.archive.models import ArchivedRecord, Held
from portal.billing.documents.document import PrintableRecords, Printing, html
from portal.inventory import reads
from tests.billing.records import invoice, use
from tests.customer.conftest import text_of
from tests.customer.visiting import Visit
from tests.inventory.platform import Platform

GONE = "No longer on the platform, last seen"
SEEN = [
    use("virtualmachine", "shop01", {"hours": 700, "memory": 2048}),
    use("virtualmachine", "\u202eold <b>", {"hours": 20, "odd": {"er": [1]}}),
]
MONTHS = [invoice("2026-01-01", [("shop01", "7.0000")], "7.0000"), invoice("2026-02-01", [], "1.0000")]


@pytest.fixture
def vanished(odd_platform: Platform, answers: Any, visit: Visit) -> Visit:
    """Seen and kept; then the platform lists neither the second machine nor January's invoice any more."""
    answers("consumption", *SEEN)
    answers("invoice", *MONTHS)
    look(visit)
    answers("consumption", SEEN[0])
    answers("invoice", MONTHS[1])
    look(visit)
    return visit


def look(visit: Visit) -> None:
    """Asks the platform again, and lets the worker keep what it says."""
    visit("manager", "invoice/")
    scope = get_scope(User.objects.get(email="manager@example.com"), "10001")
    for name in ("consumption", "invoice"):
        reads.refresh(scope, name)
    tasks.keep()


def test_it_is_still_listed_with_when_it_was_last_seen(vanished: Visit) -> None:
    text = text_of(vanished("billing", "consumption/"))
    assert text.count(GONE) == 1
    assert "720 h" in text  # the sum has both
    invoices = text_of(vanished("billing", "invoice/"))
    assert invoices.count(GONE) == 1
    assert "Total 2026 8.00 EUR" in invoices


def test_its_own_pages_say_so_too(vanished: Visit) -> None:
    paper = text_of(vanished("billing", "invoice/2026-01-01/"))
    assert GONE in paper
    assert "shop01 7.0000 EUR" in paper
    key = ArchivedRecord.objects.get(type="consumption", gone_since__isnull=False).key
    page = text_of(vanished("billing", f"consumption/{key}/"))
    assert GONE in page
    assert "odd" in page


def test_what_is_listed_again_is_no_longer_gone(vanished: Visit, answers: Any) -> None:
    answers("consumption", *SEEN)
    look(vanished)
    assert GONE not in text_of(vanished("billing", "consumption/"))


def test_a_platform_that_does_not_answer_makes_nothing_vanish(
    odd_platform: Platform,
    answers: Any,
    visit: Visit,
) -> None:
    answers("consumption", *SEEN)
    look(visit)
    odd_platform.status = 500
    look(visit)
    assert not ArchivedRecord.objects.filter(gone_since__isnull=False).exists()


def test_a_version_that_was_kept_is_not_written_again(vanished: Visit, django_assert_max_num_queries: Any) -> None:
    customer = Customer.objects.get(number="10001")
    before = list(Held.objects.filter(customer=customer).values_list("version", "turns"))
    with django_assert_max_num_queries(12):
        tasks.keep()
    assert list(Held.objects.filter(customer=customer).values_list("version", "turns")) == before


def test_it_is_nobody_elses(vanished: Visit) -> None:
    assert {row.customer.number for row in ArchivedRecord.objects.select_related("customer")} == {"10001"}
    member = Membership.objects.get(user__email="billing@example.com")
    Membership.objects.filter(pk=member.pk).update(customer=Customer.objects.get(number="10002"))
    assert vanished("billing", "consumption/").status_code == 404


def test_a_member_limited_to_a_group_sees_none_of_it(vanished: Visit) -> None:
    Membership.objects.filter(user__email="billing@example.com").update(group="shop")
    assert GONE not in text_of(vanished("billing", "consumption/"))
    assert vanished("billing", "invoice/2026-01-01/").status_code == 403


def test_a_customer_without_a_key_is_left_alone(vanished: Visit) -> None:
    ApiKey.objects.all().delete()
    before = ArchivedRecord.objects.filter(gone_since__isnull=False).count()
    tasks.keep()
    assert ArchivedRecord.objects.filter(gone_since__isnull=False).count() == before
    assert Held.objects.get(type="invoice").seen <= timezone.now()


def test_it_can_still_be_put_on_paper(vanished: Visit) -> None:
    vanished("billing", "consumption/")
    scope = get_scope(User.objects.get(email="billing@example.com"), "10001")
    shelf = PrintableRecords(scope, "invoice", Printing(scope.customer, "billing"))
    assert "2026-01-01" in shelf.months
    assert "7.0000" in html(shelf.paper("2026-01-01"))


def test_what_another_version_has_kept_otherwise_is_left_out(vanished: Visit) -> None:
    ArchivedRecord.objects.filter(gone_since__isnull=False).update(raw="{}")
    assert GONE not in text_of(vanished("billing", "consumption/"))


def test_what_is_listed_again_and_was_not_looked_at_yet_is_there_once(vanished: Visit, answers: Any) -> None:
    answers("consumption", *SEEN)
    scope = get_scope(User.objects.get(email="manager@example.com"), "10001")
    reads.refresh(scope, "consumption")
    text = text_of(vanished("billing", "consumption/"))
    assert GONE not in text
    assert "720 h" in text
