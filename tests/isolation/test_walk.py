"""Everybody goes to every address, by every method: what is not theirs does not exist, what is not for their role is
refused, and nothing ever breaks."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from portal.accounts.access import get_scope
from portal.changes.intent import Intent
from portal.changes.submit import submit
from portal.customer import errors
from portal.plans.compose import put_in
from portal.resources.types import TYPES
from tests.customer.conftest import Browse, browse, platform, text_of  # noqa: F401
from tests.isolation.routes import CUSTOMER, ELSEWHERE, EVERYBODY, ROUTES, SEES
from tests.support.services import Sandbox
from tests.support.stamps import without_age

OTHER_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def route_names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """Name of every address that the portal answers, `accounts/` aside: those are allauth's (tests/accounts)."""
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            if str(one.pattern) != "accounts/":
                yield from route_names(one, f"{one.namespace}:" if one.namespace else namespace)
        elif isinstance(one, URLPattern):
            yield f"{namespace}{one.name}"


def test_every_route_is_on_the_walk() -> None:
    assert set(route_names(get_resolver())) == set(ROUTES)


def test_every_stop_of_the_walk_is_where_it_says() -> None:
    for name, stops in ROUTES.items():
        assert stops
        for stop in stops:
            assert resolve(stop.path.partition("?")[0].format(**WHEREVER)).view_name == name


WHEREVER = {"maintenance_below": "x/y", "maintenance_elsewhere": "x/y", "member": "1", "foreign_member": "2"}
KEYS = ("maintenance_below", "maintenance_elsewhere", "member", "foreign_member")


@pytest.fixture
def keys(platform: Sandbox, cast: Any) -> dict[str, str]:  # noqa: F811
    """Keys that depend on the day."""
    kind = TYPES["maintenance"]
    with platform.proxy() as proxy:
        found = [kind.key_of(record) for record in proxy.query("maintenance")]
    below = next(key for key in found if key.startswith("example"))
    elsewhere = next(key for key in found if key.startswith("shop"))
    member = cast["viewer"].memberships.get().pk
    foreign = cast["outsider"].memberships.get().pk
    return dict(zip(KEYS, (below, elsewhere, str(member), str(foreign)), strict=True))


@pytest.fixture
def walk(browse: Browse, keys: dict[str, str], cast: Any, settings: Any) -> Any:  # noqa: F811
    """`walk(name, method, path)`: the answer. Change 1 is there, and plan 1: an edit of shop13 by the manager."""
    settings.METRICS_NETWORKS = []

    @cache
    def browser_of(name: str) -> Client:
        """Signed in when they first go somewhere: most tests send one or two of them."""
        client = browse(name)
        client.raise_request_exception = False
        return client

    edit = Intent(type_name="virtualmachine", key="shop13", wanted={"cores": 7}, before={"cores": 3})
    submit(get_scope(cast["manager"], "10001"), [edit], "walk")
    put_in(get_scope(cast["manager"], "10001"), [edit], name="Walk")

    def go(name: str, method: str, path: str, **headers: str) -> Any:
        return browser_of(name).generic(method, path.format(**keys), headers=headers)

    return go


