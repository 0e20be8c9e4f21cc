"""Rules su_01 … su_05 and pm_01 … pm_05: service users and permissions."""

from typing import Any

import pytest

from portal.sandbox.models import Permission, ResourceGroup, ServiceUser
from tests.sandbox.conftest import Api


def test_su_01_both_parts_of_the_key_are_needed(services: Api) -> None:
    assert "uid: is missing" in services.refused({"__type__": "serviceuser", "resource_group": "shop"}).text
    assert "resource_group: is missing" in services.refused({"__type__": "serviceuser", "uid": "s-x"}).text


def test_su_01_another_key_is_another_service_user(services: Api) -> None:
    services.set("serviceuser", uid="s-x", resource_group="shop")
    services.set("serviceuser", uid="s-x", resource_group="example")
    services.set("serviceuser", uid="s-y", resource_group="shop")
    assert [(one["uid"], one["resource_group"]) for one in services.query("serviceuser")] == [
        ("s-x", "example"), ("s-x", "shop"), ("s-y", "shop"),
    ]  # fmt: skip


def test_su_01_uid_is_filterable(services: Api) -> None:
    for uid in ("s-x", "s-y"):
        services.set("serviceuser", uid=uid, resource_group="shop")
    assert [one["uid"] for one in services.query("serviceuser", uid="s-y")] == ["s-y"]
    assert services.query("serviceuser", uid=1) == []


@pytest.mark.parametrize("uid", ["x", "S-x", "s-", "s-X", "s-a b", "s-" + "a" * 31, "s-ü", "s-/etc", "root"])
def test_su_02_the_uid_starts_with_s_and_is_a_valid_user_name(services: Api, uid: str) -> None:
    fault = services.refused({"__type__": "serviceuser", "uid": uid, "resource_group": "shop"})
    assert f"serviceuser shop/{uid}: uid: must be" in fault.text


def test_su_02_the_same_uid_may_exist_in_other_groups_and_customers(services: Api, acme: Api) -> None:
    ids = {
        api.set("serviceuser", uid="s-app", resource_group=group)["id_number"]
        for api, group in ((services, "shop"), (services, "example"), (acme, "acme"))
    }
    assert len(ids) == 3


def test_su_03_it_exists_on_its_group_and_all_descendants(services: Api) -> None:
    for name in ("example00", "example-lab10", "shop00"):
        services.machine(name)
    user = services.set("serviceuser", uid="s-example", resource_group="example")
    assert user["resource_groups_recursive"] == ["example", "example-lab"]
    assert user["virtual_machines"] == ["example-lab10", "example00"]


def test_su_04_the_platform_gives_the_rest(services: Api) -> None:
    assert services.set("serviceuser", uid="s-shop", resource_group="shop") == {
        "__type__": "serviceuser",
        "description": "",
        "gid_number": 101,
        "home_directory": "/srv/s-shop",
        "id_number": 1000,
        "login_shell": "/bin/bash",
        "resource_group": "shop",
        "resource_groups_recursive": ["shop"],
        "ssh_pubkey": [],
        "uid": "s-shop",
        "virtual_machines": [],
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id_number", 7),
        ("gid_number", 0),
        ("home_directory", "/root"),
        ("login_shell", "/bin/zsh"),
        ("ssh_pubkey", ["ssh-rsa x"]),
        ("virtual_machines", ["shop00"]),
        ("resource_groups_recursive", []),
    ],
)
def test_su_04_and_it_is_read_only(services: Api, key: str, value: Any) -> None:
    services.set("serviceuser", uid="s-shop", resource_group="shop")
    fault = services.refused({"__type__": "serviceuser", "uid": "s-shop", "resource_group": "shop", key: value})
    assert f"{key}: cannot be changed" in fault.text


def test_su_04_existing_ones_may_deviate(services: Api) -> None:
    services.set("serviceuser", uid="s-old", resource_group="shop")
    ServiceUser.objects.update(home_directory="/home/old", login_shell="/bin/zsh", gid_number=5, ssh_pubkey=["k"])
    user = services.set("serviceuser", uid="s-old", resource_group="shop", description="old one")
    assert (user["home_directory"], user["login_shell"], user["gid_number"], user["ssh_pubkey"]) == (
        "/home/old", "/bin/zsh", 5, ["k"],
    )  # fmt: skip


def test_su_05_the_description_can_be_changed(services: Api) -> None:
    key = {"uid": "s-shop", "resource_group": "shop"}
    assert services.set("serviceuser", **key, description="one")["description"] == "one"
    assert services.set("serviceuser", **key, description="zwei ☃ <b>&amp;")["description"] == "zwei ☃ <b>&amp;"
    assert services.set("serviceuser", **key)["description"] == "zwei ☃ <b>&amp;"
    assert "description" in services.refused({"__type__": "serviceuser", **key, "description": None}).text


