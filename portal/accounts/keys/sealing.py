"""Authenticated encryption with a key ring: AES-GCM bound to the place where the value stands.

A value is sealed with the ring's newest key and opens with any of the ring. It names its key by a fingerprint:
`fingerprint (4 bytes) | nonce (12) | ciphertext and tag`.
"""

import os
from base64 import b64decode
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FINGERPRINT = 4
NONCE = 12


class Broken(Exception):
    """The value cannot be opened: not sealed for this place, changed, or by a key that is not in the ring."""


def seal(value: bytes, place: bytes, *, purpose: str = "credentials") -> bytes:
    """Encrypt a value for one place (a row, a cache key) and one purpose."""
    fingerprint, cipher = _ring(tuple(settings.CREDENTIAL_KEYS), purpose)[0]
    nonce = os.urandom(NONCE)
    return fingerprint + nonce + cipher.encrypt(nonce, value, place)


def unseal(sealed: bytes, place: bytes, *, purpose: str = "credentials") -> bytes:
    """Open what was sealed for that place and purpose; Broken where it was not."""
    fingerprint, nonce = sealed[:FINGERPRINT], sealed[FINGERPRINT : FINGERPRINT + NONCE]
    for known, cipher in _ring(tuple(settings.CREDENTIAL_KEYS), purpose):
        if known == fingerprint and len(nonce) == NONCE:
            try:
                return cipher.decrypt(nonce, sealed[FINGERPRINT + NONCE :], place)
            except InvalidTag:
                break
    raise Broken


def is_newest(sealed: bytes, *, purpose: str = "credentials") -> bool:
    """Whether the ring's newest key has sealed it; older ones may be taken out once this holds for all."""
    return sealed[:FINGERPRINT] == _ring(tuple(settings.CREDENTIAL_KEYS), purpose)[0][0]


@lru_cache(maxsize=8)
def _ring(keys: tuple[str, ...], purpose: str) -> tuple[tuple[bytes, AESGCM], ...]:
    """A cipher for every key of the ring, each purpose with keys of its own."""
    return tuple(_cipher(key, purpose) for key in keys)


def _cipher(encoded: str, purpose: str) -> tuple[bytes, AESGCM]:
    try:
        key = b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured("Each of CREDENTIAL_KEYS must be 32 bytes in base64.")
    derived = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key)
    return sha256(derived).digest()[:FINGERPRINT], AESGCM(derived)
