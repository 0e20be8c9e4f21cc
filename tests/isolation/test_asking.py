"""No view answers before it has asked who may: for the customer's scope, or for staff."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.accounts import access
from portal.accounts.models import User
from portal.console import staff
from tests.customer.conftest import browse, platform  # noqa: F401
from tests.isolation.routes import ROUTES
from tests.isolation.test_walk import errors_are_bare, keys, walk  # noqa: F401

type Answer = Callable[[HttpRequest], HttpResponse]

#: Views that belong to no customer, and why they need nobody's permission.
OPEN = {
    "customer:home": "leads on by what one belongs to",
    "customer:theme": "a cookie of one's own",
    "customer:language": "a cookie of one's own",
    "customer:calendar": "the token in its address is what lets a calendar in (tests/customer/schedule)",
    "customer:stop_mail": "the token in its address says whose mails it ends (tests/customer/notifications)",
    "dismiss": "hides an announcement for oneself",
    "unspeakable": "says that there is nothing",
}
FRAME = "portal.console.frame"  # asks for the frame of pages that belong to no customer; that is not the view's asking
asked: list[str] = []


class NobodyAsked(Exception):
    """A view has answered without."""


@contextmanager
def noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While it lasts, `asked` holds who was asked for."""
    memberships_of, member_of_staff = access.memberships_of, staff.member_of_staff

    def of_customer(user: Any) -> Any:
        caller = sys._getframe(1)
        if (
            caller.f_code is access.get_scope.__code__
            and caller.f_back
            and caller.f_back.f_globals["__name__"] != FRAME
        ):
            asked.append("scope")
        return memberships_of(user)

    def of_staff(request: HttpRequest) -> User:
        asked.append("staff")
        return member_of_staff(request)

    with monkeypatch.context() as patch:
        patch.setattr(access, "memberships_of", of_customer)
        patch.setattr(staff, "member_of_staff", of_staff)
        yield


def asks_first(get_response: Answer) -> Answer:
    """The innermost middleware: whatever gets here is answered by a view."""

    def middleware(request: HttpRequest) -> HttpResponse:
        asked.clear()
        response = get_response(request)
        match = request.resolver_match
        is_answered = response.status_code != HTTPStatus.METHOD_NOT_ALLOWED
        if is_answered and match and match.view_name not in OPEN and not asked:
            raise NobodyAsked(f"{request.method} {request.path} ({match.view_name})")
        return response

    return middleware


@pytest.fixture
def held_to_it(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.asks_first"]
    with noted(monkeypatch):
        yield


@pytest.mark.usefixtures("held_to_it", "errors_are_bare")
@pytest.mark.parametrize("name", ["manager", "staff"])
def test_every_view_asks(walk: Any, name: str, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811
    for stops in ROUTES.values():
        for stop in stops:
            for method in ("GET", "POST"):
                walk(name, method, stop.path)
    silent = {str(one.exc_info[1]) for one in caplog.records if one.exc_info and one.exc_info[0] is NobodyAsked}
    assert sorted(silent) == []


def test_one_that_does_not_ask_is_noticed() -> None:
    def answers_at_once(request: HttpRequest) -> HttpResponse:
        request.resolver_match = type("Match", (), {"view_name": "customer:careless"})()  # type: ignore[assignment]
        return HttpResponse()

    with pytest.raises(NobodyAsked, match="careless"):
        asks_first(answers_at_once)(RequestFactory().get("/c/10001/careless/"))


def test_what_is_open_is_there() -> None:
    assert set(OPEN) <= set(ROUTES)
