"""Who gets a scope in a customer, and what it lets them do (design.md, Roles)."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from portal.accounts.access import Scope, get_scope
from portal.accounts.models import User
from portal.accounts.roles import AUDIT, CHANGES, KEYS, PEOPLE, Role, Verb
from portal.resources.types import TYPES

OPERATED = {"virtualmachine", "resourcegroup", "serviceuser", "maintenance"}
MONEY = {"consumption", "invoice"}
KINDS = {*TYPES, PEOPLE, KEYS, CHANGES, AUDIT}

SEES = {
    "manager": KINDS,
    "operator": {*OPERATED, CHANGES},
    "viewer": {*OPERATED, CHANGES},
    "billing": MONEY,
    "child": {*OPERATED, CHANGES},
}
CHANGES_THESE = {
    "manager": KINDS,
    "operator": {*OPERATED, CHANGES},
    "viewer": set(),
    "billing": set(),
    "child": {*OPERATED, CHANGES},
}


@pytest.mark.parametrize("name", SEES)
def test_a_role_sees_and_changes_what_the_table_says(scope_of: Callable[..., Scope], name: str) -> None:
    scope = scope_of(name)
    assert {kind for kind in KINDS if scope.may_see(kind)} == SEES[name]
    assert {kind for kind in KINDS if scope.may_change(kind)} == CHANGES_THESE[name]


def test_what_may_not_be_done_is_refused(scope_of: Callable[..., Scope]) -> None:
    with pytest.raises(PermissionDenied):
        scope_of("viewer").require(Verb.CHANGE, "virtualmachine")


def test_a_manager_limited_to_a_group_sees_neither_invoices_nor_people(cast: dict[str, User]) -> None:
    cast["child"].memberships.update(role=Role.MANAGER)
    scope = get_scope(cast["child"], "10001")
    assert scope.root == "example"
    assert not scope.may_see("invoice")
    assert not scope.may_see(PEOPLE)
    assert scope.may_change("virtualmachine")


@pytest.mark.parametrize(
    ("name", "customer_no"),
    [("outsider", "10001"), ("manager", "10002"), ("staff", "10001"), ("manager", "99999"), ("manager", "")],
)
def test_not_a_member_and_no_such_customer_are_the_same_404(
    scope_of: Callable[..., Scope], name: str, customer_no: str
) -> None:
    with pytest.raises(Http404, match=r"^$"):
        scope_of(name, customer_no)


def test_nobody_has_a_scope(cast: dict[str, User]) -> None:
    with pytest.raises(Http404):
        get_scope(AnonymousUser(), "10001")


def test_a_person_who_was_switched_off_has_none(cast: dict[str, User]) -> None:
    cast["manager"].is_active = False
    cast["manager"].save()
    with pytest.raises(Http404):
        get_scope(cast["manager"], "10001")
