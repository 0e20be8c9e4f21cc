"""API keys come and go: sealed into their row, on record, and their managers told once when one is refused."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from portal.accounts import mail
from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import ApiKey
from portal.accounts.people.members import managers_of
from portal.accounts.roles import KEYS, Verb


class Taken(Exception):
    """The group is connected to another customer."""


def keep(scope: Scope, group: str, secret: str, *, new: bool) -> ApiKey:
    """The secret as the group's key, in its next generation. It has been checked. PermissionDenied, Taken."""
    scope.require(Verb.CHANGE, KEYS)
    try:
        with transaction.atomic():
            key = ApiKey.objects.select_for_update().filter(resource_group=group).first()
            if key is not None and key.customer_id != scope.customer.pk:
                raise Taken
            key = key or ApiKey(customer=scope.customer, resource_group=group)
            key.set_secret(secret)
            key.save()
            action = "key.connected" if new else "key.replaced"
            trail.record(action, customer=scope.customer, target=group, after={"generation": key.generation})
    except IntegrityError:  # somebody else was faster: one_key_per_group
        raise Taken from None
    return key


def remove(scope: Scope, key: ApiKey) -> None:
    """Forget the key. What would go out with it waits for another. PermissionDenied."""
    scope.require(Verb.CHANGE, KEYS)
    with transaction.atomic():
        deleted, _by_model = ApiKey.objects.filter(pk=key.pk, customer=scope.customer).delete()
        if deleted:
            trail.record("key.removed", customer=scope.customer, target=key.resource_group)


def tell_of_refused() -> int:
    """Mail the managers of every key that the platform refuses, once for each generation of it. How many keys."""
    told = 0
    refused = ApiKey.objects.select_related("customer").exclude(refused_at=None).defer("sealed")
    for key in refused:
        if key.told_generation == key.generation or not _claim(key):
            continue
        told += 1
        context = {"key": key, "link": _link(key)}
        for manager in managers_of(key.customer):
            mail.send("keys/mail/refused", manager.email, context)
    return told


def _claim(key: ApiKey) -> bool:
    """Whether it is ours to tell of it: one worker only, once."""
    same = ApiKey.objects.filter(pk=key.pk, generation=key.generation).exclude(refused_at=None)
    with transaction.atomic():
        is_ours = bool(same.exclude(told_generation=key.generation).update(told_generation=key.generation))
        if is_ours:
            trail.record("key.refused", customer=key.customer, target=key.resource_group)
    return is_ours


def _link(key: ApiKey) -> str:
    """Where a new one is entered, for a mail; '' where the portal does not know its own address."""
    path = reverse("customer:replace_key", args=[key.customer.number, key.resource_group])
    return f"{settings.PORTAL_URL}{path}" if settings.PORTAL_URL else ""
