"""That tests notice a form which changes something and leaves no trace (tests.support.on_record)."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.accounts.audit import trail
from portal.accounts.models import Customer
from tests.isolation.routes import ROUTES
from tests.support import on_record


def sent(view: on_record.Answer, method: str = "post") -> HttpResponse:
    request = getattr(RequestFactory(), method)("/c/10001/careless/")
    request.resolver_match = None
    return on_record.on_record(view)(request)


def careless(_request: HttpRequest) -> HttpResponse:
    Customer.objects.create(number="1", name="made in passing")
    return HttpResponse()


@pytest.mark.django_db
def test_what_is_changed_without_an_entry_is_noticed() -> None:
    with pytest.raises(on_record.NotOnRecord, match=r"careless.*accounts_customer"):
        sent(careless)


@pytest.mark.django_db
def test_what_is_on_record_is_right() -> None:
    def careful(request: HttpRequest) -> HttpResponse:
        answer = careless(request)
        trail.record("customer.created", customer=Customer.objects.get(number="1"))
        return answer

    assert sent(careful).status_code == 200


@pytest.mark.django_db
def test_what_found_nothing_to_change_has_changed_nothing() -> None:
    def vain(_request: HttpRequest) -> HttpResponse:
        Customer.objects.filter(number="nobody").update(name="somebody")
        return HttpResponse()

    assert sent(vain).status_code == 200


def test_the_pages_that_say_why_not_are_there() -> None:
    assert {name.partition(" ")[0] for name in on_record.SAID if ":" in name or name == "dismiss"} <= set(ROUTES)
