"""API keys in use: a client for each, and whether a new one works."""

import os
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings

from portal.accounts.models import ApiKey
from portal.api import ApiError, Call, Client, Fault, NotReachable, Refused, Unsendable
from portal.inventory import counters
from portal.inventory.platform import circuit_breaker
from portal.observability import processes


class KeyProblem(Exception):
    """A new key cannot be used. `reason`: refused | unreachable | unreadable | fault | other_group."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(reason, text)
        self.reason = reason
        self.text = text


def client_for(api_key: ApiKey) -> Client:
    """The client of this process for the key in its present generation. Raises accounts.keys.sealing.Broken."""
    return _client(os.getpid(), settings.API_URL, str(api_key.pk), api_key.generation, _Secret(api_key))


def check_key(group: str, secret: str) -> None:
    """Raises KeyProblem unless the platform accepts the key and it reaches that resource group (api_02, api_03)."""
    try:
        with _new_client(settings.API_URL, group, secret) as client:
            client.ping()
            found = client.query("resourcegroup", {"name": group}).value
    except ApiError as error:
        raise KeyProblem(reason_of(error), str(error)) from None
    if not any(record.get("name") == group for record in found):
        raise KeyProblem("other_group", group)


def ping(api_key: ApiKey) -> datetime | None:
    """The platform's time, None where it does not tell. Raises KeyProblem, accounts.keys.sealing.Broken."""
    try:
        return client_for(api_key).ping().platform_time
    except ApiError as error:
        raise KeyProblem(reason_of(error), str(error)) from None


def reason_of(error: ApiError) -> str:
    """The error in one word, as a Trouble has it."""
    if isinstance(error, NotReachable):
        return "unreachable"
    if isinstance(error, (Refused, Unsendable)):
        return "refused"
    return "fault" if isinstance(error, Fault) else "unreadable"


class _Secret:
    """An API key that is equal to any other, so that only its id and generation make a difference to the cache."""

    def __init__(self, api_key: ApiKey) -> None:
        self.api_key = api_key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Secret)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=256)
def _client(pid: int, url: str, key: str, generation: int, secret: _Secret) -> Client:
    return _new_client(url, secret.api_key.resource_group, secret.api_key.secret())


def _new_client(url: str, group: str, secret: str) -> Client:
    timeouts: dict[str, Any] = settings.API_TIMEOUTS
    return Client(
        url, group, secret, max_bytes=settings.API_MAX_BYTES, observe=_observe, check=circuit_breaker.check, **timeouts
    )


def _observe(call: Call) -> None:
    counters.observe(call)
    circuit_breaker.observe(call)
    processes.called(call.method, call.type, call.outcome, call.seconds)