def test_su_05_deleting_is_immediate(services: Api) -> None:
    services.set("serviceuser", uid="s-shop", resource_group="shop")
    assert services.delete("serviceuser", uid="s-shop", resource_group="shop") == []
    assert services.query("serviceuser") == []


def grant(api: Api, group: str, uid: str, permission: str = "login") -> dict[str, Any]:
    return api.set("permission", resource_group=group, uid=uid, permission=permission)


def test_pm_01_three_keys_and_nothing_else(services: Api) -> None:
    assert grant(services, "shop", "bob") == {
        "__type__": "permission",
        "permission": "login",
        "resource_group": "shop",
        "uid": "bob",
    }
    for key in ("permission", "resource_group", "uid"):
        record = {"__type__": "permission", "permission": "login", "resource_group": "shop", "uid": "bob"}
        del record[key]
        assert f"{key}: is missing" in services.refused(record).text


def test_pm_01_uid_is_filterable(services: Api) -> None:
    grant(services, "shop", "bob")
    grant(services, "shop", "alice")
    assert [one["uid"] for one in services.query("permission", uid="bob")] == ["bob"]


@pytest.mark.parametrize("permission", ["login", "sudo-srv", "stats"])
def test_pm_02_these_can_be_granted(services: Api, permission: str) -> None:
    assert grant(services, "shop", "bob", permission)["permission"] == permission


def test_pm_02_others_are_met_but_not_granted(services: Api) -> None:
    fault = services.refused({"__type__": "permission", "resource_group": "shop", "uid": "bob", "permission": "wheel"})
    assert "permission shop/bob/wheel: permission: must be one of login, sudo-srv, stats" in fault.text
    Permission.objects.create(group=ResourceGroup.objects.get(name="shop"), uid="bob", permission="wheel")
    assert services.get("permission", uid="bob")["permission"] == "wheel"
    services.delete("permission", resource_group="shop", uid="bob", permission="wheel")
    assert services.query("permission") == []


@pytest.mark.parametrize("uid", ["alice", "grace.hopper", "s-deploy", "_x", "a1"])
def test_pm_03_humans_and_service_users(services: Api, uid: str) -> None:
    assert grant(services, "shop", uid)["uid"] == uid


@pytest.mark.parametrize("uid", ["", "Alice", "1st", "a b", "a" * 33, "alice@example.com", "é"])
def test_pm_03_any_valid_user_name_but_only_that(services: Api, uid: str) -> None:
    record = {"__type__": "permission", "resource_group": "shop", "uid": uid, "permission": "login"}
    assert "uid: must be a valid user name" in services.refused(record).text


def test_pm_03_a_name_that_stands_on_records_can_be_granted_more_and_revoked(services: Api, acme: Api) -> None:
    odd = {"resource_group": "shop", "uid": "Grace H."}
    Permission.objects.create(group=ResourceGroup.objects.get(name="shop"), uid=odd["uid"], permission="login")
    assert grant(services, "example", odd["uid"], "stats")["uid"] == odd["uid"]
    assert services.delete("permission", **odd, permission="login") == []
    assert [one["resource_group"] for one in services.query("permission", uid=odd["uid"])] == ["example"]
    new = {"__type__": "permission", "resource_group": "acme", "uid": odd["uid"], "permission": "login"}
    assert "uid: must be a valid user name" in acme.refused(new).text


def test_pm_04_what_applies_to_children_is_one_record_at_its_origin(services: Api) -> None:
    grant(services, "example", "bob")
    assert [one["resource_group"] for one in services.query("permission", uid="bob")] == ["example"]


def test_pm_04_a_childs_own_permission_stands_beside_and_goes_alone(services: Api) -> None:
    grant(services, "example", "bob", "login")
    grant(services, "example-lab", "bob", "stats")
    assert len(services.query("permission", uid="bob")) == 2
    services.delete("permission", resource_group="example-lab", uid="bob", permission="stats")
    assert [one["resource_group"] for one in services.query("permission", uid="bob")] == ["example"]


def test_pm_05_granting_twice_is_one_permission_and_revoking_is_immediate(services: Api) -> None:
    grant(services, "shop", "bob")
    grant(services, "shop", "bob")
    assert len(services.query("permission")) == 1
    assert services.delete("permission", resource_group="shop", uid="bob", permission="login") == []
    assert services.query("permission") == []
