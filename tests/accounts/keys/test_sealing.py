"""Sealed values open in their place, for their purpose, with a key of the ring; nowhere else."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from portal.accounts.keys.sealing import Broken, seal, unseal

OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()


def test_what_was_sealed_opens_in_its_place() -> None:
    assert unseal(seal(b"secret", b"row 1"), b"row 1") == b"secret"


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    assert seal(b"secret", b"row 1") != seal(b"secret", b"row 1")


def test_a_value_moved_to_another_place_does_not_open() -> None:
    with pytest.raises(Broken):
        unseal(seal(b"secret", b"row 1"), b"row 2")


def test_a_value_sealed_for_another_purpose_does_not_open() -> None:
    with pytest.raises(Broken):
        unseal(seal(b"secret", b"row 1", purpose="snapshots"), b"row 1")


@pytest.mark.parametrize("position", [0, 4, 16, -1])
def test_a_changed_byte_is_noticed(position: int) -> None:
    sealed = bytearray(seal(b"secret", b"row 1"))
    sealed[position] ^= 1
    with pytest.raises(Broken):
        unseal(bytes(sealed), b"row 1")


@pytest.mark.parametrize("garbage", [b"", b"1234", b"1" * 16, b"\x00" * 200])
def test_garbage_is_broken_and_nothing_worse(garbage: bytes) -> None:
    with pytest.raises(Broken):
        unseal(garbage, b"row 1")


def test_an_older_key_of_the_ring_still_opens(settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    sealed = seal(b"secret", b"row 1")
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    assert unseal(sealed, b"row 1") == b"secret"
    assert seal(b"secret", b"row 1")[:4] != sealed[:4]


def test_a_key_that_left_the_ring_opens_nothing(settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    sealed = seal(b"secret", b"row 1")
    settings.CREDENTIAL_KEYS = [NEW]
    with pytest.raises(Broken):
        unseal(sealed, b"row 1")


@pytest.mark.parametrize("key", ["no base64!", "", base64.b64encode(b"too short").decode()])
def test_a_key_that_is_none_is_refused_before_anything_is_sealed_with_it(settings: Settings, key: str) -> None:
    settings.CREDENTIAL_KEYS = [key]
    with pytest.raises(ImproperlyConfigured, match="32 bytes in base64"):
        seal(b"secret", b"row 1")
