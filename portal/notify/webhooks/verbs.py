"""What managers do with webhooks. Each asks who may, in one transaction with its entry of the trail.

Endpoints are those of the scope's customer; Http404 for any other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.keys import sealing
from portal.accounts.keys.sealed_values import Sealed
from portal.accounts.models import Customer
from portal.accounts.roles import WEBHOOKS, Verb
from portal.notify.models import Occurrence
from portal.notify.webhooks import addresses, delivering, signing
from portal.notify.webhooks.models import BOTH_VALID, PURPOSE, Endpoint, Message
from portal.notify.webhooks.queue import BATCH

MOST = 20  # endpoints of a customer
MOST_AGAIN = 10_000  # messages that are sent again at once
State = Endpoint.State


class TooMany(Exception):
    """More than there may be."""


class ChangedMeanwhile(Exception):
    """Somebody else has changed the endpoint since the form was made."""


class NotLive(Exception):
    """Only an endpoint that is live is sent anything again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What of an endpoint is chosen. No kinds: all of them."""

    url: str
    description: str = ""
    kinds: Sequence[str] = ()


def endpoints_of(scope: Scope) -> QuerySet[Endpoint]:
    """PermissionDenied."""
    scope.require(Verb.SEE, WEBHOOKS)
    return Endpoint.objects.filter(customer=scope.customer)


def find(scope: Scope, pk: str) -> Endpoint:
    """One of them."""
    return _found(endpoints_of(scope), pk)


def message_of(scope: Scope, pk: str, message: str) -> Message:
    """One of an endpoint's messages."""
    try:
        return find(scope, pk).messages.select_related("occurrence__customer", "endpoint__customer").get(pk=message)
    except (Message.DoesNotExist, ValueError, ValidationError):
        raise Http404 from None


def add(scope: Scope, chosen: Settings) -> Endpoint:
    """One that is told nothing until it has answered a test. TooMany; addresses.Refused."""
    scope.require(Verb.CHANGE, WEBHOOKS)
    addresses.check(chosen.url)
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=scope.customer.pk)
        if endpoints_of(scope).count() >= MOST:
            raise TooMany
        endpoint = Endpoint(customer=customer, made_by=scope.user, **_fields(chosen))
        endpoint.seal(signing.new_secret())
        endpoint.save()
        trail.record("webhook.added", customer=customer, target=str(endpoint), after=_told(endpoint))
    return endpoint


def change(scope: Scope, pk: str, revision: int, chosen: Settings) -> Endpoint:
    """Other settings than those of that revision. A new address has to answer a test. ChangedMeanwhile; Refused."""
    addresses.check(chosen.url)
    with transaction.atomic():
        endpoint = _hold(scope, pk)
        if endpoint.revision != revision:
            raise ChangedMeanwhile
        before, had = _told(endpoint), endpoint.url
        for name, value in _fields(chosen).items():
            setattr(endpoint, name, value)
        if endpoint.url != had and endpoint.state == State.LIVE:
            endpoint.state = State.TESTING
        endpoint.revision += 1
        endpoint.save()
        trail.record(
            "webhook.changed", customer=scope.customer, target=str(endpoint), before=before, after=_told(endpoint)
        )
    return endpoint


def renew_secret(scope: Scope, pk: str) -> None:
    """Another secret; the one before signs as well for a day."""
    with transaction.atomic():
        endpoint = _hold(scope, pk)
        endpoint.sealed_previous, endpoint.previous_until = endpoint.sealed, timezone.now() + BOTH_VALID
        endpoint.seal(signing.new_secret())
        endpoint.save(update_fields=["sealed", "sealed_previous", "previous_until"])
        trail.record("webhook.renewed", customer=scope.customer, target=str(endpoint))


def reveal(scope: Scope, pk: str) -> str:
    """The secret, for who sets up the receiver; who has seen it is on record. sealing.Broken."""
    with transaction.atomic():
        endpoint = _hold(scope, pk)
        secret = endpoint.secret
        trail.record("webhook.revealed", customer=scope.customer, target=str(endpoint))
    return secret


def test(scope: Scope, pk: str) -> None:
    """Send a test event. One that is turned off is told everything again once it has answered."""
    with transaction.atomic():
        endpoint = _hold(scope, pk)
        if endpoint.state == State.OFF:
            endpoint.state, endpoint.why_off, endpoint.failing_since = State.TESTING, "", None
            endpoint.live_since = timezone.now()  # what happens from now on waits for the answer
        _call_now(endpoint)
        if not endpoint.messages.filter(occurrence=None, state=Message.State.WAITING).exists():
            Message.objects.create(endpoint=endpoint)
            trail.record("webhook.tested", customer=scope.customer, target=str(endpoint))


