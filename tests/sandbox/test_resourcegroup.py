"""Rules rg_01 … rg_12: resource groups."""

from datetime import timedelta
from typing import Any

import pytest

from portal.sandbox.models import Permission, ResourceGroup, ServiceUser
from tests.sandbox.conftest import START, Api, advance, jump_to


@pytest.mark.parametrize("name", ["", "Upper", "1st", "-dash", "with space", "ümlaut", "a" * 33, "dot.ted", "a/b"])
def test_rg_01_the_name_is_a_valid_linux_group_name(services: Api, name: str) -> None:
    fault = services.refused({"__type__": "resourcegroup", "name": name})
    assert fault.code == 1
    assert f"resourcegroup {name}: name: must be a valid Linux group name" in fault.text


@pytest.mark.parametrize("name", ["a", "_x", "new-group_2", "a" * 32])
def test_rg_01_valid_names_are_accepted(services: Api, name: str) -> None:
    assert services.set("resourcegroup", name=name)["name"] == name


def test_rg_01_the_name_is_globally_unique(services: Api, acme: Api) -> None:
    acme.set("resourcegroup", name="web")
    fault = services.refused({"__type__": "resourcegroup", "name": "web"})
    assert (fault.code, fault.text) == (5, "resourcegroup web: name: is taken")


def test_rg_02_the_parent_defaults_to_the_keys_own_group(services: Api, shop: Api) -> None:
    assert services.set("resourcegroup", name="fresh")["parent"] == "services"
    assert shop.set("resourcegroup", name="shop-web")["parent"] == "shop"


def test_rg_02_any_group_the_key_reaches_may_be_the_parent(services: Api) -> None:
    assert services.set("resourcegroup", name="deep", parent="example-lab")["parent"] == "example-lab"


#: As `resource-types.txt` has it, but for the name.
SAMPLE = {
    "__type__": "resourcegroup",
    "customer_no": "",
    "in_maintenance": False,
    "maintenance_end": 5,
    "maintenance_start": 22,
    "maintenance_until": "",
    "name": "fresh",
    "notification_leadtime": 12,
    "parent": "",
    "production": True,
    "technical_contacts": ["admin@flyingcircus.io"],
    "timezone": "Europe/Berlin",
}


def test_rg_02_api_07_the_documents_own_sample_can_be_created_and_replayed(services: Api) -> None:
    (created,) = services.apply(SAMPLE)
    assert created == SAMPLE | {"parent": "services", "customer_no": "10001"}
    assert services.apply(SAMPLE) == [created]


def test_rg_02_an_empty_parent_is_the_keys_own_group_also_in_a_move(services: Api) -> None:
    assert services.set("resourcegroup", name="example-lab", parent="")["parent"] == "services"
    assert services.set("resourcegroup", name="services", parent="")["parent"] == ""


@pytest.mark.parametrize("parent", ["acme", "nowhere"])
def test_rg_02_everything_else_is_a_fault(services: Api, parent: str) -> None:
    fault = services.refused({"__type__": "resourcegroup", "name": "fresh", "parent": parent})
    assert fault.code == 2
    assert "resourcegroup fresh: parent: must be a group within reach" in fault.text


def test_rg_03_customer_no_is_inherited_and_read_only(services: Api) -> None:
    assert services.set("resourcegroup", name="fresh")["customer_no"] == "10001"
    fault = services.refused({"__type__": "resourcegroup", "name": "fresh", "customer_no": "10002"})
    assert "customer_no: cannot be changed" in fault.text


def test_rg_03_a_pre_set_customer_is_inherited_from_there(services: Api) -> None:
    ResourceGroup.objects.filter(name="example").update(customer_no="77777")
    assert services.set("resourcegroup", name="fresh", parent="example")["customer_no"] == "77777"


def test_rg_04_defaults(services: Api) -> None:
    assert services.set("resourcegroup", name="fresh") == {
        "__type__": "resourcegroup",
        "customer_no": "10001",
        "in_maintenance": False,
        "maintenance_end": 5,
        "maintenance_start": 22,
        "maintenance_until": "",
        "name": "fresh",
        "notification_leadtime": 12,
        "parent": "services",
        "production": True,
        "technical_contacts": [],
        "timezone": "Europe/Berlin",
    }


