"""A new key in the ring, and everything sealed anew: killed at any point and run again, nothing is lost."""

import base64
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt, encrypt
from django.core.management import CommandError, call_command
from django.http import QueryDict

from portal.accounts import form_drafts
from portal.accounts.management.commands import rotate_keys
from portal.accounts.models import ApiKey, User

FORM = "/c/10001/virtualmachine/shop13/-/edit"


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def ring(settings: Any, cast: dict[str, User]) -> Iterator[list[str]]:
    """Two customers' keys, a draft, an authenticator app and recovery codes, sealed with the first key of the ring."""
    settings.CREDENTIAL_KEYS = [new_key()]
    for key in ApiKey.objects.all():
        key.set_secret(f"secret of {key}")
        key.save()
    TOTP.activate(cast["manager"], generate_totp_secret())
    RecoveryCodes.activate(cast["manager"])
    form_drafts.keep(cast["manager"], FORM, QueryDict("memory=2048"))
    return settings.CREDENTIAL_KEYS


def opened(user: User) -> list[Any]:
    """All that is sealed, in the clear."""
    held = {one.type: one for one in Authenticator.objects.filter(user=user)}
    draft = form_drafts.take(user, FORM)
    return [
        *(key.secret() for key in ApiKey.objects.order_by("resource_group")),
        held["recovery_codes"].wrap().generate_codes(),
        decrypt(held["totp"].data["secret"]),
        draft and draft.dict(),
    ]


def remaining(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("rotate_keys", check=True)
    return capsys.readouterr().out.splitlines()[-1]


def test_after_rotation_the_old_key_is_not_needed(
    ring: list[str], settings: Any, cast: dict[str, User], capsys: pytest.CaptureFixture[str]
) -> None:
    before = opened(cast["manager"])
    settings.CREDENTIAL_KEYS = [new_key(), *ring]
    assert remaining(capsys) == "5 values are sealed with older keys"
    call_command("rotate_keys")
    assert remaining(capsys) == "0 values are sealed with older keys"
    settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
    assert opened(cast["manager"]) == before


@pytest.mark.parametrize("values_done", range(5))
def test_killed_at_any_point_everything_opens_and_the_next_run_ends_it(
    ring: list[str],
    settings: Any,
    cast: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    values_done: int,
) -> None:
    before = opened(cast["manager"])
    settings.CREDENTIAL_KEYS = [new_key(), *ring]
    found = list(rotate_keys.all_sealed())

    def kill() -> bool:
        raise KeyboardInterrupt

    dying = [*found[:values_done], replace(found[values_done], renew=kill), *found[values_done + 1 :]]
    with monkeypatch.context() as patch:
        patch.setattr(rotate_keys, "all_sealed", lambda: iter(dying))
        with pytest.raises(KeyboardInterrupt):
            call_command("rotate_keys")
    assert remaining(capsys) == f"{5 - values_done} values are sealed with older keys"
    assert opened(cast["manager"]) == before
    call_command("rotate_keys")
    assert remaining(capsys) == "0 values are sealed with older keys"
    assert opened(cast["manager"]) == before


def test_a_key_that_is_replaced_meanwhile_is_left_as_it_is(ring: list[str], settings: Any) -> None:
    settings.CREDENTIAL_KEYS = [new_key(), *ring]
    value = next(rotate_keys.all_sealed())
    key = ApiKey.objects.order_by("pk")[0]
    key.set_secret("newer")
    key.save()
    assert value.renew() is False
    assert ApiKey.objects.get(pk=key.pk).secret() == "newer"


def test_a_second_factor_that_is_removed_meanwhile_stays_removed(
    ring: list[str], settings: Any, cast: dict[str, User]
) -> None:
    settings.CREDENTIAL_KEYS = [new_key(), *ring]
    *_others, value = rotate_keys.all_sealed()
    Authenticator.objects.all().delete()
    assert value.renew() is False
    assert not Authenticator.objects.exists()


def test_recovery_codes_that_were_brought_from_elsewhere_are_sealed_anew_too(
    ring: list[str], settings: Any, cast: dict[str, User]
) -> None:
    held = Authenticator.objects.get(user=cast["manager"], type="recovery_codes")
    Authenticator.objects.filter(pk=held.pk).update(data={"migrated_codes": [encrypt("one"), encrypt("two")]})
    settings.CREDENTIAL_KEYS = [new_key(), *ring]
    call_command("rotate_keys")
    settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
    held.refresh_from_db()
    assert [decrypt(code) for code in held.data["migrated_codes"]] == ["one", "two"]


def test_what_no_key_opens_is_named_and_does_not_stop_the_rest(
    ring: list[str], settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ApiKey.objects.filter(resource_group="acme").update(sealed=b"x" * 60)
    settings.CREDENTIAL_KEYS = [new_key(), *ring]
    with pytest.raises(CommandError, match="no key of the ring opens: the key of acme"):
        call_command("rotate_keys")
    assert remaining(capsys) == "1 values are sealed with older keys"
