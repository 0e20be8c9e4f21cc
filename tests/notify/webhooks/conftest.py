"""Receivers, and endpoints of customer 10001 that lead to them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import Customer
from portal.notify.models import Occurrence
from portal.notify.webhooks import signing
from portal.notify.webhooks.models import Endpoint
from tests.notify.webhooks.receiver import OK, Receiver, answering

type MakeEndpoint = Callable[..., Endpoint]
type Happen = Callable[..., Occurrence]


@pytest.fixture
def loopback(settings: Any) -> None:
    """This machine may be called."""
    settings.WEBHOOKS_MAY_CALL_LOOPBACK = True


@pytest.fixture
def receiver(loopback: None) -> Iterator[Receiver]:
    """Answers 200 until a test has it behave otherwise."""
    one = Receiver(answering(OK))
    yield one
    one.stop()


@pytest.fixture
def endpoint(scope_of: Callable[..., Scope]) -> MakeEndpoint:
    """`endpoint(receiver.url)`: one that is live."""

    def make(url: str, customer: str = "10001", **fields: Any) -> Endpoint:
        chosen = {"state": Endpoint.State.LIVE, **fields}
        made = Endpoint(customer=Customer.objects.get(number=customer), url=url, **chosen)
        made.seal(signing.new_secret())
        made.save()
        return made

    return make


@pytest.fixture
def happen(cast: Any) -> Happen:
    """`happen("invoice.new")`: that it did, to customer 10001."""

    def note(kind: str = "change.done", customer: str = "10001", **fields: Any) -> Occurrence:
        count = Occurrence.objects.count()
        data = {"number": 1, **fields.pop("data", {})}
        chosen = {"key": f"k{count}", "thread": f"t{count}", "at": timezone.now(), "data": data, **fields}
        return Occurrence.objects.create(customer=Customer.objects.get(number=customer), kind=kind, **chosen)

    return note