@pytest.mark.parametrize("key", ["maintenance_start", "maintenance_end"])
def test_rg_05_hours_are_0_to_23(services: Api, key: str) -> None:
    for hour in (0, 23):
        assert services.set("resourcegroup", name="shop", **{key: hour})[key] == hour
    for hour in (-1, 24, "22", 1.5, True, None):
        assert key in services.refused({"__type__": "resourcegroup", "name": "shop", key: hour}).text


def test_rg_05_a_window_may_cross_midnight(services: Api) -> None:
    group = services.set("resourcegroup", name="shop", maintenance_start=23, maintenance_end=1)
    assert (group["maintenance_start"], group["maintenance_end"]) == (23, 1)


def test_rg_06_rg_13_maintenance_mode_ends_by_itself_after_an_hour(services: Api) -> None:
    group = services.set("resourcegroup", name="shop", in_maintenance=True)
    assert group["in_maintenance"] is True
    assert group["maintenance_until"].startswith("2026-11-24T12:00")
    advance(minutes=59)
    assert services.get("resourcegroup", name="shop")["in_maintenance"] is True
    advance(minutes=2)
    ended = services.get("resourcegroup", name="shop")
    assert (ended["in_maintenance"], ended["maintenance_until"]) == (False, "")


def test_rg_06_setting_it_again_does_not_extend_it(services: Api) -> None:
    first = services.set("resourcegroup", name="shop", in_maintenance=True)
    advance(minutes=30)
    assert services.set("resourcegroup", name="shop", in_maintenance=True) == first


def test_rg_06_setting_it_off_ends_it(services: Api) -> None:
    services.set("resourcegroup", name="shop", in_maintenance=True)
    ended = services.set("resourcegroup", name="shop", in_maintenance=False)
    assert (ended["in_maintenance"], ended["maintenance_until"]) == (False, "")


def test_rg_07_maintenance_until_a_time_in_the_groups_zone(services: Api) -> None:
    group = services.set("resourcegroup", name="shop", maintenance_until="2026-11-25T08:00:00+00:00")
    assert (group["in_maintenance"], group["maintenance_until"]) == (True, "2026-11-25T09:00:00+01:00")
    jump_to(START + timedelta(hours=22))
    assert services.get("resourcegroup", name="shop")["in_maintenance"] is False


@pytest.mark.parametrize(
    "until",
    ["", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "2020-01-01T00:00:00+01:00", "2026-11-24T11:00:00+01:00"],
)
def test_rg_07_empty_or_past_ends_it_now(services: Api, until: str) -> None:
    services.set("resourcegroup", name="shop", in_maintenance=True)
    group = services.set("resourcegroup", name="shop", maintenance_until=until)
    assert (group["in_maintenance"], group["maintenance_until"]) == (False, "")


@pytest.mark.parametrize("until", ["tomorrow", "2026-11-25", "2026-11-25T08:00:00", "9999-12-31T23:00:00+00:00", 1])
def test_rg_07_it_is_a_time_with_its_zone(services: Api, until: Any) -> None:
    fault = services.refused({"__type__": "resourcegroup", "name": "shop", "maintenance_until": until})
    assert "maintenance_until: " in fault.text


@pytest.mark.parametrize(
    ("on", "until"),
    [
        (True, ""),
        (True, "1970-01-01T00:00:00Z"),
        (True, "2020-01-01T00:00:00+01:00"),
        (False, "2026-11-25T08:00:00+00:00"),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_rg_08_contradicting_values_are_a_fault(services: Api, on: bool, until: str, before: bool) -> None:
    present = services.set("resourcegroup", name="shop", in_maintenance=before)
    fault = services.refused(
        {"__type__": "resourcegroup", "name": "shop", "in_maintenance": on, "maintenance_until": until}
    )
    assert "maintenance_until: contradicts in_maintenance" in fault.text
    assert services.get("resourcegroup", name="shop") == present


def test_rg_08_agreeing_values_are_accepted(services: Api) -> None:
    on = services.set("resourcegroup", name="shop", in_maintenance=True, maintenance_until="2026-11-25T08:00:00+00:00")
    off = services.set("resourcegroup", name="shop", in_maintenance=False, maintenance_until="")
    assert (on["in_maintenance"], off["in_maintenance"]) == (True, False)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("timezone", "Mars/Olympus"),
        ("timezone", ""),
        ("timezone", "../etc/passwd"),
        ("technical_contacts", "ops@example.com"),
        ("technical_contacts", ["not an address"]),
        ("technical_contacts", ["a@b"]),
        ("technical_contacts", [1]),
        ("technical_contacts", [["ops@example.com"]]),
        ("notification_leadtime", -1),
        ("production", "yes"),
    ],
)
def test_rg_09_time_zones_and_contacts_are_checked(services: Api, key: str, value: Any) -> None:
    assert f"{key}: must" in services.refused({"__type__": "resourcegroup", "name": "shop", key: value}).text


