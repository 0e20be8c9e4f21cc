"""Each request has an id, and a line that says how it was answered and nothing of what somebody has typed."""

import logging
import re
import threading
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.test import Client, RequestFactory

from portal.logs import access, request_id
from tests.customer.conftest import Browse, browse, platform  # noqa: F401

ID = re.compile(r"[0-9a-f]{12}")


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Any:
    """Lines of requests so far."""
    caplog.set_level(logging.INFO, logger="portal.access")
    return lambda: [one for one in caplog.records if one.name == "portal.access"]


def test_a_page_is_told_by_its_route_and_customer(browse: Browse, told: Any) -> None:  # noqa: F811
    answer = browse("manager").get("/c/10001/find/?q=hunter2")
    assert ID.fullmatch(answer.headers["X-Request-ID"])
    line = told()[-1]
    assert re.fullmatch(r"GET /c/<str:customer_no>/find/: 200, \d+\.\d{3} s", line.getMessage())
    assert (line.method, line.route, line.status, line.customer) == ("GET", "/c/<str:customer_no>/find/", 200, "10001")
    assert "hunter2" not in str(vars(line))


def test_every_request_has_another_id(db: None) -> None:
    ids = {Client().get("/accounts/login/").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert request_id.current() == ""


def test_what_is_no_page_is_told_too(db: None, told: Any) -> None:
    assert Client().get("/no/such/page").status_code == 404
    assert re.fullmatch(r"GET no page: 404, \d+\.\d{3} s", told()[-1].getMessage())


def test_an_address_that_lets_somebody_in_is_told_by_its_route(db: None, told: Any) -> None:
    Client().get("/calendar/s3cret.ics")
    assert told()[-1].route == "/calendar/<str:token>.ics"
    assert "s3cret" not in str(vars(told()[-1]))


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", f"{portal_settings.STATIC_URL}css/base.css"])
def test_machines_that_ask_all_the_time_are_not_told(db: None, told: Any, path: str) -> None:
    Client().get(path)
    assert not told()


def test_a_poll_that_brings_nothing_new_is_not_told(told: Any) -> None:
    request = RequestFactory().get("/c/10001/")
    assert access.logged(lambda _request: HttpResponseNotModified())(request).headers["X-Request-ID"]
    assert not told()


class TestIdsOfAProxy:
    def answered(self, given: str) -> str:
        request = RequestFactory().get("/", headers={"X-Request-ID": given})
        return access.logged(lambda _request: HttpResponse())(request).headers["X-Request-ID"]

    def test_one_of_our_own_gives_the_id(self, settings: Any) -> None:
        settings.TRUSTED_PROXIES = 1
        assert self.answered("4bf92f3577b34da6a3ce929d0e0e4736") == "4bf92f3577b34da6a3ce929d0e0e4736"

    @pytest.mark.parametrize("given", ["", "short", "x" * 65, "abc def ghi", "0123456789\x1b[1m", "０１２３４５６７"])
    def test_what_is_no_id_is_not_taken_over(self, settings: Any, given: str) -> None:
        settings.TRUSTED_PROXIES = 1
        assert ID.fullmatch(self.answered(given))

    def test_without_a_proxy_nobody_gives_one(self, settings: Any) -> None:
        settings.TRUSTED_PROXIES = 0
        assert ID.fullmatch(self.answered("4bf92f3577b34da6a3ce929d0e0e4736"))


def test_an_exception_ends_it_as_well(told: Any) -> None:
    def broken(_request: HttpRequest) -> HttpResponse:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        access.logged(broken)(RequestFactory().get("/"))
    assert request_id.current() == ""


def test_a_thread_goes_on_under_the_id_it_was_started_with() -> None:
    seen = []
    with request_id.using("of the request"):
        thread = threading.Thread(target=request_id.carried(lambda: seen.append(request_id.current())))
    with request_id.using("of another"):
        thread.start()
        thread.join()
    assert seen == ["of the request"]
