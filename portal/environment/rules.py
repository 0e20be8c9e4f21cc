"""What depends on several settings: without DEBUG there are real secrets, and with HTTPS it is production."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from portal.environment import kinds
from portal.environment.table import DEVELOPMENT_KEY, DEVELOPMENT_SECRET, Table

type Problem = tuple[str, str]  # the setting, and a sentence

SHORTEST_SECRET = 32
FEWEST_DIFFERENT = 6  # characters of a secret, bytes of a key: random ones have many more
# As examples and demos have it. Long words: short ones come about in random secrets.
EXAMPLE = re.compile("development|example|insecure|placeholder|change.?me|your.secret|sandbox-only", re.IGNORECASE)
NOT_IN_PRODUCTION = {
    "DEBUG": "it shows visitors the code and the settings of the portal",
    "DEMO": "it offers everyone the people of the demo to sign in as",
    "WEBHOOKS_MAY_CALL_LOOPBACK": "webhooks could call services of this machine",
    "CHECK_FRAGMENTS": "it makes pages slow and lets them fail",
}


def contradictions(table: Table) -> Iterator[Problem]:
    if table.HTTPS or not table.DEBUG:
        yield from _secrets(table)
    if table.HTTPS:
        yield from _production(table)


def _secrets(table: Table) -> Iterator[Problem]:
    name, advice = "SECRET_KEY", f"set at least {SHORTEST_SECRET} random characters"
    if table.SECRET_KEY == DEVELOPMENT_SECRET:
        yield name, f"SECRET_KEY is missing, or the one for development: {advice}."
    elif EXAMPLE.search(table.SECRET_KEY) or len(set(table.SECRET_KEY)) < FEWEST_DIFFERENT:
        yield name, f"SECRET_KEY is an example that everyone can guess: {advice}."
    elif len(table.SECRET_KEY) < SHORTEST_SECRET:
        yield name, f"SECRET_KEY is too short: {advice}."

    name, advice = "CREDENTIAL_KEYS", f"set the base64 of {kinds.KEY_BYTES} random bytes"
    if DEVELOPMENT_KEY in table.CREDENTIAL_KEYS:
        yield name, f"CREDENTIAL_KEYS is missing, or has the key for development: {advice}."
    elif any(map(_is_example, table.CREDENTIAL_KEYS)):
        yield name, f"CREDENTIAL_KEYS has an example that everyone can guess: {advice}."


def _is_example(key: str) -> bool:
    content = kinds.decoded(key)
    return len(set(content)) < FEWEST_DIFFERENT or bool(EXAMPLE.search(content.decode("latin-1")))


def _production(table: Table) -> Iterator[Problem]:
    for name, why in NOT_IN_PRODUCTION.items():
        if table.values[name]:
            yield name, f"{name} is on together with HTTPS: remove it from production, where {why}."
    if _is_loopback(urlsplit(table.API_URL).hostname or ""):
        where = "is missing, or leads to this machine, where only the sandbox is"
        yield "API_URL", f"API_URL {where}: give the address of the platform's API."


def _is_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return f".{host}".rstrip(".").endswith(".localhost")
    return address.is_loopback or address.is_unspecified