@pytest.fixture
def errors_are_bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most answers of the walk are refusals, and most of the work would be to write their pages, which are all alike.

    The tests of what they tell have them as they are.
    """
    monkeypatch.setattr(errors, "render", lambda _request, _page, _context=None, *, status: HttpResponse(status=status))


def unlike_the_table(walk: Any, route: str, method: str) -> dict[tuple[str, str, str], str]:
    """Who is answered otherwise than the table says, at which address of the route."""
    wrong = {}
    for stop in ROUTES[route]:
        expected = stop.get if method == "GET" else stop.post
        for name in EVERYBODY:
            status = walk(name, method, stop.path).status_code
            if status != expected[name]:
                wrong[method, stop.path, name] = f"{status}, not {expected[name]}"
    return wrong


@pytest.mark.usefixtures("errors_are_bare")
def test_everybody_sees_what_the_table_says(walk: Any) -> None:
    assert not [wrong for route in ROUTES if (wrong := unlike_the_table(walk, route, "GET"))]


def takes_something(route: str) -> bool:
    return any(status not in (403, 404, 405) for stop in ROUTES[route] for status in stop.post.values())


@pytest.mark.usefixtures("errors_are_bare")
@pytest.mark.parametrize("route", list(filter(takes_something, ROUTES)))
def test_everybody_may_send_what_the_table_says(walk: Any, route: str) -> None:
    assert not unlike_the_table(walk, route, "POST")


@pytest.mark.usefixtures("errors_are_bare")
def test_nobody_may_send_anything_elsewhere(walk: Any) -> None:
    others = [route for route in ROUTES if not takes_something(route)]
    assert not [wrong for route in others if (wrong := unlike_the_table(walk, route, "POST"))]


def test_asking_for_the_head_alone_tells_no_more(walk: Any) -> None:
    for stops in ROUTES.values():
        for stop in stops:
            for name in ("manager", "child", "outsider", ""):
                answer = walk(name, "HEAD", stop.path)
                assert (answer.status_code, b"".join(answer)) == (stop.get[name], b""), (name, stop.path)


@pytest.mark.usefixtures("errors_are_bare")
def test_no_other_method_does_anything(walk: Any) -> None:
    for stops in ROUTES.values():
        for stop in stops[:1]:
            for method in OTHER_METHODS:
                for name in ("manager", "outsider", ""):
                    answer = walk(name, method, stop.path)
                    assert answer.status_code in (302, 404, 405) or stop.path == "/", (stop.path, method)


@pytest.mark.usefixtures("errors_are_bare")
def test_a_part_is_refused_like_its_page(walk: Any) -> None:
    """htmx headers open nothing: who may not see the page gets no part of it."""
    for stops in ROUTES.values():
        for stop in stops:
            if not stop.path.startswith(CUSTOMER):
                continue
            for name in ("billing", "child", "outsider"):
                answer = walk(name, "GET", stop.path, **{"HX-Request": "true", "HX-Request-Type": "partial"})
                asked_for_part_only = 200 if stop.get[name] == 302 else stop.get[name]
                assert answer.status_code in (stop.get[name], asked_for_part_only), (name, stop.path)


def test_whose_session_has_ended_is_led_to_sign_in_and_told_nothing(walk: Any) -> None:
    for stops in ROUTES.values():
        for stop in stops:
            if stop.path.startswith(CUSTOMER):
                answer = walk("", "GET", stop.path)
                assert answer.headers["Location"].startswith("/accounts/login/?next=")
                assert not answer.content


def body(answer: Any) -> str:
    """What is answered, without what differs each time (the frame counts what is known by then), and the address."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", without_age(answer.content.decode()))
    text = re.sub(r'<span class="rail-count">[^<]*</span>', "", text)
    return re.sub(r'name="next" value="[^"]*"', "", text)


def at(type_name: str, key: str) -> list[str]:
    """Every address about one record."""
    record = f"{CUSTOMER}{type_name}/{key}/"
    return [stop.path for stops in ROUTES.values() for stop in stops if f"{stop.path}/".startswith(record)]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Request-Type": "partial"}], ids=["page", "part"])
@pytest.mark.parametrize("type_name", list(SEES))
def test_foreign_and_absent_are_the_same(walk: Any, type_name: str, headers: dict[str, str]) -> None:
    foreign, absent = ELSEWHERE[type_name]
    walk("manager", "GET", f"{CUSTOMER}{type_name}/")  # so that both are answered from what is known
    assert len(at(type_name, foreign)) == len(at(type_name, absent)) > 0
    for path in at(type_name, foreign):
        for method in ("GET", "POST"):
            elsewhere, nowhere = (
                walk("manager", method, path.replace(foreign, key), **headers) for key in (foreign, absent)
            )
            assert elsewhere.status_code == nowhere.status_code, (method, path)
            assert elsewhere.get("Location", "").replace(foreign, absent) == nowhere.get("Location", "")
            assert body(elsewhere).replace(foreign, absent) == body(nowhere), (method, path)


@pytest.mark.parametrize("path", ["", "virtualmachine/", "virtualmachine/acme00/", "changes/", "find/?q=acme", "keys/"])
def test_a_foreign_customer_and_none_are_the_same(walk: Any, path: str) -> None:
    foreign, absent = (walk("manager", "GET", f"/c/{number}/{path}") for number in ("10002", "99999"))
    assert foreign.status_code == absent.status_code == 404
    assert body(foreign) == body(absent)
    assert "acme" not in text_of(foreign).lower()


@pytest.mark.parametrize(
    "number", ["10001%00", "010001", "10001 ", "１０００１", "10001.0", "-1", "0", "x" * 3000, "%2e%2e", "10001'--"]
)
def test_a_number_that_is_not_exactly_theirs_is_nobodys(walk: Any, number: str) -> None:
    assert walk("manager", "GET", f"/c/{number}/virtualmachine/").status_code == 404


def test_a_person_who_leaves_sees_nothing_any_more(walk: Any, cast: Any) -> None:
    assert walk("viewer", "GET", CUSTOMER).status_code == 200
    cast["viewer"].memberships.all().delete()
    assert walk("viewer", "GET", CUSTOMER).status_code == 404


def test_a_person_who_is_blocked_is_signed_out(walk: Any, cast: Any) -> None:
    assert walk("viewer", "GET", CUSTOMER).status_code == 200
    cast["viewer"].is_active = False
    cast["viewer"].save()
    assert walk("viewer", "GET", CUSTOMER).status_code == 302