def turn_off(scope: Scope, pk: str) -> None:
    """Nothing is sent until it is turned on again (`test`)."""
    with transaction.atomic():
        endpoint = _hold(scope, pk)
        if endpoint.state != State.OFF:
            delivering.turn_off(endpoint, Endpoint.WhyOff.MANAGER)
            trail.record("webhook.switched_off", customer=scope.customer, target=str(endpoint))


def remove(scope: Scope, pk: str) -> None:
    """With its log."""
    with transaction.atomic():
        endpoint = _hold(scope, pk)
        before = _told(endpoint)
        name = str(endpoint)
        endpoint.delete()
        trail.record("webhook.removed", customer=scope.customer, target=name, before=before)


def send_again(scope: Scope, pk: str, message: str) -> None:
    """One message, under the same id. NotLive."""
    with transaction.atomic():
        endpoint = _hold_live(scope, pk)
        found = message_of(scope, pk, message)
        if found.occurrence is None:
            raise Http404
        _again(Message.objects.filter(pk=found.pk))
        trail.record("webhook.resent", customer=scope.customer, target=f"{endpoint} {found.webhook_id}")


def send_time_again(scope: Scope, pk: str, since: datetime, until: datetime) -> int:
    """All of its kinds that happened in that time, also what it was not told then. How many. NotLive; TooMany."""
    with transaction.atomic():
        endpoint = _hold_live(scope, pk)
        happened = _in_time(endpoint, since, until)
        found = list(happened.order_by("at").only("pk")[: MOST_AGAIN + 1])
        if len(found) > MOST_AGAIN:
            raise TooMany
        new = [Message(endpoint=endpoint, occurrence=one) for one in found]
        Message.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
        _again(endpoint.messages.filter(occurrence__in=happened))
        if found:
            after = {"from": since, "to": until, "count": len(found)}
            trail.record("webhook.resent", customer=scope.customer, target=str(endpoint), after=after)
    return len(found)


def sealed_secrets() -> Iterator[Sealed]:
    """For whoever rotates the key ring."""
    for endpoint in Endpoint.objects.order_by("pk"):
        for field in ("sealed", "sealed_previous"):
            value = getattr(endpoint, field)
            if value is not None:
                is_newest = sealing.is_newest(bytes(value), purpose=PURPOSE)
                yield Sealed(f"the secret of webhook {endpoint.pk}", is_newest, partial(_seal_anew, endpoint, field))


def _seal_anew(endpoint: Endpoint, field: str) -> bool:
    value, place = bytes(getattr(endpoint, field)), endpoint.pk.bytes
    new = sealing.seal(sealing.unseal(value, place, purpose=PURPOSE), place, purpose=PURPOSE)
    return bool(Endpoint.objects.filter(pk=endpoint.pk, **{field: value}).update(**{field: new}))


def _hold(scope: Scope, pk: str) -> Endpoint:
    """The endpoint, locked for a change of it."""
    scope.require(Verb.CHANGE, WEBHOOKS)
    return _found(endpoints_of(scope).select_for_update(no_key=True), pk)


def _hold_live(scope: Scope, pk: str) -> Endpoint:
    endpoint = _hold(scope, pk)
    if endpoint.state != State.LIVE:
        raise NotLive
    _call_now(endpoint)
    return endpoint


def _found(endpoints: QuerySet[Endpoint], pk: str) -> Endpoint:
    try:
        return endpoints.get(pk=pk)
    except (Endpoint.DoesNotExist, ValueError, ValidationError):
        raise Http404 from None


def _call_now(endpoint: Endpoint) -> None:
    """Somebody waits for it: also where it rests after failures."""
    if not endpoint.holder:
        endpoint.free_at = timezone.now()
    endpoint.save()


def _again(messages: QuerySet[Message]) -> None:
    messages.update(state=Message.State.WAITING, due=timezone.now(), attempts=0)


def _in_time(endpoint: Endpoint, since: datetime, until: datetime) -> QuerySet[Occurrence]:
    happened = Occurrence.objects.filter(customer=endpoint.customer_id, at__gte=since, at__lt=until)
    return happened if endpoint.takes_all else happened.filter(kind__in=endpoint.kinds)


def _fields(chosen: Settings) -> dict[str, object]:
    return {"url": chosen.url, "description": chosen.description, "kinds": list(chosen.kinds)}


def _told(endpoint: Endpoint) -> dict[str, object]:
    """For the trail: no path of the address, which may be a secret."""
    return {"host": endpoint.host, "kinds": ", ".join(endpoint.kinds) or "all"}
