"""Signatures by Standard Webhooks 1.0.0: symmetric ones (v1), over `id.timestamp.body`."""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable

PREFIX = "whsec_"
BYTES = 32  # 24 to 64 are allowed


def new_secret() -> str:
    return f"{PREFIX}{b64encode(secrets.token_bytes(BYTES)).decode()}"


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One of the header's signatures."""
    key = b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def headers(held: Iterable[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three of the specification, signed with each of these secrets."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in held),
    }
