"""`manage.py rotate_keys`: seal everything that is kept with the newest key of the ring (CREDENTIAL_KEYS).

To rotate: put a new key first, restart, run this until it says that nothing is left, then take the old key out.
It may be killed at any point and run again: each value is replaced by itself, and only while it is still what was read.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from portal.accounts import form_drafts
from portal.accounts.keys import sealing
from portal.accounts.keys.sealed_values import Sealed, all_sealed, register
from portal.accounts.models import ApiKey, Draft
from portal.accounts.sign_in.adapter import MFA_PLACE, MFA_PURPOSE

MFA_SEALED = ("secret", "seed", "migrated_codes")  # where allauth keeps what its adapter has encrypted


class Command(BaseCommand):
    help = "Seal all stored secrets with the newest key of the ring. May be killed and run again at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say how many are sealed with older keys")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        old = [value for value in all_sealed() if not value.is_newest]
        if check:
            self.stdout.write(f"{len(old)} values are sealed with older keys")
            return
        broken = []
        for value in old:
            try:
                value.renew()
            except sealing.Broken:
                broken.append(value.name)
        self.stdout.write(f"{len(old) - len(broken)} values sealed with the newest key")
        if broken:
            raise CommandError(f"no key of the ring opens: {', '.join(broken)}")


@register
def of_accounts() -> Iterator[Sealed]:
    """API keys, drafts and second factors."""
    for key in ApiKey.objects.order_by("pk"):
        yield Sealed(f"the key of {key}", sealing.is_newest(bytes(key.sealed)), partial(_renew_key, key))
    for draft in Draft.objects.select_related("user").order_by("pk"):
        newest = sealing.is_newest(bytes(draft.sealed), purpose=form_drafts.PURPOSE)
        yield Sealed(f"the draft {draft.pk}", newest, partial(_renew_draft, draft))
    for factor in Authenticator.objects.order_by("pk"):
        newest = all(_factor_is_newest(value) for value in _factor_values(factor.data))
        yield Sealed(f"the second factor {factor.pk}", newest, partial(_renew_factor, factor))


def _renew_key(key: ApiKey) -> bool:
    sealed = key.resealed()
    same = ApiKey.objects.filter(pk=key.pk, generation=key.generation, sealed=key.sealed)
    return bool(same.update(sealed=sealed))


def _renew_draft(draft: Draft) -> bool:
    place = form_drafts.place(draft.user, draft.path)
    text = sealing.unseal(bytes(draft.sealed), place, purpose=form_drafts.PURPOSE)
    same = Draft.objects.filter(pk=draft.pk, sealed=draft.sealed)
    return bool(same.update(sealed=sealing.seal(text, place, purpose=form_drafts.PURPOSE)))


def _renew_factor(factor: Authenticator) -> bool:
    with transaction.atomic():
        present = Authenticator.objects.select_for_update(no_key=True).filter(pk=factor.pk, data=factor.data).first()
        if present is None:
            return False
        data = {name: _resealed(value) if name in MFA_SEALED else value for name, value in present.data.items()}
        return bool(Authenticator.objects.filter(pk=present.pk).update(data=data))


def _resealed(value: Any) -> Any:
    if isinstance(value, list):
        return [_resealed(one) for one in value]
    opened = sealing.unseal(bytes.fromhex(value), MFA_PLACE, purpose=MFA_PURPOSE)
    return sealing.seal(opened, MFA_PLACE, purpose=MFA_PURPOSE).hex()


def _factor_values(data: dict[str, Any]) -> Iterator[str]:
    for name in MFA_SEALED:
        value = data.get(name) or ()
        yield from [value] if isinstance(value, str) else value


def _factor_is_newest(value: str) -> bool:
    return sealing.is_newest(bytes.fromhex(value), purpose=MFA_PURPOSE)
