"""Group tree, permissions as they hold (pm_04), service users as they reach (su_03)."""

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.accounts.roles import Role
from portal.inventory import reads
from portal.inventory.listings.totals import counts_below, sums
from tests.inventory.conftest import group, machine, scope_of
from tests.inventory.listings.test_scoping import of_user, permission
from tests.inventory.platform import Platform


@pytest.fixture(autouse=True)
def world(platform: Platform, redis_url: str) -> None:
    platform.records["services", "resourcegroup"] = [
        group("services"),
        group("shop10", "services"),
        group("shop2", "services"),
        group("lab", "shop2"),
    ]
    platform.records["services", "permission"] = [
        permission("services", "alice", "login"),
        permission("services", "alice", "sudo-srv"),
        permission("services", "bob", "login"),
        permission("shop2", "alice", "stats"),
        permission("lab", "carol", "login"),
    ]
    platform.records["services", "serviceuser"] = [of_user("services", "s-all"), of_user("lab", "s-lab")]
    platform.records["services", "virtualmachine"] = [
        machine("services00", cores=1, memory=256),
        machine("shop200", "shop2", cores=2, memory=512),
        machine("lab00", "lab", cores=4, memory=1024),
        machine("lab01", "lab", cores="many", memory=1024),
        machine("elsewhere00", "elsewhere", cores=8),
    ]


def held(scope: Scope, group_name: str) -> list[tuple[str, str, str, bool]]:
    return [
        (one.record["uid"], one.record["permission"], one.origin, one.inherited)
        for one in reads.permissions_in(scope, group_name)
    ]


def test_tree(scope: Scope) -> None:
    tree = reads.tree(scope)
    assert list(tree.walk()) == [("services", 0), ("shop2", 1), ("lab", 2), ("shop10", 1)]
    assert tree.children("services") == ("shop2", "shop10")
    assert tree.path("lab") == ("services", "shop2", "lab")
    assert tree.below("shop2") == {"shop2", "lab"}
    assert tree.parent("services") == ""
    assert (tree.path("nothing"), tree.below("nothing"), tree.children("nothing")) == ((), frozenset(), ())
    assert "nothing" not in tree


def test_the_tree_of_a_limited_member_begins_at_its_root(api_key: ApiKey) -> None:
    tree = reads.tree(scope_of(api_key.customer, root="shop2"))
    assert list(tree.walk()) == [("shop2", 0), ("lab", 1)]
    assert tree.path("lab") == ("shop2", "lab")


def test_pm_04_permissions_come_from_the_groups_above(scope: Scope) -> None:
    assert held(scope, "shop10") == [
        ("alice", "login", "services", True),
        ("alice", "sudo-srv", "services", True),
        ("bob", "login", "services", True),
    ]


def test_pm_04_a_group_that_defines_any_for_a_person_overrides_all_inherited_ones(scope: Scope) -> None:
    assert held(scope, "shop2") == [("alice", "stats", "shop2", False), ("bob", "login", "services", True)]
    assert held(scope, "lab") == [
        ("alice", "stats", "shop2", True),
        ("bob", "login", "services", True),
        ("carol", "login", "lab", False),
    ]


def test_what_is_inherited_from_above_the_limit_is_shown_without_a_link(api_key: ApiKey) -> None:
    found = reads.permissions_in(scope_of(api_key.customer, root="shop2"), "lab")
    assert [(one.record["uid"], one.origin, one.visible) for one in found] == [
        ("alice", "shop2", True),
        ("bob", "services", False),
        ("carol", "lab", True),
    ]


def test_permissions_outside_the_limit_or_the_role_are_not_told(api_key: ApiKey) -> None:
    assert reads.permissions_in(scope_of(api_key.customer, root="shop2"), "services") == ()
    assert reads.permissions_in(scope_of(api_key.customer, role=Role.OPERATOR), "lab") == ()
    assert reads.permissions_in(scope_of(api_key.customer), "no-such-group") == ()


def test_su_03_service_users_reach_the_groups_below(scope: Scope) -> None:
    found = reads.service_users_in(scope, "lab")
    assert [(one.record.key, one.inherited) for one in found] == [("lab/s-lab", False), ("services/s-all", True)]


def test_sums_of_a_group_and_with_what_is_below(scope: Scope) -> None:
    index = reads.listing(scope, "virtualmachine").index
    own = sums(reads.tree(scope), index, ("cores", "memory"))
    assert own["lab"] == {"count": 2, "cores": 4, "memory": 2048}
    assert own["services"] == {"count": 1, "cores": 1, "memory": 256}
    assert "shop10" not in own
    below = counts_below(reads.tree(scope), index)
    assert (below["services"], below["shop2"]) == (4, 3)
