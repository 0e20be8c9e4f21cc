"""API keys come and go: sealed into their row, on record; also that one is refused, once."""

from django.db import IntegrityError, transaction

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.accounts.models import ApiKey
from portal.accounts.roles import KEYS, Verb


class Taken(Exception):
    """The group is connected to another customer."""


def keep(scope: Scope, group: str, secret: str, *, new: bool) -> ApiKey:
    """The secret as the group's key, in its next generation. It has been checked. PermissionDenied, Taken."""
    scope.require(Verb.CHANGE, KEYS)
    try:
        with transaction.atomic():
            key = ApiKey.objects.select_for_update(no_key=True).filter(resource_group=group).first()
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


def note_refused() -> int:
    """Put on record, once for each generation of it, every key that the platform refuses. How many were new."""
    refused = ApiKey.objects.select_related("customer").exclude(refused_at=None).defer("sealed")
    return sum(key.told_generation != key.generation and _claim(key) for key in refused)


def _claim(key: ApiKey) -> bool:
    """Whether it is ours to note: one worker only, once."""
    same = ApiKey.objects.filter(pk=key.pk, generation=key.generation).exclude(refused_at=None)
    with transaction.atomic():
        is_ours = bool(same.exclude(told_generation=key.generation).update(told_generation=key.generation))
        if is_ours:
            trail.record("key.refused", customer=key.customer, target=key.resource_group)
    return is_ours
