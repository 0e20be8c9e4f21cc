"""Limits of costs: set by managers and billing, shown with how far along they are, told of once."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError
from django.test import Client

from portal.accounts.access import get_scope
from portal.accounts.models import ApiKey, AuditEntry, Customer, User
from portal.billing import tasks
from portal.billing.thresholds import thresholds
from portal.billing.thresholds.models import Measure, Passed, Threshold
from portal.notify import choices, watching
from portal.notify.mail import outbox
from portal.notify.models import Reading
from tests.billing.records import invoice, use
from tests.customer.conftest import text_of
from tests.customer.visiting import Visit
from tests.inventory.platform import Platform

PAGE = "/c/10001/thresholds/"
MONTHS = ("2026-10-01", "2026-11-01")


@pytest.fixture
def november() -> Iterator[None]:
    """It is the middle of November 2026: a limit does not look back at months that were over when it was set."""
    with time_machine.travel("2026-11-16T00:00:00Z"):
        yield


@pytest.fixture
def passed(november: None, odd_platform: Platform, answers: Any, visit: Visit) -> Threshold:
    """A limit of 1 GB for group shop, of which 2 GB are used this month."""
    odd_platform.date = "Mon, 16 Nov 2026 00:00:00 GMT"
    answers("consumption", *(use("traffic", "shop", {"traffic": 2 * 10**9}, month) for month in MONTHS))
    answers("invoice", invoice("2026-10-01", [("Traffic of shop", "40.0000")], "40.0000"))
    for path in ("consumption/", "invoice/"):
        visit("manager", path)
    Reading.objects.create(customer=Customer.objects.get(number="10001"))
    return limit(Measure.TRAFFIC, "shop", 10**9)


def tell() -> None:
    """As the workers do it: what is passed is noted, found in the trail and mailed."""
    tasks.watch_limits()
    watching.read_rows()
    outbox.send_due()


def limit(measure: Measure, group: str, value: int) -> Threshold:
    customer = Customer.objects.get(number="10001")
    return Threshold.objects.create(customer=customer, measure=measure, group=group, limit=value)


def records(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("sequence"))


@pytest.mark.parametrize("name", ["manager", "billing"])
def test_managers_and_billing_set_change_and_remove_limits_on_record(
    browse: Callable[[str], Client], name: str
) -> None:
    client = browse(name)
    assert client.post(PAGE, {"what": "traffic:example", "limit": "1,5"}).status_code == 302
    assert client.post(PAGE, {"what": "traffic:example", "limit": "1.5"}).status_code == 302  # the same: nothing to do
    assert client.post(PAGE, {"what": "traffic:example", "limit": "2"}).status_code == 302
    (one,) = Threshold.objects.all()
    assert (one.group, one.limit) == ("example", Decimal(2 * 10**9))
    assert 'value="2"' in client.get(PAGE, {"change": one.pk}).content.decode()
    assert client.post(f"{PAGE}{one.pk}/-/remove").status_code == 302
    assert not Threshold.objects.exists()
    told = [(one.after or one.before) for one in (*records("threshold.set"), *records("threshold.removed"))]
    assert told == ['{"limit": "1500000000 B"}', '{"limit": "2000000000 B"}', '{"limit": "2000000000 B"}']


@pytest.mark.parametrize("text", ["", "much", "-5", "0", "1e3", "9" * 20, "9" * 50, "1.2.3", "NaN"])
def test_what_is_no_limit_is_named_and_kept_in_the_form(browse: Callable[[str], Client], text: str) -> None:
    response = browse("billing").post(PAGE, {"what": "amount:", "limit": text})
    page = response.content.decode()
    assert response.status_code == 422
    assert "field-error" in page
    assert f'value="{text}"' in page or not text
    assert not Threshold.objects.exists()


def test_what_cannot_be_limited_is_refused(browse: Callable[[str], Client]) -> None:
    response = browse("billing").post(PAGE, {"what": "traffic:never-seen", "limit": "5"})
    assert "There is no budget for this" in text_of(response)


@pytest.mark.parametrize("name", ["operator", "viewer", "child"])
def test_limits_are_for_nobody_else(browse: Callable[[str], Client], name: str) -> None:
    client = browse(name)
    assert [client.get(PAGE).status_code, client.post(PAGE).status_code] == [403, 403]


def test_a_limit_of_amounts_is_kept_to_the_digit(browse: Callable[[str], Client]) -> None:
    browse("manager").post(PAGE, {"what": "amount:", "limit": "99.50"})
    assert (Threshold.objects.get().measure, Threshold.objects.get().limit) == (Measure.AMOUNT, Decimal("99.5"))


def test_a_limit_of_another_customer_is_not_there(browse: Callable[[str], Client]) -> None:
    client = browse("manager")
    other = Threshold.objects.create(
        customer=Customer.objects.get(number="10002"), measure=Measure.AMOUNT, group="", limit=1
    )
    assert client.post(f"{PAGE}{other.pk}/-/remove").status_code == 404
    assert Threshold.objects.filter(pk=other.pk).exists()


def test_a_limit_that_is_passed_is_told_once_to_managers_and_billing(passed: Threshold) -> None:
    for _time in range(3):
        tell()
    assert sorted(one.to[0] for one in mail.outbox) == ["billing@example.com", "manager@example.com"]
    (entry,) = records("threshold.passed")
    assert entry.target == "traffic shop"
    assert '"value": "2000000000"' in entry.after
    assert Passed.objects.get().month == "2026-11-01"  # October was over before the limit was set


def test_the_mail_says_what_how_much_and_of_how_much_in_the_readers_language(passed: Threshold) -> None:
    User.objects.filter(email="billing@example.com").update(language="de")
    tell()
    limit(Measure.AMOUNT, "", 30)
    tell()
    traffic, amount = (one for one in mail.outbox if one.to == ["manager@example.com"])
    assert traffic.subject == "Traffic of shop in November 2026: budget exceeded"
    assert "2 GB of 1 GB. Nothing was shut down" in traffic.body
    assert "40.00 EUR of 30.00 EUR. This is an estimate" in amount.body
    german = [one.body for one in mail.outbox if one.to == ["billing@example.com"]]
    assert any("40,00" in body for body in german)


def test_a_limit_of_which_another_worker_tells_meanwhile_is_told_of_once(passed: Threshold, monkeypatch: Any) -> None:
    create = Passed.objects.create

    def another_is_faster(**fields: Any) -> Passed:
        monkeypatch.setattr(Passed.objects, "create", create)
        raise IntegrityError

    monkeypatch.setattr(Passed.objects, "create", another_is_faster)
    assert thresholds.note_passed() == 0
    assert thresholds.note_passed() == 1


def test_where_nothing_is_known_of_what_was_used_no_limit_is_passed(db: None, cast: Any, redis_url: str) -> None:
    limit(Measure.TRAFFIC, "shop", 1)
    ApiKey.objects.all().delete()
    assert thresholds.note_passed() == 0


def test_a_limit_that_is_removed_in_two_tabs_is_on_record_once(passed: Threshold) -> None:
    scope = get_scope(User.objects.get(email="manager@example.com"), "10001")
    for _tab in range(2):
        thresholds.remove(scope, passed)
    assert len(records("threshold.removed")) == 1


def test_a_limit_that_is_not_passed_is_not_told_of(passed: Threshold) -> None:
    Threshold.objects.update(limit=2 * 10**9 + 1)
    tell()
    assert (mail.outbox, Passed.objects.count()) == ([], 0)


def test_a_limit_set_anew_is_told_of_anew(passed: Threshold, browse: Callable[[str], Client]) -> None:
    tell()
    browse("manager").post(PAGE, {"what": "traffic:shop", "limit": "1.8"})
    tell()
    assert len(mail.outbox) == 4


def test_who_wants_no_mail_about_it_gets_none(passed: Threshold) -> None:
    choices.choose(User.objects.get(email="billing@example.com"), {("limit.passed", "mail"): False})
    tell()
    assert [one.to for one in mail.outbox] == [["manager@example.com"]]


def test_the_page_says_how_far_along_the_month_is_and_how_that_is_reckoned(passed: Threshold, visit: Visit) -> None:
    limit(Measure.AMOUNT, "", 45)
    text = text_of(visit("billing", "thresholds/"))
    assert "Traffic of shop Exceeded 2 GB of 1 GB (200 %)" in text
    assert "Amount before tax Almost reached 40.00 EUR of 45.00 EUR (88 %)" in text
    assert "at the prices of the invoice for October 2026" in text
    assert "This is not the tax invoice" in text
