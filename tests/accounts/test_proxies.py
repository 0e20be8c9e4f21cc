"""Behind a proxy: whose address counts, and that it is said when what arrives does not fit how the portal is set up."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import RequestFactory

from portal.accounts import checks, user_agents
from portal.accounts.user_agents import client_address

PROXY = "10.0.0.1"


@pytest.fixture(autouse=True)
def _told_of_nothing_yet() -> Iterator[None]:
    user_agents._tell_of_hops.cache_clear()
    yield
    user_agents._tell_of_hops.cache_clear()


def address(forwarded: str | None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=PROXY, headers=headers))


@pytest.mark.parametrize(
    ("trusted", "forwarded", "found"),
    [
        (0, None, PROXY),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
    ],
)
def test_what_fits_is_believed_without_a_word(
    settings: Any, caplog: pytest.LogCaptureFixture, trusted: int, forwarded: str | None, found: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    assert address(forwarded) == found
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("trusted", "forwarded", "words"),
    [
        (0, "198.51.100.7", "TRUSTED_PROXIES is 0, and X-Forwarded-For arrives all the same"),
        (1, None, "TRUSTED_PROXIES is 1, and X-Forwarded-For arrives with fewer addresses"),
        (2, "198.51.100.7", "TRUSTED_PROXIES is 2, and X-Forwarded-For arrives with fewer addresses"),
        (2, " , ", "with fewer addresses"),
    ],
)
def test_what_does_not_fit_is_said_once_and_the_nearest_counts(
    settings: Any, caplog: pytest.LogCaptureFixture, trusted: int, forwarded: str | None, words: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    assert [address(forwarded) for _ in range(3)] == [PROXY] * 3
    (said,) = caplog.messages
    assert words in said


@pytest.mark.parametrize(("remote", "found"), [(PROXY, PROXY), ("a socket", user_agents.UNKNOWN)])
def test_what_is_no_address_is_nobodys(settings: Any, remote: str, found: str) -> None:
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": "unknown"})
    assert client_address(request) == found


@pytest.mark.parametrize(
    ("https", "trusted", "found"), [(True, 0, ["portal.W001"]), (True, 1, []), (False, 0, []), (False, 1, [])]
)
def test_https_without_a_trusted_proxy_is_found_at_the_start(
    settings: Any, https: bool, trusted: int, found: list[str]
) -> None:
    settings.HTTPS, settings.TRUSTED_PROXIES = https, trusted
    assert [one.id for one in run_checks(tags=[checks.TAG])] == found