def test_rg_09_valid_ones_are_kept(services: Api) -> None:
    values = {"timezone": "Asia/Tokyo", "technical_contacts": ["a@example.com", "b+c@mail.example.org"]}
    assert values.items() <= services.set("resourcegroup", name="shop", **values).items()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "shop"),
        ("customer_no", "10001"),
        ("maintenance_start", 1),
        ("maintenance_end", 4),
        ("notification_leadtime", 3),
        ("timezone", "UTC"),
        ("production", False),
    ],
)
def test_rg_10_filterable_keys(services: Api, key: str, value: Any) -> None:
    services.set(
        "resourcegroup",
        name="shop",
        maintenance_start=1,
        maintenance_end=4,
        notification_leadtime=3,
        timezone="UTC",
        production=False,
    )
    names = [group["name"] for group in services.query("resourcegroup", **{key: value})]
    assert names == (["example", "example-lab", "services", "shop"] if key == "customer_no" else ["shop"])


def test_rg_11_a_key_cannot_delete_its_own_group(services: Api, shop: Api) -> None:
    fault = shop.refused({"__type__": "resourcegroup", "__action__": "delete", "name": "shop"})
    assert (fault.code, "own group" in fault.text) == (2, True)
    assert services.delete("resourcegroup", name="shop") == []
    assert services.query("resourcegroup", name="shop") == []


def test_rg_11_a_group_with_machines_or_children_stays(services: Api) -> None:
    services.machine("shop00")
    for name, reason in (("shop", "machines"), ("example", "child groups")):
        fault = services.refused({"__type__": "resourcegroup", "__action__": "delete", "name": name})
        assert (fault.code, reason in fault.text) == (5, True)


def test_rg_11_service_users_and_permissions_go_with_it(services: Api) -> None:
    services.set("serviceuser", uid="s-shop", resource_group="shop")
    services.set("permission", uid="bob", resource_group="shop", permission="login")
    services.delete("resourcegroup", name="shop")
    assert not ServiceUser.objects.exists()
    assert not Permission.objects.exists()


def test_rg_12_a_group_may_be_moved_to_any_group_in_reach(services: Api) -> None:
    services.set("serviceuser", uid="s-example", resource_group="example")
    services.machine("example-lab00")
    assert services.set("resourcegroup", name="example-lab", parent="shop")["parent"] == "shop"
    user = services.get("serviceuser", uid="s-example")
    assert (user["resource_groups_recursive"], user["virtual_machines"]) == (["example"], [])
    assert services.get("virtualmachine", name="example-lab00")["resource_group_parent"] == "shop"


def test_rg_12_a_subtree_moves_with_its_group_and_the_keys_reach_follows(services: Api, shop: Api) -> None:
    services.set("resourcegroup", name="example", parent="shop")
    assert [group["name"] for group in shop.query("resourcegroup")] == ["example", "example-lab", "shop"]


@pytest.mark.parametrize("parent", ["example", "example-lab"])
def test_rg_12_no_cycles(services: Api, parent: str) -> None:
    fault = services.refused({"__type__": "resourcegroup", "name": "example", "parent": parent})
    assert (fault.code, "inside the group itself" in fault.text) == (5, True)


@pytest.mark.parametrize(("name", "parent"), [("shop", "acme"), ("shop", "nowhere"), ("services", "shop")])
def test_rg_12_not_out_of_reach_and_not_the_keys_own(services: Api, name: str, parent: str) -> None:
    assert services.refused({"__type__": "resourcegroup", "name": name, "parent": parent}).code == 2


def test_rg_12_the_customer_follows_the_new_place(services: Api) -> None:
    ResourceGroup.objects.filter(name="example").update(customer_no="77777")
    assert services.set("resourcegroup", name="shop", parent="example")["customer_no"] == "77777"


def test_a_groups_settings_show_on_its_machines(services: Api) -> None:
    services.machine("shop00")
    services.set("resourcegroup", name="shop", production=False, timezone="Asia/Tokyo")
    machine = services.get("virtualmachine", name="shop00")
    assert (machine["production"], machine["timezone"]) == (False, "Asia/Tokyo")
